//! Tests of storage: one suite of what every storage promises, and what is SQLite's own.

mod attachments;
mod backup;
mod chat;
mod contract;
mod crash;
mod damage;
mod figures;
mod folder;
mod former;
mod limits;
mod traces;

use contract::Fixture;
use folder::Folder;

use super::Storage;
use super::sqlite::Sqlite;

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
