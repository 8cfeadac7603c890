//! Devices: what they were sent, and how far they have carried recalls out.

use std::collections::HashMap;

use rejoinder_core::authority::elsewhere::Kin;
use rejoinder_core::id::{
    ConversationId, DeviceId, DocumentId, DocumentKind, MessageId, ParticipantId,
};
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, Result, Row, params};

use super::rows::{Columns, integer, keeping_code};
use crate::storage::{Device, Erasure, ErasureProgress, ProgressOf};

/// Remembers a device in place of what was known of it.
pub(super) fn keep_device(connection: &Connection, device: &Device) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO device (device, participant, keeping, erasures, heard_at) \
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (device) \
             DO UPDATE SET participant = ?2, keeping = ?3, erasures = ?4, heard_at = ?5",
        )?
        .execute(params![
            device.device.as_bytes(),
            device.participant.as_bytes(),
            keeping_code(device.keeping),
            integer(device.erasures),
            device.heard_at.as_millis(),
        ])
        .map(drop)
}

/// What is known of a device.
pub(super) fn device(connection: &Connection, device: DeviceId) -> Result<Option<Device>> {
    connection
        .prepare_cached(
            "SELECT participant, keeping, erasures, heard_at FROM device WHERE device = ?1",
        )?
        .query_row([device.as_bytes()], |row| {
            let mut columns = Columns::of(row);
            Ok(Device {
                device,
                participant: columns.id(ParticipantId::from_bytes)?,
                keeping: columns.keeping()?,
                erasures: columns.number()?,
                heard_at: columns.time()?,
            })
        })
        .optional()
}

/// Remembers that a device is sent words of documents.
pub(super) fn keep_holdings(
    connection: &Connection,
    device: DeviceId,
    documents: &[DocumentId],
) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO holding (device, conversation, kind) VALUES (?1, ?2, ?3) \
         ON CONFLICT DO NOTHING",
    )?;
    documents.iter().try_for_each(|&document| statement.execute(held(device, document)).map(drop))
}

/// Forgets that a device holds documents.
pub(super) fn forget_holdings(
    connection: &Connection,
    device: DeviceId,
    documents: &[DocumentId],
) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM holding WHERE device = ?1 AND conversation = ?2 AND kind = ?3",
    )?;
    documents.iter().try_for_each(|&document| statement.execute(held(device, document)).map(drop))
}

fn held(device: DeviceId, document: DocumentId) -> impl Params {
    (*device.as_bytes(), *document.conversation.as_bytes(), document.kind.code())
}

/// Documents whose words a device was sent.
pub(super) fn holdings(connection: &Connection, device: DeviceId) -> Result<Vec<DocumentId>> {
    connection
        .prepare_cached("SELECT conversation, kind FROM holding WHERE device = ?1")?
        .query_map([device.as_bytes()], |row| Columns::of(row).document())?
        .collect()
}

/// Devices that were sent words of a document.
pub(super) fn holders(connection: &Connection, document: DocumentId) -> Result<Vec<DeviceId>> {
    connection
        .prepare_cached("SELECT device FROM holding WHERE conversation = ?1 AND kind = ?2")?
        .query_map(params![document.conversation.as_bytes(), document.kind.code()], |row| {
            Columns::of(row).id(DeviceId::from_bytes)
        })?
        .collect()
}

/// The number of the newest recall.
pub(super) fn newest_erasure(connection: &Connection) -> Result<u64> {
    connection
        .prepare_cached("SELECT coalesce(max(number), 0) FROM erasure")?
        .query_row([], |row| Columns::of(row).number())
}

/// Recalls after `after` in the documents that a device holds, oldest first.
pub(super) fn erasures_for(
    connection: &Connection,
    device: DeviceId,
    after: u64,
) -> Result<Vec<Erasure>> {
    // From whichever side is shorter: a device that was away sees few recalls of many, a new one
    // holds few documents. CROSS JOIN keeps the order.
    let recalls = newest_erasure(connection)?.saturating_sub(after);
    let held: u64 = connection
        .prepare_cached("SELECT count(*) FROM holding WHERE device = ?1")?
        .query_row([device.as_bytes()], |row| Columns::of(row).number())?;
    let sql = if recalls <= held {
        "SELECT number, e.conversation, e.kind, message FROM erasure e CROSS JOIN holding h \
         ON h.device = ?1 AND h.conversation = e.conversation AND h.kind = e.kind \
         WHERE number > ?2 ORDER BY number"
    } else {
        "SELECT number, e.conversation, e.kind, message FROM holding h CROSS JOIN erasure e \
         ON e.conversation = h.conversation AND e.kind = h.kind \
         WHERE h.device = ?1 AND number > ?2 ORDER BY number"
    };
    connection
        .prepare_cached(sql)?
        .query_map(params![device.as_bytes(), integer(after)], |row| {
            let mut columns = Columns::of(row);
            Ok(Erasure {
                number: columns.number()?,
                document: columns.document()?,
                message: Some(columns.id(MessageId::from_bytes)?),
            })
        })?
        .collect()
}

/// Recalls after `after` in other conversations of the lines of what a device holds and of what
/// else it has, and in the latter, oldest first: each as one of the document that it has.
pub(super) fn erasures_near(
    connection: &Connection,
    device: DeviceId,
    has: &[ConversationId],
    after: u64,
) -> Result<Vec<Erasure>> {
    let held = holdings(connection, device)?.into_iter();
    let timelines = held.filter(|document| document.kind == DocumentKind::Timeline);
    let mut held = timelines.map(|document| document.conversation).peekable();
    if held.peek().is_none() && has.is_empty() {
        return Ok(Vec::new());
    }
    let kin = Kin::among(held.chain(has.iter().copied()));
    let mut known: HashMap<ConversationId, Vec<DocumentId>> = HashMap::new();
    let mut near = Vec::new();
    let mut recalls = connection.prepare_cached(
        "SELECT number, conversation, message FROM erasure \
         WHERE kind = 0 AND number > ?1 ORDER BY number",
    )?;
    let mut rows = recalls.query([integer(after)])?;
    while let Some(row) = rows.next()? {
        let mut columns = Columns::of(row);
        let number = columns.number()?;
        let conversation = columns.id(ConversationId::from_bytes)?;
        let message = Some(columns.id(MessageId::from_bytes)?);
        let documents = known.entry(conversation).or_insert_with(|| {
            let itself = has.contains(&conversation).then_some(conversation);
            kin.of(conversation).chain(itself).map(DocumentId::timeline).collect()
        });
        let order = |&document: &DocumentId| Erasure { number, document, message };
        near.extend(documents.iter().map(order));
    }
    Ok(near)
}

/// All recalls in a visitor's own timelines, oldest first.
pub(super) fn own_erasures(
    connection: &Connection,
    visitor: &[ParticipantId],
) -> Result<Vec<Erasure>> {
    let mut own = Vec::new();
    for id in visitor {
        let mut statement = connection.prepare_cached(
            "SELECT e.number, e.conversation, e.message FROM conversation c CROSS JOIN erasure e \
             ON e.conversation = c.id AND e.kind = 0 WHERE c.visitor = ?1",
        )?;
        let found = statement.query_map([id.as_bytes()], |row| {
            let mut columns = Columns::of(row);
            let number = columns.number()?;
            let document = DocumentId::timeline(columns.id(ConversationId::from_bytes)?);
            let message = Some(columns.id(MessageId::from_bytes)?);
            Ok(Erasure { number, document, message })
        })?;
        for erasure in found {
            own.push(erasure?);
        }
    }
    own.sort_unstable_by_key(|erasure| erasure.number);
    Ok(own)
}

/// Devices that count for a recall `e`: those that keep, and were sent words of its document. One
/// of which nothing else is known counts too.
const COUNTED: &str = "FROM holding h LEFT JOIN device d ON d.device = h.device \
     WHERE h.conversation = e.conversation AND h.kind = e.kind AND coalesce(d.keeping, 0) = 0";

/// How far recalls are carried out.
pub(super) fn progress(connection: &Connection, of: ProgressOf) -> Result<Vec<ErasureProgress>> {
    match of {
        ProgressOf::Message(document, message) => progress_where(
            connection,
            "e.conversation = ?1 AND e.kind = ?2 AND e.message = ?3",
            params![document.conversation.as_bytes(), document.kind.code(), message.as_bytes()],
        ),
        ProgressOf::Unfinished(participant) => progress_where(
            connection,
            &format!(
                "e.by = ?1 AND EXISTS (SELECT 1 {COUNTED} AND coalesce(d.erasures, 0) < e.number)"
            ),
            [participant.as_bytes()],
        ),
        ProgressOf::Device(device, after, up_to) => progress_where(
            connection,
            "e.number > ?2 AND e.number <= ?3 AND EXISTS (SELECT 1 FROM holding mine \
             WHERE mine.device = ?1 AND mine.conversation = e.conversation \
             AND mine.kind = e.kind)",
            params![device.as_bytes(), integer(after), integer(up_to)],
        ),
    }
}

fn progress_where(
    connection: &Connection,
    condition: &str,
    parameters: impl Params,
) -> Result<Vec<ErasureProgress>> {
    let sql = format!(
        "SELECT e.number, e.conversation, e.kind, e.message, e.by, \
         (SELECT count(*) {COUNTED} AND coalesce(d.erasures, 0) >= e.number), \
         (SELECT count(*) {COUNTED}), \
         (SELECT min(d.heard_at) {COUNTED} AND coalesce(d.erasures, 0) < e.number) \
         FROM erasure e WHERE {condition} ORDER BY e.number"
    );
    connection.prepare_cached(&sql)?.query_map(parameters, read_progress)?.collect()
}

fn read_progress(row: &Row<'_>) -> Result<ErasureProgress> {
    let mut columns = Columns::of(row);
    Ok(ErasureProgress {
        number: columns.number()?,
        document: columns.document()?,
        message: columns.id(MessageId::from_bytes)?,
        by: columns.id(ParticipantId::from_bytes)?,
        done: columns.plain()?,
        devices: columns.plain()?,
        longest_away: columns.plain::<Option<i64>>()?.map(Timestamp::from_millis),
    })
}
