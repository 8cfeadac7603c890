//! Copies of a data folder, taken while it is served or not.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rejoinder_core::keyring::{Keyring, KeyringError, Owner, SLOT_BYTES};
use rusqlite::{Connection, OpenFlags};

use super::folder::{self, Files};
use super::open::{Meta, State, meta};
use super::rows::storage_error;
use super::schema;
use crate::storage::StorageError;
use crate::storage::keyring_file::KeyringFile;

/// Bytes of a keyring read at once.
const CHUNK: usize = 64 * 1024;
/// Times that slots are read again which were being written while they were read.
const AGAIN: usize = 8;

/// Why no backup was made. What was begun of it is removed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is no data in the folder.
    #[error("{} holds no rejoinder.db", .0.display())]
    NoData(PathBuf),
    /// A backup never takes the place of another file.
    #[error("{} is there already: choose another place", .0.display())]
    Exists(PathBuf),
    /// Another is being made in the same folder.
    #[error("a backup is being made in {}: wait for it, or choose another place", .0.display())]
    UnderWay(PathBuf),
    /// A file cannot be read or written.
    #[error("{} cannot be read or written: {source}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The database cannot be read, or its copy not written.
    #[error("the database cannot be copied: {0}")]
    Database(StorageError),
    /// The keyring cannot be read, or is not the database's.
    #[error(transparent)]
    Keyring(#[from] KeyringError<io::Error>),
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(storage_error("rejoinder.db", &error))
    }
}

/// What was copied, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The database: a file that only [`restore`](super::restore()) takes.
    pub database: PathBuf,
    /// The keyring, if it was asked for. Whoever has both can read what was recalled since.
    pub keyring: Option<PathBuf>,
}

/// A backup that is none yet: dropped before it is [finished](Self::finish), it is removed.
///
/// When it is cut off, by a power cut say, what it leaves is no backup either: no restore takes it,
/// and the next one in the same place begins anew.
#[derive(Debug)]
pub struct Unfinished {
    copy: PathBuf,
    keyring: Option<PathBuf>,
    goes_on: bool,
    finished: bool,
    /// The folder, which nobody else makes a backup in meanwhile.
    _alone: File,
}

impl Unfinished {
    /// Whether one that was cut off is in its place: what else stands there may be replaced.
    #[must_use]
    pub const fn takes_over(&self) -> bool {
        self.goes_on
    }

    /// Makes it a backup. The last step decides; until then it is known that all of it is whole, so
    /// that the keyring, which may be elsewhere, is known for its.
    ///
    /// # Errors
    /// [`BackupError::File`]; then there is no backup.
    pub fn finish(mut self) -> Result<Backup, BackupError> {
        let finishing = finishing(&self.copy);
        folder::rename(&partial(&self.copy), &finishing).map_err(broken(&finishing))?;
        if let Some(keyring) = &self.keyring {
            folder::rename(&partial(keyring), keyring).map_err(broken(keyring))?;
        }
        folder::rename(&finishing, &self.copy).map_err(broken(&self.copy))?;
        self.finished = true;
        Ok(Backup { database: self.copy.clone(), keyring: self.keyring.clone() })
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        drop(self.keyring.as_deref().map(|path| folder::shred(&partial(path))));
        drop(remove_partial(&partial(&self.copy)));
        // A keyring that has its name already needs it, for the next one to know.
        if !self.keyring.as_deref().is_some_and(Path::exists) {
            drop(folder::remove(&finishing(&self.copy)));
        }
    }
}

/// Copies the database of `folder` into the folder `to`, and then its keyring to the file
/// `keyring`, if one is named. The folder may be served meanwhile, by this process or another.
///
/// The copy is what one moment's readers saw. The ledger is in no backup: a restore uses the one
/// that the folder has by then.
///
/// # Errors
/// [`BackupError`]; then there is no backup.
pub fn backup(folder: &Path, to: &Path, keyring: Option<&Path>) -> Result<Backup, BackupError> {
    begin_backup(folder, to, keyring)?.finish()
}

/// The same, which is no backup before it is finished: what else belongs to it is copied before.
///
/// # Errors
/// [`BackupError`]; then there is no backup.
pub fn begin_backup(
    folder: &Path,
    to: &Path,
    keyring: Option<&Path>,
) -> Result<Unfinished, BackupError> {
    let files = Files::of(folder);
    if !files.database.exists() {
        return Err(BackupError::NoData(folder.to_owned()));
    }
    folder::make(to).map_err(broken(to))?;
    let alone = alone_in(to)?;
    let copy = Files::of(to).database;
    let was_whole = finishing(&copy).exists();
    let taken = |path: &&Path| path.exists();
    if let Some(taken) =
        [Some(copy.as_path()), keyring.filter(|_| !was_whole)].into_iter().flatten().find(taken)
    {
        return Err(BackupError::Exists(taken.to_owned()));
    }
    let goes_on = was_whole || partial(&copy).exists();
    let unfinished = Unfinished {
        keyring: keyring.map(Path::to_owned),
        goes_on,
        copy,
        finished: false,
        _alone: alone,
    };
    let owner = copy_database(&files.database, &partial(&unfinished.copy))?;
    // After the database: every key that its rows need is there by now, or was erased since.
    if let Some(path) = keyring {
        // One that is there is replaced by a newer one of the same life, or not at all.
        if path.exists() {
            let there = File::open(path).map_err(broken(path))?;
            let there = Keyring::open(KeyringFile::new(there), owner).map(|ring| ring.owner());
            if there.ok() != Some(owner) {
                return Err(BackupError::Exists(path.to_owned()));
            }
        }
        prepare_keyring(&files.keyring, &partial(path), owner)?;
    }
    Ok(unfinished)
}

/// Holds a folder as long as what is returned is there: two that make a backup in it at a time
/// would take each other's half files for their own.
fn alone_in(folder: &Path) -> Result<File, BackupError> {
    let opened = File::open(folder).map_err(broken(folder))?;
    match opened.try_lock() {
        Ok(()) => Ok(opened),
        Err(TryLockError::WouldBlock) => Err(BackupError::UnderWay(folder.to_owned())),
        Err(TryLockError::Error(source)) => Err(broken(folder)(source)),
    }
}

/// Where something is until it is whole.
fn partial(of: &Path) -> PathBuf {
    folder::beside(of, ".partial")
}

/// Where a database is while all that belongs to it is whole, and gets its name.
fn finishing(database: &Path) -> PathBuf {
    folder::beside(database, ".finishing")
}

fn broken(path: &Path) -> impl Fn(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::File { path: path.clone(), source }
}

/// Removes a copy of a database, and what SQLite may have left beside it.
fn remove_partial(partial: &Path) -> io::Result<()> {
    let endings = ["", "-journal", "-wal", "-shm"];
    endings.into_iter().try_for_each(|ending| folder::remove(&folder::beside(partial, ending)))
}

fn copy_database(from: &Path, partial: &Path) -> Result<Owner, BackupError> {
    remove_partial(partial).map_err(broken(partial))?;
    // Made here, so that nobody but this account ever may read it. SQLite fills an empty file.
    drop(folder::new_file(partial).map_err(broken(partial))?);
    let owner = fill(from, partial)?;
    let synced = File::open(partial).and_then(|file| file.sync_all());
    let named = synced.and_then(|()| partial.parent().map_or(Ok(()), folder::sync));
    named.map_err(broken(partial))?;
    Ok(owner)
}

fn fill(from: &Path, partial: &Path) -> Result<Owner, BackupError> {
    let name = partial.to_str().ok_or_else(|| BackupError::File {
        path: partial.to_owned(),
        source: io::Error::new(io::ErrorKind::InvalidFilename, "its name is not UTF-8"),
    })?;
    // Pages that are free, and what freed pages might hold, are not copied. The source stays
    // read-only; a connection that only queries would not write the copy either.
    let source = schema::open_reader(from)?;
    source.pragma_update(None, "query_only", false)?;
    source.execute("VACUUM INTO ?1", [name])?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let copy = Connection::open_with_flags(partial, flags)?;
    copy.pragma_update(None, "secure_delete", true)?;
    copy.execute("UPDATE meta SET state = ?1", [State::Backup as u8])?;
    let Meta { owner, .. } = meta(&copy)?;
    copy.close().map_err(|(_, error)| error)?;
    Ok(owner)
}

/// Copies a keyring, there whole or not at all.
pub(super) fn copy_keyring(from: &Path, to: &Path, owner: Owner) -> Result<(), BackupError> {
    prepare_keyring(from, &partial(to), owner)?;
    folder::rename(&partial(to), to).map_err(broken(to))
}

/// Copies a keyring, durably. It may be written meanwhile: a slot is written at once, but not read
/// at once, so those that do not hold are read again.
fn prepare_keyring(from: &Path, partial: &Path, owner: Owner) -> Result<(), BackupError> {
    let source = File::open(from).map_err(broken(from))?;
    folder::shred(partial).map_err(broken(partial))?;
    let copy = folder::new_file(partial).map_err(broken(partial))?;
    let copied = copy_bytes(&source, &copy).map_err(broken(partial)).and_then(|()| {
        for _ in 0..AGAIN {
            let handle = copy.try_clone().map_err(broken(partial))?;
            let ring = Keyring::open(KeyringFile::new(handle), owner)?;
            if ring.damaged().next().is_none() {
                break;
            }
            for slot in ring.damaged() {
                let mut bytes = [0; SLOT_BYTES];
                let offset = (u64::from(slot) + 1) * SLOT_BYTES as u64;
                source.read_exact_at(&mut bytes, offset).map_err(broken(from))?;
                copy.write_all_at(&bytes, offset).map_err(broken(partial))?;
            }
        }
        copy.sync_all().map_err(broken(partial))
    });
    if copied.is_err() {
        drop(folder::shred(partial));
    }
    copied
}

fn copy_bytes(from: &File, to: &File) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    let mut offset = 0;
    loop {
        let bytes = from.read_at(&mut chunk, offset)?;
        if bytes == 0 {
            break;
        }
        to.write_all_at(&chunk[..bytes], offset)?;
        offset += bytes as u64;
    }
    chunk.fill(0);
    Ok(())
}
