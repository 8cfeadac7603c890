//! Putting a backup in the place of a folder's data.

use std::io;

use super::folder::{self, Files};
use super::open::State;

/// Ends with which a keyring waits for the database that it comes with.
const WAITING: &str = ".restoring";
/// Ends with which the keyring before a restore waits for being overwritten.
const REPLACED: &str = ".replaced";

/// Puts the keyring of a restore in place, once its database is; or clears away what a restore
/// left that never got as far.
pub(super) fn put_keyring(files: &Files, state: State) -> io::Result<()> {
    let waiting = folder::beside(&files.keyring, WAITING);
    let replaced = folder::beside(&files.keyring, REPLACED);
    if state == State::Restoring && waiting.exists() {
        if files.keyring.exists() {
            folder::rename(&files.keyring, &replaced)?;
        }
        folder::rename(&waiting, &files.keyring)?;
    }
    folder::shred(&waiting)?;
    folder::shred(&replaced)
}
