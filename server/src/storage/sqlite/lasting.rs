//! Conversations in which nothing has happened for long.

use rejoinder_core::conversation::layout::Status;
use rejoinder_core::id::{ConversationId, SiteId};
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, Result, params};

use super::rows::{Columns, integer};
use crate::storage::Expired;

/// Open conversations of a site in a status, in which nothing has happened since a moment, with
/// their places in the feed.
pub(super) fn silent(
    connection: &Connection,
    site: SiteId,
    status: Status,
    before: Timestamp,
) -> Result<Vec<(ConversationId, u64)>> {
    connection
        .prepare_cached(
            "SELECT id, feed FROM conversation INDEXED BY conversation_open \
             WHERE closed = 0 AND status = ?1 AND site = ?2 AND at < ?3",
        )?
        .query_map(params![status.code(), site.as_bytes(), before.as_millis()], |row| {
            let mut columns = Columns::of(row);
            Ok((columns.id(ConversationId::from_bytes)?, columns.number()?))
        })?
        .collect()
}

/// Closed conversations of a site, in which nothing has happened since a moment, of which words are
/// left. Those of which some were taken back already are the first.
pub(super) fn expired(
    connection: &Connection,
    site: SiteId,
    before: Timestamp,
    but_for: usize,
    at_most: usize,
) -> Result<Vec<Expired>> {
    let of_site = params![site.as_bytes(), before.as_millis()];
    let begun: u64 = connection
        .prepare_cached("SELECT count(*) FROM expiring WHERE site = ?1 AND at < ?2")?
        .query_row(of_site, |row| Columns::of(row).number())?;
    let begun = usize::try_from(begun).unwrap_or(usize::MAX);
    let read = |sql: &str, is_begun, at_most: usize, but_for: usize| -> Result<Vec<Expired>> {
        let (at_most, but_for) = (integer(at_most as u64), integer(but_for as u64));
        connection
            .prepare_cached(sql)?
            .query_map(params![site.as_bytes(), before.as_millis(), at_most, but_for], |row| {
                let mut columns = Columns::of(row);
                let conversation = columns.id(ConversationId::from_bytes)?;
                let until = Timestamp::from_millis(columns.plain()?);
                Ok(Expired { conversation, until, begun: is_begun })
            })?
            .collect()
    };
    let mut all = read(
        "SELECT conversation, at FROM expiring WHERE site = ?1 AND at < ?2 \
         ORDER BY at, conversation LIMIT ?3 OFFSET ?4",
        true,
        at_most,
        but_for,
    )?;
    all.extend(read(
        "SELECT id, at FROM conversation AS c INDEXED BY conversation_closed \
         WHERE closed = 1 AND site = ?1 AND at < ?2 \
         AND (EXISTS (SELECT 1 FROM words WHERE conversation = c.id) \
         OR EXISTS (SELECT 1 FROM former WHERE conversation = c.id)) \
         AND NOT EXISTS (SELECT 1 FROM expiring WHERE conversation = c.id) \
         ORDER BY at, id LIMIT ?3 OFFSET ?4",
        false,
        at_most - all.len(),
        but_for.saturating_sub(begun),
    )?);
    Ok(all)
}

/// Words of a conversation are being taken back for their age, or no longer.
pub(super) fn keep_expiring(
    connection: &Connection,
    conversation: ConversationId,
    until: Option<Timestamp>,
) -> Result<()> {
    let id = conversation.as_bytes();
    match until {
        Some(until) => connection
            .prepare_cached(
                "INSERT INTO expiring (conversation, site, at) \
                 SELECT id, site, ?2 FROM conversation WHERE id = ?1 ON CONFLICT DO NOTHING",
            )?
            .execute(params![id, until.as_millis()]),
        None => {
            connection.prepare_cached("DELETE FROM expiring WHERE conversation = ?1")?.execute([id])
        }
    }
    .map(drop)
}

/// Conversations of a site that are not gone with it.
pub(super) fn there(
    connection: &Connection,
    site: SiteId,
    but_for: usize,
    at_most: usize,
) -> Result<Vec<ConversationId>> {
    let (at_most, but_for) = (integer(at_most as u64), integer(but_for as u64));
    connection
        .prepare_cached(
            "SELECT id FROM conversation INDEXED BY conversation_there \
             WHERE gone_at IS NULL AND site = ?1 ORDER BY id LIMIT ?2 OFFSET ?3",
        )?
        .query_map(params![site.as_bytes(), at_most, but_for], |row| {
            Columns::of(row).id(ConversationId::from_bytes)
        })?
        .collect()
}

/// A conversation is gone with its site.
pub(super) fn keep_gone(
    connection: &Connection,
    conversation: ConversationId,
    at: Timestamp,
) -> Result<()> {
    connection
        .prepare_cached("UPDATE conversation SET gone_at = coalesce(gone_at, ?2) WHERE id = ?1")?
        .execute(params![conversation.as_bytes(), at.as_millis()])
        .map(drop)
}

/// When a conversation was gone with its site the last time.
pub(super) fn newest_gone(connection: &Connection) -> Result<Option<Timestamp>> {
    connection
        .prepare_cached(
            "SELECT max(gone_at) FROM conversation INDEXED BY conversation_gone \
             WHERE gone_at IS NOT NULL",
        )?
        .query_row([], |row| row.get::<_, Option<i64>>(0))
        .map(|at| at.map(Timestamp::from_millis))
}
