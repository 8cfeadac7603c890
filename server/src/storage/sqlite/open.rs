//! Opening a data folder: whatever a crash or a restore left unfinished is finished here, before
//! anything is served.

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rejoinder_core::dice::Dice;
use rejoinder_core::id::{ConversationId, DatabaseId, DocumentId, Epoch, MessageId, ParticipantId};
use rejoinder_core::keyring::{Keyring, KeyringError, Owner, Slot};
use rejoinder_core::wire::NewestMessage;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use tokio::sync::watch;

use super::erase::Backlog;
use super::folder::{self, Files};
use super::keys::Keys;
use super::pending::{erase_message, pending_keys};
use super::rows::{Columns, storage_error};
use super::schema::{self, SchemaError};
use super::writer::Writer;
use super::{Options, append, devices, notifications, read, restore, said};
use crate::machine::Machine;
use crate::storage::StorageError;
use crate::storage::keyring_file::KeyringFile;
use crate::storage::ledger::{Ledger, LedgerError, Record};

/// Why a data folder cannot be opened. Nothing that stands in it was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("the data folder {} is in use by another process: stop that one first", .0.display())]
    InUse(PathBuf),
    /// A file of it cannot be made, read or written.
    #[error("the data folder {} cannot be used: {source}", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The database cannot be read or written.
    #[error("rejoinder.db cannot be opened: {0}")]
    Database(StorageError),
    /// A newer program has written it.
    #[error("rejoinder.db has format {found}, this program knows {known}: use a newer program")]
    Newer {
        /// The version it says.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
    /// Its keyring or its ledger is there, and it is not.
    #[error(
        "rejoinder.db is missing from {}, though its keyring or ledger is there: put it back, or \
         restore a backup with `rejoinder restore`",
        .0.display()
    )]
    DatabaseMissing(PathBuf),
    /// It is a backup that was put in place by hand.
    #[error(
        "rejoinder.db is a backup that was copied into place: bring it in with `rejoinder \
         restore`, which erases again what was recalled since"
    )]
    IsABackup,
    /// The keyring is not there, and words need it.
    #[error(
        "rejoinder.keyring is missing from {}: put it back; if it is lost, `rejoinder restore` \
         takes a backup of the database without it, and the words are gone",
        .0.display()
    )]
    KeyringMissing(PathBuf),
    /// The keyring is not this database's, or not a keyring.
    #[error(transparent)]
    Keyring(#[from] KeyringError<io::Error>),
    /// The keyring belongs to another life of the database.
    #[error(
        "rejoinder.keyring is of epoch {keyring}, rejoinder.db of epoch {database}: a file from \
         before a restore was put back by hand; put the one that belongs there in its place, or \
         restore both with `rejoinder restore`"
    )]
    OtherEpoch {
        /// The epoch the keyring names.
        keyring: Epoch,
        /// The epoch the database names.
        database: Epoch,
    },
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The operating system gives no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(String),
}

/// Where a database stands in a restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It is served.
    Live = 0,
    /// It is a backup.
    Backup = 1,
    /// It is restored, but not to the end.
    Restoring = 2,
}

/// What a database says of itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meta {
    pub(super) owner: Owner,
    pub(super) state: State,
}

/// A folder that is ready to be served.
pub(super) struct Opened {
    pub(super) lock: File,
    pub(super) files: Files,
    pub(super) epoch: Epoch,
    pub(super) keys: Arc<Keys>,
    pub(super) writer: Writer,
    pub(super) erased: watch::Receiver<u64>,
}

/// Opens a folder and finishes what is unfinished in it.
pub(super) fn open(options: &Options) -> Result<Opened, OpenError> {
    let files = Files::of(&options.folder);
    let broken = |source| OpenError::Folder { folder: options.folder.clone(), source };
    folder::make(&files.folder).map_err(broken)?;
    let lock = folder::lock(&files).map_err(broken)?;
    let lock = lock.ok_or_else(|| OpenError::InUse(options.folder.clone()))?;
    open_locked(options, files, lock)
}

/// Opens a folder whose lock is held.
pub(super) fn open_locked(
    options: &Options,
    files: Files,
    lock: File,
) -> Result<Opened, OpenError> {
    let broken = |source| OpenError::Folder { folder: options.folder.clone(), source };
    let mut dice = dice(&options.machine)?;
    let mut connection = open_database(&files, options.max_pages, &mut dice)?;
    let meta = meta(&connection)?;
    if meta.state == State::Backup {
        return Err(OpenError::IsABackup);
    }
    restore::put_keyring(&files, meta.state).map_err(broken)?;
    let keys = Arc::new(open_keyring(&files, &connection, meta)?);
    let (ledger, records) = Ledger::open(&files.ledger, meta.owner.database)?;
    let replayed = replay(&mut connection, &records)?;
    if replayed > 0 {
        tracing::warn!(replayed, "recalls that only the ledger knew are carried out again");
    }
    let newest = devices::newest_erasure(&connection)?;
    let recalls = missing_from(&connection, &records)?;
    let backlog = Backlog::at_start(newest, recalls, pending_keys(&connection)?);
    let (sender, erased) = watch::channel(0);
    let mut writer = Writer {
        machine: options.machine.clone(),
        files: files.clone(),
        max_pages: options.max_pages,
        halt_after: None,
        connection,
        broken: false,
        keys: Arc::clone(&keys),
        gate: Arc::default(),
        ledger,
        dice,
        erased: sender,
        counters: Arc::default(),
        backlog,
    };
    drop(writer.finish());
    if meta.state == State::Restoring {
        keys.begin_epoch(meta.owner.epoch).map_err(OpenError::Database)?;
        writer.connection.execute("UPDATE meta SET state = 0", [])?;
    }
    sweep(&writer.connection, &keys)?;
    writer.halt_after = options.halt_after;
    Ok(Opened { lock, files, epoch: meta.owner.epoch, keys, writer, erased })
}

/// Randomness for keys and ids.
pub(super) fn dice(machine: &Machine) -> Result<Dice, OpenError> {
    machine.try_dice().map_err(|error| OpenError::Randomness(error.to_string()))
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(storage_error("rejoinder.db", &error))
    }
}

impl From<SchemaError> for OpenError {
    fn from(error: SchemaError) -> Self {
        match error {
            SchemaError::Newer(found) => Self::Newer { found, known: schema::VERSION },
            SchemaError::Sql(error) => error.into(),
        }
    }
}

fn open_database(
    files: &Files,
    max_pages: Option<u32>,
    dice: &mut Dice,
) -> Result<Connection, OpenError> {
    if !files.database.exists() {
        // The database is always made first: what stands beside it belonged to one that is lost.
        if files.keyring.exists() || files.ledger.exists() {
            return Err(OpenError::DatabaseMissing(files.folder.clone()));
        }
        let broken = |source| OpenError::Folder { folder: files.folder.clone(), source };
        folder::open_file(&files.database).map_err(broken)?;
        folder::sync(&files.folder).map_err(broken)?;
    }
    let mut connection = schema::open_writer(&files.database, max_pages)?;
    if !schema::deletes_securely(&connection)? {
        tracing::warn!("SQLite was built without SQLITE_SECURE_DELETE: only the pragma is on");
    }
    schema::migrate(&mut connection, |connection| {
        let (database, epoch) = (DatabaseId::random(dice), Epoch::random(dice));
        connection
            .execute(
                "INSERT INTO meta (only, database, epoch, state) VALUES (1, ?1, ?2, 0)",
                [database.as_bytes(), epoch.as_bytes()],
            )
            .map(drop)
    })?;
    Ok(connection)
}

/// What the database says of itself.
pub(super) fn meta(connection: &Connection) -> rusqlite::Result<Meta> {
    connection.query_row("SELECT database, epoch, state FROM meta", [], |row| {
        let mut columns = Columns::of(row);
        let database = columns.id(DatabaseId::from_bytes)?;
        let epoch = columns.id(Epoch::from_bytes)?;
        let state = match columns.plain::<u8>()? {
            0 => State::Live,
            1 => State::Backup,
            _ => State::Restoring,
        };
        Ok(Meta { owner: Owner { database, epoch }, state })
    })
}

fn open_keyring(files: &Files, connection: &Connection, meta: Meta) -> Result<Keys, OpenError> {
    let broken = |source| OpenError::Folder { folder: files.folder.clone(), source };
    if !files.keyring.exists() {
        let any = "SELECT 1 FROM words UNION ALL SELECT 1 FROM former LIMIT 1";
        let words = connection.query_row(any, [], |_| Ok(())).optional()?;
        if words.is_some() && meta.state == State::Live {
            return Err(OpenError::KeyringMissing(files.folder.clone()));
        }
        make_keyring(&files.keyring, meta.owner)?;
    }
    let file = KeyringFile::new(folder::open_file(&files.keyring).map_err(broken)?);
    let keyring = Keyring::open(file.clone(), meta.owner)?;
    let found = keyring.owner();
    if found.epoch != meta.owner.epoch && meta.state == State::Live {
        let (keyring, database) = (found.epoch, meta.owner.epoch);
        return Err(OpenError::OtherEpoch { keyring, database });
    }
    Ok(Keys::new(keyring, file))
}

/// Makes an empty keyring, there whole or not at all. Only one that holds no key yet is renamed.
fn make_keyring(path: &Path, owner: Owner) -> Result<(), OpenError> {
    let medium = KeyringError::Medium;
    let partial = folder::beside(path, ".new");
    folder::remove(&partial).map_err(medium)?;
    let file = KeyringFile::new(folder::new_file(&partial).map_err(medium)?);
    drop(Keyring::open(file, owner)?);
    Ok(folder::rename(&partial, path).map_err(medium)?)
}

/// Writes recalls that only the ledger knows, in one transaction, and returns how many.
fn replay(connection: &mut Connection, records: &[Record]) -> rusqlite::Result<usize> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut anew = Vec::new();
    for record in records {
        if append::erasure(&transaction, record.document, record.message)?.is_some() {
            continue;
        }
        // Numbers stay as they were, so that devices' cursors still mean the same; where another
        // recall has the number, because this one came late into the ledger, the next one.
        let taken = transaction
            .prepare_cached("SELECT 1 FROM erasure WHERE number = ?1")?
            .exists([super::rows::integer(record.number)])?;
        let number = if taken { 0 } else { record.number };
        carry_out(&transaction, &Record { number, ..*record })?;
        anew.push(record);
    }
    let mut replayed = anew.len();
    // What was recalled in one conversation may stand in another of its line here: under numbers
    // that come after all that there were.
    for record in anew {
        for document in said::to_recall(&transaction, record.document, record.message)? {
            if append::erasure(&transaction, document, record.message)?.is_none() {
                carry_out(&transaction, &Record { number: 0, document, ..*record })?;
                replayed += 1;
            }
        }
    }
    transaction.commit()?;
    Ok(replayed)
}

fn carry_out(connection: &Connection, record: &Record) -> rusqlite::Result<()> {
    append::insert_erasure(connection, record)?;
    erase_message(connection, record.document, record.message)?;
    notifications::withdraw(connection, record.document, record.message)?;
    forget_preview(connection, record.document, record.message)
}

/// Takes a recalled message out of the list of conversations, until the authority names another.
fn forget_preview(
    connection: &Connection,
    document: DocumentId,
    message: MessageId,
) -> rusqlite::Result<()> {
    let id = document.conversation;
    let newest: Option<Option<NewestMessage>> = connection
        .prepare_cached("SELECT newest FROM conversation WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| Columns::of(row).optional_cbor("the newest message"))
        .optional()?;
    if newest.flatten().is_some_and(|newest| newest.message == message) {
        connection
            .prepare_cached("UPDATE conversation SET newest = NULL WHERE id = ?1")?
            .execute([id.as_bytes()])?;
    }
    Ok(())
}

/// Recalls that a crash kept from the ledger.
fn missing_from(connection: &Connection, ledger: &[Record]) -> rusqlite::Result<Vec<Record>> {
    let known: HashSet<(DocumentId, MessageId)> =
        ledger.iter().map(|record| (record.document, record.message)).collect();
    let mut missing = Vec::new();
    let mut statement = connection.prepare(
        "SELECT number, conversation, kind, message, by, at FROM erasure ORDER BY number",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let mut columns = Columns::of(row);
        let record = Record {
            number: columns.number()?,
            document: columns.document()?,
            message: columns.id(MessageId::from_bytes)?,
            by: columns.id(ParticipantId::from_bytes)?,
            at: columns.time()?,
        };
        if !known.contains(&(record.document, record.message)) {
            missing.push(record);
        }
    }
    Ok(missing)
}

/// Every slot that a row names.
pub(super) fn named_slots(connection: &Connection, sql: &str) -> rusqlite::Result<BTreeSet<Slot>> {
    connection.prepare(sql)?.query_map([], |row| Columns::of(row).slot())?.collect()
}

/// The slots that rows name, from an index.
pub(super) const NAMED: &str = "SELECT slot, key FROM words \
     UNION ALL SELECT slot, key FROM former UNION ALL SELECT slot, key FROM erasure_pending";
/// The same from the rows themselves, which takes longer.
const NAMED_BY_ROWS: &str = "SELECT slot, key FROM words NOT INDEXED \
     UNION ALL SELECT slot, key FROM former NOT INDEXED \
     UNION ALL SELECT slot, key FROM erasure_pending";

/// Overwrites keys whose rows never came: those of a crash between steps 1 and 2. Database and
/// epoch agree here; what is left to prove is that no row is missing because it is damaged.
fn sweep(connection: &Connection, keys: &Keys) -> Result<(), OpenError> {
    let skip = |why: &dyn core::fmt::Display| {
        tracing::warn!("keys without rows are left alone: {why}: run `rejoinder verify`");
    };
    let named = match named_slots(connection, NAMED) {
        Ok(named) => named,
        Err(error) => {
            skip(&error);
            return Ok(());
        }
    };
    let (orphans, damaged) = {
        let ring = keys.ring();
        let orphans: Vec<Slot> = ring.keys().filter(|slot| !named.contains(slot)).collect();
        (orphans, ring.damaged().collect::<Vec<_>>())
    };
    let in_use: BTreeSet<u32> = named.iter().map(|slot| slot.index).collect();
    let all_free = damaged.iter().all(|index| !in_use.contains(index));
    if orphans.is_empty() && (damaged.is_empty() || !all_free) {
        return Ok(());
    }
    match is_sound(connection) {
        Ok(()) if named_slots(connection, NAMED_BY_ROWS).is_ok_and(|rows| rows == named) => {}
        Ok(()) => {
            skip(&"the index of words is damaged");
            return Ok(());
        }
        Err(error) => {
            skip(&error);
            return Ok(());
        }
    }
    let swept = orphans.len();
    if all_free {
        keys.ring().sweep(&named)?;
    } else {
        // A damaged slot that a row names stays, so that it is not taken for an erased one.
        keys.shred(&orphans).map_err(OpenError::Database)?;
    }
    tracing::info!(swept, "keys whose rows never came are overwritten");
    Ok(())
}

/// Whether every page is in order and every conversation's rows can be read.
fn is_sound(connection: &Connection) -> rusqlite::Result<()> {
    let unsound = |what| schema::failure(rusqlite::ffi::SQLITE_CORRUPT, what);
    let pages: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if pages != "ok" {
        return Err(unsound(pages));
    }
    let ids: Vec<ConversationId> = connection
        .prepare("SELECT id FROM conversation")?
        .query_map([], |row| Columns::of(row).id(ConversationId::from_bytes))?
        .collect::<rusqlite::Result<_>>()?;
    for id in ids {
        read::load(connection, id)?;
    }
    // Rows whose conversation is missing would be found by no load.
    let lost: i64 = connection.query_row(
        "SELECT count(*) FROM (SELECT conversation FROM words GROUP BY conversation \
         UNION SELECT conversation FROM former GROUP BY conversation) \
         WHERE conversation NOT IN (SELECT id FROM conversation)",
        [],
        |row| row.get(0),
    )?;
    if lost == 0 { Ok(()) } else { Err(unsound(format!("{lost} conversations lost their row"))) }
}
