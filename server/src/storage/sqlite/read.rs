//! Reading: connections of its own, and short statements on them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockWriteGuard};

use rejoinder_core::id::{
    Actor, ConversationId, DocumentId, DocumentKind, MessageId, OperationId, ParticipantId,
    RevisionId, Seq,
};
use rejoinder_core::keyring::{Found, Slot};
use rejoinder_core::sealing::{self, Sealed};
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::keys::Keys;
use super::rows::{Columns, ENTRY, entry, integer, plain_revision, storage_error};
use super::schema;
use crate::storage::{
    ActorRow, FateRow, FeedEntry, FeedScope, Row, StorageError, Stored, Tombstone, Words,
};

/// Connections that are kept while nobody reads. More are opened when more read at once.
const KEPT: usize = 8;

/// What readers pass before they begin. The writer closes it for the moment in which it truncates
/// the write-ahead log, or the readers that follow a recall would be in its way, one after another.
#[derive(Debug, Default)]
pub(super) struct Gate(RwLock<()>);

impl Gate {
    fn pass(&self) {
        drop(self.0.read().unwrap_or_else(PoisonError::into_inner));
    }

    /// Nobody passes until the guard is dropped. Who has passed is not waited for.
    pub(super) fn close(&self) -> RwLockWriteGuard<'_, ()> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The connections that read.
#[derive(Debug)]
pub(super) struct Reads {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    keys: Arc<Keys>,
    gate: Arc<Gate>,
}

impl Reads {
    pub(super) fn new(path: PathBuf, keys: Arc<Keys>, gate: Arc<Gate>) -> Self {
        Self { path, idle: Mutex::default(), keys, gate }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Closes the connections there are.
    pub(super) fn close(&self) {
        self.idle().clear();
    }

    /// Reads `what` in one transaction: several statements see one moment. It ends before this
    /// returns, so that no reader holds up the truncation of the write-ahead log.
    pub(super) fn read<T>(
        &self,
        what: &str,
        query: impl FnOnce(&Connection) -> Result<T>,
    ) -> core::result::Result<T, StorageError> {
        self.gate.pass();
        let idle = self.idle().pop();
        let read = || {
            let mut connection = match idle {
                Some(connection) => connection,
                None => schema::open_reader(&self.path)?,
            };
            let transaction = connection.transaction()?;
            let found = query(&transaction)?;
            transaction.finish()?;
            let mut idle = self.idle();
            if idle.len() < KEPT {
                idle.push(connection);
            }
            Ok(found)
        };
        read().map_err(|error| storage_error(what, &error))
    }

    /// Everything there is of a conversation, words excepted.
    pub(super) fn load(
        &self,
        conversation: ConversationId,
    ) -> core::result::Result<Option<Stored>, StorageError> {
        let what = format!("conversation {conversation}");
        let Some(mut stored) = self.read(&what, |connection| load(connection, conversation))?
        else {
            return Ok(None);
        };
        check_places(&what, &stored.rows)?;
        stored.rows.sort_by_key(|row| row.at);
        Ok(Some(stored))
    }

    /// Words, in the order asked for.
    pub(super) fn words(
        &self,
        document: DocumentId,
        revisions: &[RevisionId],
    ) -> core::result::Result<Vec<Words>, StorageError> {
        let what = format!("the words of {document}");
        let rows = self.read(&what, |connection| {
            revisions
                .iter()
                .map(|&id| words_row(connection, document, id))
                .collect::<Result<Vec<_>>>()
        })?;
        let unsealed = |row: Option<WordsRow>| {
            row.map_or(Ok(Words::Gone), |row| row.unseal(&self.keys, document))
        };
        rows.into_iter().map(unsealed).collect()
    }

    /// The newest state of conversations after a place in the feed, oldest first.
    pub(super) fn feed(
        &self,
        scope: &FeedScope,
        after: u64,
        at_most: usize,
    ) -> core::result::Result<Vec<FeedEntry>, StorageError> {
        self.read("the feed", |connection| {
            let page = |condition: &str, id: &[u8]| -> Result<Vec<FeedEntry>> {
                connection
                    .prepare_cached(&format!(
                        "SELECT {ENTRY} FROM conversation WHERE {condition} AND feed > ?2 \
                         ORDER BY feed LIMIT ?3"
                    ))?
                    .query_map(params![id, integer(after), integer(at_most as u64)], |row| {
                        entry(row).map(|(_, entry)| entry)
                    })?
                    .collect()
            };
            // One page of each, then the oldest of all: every part is read from an index.
            let mut entries = Vec::new();
            match scope {
                FeedScope::All => entries = page("true", &[])?,
                FeedScope::Sites(sites) => {
                    for site in sites {
                        entries.extend(page("site = ?1", site.as_bytes())?);
                    }
                }
                FeedScope::Visitor(visitors) => {
                    for visitor in visitors {
                        entries.extend(page("visitor = ?1", visitor.as_bytes())?);
                    }
                }
            }
            entries.sort_by_key(|entry| entry.feed);
            // The same id may stand in a scope twice.
            entries.dedup_by_key(|entry| entry.feed);
            entries.truncate(at_most);
            Ok(entries)
        })
    }

    /// How many conversations a visitor has begun since a moment.
    pub(super) fn conversations_since(
        &self,
        visitor: ParticipantId,
        since: Timestamp,
    ) -> core::result::Result<u32, StorageError> {
        self.read("conversations", |connection| {
            connection
                .prepare_cached(
                    "SELECT count(*) FROM conversation WHERE visitor = ?1 AND created_at >= ?2",
                )?
                .query_row(params![visitor.as_bytes(), since.as_millis()], |row| row.get(0))
        })
    }
}

/// A conversation's row of the feed, with its version.
pub(super) fn conversation(
    connection: &Connection,
    conversation: ConversationId,
) -> Result<Option<(u64, FeedEntry)>> {
    connection
        .prepare_cached(&format!("SELECT {ENTRY} FROM conversation WHERE id = ?1"))?
        .query_row([conversation.as_bytes()], entry)
        .optional()
}

/// Everything there is of a conversation; its rows by document and place.
pub(super) fn load(
    connection: &Connection,
    conversation: ConversationId,
) -> Result<Option<Stored>> {
    let Some((version, FeedEntry { feed, header, .. })) =
        self::conversation(connection, conversation)?
    else {
        return Ok(None);
    };
    let all = |sql: &str| connection.prepare_cached(sql);
    let id = [conversation.as_bytes()];
    let rows = all("SELECT kind, seq, at, id, submitted_by, operation, context, hash, change \
                    FROM log WHERE conversation = ?1 ORDER BY kind, seq")?
    .query_map(id, |row| {
        let mut columns = Columns::of(row);
        Ok(Row {
            kind: columns.kind()?,
            seq: columns.seq()?,
            at: columns.time()?,
            id: columns.id(OperationId::from_bytes)?,
            submitted_by: columns.id(ParticipantId::from_bytes)?,
            operation: columns.cbor("an operation")?,
            context: columns.cbor("a context")?,
            hash: columns.hash()?,
            change: columns.plain()?,
        })
    })?
    .collect::<Result<_>>()?;
    let fates = all("SELECT kind, id, submitted_by, hash, fate FROM fate \
                     WHERE conversation = ?1 ORDER BY rowid")?
    .query_map(id, |row| {
        let mut columns = Columns::of(row);
        Ok(FateRow {
            kind: columns.kind()?,
            id: columns.id(OperationId::from_bytes)?,
            submitted_by: columns.id(ParticipantId::from_bytes)?,
            hash: columns.hash()?,
            fate: columns.cbor("a fate")?,
        })
    })?
    .collect::<Result<_>>()?;
    let actors = all("SELECT kind, actor, participant, closed FROM actor WHERE conversation = ?1")?
        .query_map(id, |row| {
            let mut columns = Columns::of(row);
            Ok(ActorRow {
                kind: columns.kind()?,
                actor: columns.id(Actor::from_bytes)?,
                participant: columns.id(ParticipantId::from_bytes)?,
                closed: columns.plain()?,
            })
        })?
        .collect::<Result<_>>()?;
    let seen = all("SELECT kind, participant, seq FROM seen WHERE conversation = ?1")?
        .query_map(id, |row| {
            let mut columns = Columns::of(row);
            Ok((columns.kind()?, columns.id(ParticipantId::from_bytes)?, columns.seq()?))
        })?
        .collect::<Result<_>>()?;
    let tombstones = tombstones(connection, conversation)?;
    Ok(Some(Stored { header, version, feed, rows, fates, actors, tombstones, seen }))
}

/// The recalled messages of a conversation.
pub(super) fn tombstones(
    connection: &Connection,
    conversation: ConversationId,
) -> Result<Vec<Tombstone>> {
    connection
        .prepare_cached("SELECT kind, message FROM tombstone WHERE conversation = ?1")?
        .query_map([conversation.as_bytes()], |row| {
            let mut columns = Columns::of(row);
            Ok(Tombstone { kind: columns.kind()?, message: columns.id(MessageId::from_bytes)? })
        })?
        .collect()
}

/// A row that got lost would change what every later one means.
fn check_places(what: &str, rows: &[Row]) -> core::result::Result<(), StorageError> {
    let mut next = BTreeMap::from([(DocumentKind::Timeline, Seq(1)), (DocumentKind::Team, Seq(1))]);
    for row in rows {
        let next = next.entry(row.kind).or_insert(Seq(1));
        if row.seq != *next {
            return Err(StorageError::Damaged(format!(
                "{what}: row {next} of the {:?} log is missing: run `rejoinder verify`",
                row.kind
            )));
        }
        *next = next.next();
    }
    Ok(())
}

/// A row of `words`.
pub(super) struct WordsRow {
    pub(super) revision: RevisionId,
    pub(super) message: MessageId,
    pub(super) slot: Slot,
    pub(super) sealed: Vec<u8>,
}

/// The row of a revision's words, unless they are being erased: their key may still be there when
/// it could not be overwritten yet.
fn words_row(
    connection: &Connection,
    document: DocumentId,
    revision: RevisionId,
) -> Result<Option<WordsRow>> {
    connection
        .prepare_cached(
            "SELECT message, slot, key, sealed FROM words \
             WHERE conversation = ?1 AND kind = ?2 AND revision = ?3 \
             AND NOT EXISTS (SELECT 1 FROM erasure_pending \
             WHERE conversation = ?1 AND kind = ?2 AND revision = ?3)",
        )?
        .query_row(
            params![document.conversation.as_bytes(), document.kind.code(), revision.as_bytes()],
            |row| {
                let mut columns = Columns::of(row);
                let message = columns.id(MessageId::from_bytes)?;
                let slot = columns.slot()?;
                Ok(WordsRow { revision, message, slot, sealed: columns.plain()? })
            },
        )
        .optional()
}

impl WordsRow {
    /// Reads `kind, revision, message, slot, key, sealed`.
    pub(super) fn of(row: &rusqlite::Row<'_>) -> Result<(DocumentKind, Self)> {
        let mut columns = Columns::of(row);
        let kind = columns.kind()?;
        let revision = columns.id(RevisionId::from_bytes)?;
        let message = columns.id(MessageId::from_bytes)?;
        let slot = columns.slot()?;
        Ok((kind, Self { revision, message, slot, sealed: columns.plain()? }))
    }

    /// The words, if their key is there.
    pub(super) fn unseal(
        &self,
        keys: &Keys,
        document: DocumentId,
    ) -> core::result::Result<Words, StorageError> {
        self.unseal_under(keys.get(self.slot)?, document)
    }

    /// The words, under what stands where their key should be.
    pub(super) fn unseal_under(
        &self,
        found: Found,
        document: DocumentId,
    ) -> core::result::Result<Words, StorageError> {
        let damaged = |what: &str| {
            let revision = self.revision;
            StorageError::Damaged(format!("revision {revision} in {document}: {what}"))
        };
        let key = match found {
            Found::Key(key) => key,
            Found::Erased => return Ok(Words::Gone),
            Found::Damaged => return Err(damaged("its slot in the keyring is damaged")),
        };
        let (message, revision) = (self.message, self.revision);
        let place = Sealed::Revision { document, message, revision };
        let plain = sealing::open(&key, place, &self.sealed)
            .map_err(|_| damaged("its sealed words do not open under their key"))?;
        plain_revision(revision, message, &plain)
            .map(Words::Kept)
            .ok_or_else(|| damaged("its words are not in their format"))
    }
}
