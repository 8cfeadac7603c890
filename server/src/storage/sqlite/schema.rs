//! The database: how connections are opened, and its tables.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior, ffi};

use super::said;

/// Each brings the tables from the version of its index to the next one (`user_version`).
const MIGRATIONS: &[&str] = &[
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
    include_str!("schema_7.sql"),
];

/// The version of the tables that this program reads and writes.
pub(super) const VERSION: u32 = MIGRATIONS.len() as u32;

/// The first version with a table of where visitors' messages stand.
const SAID: u32 = 7;

/// How long a statement waits for a lock. There is one writer, so only another process that reads
/// the folder (a backup, `verify`) can hold one, for the milliseconds that it opens or closes.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// Pages of write-ahead log after which a commit copies them into the database: 8 MiB. Larger
/// saves writes, smaller saves room; recalls truncate the log in any case.
const CHECKPOINT_PAGES: u32 = 2_000;

/// Prepared statements kept a connection: more than there are.
const STATEMENTS: usize = 120;

/// Why tables cannot be brought up to date.
#[derive(Debug)]
pub(super) enum SchemaError {
    /// A newer program has written them.
    Newer(u32),
    /// SQLite says.
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for SchemaError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

/// The connection that writes. The file is there; its tables may not be.
pub(super) fn open_writer(path: &Path, max_pages: Option<u32>) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open(path, flags)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        let why = "this file system cannot share memory: SQLite's write-ahead log needs it";
        return Err(failure(ffi::SQLITE_CANTOPEN, why.to_owned()));
    }
    // Every commit is on the disk before it is acknowledged.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    if let Some(pages) = max_pages {
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    Ok(connection)
}

/// What SQLite would say with this code.
pub(super) fn failure(code: core::ffi::c_int, why: String) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some(why))
}

/// A connection that reads.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open(path, flags)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn open(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(BUSY)?;
    // What is deleted is overwritten, and no temporary file ever holds a page.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // A mapped file turns an I/O error into a signal that ends the process.
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// The version of the tables there are; 0 in a new file.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Brings the tables up to date. `begin` writes the first row of `meta`, in the same transaction
/// that makes the tables.
pub(super) fn migrate(
    connection: &mut Connection,
    begin: impl FnOnce(&Connection) -> rusqlite::Result<()>,
) -> Result<(), SchemaError> {
    let found = version(connection)?;
    if found > VERSION {
        return Err(SchemaError::Newer(found));
    }
    if found == VERSION {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for migration in MIGRATIONS.iter().skip(found as usize) {
        transaction.execute_batch(migration)?;
    }
    if found == 0 {
        begin(&transaction)?;
    } else if found < SAID {
        said::fill(&transaction)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(())
}

/// Whether this SQLite was compiled to overwrite what it deletes, pragma or not.
pub(super) fn deletes_securely(connection: &Connection) -> rusqlite::Result<bool> {
    let mut options = connection.prepare("PRAGMA compile_options")?;
    let mut rows = options.query([])?;
    while let Some(row) = rows.next()? {
        if row.get::<_, String>(0)? == "SECURE_DELETE" {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::{deletes_securely, open_reader, open_writer};

    #[test]
    fn re22_every_connection_overwrites_what_it_deletes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        std::fs::write(&path, []).unwrap();
        let writer = open_writer(&path, None).unwrap();
        assert!(deletes_securely(&writer).unwrap(), "LIBSQLITE3_FLAGS in .cargo/config.toml");
        for connection in [&writer, &open_reader(&path).unwrap()] {
            let pragma = |name| -> i64 {
                connection.pragma_query_value(None, name, |row| row.get(0)).unwrap()
            };
            assert_eq!(pragma("secure_delete"), 1);
            assert_eq!(pragma("temp_store"), 2);
        }
        let mode: String =
            writer.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal");
        let synchronous: i64 =
            writer.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        assert_eq!(synchronous, 2);
    }
}
