//! A store on a disk: an SQLite database whose words are sealed, and a keyring beside it.
//!
//! # Files
//! | `client.db` (with `-wal` while it is open) | everything, words and drafts sealed |
//! |---|---|
//! | `client.keyring` | the keys to what is sealed; see [`rejoinder_core::keyring`] |
//! | `client.lock` | empty; locked by the process that has the store open |
//!
//! # A commit, step by step
//! 1. One transaction carries all writes out. A key that something is sealed under is put into the
//!    keyring, and a sealed row that goes leaves its key in the list of pending erasures.
//! 2. The keyring is flushed, then the transaction committed. If anything fails up to here, it is
//!    rolled back and the new keys are overwritten: nothing has changed.
//! 3. Pending keys are overwritten and flushed. From here on the words are nowhere.
//! 4. The list is cleared, and the write-ahead log truncated, so that not even ciphertext lingers.
//!
//! A process that ends between two of these leaves something for the next [`SqliteStore::open`]:
//! keys without rows after the first, pending keys after the second, ciphertext after the third.

mod error;
mod read;
mod schema;
mod step;
#[cfg(test)]
mod tests;
mod write;

use std::fs::{self, File, TryLockError};
use std::path::Path;

use rejoinder_core::dice::Dice;
use rejoinder_core::id::{ConversationId, DocumentId, MessageId};
use rejoinder_core::keyring::{Keyring, Slot};
use rejoinder_core::replica::plan::plan;
use rejoinder_core::replica::record::{Saved, SavedDocument, Write};
use rejoinder_core::sealing::Sealed;
use rusqlite::{Connection, TransactionBehavior};

use self::error::of_file;
use self::read::Reader;
use self::step::{Step, Watch};
use self::write::Writer;
use super::keyring_file::{KeyringFile, private};
use super::{Store, StoreError};

const DATABASE: &str = "client.db";
const KEYRING: &str = "client.keyring";
const LOCK: &str = "client.lock";

/// What to do when a store is damaged: what the server has comes back by itself.
const START_ANEW: &str = "put back an undamaged copy of the whole folder, or remove the folder \
                          and log in again; what was not sent yet is lost then";

/// A store on a disk.
///
/// One process has it open at a time. Everything that [`Store::commit`] was given is on the disk
/// when it returns, and what it erased is not.
///
/// One failure comes after the point of no return: when a commit is durable, but the keyring does
/// not let itself be overwritten. It is a [`StoreError::Failed`] that says so; every later call
/// begins with trying again, and answers nothing else until that has succeeded.
pub struct SqliteStore {
    db: Connection,
    keyring: Keyring<KeyringFile>,
    dice: Dice,
    /// Whether keys may be pending, or ciphertext in the write-ahead log, from an erasure that
    /// failed halfway. Every call begins with finishing it.
    unfinished: bool,
    watch: Watch,
    /// Released after the database is closed: fields go in their order.
    _lock: File,
}

impl SqliteStore {
    /// Opens the store in `folder`, or makes one there, and finishes what a crash interrupted.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process has it open; [`StoreError::Damaged`] when the
    /// database or the keyring is damaged, missing, or belongs to another, and then neither is
    /// changed; [`StoreError::Full`] and [`StoreError::Failed`] as the file system says.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::open_watched(folder, Watch::default())
    }

    fn open_watched(folder: &Path, watch: Watch) -> Result<Self, StoreError> {
        let shown = folder.display().to_string();
        make_folder(folder).map_err(|error| of_file(&shown, &error))?;
        let lock = lock(folder)?;
        let mut dice = Dice::from_seed(super::seed()?);

        let in_folder = |name| folder.join(name);
        let ring = KeyringFile::open(&in_folder(KEYRING)).map_err(|e| of_file(KEYRING, &e))?;
        #[cfg(test)]
        let ring = ring.breaking_with(&watch.keyring_fails);
        let file = private(&in_folder(DATABASE)).map_err(|e| of_file(DATABASE, &e))?;
        let no_database = file.metadata().map_err(|e| of_file(DATABASE, &e))?.len() == 0;
        drop(file);
        if no_database && !ring.is_blank() {
            let problem = "client.keyring is there, but the database that belongs to it is not";
            return Err(StoreError::Damaged(format!("{problem}: {START_ANEW}")));
        }
        let db = schema::open(&in_folder(DATABASE), &mut dice).map_err(|error| match error {
            StoreError::InUse(_) => StoreError::InUse(shown.clone()),
            error => error,
        })?;
        if ring.is_blank() && !read::needed(&db)?.is_empty() {
            let problem = "client.keyring is missing, and with it the keys to all words";
            return Err(StoreError::Damaged(format!("{problem}: {START_ANEW}")));
        }
        let keyring = Keyring::open(ring, schema::owner(&db)?)?;
        sync_folder(folder).map_err(|error| of_file(&shown, &error))?;

        let mut store = Self { db, keyring, dice, unfinished: true, watch, _lock: lock };
        store.erase()?;
        store.sweep()?;
        Ok(store)
    }

    /// Steps 1 and 2.
    fn write(&mut self, writes: Vec<Write>, put: &mut Vec<Slot>) -> Result<(), StoreError> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (keyring, dice) = (&mut self.keyring, &mut self.dice);
        let writes = plan(writes, |document, message| read::was_recalled(&tx, document, message))?;
        let mut writer = Writer { tx: &tx, keyring, dice, put };
        for write in writes {
            writer.carry_out(write)?;
        }
        self.watch.reached(Step::Written);
        if !put.is_empty() {
            self.keyring.flush()?;
        }
        self.watch.reached(Step::Flushed);
        tx.commit()?;
        self.watch.reached(Step::Committed);
        Ok(())
    }

    /// Steps 3 and 4, for whatever is pending.
    ///
    /// # Errors
    /// When keys could not be overwritten. They stay pending.
    fn erase(&mut self) -> Result<(), StoreError> {
        let was_unfinished = core::mem::replace(&mut self.unfinished, true);
        let pending = read::pending(&self.db)?;
        if was_unfinished || !pending.is_empty() {
            self.shred(&pending).map_err(|error| {
                let problem = "keys of erased words could not be overwritten yet; everything was \
                               written, and the next call tries again";
                StoreError::Failed(format!("{problem}: {error}"))
            })?;
            self.watch.reached(Step::Shredded);
            if let Err(error) = self.tidy() {
                // The words are gone. What is left is ciphertext that no key opens, and a list
                // that the next call goes through again.
                tracing::warn!(%error, "erased rows are still in the write-ahead log");
                return Ok(());
            }
        }
        self.unfinished = false;
        Ok(())
    }

    /// Overwrites keys, durably.
    fn shred(&mut self, keys: &[Slot]) -> Result<(), StoreError> {
        for &slot in keys {
            self.keyring.shred(slot)?;
        }
        Ok(self.keyring.flush()?)
    }

    fn tidy(&mut self) -> Result<(), StoreError> {
        self.db.execute("DELETE FROM erasure_pending", [])?;
        self.watch.reached(Step::Forgotten);
        self.truncate()?;
        self.watch.reached(Step::Truncated);
        Ok(())
    }

    fn truncate(&self) -> Result<(), StoreError> {
        let busy: bool =
            self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy {
            return Err(StoreError::InUse(DATABASE.to_owned()));
        }
        Ok(())
    }

    /// Overwrites keys whose rows never came, if there are any: only when the database is sound,
    /// and no row's key is damaged, can it be told which these are.
    fn sweep(&mut self) -> Result<(), StoreError> {
        let needed = read::needed(&self.db)?;
        let is_needed = |index| needed.iter().any(|slot| slot.index == index);
        let damaged: Vec<u32> = self.keyring.damaged().collect();
        let orphaned = self.keyring.keys().any(|slot| !needed.contains(&slot));
        if !orphaned && damaged.is_empty() {
            return Ok(());
        }
        let of_this_life = self.keyring.owner() == schema::owner(&self.db)?;
        if !of_this_life || damaged.into_iter().any(is_needed) {
            tracing::warn!("keys without rows are left in the keyring: it is damaged or older");
            return Ok(());
        }
        let verdict: String =
            self.db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if verdict != "ok" {
            return Err(StoreError::Damaged(format!("client.db: {verdict}: {START_ANEW}")));
        }
        let swept = self.keyring.sweep(&needed)?;
        tracing::info!(swept, "overwrote keys whose rows never came");
        Ok(())
    }

    /// After a wipe: damaged slots, which may still hold most of a key, and what is left between
    /// the rows of the database's pages.
    fn scour(&mut self) -> Result<(), StoreError> {
        self.keyring.sweep(&read::needed(&self.db)?)?;
        let rewritten = self.db.execute_batch("VACUUM").map_err(StoreError::from);
        if let Err(error) = rewritten.and_then(|()| self.truncate()) {
            tracing::warn!(%error, "the wiped database was not rewritten");
        }
        Ok(())
    }

    /// Finishes an erasure that failed halfway.
    fn finish(&mut self) -> Result<(), StoreError> {
        if self.unfinished { self.erase() } else { Ok(()) }
    }

    /// Overwrites keys that nothing came of. Should that fail too, the next
    /// [`open`](Self::open) finds them without rows.
    fn take_back(&mut self, put: &[Slot]) {
        if let Err(error) = self.shred(put) {
            tracing::warn!(%error, "keys without rows are left in the keyring");
        }
    }
}

impl Store for SqliteStore {
    fn saved(&mut self) -> Result<Saved, StoreError> {
        self.finish()?;
        Reader { db: &self.db, keyring: &mut self.keyring }.saved()
    }

    fn document(&mut self, document: DocumentId) -> Result<SavedDocument, StoreError> {
        self.finish()?;
        Reader { db: &self.db, keyring: &mut self.keyring }.document(document)
    }

    fn commit(&mut self, writes: Vec<Write>) -> Result<(), StoreError> {
        self.finish()?;
        let wipes = writes.contains(&Write::Wipe);
        let mut put = Vec::new();
        if let Err(error) = self.write(writes, &mut put) {
            self.take_back(&put);
            return Err(error);
        }
        self.erase()?;
        if wipes { self.scour() } else { Ok(()) }
    }
}

impl core::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SqliteStore")
    }
}

/// Where the identity is sealed: as a draft of a conversation that there never is, since its id is
/// no UUID that anybody makes.
const fn identity_place() -> Sealed {
    Sealed::Draft { document: DocumentId::timeline(ConversationId::from_bytes([0; 16])) }
}

/// How a draft's message stands in its column: not as NULL, which is equal to nothing.
fn message_column(message: Option<&MessageId>) -> &[u8] {
    message.map_or(&[], |message| message.as_bytes())
}

/// Makes a folder unless it is there, and makes its name durable: whatever is flushed in it would
/// be gone with it when the power fails.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let is_new = |it: &&Path| !it.as_os_str().is_empty() && !it.exists();
    let new: Vec<&Path> = folder.ancestors().take_while(is_new).collect();
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    new.into_iter().rev().filter_map(Path::parent).try_for_each(sync_folder)
}

fn lock(folder: &Path) -> Result<File, StoreError> {
    let file = private(&folder.join(LOCK)).map_err(|error| of_file(LOCK, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(folder.display().to_string())),
        Err(TryLockError::Error(error)) => Err(of_file(LOCK, &error)),
    }
}

/// Makes the files' names as durable as their bytes, where a folder can be flushed.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    // A relative path without a folder stands in the current one.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
