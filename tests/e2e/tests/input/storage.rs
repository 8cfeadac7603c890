//! Disks that are full, data that is damaged, places that are taken.

use rejoinder_core::id::DocumentId;
use rejoinder_core::wire::Problem;
use rejoinder_harness::client::Event;
use rejoinder_harness::server::storage::sqlite::{self, Options};
use rejoinder_harness::{Forger, Local, PASSWORD, Raw, World};

use crate::desk::password;

const PAGE_BYTES: u64 = 4_096;

#[tokio::test]
async fn st12_a_full_disk_takes_nothing_loses_nothing_and_reads_on() {
    let mut world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    ann.says(chat, "Good day!").await;
    world.settle().await;
    world.stop_server().await;
    let mut options = Options::new(world.data());
    let pages = std::fs::metadata(world.data().join("rejoinder.db")).unwrap().len() / PAGE_BYTES;
    options.max_pages = Some(u32::try_from(pages).unwrap() + 4);
    world.start_server_with(options).await;
    vera.settles().await;
    ann.settles().await;
    let long = "long ".repeat(1_900);
    let mut said = vec!["Hello?".to_owned(), "Good day!".to_owned()];
    for number in 0..20 {
        let text = format!("{number} {long}");
        vera.says(chat, &text).await;
        said.push(text);
    }
    let full = |event: &Event| match event {
        Event::Problem { reason: Problem::Storage, retry_after_millis, .. } => *retry_after_millis,
        _ => None,
    };
    assert!(vera.is_told("that the disk is full", full).await > 0);
    assert!(vera.client().unsent().await.unwrap() > 0);
    let (mut raw, welcome) = Raw::enter(world.address(), password("ann", PASSWORD)).await;
    let mut reader = Forger::new(welcome.principal, DocumentId::timeline(chat));
    reader.pulls(&mut raw).await;
    assert!(reader.history.last().0 >= 2, "what was accepted is still read");
    drop(raw);
    // A device that was here before reads on, too.
    ann.restarts().await;
    ann.settles().await;
    assert_eq!(ann.reads(chat).await[..2], ["Hello?", "Good day!"]);
    world.restart_server().await;
    vera.settles().await;
    let said: Vec<_> = said.iter().map(String::as_str).collect();
    ann.sees(chat, &said).await;
    world.settle().await;
    world.stop_server().await;
    let report = sqlite::verify(&world.data());
    assert!(report.is_sound(), "{:?}", report.problems);
}

#[tokio::test]
async fn st10_a_damaged_conversation_is_refused_and_named_and_the_others_are_served() {
    let mut world = World::start().await;
    let (vera, paul) = (world.visitor("vera").await, world.visitor("paul").await);
    let ann = world.agent("ann").await;
    let (sound, damaged) = (vera.begins("Sound").await, paul.begins("Damaged").await);
    ann.sees(sound, &["Sound"]).await;
    ann.sees(damaged, &["Damaged"]).await;
    world.settle().await;
    world.stop_server().await;
    let database = rusqlite::Connection::open(world.data().join("rejoinder.db")).unwrap();
    let sql = "UPDATE log SET change = x'00' WHERE conversation = ?1";
    assert!(database.execute(sql, [damaged.as_bytes()]).unwrap() > 0);
    drop(database);
    let report = sqlite::verify(&world.data());
    assert!(!report.is_sound());
    for problem in &report.problems {
        assert!(problem.place.contains(&damaged.to_string()), "{problem}");
    }
    world.start_server().await;
    ann.settles().await;
    ann.says(sound, "Still here").await;
    vera.sees(sound, &["Sound", "Still here"]).await;
    paul.says(damaged, "Kept here").await;
    paul.is_told("that it is damaged", |event| match event {
        Event::Problem { reason: Problem::DamagedConversation, document, .. } => *document,
        _ => None,
    })
    .await;
    assert_eq!(paul.reads(damaged).await, ["Damaged", "Kept here"], "nothing is lost here");
    assert_eq!(paul.client().unsent().await.unwrap(), 1);
}

#[tokio::test]
async fn st13_a_folder_in_use_and_an_address_in_use_are_named_and_untouched() {
    let world = World::start().await;
    let error = Local::start(Options::new(world.data()), "127.0.0.1:0".parse().unwrap()).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("in use by another process"), "{error}");
    assert!(error.contains(&world.data().display().to_string()), "{error}");
    let mut moving = World::start().await;
    moving.stop_server().await;
    let error = Local::start(Options::new(moving.data()), world.address()).await.unwrap_err();
    let error = error.to_string();
    assert!(error.contains(&world.address().to_string()), "{error}");
    moving.start_server().await;
    let (vera, ann) = (moving.visitor("vera").await, moving.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
}
