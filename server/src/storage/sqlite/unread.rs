//! Whether something waits to be read, or goes on: from rows, without waking any conversation.

use rejoinder_core::conversation::layout::Kind;
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::{ConversationId, DocumentKind, MessageId, ParticipantId};
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::read::Reads;
use super::rows::{Columns, integer};
use crate::storage::StorageError;

/// A conversation's timeline, and how far it was seen.
struct Timeline {
    conversation: ConversationId,
    seen: u64,
}

impl Reads {
    /// Whether some conversation of a visitor has messages of others after what they have seen.
    pub(super) fn unread(
        &self,
        visitor: &[ParticipantId],
    ) -> core::result::Result<bool, StorageError> {
        self.read("what a visitor has not read", |connection| {
            for timeline in timelines(connection, visitor)? {
                if is_unread(connection, &timeline)? {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    /// Whether some conversation of a visitor is open.
    pub(super) fn has_open(
        &self,
        visitor: &[ParticipantId],
    ) -> core::result::Result<bool, StorageError> {
        self.read("whether a visitor's conversation is open", |connection| {
            let mut open = connection.prepare_cached(
                "SELECT 1 FROM conversation \
                 WHERE visitor = ?1 AND NOT closed AND gone_at IS NULL",
            )?;
            for id in visitor {
                if open.exists([id.as_bytes()])? {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }
}

/// The visitor's conversations, each with the largest receipt of any of their ids.
fn timelines(connection: &Connection, visitor: &[ParticipantId]) -> Result<Vec<Timeline>> {
    let mut all = Vec::new();
    let mut conversations =
        connection.prepare_cached("SELECT id FROM conversation WHERE visitor = ?1")?;
    let mut receipt = connection.prepare_cached(
        "SELECT seq FROM seen WHERE conversation = ?1 AND kind = ?2 AND participant = ?3",
    )?;
    for id in visitor {
        let found: Vec<ConversationId> = conversations
            .query_map([id.as_bytes()], |row| Columns::of(row).id(ConversationId::from_bytes))?
            .collect::<Result<_>>()?;
        for conversation in found {
            let mut seen = 0;
            for reader in visitor {
                let (conversation, reader) = (conversation.as_bytes(), reader.as_bytes());
                let place = params![conversation, DocumentKind::Timeline.code(), reader];
                let seq = receipt.query_row(place, |row| Columns::of(row).number()).optional()?;
                seen = seen.max(seq.unwrap_or_default());
            }
            all.push(Timeline { conversation, seen });
        }
    }
    Ok(all)
}

/// Newest first: what is unread mostly stands at the end.
fn is_unread(connection: &Connection, timeline: &Timeline) -> Result<bool> {
    let mut rows = connection.prepare_cached(
        "SELECT operation FROM log WHERE conversation = ?1 AND kind = ?2 AND seq > ?3 \
         ORDER BY seq DESC",
    )?;
    let mut recalled = connection.prepare_cached(
        "SELECT 1 FROM tombstone WHERE conversation = ?1 AND kind = ?2 AND message = ?3",
    )?;
    let conversation = timeline.conversation.as_bytes();
    let kind = DocumentKind::Timeline.code();
    let place = params![conversation, kind, integer(timeline.seen)];
    let operations = rows.query_map(place, |row| Columns::of(row).cbor("an operation"))?;
    for operation in operations {
        if let Some(message) = of_others(&operation?)
            && !recalled.exists(params![conversation, kind, message.as_bytes()])?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The message that somebody else than the visitor wrote: only visitors write messages of theirs.
const fn of_others(operation: &Operation) -> Option<MessageId> {
    match operation {
        Operation::Send { message, kind: Kind::Agent | Kind::Assistant, .. } => Some(*message),
        Operation::Send { kind: Kind::Visitor | Kind::Note, .. }
        | Operation::Edit { .. }
        | Operation::Recall { .. }
        | Operation::SetStatus { .. }
        | Operation::Assign { .. }
        | Operation::Close
        | Operation::SetPriority { .. }
        | Operation::SetCategory { .. }
        | Operation::SetCollaborator { .. }
        | Operation::Announce { .. } => None,
    }
}
