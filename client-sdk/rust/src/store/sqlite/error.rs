//! What the media say, in the store's words. None of it holds a person's words: SQLite's messages
//! name tables and statements, never values.

use std::io;

use rejoinder_core::keyring::KeyringError;
use rusqlite::ErrorCode;

use super::START_ANEW;
use crate::store::StoreError;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged(format!("client.db: {error}: {START_ANEW}"))
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::InUse("client.db".to_owned())
            }
            Some(_) => Self::Failed(format!("client.db: {error}")),
            None if is_of_rows(&error) => {
                Self::Damaged(format!("client.db holds a row that cannot be: {START_ANEW}"))
            }
            None => Self::Failed(format!("client.db: {error}")),
        }
    }
}

/// Whether a row holds what was never written into it.
const fn is_of_rows(error: &rusqlite::Error) -> bool {
    matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..)
    )
}

impl From<KeyringError<io::Error>> for StoreError {
    fn from(error: KeyringError<io::Error>) -> Self {
        match error {
            KeyringError::Medium(error) => of_file("client.keyring", &error),
            KeyringError::NotAKeyring
            | KeyringError::Version { .. }
            | KeyringError::WrongDatabase { .. }
            | KeyringError::DamagedSlot(_) => Self::Damaged(format!("client.keyring: {error}")),
        }
    }
}

/// What a file system says of one of the store's files.
pub(super) fn of_file(name: &str, error: &io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::Failed(format!("{name}: {error}")),
    }
}

/// A row that is damaged, or sealed under a key that does not open it.
pub(super) fn damaged(what: core::fmt::Arguments<'_>) -> StoreError {
    StoreError::Damaged(format!("{what}: {START_ANEW}"))
}
