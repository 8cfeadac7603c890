//! How a client connects, and when again.

use std::time::{Duration, Instant};

use rejoinder_client::core::wire::{ClientFrame, ServerFrame};
use rejoinder_client::{
    Client, Connection, Credential, Delivery, Error, Event, Network, Place, Problem, Unsent,
};
use tokio_tungstenite::tungstenite::Message;

use crate::fake::{Fake, PATIENCE, TOKEN, accept};

/// The next event that a test is about.
async fn told(events: &mut rejoinder_client::Events, about: impl Fn(&Event) -> bool) -> Event {
    let next = async {
        loop {
            let event = events.next().await.expect("the client has ended");
            if about(&event) {
                return event;
            }
        }
    };
    tokio::time::timeout(PATIENCE, next).await.expect("nothing was told")
}

#[tokio::test]
async fn se4_what_lost_its_fate_with_the_connection_is_pushed_again_to_the_byte() {
    let fake = Fake::new().await;
    let (ann, mut line) = fake.ann(Place::Memory).await;
    let chat = ann.begin().await.unwrap();
    line.open_unborn().await;
    let sent = chat.send("Hello?").await.unwrap();
    let first = line.push().await;
    drop(line);

    let mut line = fake.accept().await;
    let hello = line.hello().await;
    assert_eq!(hello.credential, Credential::Token(TOKEN.to_owned()));
    line.welcome(&hello).await;
    line.open_unborn().await;
    let second = line.push().await;
    assert_eq!(first.encode(), second.encode());

    let (fates, entries) = accept(&second);
    line.say(fates).await;
    assert!(matches!(line.hear().await, ClientFrame::Open { .. }));
    line.say(entries).await;
    ann.settled(PATIENCE).await.unwrap();
    let view = chat.view().await.unwrap();
    assert_eq!((view.messages.len(), view.waiting), (1, 0));
    assert_eq!((view.messages[0].id, view.messages[0].delivery), (sent.message, Delivery::Sent));
}

#[tokio::test]
async fn wp18_a_client_that_is_asked_to_wait_waits_as_long() {
    let fake = Fake::new().await;
    let (ann, mut line) = fake.ann(Place::Memory).await;
    let mut events = ann.events();
    let (after_millis, reason) = (1_200, Problem::Busy);
    line.say(ServerFrame::Retry { after_millis, reason }).await;
    let asked = Instant::now();
    let expect = Event::Problem { document: None, reason, retry_after_millis: Some(after_millis) };
    assert_eq!(told(&mut events, |e| matches!(e, Event::Problem { .. })).await, expect);
    assert_eq!(line.next().await, None);
    fake.welcome().await;
    let waited = asked.elapsed();
    // What was asked for, and then a first failure's bound; the rest is a busy machine's.
    assert!(waited >= Duration::from_millis(1_200), "{waited:?}");
    assert!(waited < Duration::from_millis(1_200 + 1_000 + 5_000), "{waited:?}");
}

#[tokio::test]
async fn re18_a_client_that_is_told_to_wipe_erases_everything_and_ends() {
    let fake = Fake::new().await;
    let folder = tempfile::tempdir().unwrap();
    let (ann, mut line) = fake.ann(Place::Folder(folder.path().to_owned())).await;
    let (mut events, mut live) = (ann.events(), ann.connection());
    let chat = ann.begin().await.unwrap();
    line.open_unborn().await;
    chat.send("Nobody is to read this.").await.unwrap();
    line.say(ServerFrame::Wipe).await;
    told(&mut events, |event| *event == Event::Wiped).await;
    assert_eq!(chat.view().await, Err(Error::Wiped));
    assert_eq!(chat.send("And this?").await, Err(Error::Wiped));
    assert_eq!(ann.settled(PATIENCE).await, Err(Error::Wiped));
    live.wait_for(|connection| *connection == Connection::Offline).await.unwrap();
    assert!(fake.is_left_alone(1_500).await, "it connected again");

    ann.close().await;
    let mut options = fake.options(Place::Folder(folder.path().to_owned()));
    options.network = Network::Offline;
    let anew = Client::open(options).await.unwrap();
    assert_eq!(anew.principal().await, Ok(None));
    assert_eq!(anew.unsent().await, Ok(0));
}

#[tokio::test]
async fn re18_logging_out_with_something_unsent_is_asked_again() {
    let fake = Fake::new().await;
    let (ann, mut line) = fake.ann(Place::Memory).await;
    let chat = ann.begin().await.unwrap();
    line.open_unborn().await;
    chat.send("Not accepted yet.").await.unwrap();
    line.push().await;
    assert_eq!(ann.log_out(Unsent::Keep).await, Err(Error::Unsent { operations: 1 }));
    let server = async {
        assert_eq!(line.hear().await, ClientFrame::LogOut);
        line.say(ServerFrame::Wipe).await;
    };
    let (done, ()) = tokio::join!(ann.log_out(Unsent::Lose), server);
    assert_eq!(done, Ok(()));
    assert_eq!(ann.principal().await, Err(Error::Wiped));
}

#[tokio::test]
async fn re18_logging_out_without_a_network_erases_here_if_it_is_insisted_on() {
    let fake = Fake::new().await;
    let (ann, _line) = fake.ann(Place::Memory).await;
    ann.go_offline().await.unwrap();
    assert_eq!(ann.log_out(Unsent::Keep).await, Err(Error::Offline));
    ann.log_out(Unsent::Lose).await.unwrap();
    assert_eq!(ann.principal().await, Err(Error::Wiped));
}

#[tokio::test]
async fn wp7_a_refused_credential_is_told_and_not_tried_again_by_itself() {
    let fake = Fake::new().await;
    let ann = Client::open(fake.options(Place::Memory)).await.unwrap();
    for _ in 0..2 {
        let mut line = fake.accept().await;
        line.hello().await;
        line.say(ServerFrame::Refused { document: None, reason: Problem::UnknownSite }).await;
        assert_eq!(ann.contact(PATIENCE).await, Err(Error::Refused(Problem::UnknownSite)));
        assert!(fake.is_left_alone(1_500).await, "it connected again");
        ann.go_online().await.unwrap();
    }
}

#[tokio::test]
async fn wp2_bytes_that_are_no_frame_end_the_connection_and_nothing_else() {
    let fake = Fake::new().await;
    let (ann, mut line) = fake.ann(Place::Memory).await;
    let chat = ann.begin().await.unwrap();
    line.open_unborn().await;
    chat.send("Still here.").await.unwrap();
    let too_large = vec![0; rejoinder_client::core::limits::FRAME_BYTES + 1];
    for message in [Message::text("hello"), Message::binary(vec![0xff; 9]), too_large.into()] {
        line.send(message).await;
        while line.next().await.is_some() {}
        line = fake.welcome().await;
        assert_eq!(chat.view().await.unwrap().messages.len(), 1);
    }
}

#[tokio::test]
async fn se10_a_server_that_is_away_is_told_of_once_and_found_again() {
    let fake = Fake::new().await;
    let options = fake.options(Place::Memory);
    drop(fake);
    let mut held = options;
    held.network = Network::Offline;
    let server = held.server.clone();
    let ann = Client::open(held).await.unwrap();
    let mut events = ann.events();
    ann.go_online().await.unwrap();
    told(&mut events, |event| matches!(event, Event::Unreachable { .. })).await;
    let late = ann.contact(Duration::from_millis(1_500)).await;
    let Err(Error::NoContact { server: named, reason }) = late else { panic!("{late:?}") };
    assert_eq!(named, server);
    assert!(reason.contains("refused"), "{reason}");
    let again = tokio::time::timeout(Duration::from_millis(50), events.next()).await;
    assert!(again.is_err(), "told again: {again:?}");
}

#[tokio::test]
async fn a_client_that_goes_offline_says_farewell_and_stays_away() {
    let fake = Fake::new().await;
    let (ann, mut line) = fake.ann(Place::Memory).await;
    ann.go_offline().await.unwrap();
    assert_eq!(*ann.connection().borrow(), Connection::Offline);
    assert_eq!(line.next().await, None);
    assert!(fake.is_left_alone(1_500).await, "it connected again");
    ann.go_online().await.unwrap();
    // Held: a line that is dropped is closed, perhaps before anybody has seen it live.
    let _line = fake.welcome().await;
    let mut connection = ann.connection();
    connection.wait_for(|connection| *connection == Connection::Live).await.unwrap();
}

#[tokio::test]
async fn a_client_ends_with_its_last_handle() {
    let fake = Fake::new().await;
    let (ann, mut line) = fake.ann(Place::Memory).await;
    let mut events = ann.events();
    let chat = ann.begin().await.unwrap();
    line.open_unborn().await;
    drop(ann);
    chat.send("One handle is left.").await.unwrap();
    line.push().await;
    let mut changes = chat.changes();
    drop(chat);
    assert_eq!(line.next().await, None);
    while events.next().await.is_some() {}
    while changes.next().await.is_some() {}
}
