//! One batch, inside the transaction of its group.

use std::collections::BTreeSet;

use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::{
    Actor, ConversationId, DocumentId, DocumentKind, MessageId, ParticipantId, RevisionId,
};
use rejoinder_core::keyring::Slot;
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::pending::{erase_message, erase_revision};
use super::rows::{Columns, cbor, integer};
use super::{former, notifications, said};
use crate::storage::ledger::Record;
use crate::storage::{
    ActorRow, AppendError, Appended, Batch, FateRow, Header, Row, StorageError, Summary, Tombstone,
};

/// Words that are sealed already, and whose key is durable.
pub(super) struct SealedWords {
    pub(super) kind: DocumentKind,
    pub(super) revision: RevisionId,
    pub(super) message: MessageId,
    pub(super) slot: Slot,
    pub(super) sealed: Vec<u8>,
    /// Since when their site keeps former words, if they are such from the first.
    pub(super) former_since: Option<Timestamp>,
}

/// What a batch did, and what is to be done once it is committed.
#[derive(Debug)]
pub(super) struct Applied {
    /// The answer.
    pub(super) appended: Appended,
    /// Keys of recalled and superseded words.
    pub(super) erased: Vec<Slot>,
    /// Keys of words that were not kept.
    pub(super) unused: Vec<Slot>,
    /// Recalls for the ledger.
    pub(super) recalls: Vec<Record>,
}

/// Why a batch is not applied.
#[derive(Debug)]
pub(super) enum Failure {
    /// Only this batch is refused; nothing was written.
    Refused(AppendError),
    /// SQLite says; perhaps all of the group is lost.
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

/// Applies a batch, all of it or, if the caller rolls its savepoint back, nothing.
pub(super) fn apply(
    connection: &Connection,
    batch: &Batch,
    words: &[SealedWords],
) -> Result<Applied, Failure> {
    let version = check_version(connection, batch)?;
    keep_actors(connection, batch)?;
    let feed = keep_conversation(connection, batch, version)?;
    let conversation = batch.conversation;
    for row in &batch.admission.rows {
        insert_row(connection, conversation, row)?;
        if !said::keep(connection, conversation, row)? {
            // Another conversation of the line has it by now: it is judged again.
            return Err(Failure::Refused(AppendError::Conflict));
        }
    }
    for fate in &batch.admission.fates {
        insert_fate(connection, conversation, fate)?;
    }
    let mut applied = Applied {
        appended: Appended { version, feed, erasures: Vec::new(), notified: BTreeSet::new() },
        erased: Vec::new(),
        unused: Vec::new(),
        recalls: Vec::new(),
    };
    for (tombstone, by) in &batch.admission.recalled {
        let document = DocumentId { conversation, kind: tombstone.kind };
        let former = erasure(connection, document, tombstone.message)?;
        let number = if let Some(former) = former {
            former.number
        } else {
            let record = recall(connection, batch, *tombstone, *by)?;
            applied.recalls.push(record);
            record.number
        };
        applied.appended.erasures.push(number);
        let message = tombstone.message;
        applied.erased.extend(erase_message(connection, document, message)?);
        applied.appended.notified.extend(notifications::withdraw(connection, document, message)?);
    }
    for &(kind, revision) in &batch.admission.superseded {
        let document = DocumentId { conversation, kind };
        let aside = match batch.former_since {
            Some(since) => former::set_aside(connection, document, revision, since)?,
            None => false,
        };
        if !aside {
            applied.erased.extend(erase_revision(connection, document, revision)?);
        }
    }
    for notified in &batch.notified {
        applied.appended.notified.extend(notifications::notify(
            connection,
            conversation,
            notified,
        )?);
    }
    for words in words {
        if !keep_words(connection, conversation, words)? {
            applied.unused.push(words.slot);
        }
    }
    Ok(applied)
}

/// The version after the batch, if the conversation is where the batch thinks it is.
fn check_version(connection: &Connection, batch: &Batch) -> Result<u64, Failure> {
    let found: Option<u64> = connection
        .prepare_cached("SELECT version FROM conversation WHERE id = ?1")?
        .query_row([batch.conversation.as_bytes()], |row| Columns::of(row).number())
        .optional()?;
    let malformed = |what: &str| {
        Failure::Refused(AppendError::Storage(StorageError::Failed(format!(
            "conversation {}: {what}",
            batch.conversation
        ))))
    };
    match (found, &batch.header) {
        _ if found.unwrap_or(0) != batch.expected_version => {
            Err(Failure::Refused(AppendError::Conflict))
        }
        (None, None) => Err(malformed("a new conversation comes with its header")),
        (None, Some(header)) if header.conversation != batch.conversation => {
            Err(malformed("the header is another conversation's"))
        }
        _ => Ok(batch.expected_version + 1),
    }
}

/// Writes the batch's actors; refuses those that are bound elsewhere.
fn keep_actors(connection: &Connection, batch: &Batch) -> Result<(), Failure> {
    let mut taken = Vec::new();
    for row in &batch.admission.actors {
        if !keep_actor(connection, batch.conversation, row)? {
            taken.push(row.actor);
        }
    }
    if taken.is_empty() { Ok(()) } else { Err(Failure::Refused(AppendError::ActorTaken(taken))) }
}

/// Whether an actor is bound to another document or to somebody else.
pub(super) fn is_elsewhere(
    connection: &Connection,
    document: DocumentId,
    participant: ParticipantId,
    actor: Actor,
) -> rusqlite::Result<bool> {
    let bound = connection
        .prepare_cached("SELECT conversation, kind, participant FROM actor WHERE actor = ?1")?
        .query_row([actor.as_bytes()], |row| {
            let mut columns = Columns::of(row);
            Ok((columns.document()?, columns.id(ParticipantId::from_bytes)?))
        })
        .optional()?;
    Ok(bound.is_some_and(|bound| bound != (document, participant)))
}

/// Writes the conversation's row and returns its new place in the feed.
fn keep_conversation(
    connection: &Connection,
    batch: &Batch,
    version: u64,
) -> rusqlite::Result<u64> {
    let feed = 1 + connection
        .prepare_cached("SELECT coalesce(max(feed), 0) FROM conversation")?
        .query_row([], |row| Columns::of(row).number())?;
    if let Some(Header { conversation, site, visitor, follows, created_at, .. }) = &batch.header
        && version == 1
    {
        connection
            .prepare_cached(
                "INSERT INTO conversation (id, site, visitor, follows, created_at, version, feed, \
                 status, closed, collaborators, timeline, at, team) \
                 VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, 0, 0, x'', 0, 0, 0)",
            )?
            .execute(params![
                conversation.as_bytes(),
                site.as_bytes(),
                visitor.as_bytes(),
                follows.as_ref().map(ConversationId::as_bytes),
                created_at.as_millis(),
                integer(feed),
            ])?;
    }
    let Summary { status, closed, assignee, timeline, newest, at, team } = &batch.summary;
    let collaborators: Vec<u8> = team.collaborators.iter().flat_map(|id| *id.as_bytes()).collect();
    connection
        .prepare_cached(
            "UPDATE conversation SET version = ?2, feed = ?3, status = ?4, closed = ?5, \
             assignee = ?6, collaborators = ?7, timeline = ?8, newest = ?9, at = ?10, team = ?11, \
             priority = ?12, category = ?13 WHERE id = ?1",
        )?
        .execute(params![
            batch.conversation.as_bytes(),
            integer(version),
            integer(feed),
            status.code(),
            closed,
            assignee.as_ref().map(ParticipantId::as_bytes),
            collaborators,
            integer(timeline.0),
            newest.as_ref().map(cbor),
            at.as_millis(),
            integer(team.seq.0),
            team.priority.map(|priority| priority.code()),
            team.category.map(|category| *category.as_bytes()),
        ])?;
    Ok(feed)
}

fn insert_row(
    connection: &Connection,
    conversation: ConversationId,
    row: &Row,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO log (conversation, kind, seq, at, id, submitted_by, operation, context, \
             hash, change) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            conversation.as_bytes(),
            row.kind.code(),
            integer(row.seq.0),
            row.at.as_millis(),
            row.id.as_bytes(),
            row.submitted_by.as_bytes(),
            cbor(&row.operation),
            cbor(&row.context),
            row.hash.0,
            row.change,
        ])
        .map(drop)
}

fn insert_fate(
    connection: &Connection,
    conversation: ConversationId,
    row: &FateRow,
) -> rusqlite::Result<()> {
    // An operation keeps its first fate.
    connection
        .prepare_cached(
            "INSERT INTO fate (conversation, kind, id, submitted_by, hash, fate) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            conversation.as_bytes(),
            row.kind.code(),
            row.id.as_bytes(),
            row.submitted_by.as_bytes(),
            row.hash.0,
            cbor(&row.fate),
        ])
        .map(drop)
}

/// Binds an actor; false when it is bound to another document or to somebody else.
fn keep_actor(
    connection: &Connection,
    conversation: ConversationId,
    row: &ActorRow,
) -> rusqlite::Result<bool> {
    let kept = connection
        .prepare_cached(
            "INSERT INTO actor (actor, conversation, kind, participant, closed) \
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (actor) DO UPDATE SET closed = ?5 \
             WHERE conversation = ?2 AND kind = ?3 AND participant = ?4",
        )?
        .execute(params![
            row.actor.as_bytes(),
            conversation.as_bytes(),
            row.kind.code(),
            row.participant.as_bytes(),
            row.closed,
        ])?;
    Ok(kept == 1)
}

/// Writes the tombstone and the recall, under the next number.
fn recall(
    connection: &Connection,
    batch: &Batch,
    Tombstone { kind, message }: Tombstone,
    by: ParticipantId,
) -> rusqlite::Result<Record> {
    let is_it = |row: &&Row| row.kind == kind && row.operation == Operation::Recall { message };
    let at = batch.admission.rows.iter().find(is_it).map_or(batch.summary.at, |row| row.at);
    let document = DocumentId { conversation: batch.conversation, kind };
    let record = Record { number: 0, document, message, by, at };
    let number = insert_erasure(connection, &record)?;
    Ok(Record { number, ..record })
}

/// The recall of a message, if it was recalled.
pub(super) fn erasure(
    connection: &Connection,
    document: DocumentId,
    message: MessageId,
) -> rusqlite::Result<Option<Record>> {
    connection
        .prepare_cached(
            "SELECT number, by, at FROM erasure \
             WHERE conversation = ?1 AND kind = ?2 AND message = ?3",
        )?
        .query_row(
            params![document.conversation.as_bytes(), document.kind.code(), message.as_bytes()],
            |row| {
                let mut columns = Columns::of(row);
                let number = columns.number()?;
                let by = columns.id(ParticipantId::from_bytes)?;
                let at: Timestamp = columns.time()?;
                Ok(Record { number, document, message, by, at })
            },
        )
        .optional()
}

/// Writes a tombstone and a recall, under its own number or, where that is 0, under the next one.
pub(super) fn insert_erasure(connection: &Connection, record: &Record) -> rusqlite::Result<u64> {
    let Record { number, document, message, by, at } = record;
    connection
        .prepare_cached(
            "INSERT INTO tombstone (conversation, kind, message) VALUES (?1, ?2, ?3) \
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            document.conversation.as_bytes(),
            document.kind.code(),
            message.as_bytes()
        ])?;
    connection
        .prepare_cached(
            "INSERT INTO erasure (number, conversation, kind, message, by, at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING number",
        )?
        .query_row(
            params![
                (*number > 0).then_some(integer(*number)),
                document.conversation.as_bytes(),
                document.kind.code(),
                message.as_bytes(),
                by.as_bytes(),
                at.as_millis(),
            ],
            |row| Columns::of(row).number(),
        )
}

/// Keeps words, unless their message was recalled or they are there already.
fn keep_words(
    connection: &Connection,
    conversation: ConversationId,
    words: &SealedWords,
) -> rusqlite::Result<bool> {
    if let Some(since) = words.former_since {
        return former::keep(connection, conversation, words, since);
    }
    let kept = connection
        .prepare_cached(
            "INSERT INTO words (conversation, kind, revision, message, slot, key, sealed) \
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS (SELECT 1 FROM tombstone \
             WHERE conversation = ?1 AND kind = ?2 AND message = ?4) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            conversation.as_bytes(),
            words.kind.code(),
            words.revision.as_bytes(),
            words.message.as_bytes(),
            words.slot.index,
            words.slot.key.as_bytes(),
            words.sealed,
        ])?;
    Ok(kept == 1)
}
