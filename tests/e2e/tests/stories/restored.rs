//! Devices that come back from another life of the server's data.

use rejoinder_core::id::{ConversationId, DeviceId, DocumentId, Epoch};
use rejoinder_core::limits;
use rejoinder_core::wire::{
    ClientFrame, Credential, ErasureOrder, Hello, Keeping, Problem, ServerFrame, VERSION,
};
use rejoinder_harness::{PASSWORD, Raw, World, eventually};

const ANOTHER_LIFE: [u8; 16] = [9; 16];

/// A device that keeps things, and knows another life of the data: it is welcome, and ordered
/// nothing before it has said what it has.
async fn comes_back(world: &World, credential: Credential, device: u8) -> Raw {
    let mut raw = Raw::connect(world.address()).await;
    raw.send(&ClientFrame::Hello(Hello {
        version: VERSION,
        credential,
        device: DeviceId::from_bytes([device; 16]),
        keeping: Keeping::Durable,
        epoch: Some(Epoch::from_bytes(ANOTHER_LIFE)),
        feed: 0,
        erasures: 5,
        snapshots: true,
        scope: 0,
    }))
    .await;
    match raw.next().await {
        Some(ServerFrame::Welcome(welcome)) => {
            assert_eq!((welcome.cursor, &welcome.erasures[..]), (0, &[][..]));
        }
        other => panic!("not welcome: {other:?}"),
    }
    raw
}

async fn is_ordered(raw: &mut Raw) -> (u64, Vec<ErasureOrder>) {
    raw.send(&ClientFrame::Purged { cursor: 0 }).await;
    match raw.next().await {
        Some(ServerFrame::Erasures { cursor, orders }) => (cursor, orders),
        other => panic!("no orders: {other:?}"),
    }
}

fn password(name: &str) -> Credential {
    let email = format!("{name}@shop.example");
    Credential::Password { email, password: PASSWORD.to_owned(), code: None }
}

#[tokio::test]
async fn re13_a_device_of_another_epoch_says_what_it_has_and_is_ordered_to_erase_it() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    let message = ann.says(chat, "told to a device that the backup does not know").await;
    world.settle().await;
    ann.recalls(chat, message).await;
    world.settle().await;

    let timeline = DocumentId::timeline(chat);
    let mut raw = comes_back(&world, password("ann"), 1).await;
    raw.send(&ClientFrame::Holding { documents: vec![timeline] }).await;
    let (cursor, orders) = is_ordered(&mut raw).await;
    assert_eq!(orders, [ErasureOrder { document: timeline, message: Some(message) }]);
    // It counts, and is not done before it says so.
    let look = async || ann.chat(chat).await.progress(message).await.unwrap();
    let of = |progress: &Option<_>, done| {
        let progress: &Option<rejoinder_harness::client::Progress> = progress;
        progress.as_ref().is_some_and(|it| (it.done, it.devices) == (done, 3))
    };
    ann.goes_offline().await;
    ann.comes_back().await;
    eventually("one device of three is not done", look, |progress| of(progress, 2)).await;
    raw.open(timeline).await;
    raw.send(&ClientFrame::Purged { cursor }).await;
    raw.until(|frame| matches!(frame, ServerFrame::Entries { .. }).then_some(())).await;
    eventually("all are done", look, |progress| of(progress, 3)).await;
}

#[tokio::test]
async fn wp19_saying_what_one_has_tells_nothing_of_what_others_have() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    let message = ann.says(chat, "taken back").await;
    let note = ann.notes(chat, "taken back too").await;
    ann.recalls(chat, message).await;
    ann.chat(chat).await.recall_note(note).await.unwrap();
    world.settle().await;
    let nobodys = ConversationId::from_bytes([3; 16]);
    let claims = [DocumentId::timeline(chat), DocumentId::team(chat), DocumentId::team(nobodys)];
    let mut raw = comes_back(&world, Credential::Visitor(world.site()), 1).await;
    raw.send(&ClientFrame::Holding { documents: claims.to_vec() }).await;
    assert_eq!(is_ordered(&mut raw).await.1, []);
    // Nor when it comes a second time: nothing of it was written down.
    let holdings = world.local().server().hub().storage().holdings(DeviceId::from_bytes([1; 16]));
    assert_eq!(holdings.unwrap(), []);
}

#[tokio::test]
async fn wp36_what_a_device_has_is_said_once_and_within_bounds() {
    let world = World::start().await;
    world.agent("ann").await;
    let many = |many: usize| {
        let document = |number: usize| {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&(number as u64).to_be_bytes());
            DocumentId::timeline(ConversationId::from_bytes(id))
        };
        ClientFrame::Holding { documents: (0..many).map(document).collect() }
    };
    let mut raw = comes_back(&world, password("ann"), 1).await;
    raw.send(&many(limits::HOLDING_DOCUMENTS + 1)).await;
    raw.is_turned_away(Problem::TooMuch).await;
    let mut visitor = comes_back(&world, Credential::Visitor(world.site()), 2).await;
    visitor.send(&many(limits::VISITOR_HELD_DOCUMENTS)).await;
    visitor.send(&many(1)).await;
    visitor.is_turned_away(Problem::TooMuch).await;
    // After it has begun to erase, and on a connection of the same life, it is too late for it.
    let mut raw = comes_back(&world, password("ann"), 1).await;
    let (cursor, _) = is_ordered(&mut raw).await;
    raw.send(&many(1)).await;
    raw.is_turned_away(Problem::OutOfTurn).await;
    let (mut raw, _) = Raw::enter(world.address(), password("ann")).await;
    raw.send(&many(1)).await;
    raw.is_turned_away(Problem::OutOfTurn).await;
    assert_eq!(cursor, 0);
}
