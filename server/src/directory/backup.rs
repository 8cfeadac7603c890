//! Copies of the directory, and their way back.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::{Directory, DirectoryError, FILE, Rates, files, schema};
use crate::storage::StorageError;

/// Ends a file that waits to be put in place.
const WAITING: &str = ".restoring";
/// Ends a copy that is not whole yet.
const PARTIAL: &str = ".partial";

/// What becomes of a sound directory that a data folder has already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Present {
    /// It stays. It knows everybody whom the backup knows, those who came later, and who was
    /// disabled or logged out since.
    Stays,
    /// The backup's takes its place: those who came later are unknown, and who was disabled or
    /// logged out since is let in again.
    Goes,
}

/// Which directory a data folder has after a restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoredDirectory {
    /// The one it had.
    Kept,
    /// The backup's.
    Taken,
    /// None: neither had one.
    None,
}

impl Directory {
    /// Writes a copy of the file to `target`, which must not exist, while others read and write.
    /// Durable when it returns.
    ///
    /// # Errors
    /// [`DirectoryError::Folder`] when `target` cannot be made, and what the medium says.
    pub fn backup(&self, target: &Path) -> Result<(), DirectoryError> {
        let failed = |source| DirectoryError::Folder { path: target.to_owned(), source };
        if target.exists() {
            return Err(failed(std::io::ErrorKind::AlreadyExists.into()));
        }
        let partial = files::beside(target, PARTIAL);
        let name =
            partial.to_str().ok_or_else(|| failed(std::io::ErrorKind::InvalidFilename.into()))?;
        clear(&partial)?;
        // Made here, so that nobody else may read it. SQLite fills an empty file.
        files::new_file(&partial).map_err(failed)?;
        let copied = self.lock().connection.execute("VACUUM INTO ?1", [name]);
        if let Err(error) = copied {
            drop(clear(&partial));
            return Err(error.into());
        }
        File::open(&partial).and_then(|file| file.sync_all()).map_err(failed)?;
        files::rename(&partial, target).map_err(failed)
    }
}

/// Gives the data folder `folder`, which nobody serves, the directory of the backup in `from`.
///
/// # Errors
/// [`DirectoryError`]; then nothing was changed.
pub fn restore(
    from: &Path,
    folder: &Path,
    present: Present,
) -> Result<RestoredDirectory, DirectoryError> {
    if present == Present::Stays && is_sound(folder) {
        return Ok(RestoredDirectory::Kept);
    }
    let source = from.join(FILE);
    if !source.is_file() {
        return Ok(RestoredDirectory::None);
    }
    let target = folder.join(FILE);
    let waiting = files::beside(&target, WAITING);
    let taken = copy(&source, &waiting).and_then(|()| put(&waiting, &target));
    if taken.is_err() {
        drop(clear(&waiting));
    }
    taken.map(|()| RestoredDirectory::Taken)
}

fn is_sound(folder: &Path) -> bool {
    Directory::open(folder, Rates::default())
        .and_then(|directory| Ok(directory.damages()?))
        .is_ok_and(|damages| damages.is_empty())
}

/// Copies a directory, brings it up to date, and makes sure that it is one.
fn copy(source: &Path, waiting: &Path) -> Result<(), DirectoryError> {
    let failed = |path: PathBuf| move |source| DirectoryError::Folder { path, source };
    clear(waiting)?;
    // A copy of a folder that was not closed has its newest rows in the log.
    for ending in ["", "-wal"] {
        let (from, to) = (files::beside(source, ending), files::beside(waiting, ending));
        if from.exists() {
            drop(files::new_file(&to).map_err(failed(to.clone()))?);
            fs::copy(&from, &to).map_err(failed(from))?;
        }
    }
    let connection = schema::open(waiting)?;
    if let Some(damage) = schema::damages(&connection)?.first() {
        return Err(StorageError::Damaged(format!("the backup's {FILE}: {damage}")).into());
    }
    connection.close().map_err(|(_, error)| error)?;
    let waiting = waiting.to_owned();
    File::open(&waiting).and_then(|file| file.sync_all()).map_err(failed(waiting))
}

fn put(waiting: &Path, target: &Path) -> Result<(), DirectoryError> {
    let failed = |source| DirectoryError::Folder { path: target.to_owned(), source };
    // The former one stays whole until the other has its name: what is in its log goes into it.
    if target.exists()
        && let Ok(former) = Connection::open_with_flags(target, OpenFlags::SQLITE_OPEN_READ_WRITE)
    {
        drop(former.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
    }
    // A write-ahead log that stayed would be taken for the new file's.
    for ending in ["-wal", "-shm"] {
        files::remove(&files::beside(target, ending)).map_err(failed)?;
    }
    target.parent().map_or(Ok(()), files::sync).map_err(failed)?;
    files::rename(waiting, target).map_err(failed)
}

fn clear(waiting: &Path) -> Result<(), DirectoryError> {
    for ending in ["", "-journal", "-wal", "-shm"] {
        let path = files::beside(waiting, ending);
        files::remove(&path).map_err(|source| DirectoryError::Folder { path, source })?;
    }
    Ok(())
}
