//! Devices that come back from another life of the server's data.

use rejoinder_core::authority::follow_up;
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
    let another = Epoch::from_bytes(ANOTHER_LIFE);
    raw.send(&hello(credential, device, another, 5)).await;
    match raw.next().await {
        Some(ServerFrame::Welcome(welcome)) => {
            assert_eq!((welcome.cursor, &welcome.erasures[..]), (0, &[][..]));
        }
        other => panic!("not welcome: {other:?}"),
    }
    raw
}

fn hello(credential: Credential, device: u8, epoch: Epoch, erasures: u64) -> ClientFrame {
    ClientFrame::Hello(Hello {
        version: VERSION,
        credential,
        device: DeviceId::from_bytes([device; 16]),
        keeping: Keeping::Durable,
        epoch: Some(epoch),
        feed: 0,
        erasures,
        snapshots: true,
        scope: 0,
    })
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

#[tokio::test]
async fn re30_a_device_of_another_epoch_is_told_what_is_recalled_elsewhere_in_the_line() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    let [first, second] = [vera.says(chat, "one").await, vera.says(chat, "two").await];
    world.settle().await;
    vera.recalls(chat, first).await;
    world.settle().await;
    // It was sent them where they had gone in another life: the server does not know that one.
    let next = DocumentId::timeline(follow_up(chat));
    let order = |message| ErasureOrder { document: next, message: Some(message) };
    let mut raw = comes_back(&world, password("ann"), 1).await;
    raw.send(&ClientFrame::Holding { documents: vec![next] }).await;
    let (cursor, orders) = is_ordered(&mut raw).await;
    assert_eq!(orders, [order(first)]);
    raw.send(&ClientFrame::Purged { cursor }).await;
    raw.until(|frame| matches!(frame, ServerFrame::Feed { .. }).then_some(())).await;
    vera.recalls(chat, second).await;
    let orders = raw.until(|frame| match frame {
        ServerFrame::Erasures { orders, .. } => Some(orders.clone()),
        _ => None,
    });
    assert_eq!(orders.await, [order(second)]);
}

#[tokio::test]
async fn wp39_a_visitor_s_cursor_counts_what_was_recalled_in_their_own_timelines() {
    let world = World::start().await;
    let (vera, paul) = (world.visitor("vera").await, world.visitor("paul").await);
    let ann = world.agent("ann").await;
    let (chat, other) = (vera.begins("Hello?").await, paul.begins("Good day").await);
    ann.sees(chat, &["Hello?"]).await;
    let mine = [vera.says(chat, "one").await, vera.says(chat, "two").await];
    let reply = ann.says(chat, "three").await;
    world.settle().await;
    for number in 0..3 {
        let note = ann.notes(chat, &format!("note {number}")).await;
        ann.chat(chat).await.recall_note(note).await.unwrap();
        let said = paul.says(other, &format!("paul's {number}")).await;
        paul.settles().await;
        paul.recalls(other, said).await;
    }
    for message in mine {
        vera.recalls(chat, message).await;
    }
    world.settle().await;
    ann.recalls(chat, reply).await;
    world.settle().await;

    let token = vera.client().token().await.unwrap().unwrap();
    let proof = || Credential::Token(token.clone());
    let timeline = DocumentId::timeline(chat);
    let order = |message| ErasureOrder { document: timeline, message: Some(message) };
    let all = [order(mine[0]), order(mine[1]), order(reply)];
    // Another device of hers, which says that it has nothing of it.
    let mut raw = comes_back(&world, proof(), 7).await;
    assert_eq!(is_ordered(&mut raw).await, (3, all.to_vec()));
    let epoch = world.local().server().hub().storage().epoch();
    for (known, orders) in [(3, &all[3..]), (1, &all[1..]), (0, &all[..]), (99, &[])] {
        let mut raw = Raw::connect(world.address()).await;
        raw.send(&hello(proof(), 7, epoch, known)).await;
        let Some(ServerFrame::Welcome(welcome)) = raw.next().await else { panic!("not welcome") };
        assert_eq!((welcome.cursor, &welcome.erasures[..]), (3, orders), "from {known}");
        raw.send(&ClientFrame::Purged { cursor: 3 }).await;
        raw.until(|frame| matches!(frame, ServerFrame::Feed { .. }).then_some(())).await;
        // The server itself counts all of them.
        let device = world.local().server().hub().storage().device(DeviceId::from_bytes([7; 16]));
        let newest = world.local().server().hub().storage().newest_erasure().unwrap();
        assert_eq!((device.unwrap().unwrap().erasures, newest), (9, 9));
    }
}
