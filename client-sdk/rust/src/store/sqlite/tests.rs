//! What only a store on a disk can get wrong: crashes, full disks, damage, and traces.

mod crashes;
mod damage;
mod traces;

use std::fs;
use std::path::Path;

use rejoinder_core::id::{DocumentId, MessageId};
use rejoinder_core::keyring::{Found, Slot};
use rejoinder_core::replica::record::Write;
use tempfile::TempDir;

use super::{SqliteStore, read};
use crate::store::contract::{Cast, draft, entries};
use crate::store::{Store, StoreError};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn open(folder: &TempDir) -> SqliteStore {
    SqliteStore::open(folder.path()).unwrap()
}

fn refused(folder: &TempDir) -> StoreError {
    SqliteStore::open(folder.path()).unwrap_err()
}

/// The files as a process that ends at this moment leaves them.
fn copy(from: &Path) -> TempDir {
    let to = folder();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.path().join(file.file_name())).unwrap();
    }
    to
}

/// Every byte of every file.
fn bytes(folder: &Path) -> Vec<u8> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    names.sort();
    names.iter().flat_map(|path| fs::read(path).unwrap()).collect()
}

/// How often `needle` stands in `haystack`.
fn count(haystack: &[u8], needle: &[u8]) -> usize {
    haystack.windows(needle.len()).filter(|window| *window == needle).count()
}

fn texts(store: &mut SqliteStore, document: DocumentId) -> Vec<String> {
    let mut texts: Vec<String> = store
        .document(document)
        .unwrap()
        .words
        .iter()
        .map(|words| words.read().unwrap().text)
        .collect();
    texts.sort();
    texts
}

/// The keys that rows need, as they stand in the keyring.
fn keys(store: &mut SqliteStore) -> Vec<(Slot, [u8; 32])> {
    let needed = read::needed(&store.db).unwrap();
    needed.into_iter().map(|slot| (slot, key(store, slot))).collect()
}

fn key(store: &mut SqliteStore, slot: Slot) -> [u8; 32] {
    match store.keyring.get(slot).unwrap() {
        Found::Key(key) => *key.as_bytes(),
        found => panic!("{found:?} in {slot:?}"),
    }
}

/// Nothing is pending, and every key has a row.
fn assert_settled(store: &SqliteStore) {
    assert_eq!(read::pending(&store.db).unwrap(), []);
    assert_eq!(
        store.keyring.keys().collect::<std::collections::BTreeSet<_>>(),
        read::needed(&store.db).unwrap()
    );
}

/// A store with words of two messages, and a draft of the first.
struct Scene {
    folder: TempDir,
    cast: Cast,
    document: DocumentId,
    first: MessageId,
}

impl Scene {
    fn new() -> Self {
        let mut cast = Cast::new();
        let (document, first, second) = (cast.timeline(), cast.message(), cast.message());
        let scene = Self { folder: folder(), document, first, cast };
        let mut store = scene.open();
        let mut scene = scene;
        let writes = vec![
            Write::Identity(scene.cast.identity("token")),
            Write::Entries(document, entries(1..=2)),
            Write::Words(document, scene.cast.words(first, "first")),
            Write::Words(document, scene.cast.words(second, "second")),
            draft(document, Some(first), "typed"),
        ];
        store.commit(writes).unwrap();
        scene
    }

    fn open(&self) -> SqliteStore {
        open(&self.folder)
    }

    /// A list that erases, replaces and adds.
    fn recall_and_send(&mut self) -> Vec<Write> {
        let third = self.cast.message();
        let words = self.cast.words(third, "third");
        vec![
            Write::Recalled(self.document, self.first),
            Write::Waiting(self.document, self.cast.sending(self.document, &words)),
            Write::Words(self.document, words),
            draft(self.document, None, "new draft"),
            Write::Entries(self.document, entries(3..=3)),
        ]
    }

    fn assert_before(&self, store: &mut SqliteStore) {
        assert_eq!(texts(store, self.document), ["first", "second"]);
        let document = store.document(self.document).unwrap();
        assert_eq!(document.drafts, [(Some(self.first), "typed".to_owned())]);
        assert_eq!((document.entries.len(), document.waiting.len()), (2, 0));
        assert_eq!(document.recalled, []);
        assert!(store.saved().unwrap().identity.is_some());
        assert_settled(store);
    }

    fn assert_after(&self, store: &mut SqliteStore) {
        assert_eq!(texts(store, self.document), ["second", "third"]);
        let document = store.document(self.document).unwrap();
        assert_eq!(document.drafts, [(None, "new draft".to_owned())]);
        assert_eq!((document.entries.len(), document.waiting.len()), (3, 1));
        assert_eq!(document.recalled, [self.first]);
        assert_settled(store);
    }
}
