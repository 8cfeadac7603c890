//! A recall leaves no trace: on no disk, in no view, whoever comes back when.

use std::sync::{Arc, Mutex};

use rejoinder_core::id::{ConversationId, MessageId};
use rejoinder_harness::client::{Event, MessageView, Progress, Words};
use rejoinder_harness::{Person, World, eventually};

/// What somebody who recalled is told last of how far it is.
async fn progress(person: &Person, chat: ConversationId, message: MessageId) -> Option<Progress> {
    person.chat(chat).await.progress(message).await.unwrap()
}

/// Waits until a recall is carried out by the server and by so many devices of so many.
async fn carried_out(person: &Person, chat: ConversationId, message: MessageId, of: (u32, u32)) {
    let there = |progress: &Option<Progress>| {
        progress.as_ref().is_some_and(|it| it.server && (it.done, it.devices) == of)
    };
    let look = async || progress(person, chat, message).await;
    eventually(&format!("it is recalled on {of:?} devices"), look, there).await;
}

/// Markers of this run, so that nothing else can be taken for them.
fn marker(kind: &str, number: usize) -> String {
    format!("marker-{kind}-{number:04}-gone")
}

#[tokio::test]
async fn re22_of_two_hundred_recalls_no_file_keeps_a_word() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("marker-kept-0000-stays").await;
    ann.sees(chat, &["marker-kept-0000-stays"]).await;
    let bo = world.agent("bo").await;
    bo.sees(chat, &["marker-kept-0000-stays"]).await;
    let (mut gone, mut messages, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..100 {
        let (said, noted) = (marker("said", number), marker("noted", number));
        messages.push(ann.says(chat, &said).await);
        notes.push(ann.notes(chat, &noted).await);
        gone.extend([said, noted]);
    }
    world.settle().await;
    let there = world.search_files(&gone);
    assert_eq!(there, [], "words are sealed wherever they rest");
    for number in (0..100).step_by(4) {
        let (said, noted) = (marker("edited", number), marker("renoted", number));
        ann.edits(chat, messages[number], &said).await;
        ann.chat(chat).await.edit_note(notes[number], noted.as_str()).await.unwrap();
        gone.extend([said, noted]);
    }
    world.settle().await;
    let held = bo.agent_view(chat).await;
    assert!(held.notes.iter().all(|note| matches!(note.words, Words::Said(_))), "bo has them all");
    for number in 0..100 {
        ann.recalls(chat, messages[number]).await;
        ann.chat(chat).await.recall_note(notes[number]).await.unwrap();
    }
    world.settle().await;
    // RE19: of each of them, what is told last is how far it is.
    for number in 0..100 {
        carried_out(&ann, chat, messages[number], (3, 3)).await;
        carried_out(&ann, chat, notes[number], (2, 2)).await;
    }
    let newest = world.local().server().hub().storage().newest_erasure().unwrap();
    assert_eq!(newest, 200);
    for person in [&vera, &ann, &bo] {
        let view = person.view(chat).await;
        let recalled = view.messages.iter().filter(|m| m.words == Words::Recalled).count();
        assert_eq!(recalled, 100);
    }
    std::fs::write(world.beside("control"), &gone[0]).unwrap();
    let found = world.search_files(&gone);
    assert_eq!(found.len(), 1, "only what was put there to be found: {found:?}");
    assert_eq!((&found[0].file, &found[0].word), (&world.beside("control"), &gone[0]));
    let names: Vec<_> = rejoinder_harness::search::files(world.folder());
    for name in ["rejoinder.db", "rejoinder.keyring", "rejoinder.ledger"] {
        assert!(names.iter().any(|file| file.ends_with(name)), "{name} was searched: {names:?}");
    }
}

/// Everything that a device shows and tells, in its order.
#[derive(Clone, Debug, PartialEq)]
enum Told {
    Shown(Vec<String>),
    Event(Event),
}

#[tokio::test]
async fn re17_a_device_that_comes_back_erases_before_it_shows_anything() {
    let mut world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    let secret = ann.says(chat, "secret-of-the-device").await;
    let phone = world.second_device(&ann).await;
    for person in [&vera, &phone] {
        person.sees(chat, &["Hello?", "secret-of-the-device"]).await;
    }
    phone.goes_offline().await;
    ann.recalls(chat, secret).await;
    ann.says(chat, "Something else").await;
    vera.sees(chat, &["Hello?", "(recalled)", "Something else"]).await;
    carried_out(&ann, chat, secret, (2, 3)).await;
    let away = progress(&ann, chat, secret).await.unwrap().longest_away;
    assert!(away.is_some(), "since when it was not heard from");
    world.restart_server().await;
    ann.settles().await;
    carried_out(&ann, chat, secret, (2, 3)).await;
    phone.restarts().await;
    assert_eq!(phone.reads(chat).await, ["Hello?", "secret-of-the-device"]);

    let told = Arc::new(Mutex::new(Vec::new()));
    let (mut events, watched) = (phone.client().events(), phone.chat(chat).await);
    let (mut changes, log) = (watched.changes(), Arc::clone(&told));
    changes.next().await;
    let watching = tokio::spawn(async move {
        loop {
            let told = tokio::select! {
                biased;
                Some(event) = events.next() => Told::Event(event),
                Some(()) = changes.next() => {
                    let view = watched.view().await.unwrap();
                    let text = |m: &MessageView| format!("{:?}", m.words);
                    Told::Shown(view.messages.iter().map(text).collect())
                }
                else => return,
            };
            log.lock().unwrap().push(told);
        }
    });
    phone.comes_back().await;
    phone.sees(chat, &["Hello?", "(recalled)", "Something else"]).await;
    carried_out(&ann, chat, secret, (3, 3)).await;
    watching.abort();
    let told = told.lock().unwrap().clone();
    let shown: Vec<_> = told.iter().filter(|told| matches!(told, Told::Shown(_))).collect();
    assert!(!shown.is_empty());
    for view in shown {
        assert!(!format!("{view:?}").contains("secret-of-the-device"), "{told:?}");
    }
    let recalled = told.iter().position(
        |told| matches!(told, Told::Event(Event::Recalled { message, .. }) if *message == secret),
    );
    let others = told
        .iter()
        .position(|told| matches!(told, Told::Event(Event::Changed(_) | Event::Inbox(_))));
    assert!(recalled.is_some() && recalled < others, "{told:?}");
    assert_eq!(world.search_files(&["secret-of-the-device".to_owned()]), []);
}

#[tokio::test]
async fn re13_a_device_erases_what_it_does_not_open() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let (open, other) = (vera.begins("Hello?").await, vera.begins("A second matter").await);
    ann.sees(open, &["Hello?"]).await;
    ann.sees(other, &["A second matter"]).await;
    let secret = vera.says(other, "secret-in-a-closed-tab").await;
    ann.sees(other, &["A second matter", "secret-in-a-closed-tab"]).await;
    ann.goes_offline().await;
    vera.recalls(other, secret).await;
    vera.settles().await;
    carried_out(&vera, other, secret, (1, 2)).await;
    // It comes back as a device on which only the first conversation is open.
    ann.leaves().await;
    ann.opens().await;
    ann.reads(open).await;
    ann.comes_back().await;
    carried_out(&vera, other, secret, (2, 2)).await;
    assert_eq!(ann.reads(other).await, ["A second matter", "(recalled)"]);
}

#[tokio::test]
async fn re22_an_edit_of_an_old_message_replaces_words_that_are_still_shown() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    let mut said = vec!["Hello?".to_owned()];
    for number in 0..60 {
        said.push(format!("message {number}"));
        vera.says(chat, &said[number + 1]).await;
    }
    world.settle().await;
    let first = vera.view(chat).await.messages[0].id;
    vera.edits(chat, first, "Good day?").await;
    said[0] = "Good day?".to_owned();
    let said: Vec<_> = said.iter().map(String::as_str).collect();
    ann.sees(chat, &said).await;
    world.settle().await;
}

#[tokio::test]
async fn re23_a_reader_of_an_old_snapshot_delays_the_report_and_nothing_else() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    let secret = ann.says(chat, "secret-under-a-reader").await;
    vera.sees(chat, &["Hello?", "secret-under-a-reader"]).await;
    let reader = rusqlite::Connection::open(world.data().join("rejoinder.db")).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let rows = || reader.query_row("SELECT count(*) FROM words", [], |row| row.get::<_, i64>(0));
    let before = rows().unwrap();
    ann.recalls(chat, secret).await;
    vera.sees(chat, &["Hello?", "(recalled)"]).await;
    let devices = async || progress(&ann, chat, secret).await;
    let told = |it: &Option<Progress>| it.as_ref().is_some_and(|it| it.done == 2);
    let it = eventually("the devices are done", devices, told).await.unwrap();
    assert!(!it.server, "the log cannot be truncated yet: {it:?}");
    ann.says(chat, "Meanwhile").await;
    vera.sees(chat, &["Hello?", "(recalled)", "Meanwhile"]).await;
    assert_eq!(rows().unwrap(), before, "it reads what was there when it began");
    assert!(!progress(&ann, chat, secret).await.unwrap().server);
    reader.execute_batch("COMMIT").unwrap();
    carried_out(&ann, chat, secret, (2, 2)).await;
    assert_eq!(world.search_files(&["secret-under-a-reader".to_owned()]), []);
}

#[tokio::test]
async fn re3_what_was_never_sent_vanishes() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    ann.goes_offline().await;
    let secret = ann.says(chat, "secret-never-sent").await;
    ann.recalls(chat, secret).await;
    assert_eq!(ann.reads(chat).await, ["Hello?"]);
    assert_eq!(ann.client().unsent().await.unwrap(), 0);
    ann.restarts().await;
    ann.comes_back().await;
    world.settle().await;
    assert_eq!(vera.reads(chat).await, ["Hello?"]);
    assert_eq!(world.search_files(&["secret-never-sent".to_owned()]), []);
}

#[tokio::test]
async fn re10_a_recall_beats_an_edit_from_a_device_that_was_away() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let sue = world.supervisor("sue").await;
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    let answer = ann.says(chat, "first-words-of-it").await;
    sue.sees(chat, &["Hello?", "first-words-of-it"]).await;
    ann.settles().await;
    ann.goes_offline().await;
    ann.edits(chat, answer, "later-words-of-it").await;
    sue.recalls(chat, answer).await;
    vera.sees(chat, &["Hello?", "(recalled)"]).await;
    ann.comes_back().await;
    world.settle().await;
    for person in [&vera, &ann, &sue] {
        assert_eq!(person.reads(chat).await, ["Hello?", "(recalled)"]);
    }
    carried_out(&sue, chat, answer, (3, 3)).await;
    let words = ["first-words-of-it", "later-words-of-it"].map(str::to_owned);
    assert_eq!(world.search_files(&words), []);
}

#[tokio::test]
async fn re20_a_device_put_back_from_a_copy_erases_again() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    let secret = vera.says(chat, "secret-in-a-copy").await;
    ann.sees(chat, &["Hello?", "secret-in-a-copy"]).await;
    ann.settles().await;
    ann.leaves().await;
    let copy = world.beside("copy");
    std::fs::create_dir(&copy).unwrap();
    let files = rejoinder_harness::search::files(ann.folder());
    for file in &files {
        std::fs::copy(file, copy.join(file.file_name().unwrap())).unwrap();
    }
    ann.opens().await;
    vera.recalls(chat, secret).await;
    ann.sees(chat, &["Hello?", "(recalled)"]).await;
    carried_out(&vera, chat, secret, (2, 2)).await;
    ann.leaves().await;
    for file in &files {
        std::fs::copy(copy.join(file.file_name().unwrap()), file).unwrap();
    }
    ann.opens_offline().await;
    assert_eq!(ann.reads(chat).await, ["Hello?", "secret-in-a-copy"], "the copy has it");
    ann.comes_back().await;
    ann.sees(chat, &["Hello?", "(recalled)"]).await;
    carried_out(&vera, chat, secret, (2, 2)).await;
}
