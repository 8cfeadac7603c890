//! Attachments' files beside the database.

use std::io::Read as _;

use rejoinder_core::attachment;
use rejoinder_core::conversation::layout::Kind;
use rejoinder_core::conversation::revision::{Attachment, Body};
use rejoinder_core::id::{DocumentId, ParticipantId};
use rejoinder_core::time::Timestamp;

use super::chat::{Chat, append, erased};
use super::folder::Folder;
use crate::attachments::{Attachments, Place, attachments};
use crate::storage::Storage;
use crate::storage::sqlite::{Sqlite, Step, backup, restore};

const BYTES: &[u8] = b"%PDF-1.7 marmots";

/// A message with a file that was received, and the file.
fn attached(folder: &Folder, storage: &Sqlite, chat: &mut Chat) -> (Place, Attachment) {
    let (place, file) = described(storage, chat);
    let sealed = chat.random(|dice| attachment::seal(&file, BYTES, dice));
    Attachments::of(folder.path()).keep(place, file.id, &sealed).unwrap();
    (place, file)
}

/// A message with a file that has not come.
fn described(storage: &Sqlite, chat: &mut Chat) -> (Place, Attachment) {
    let file =
        chat.random(|dice| attachment::describe("a.pdf", "application/pdf", BYTES, dice)).unwrap();
    let mut batch = chat.batch();
    let body = Body { text: String::new(), attachments: vec![file.clone()] };
    let message = chat.write_body(&mut batch, Kind::Agent, &body);
    append(storage, batch);
    ((DocumentId::timeline(chat.id()), message), file)
}

fn bytes(attachments: &Attachments, place: Place, of: &Attachment) -> Vec<u8> {
    let mut bytes = Vec::new();
    attachments.find(place, of.id).unwrap().unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn at5_files_whose_words_are_gone_are_removed_as_the_server_starts() {
    for step in [Step::Commit, Step::Shred, Step::Ledger] {
        let folder = Folder::new();
        let storage = Sqlite::open(&folder.options()).unwrap();
        let mut chat = Chat::new(1);
        let (recalled, file) = attached(&folder, &storage, &mut chat);
        let (kept, other) = attached(&folder, &storage, &mut chat);
        drop(storage);
        let storage = Sqlite::open(&folder.options().halting_after(step)).unwrap();
        drop(super::chat::wait(storage.append(chat.recalls(0))));
        drop(storage);

        let storage = folder.open();
        let attachments = Attachments::of(folder.path());
        attachments.sweep(&storage).unwrap();
        assert!(!attachments.has(recalled, file.id), "{step:?}");
        let sealed = bytes(&attachments, kept, &other);
        assert_eq!(attachment::open(&other, &sealed).as_deref(), Ok(BYTES));
        assert!(!sealed.windows(7).any(|it| it == b"marmots"));
    }
}

#[test]
fn at5_an_edit_without_them_removes_files_and_words_tell_which_stay() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    let (place, file) = attached(&folder, &storage, &mut chat);
    let attachments = Attachments::of(folder.path());
    attachments.tidy(&storage, place).unwrap();
    assert!(attachments.has(place, file.id));
    append(&storage, chat.edits(0, "without it"));
    attachments.tidy(&storage, place).unwrap();
    assert!(!attachments.has_any(place));
    assert_eq!(attachments.bytes_of(chat.id()).unwrap(), 0);
}

#[test]
fn at5_re26_files_that_only_former_words_describe_are_gone_though_those_are_kept() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    let (place, _) = attached(&folder, &storage, &mut chat);
    let since = Timestamp::from_millis(5);
    append(&storage, chat.edits_kept(0, "without it", since));
    let former = storage.former_words(place.0, place.1, since).unwrap();
    let names: Vec<_> = attachments(&former).map(|it| it.name).collect();
    assert_eq!(names, ["a.pdf"], "what it was called is kept");
    drop(storage);
    let (storage, attachments) = (folder.open(), Attachments::of(folder.path()));
    attachments.sweep(&storage).unwrap();
    assert!(!attachments.has_any(place));
}

#[test]
fn at9_a_restore_brings_back_the_files_whose_words_come_back() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    let (recalled, file) = attached(&folder, &storage, &mut chat);
    let (kept, other) = attached(&folder, &storage, &mut chat);
    let saved = Folder::new();
    let (db, keys) = (saved.file("db"), saved.file("keys"));
    backup(folder.path(), &db, Some(&keys)).unwrap();
    assert_eq!(Attachments::copy(folder.path(), &db).unwrap(), 2);
    append(&storage, chat.recalls(0));
    erased(&storage);
    let attachments = Attachments::of(folder.path());
    attachments.tidy(&storage, recalled).unwrap();
    drop(storage);

    restore(&db, Some(&keys), folder.path()).unwrap();
    assert_eq!(Attachments::copy(&db, folder.path()).unwrap(), 1);
    let storage = folder.open();
    attachments.sweep(&storage).unwrap();
    assert!(!attachments.has(recalled, file.id), "the ledger erases again");
    let sealed = bytes(&attachments, kept, &other);
    assert_eq!(attachment::open(&other, &sealed).as_deref(), Ok(BYTES));
}

#[test]
fn at9_files_of_a_message_that_is_not_back_yet_wait_for_it() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    append(&storage, chat.says("before the backup"));
    let saved = Folder::new();
    let (db, keys) = (saved.file("db"), saved.file("keys"));
    backup(folder.path(), &db, Some(&keys)).unwrap();
    let (place, file) = attached(&folder, &storage, &mut chat);
    drop(storage);
    restore(&db, Some(&keys), folder.path()).unwrap();
    let storage = folder.open();
    let attachments = Attachments::of(folder.path());
    attachments.sweep(&storage).unwrap();
    assert!(attachments.has(place, file.id), "its author's device brings the message back");
}

#[test]
fn at4_what_was_not_taken_is_remembered_until_it_is_or_its_words_go() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    let (place, file) = attached(&folder, &storage, &mut chat);
    let attachments = Attachments::of(folder.path());
    attachments.refuse(place, file.id).unwrap();
    assert!(!attachments.is_refused(place, file.id), "it is there");
    let (place, file) = described(&storage, &mut chat);
    attachments.refuse(place, file.id).unwrap();
    attachments.tidy(&storage, place).unwrap();
    attachments.sweep(&storage).unwrap();
    assert!(Attachments::of(folder.path()).is_refused(place, file.id));
    assert!(!attachments.has(place, file.id));
    attachments.keep(place, file.id, b"sealed").unwrap();
    assert!(!attachments.is_refused(place, file.id), "it came after all");
    let (place, file) = described(&storage, &mut chat);
    attachments.refuse(place, file.id).unwrap();
    append(&storage, chat.recalls(2));
    attachments.tidy(&storage, place).unwrap();
    assert!(!attachments.has_any(place));
}

#[test]
fn at8_nobody_takes_every_turn() {
    let folder = Folder::new();
    let attachments = Attachments::of(folder.path());
    let mut chat = Chat::new(1);
    let (greedy, other) = (chat.random(ParticipantId::random), chat.random(ParticipantId::random));
    let mut turns: Vec<_> = core::iter::from_fn(|| attachments.receive(greedy)).collect();
    assert_eq!(turns.len(), 4);
    assert!(attachments.send(greedy).is_none());
    assert!(attachments.receive(other).is_some());
    turns.pop();
    assert!(attachments.send(greedy).is_some());
}
