//! The directory's SQLite file: how it is opened, and its tables.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::DirectoryError;
use crate::storage::StorageError;

/// Each brings the tables from the version of its index to the next one (`user_version`).
const MIGRATIONS: &[&str] = &[
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
    include_str!("schema_7.sql"),
    include_str!("schema_8.sql"),
    include_str!("schema_9.sql"),
    include_str!("schema_10.sql"),
];

/// How long a write waits for another process's: a command takes milliseconds.
const BUSY: Duration = Duration::from_secs(5);

/// Opens the file, which exists, and brings its tables up to date.
pub(super) fn open(path: &Path) -> Result<Connection, DirectoryError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    migrate(&mut connection)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), DirectoryError> {
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    let version = |connection: &Connection| -> rusqlite::Result<u32> {
        connection.pragma_query_value(None, "user_version", |row| row.get(0))
    };
    match version(connection)? {
        found if found == known => return Ok(()),
        found if found > known => return Err(DirectoryError::Newer { found, known }),
        _ => {}
    }
    // Another process may be doing the same: what is to be done is asked again under the lock.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = usize::try_from(version(&transaction)?).unwrap_or(usize::MAX);
    for migration in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}

/// What is wrong with the file: nothing, or a line for each damage.
pub(super) fn damages(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut damages = Vec::new();
    connection.pragma_query(None, "integrity_check", |row| {
        let line: String = row.get(0)?;
        if line != "ok" {
            damages.push(line);
        }
        Ok(())
    })?;
    connection.pragma_query(None, "foreign_key_check", |row| {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        damages.push(format!("a row of table {table} refers to no row of table {parent}"));
        Ok(())
    })?;
    Ok(damages)
}

/// What SQLite says, in the words of storage.
#[expect(clippy::needless_pass_by_value, reason = "map_err passes it by value")]
pub(super) fn storage_error(error: rusqlite::Error) -> StorageError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StorageError::Full,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StorageError::Damaged(format!("directory.db: {error}"))
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StorageError::Failed(
            "another process has been writing directory.db for seconds: try again".to_owned(),
        ),
        _ => StorageError::Failed(format!("directory.db: {error}")),
    }
}
