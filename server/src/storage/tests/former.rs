//! Former words in the files: crashes, backups, damage, and what no recall leaves.

use rejoinder_core::conversation::layout::Kind;
use rejoinder_core::time::Timestamp;

use super::chat::{Chat, append, erased, wait};
use super::folder::{Folder, sound};
use crate::storage::sqlite::{Sqlite, Step, backup, restore};
use crate::storage::{Batch, Storage, Words};

const SINCE: Timestamp = Timestamp::from_millis(5);
const STEPS: [Step; 6] =
    [Step::Keys, Step::Commit, Step::Truncate, Step::Shred, Step::Ledger, Step::Delete];

/// A message of which two former revisions are kept, and one that was never edited; closed. The
/// keys of all three revisions of the first.
fn edited_twice(folder: &Folder) -> (Chat, Vec<Vec<u8>>) {
    let mut chat = Chat::new(1);
    let storage = folder.open();
    append(&storage, chat.says("secret one"));
    append(&storage, chat.says("stays"));
    let mut keys = vec![folder.key(chat.revisions[0].1.id)];
    for text in ["secret two", "secret three"] {
        append(&storage, chat.edits_kept(0, text, SINCE));
        keys.push(folder.key(chat.revisions[0].1.id));
    }
    (chat, keys)
}

#[test]
fn re26_a_crash_between_any_two_steps_of_an_edit_loses_no_former_words() {
    for step in STEPS {
        let folder = Folder::new();
        let (mut chat, _) = edited_twice(&folder);
        let storage = Sqlite::open(&folder.options().halting_after(step)).unwrap();
        let answered = wait(storage.append(chat.edits_kept(0, "secret four", SINCE))).is_ok();
        // Nothing is erased: no other step is on the way to the answer.
        assert_eq!(answered, !matches!(step, Step::Keys | Step::Commit | Step::Shred), "{step:?}");
        let after = folder.copy();
        let storage = after.open();
        let mut expected = vec!["secret one", "secret two"];
        if step != Step::Keys {
            expected.insert(1, "secret three");
            assert_eq!(chat.words(&storage, 0).unwrap(), chat.kept(0), "{step:?}");
        }
        assert_eq!(chat.former(&storage, 0, SINCE), {
            expected.sort_unstable();
            expected
        });
        drop(storage);
        assert_eq!(after.keys() as u64, after.count("words") + after.count("former"), "{step:?}");
        sound(&after.verify());
    }
}

#[test]
fn re27_a_crash_between_any_two_steps_of_a_recall_leaves_no_former_words() {
    for step in STEPS {
        let folder = Folder::new();
        let (mut chat, keys) = edited_twice(&folder);
        let storage = Sqlite::open(&folder.options().halting_after(step)).unwrap();
        let mut batch = chat.recalls(0);
        chat.write(&mut batch, Kind::Visitor, "and this came with it");
        let answered = wait(storage.append(batch)).is_ok();
        assert_eq!(answered, matches!(step, Step::Ledger | Step::Delete), "{step:?}");
        wait(storage.keep_seen(chat.timeline(), chat.visitor, rejoinder_core::id::Seq(1)))
            .unwrap_err();
        if answered {
            for key in &keys {
                assert!(folder.files_with(key).is_empty(), "{step:?}: RE4");
            }
        }
        let after = folder.copy();
        let storage = after.open();
        let committed = step != Step::Keys;
        let left: &[&str] = if committed { &[] } else { &["secret one", "secret two"] };
        assert_eq!(chat.former(&storage, 0, SINCE), left, "{step:?}");
        assert_eq!(chat.words(&storage, 1).unwrap(), chat.kept(1), "{step:?}");
        drop(storage);
        assert_eq!(after.count("former"), left.len() as u64, "{step:?}");
        assert_eq!(after.count("erasure_pending"), 0, "{step:?}");
        for key in &keys {
            assert_eq!(after.files_with(key).is_empty(), committed, "{step:?}");
        }
        sound(&after.verify());
    }
}

#[test]
fn re28_a_crash_while_former_words_are_forgotten_is_finished() {
    for step in [Step::Commit, Step::Shred, Step::Delete] {
        let folder = Folder::new();
        let (chat, keys) = edited_twice(&folder);
        let storage = Sqlite::open(&folder.options().halting_after(step)).unwrap();
        let forgot = wait(storage.forget_former(chat.header.site, SINCE)).is_ok();
        assert_eq!(forgot, step == Step::Delete, "{step:?}");
        let after = folder.copy();
        let storage = after.open();
        assert!(!storage.former_left(chat.header.site, SINCE).unwrap(), "{step:?}");
        assert_eq!(chat.words(&storage, 0).unwrap(), chat.kept(0), "{step:?}");
        drop(storage);
        assert_eq!((after.count("former"), after.keys()), (0, 2), "{step:?}");
        assert!(keys[..2].iter().all(|key| after.files_with(key).is_empty()), "{step:?}");
        sound(&after.verify());
    }
}

#[test]
fn re28_many_former_words_are_forgotten_in_several_steps() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    let mut batch = chat.batch();
    let kept = 1_200;
    for index in 0..kept {
        chat.write(&mut batch, Kind::Visitor, &format!("message {index}"));
    }
    append(&storage, batch);
    for index in 0..kept {
        append(&storage, chat.edits_kept(index, "edited", SINCE));
    }
    assert_eq!(folder.count("former"), kept as u64);
    let site = chat.header.site;
    let mut steps = 0;
    while storage.former_left(site, SINCE).unwrap() {
        wait(storage.forget_former(site, SINCE)).unwrap();
        steps += 1;
    }
    assert_eq!((steps, folder.count("former"), folder.keys()), (2, 0, kept));
}

#[test]
fn re22_re27_after_a_recall_no_file_holds_any_version() {
    let folder = Folder::new();
    let (mut chat, keys) = edited_twice(&folder);
    let storage = folder.open();
    let mut traces = keys;
    let connection = folder.connection();
    let sealed = "SELECT substr(sealed, 1, 24) FROM former \
                  UNION ALL SELECT substr(sealed, 1, 24) FROM words WHERE revision = ?1";
    let mut sealed = connection.prepare(sealed).unwrap();
    let rows = sealed.query_map([chat.revisions[0].1.id.as_bytes()], |row| row.get(0)).unwrap();
    traces.extend(rows.map(Result::unwrap));
    drop(sealed);
    connection.close().unwrap();
    assert_eq!(traces.len(), 6);
    assert!(traces.iter().all(|trace| !folder.files_with(trace).is_empty()));
    append(&storage, chat.recalls(0));
    erased(&storage);
    assert!(folder.files()["rejoinder.db-wal"].is_empty());
    let left = || traces.iter().flat_map(|trace| folder.files_with(trace)).collect::<Vec<_>>();
    assert_eq!(left(), Vec::<String>::new());
    drop(storage);
    assert_eq!(left(), Vec::<String>::new());
}

/// A backup of a folder with its keyring, put back in its place.
fn saved_and_restored(folder: &Folder, meanwhile: impl FnOnce(&Sqlite)) {
    let to = Folder::new();
    let storage = folder.open();
    backup(folder.path(), &to.file("db"), Some(&to.file("keys"))).unwrap();
    meanwhile(&storage);
    drop(storage);
    restore(&to.file("db"), Some(&to.file("keys")), folder.path()).unwrap();
}

#[test]
fn re27_the_ledger_erases_former_words_that_a_backup_brings_back() {
    let folder = Folder::new();
    let (mut chat, keys) = edited_twice(&folder);
    saved_and_restored(&folder, |storage| {
        append(storage, chat.recalls(0));
        erased(storage);
    });
    assert!(keys.iter().all(|key| folder.files_with(key).is_empty()));
    assert_eq!((folder.count("former"), folder.count("words"), folder.keys()), (0, 1, 1));
    sound(&folder.verify());
}

#[test]
fn re26_a_restore_brings_back_former_words_of_what_was_not_recalled() {
    let folder = Folder::new();
    let (mut chat, keys) = edited_twice(&folder);
    // An edit names nothing in the ledger: neither is anything erased by it that was kept before.
    saved_and_restored(&folder, |storage| {
        append(storage, chat.edits(0, "secret four"));
        wait(storage.forget_former(chat.header.site, SINCE)).unwrap();
    });
    let storage = folder.open();
    assert_eq!(chat.former(&storage, 0, SINCE), ["secret one", "secret two"]);
    // RE28: who keeps none any more finds them again.
    assert!(storage.former_left(chat.header.site, SINCE).unwrap());
    wait(storage.forget_former(chat.header.site, SINCE)).unwrap();
    drop(storage);
    assert!(keys[..2].iter().all(|key| folder.files_with(key).is_empty()));
    sound(&folder.verify());
}

#[test]
fn st5_the_sweep_of_keys_counts_former_words() {
    let folder = Folder::new();
    let (chat, _) = edited_twice(&folder);
    let storage = Sqlite::open(&folder.options().halting_after(Step::Keys)).unwrap();
    let mut other = Chat::new(2);
    wait(storage.append(other.says("never came"))).unwrap_err();
    let after = folder.copy();
    assert_eq!(after.keys(), 5);
    let storage = after.open();
    assert_eq!(after.keys(), 4, "the one without a row went");
    assert_eq!(chat.former(&storage, 0, SINCE), ["secret one", "secret two"]);
}

#[test]
fn re27_the_database_refuses_to_set_words_of_a_recalled_message_aside() {
    let folder = Folder::new();
    let (mut chat, _) = edited_twice(&folder);
    append(&folder.open(), chat.recalls(0));
    let refused = folder.connection().execute(
        "INSERT INTO former (conversation, kind, revision, message, slot, key, sealed, site, \
         since) SELECT conversation, kind, zeroblob(16), message, 0, zeroblob(16), x'', \
         zeroblob(16), 0 FROM tombstone",
        [],
    );
    assert!(refused.unwrap_err().to_string().contains("the message was recalled"));
}

#[test]
fn st10_damage_of_former_words_is_found_and_named() {
    let damages: [(&str, &[&str]); 6] = [
        ("DELETE FROM former", &["2 keys that no row names"]),
        (
            "DROP TRIGGER former_words_stay_the_same; UPDATE former SET key = zeroblob(16)",
            &["former revision", "its key is gone"],
        ),
        (
            "DROP TRIGGER former_words_stay_the_same; UPDATE former SET sealed = zeroblob(99)",
            &["former revision", "do not open"],
        ),
        (
            "INSERT INTO tombstone SELECT conversation, kind, message FROM former LIMIT 1",
            &["former revision", "words of a recalled message"],
        ),
        (
            "INSERT INTO former SELECT conversation, kind, revision, message, slot, key, sealed, \
             zeroblob(16), 0 FROM words",
            &["former revision", "these words stand in their message's place"],
        ),
        (
            "DROP TRIGGER former_words_stay_the_same; \
             UPDATE former SET conversation = zeroblob(16)",
            &["a row of former belongs to no conversation"],
        ),
    ];
    for (sql, what) in damages {
        let folder = Folder::new();
        drop(edited_twice(&folder));
        let report = folder.verify();
        sound(&report);
        assert_eq!((report.words, report.former), (2, 2));
        folder.execute(&format!("PRAGMA foreign_keys = OFF; {sql}"));
        let report = folder.verify();
        let text: String = report.problems.iter().map(|problem| format!("{problem}\n")).collect();
        for what in what {
            assert!(text.contains(what), "{sql}: '{what}' is not in {text}");
        }
    }
}

#[test]
fn re28_what_cannot_be_overwritten_yet_is_read_by_nobody_and_overwritten_later() {
    let folder = Folder::new();
    let (chat, keys) = edited_twice(&folder);
    let (storage, site) = (folder.open(), chat.header.site);
    storage.fail_keyring(true);
    wait(storage.forget_former(site, SINCE)).unwrap_err();
    assert_eq!(chat.former(&storage, 0, SINCE), [""; 0]);
    assert!(!storage.former_left(site, SINCE).unwrap(), "it is not ordered twice");
    assert_eq!(folder.files_with(&keys[0]), ["rejoinder.keyring"]);
    storage.fail_keyring(false);
    let begun = std::time::Instant::now();
    while !keys[..2].iter().all(|key| folder.files_with(key).is_empty()) {
        assert!(begun.elapsed() < std::time::Duration::from_secs(5));
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    drop(storage);
    sound(&folder.verify());
}

#[test]
fn st12_a_commit_that_fails_sets_nothing_aside() {
    let folder = Folder::new();
    let (mut chat, _) = edited_twice(&folder);
    let storage = folder.open();
    storage.fail_next_commit();
    let (batch, _) = chat.loses(0, "it lost");
    let refused = wait(storage.append(Batch { former_since: Some(SINCE), ..batch }));
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(folder.keys(), 5, "whether the commit is on the disk is not known yet");
    append(&storage, Chat::new(2).says("after"));
    assert_eq!(folder.keys(), 5, "now it is");
    assert_eq!(chat.former(&storage, 0, SINCE), ["secret one", "secret two"]);
    drop(storage);
    sound(&folder.verify());
}

#[test]
fn rt17_a_folder_from_before_there_were_former_words_keeps_them_from_now_on() {
    let folder = Folder::new();
    let mut chat = Chat::new(1);
    append(&folder.open(), chat.says("one"));
    folder.execute(
        "DROP TABLE former; DROP TABLE expiring; DROP TABLE said; DROP INDEX erasure_message; \
          PRAGMA user_version = 4",
    );
    let storage = folder.open();
    assert_eq!(chat.words(&storage, 0).unwrap(), chat.kept(0));
    append(&storage, chat.edits_kept(0, "two", SINCE));
    assert_eq!(chat.former(&storage, 0, SINCE), ["one"]);
    drop(storage);
    sound(&folder.verify());
}

#[test]
fn re26_words_that_cannot_be_moved_are_erased() {
    let folder = Folder::new();
    let (mut chat, keys) = edited_twice(&folder);
    let place = "CREATE TRIGGER in_the_way BEFORE INSERT ON former \
                 BEGIN SELECT RAISE(ABORT, 'no room'); END";
    folder.execute(place);
    let storage = folder.open();
    append(&storage, chat.edits_kept(0, "secret four", SINCE));
    assert_eq!(chat.words(&storage, 0).unwrap(), chat.kept(0));
    assert!(folder.files_with(&keys[2]).is_empty());
    assert_eq!(chat.former(&storage, 0, SINCE), ["secret one", "secret two"]);
}

#[test]
fn re9_no_key_is_made_for_words_that_nobody_keeps() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    append(&storage, chat.says("one"));
    let (batch, _) = chat.loses(0, "two");
    append(&storage, batch);
    assert_eq!((folder.keys(), folder.count("former")), (1, 0));
    let (batch, lost) = chat.loses(0, "three");
    append(&storage, Batch { former_since: Some(SINCE), ..batch });
    assert_eq!((folder.keys(), folder.count("former")), (2, 1));
    let document = chat.timeline();
    assert_eq!(storage.words(document, &[lost.id]).unwrap(), [Words::Gone]);
}
