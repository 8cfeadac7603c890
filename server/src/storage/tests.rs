//! Tests of storage: one suite of what every storage promises, and what is SQLite's own.

mod chat;
mod contract;

use contract::Fixture;

use super::Storage;
use super::sqlite::{Options, Sqlite};

/// A data folder that is gone after the test.
pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn options(&self) -> Options {
        Options::new(self.0.path())
    }

    pub(super) fn open(&self) -> Sqlite {
        Sqlite::open(&self.options()).unwrap()
    }
}

/// SQLite, for the contract suite.
struct OnDisk {
    folder: Folder,
    storage: Option<Sqlite>,
}

impl Fixture for OnDisk {
    fn new() -> Self {
        let folder = Folder::new();
        let storage = Some(folder.open());
        Self { folder, storage }
    }

    fn storage(&self) -> &dyn Storage {
        self.storage.as_ref().unwrap()
    }

    fn reopen(&mut self) {
        self.storage = None;
        self.storage = Some(self.folder.open());
    }
}

contract::suite!(sqlite: super::OnDisk);
