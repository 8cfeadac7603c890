//! Damage is found, named, and keeps to its place.

use std::fs;

use rejoinder_core::conversation::layout::Kind;
use rejoinder_core::id::{DocumentId, Seq};
use rejoinder_core::keyring::SLOT_BYTES;
use rejoinder_core::time::Timestamp;

use super::chat::{Chat, append, erased, wait};
use super::folder::{Folder, sound};
use crate::storage::sqlite::Report;
use crate::storage::{AppendError, Snapshot, Span, Storage, StorageError};

/// Two chats, an edit and a recall, closed and sound.
fn two_chats() -> (Folder, Chat, Chat) {
    let folder = Folder::new();
    let storage = folder.open();
    let (mut chat, mut other) = (Chat::new(1), Chat::new(2));
    for chat in [&mut chat, &mut other] {
        let mut batch = chat.says("secret");
        chat.write(&mut batch, Kind::Agent, "kept");
        chat.write(&mut batch, Kind::Note, "noted");
        append(&storage, batch);
        append(&storage, chat.edits(1, "edited"));
        append(&storage, chat.recalls(0));
    }
    erased(&storage);
    drop(storage);
    let report = folder.verify();
    sound(&report);
    assert_eq!((report.conversations, report.entries, report.words), (2, 10, 4));
    (folder, chat, other)
}

/// What is wrong is only with `chat`, and says this.
#[track_caller]
fn names(report: &Report, chat: &Chat, what: &[&str]) {
    assert!(!report.is_sound());
    assert_eq!(report.conversations, 2);
    for problem in &report.problems {
        assert!(problem.place.contains(&chat.id().to_string()), "{problem}");
    }
    let text: String = report.problems.iter().map(|problem| format!("{problem}\n")).collect();
    for what in what {
        assert!(text.contains(what), "'{what}' is not in {text}");
    }
}

#[test]
fn st10_each_damage_is_found_and_named() {
    let of = |chat: &Chat| {
        let hex: String = chat.id().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("conversation = x'{hex}'")
    };
    type Damage = (&'static str, &'static [&'static str]);
    let damages: [Damage; 10] = [
        ("UPDATE log SET change = x'00' WHERE seq = 2 AND kind = 0 AND", &["timeline row 2"]),
        ("UPDATE log SET hash = zeroblob(32) WHERE seq = 3 AND kind = 0 AND", &["timeline row 3"]),
        ("UPDATE log SET operation = x'ff' WHERE seq = 1 AND", &["cannot be read"]),
        ("UPDATE log SET at = 1 WHERE seq = 2 AND kind = 0 AND", &["do not rise"]),
        ("DELETE FROM log WHERE seq = 2 AND kind = 0 AND", &["row 3", "missing"]),
        ("DELETE FROM log WHERE kind = 1 AND", &["team document", "at 1"]),
        ("DELETE FROM words WHERE kind = 1 AND", &["words of its revision", "are gone"]),
        (
            "DROP TRIGGER words_stay_the_same; UPDATE words SET sealed = zeroblob(99) WHERE",
            &["do not open"],
        ),
        (
            "DROP TRIGGER words_stay_the_same; UPDATE words SET key = zeroblob(16) WHERE kind = 1 \
             AND",
            &["are gone"],
        ),
        (
            "DROP TRIGGER tombstones_stay; DELETE FROM tombstone WHERE",
            &["recalled without a tombstone"],
        ),
    ];
    for (sql, what) in damages {
        let (folder, chat, other) = two_chats();
        folder.execute(&format!("{sql} {}", of(&chat)));
        let mut report = folder.verify();
        // A key whose row lost it is reported as well, in its own place.
        report.problems.retain(|problem| problem.place != "rejoinder.keyring");
        names(&report, &chat, what);
        let storage = folder.open();
        assert_eq!(storage.load(other.id()).unwrap().unwrap().rows, other.rows);
        assert_eq!(other.words(&storage, 1).unwrap(), other.kept(1));
        // Figures leave out what cannot be read, and nothing else.
        let (from, to) = (Timestamp::from_millis(0), Timestamp::LAST);
        let (told, _) = storage.courses(&Span { sites: None, from, to }, None, 9).unwrap();
        assert!(told.iter().any(|course| course.conversation == other.id()), "{sql}");
    }
}

#[test]
fn st4_a_damaged_slot_is_told_apart_from_an_erased_one() {
    let (folder, chat, other) = two_chats();
    let key = folder.key(chat.revisions[1].1.id);
    let path = folder.file("rejoinder.keyring");
    let mut ring = fs::read(&path).unwrap();
    let at = ring.windows(32).position(|bytes| bytes == key).unwrap();
    ring[at] ^= 1;
    fs::write(&path, &ring).unwrap();
    let slot = (at - 16) / SLOT_BYTES - 1;
    let mut report = folder.verify();
    let last = report.problems.pop().unwrap();
    assert!(last.to_string().contains(&format!("[{slot}]")), "{last}");
    names(&report, &chat, &["its slot in the keyring is damaged"]);
    let storage = folder.open();
    assert!(matches!(chat.words(&storage, 1), Err(StorageError::Damaged(_))));
    assert_eq!(other.words(&storage, 1).unwrap(), other.kept(1));
    assert!(fs::read(&path).unwrap() == ring, "nothing is swept over it");
}

#[test]
fn st10_a_damaged_page_harms_one_conversation_only() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chats: Vec<_> = (1..=3).map(Chat::new).collect();
    for chat in &mut chats {
        let mut batch = chat.batch();
        for index in 0..60 {
            chat.write(&mut batch, Kind::Visitor, &format!("message {index}"));
        }
        append(&storage, batch);
    }
    drop(storage);
    // A page in the middle of the second chat's log, by a change that stands on it.
    let change = chats[1].rows[30].change.clone();
    let path = folder.file("rejoinder.db");
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(change.len()).position(|it| it == change).unwrap();
    bytes[at / 4_096 * 4_096..][..16].fill(0xff);
    fs::write(&path, bytes).unwrap();

    let report = folder.verify();
    let place = format!("conversation {}", chats[1].id());
    assert!(report.problems.iter().any(|it| it.place == place), "{:#?}", report.problems);
    for chat in [&chats[0], &chats[2]] {
        let id = chat.id().to_string();
        assert!(report.problems.iter().all(|it| !it.place.contains(&id)), "{report:#?}");
    }
    let storage = folder.open();
    assert!(matches!(storage.load(chats[1].id()), Err(StorageError::Damaged(_))));
    let damaged = storage.append(chats[1].says("into the hole"));
    let sound = [0, 2].map(|index: usize| storage.append(chats[index].says("beside it")));
    // An append needs no page of the middle, and may well go; the others surely do.
    drop(wait(damaged));
    assert!(sound.into_iter().all(|it| wait(it).is_ok()));
    for chat in [&chats[0], &chats[2]] {
        assert_eq!(storage.load(chat.id()).unwrap().unwrap().rows, chat.rows);
    }
}

#[test]
fn a_batch_that_meets_damaged_rows_is_refused_alone() {
    let (folder, mut chat, mut other) = two_chats();
    folder.execute("UPDATE conversation SET version = -1 WHERE feed = 3");
    let storage = folder.open();
    let waiting = [chat.says("one"), other.says("two")].map(|batch| storage.append(batch));
    let [damaged, sound] = waiting.map(wait);
    assert!(matches!(damaged, Err(AppendError::Storage(StorageError::Damaged(_)))), "{damaged:?}");
    assert_eq!(sound.unwrap().version, 4);
}

#[test]
fn st11_a_snapshot_must_be_what_the_log_says() {
    let (folder, chat, _) = two_chats();
    let saved = |chat: &Chat, rows: usize| {
        let document = chat.timeline();
        let genesis = rejoinder_core::conversation::compose::genesis(document).bytes;
        let changes = chat.rows.iter().filter(|row| row.kind == document.kind).take(rows);
        let changes = core::iter::once(genesis).chain(changes.map(|row| row.change.clone()));
        let mut saved = automerge::Automerge::new();
        let changes = changes.map(|bytes| automerge::Change::from_bytes(bytes).unwrap());
        saved.apply_changes(changes.collect::<Vec<_>>()).unwrap();
        saved.save()
    };
    let keep = |seq, bytes| {
        let storage = folder.open();
        wait(storage.keep_snapshot(chat.timeline(), Snapshot { seq: Seq(seq), bytes })).unwrap();
    };
    for rows in [0, 2, 4] {
        keep(rows as u64, saved(&chat, rows));
        sound(&folder.verify());
    }
    keep(3, saved(&chat, 4));
    names(&folder.verify(), &chat, &["timeline snapshot", "heads are not the log's"]);
    keep(9, saved(&chat, 4));
    names(&folder.verify(), &chat, &["row 9, which is not there"]);
    keep(4, vec![1, 2, 3]);
    names(&folder.verify(), &chat, &["timeline snapshot"]);
    keep(4, saved(&chat, 4));
    folder.execute("UPDATE snapshot SET bytes = zeroblob(60)");
    names(&folder.verify(), &chat, &["is not what was written"]);
    let found = folder.open().snapshot(chat.timeline());
    assert!(matches!(found, Err(StorageError::Damaged(_))));
    assert_eq!(folder.open().snapshot(DocumentId::team(chat.id())).unwrap(), None);
}

#[test]
fn re11_a_ledger_that_lacks_a_recall_is_named_and_completed() {
    let (folder, chat, other) = two_chats();
    let path = folder.file("rejoinder.ledger");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 96]).unwrap();
    names(&folder.verify(), &other, &["not in the ledger", "start the server once"]);
    drop(folder.open());
    assert!(fs::read(&path).unwrap() == whole);
    sound(&folder.verify());
    let mut damaged = whole;
    damaged[100] ^= 1;
    fs::write(&path, damaged).unwrap();
    assert!(folder.refuses().to_string().contains("damaged at byte 96"));
    assert!(folder.verify().problems[0].what.contains("damaged at byte 96"));
    drop(chat);
}

#[test]
fn a_folder_can_be_verified_while_it_is_served() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chats: Vec<_> = (0..5).map(Chat::new).collect();
    for chat in &mut chats {
        append(&storage, chat.says("hello"));
    }
    let report = std::thread::scope(|scope| {
        let looking = scope.spawn(|| folder.verify());
        while !looking.is_finished() {
            for chat in &mut chats {
                append(&storage, chat.says("hello"));
                append(&storage, chat.edits(0, "good morning"));
                append(&storage, chat.recalls(chat.revisions.len() - 1));
            }
        }
        looking.join().unwrap()
    });
    sound(&report);
    assert_eq!(report.conversations, 5);
}

#[test]
fn nothing_and_rubbish_are_problems_and_no_panic() {
    let folder = Folder::new();
    assert_eq!(folder.verify().problems[0].place, "rejoinder.db");
    for name in ["rejoinder.db", "rejoinder.keyring", "rejoinder.ledger"] {
        fs::write(folder.file(name), "rubbish").unwrap();
    }
    assert!(!folder.verify().is_sound());
}
