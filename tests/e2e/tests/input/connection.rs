//! Frames and connections that are turned away, each by what is wrong with it.

use std::time::{Duration, Instant};

use rejoinder_core::id::{ConversationId, DocumentId, Seq, SiteId};
use rejoinder_core::limits;
use rejoinder_core::wire::{
    ClientFrame, Credential, Hello, Keeping, Problem, ServerFrame, VERSION,
};
use rejoinder_harness::{PASSWORD, Raw};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::desk::{Desk, nowhere, password};

/// A first frame, as somebody may get it wrong.
fn hello(credential: Credential, version: u16) -> ClientFrame {
    let device = rejoinder_core::id::DeviceId::from_bytes([7; 16]);
    let (keeping, epoch, feed, erasures) = (Keeping::Memory, None, 0, 0);
    let snapshots = true;
    ClientFrame::Hello(Hello {
        version,
        credential,
        device,
        keeping,
        epoch,
        feed,
        erasures,
        snapshots,
        scope: 0,
    })
}

#[tokio::test]
async fn wp19_what_does_not_exist_and_what_is_not_yours_is_answered_alike() {
    let mut desk = Desk::set().await;
    let unknown = nowhere(&mut desk.forger);
    let theirs = desk.world.visitor("vera").await.begins("Private").await;
    desk.ann.sees(theirs, &["Private"]).await;
    let mine: ConversationId = desk.chat;
    let documents =
        [DocumentId::timeline(unknown), DocumentId::timeline(theirs), DocumentId::team(mine)];
    for document in documents {
        desk.raw.open(document).await;
        desk.raw.is_refused(document, Problem::UnknownConversation).await;
        let want = ClientFrame::Want { document, revisions: Vec::new() };
        desk.raw.send(&want).await;
        desk.raw.is_refused(document, Problem::UnknownConversation).await;
    }
    desk.forger = rejoinder_harness::Forger::new(desk.forger.principal.clone(), documents[1]);
    let letter = desk.forger.writes("Intruding");
    let (submissions, revisions) = (vec![letter.submission], letter.words);
    desk.raw.send(&ClientFrame::Push { document: documents[1], submissions, revisions }).await;
    desk.raw.is_refused(documents[1], Problem::UnknownConversation).await;
    desk.ann.sees(theirs, &["Private"]).await;
    desk.forger =
        rejoinder_harness::Forger::new(desk.forger.principal.clone(), DocumentId::timeline(mine));
    desk.goes_on().await;
}

#[tokio::test]
async fn wp7_a_wrong_proof_is_turned_away_and_not_told_which_part_was_wrong() {
    let desk = Desk::set().await;
    let wrong = [
        (Credential::Token("nobody's".to_owned()), Problem::Credential),
        (Credential::Token(String::new()), Problem::Credential),
        (password("ann", "wrong horse battery"), Problem::Credential),
        (password("nobody", PASSWORD), Problem::Credential),
        (password("not an address", PASSWORD), Problem::Credential),
        (Credential::Visitor(SiteId::from_bytes([9; 16])), Problem::UnknownSite),
    ];
    for (credential, problem) in wrong {
        let mut raw = Raw::connect(desk.world.address()).await;
        raw.send(&hello(credential, VERSION)).await;
        raw.is_turned_away(problem).await;
    }
    desk.goes_on().await;
}

#[tokio::test]
async fn wp4_another_version_is_named() {
    let desk = Desk::set().await;
    for version in [0, VERSION + 1] {
        let mut raw = Raw::connect(desk.world.address()).await;
        raw.send(&hello(password("ann", PASSWORD), version)).await;
        raw.is_turned_away(Problem::Version).await;
    }
    desk.goes_on().await;
}

#[tokio::test]
async fn wp2_what_is_not_a_frame_ends_this_connection_and_no_other() {
    let desk = Desk::set().await;
    let frame = hello(password("ann", PASSWORD), VERSION).encode();
    let long = [&frame[..], &[0]].concat();
    // An array that says it has more than memory holds; one that is cut off; text in binary.
    let huge = vec![0x82, 0x00, 0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let cut = frame[..frame.len() - 3].to_vec();
    for bytes in [vec![], vec![0xff; 40], long, huge, cut, b"{\"hello\":1}".to_vec()] {
        let mut raw = Raw::connect(desk.world.address()).await;
        raw.send_bytes(bytes).await;
        raw.is_turned_away(Problem::Malformed).await;
    }
    let mut raw = Raw::connect(desk.world.address()).await;
    raw.send_text("hello").await;
    raw.is_turned_away(Problem::Malformed).await;
    desk.goes_on().await;
}

#[tokio::test]
async fn wp3_a_frame_that_is_too_large_is_named() {
    let desk = Desk::set().await;
    for more in [1, 3 * limits::FRAME_BYTES] {
        let (mut raw, _) = Raw::enter(desk.world.address(), password("ann", PASSWORD)).await;
        raw.send_bytes(vec![0; limits::FRAME_BYTES + more]).await;
        raw.is_turned_away(Problem::FrameTooLarge).await;
    }
    desk.goes_on().await;
}

#[tokio::test]
async fn wp5_frames_come_in_their_turn() {
    let mut desk = Desk::set().await;
    let document = DocumentId::timeline(desk.chat);
    let open = ClientFrame::Open { document, cursor: Seq::START };
    for frame in [open.clone(), ClientFrame::Purged { cursor: 0 }, ClientFrame::LogOut] {
        let mut raw = Raw::connect(desk.world.address()).await;
        raw.send(&frame).await;
        raw.is_turned_away(Problem::OutOfTurn).await;
    }
    let hello = hello(password("ann", PASSWORD), VERSION);
    let want = ClientFrame::Want { document, revisions: Vec::new() };
    for frame in [want, hello.clone()] {
        let mut raw = Raw::connect(desk.world.address()).await;
        raw.send(&hello).await;
        assert!(matches!(raw.next().await, Some(ServerFrame::Welcome(_))));
        raw.send(&frame).await;
        raw.is_turned_away(Problem::OutOfTurn).await;
    }
    desk.raw.send(&ClientFrame::Open { document, cursor: Seq(99) }).await;
    desk.raw.is_refused(document, Problem::OutOfTurn).await;
    desk.goes_on().await;
}

#[tokio::test]
async fn wp30_what_is_opened_behind_hello_is_answered_without_a_round_trip() {
    let desk = Desk::set().await;
    let document = DocumentId::timeline(desk.chat);
    let open = ClientFrame::Open { document, cursor: Seq::START };
    let mut hello = hello(password("ann", PASSWORD), VERSION);
    let mut known = None;
    for _ in 0..2 {
        let mut raw = Raw::connect(desk.world.address()).await;
        if let ClientFrame::Hello(hello) = &mut hello {
            hello.epoch = known;
        }
        raw.send(&hello).await;
        raw.send(&open).await;
        let Some(ServerFrame::Welcome(welcome)) = raw.next().await else { panic!("no welcome") };
        if known.is_none() {
            // Another life of the data, as far as the server can know: it counts for nothing.
            raw.send(&ClientFrame::Purged { cursor: welcome.cursor }).await;
            raw.send(&ClientFrame::Want { document, revisions: Vec::new() }).await;
            loop {
                match raw.next().await {
                    Some(ServerFrame::Revisions { .. } | ServerFrame::Refused { .. }) => break,
                    Some(ServerFrame::Entries { .. }) => panic!("cursors of another life"),
                    Some(_) => {}
                    None => panic!("the connection ended"),
                }
            }
        } else {
            loop {
                match raw.next().await {
                    Some(ServerFrame::Entries { document: d, .. }) if d == document => break,
                    Some(_) => {}
                    None => panic!("the connection ended"),
                }
            }
        }
        known = Some(welcome.epoch);
    }
    desk.goes_on().await;
}

#[tokio::test]
async fn wp6_who_does_not_say_hello_is_turned_away_in_time() {
    let desk = Desk::set().await;
    let begun = Instant::now();
    let mut raw = Raw::connect(desk.world.address()).await;
    raw.is_turned_away(Problem::TimedOut).await;
    let took = begun.elapsed();
    assert!(took < Duration::from_millis(limits::HELLO_MILLIS + 3_000), "{took:?}");
    desk.goes_on().await;
}

#[tokio::test]
async fn wp6_headers_that_drip_in_are_not_waited_for() {
    let desk = Desk::set().await;
    let begun = Instant::now();
    let mut stream = TcpStream::connect(desk.world.address()).await.unwrap();
    stream.write_all(b"GET /api/v1/sync HTTP/1.1\r\n").await.unwrap();
    let mut byte = [0; 1];
    loop {
        if stream.write_all(b"x: y\r\n").await.is_err() {
            break;
        }
        let read = tokio::time::timeout(Duration::from_millis(250), stream.read(&mut byte)).await;
        match read {
            Ok(Ok(0) | Err(_)) => break,
            Ok(Ok(_)) | Err(_) => assert!(begun.elapsed() < Duration::from_secs(20)),
        }
    }
    let took = begun.elapsed();
    assert!(took < Duration::from_millis(limits::HEADER_MILLIS + 3_000), "{took:?}");
    desk.goes_on().await;
}

#[tokio::test]
async fn wp20_a_device_that_connects_again_takes_its_own_place() {
    let desk = Desk::set().await;
    let mut raws = Vec::new();
    for _ in 0..2 {
        let mut raw = Raw::connect(desk.world.address()).await;
        raw.send(&hello(password("ann", PASSWORD), VERSION)).await;
        let Some(ServerFrame::Welcome(welcome)) = raw.next().await else { panic!("not welcome") };
        raw.send(&ClientFrame::Purged { cursor: welcome.cursor }).await;
        raws.push(raw);
    }
    raws[0].is_turned_away(Problem::Replaced).await;
    raws[1].open(DocumentId::timeline(desk.chat)).await;
    let entries = |frame| matches!(frame, ServerFrame::Entries { .. }).then_some(());
    raws[1].until(entries).await;
    desk.goes_on().await;
}
