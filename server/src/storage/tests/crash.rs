//! Crashes between any two steps, and what readers delay.

use std::fs;
use std::time::{Duration, Instant};

use rejoinder_core::conversation::layout::Kind;
use rejoinder_core::id::DocumentKind;

use super::chat::{Chat, append, erased, wait};
use super::folder::{Folder, sound};
use crate::storage::sqlite::{Sqlite, Step};
use crate::storage::{Storage, Tombstone, Words};

const STEPS: [Step; 6] =
    [Step::Keys, Step::Commit, Step::Truncate, Step::Shred, Step::Ledger, Step::Delete];

#[test]
fn re5_a_crash_between_any_two_steps_of_a_recall_is_finished_at_the_next_start() {
    for step in STEPS {
        let folder = Folder::new();
        let mut chat = Chat::new(1);
        let storage = folder.open();
        append(&storage, chat.says("secret"));
        append(&storage, chat.says("kept"));
        drop(storage);
        let key = folder.key(chat.revisions[0].1.id);

        let storage = Sqlite::open(&folder.options().halting_after(step)).unwrap();
        let mut batch = chat.recalls(0);
        chat.write(&mut batch, Kind::Visitor, "and this came with it");
        let answered = wait(storage.append(batch)).is_ok();
        // What is acknowledged is in the ledger soon after: the writer stops there at last.
        assert_eq!(answered, matches!(step, Step::Ledger | Step::Delete), "{step:?}");
        wait(storage.keep_seen(chat.timeline(), chat.visitor, rejoinder_core::id::Seq(1)))
            .unwrap_err();
        let after = folder.copy();
        let report = after.verify();
        let sound_already = matches!(step, Step::Ledger | Step::Delete);
        assert_eq!(report.is_sound(), sound_already, "{step:?}: {report:#?}");

        let storage = after.open();
        let committed = step != Step::Keys;
        let stored = storage.load(chat.id()).unwrap().unwrap();
        assert_eq!(stored.version, if committed { 3 } else { 2 }, "{step:?}");
        let (first, third) = if committed {
            let message = chat.revisions[0].1.message;
            assert_eq!(stored.tombstones, [Tombstone { kind: DocumentKind::Timeline, message }]);
            (Words::Gone, chat.kept(2))
        } else {
            (chat.kept(0), Words::Gone)
        };
        assert_eq!(chat.words(&storage, 0).unwrap(), first, "{step:?}");
        assert_eq!(chat.words(&storage, 1).unwrap(), chat.kept(1), "{step:?}");
        assert_eq!(chat.words(&storage, 2).unwrap(), third, "{step:?}");
        assert_eq!(*storage.erased().borrow(), u64::from(committed), "{step:?}");
        assert_eq!(after.count("erasure_pending"), 0, "{step:?}");
        assert_eq!(after.count("words"), 2, "{step:?}");
        assert_eq!(after.ledger(), usize::from(committed), "{step:?}");
        drop(storage);
        assert_eq!(after.files_with(&key).is_empty(), committed, "{step:?}");
        assert_eq!(after.keys(), 2, "{step:?}");
        sound(&after.verify());
    }
}

#[test]
fn st5_keys_whose_rows_never_came_are_overwritten_at_the_next_start() {
    let folder = Folder::new();
    let mut chat = Chat::new(1);
    let storage = Sqlite::open(&folder.options().halting_after(Step::Keys)).unwrap();
    let mut batch = chat.says("one");
    chat.write(&mut batch, Kind::Agent, "two");
    chat.write(&mut batch, Kind::Note, "three");
    wait(storage.append(batch)).unwrap_err();
    let after = folder.copy();
    assert_eq!(after.keys(), 3);
    let [problem] = after.verify().problems.try_into().unwrap();
    assert!(problem.to_string().contains("3 keys that no row names"), "{problem}");
    drop(after.open());
    assert_eq!(after.keys(), 0);
    sound(&after.verify());
}

#[test]
fn st6_keys_are_not_swept_while_a_conversation_is_damaged() {
    let folder = Folder::new();
    let mut chat = Chat::new(1);
    append(&folder.open(), chat.says("one"));
    let storage = Sqlite::open(&folder.options().halting_after(Step::Keys)).unwrap();
    wait(storage.append(chat.says("two"))).unwrap_err();
    let after = folder.copy();
    after.execute("UPDATE log SET operation = x'00'");
    for _ in 0..2 {
        let storage = after.open();
        assert_eq!(after.keys(), 2);
        assert!(storage.load(chat.id()).is_err());
    }
}

#[test]
fn re9_a_crash_after_an_edit_is_finished_too() {
    for step in [Step::Commit, Step::Shred, Step::Ledger, Step::Delete] {
        let folder = Folder::new();
        let mut chat = Chat::new(1);
        append(&folder.open(), chat.says("fist"));
        let former = chat.revisions[0].1.id;
        let key = folder.key(former);
        let storage = Sqlite::open(&folder.options().halting_after(step)).unwrap();
        let answered = wait(storage.append(chat.edits(0, "first"))).is_ok();
        assert_eq!(answered, matches!(step, Step::Ledger | Step::Delete), "{step:?}");
        let after = folder.copy();
        let storage = after.open();
        let words = chat.words_of(&storage, DocumentKind::Timeline, former).unwrap();
        assert_eq!(words, Words::Gone, "{step:?}");
        assert_eq!(chat.words(&storage, 0).unwrap(), chat.kept(0), "{step:?}");
        drop(storage);
        assert_eq!((after.count("words"), after.keys()), (1, 1), "{step:?}");
        assert!(after.files_with(&key).is_empty(), "{step:?}");
        sound(&after.verify());
    }
}

#[test]
fn re23_a_reader_delays_the_report_and_nothing_else() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    append(&storage, chat.says("secret"));
    let sealed: Vec<u8> =
        folder.connection().query_row("SELECT sealed FROM words", [], |row| row.get(0)).unwrap();
    let reader = folder.connection();
    reader.execute_batch("BEGIN; SELECT count(*) FROM words").unwrap();
    let number = append(&storage, chat.recalls(0)).erasures[0];
    assert_eq!(chat.words(&storage, 0).unwrap(), Words::Gone);
    for _ in 0..20 {
        append(&storage, chat.says("others go on"));
    }
    std::thread::sleep(Duration::from_millis(50));
    assert!(*storage.erased().borrow() < number);
    reader.execute_batch("ROLLBACK").unwrap();
    erased(&storage);
    assert_eq!(*storage.erased().borrow(), number);
    let log = fs::metadata(folder.file("rejoinder.db-wal")).unwrap();
    assert_eq!(log.len(), 0);
    drop((storage, reader));
    assert_eq!(folder.files_with(&sealed[..24]), Vec::<String>::new());
}

#[test]
fn re5_the_log_may_be_truncated_before_the_key_is_overwritten() {
    let folder = Folder::new();
    let mut chat = Chat::new(1);
    append(&folder.open(), chat.says("secret"));
    let key = folder.key(chat.revisions[0].1.id);
    let storage = Sqlite::open(&folder.options().halting_after(Step::Truncate)).unwrap();
    wait(storage.append(chat.recalls(0))).unwrap_err();
    let after = folder.copy();
    assert!(after.files()["rejoinder.db-wal"].is_empty());
    assert_eq!((after.count("words"), after.count("erasure_pending")), (0, 1));
    let found = after.verify().problems;
    assert!(found.iter().any(|it| it.what.contains("not yet overwritten")), "{found:?}");
    assert_eq!(after.files_with(&key), ["rejoinder.keyring"]);
    drop(after.open());
    assert_eq!(after.files_with(&key), Vec::<String>::new());
    assert_eq!((after.count("erasure_pending"), after.ledger()), (0, 1));
    sound(&after.verify());
}

#[test]
fn names_of_overwritten_keys_go_with_the_next_commit_or_after_a_while() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    append(&storage, chat.says("one"));
    for round in 0..5 {
        append(&storage, chat.edits(0, &format!("one, corrected {round}")));
        assert_eq!((folder.keys(), folder.count("words")), (1, 1), "key and row go at once");
        assert_eq!(folder.count("erasure_pending"), 1, "with those before");
    }
    let begun = Instant::now();
    while folder.count("erasure_pending") > 0 {
        assert!(begun.elapsed() < Duration::from_secs(5));
        std::thread::sleep(Duration::from_millis(20));
    }
    append(&storage, chat.recalls(0));
    erased(&storage);
    assert_eq!(folder.count("erasure_pending"), 1);
    append(&storage, chat.says("two"));
    assert_eq!(folder.count("erasure_pending"), 0);
}

#[test]
fn st8_what_was_acknowledged_is_there_whenever_the_power_goes() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chats: Vec<_> = (0..4).map(Chat::new).collect();
    for round in 0..8 {
        for chat in &mut chats {
            append(&storage, chat.says(&format!("message {round}")));
        }
        let after = folder.copy();
        let storage = after.open();
        for chat in &chats {
            let stored = storage.load(chat.id()).unwrap().unwrap();
            assert_eq!(stored.rows, chat.rows);
            assert_eq!(chat.words(&storage, round).unwrap(), chat.kept(round));
        }
    }
}
