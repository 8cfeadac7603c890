//! In which conversations visitors' messages stand. Words go from a closed conversation into its
//! follow-up, and devices that were away while backups were restored may know a message in several.

use rejoinder_core::authority::elsewhere::{Elsewhere, are_kin};
use rejoinder_core::conversation::layout::Kind;
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::{
    Actor, ConversationId, DocumentId, DocumentKind, MessageId, ParticipantId,
};
use rejoinder_core::principal::Principal;
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::append;
use super::rows::{Columns, decode};
use crate::storage::Row;

/// What other documents have of what somebody pushes into one.
pub(super) fn elsewhere(
    connection: &Connection,
    document: DocumentId,
    by: &Principal,
    actors: &[Actor],
    messages: &[MessageId],
) -> Result<Elsewhere> {
    let mut elsewhere = Elsewhere::default();
    for &actor in actors {
        if append::is_elsewhere(connection, document, by.participant, actor)? {
            elsewhere.actors.insert(actor);
        }
    }
    let ids: Vec<_> = by.ids().collect();
    for &message in messages.iter().filter(|_| document.kind == DocumentKind::Timeline) {
        let said = said_elsewhere(connection, document.conversation, message, &ids)?;
        elsewhere.said.extend(said.first().map(|there| (message, *there)));
        if is_recalled_elsewhere(connection, document.conversation, message, &ids)? {
            elsewhere.recalled.insert(message);
        }
    }
    Ok(elsewhere)
}

/// Remembers where a visitor's message stands; false when it stands elsewhere in the line already.
pub(super) fn keep(
    connection: &Connection,
    conversation: ConversationId,
    row: &Row,
) -> Result<bool> {
    let (DocumentKind::Timeline, Some(message)) = (row.kind, visitors(&row.operation)) else {
        return Ok(true);
    };
    if !said_elsewhere(connection, conversation, message, &[row.submitted_by])?.is_empty() {
        return Ok(false);
    }
    insert(connection, conversation, message).map(|()| true)
}

/// Fills the table from the logs of an earlier program.
pub(super) fn fill(connection: &Connection) -> Result<()> {
    let mut logs = connection.prepare("SELECT conversation, operation FROM log WHERE kind = 0")?;
    let mut rows = logs.query([])?;
    while let Some(row) = rows.next()? {
        let mut columns = Columns::of(row);
        let conversation = columns.id(ConversationId::from_bytes)?;
        let bytes: Vec<u8> = columns.plain()?;
        // What is damaged is told when its conversation is loaded.
        if let Some(message) = decode(&bytes).as_ref().and_then(visitors) {
            insert(connection, conversation, message)?;
        }
    }
    Ok(())
}

/// The other conversations of a line in which a visitor's message stands, to whoever recalled it.
pub(super) fn to_recall(
    connection: &Connection,
    document: DocumentId,
    message: MessageId,
) -> Result<Vec<DocumentId>> {
    if document.kind != DocumentKind::Timeline {
        return Ok(Vec::new());
    }
    let conversation = document.conversation;
    let others = "SELECT conversation FROM said WHERE message = ?1 AND conversation <> ?2";
    let mut others = others_of(connection, others, conversation, message)?;
    if let Some(visitor) = visitor_of(connection, conversation)? {
        retain_theirs(connection, &mut others, &[visitor])?;
    }
    Ok(others.into_iter().map(DocumentId::timeline).collect())
}

fn visitors(operation: &Operation) -> Option<MessageId> {
    match operation {
        Operation::Send { message, kind: Kind::Visitor, .. } => Some(*message),
        _ => None,
    }
}

fn insert(connection: &Connection, conversation: ConversationId, message: MessageId) -> Result<()> {
    connection
        .prepare_cached("INSERT INTO said (message, conversation) VALUES (?1, ?2)")?
        .execute(params![message.as_bytes(), conversation.as_bytes()])
        .map(drop)
}

fn said_elsewhere(
    connection: &Connection,
    conversation: ConversationId,
    message: MessageId,
    visitor: &[ParticipantId],
) -> Result<Vec<ConversationId>> {
    let others = "SELECT conversation FROM said WHERE message = ?1 AND conversation <> ?2";
    let mut others = others_of(connection, others, conversation, message)?;
    retain_theirs(connection, &mut others, visitor)?;
    Ok(others)
}

fn is_recalled_elsewhere(
    connection: &Connection,
    conversation: ConversationId,
    message: MessageId,
    visitor: &[ParticipantId],
) -> Result<bool> {
    let others = "SELECT conversation FROM erasure \
         WHERE kind = 0 AND message = ?1 AND conversation <> ?2";
    let mut others = others_of(connection, others, conversation, message)?;
    // A backup may lack the conversation in which it was recalled.
    retain_theirs(connection, &mut others, visitor)?;
    Ok(!others.is_empty())
}

/// Those of a line: almost always none, for a message is known in one conversation.
fn others_of(
    connection: &Connection,
    sql: &str,
    conversation: ConversationId,
    message: MessageId,
) -> Result<Vec<ConversationId>> {
    let mut statement = connection.prepare_cached(sql)?;
    let place = params![message.as_bytes(), conversation.as_bytes()];
    let found =
        statement.query_map(place, |row| Columns::of(row).id(ConversationId::from_bytes))?;
    let mut found = found.collect::<Result<Vec<_>>>()?;
    found.retain(|other| are_kin(*other, conversation));
    Ok(found)
}

/// Whoever has heard of somebody else's ids can begin the follow-up of their conversation: it is
/// not of their line.
fn retain_theirs(
    connection: &Connection,
    others: &mut Vec<ConversationId>,
    visitor: &[ParticipantId],
) -> Result<()> {
    let mut theirs = Vec::with_capacity(others.len());
    for &other in others.iter() {
        if visitor_of(connection, other)?.is_none_or(|of| visitor.contains(&of)) {
            theirs.push(other);
        }
    }
    *others = theirs;
    Ok(())
}

fn visitor_of(
    connection: &Connection,
    conversation: ConversationId,
) -> Result<Option<ParticipantId>> {
    connection
        .prepare_cached("SELECT visitor FROM conversation WHERE id = ?1")?
        .query_row([conversation.as_bytes()], |row| Columns::of(row).id(ParticipantId::from_bytes))
        .optional()
}
