//! Putting a backup in the place of a folder's data.
//!
//! Everything is prepared beside what is there; the renaming of the database decides. What comes
//! after that, a start does as well: the database says that its restore is not finished.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rejoinder_core::id::{DatabaseId, Epoch};
use rejoinder_core::keyring::{Keyring, KeyringError, Owner};
use rusqlite::{Connection, params};

use super::backup::{BackupError, copy_keyring};
use super::folder::{self, Files};
use super::open::{self, OpenError, State, meta};
use super::rows::storage_error;
use super::{Options, erase, schema};
use crate::machine::Machine;
use crate::storage::StorageError;
use crate::storage::keyring_file::KeyringFile;
use crate::storage::ledger::{self, LedgerError};

/// Ends a file that waits for a restore's decision.
const WAITING: &str = ".restoring";
/// Ends the keyring from before a restore, until it is overwritten.
const REPLACED: &str = ".replaced";
/// Ends a keyring that is being copied to wait.
const PARTIAL: &str = ".restoring.partial";

/// Why a backup is not restored. The folder is as it was, unless its opening failed.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is no backup.
    #[error("{} holds no rejoinder.db", .0.display())]
    NoBackup(PathBuf),
    /// Another process serves the folder.
    #[error("the data folder {} is in use by another process: stop that one first", .0.display())]
    InUse(PathBuf),
    /// A file cannot be read or written.
    #[error("{} cannot be read or written: {source}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The backup cannot be read.
    #[error("the backup cannot be used: {0}")]
    Backup(StorageError),
    /// A newer program made it.
    #[error("the backup has format {found}, this program knows {known}: use a newer program")]
    Newer {
        /// The version it says.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
    /// The folder holds something else.
    #[error(
        "the backup is of database {backup}, but {} is of database {found}: restore into an empty \
         folder, or choose the right backup; nothing was changed",
        .file.display()
    )]
    OtherDatabase {
        /// The file that differs.
        file: PathBuf,
        /// The database it names.
        found: DatabaseId,
        /// The database of the backup.
        backup: DatabaseId,
    },
    /// The keyring that was named, or the one that is there, cannot be used.
    #[error("the keyring {} cannot be used: {source}", .path.display())]
    Keyring {
        /// Which.
        path: PathBuf,
        /// Why.
        source: KeyringError<io::Error>,
    },
    /// The ledger that is there cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The backup is in place, and the folder does not open. The next start tries again.
    #[error("the backup is in place, but its folder does not open: {0}")]
    Open(#[from] OpenError),
}

/// A restore that was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The new life of the data.
    pub epoch: Epoch,
    /// Where its words' keys come from.
    pub keys: RestoredKeys,
}

/// Where the keys of restored words come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoredKeys {
    /// From the keyring that was named.
    Given,
    /// From the keyring that the folder had: words that were erased since the backup stay gone.
    Kept,
    /// From nowhere: there is no keyring, and all words of the backup are gone.
    None,
}

/// Puts the backup in the folder `from` (or the database file `from`) in place of what `folder`
/// holds, with the keys of `keyring` or, if none is named, those that the folder has. The folder's
/// ledger stays, and what it names is erased again. A new epoch begins.
///
/// # Errors
/// [`RestoreError`].
pub fn restore(
    from: &Path,
    keyring: Option<&Path>,
    folder: &Path,
) -> Result<Restored, RestoreError> {
    let source = if from.is_dir() { Files::of(from).database } else { from.to_owned() };
    if !source.is_file() {
        return Err(RestoreError::NoBackup(from.to_owned()));
    }
    let files = Files::of(folder);
    folder::make(folder).map_err(broken(folder))?;
    let lock = folder::lock(&files).map_err(broken(&files.lock))?;
    let lock = lock.ok_or_else(|| RestoreError::InUse(folder.to_owned()))?;

    let waiting = folder::beside(&files.database, WAITING);
    // One that was cut off after it had decided left its keyring waiting: should this one be
    // refused, that is still the one that belongs here.
    let state = state(&files.database);
    put_keyring(&files, state).map_err(broken(&waiting))?;
    let prepared = prepare(&source, &waiting, &files).and_then(|owner| {
        let keys = prepare_keys(keyring, &files, owner)?;
        put_database(&files, &waiting)?;
        Ok(Restored { epoch: owner.epoch, keys })
    });
    if prepared.is_err() && waiting.exists() {
        // Not decided yet: the folder stays as it was.
        drop(clear(&files));
    }
    let restored = prepared?;
    // Opening finishes it; closing leaves the files at rest.
    let opened = open::open_locked(&Options::new(folder), files, lock)?;
    opened.writer.rests();
    Ok(restored)
}

/// Where the database that is there stands.
fn state(database: &Path) -> State {
    let meta = schema::open_reader(database).and_then(|connection| meta(&connection));
    meta.map_or(State::Live, |meta| meta.state)
}

fn broken(path: &Path) -> impl FnOnce(io::Error) -> RestoreError {
    let path = path.to_owned();
    move |source| RestoreError::File { path, source }
}

/// Copies the backup beside the database and begins its new life there. Whose it is comes back.
fn prepare(source: &Path, waiting: &Path, files: &Files) -> Result<Owner, RestoreError> {
    for ending in ["", "-wal"] {
        // A copy of a folder that was not closed has its newest commits in the log.
        let (from, to) = (folder::beside(source, ending), folder::beside(waiting, ending));
        if from.exists() {
            let mut input = File::open(&from).map_err(broken(&from))?;
            let mut output = folder::new_file(&to).map_err(broken(&to))?;
            io::copy(&mut input, &mut output).map_err(broken(&to))?;
        }
    }
    let unusable = |error: rusqlite::Error| RestoreError::Backup(storage_error("it", &error));
    let connection = schema::open_writer(waiting, None).map_err(unusable)?;
    let found = schema::version(&connection).map_err(unusable)?;
    if found > schema::VERSION {
        return Err(RestoreError::Newer { found, known: schema::VERSION });
    }
    check(&connection).map_err(RestoreError::Backup)?;
    let Owner { database, .. } = meta(&connection).map_err(unusable)?.owner;
    check_owner(files, database)?;
    let epoch = Epoch::random(&mut open::dice(&Machine::default())?);
    connection
        .execute(
            "UPDATE meta SET epoch = ?1, state = ?2, restored_at = ?3",
            params![epoch.as_bytes(), State::Restoring as u8, now()],
        )
        .map_err(unusable)?;
    erase::truncate_log(&connection, &[0]).map_err(unusable)?;
    connection.close().map_err(|(_, error)| unusable(error))?;
    File::open(waiting).and_then(|file| file.sync_all()).map_err(broken(waiting))?;
    Ok(Owner { database, epoch })
}

/// Milliseconds since 1970. It only says which words may have lost their keys by a restore.
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn check(connection: &Connection) -> Result<(), StorageError> {
    let failed = |error: rusqlite::Error| storage_error("it", &error);
    let first: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(failed)?;
    if first == "ok" { Ok(()) } else { Err(StorageError::Damaged(first)) }
}

/// The folder must be empty, or of the same database.
fn check_owner(files: &Files, backup: DatabaseId) -> Result<(), RestoreError> {
    let same = |file: &Path, found: DatabaseId| {
        if found == backup {
            return Ok(());
        }
        Err(RestoreError::OtherDatabase { file: file.to_owned(), found, backup })
    };
    if files.database.exists()
        // One that cannot be read is perhaps why there is a restore.
        && let Ok(meta) = schema::open_reader(&files.database).and_then(|it| meta(&it))
    {
        same(&files.database, meta.owner.database)?;
    }
    if files.ledger.exists() {
        same(&files.ledger, ledger::read(&files.ledger)?.database)?;
    }
    Ok(())
}

/// Copies the keyring that was named beside the one that is there, or checks that one.
fn prepare_keys(
    given: Option<&Path>,
    files: &Files,
    owner: Owner,
) -> Result<RestoredKeys, RestoreError> {
    let is_there = files.keyring.exists();
    let Some(path) = given.or(is_there.then_some(files.keyring.as_path())) else {
        return Ok(RestoredKeys::None);
    };
    let unusable = |source| RestoreError::Keyring { path: path.to_owned(), source };
    let file = File::open(path).map_err(broken(path))?;
    if file.metadata().map_err(broken(path))?.len() == 0 {
        return Err(unusable(KeyringError::NotAKeyring));
    }
    Keyring::open(KeyringFile::new(file), owner).map_err(unusable)?;
    if given.is_none() {
        return Ok(RestoredKeys::Kept);
    }
    let waiting = folder::beside(&files.keyring, WAITING);
    copy_keyring(path, &waiting, owner).map_err(|error| match error {
        BackupError::File { path, source } => RestoreError::File { path, source },
        BackupError::Keyring(source) => unusable(source),
        other => RestoreError::Backup(StorageError::Failed(other.to_string())),
    })?;
    Ok(RestoredKeys::Given)
}

/// Puts the prepared database in place. This decides.
fn put_database(files: &Files, waiting: &Path) -> Result<(), RestoreError> {
    // A write-ahead log that stayed would be taken for the new database's.
    if files.database.exists()
        && let Ok(former) = schema::open_writer(&files.database, None)
    {
        drop(erase::truncate_log(&former, &[0]));
    }
    for ending in ["-wal", "-shm"] {
        let log = folder::beside(&files.database, ending);
        folder::remove(&log).map_err(broken(&log))?;
    }
    folder::sync(&files.folder).map_err(broken(&files.folder))?;
    folder::rename(waiting, &files.database).map_err(broken(&files.database))
}

/// Puts the keyring of a restore in place, once its database is; or clears away what a restore
/// left that never got as far.
pub(super) fn put_keyring(files: &Files, state: State) -> io::Result<()> {
    let waiting = folder::beside(&files.keyring, WAITING);
    if state == State::Restoring && waiting.exists() {
        if files.keyring.exists() {
            folder::rename(&files.keyring, &folder::beside(&files.keyring, REPLACED))?;
        }
        folder::rename(&waiting, &files.keyring)?;
    }
    clear(files)
}

/// Removes what a restore left; keys are overwritten, also those of a keyring that was still being
/// copied when it was cut off.
fn clear(files: &Files) -> io::Result<()> {
    for ending in [WAITING, REPLACED, PARTIAL] {
        folder::shred(&folder::beside(&files.keyring, ending))?;
    }
    let waiting = folder::beside(&files.database, WAITING);
    for ending in ["", "-journal", "-wal", "-shm"] {
        folder::remove(&folder::beside(&waiting, ending))?;
    }
    Ok(())
}
