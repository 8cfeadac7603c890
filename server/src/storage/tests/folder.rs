//! Data folders under test, and what their files hold.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rejoinder_core::id::RevisionId;
use rejoinder_core::keyring::SLOT_BYTES;
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use crate::storage::sqlite::{OpenError, Options, Report, Sqlite, verify};

/// A data folder that is gone after the test.
pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(super) fn options(&self) -> Options {
        Options::new(self.path())
    }

    pub(super) fn open(&self) -> Sqlite {
        Sqlite::open(&self.options()).unwrap()
    }

    pub(super) fn refuses(&self) -> OpenError {
        Sqlite::open(&self.options()).map(drop).unwrap_err()
    }

    pub(super) fn verify(&self) -> Report {
        verify(self.path())
    }

    /// Another folder with the files as they are now: what a power cut would leave.
    pub(super) fn copy(&self) -> Self {
        let copy = Self::new();
        for (name, bytes) in self.files() {
            if !name.ends_with("-shm") {
                fs::write(copy.file(&name), bytes).unwrap();
            }
        }
        copy
    }

    /// What every file holds, by name.
    pub(super) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap());
        entries
            .map(|entry| {
                let name = entry.file_name().into_string().unwrap();
                (name, fs::read(entry.path()).unwrap())
            })
            .collect()
    }

    /// The names of its files, and the hash of each. Of a write-ahead log that is empty, and of its
    /// index, a reader that comes last leaves the names.
    pub(super) fn hashes(&self) -> BTreeMap<String, String> {
        let mut files = self.files();
        files.retain(|name, bytes| {
            !name.ends_with("-shm") && (!name.ends_with("-wal") || !bytes.is_empty())
        });
        let hash = |bytes: Vec<u8>| format!("{:x?}", &Sha256::digest(bytes)[..]);
        files.into_iter().map(|(name, bytes)| (name, hash(bytes))).collect()
    }

    /// The files in which these bytes stand.
    pub(super) fn files_with(&self, bytes: &[u8]) -> Vec<String> {
        let holds = |file: &[u8]| {
            // A first byte at a time: most positions end there.
            file.iter()
                .enumerate()
                .any(|(at, &first)| first == bytes[0] && file[at..].starts_with(bytes))
        };
        self.files().into_iter().filter(|(_, file)| holds(file)).map(|(name, _)| name).collect()
    }

    /// A connection beside the server's.
    pub(super) fn connection(&self) -> Connection {
        Connection::open(self.file("rejoinder.db")).unwrap()
    }

    pub(super) fn execute(&self, sql: &str) {
        self.connection().execute_batch(sql).unwrap();
    }

    pub(super) fn count(&self, table: &str) -> u64 {
        let sql = format!("SELECT count(*) FROM {table}");
        self.connection().query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap() as u64
    }

    /// The bytes of the key of a revision's words.
    pub(super) fn key(&self, revision: RevisionId) -> Vec<u8> {
        let sql = "SELECT slot FROM words WHERE revision = ?1";
        let slot: usize = self
            .connection()
            .query_row(sql, [revision.as_bytes()], |row| row.get::<_, i64>(0))
            .unwrap() as usize;
        let ring = fs::read(self.file("rejoinder.keyring")).unwrap();
        let at = (slot + 1) * SLOT_BYTES;
        ring[at + 16..at + 48].to_vec()
    }

    /// How many keys the keyring holds.
    pub(super) fn keys(&self) -> usize {
        let ring = fs::read(self.file("rejoinder.keyring")).unwrap();
        let slots = ring[SLOT_BYTES..].chunks(SLOT_BYTES);
        slots.filter(|slot| slot.iter().any(|&byte| byte != 0)).count()
    }

    /// How many recalls the ledger holds.
    pub(super) fn ledger(&self) -> usize {
        fs::metadata(self.file("rejoinder.ledger")).unwrap().len() as usize / 96 - 1
    }
}

/// Nothing is wrong.
#[track_caller]
pub(super) fn sound(report: &Report) {
    assert!(report.is_sound(), "{:#?}", report.problems);
}
