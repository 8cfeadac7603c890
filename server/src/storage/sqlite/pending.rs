//! Words among those to erase: named in the commit that takes their rows away, until their keys are
//! overwritten.

use rejoinder_core::id::{DocumentId, MessageId, RevisionId};
use rejoinder_core::keyring::Slot;
use rusqlite::{Connection, ToSql, params};

use super::group::{alone, is_one_s_own};
use super::rows::{Columns, storage_error};
use crate::storage::{AppendError, StorageError};

/// Where words stand: those that are read, and former ones that are kept. A revision stands in one
/// of them only.
const TABLES: [&str; 2] = ["words", "former"];

/// Puts all words of a message among those to erase, former ones too, deletes their rows, and
/// returns their keys. The index is named because SQLite would rather walk through all words of the
/// document.
pub(super) fn erase_message(
    connection: &Connection,
    document: DocumentId,
    message: MessageId,
) -> rusqlite::Result<Vec<Slot>> {
    let place = params![document.conversation.as_bytes(), document.kind.code(), message.as_bytes()];
    let mut slots = Vec::new();
    for table in TABLES {
        let of_message = format!(
            "{table} INDEXED BY {table}_message \
             WHERE conversation = ?1 AND kind = ?2 AND message = ?3"
        );
        slots.extend(erase_rows(connection, &of_message, place)?);
    }
    Ok(slots)
}

/// Puts words among those to erase, deletes their rows, and returns their keys. `of` says which, as
/// what follows `FROM`.
pub(super) fn erase_rows(
    connection: &Connection,
    of: &str,
    place: &[&dyn ToSql],
) -> rusqlite::Result<Vec<Slot>> {
    let slots: Vec<Slot> = connection
        .prepare_cached(&format!("SELECT slot, key FROM {of}"))?
        .query_map(place, |row| Columns::of(row).slot())?
        .collect::<rusqlite::Result<_>>()?;
    if slots.is_empty() {
        return Ok(slots);
    }
    connection
        .prepare_cached(&format!(
            "INSERT INTO erasure_pending (conversation, kind, revision, slot, key) \
             SELECT conversation, kind, revision, slot, key FROM {of} ON CONFLICT DO NOTHING"
        ))?
        .execute(place)?;
    delete_words(connection, &format!("DELETE FROM {of}"), place)?;
    Ok(slots)
}

/// Deletes rows of words that stand among those to erase: their keys are named there. Damaged ones
/// stay for the writer to try again, for they must not refuse a recall.
fn delete_words(connection: &Connection, sql: &str, place: &[&dyn ToSql]) -> rusqlite::Result<()> {
    let run = |sql| connection.prepare_cached(sql)?.execute([]).map(drop);
    run("SAVEPOINT words")?;
    match connection.prepare_cached(sql)?.execute(place) {
        Ok(_) => {}
        Err(error) if connection.is_autocommit() || !is_one_s_own(&error) => return Err(error),
        Err(_) => run("ROLLBACK TO words")?,
    }
    run("RELEASE words")
}

/// Puts one revision's words among those to erase, deletes their row, and returns their key.
pub(super) fn erase_revision(
    connection: &Connection,
    document: DocumentId,
    revision: RevisionId,
) -> rusqlite::Result<Vec<Slot>> {
    let place =
        params![document.conversation.as_bytes(), document.kind.code(), revision.as_bytes()];
    erase_rows(connection, "words WHERE conversation = ?1 AND kind = ?2 AND revision = ?3", place)
}

/// The keys of words that are to be erased.
pub(super) fn pending_keys(connection: &Connection) -> rusqlite::Result<Vec<Slot>> {
    connection
        .prepare_cached("SELECT slot, key FROM erasure_pending")?
        .query_map([], |row| Columns::of(row).slot())?
        .collect()
}

/// Forgets the names of overwritten keys, inside a transaction; false when some are left because
/// the rows of their words could not be deleted.
pub(super) fn forget_pending(connection: &Connection) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "DELETE FROM erasure_pending AS p WHERE NOT EXISTS (SELECT 1 FROM words AS w \
             WHERE w.conversation = p.conversation AND w.kind = p.kind \
             AND w.revision = p.revision) AND NOT EXISTS (SELECT 1 FROM former AS f \
             WHERE f.conversation = p.conversation AND f.kind = p.kind \
             AND f.revision = p.revision)",
        )?
        .execute([])?;
    connection.prepare_cached("SELECT 1 FROM erasure_pending LIMIT 1")?.exists([]).map(|left| !left)
}

/// Deletes the rows of words whose keys are gone, in one transaction, which the caller rolls back
/// when it fails. Rows that are damaged stay, and hold up no others; the second result says so.
pub(super) fn delete_rows(
    connection: &Connection,
) -> Result<Result<(), StorageError>, StorageError> {
    let failed = |error: rusqlite::Error| storage_error("rejoinder.db", &error);
    connection.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
    let mut all = Ok(());
    for (document, revision) in pending(connection).map_err(failed)? {
        let what = format!("revision {revision} in {document}");
        let deleted = alone(connection, &what, || {
            for sql in DELETE {
                connection.prepare_cached(sql)?.execute(params![
                    document.conversation.as_bytes(),
                    document.kind.code(),
                    revision.as_bytes()
                ])?;
            }
            Ok(())
        })?;
        if let Err(AppendError::Storage(error)) = deleted {
            all = Err(error);
        }
    }
    connection.execute_batch("COMMIT").map_err(failed)?;
    Ok(all)
}

const DELETE: [&str; 3] = [
    "DELETE FROM words WHERE conversation = ?1 AND kind = ?2 AND revision = ?3",
    "DELETE FROM former WHERE conversation = ?1 AND kind = ?2 AND revision = ?3",
    "DELETE FROM erasure_pending WHERE conversation = ?1 AND kind = ?2 AND revision = ?3",
];

fn pending(connection: &Connection) -> rusqlite::Result<Vec<(DocumentId, RevisionId)>> {
    connection
        .prepare_cached("SELECT conversation, kind, revision FROM erasure_pending")?
        .query_map([], |row| {
            let mut columns = Columns::of(row);
            Ok((columns.document()?, columns.id(RevisionId::from_bytes)?))
        })?
        .collect()
}
