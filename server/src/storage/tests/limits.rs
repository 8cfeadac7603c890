//! Full disks, folders in use, files that do not belong together, many at once.

use std::fs;

use rejoinder_core::dice::Dice;
use rejoinder_core::id::{DocumentKind, Epoch, Seq};
use rejoinder_core::wire::Keeping;

use super::chat::{Chat, append, erased, wait};
use super::folder::{Folder, sound};
use crate::storage::sqlite::OpenError;
use crate::storage::{AppendError, Device, Storage, StorageError, Words};

#[test]
fn st12_a_full_disk_refuses_keeps_reading_and_recovers() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    append(&storage, chat.says("before"));
    storage.set_max_pages(1);
    let long = "x".repeat(9_000);
    let mut refused = None;
    for _ in 0..100 {
        let mut other = Chat::new(1);
        other.says("before");
        let batch = chat.says(&long);
        match wait(storage.append(batch)) {
            Ok(_) => {}
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
    }
    assert_eq!(refused, Some(AppendError::Storage(StorageError::Full)));
    let last = chat.revisions.len() - 1;
    let stored = storage.load(chat.id()).unwrap().unwrap();
    assert_eq!(stored.rows, chat.rows[..chat.rows.len() - 1]);
    assert_eq!(chat.words(&storage, 0).unwrap(), chat.kept(0));
    assert_eq!(chat.words(&storage, last).unwrap(), Words::Gone);
    // The keys of what was refused are gone, although their rows were never there.
    assert_eq!(folder.keys(), last);

    storage.set_max_pages(100_000);
    // The hub would load the conversation anew; here the same chat is told again.
    let mut again = Chat::new(1);
    for (_, revision) in &chat.revisions[..last] {
        again.says(&revision.read().unwrap().text);
    }
    append(&storage, again.says("after"));
    assert_eq!(again.words(&storage, last).unwrap(), again.kept(last));
    drop(storage);
    sound(&folder.verify());
}

#[test]
fn st12_a_commit_that_fails_keeps_nothing_and_the_writer_goes_on() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    append(&storage, chat.says("before"));
    storage.fail_next_commit();
    let refused = wait(storage.append(Chat::new(2).says("lost")));
    assert!(matches!(refused, Err(AppendError::Storage(_))), "{refused:?}");
    assert_eq!(folder.keys(), 2, "whether the commit is on the disk is not known yet");
    append(&storage, chat.says("after"));
    assert_eq!(folder.keys(), 2, "now it is");
    assert!(storage.load(Chat::new(2).id()).unwrap().is_none());
    drop(storage);
    sound(&folder.verify());
}

#[test]
fn re4_a_recall_is_not_acknowledged_while_its_key_is_there() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    append(&storage, chat.says("secret"));
    append(&storage, chat.says("kept"));
    let key = folder.key(chat.revisions[0].1.id);
    storage.fail_keyring(true);
    let failed = wait(storage.append(chat.recalls(0)));
    assert!(matches!(failed, Err(AppendError::Storage(StorageError::Failed(_)))), "{failed:?}");
    // It is in the log, and nobody can read the words, although the key could not be overwritten.
    assert_eq!(storage.load(chat.id()).unwrap().unwrap().version, 3);
    assert_eq!(chat.words(&storage, 0).unwrap(), Words::Gone);
    assert_eq!(folder.files_with(&key), ["rejoinder.keyring"]);
    // New words cannot be kept either; what needs no key goes on.
    let mut other = Chat::new(2);
    assert!(wait(storage.append(other.says("no key for this"))).is_err());
    wait(storage.keep_seen(chat.timeline(), chat.agent, Seq(2))).unwrap();
    assert_eq!(*storage.erased().borrow(), 0);
    assert_eq!(folder.ledger(), 0);
    storage.fail_keyring(false);
    erased(&storage);
    assert_eq!(folder.files_with(&key), Vec::<String>::new());
    assert_eq!(folder.ledger(), 1);
    append(&storage, Chat::new(2).says("no key for this"));
    drop(storage);
    assert_eq!((folder.keys(), folder.count("words")), (2, 2));
    sound(&folder.verify());
}

#[test]
fn a_recall_on_a_full_disk_is_refused_or_carried_out_whole() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    for text in ["secret", "kept"] {
        append(&storage, chat.says(text));
    }
    storage.set_max_pages(1);
    match wait(storage.append(chat.recalls(0))) {
        Ok(_) => assert_eq!(chat.words(&storage, 0).unwrap(), Words::Gone),
        Err(error) => {
            assert_eq!(error, AppendError::Storage(StorageError::Full));
            assert_eq!(chat.words(&storage, 0).unwrap(), chat.kept(0));
        }
    }
    storage.set_max_pages(100_000);
    erased(&storage);
}

#[test]
fn st13_a_folder_in_use_is_refused_by_name() {
    let folder = Folder::new();
    let storage = folder.open();
    let error = folder.refuses();
    assert!(matches!(error, OpenError::InUse(_)));
    let text = error.to_string();
    assert!(text.contains("in use by another process"), "{text}");
    assert!(text.contains(&folder.path().display().to_string()), "{text}");
    drop(storage);
    folder.open();
}

#[test]
fn st6_a_wrong_database_beside_the_keyring_is_refused_and_nothing_is_changed() {
    let (folder, other) = (Folder::new(), Folder::new());
    let (mut chat, mut stranger) = (Chat::new(1), Chat::new(2));
    append(&folder.open(), chat.says("mine"));
    append(&other.open(), stranger.says("theirs"));
    fs::copy(other.file("rejoinder.db"), folder.file("rejoinder.db")).unwrap();
    let before = folder.hashes();
    let text = folder.refuses().to_string();
    assert!(text.contains("belongs to database"), "{text}");
    assert_eq!(folder.hashes(), before);
    let problems = folder.verify().problems;
    assert!(problems.iter().any(|it| it.place == "rejoinder.keyring"), "{problems:?}");

    fs::write(folder.file("rejoinder.keyring"), vec![7; 4_096]).unwrap();
    let before = folder.hashes();
    let text = folder.refuses().to_string();
    assert!(text.contains("not a keyring"), "{text}");
    assert_eq!(folder.hashes(), before);
}

#[test]
fn st6_a_keyring_of_another_epoch_is_explained() {
    let folder = Folder::new();
    append(&folder.open(), Chat::new(1).says("hello"));
    let epoch = Epoch::random(&mut Dice::from_seed([3; 32]));
    folder.connection().execute("UPDATE meta SET epoch = ?1", [epoch.as_bytes()]).unwrap();
    let text = folder.refuses().to_string();
    assert!(text.contains(&epoch.to_string()), "{text}");
    assert!(text.contains("rejoinder restore"), "{text}");
    assert_eq!(folder.keys(), 1);
}

#[test]
fn files_that_are_missing_are_named_and_not_made_anew() {
    let folder = Folder::new();
    append(&folder.open(), Chat::new(1).says("hello"));
    let keyring = fs::read(folder.file("rejoinder.keyring")).unwrap();
    fs::remove_file(folder.file("rejoinder.keyring")).unwrap();
    assert!(matches!(folder.refuses(), OpenError::KeyringMissing(_)));
    assert!(!folder.file("rejoinder.keyring").exists());
    fs::write(folder.file("rejoinder.keyring"), keyring).unwrap();
    folder.open();
    let copy = folder.copy();
    fs::remove_file(copy.file("rejoinder.db")).unwrap();
    assert!(matches!(copy.refuses(), OpenError::DatabaseMissing(_)));
    assert!(!copy.file("rejoinder.db").exists());
}

#[test]
fn a_newer_database_is_refused() {
    let folder = Folder::new();
    drop(folder.open());
    folder.execute("PRAGMA user_version = 99");
    assert!(matches!(folder.refuses(), OpenError::Newer { found: 99, .. }));
    assert!(!folder.verify().is_sound());
    fs::write(folder.file("rejoinder.db"), vec![1; 8_192]).unwrap();
    assert!(matches!(folder.refuses(), OpenError::Database(StorageError::Damaged(_))));
    assert!(!folder.verify().is_sound());
}

#[test]
fn what_waits_is_committed_together() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chats: Vec<_> = (0..100).map(Chat::new).collect();
    let mut waiting: Vec<_> = chats.iter_mut().map(|it| storage.append(it.says("hi"))).collect();
    waiting.extend(chats.iter_mut().map(|it| storage.append(it.says("there"))));
    let versions: Vec<_> = waiting.into_iter().map(|it| wait(it).unwrap().version).collect();
    assert_eq!(versions, [[1; 100], [2; 100]].concat());
    let figures = storage.figures();
    assert_eq!(figures.batches, 200);
    assert!(figures.commits <= 50, "{figures:?}");
    // One that is refused takes no other with it.
    let stale = storage.append(Chat::new(0).says("hi"));
    let fresh: Vec<_> = chats.iter_mut().map(|it| storage.append(it.says("again"))).collect();
    assert_eq!(wait(stale), Err(AppendError::Conflict));
    assert!(fresh.into_iter().all(|it| wait(it).is_ok()));
    drop(storage);
    assert_eq!(folder.keys(), 300);
    sound(&folder.verify());
}

#[test]
fn dropping_the_storage_answers_what_waits() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    let waiting: Vec<_> = (0..20).map(|_| storage.append(chat.says("hi"))).collect();
    drop(storage);
    assert!(waiting.into_iter().all(|it| wait(it).is_ok()));
    let storage = folder.open();
    assert_eq!(storage.load(chat.id()).unwrap().unwrap().rows, chat.rows);
}

#[test]
fn many_read_while_one_writes() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    append(&storage, chat.says("first"));
    let (id, document) = (chat.id(), chat.timeline());
    let first = chat.revisions[0].1.clone();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let stored = storage.load(id).unwrap().unwrap();
                    assert_eq!(stored.rows.len() as u64, stored.version);
                    let words = storage.words(document, &[first.id]).unwrap();
                    assert_eq!(words, [Words::Kept(first.clone())]);
                }
            });
        }
        for _ in 0..50 {
            append(&storage, chat.says("another"));
        }
    });
}

#[test]
fn the_database_itself_refuses_what_would_undo_a_recall() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    append(&storage, chat.says("secret"));
    append(&storage, chat.says("kept"));
    append(&storage, chat.recalls(0));
    erased(&storage);
    let refused = |sql: &str| folder.connection().execute_batch(sql).unwrap_err().to_string();
    assert!(refused("DELETE FROM tombstone").contains("never removed"));
    assert!(refused("UPDATE tombstone SET kind = 1").contains("never changed"));
    assert!(refused("UPDATE words SET slot = 0").contains("never changed"));
    let again = "INSERT INTO words SELECT w.conversation, w.kind, randomblob(16), t.message, 9, \
                 randomblob(16), x'00' FROM words w, tombstone t";
    assert!(refused(again).contains("was recalled"));
}

#[test]
fn receipts_and_devices_need_no_batch() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    append(&storage, chat.says("hello"));
    wait(storage.keep_seen(chat.timeline(), chat.agent, Seq(1))).unwrap();
    let device = Device {
        device: chat.random(rejoinder_core::id::DeviceId::random),
        participant: chat.agent,
        keeping: Keeping::Memory,
        erasures: 0,
        heard_at: chat.header.created_at,
    };
    wait(storage.keep_device(device.clone())).unwrap();
    assert_eq!(storage.device(device.device).unwrap(), Some(device));
    let stored = storage.load(chat.id()).unwrap().unwrap();
    assert_eq!(stored.seen, [(DocumentKind::Timeline, chat.agent, Seq(1))]);
    assert_eq!(stored.version, 1);
}
