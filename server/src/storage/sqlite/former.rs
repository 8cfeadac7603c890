//! Former words, of sites that keep them: set aside in the commit that takes them out of the words
//! there are, read for the team alone, and erased when the site keeps them no more.

use rejoinder_core::id::{ConversationId, DocumentId, MessageId, RevisionId, SiteId};
use rejoinder_core::keyring::Slot;
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Result, params};

use super::append::SealedWords;
use super::group::is_one_s_own;
use super::pending::erase_rows;
use super::read::WordsRow;
use super::rows::{Columns, integer};

/// Former words that one write erases: the keys of so many are overwritten while others wait.
const AT_ONCE: usize = 1_000;

/// Moves the words of a revision that was superseded, key and all, and says whether they stand
/// among the former ones now. Words that cannot be moved are to be erased: they must not refuse an
/// edit.
pub(super) fn set_aside(
    connection: &Connection,
    document: DocumentId,
    revision: RevisionId,
    since: Timestamp,
) -> Result<bool> {
    let run = |sql| connection.prepare_cached(sql)?.execute([]).map(drop);
    run("SAVEPOINT aside")?;
    let moved = match move_row(connection, document, revision, since) {
        Ok(moved) => moved,
        Err(error) if connection.is_autocommit() || !is_one_s_own(&error) => return Err(error),
        Err(_) => {
            run("ROLLBACK TO aside")?;
            false
        }
    };
    run("RELEASE aside")?;
    Ok(moved)
}

fn move_row(
    connection: &Connection,
    document: DocumentId,
    revision: RevisionId,
    since: Timestamp,
) -> Result<bool> {
    let (conversation, kind) = (document.conversation.as_bytes(), document.kind.code());
    let moved = connection
        .prepare_cached(
            "INSERT INTO former (conversation, kind, revision, message, slot, key, sealed, site, \
             since) SELECT w.conversation, w.kind, w.revision, w.message, w.slot, w.key, w.sealed, \
             c.site, ?4 FROM words AS w JOIN conversation AS c ON c.id = w.conversation \
             WHERE w.conversation = ?1 AND w.kind = ?2 AND w.revision = ?3 \
             AND NOT EXISTS (SELECT 1 FROM tombstone AS t WHERE t.conversation = ?1 \
             AND t.kind = ?2 AND t.message = w.message) \
             AND NOT EXISTS (SELECT 1 FROM erasure_pending AS p WHERE p.conversation = ?1 \
             AND p.kind = ?2 AND p.revision = ?3)",
        )?
        .execute(params![conversation, kind, revision.as_bytes(), since.as_millis()])?;
    if moved == 0 {
        return Ok(false);
    }
    connection
        .prepare_cached(
            "DELETE FROM words WHERE conversation = ?1 AND kind = ?2 AND revision = ?3",
        )?
        .execute(params![conversation, kind, revision.as_bytes()])?;
    Ok(true)
}

/// Keeps words that are former ones from the first, unless their message was recalled or they are
/// there already.
pub(super) fn keep(
    connection: &Connection,
    conversation: ConversationId,
    words: &SealedWords,
    since: Timestamp,
) -> Result<bool> {
    let kept = connection
        .prepare_cached(
            "INSERT INTO former (conversation, kind, revision, message, slot, key, sealed, site, \
             since) SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, site, ?8 FROM conversation WHERE id = ?1 \
             AND NOT EXISTS (SELECT 1 FROM tombstone \
             WHERE conversation = ?1 AND kind = ?2 AND message = ?4) \
             AND NOT EXISTS (SELECT 1 FROM words \
             WHERE conversation = ?1 AND kind = ?2 AND revision = ?3) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            conversation.as_bytes(),
            words.kind.code(),
            words.revision.as_bytes(),
            words.message.as_bytes(),
            words.slot.index,
            words.slot.key.as_bytes(),
            words.sealed,
            since.as_millis(),
        ])?;
    Ok(kept == 1)
}

/// The former words of a message that were set aside since a moment, without those that are being
/// erased.
pub(super) fn of_message(
    connection: &Connection,
    document: DocumentId,
    message: MessageId,
    since: Timestamp,
) -> Result<Vec<WordsRow>> {
    connection
        .prepare_cached(
            "SELECT revision, slot, key, sealed FROM former AS f INDEXED BY former_message \
             WHERE conversation = ?1 AND kind = ?2 AND message = ?3 AND since = ?4 \
             AND NOT EXISTS (SELECT 1 FROM erasure_pending AS p \
             WHERE p.conversation = ?1 AND p.kind = ?2 AND p.revision = f.revision)",
        )?
        .query_map(
            params![
                document.conversation.as_bytes(),
                document.kind.code(),
                message.as_bytes(),
                since.as_millis()
            ],
            |row| {
                let mut columns = Columns::of(row);
                let revision = columns.id(RevisionId::from_bytes)?;
                let slot = columns.slot()?;
                Ok(WordsRow { revision, message, slot, sealed: columns.plain()? })
            },
        )?
        .collect()
}

/// What follows `FROM` for the former words of a site that were set aside under one beginning.
/// Those that are being erased already are left out, or one whose row is damaged would be erased
/// again and again.
const BEGUN: &str = "former INDEXED BY former_site WHERE site = ?1 AND since = ?2 \
     AND NOT EXISTS (SELECT 1 FROM erasure_pending AS p WHERE p.conversation = former.conversation \
     AND p.kind = former.kind AND p.revision = former.revision)";

/// Under which beginnings, of which sites, former words stand.
pub(super) fn beginnings(connection: &Connection) -> Result<Vec<(SiteId, Timestamp)>> {
    // From one to the next: of each there may be many rows.
    let mut next = connection.prepare_cached(
        "SELECT site, since FROM former INDEXED BY former_site WHERE (site, since) > (?1, ?2) \
         ORDER BY site, since LIMIT 1",
    )?;
    let (mut all, mut last) = (Vec::new(), (Vec::new(), i64::MIN));
    loop {
        let found = next.query_row(params![last.0, last.1], |row| {
            let mut columns = Columns::of(row);
            Ok((columns.id(SiteId::from_bytes)?, columns.plain::<i64>()?))
        });
        let Some((site, since)) = found.optional()? else { return Ok(all) };
        last = (site.as_bytes().to_vec(), since);
        all.push((site, Timestamp::from_millis(since)));
    }
}

/// Whether a site has former words that were set aside under this beginning.
pub(super) fn are_left(connection: &Connection, site: SiteId, since: Timestamp) -> Result<bool> {
    connection
        .prepare_cached(&format!("SELECT 1 FROM {BEGUN} LIMIT 1"))?
        .exists(params![site.as_bytes(), since.as_millis()])
}

/// Puts some of them among those to erase, deletes their rows, and returns their keys.
pub(super) fn forget(connection: &Connection, site: SiteId, since: Timestamp) -> Result<Vec<Slot>> {
    let revisions = connection
        .prepare_cached(&format!("SELECT conversation, kind, revision FROM {BEGUN} LIMIT ?3"))?
        .query_map(params![site.as_bytes(), since.as_millis(), integer(AT_ONCE as u64)], |row| {
            let mut columns = Columns::of(row);
            Ok((columns.document()?, columns.id(RevisionId::from_bytes)?))
        })?
        .collect::<Result<Vec<(DocumentId, RevisionId)>>>()?;
    let mut slots = Vec::new();
    for (document, revision) in revisions {
        let (conversation, kind) = (document.conversation.as_bytes(), document.kind.code());
        slots.extend(erase_rows(
            connection,
            "former WHERE conversation = ?1 AND kind = ?2 AND revision = ?3",
            params![conversation, kind, revision.as_bytes()],
        )?);
    }
    Ok(slots)
}
