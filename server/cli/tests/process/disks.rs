//! A disk that takes nothing any more, in all of the server's files at once: the system lets none
//! of them be written to.

use rejoinder_harness::client::Event;
use rejoinder_harness::core::id::{DocumentId, Seq};
use rejoinder_harness::core::wire::{ClientFrame, Credential, Problem, ServerFrame};
use rejoinder_harness::{PASSWORD, Raw, World};
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::command::{PROGRAM, is_sound};

/// Bytes that the server's files may have from now on; none: as many as they like.
fn files_may_have(world: &World, bytes: Option<u64>) {
    let pid = Pid::from_raw(i32::try_from(world.program().id()).unwrap());
    let limit = Rlimit { current: bytes, maximum: None };
    prlimit(pid, Resource::Fsize, limit).unwrap();
}

#[tokio::test]
async fn st12_a_disk_that_fails_in_every_file_loses_nothing_and_is_recovered_from() {
    let mut world = World::start_program(PROGRAM, &[]).await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    let answer = ann.says(chat, "Good day!").await;
    vera.sees(chat, &["Hello?", "Good day!"]).await;
    world.settle().await;
    let (email, password) = ("ann@shop.example".to_owned(), PASSWORD.to_owned());
    let proof = Credential::Password { email, password, code: None };
    let (mut reader, welcome) = Raw::enter(world.address(), proof).await;
    let token = welcome.token.unwrap();

    files_may_have(&world, Some(0));
    vera.says(chat, "Are you there?").await;
    ann.recalls(chat, answer).await;
    for person in [&vera, &ann] {
        let told = |event: &Event| match event {
            Event::Problem { reason: Problem::Storage, retry_after_millis, .. } => {
                *retry_after_millis
            }
            _ => None,
        };
        assert!(person.is_told("that the disk fails", told).await > 0);
        assert!(person.client().unsent().await.unwrap() > 0, "nothing is acknowledged");
    }
    // Who is connected reads on, and so does who comes now and keeps nothing.
    let document = DocumentId::timeline(chat);
    for raw in
        [&mut reader, &mut Raw::enter(world.address(), Credential::Token(token.clone())).await.0]
    {
        raw.send(&ClientFrame::Open { document, cursor: Seq::START }).await;
        let last = |frame| match frame {
            ServerFrame::Entries { last, .. } => Some(last.0),
            _ => None,
        };
        assert!(raw.until(last).await >= 2);
    }
    assert_eq!(world.ask_as(&token, "GET", "/api/v1/conversations", None).await.status, 200);
    assert_eq!(world.ask_as(&token, "GET", "/readyz", None).await.status, 200);

    files_may_have(&world, None);
    vera.settles().await;
    ann.settles().await;
    let expected = ["Hello?", "(recalled)", "Are you there?"];
    ann.sees(chat, &expected).await;
    vera.sees(chat, &expected).await;
    world.settle().await;
    let log = String::from_utf8(world.stop_server().await).unwrap();
    assert!(!log.contains("panicked"), "{log}");
    is_sound(&world);
}

#[tokio::test]
async fn re22_the_server_leaves_no_core_dump() {
    let world = World::start_program(PROGRAM, &[]).await;
    let limits = format!("/proc/{}/limits", world.program().id());
    let Ok(limits) = std::fs::read_to_string(limits) else { return };
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let numbers: Vec<_> = core.split_whitespace().skip(4).take(2).collect();
    assert_eq!(numbers, ["0", "0"]);
}
