//! Backups, restores, and what the ledger does after one.

use std::fs;

use rejoinder_core::conversation::layout::Kind;
use rejoinder_core::id::DocumentKind;
use rejoinder_core::principal::{Principal, Role};

use super::chat::{Chat, append, erased};
use super::folder::{Folder, sound};
use crate::storage::sqlite::{
    BackupError, OpenError, RestoreError, Restored, RestoredKeys, backup, begin_backup, restore,
};
use crate::storage::{Storage, Tombstone, Words};

/// A backup of a folder, with its keyring beside.
struct Saved(Folder);

impl Saved {
    fn of(folder: &Folder) -> Self {
        let to = Folder::new();
        let taken = backup(folder.path(), &to.file("db"), Some(&to.file("keys"))).unwrap();
        assert_eq!(taken.database, to.file("db/rejoinder.db"));
        assert_eq!(taken.keyring, Some(to.file("keys")));
        Self(to)
    }

    fn restore(&self, folder: &Folder) -> Restored {
        restore(&self.0.file("db"), Some(&self.0.file("keys")), folder.path()).unwrap()
    }

    fn restore_without_keys(&self, folder: &Folder) -> Restored {
        restore(&self.0.file("db"), None, folder.path()).unwrap()
    }
}

fn recalled(chat: &Chat, index: usize) -> Tombstone {
    let (kind, revision) = &chat.revisions[index];
    Tombstone { kind: *kind, message: revision.message }
}

#[test]
fn st16_the_ledger_is_replayed_after_a_restore() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    let mut batch = chat.says("kept");
    chat.write(&mut batch, Kind::Agent, "recalled before");
    chat.write(&mut batch, Kind::Visitor, "recalled after");
    append(&storage, batch);
    append(&storage, chat.recalls(1));
    let (epoch, saved) = (storage.epoch(), Saved::of(&folder));
    let key = folder.key(chat.revisions[2].1.id);
    let number = append(&storage, chat.recalls(2)).erasures[0];
    let mut later = Chat::new(2);
    append(&storage, later.says("begun and recalled later"));
    append(&storage, later.recalls(0));
    erased(&storage);
    drop(storage);

    let restored = saved.restore(&folder);
    assert_eq!(restored.keys, RestoredKeys::Given);
    assert_ne!(restored.epoch, epoch);
    sound(&folder.verify());
    let storage = folder.open();
    assert_eq!(storage.epoch(), restored.epoch);
    let stored = storage.load(chat.id()).unwrap().unwrap();
    assert_eq!(stored.version, 2, "the log is rolled back");
    let mut tombstones = stored.tombstones;
    tombstones.sort();
    assert_eq!(tombstones, [recalled(&chat, 1), recalled(&chat, 2)]);
    assert_eq!(chat.words(&storage, 0).unwrap(), chat.kept(0));
    assert_eq!(chat.words(&storage, 2).unwrap(), Words::Gone);
    assert_eq!(storage.feed_entry(chat.id()).unwrap().unwrap().summary.newest, None);
    assert_eq!(storage.newest_erasure().unwrap(), number + 1, "numbers are what they were");
    assert!(folder.files_with(&key).is_empty());
    // The chat that the backup does not know comes back, without its words.
    assert!(storage.load(later.id()).unwrap().is_none());
    assert_eq!(storage.tombstones(later.id()).unwrap(), [recalled(&later, 0)]);
    let mut again = Chat::new(2);
    append(&storage, again.says("begun and recalled later"));
    assert_eq!(again.words(&storage, 0).unwrap(), Words::Gone);
    drop(storage);
    assert_eq!(folder.keys() as u64, folder.count("words"));
}

#[test]
fn st16_the_same_backup_restored_twice_gives_two_epochs() {
    let folder = Folder::new();
    append(&folder.open(), Chat::new(1).says("hello"));
    let saved = Saved::of(&folder);
    let first = saved.restore(&folder).epoch;
    let second = saved.restore(&folder).epoch;
    assert_ne!(first, second);
    assert_eq!(folder.open().epoch(), second);
    sound(&folder.verify());
}

#[test]
fn st15_a_restore_without_a_keyring_takes_the_one_that_is_there() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    append(&storage, chat.says("edited after"));
    append(&storage, chat.says("kept"));
    let saved = Saved::of(&folder);
    let former = chat.revisions[0].1.id;
    append(&storage, chat.edits(0, "edited"));
    append(&storage, chat.says("written after"));
    drop(storage);
    assert_eq!(saved.restore_without_keys(&folder).keys, RestoredKeys::Kept);
    let storage = folder.open();
    let words = chat.words_of(&storage, DocumentKind::Timeline, former).unwrap();
    assert_eq!(words, Words::Gone, "erased for ever, with the edit that took its place");
    assert_eq!(chat.words(&storage, 1).unwrap(), chat.kept(1));
    drop(storage);
    let report = folder.verify();
    sound(&report);
    assert_eq!(report.lost, 1);
    assert_eq!(folder.keys(), 1, "keys of rows that are no more are swept");

    let empty = Folder::new();
    assert_eq!(saved.restore_without_keys(&empty).keys, RestoredKeys::None);
    let storage = empty.open();
    assert_eq!(chat.words(&storage, 1).unwrap(), Words::Gone);
    drop(storage);
    assert_eq!(empty.verify().lost, 2);
}

#[test]
fn st15_a_backup_leaves_keys_and_ledger_out_and_takes_no_file_s_place() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    append(&storage, chat.says("kept"));
    append(&storage, chat.says("secret"));
    append(&storage, chat.recalls(1));
    let to = Folder::new();
    backup(folder.path(), &to.file("a"), None).unwrap();
    let names: Vec<_> = fs::read_dir(to.file("a"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names, ["rejoinder.db"]);
    let again = backup(folder.path(), &to.file("a"), None);
    assert!(matches!(again, Err(BackupError::Exists(_))));
    fs::write(to.file("keys"), "mine").unwrap();
    let taken = backup(folder.path(), &to.file("b"), Some(&to.file("keys")));
    assert!(matches!(taken, Err(BackupError::Exists(_))));
    assert!(!to.file("b/rejoinder.db").exists());
    assert!(matches!(backup(to.path(), &to.file("c"), None), Err(BackupError::NoData(_))));

    // A backup is not served by accident.
    let copied = Folder::new();
    fs::copy(to.file("a/rejoinder.db"), copied.file("rejoinder.db")).unwrap();
    assert!(matches!(copied.refuses(), OpenError::IsABackup));
}

#[test]
fn st15_a_backup_is_taken_while_serving() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    append(&storage, chat.says("first"));
    let saved = std::thread::scope(|scope| {
        let taking = scope.spawn(|| Saved::of(&folder));
        while !taking.is_finished() {
            append(&storage, chat.says("more"));
            append(&storage, chat.edits(0, "first, edited"));
        }
        taking.join().unwrap()
    });
    let elsewhere = Folder::new();
    saved.restore(&elsewhere);
    sound(&elsewhere.verify());
    let storage = elsewhere.open();
    let stored = storage.load(chat.id()).unwrap().unwrap();
    assert_eq!(stored.rows, chat.rows[..stored.rows.len()]);
}

#[test]
fn a_restore_never_takes_another_s_place() {
    let (folder, other) = (Folder::new(), Folder::new());
    append(&folder.open(), Chat::new(1).says("mine"));
    append(&other.open(), Chat::new(2).says("theirs"));
    let (saved, theirs) = (Saved::of(&folder), Saved::of(&other));
    let (db, keys) = (saved.0.file("db"), saved.0.file("keys"));
    let before = other.hashes();
    let refused = restore(&db, Some(&keys), other.path()).unwrap_err();
    assert!(matches!(refused, RestoreError::OtherDatabase { .. }), "{refused}");
    let refused = restore(&db, Some(&theirs.0.file("keys")), folder.path()).unwrap_err();
    assert!(matches!(refused, RestoreError::Keyring { .. }), "{refused}");
    let storage = folder.open();
    let refused = restore(&db, Some(&keys), folder.path()).unwrap_err();
    assert!(matches!(refused, RestoreError::InUse(_)), "{refused}");
    drop(storage);
    let refused = restore(&folder.file("nowhere"), None, folder.path()).unwrap_err();
    assert!(matches!(refused, RestoreError::NoBackup(_)), "{refused}");
    fs::write(db.join("rejoinder.db"), vec![3; 9_000]).unwrap();
    let refused = restore(&db, Some(&keys), folder.path()).unwrap_err();
    assert!(matches!(refused, RestoreError::Backup(_)), "{refused}");
    assert_eq!(other.hashes(), before);
    sound(&folder.verify());
    let names: Vec<_> = folder.hashes().into_keys().collect();
    let kept = ["rejoinder.db", "rejoinder.keyring", "rejoinder.ledger", "rejoinder.lock"];
    assert_eq!(names, kept);
}

#[test]
fn a_restore_that_a_crash_interrupted_is_finished_at_the_next_start() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    append(&storage, chat.says("kept"));
    append(&storage, chat.says("recalled after"));
    let saved = Saved::of(&folder);
    append(&storage, chat.recalls(1));
    append(&storage, chat.edits(0, "edited after"));
    drop(storage);
    // As the folder stands when the database is in place and its keyring is not.
    let (database, keyring) = (folder.file("rejoinder.db"), folder.file("rejoinder.keyring"));
    fs::copy(saved.0.file("db/rejoinder.db"), &database).unwrap();
    fs::copy(saved.0.file("keys"), folder.file("rejoinder.keyring.restoring")).unwrap();
    folder.execute("UPDATE meta SET state = 2, epoch = zeroblob(16), restored_at = 0");
    let before = fs::read(&keyring).unwrap();
    assert!(!folder.verify().is_sound());
    let storage = folder.open();
    let mut told = Chat::new(1);
    told.says("kept");
    assert_eq!(told.words(&storage, 0).unwrap(), told.kept(0));
    assert_eq!(chat.words(&storage, 1).unwrap(), Words::Gone);
    drop(storage);
    assert!(fs::read(&keyring).unwrap() != before);
    assert!(!folder.file("rejoinder.keyring.restoring").exists());
    assert!(!folder.file("rejoinder.keyring.replaced").exists());
    sound(&folder.verify());
    folder.open();
}

#[test]
fn what_a_restore_left_that_never_decided_is_cleared_away() {
    let folder = Folder::new();
    let mut chat = Chat::new(1);
    append(&folder.open(), chat.says("kept"));
    for name in ["rejoinder.keyring.restoring", "rejoinder.db.restoring"] {
        fs::write(folder.file(name), "half a file").unwrap();
    }
    let storage = folder.open();
    assert_eq!(chat.words(&storage, 0).unwrap(), chat.kept(0));
    assert!(!folder.files().keys().any(|name| name.contains("restoring")));
}

#[test]
fn re30_a_restore_erases_what_was_recalled_in_another_conversation_of_the_line() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    append(&storage, chat.says("kept"));
    append(&storage, chat.says("recalled where it had gone"));
    let (saved, key) = (Saved::of(&folder), folder.key(chat.revisions[1].1.id));
    drop(storage);
    // Another life, in which the message stands in the follow-up: an empty backup was restored.
    folder.execute(
        "PRAGMA foreign_keys = off; DELETE FROM words; DELETE FROM log; \
         DELETE FROM said; DELETE FROM conversation",
    );
    let storage = folder.open();
    let mut next = chat.next();
    append(&storage, next.says_again(chat.revisions[1].1.message, "recalled where it had gone"));
    append(&storage, next.recalls(0));
    erased(&storage);
    drop(storage);
    assert_eq!(folder.ledger(), 1);

    saved.restore(&folder);
    sound(&folder.verify());
    let storage = folder.open();
    assert_eq!(storage.tombstones(chat.id()).unwrap(), [recalled(&chat, 1)]);
    assert_eq!(storage.tombstones(next.id()).unwrap(), [recalled(&next, 0)]);
    assert_eq!(chat.words(&storage, 0).unwrap(), chat.kept(0));
    assert_eq!(chat.words(&storage, 1).unwrap(), Words::Gone);
    assert!(folder.files_with(&key).is_empty());
    drop(storage);
    // Written down for good: another restore needs nothing to be derived.
    assert_eq!(folder.ledger(), 2);
    let storage = folder.open();
    assert_eq!(storage.newest_erasure().unwrap(), 2);
}

#[test]
fn rt17_where_messages_stand_is_read_from_the_logs_of_an_earlier_program() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    let mut batch = chat.says("a visitor's");
    chat.write(&mut batch, Kind::Agent, "an agent's");
    chat.write(&mut batch, Kind::Note, "a note");
    append(&storage, batch);
    append(&storage, chat.edits(0, "edited"));
    let mut next = chat.next();
    append(&storage, next.says("another visitor's"));
    drop(storage);
    assert_eq!(folder.count("said"), 2);
    folder.execute("DROP TABLE said; DROP INDEX erasure_message; PRAGMA user_version = 6");
    let storage = folder.open();
    let visitor = Principal::new(chat.visitor, Role::Visitor);
    let message = chat.revisions[0].1.message;
    let found = storage.elsewhere(next.timeline(), &visitor, &[], &[message]).unwrap();
    assert_eq!(found.said.get(&message), Some(&chat.id()));
    drop(storage);
    assert_eq!(folder.count("said"), 2);
    sound(&folder.verify());
}

#[test]
fn st21_a_restore_that_is_refused_leaves_the_keys_of_one_that_was_cut_off() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    append(&storage, chat.says("kept"));
    let saved = Saved::of(&folder);
    append(&storage, chat.edits(0, "edited after"));
    drop(storage);
    fs::copy(saved.0.file("db/rejoinder.db"), folder.file("rejoinder.db")).unwrap();
    fs::copy(saved.0.file("keys"), folder.file("rejoinder.keyring.restoring")).unwrap();
    folder.execute("UPDATE meta SET state = 2, epoch = zeroblob(16), restored_at = 0");
    fs::write(saved.0.file("no-keys"), "no keyring, but long enough to be one".repeat(9)).unwrap();
    let refused = restore(&saved.0.file("db"), Some(&saved.0.file("no-keys")), folder.path());
    assert!(matches!(refused, Err(RestoreError::Keyring { .. })), "{refused:?}");
    let storage = folder.open();
    let mut told = Chat::new(1);
    told.says("kept");
    assert_eq!(told.words(&storage, 0).unwrap(), told.kept(0));
}

#[test]
fn st21_a_keyring_that_was_being_copied_for_a_restore_is_cleared_away() {
    let folder = Folder::new();
    let mut chat = Chat::new(1);
    append(&folder.open(), chat.says("kept"));
    let partial = folder.file("rejoinder.keyring.restoring.partial");
    fs::copy(folder.file("rejoinder.keyring"), &partial).unwrap();
    drop(folder.open());
    assert!(!partial.exists());
}

#[test]
fn st21_a_backup_that_was_cut_off_is_none_and_is_made_anew_in_its_place() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    append(&storage, chat.says("kept"));
    let to = Folder::new();
    let (db, keys) = (to.file("db"), to.file("keys"));
    let begun = begin_backup(folder.path(), &db, Some(&keys)).unwrap();
    assert!(!begun.takes_over());
    let second = begin_backup(folder.path(), &db, None).unwrap_err();
    assert!(matches!(second, BackupError::UnderWay(_)), "{second}");
    let refused = restore(&db, Some(&keys), Folder::new().path()).unwrap_err();
    assert!(matches!(refused, RestoreError::NoBackup(_)), "{refused}");
    // As a process that ends here leaves it.
    let left = ["db/rejoinder.db.partial", "keys.partial"].map(|name| to.file(name));
    let bytes = left.clone().map(|path| fs::read(path).unwrap());
    drop(begun);
    left.iter().zip(bytes).for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    let begun = begin_backup(folder.path(), &db, Some(&keys)).unwrap();
    assert!(begun.takes_over());
    begun.finish().unwrap();
    assert!(keys.exists() && !to.file("keys.partial").exists());
    let names: Vec<_> = fs::read_dir(&db).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(names, ["rejoinder.db"]);
    let other = Folder::new();
    restore(&db, Some(&keys), other.path()).unwrap();
    assert_eq!(chat.words(&other.open(), 0).unwrap(), chat.kept(0));
    drop(begin_backup(folder.path(), &to.file("dropped"), None).unwrap());
    assert!(!to.file("dropped/rejoinder.db.partial").exists());
}
