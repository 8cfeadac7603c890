//! Copies of a data folder, taken while it is served or not.

use std::fs::File;
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

/// Copies the database of `folder` into the folder `to`, and then its keyring to the file
/// `keyring`, if one is named. The folder may be served meanwhile, by this process or another.
///
/// The copy is what one moment's readers saw. The ledger is in no backup: a restore uses the one
/// that the folder has by then.
///
/// # Errors
/// [`BackupError`]; then there is no backup.
pub fn backup(folder: &Path, to: &Path, keyring: Option<&Path>) -> Result<Backup, BackupError> {
    let files = Files::of(folder);
    if !files.database.exists() {
        return Err(BackupError::NoData(folder.to_owned()));
    }
    let copy = Files::of(to).database;
    if let Some(taken) =
        [Some(copy.as_path()), keyring].into_iter().flatten().find(|it| it.exists())
    {
        return Err(BackupError::Exists(taken.to_owned()));
    }
    folder::make(to).map_err(|source| BackupError::File { path: to.to_owned(), source })?;
    let owner = copy_database(&files.database, &copy)?;
    // After the database: every key that its rows need is there by now, or was erased since.
    if let Some(path) = keyring
        && let Err(error) = copy_keyring(&files.keyring, path, owner)
    {
        drop(folder::remove(&copy));
        return Err(error);
    }
    Ok(Backup { database: copy, keyring: keyring.map(Path::to_owned) })
}

fn copy_database(from: &Path, to: &Path) -> Result<Owner, BackupError> {
    let partial = folder::beside(to, ".partial");
    let broken = |source| BackupError::File { path: partial.clone(), source };
    folder::remove(&partial).map_err(broken)?;
    // Made here, so that nobody but this account ever may read it. SQLite fills an empty file.
    drop(folder::new_file(&partial).map_err(broken)?);
    let copied = fill(from, &partial);
    let finished = copied.and_then(|owner| {
        File::open(&partial).and_then(|file| file.sync_all()).map_err(broken)?;
        folder::rename(&partial, to).map_err(broken)?;
        Ok(owner)
    });
    if finished.is_err() {
        drop(folder::remove(&partial));
    }
    finished
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

/// Copies a keyring, there whole or not at all. It may be written meanwhile: a slot is written at
/// once, but not read at once, so those that do not hold are read again.
pub(super) fn copy_keyring(from: &Path, to: &Path, owner: Owner) -> Result<(), BackupError> {
    let broken = |path: &Path| {
        let path = path.to_owned();
        move |source| BackupError::File { path, source }
    };
    let source = File::open(from).map_err(broken(from))?;
    let partial = folder::beside(to, ".partial");
    folder::shred(&partial).map_err(broken(&partial))?;
    let copy = folder::new_file(&partial).map_err(broken(&partial))?;
    let copied = copy_bytes(&source, &copy).map_err(broken(&partial)).and_then(|()| {
        for _ in 0..AGAIN {
            let handle = copy.try_clone().map_err(broken(&partial))?;
            let ring = Keyring::open(KeyringFile::new(handle), owner)?;
            if ring.damaged().next().is_none() {
                break;
            }
            for slot in ring.damaged() {
                let mut bytes = [0; SLOT_BYTES];
                let offset = (u64::from(slot) + 1) * SLOT_BYTES as u64;
                source.read_exact_at(&mut bytes, offset).map_err(broken(from))?;
                copy.write_all_at(&bytes, offset).map_err(broken(&partial))?;
            }
        }
        copy.sync_all().map_err(broken(&partial))?;
        folder::rename(&partial, to).map_err(broken(to))
    });
    if copied.is_err() {
        drop(folder::shred(&partial));
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
