//! The database's tables and settings. The tables themselves keep two promises: no words of a
//! recalled message go in, and no sealed row goes out without leaving its key to be erased.

use std::path::Path;

use rejoinder_core::dice::Dice;
use rejoinder_core::id::{DatabaseId, DeviceId, Epoch};
use rejoinder_core::keyring::Owner;
use rusqlite::{Connection, TransactionBehavior};

use super::START_ANEW;
use crate::store::StoreError;

/// "RJCL": says of a file that it is a client's store.
const APPLICATION: i32 = 0x524a_434c;

/// The version of these tables.
const VERSION: i32 = 1;

const TABLES: &str = "
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE feed (
    conversation BLOB PRIMARY KEY,
    row          BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE document (
    id           INTEGER PRIMARY KEY,
    conversation BLOB    NOT NULL,
    kind         INTEGER NOT NULL,
    UNIQUE (conversation, kind)
) STRICT;

CREATE TABLE entry (
    document INTEGER NOT NULL REFERENCES document,
    seq      INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    change   BLOB    NOT NULL,
    PRIMARY KEY (document, seq)
) STRICT, WITHOUT ROWID;

-- `revision` names the words it is pushed with: they outlive their document.
CREATE TABLE outbox (
    place     INTEGER PRIMARY KEY,
    document  INTEGER NOT NULL REFERENCES document,
    operation BLOB    NOT NULL,
    revision  BLOB,
    waiting   BLOB    NOT NULL,
    UNIQUE (document, operation)
) STRICT;

CREATE TABLE seen (
    document    INTEGER NOT NULL REFERENCES document,
    participant BLOB    NOT NULL,
    seq         INTEGER NOT NULL,
    PRIMARY KEY (document, participant)
) STRICT, WITHOUT ROWID;

CREATE TABLE recalled (
    document INTEGER NOT NULL REFERENCES document,
    message  BLOB    NOT NULL,
    PRIMARY KEY (document, message)
) STRICT, WITHOUT ROWID;

-- What is sealed names the slot and the id of its key.
CREATE TABLE words (
    document INTEGER NOT NULL REFERENCES document,
    revision BLOB    NOT NULL,
    message  BLOB    NOT NULL,
    slot     INTEGER NOT NULL,
    key      BLOB    NOT NULL,
    sealed   BLOB    NOT NULL,
    PRIMARY KEY (document, revision)
) STRICT, WITHOUT ROWID;
CREATE INDEX words_of_message ON words (document, message);

-- A draft of no message has an empty one.
CREATE TABLE draft (
    document INTEGER NOT NULL REFERENCES document,
    message  BLOB    NOT NULL,
    slot     INTEGER NOT NULL,
    key      BLOB    NOT NULL,
    sealed   BLOB    NOT NULL,
    PRIMARY KEY (document, message)
) STRICT, WITHOUT ROWID;

CREATE TABLE identity (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    slot   INTEGER NOT NULL,
    key    BLOB    NOT NULL,
    sealed BLOB    NOT NULL
) STRICT;

-- Keys to overwrite. They are gone from here once they are gone from the keyring.
CREATE TABLE erasure_pending (
    slot INTEGER NOT NULL,
    key  BLOB    NOT NULL,
    PRIMARY KEY (slot, key)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER words_of_recalled BEFORE INSERT ON words
WHEN EXISTS (SELECT 1 FROM recalled WHERE document = NEW.document AND message = NEW.message)
BEGIN SELECT RAISE(ABORT, 'words of a recalled message'); END;

CREATE TRIGGER draft_of_recalled BEFORE INSERT ON draft
WHEN EXISTS (SELECT 1 FROM recalled WHERE document = NEW.document AND message = NEW.message)
BEGIN SELECT RAISE(ABORT, 'draft of a recalled message'); END;

CREATE TRIGGER words_erased AFTER DELETE ON words
BEGIN INSERT INTO erasure_pending VALUES (OLD.slot, OLD.key); END;

CREATE TRIGGER draft_erased AFTER DELETE ON draft
BEGIN INSERT INTO erasure_pending VALUES (OLD.slot, OLD.key); END;

CREATE TRIGGER identity_erased AFTER DELETE ON identity
BEGIN INSERT INTO erasure_pending VALUES (OLD.slot, OLD.key); END;

-- A sealed row never changes: another one takes its place, under another key.
CREATE TRIGGER words_stay BEFORE UPDATE ON words
BEGIN SELECT RAISE(ABORT, 'sealed words never change'); END;
CREATE TRIGGER draft_stays BEFORE UPDATE ON draft
BEGIN SELECT RAISE(ABORT, 'a sealed draft never changes'); END;
CREATE TRIGGER identity_stays BEFORE UPDATE ON identity
BEGIN SELECT RAISE(ABORT, 'a sealed identity never changes'); END;
";

/// Opens the database, with its settings, and makes its tables in a new one.
///
/// # Errors
/// [`StoreError`]; a database that is another program's, or of a later version, is left as it is.
pub(super) fn open(path: &Path, dice: &mut Dice) -> Result<Connection, StoreError> {
    let mut db = Connection::open(path)?;
    // Exclusive, because one process owns the store: a reader from elsewhere would keep what was
    // erased in the write-ahead log. Before anything is read, so that it is so from the start.
    db.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    let is_new = check(&db)?;
    // Before the first page is written, so that erased pages are overwritten from the start.
    let overwrites: bool =
        db.pragma_update_and_check(None, "secure_delete", "ON", |row| row.get(0))?;
    db.pragma_update(None, "temp_store", "MEMORY")?;
    let mode: String = db.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" || !overwrites {
        let problem = "the folder or this build of SQLite allows no write-ahead log, or does not \
                       overwrite what is deleted: choose another folder";
        return Err(StoreError::Failed(problem.to_owned()));
    }
    db.pragma_update(None, "synchronous", "FULL")?;
    // Where a plain flush does not reach the disk.
    db.pragma_update(None, "fullfsync", "ON")?;
    db.pragma_update(None, "foreign_keys", "ON")?;
    db.set_prepared_statement_cache_capacity(64);
    if is_new {
        create(&mut db, dice)?;
    }
    Ok(db)
}

/// Whether it is new; it is refused when it is not a client's store.
fn check(db: &Connection) -> Result<bool, StoreError> {
    let number = |pragma| db.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    if application == 0 && version == 0 && number("schema_version")? == 0 {
        return Ok(true);
    }
    if application != APPLICATION {
        let problem = "client.db is the database of another program: choose another folder";
        return Err(StoreError::Damaged(problem.to_owned()));
    }
    if version != VERSION {
        let problem = format!(
            "client.db has version {version}, this program reads {VERSION}: use a newer program"
        );
        return Err(StoreError::Damaged(problem));
    }
    Ok(false)
}

fn create(db: &mut Connection, dice: &mut Dice) -> Result<(), StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(TABLES)?;
    set_meta(&tx, "database", DatabaseId::random(dice).as_bytes())?;
    set_meta(&tx, "epoch", Epoch::random(dice).as_bytes())?;
    set_meta(&tx, "device", DeviceId::random(dice).as_bytes())?;
    tx.pragma_update(None, "application_id", APPLICATION)?;
    tx.pragma_update(None, "user_version", VERSION)?;
    tx.commit()?;
    Ok(())
}

/// Keeps one of the store's single values.
pub(super) fn set_meta(db: &Connection, name: &str, value: &[u8]) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
    )?
    .execute((name, value))?;
    Ok(())
}

/// One of the ids that were made with the store.
pub(super) fn meta_id(db: &Connection, name: &str) -> Result<[u8; 16], StoreError> {
    let mut statement = db.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    statement.query_row([name], |row| row.get(0)).map_err(|error| match error {
        rusqlite::Error::QueryReturnedNoRows => {
            StoreError::Damaged(format!("client.db has no {name} id: {START_ANEW}"))
        }
        error => error.into(),
    })
}

/// Which keyring belongs to this database.
pub(super) fn owner(db: &Connection) -> Result<Owner, StoreError> {
    Ok(Owner {
        database: DatabaseId::from_bytes(meta_id(db, "database")?),
        epoch: Epoch::from_bytes(meta_id(db, "epoch")?),
    })
}
