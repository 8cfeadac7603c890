//! The data folder: which file is what, and how files come into it whole.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Only the account that serves may read what is in the folder.
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// The files of a data folder.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    /// The folder.
    pub(crate) folder: PathBuf,
    /// The database. SQLite keeps `-wal` and `-shm` beside it.
    pub(crate) database: PathBuf,
    /// The keys of sealed words.
    pub(crate) keyring: PathBuf,
    /// The recalls that no backup rolls back.
    pub(crate) ledger: PathBuf,
    /// Locked by the process that serves.
    pub(crate) lock: PathBuf,
}

impl Files {
    /// The files of `folder`, there or not.
    pub(crate) fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            database: folder.join("rejoinder.db"),
            keyring: folder.join("rejoinder.keyring"),
            ledger: folder.join("rejoinder.ledger"),
            lock: folder.join("rejoinder.lock"),
        }
    }
}

/// Another file beside `path`: its name with an ending.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Makes a folder, for this account only, unless it is there, and makes its name durable: whatever
/// is synced in it would be gone with it when the power fails.
pub(crate) fn make(folder: &Path) -> io::Result<()> {
    let is_new = |it: &&Path| !it.as_os_str().is_empty() && !it.exists();
    let new: Vec<&Path> = folder.ancestors().take_while(is_new).collect();
    fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)?;
    new.into_iter().rev().filter_map(Path::parent).try_for_each(sync)
}

/// Opens a file for reading and writing, made for this account only where it is not there.
pub(crate) fn open_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false).mode(FILE_MODE).open(path)
}

/// Makes a new file, for this account only; one that is there is an error.
pub(crate) fn new_file(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).create_new(true).mode(FILE_MODE).open(path)
}

/// The lock of a folder, held while the file is open; none when another process holds it.
pub(crate) fn lock(files: &Files) -> io::Result<Option<File>> {
    let file = open_file(&files.lock)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Makes names in a folder durable: those that came, went or were changed.
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    // A relative path without a folder stands in the current one.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}

/// Gives a file another name, durably. One that bears that name already is replaced.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    to.parent().map_or(Ok(()), sync)
}

/// Writes a new file that is there whole or not at all.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let partial = beside(path, ".new");
    remove(&partial)?;
    let mut file = new_file(&partial)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    rename(&partial, path)
}

/// Removes a file, if it is there.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Overwrites a file with zeros, durably, and removes it: for keys that are needed no more.
pub(crate) fn shred(path: &Path) -> io::Result<()> {
    if !path.exists() {
        return Ok(());
    }
    let mut file = File::options().write(true).open(path)?;
    let bytes = file.metadata()?.len();
    io::copy(&mut io::Read::take(io::repeat(0), bytes), &mut file)?;
    file.sync_all()?;
    remove(path)
}
