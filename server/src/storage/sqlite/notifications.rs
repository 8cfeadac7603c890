//! Notifications: written with the operation that causes them, withdrawn with the words.

use std::collections::BTreeSet;

use rejoinder_core::id::{ConversationId, DocumentId, DocumentKind, MessageId, ParticipantId};
use rejoinder_core::wire::{Notification, NotificationKind};
use rusqlite::{Connection, Result, Row, params};

use super::rows::{Columns, integer};
use crate::storage::{Kept, Notified};

/// What stands for no message. No message has it: ids are random.
const NO_MESSAGE: MessageId = MessageId::from_bytes([0; 16]);

/// Makes exactly these participants notified of something, and returns those for whom that changed.
pub(super) fn notify(
    connection: &Connection,
    conversation: ConversationId,
    notified: &Notified,
) -> Result<BTreeSet<ParticipantId>> {
    let Notified { kind, message, to, at } = notified;
    let message = message.unwrap_or(NO_MESSAGE);
    let mut changed = BTreeSet::new();
    let former = of_subject(connection, conversation, *kind, message)?;
    for participant in former.difference(to) {
        connection
            .prepare_cached(
                "DELETE FROM notification WHERE conversation = ?1 AND kind = ?2 AND message = ?3 \
                 AND participant = ?4",
            )?
            .execute(params![
                conversation.as_bytes(),
                kind.code(),
                message.as_bytes(),
                participant.as_bytes()
            ])?;
        changed.insert(*participant);
    }
    for participant in to.difference(&former) {
        connection
            .prepare_cached(
                "INSERT INTO notification (participant, conversation, kind, message, at, read) \
                 VALUES (?1, ?2, ?3, ?4, ?5, 0)",
            )?
            .execute(params![
                participant.as_bytes(),
                conversation.as_bytes(),
                kind.code(),
                message.as_bytes(),
                at.as_millis()
            ])?;
        changed.insert(*participant);
    }
    Ok(changed)
}

fn of_subject(
    connection: &Connection,
    conversation: ConversationId,
    kind: NotificationKind,
    message: MessageId,
) -> Result<BTreeSet<ParticipantId>> {
    connection
        .prepare_cached(
            "SELECT participant FROM notification \
             WHERE conversation = ?1 AND kind = ?2 AND message = ?3",
        )?
        .query_map(params![conversation.as_bytes(), kind.code(), message.as_bytes()], |row| {
            Columns::of(row).id(ParticipantId::from_bytes)
        })?
        .collect()
}

/// Withdraws what a recalled message did, and returns to whom.
pub(super) fn withdraw(
    connection: &Connection,
    document: DocumentId,
    message: MessageId,
) -> Result<BTreeSet<ParticipantId>> {
    if document.kind != DocumentKind::Team {
        return Ok(BTreeSet::new());
    }
    let mut told = BTreeSet::new();
    for &kind in NotificationKind::ALL {
        told.extend(of_subject(connection, document.conversation, kind, message)?);
        connection
            .prepare_cached(
                "DELETE FROM notification WHERE conversation = ?1 AND kind = ?2 AND message = ?3",
            )?
            .execute(params![document.conversation.as_bytes(), kind.code(), message.as_bytes()])?;
    }
    Ok(told)
}

/// Marks notifications of a participant as read.
pub(super) fn mark_read(
    connection: &Connection,
    participant: ParticipantId,
    numbers: &[u64],
) -> Result<()> {
    let mut mark = connection.prepare_cached(
        "UPDATE notification SET read = 1 WHERE number = ?1 AND participant = ?2",
    )?;
    for &number in numbers {
        mark.execute(params![integer(number), participant.as_bytes()])?;
    }
    Ok(())
}

/// Notifications of a participant below a number, newest first.
pub(super) fn list(
    connection: &Connection,
    participant: ParticipantId,
    kept: Kept,
    below: u64,
    at_most: usize,
) -> Result<Vec<(Notification, bool)>> {
    let unread = match kept {
        Kept::All => "",
        Kept::Unread => "AND NOT read",
    };
    connection
        .prepare_cached(&format!(
            "SELECT number, conversation, kind, message, at, read FROM notification \
             WHERE participant = ?1 AND number < ?2 {unread} ORDER BY number DESC LIMIT ?3"
        ))?
        .query_map(
            params![participant.as_bytes(), integer(below), integer(at_most as u64)],
            notification,
        )?
        .collect()
}

fn notification(row: &Row<'_>) -> Result<(Notification, bool)> {
    let mut columns = Columns::of(row);
    let number = columns.number()?;
    let conversation = columns.id(ConversationId::from_bytes)?;
    let kind = columns.code("a kind of notification", NotificationKind::from_code)?;
    let message = Some(columns.id(MessageId::from_bytes)?).filter(|id| *id != NO_MESSAGE);
    let at = columns.time()?;
    Ok((Notification { number, conversation, kind, message, at }, columns.plain()?))
}
