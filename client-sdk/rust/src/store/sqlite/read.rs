//! Reading rows, and unsealing those that are sealed.

use std::collections::BTreeSet;

use minicbor::Decode;
use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::id::{
    ConversationId, DeviceId, DocumentId, DocumentKind, KeyId, MessageId, ParticipantId,
    RevisionId, Seq,
};
use rejoinder_core::keyring::{Found, Keyring, Slot};
use rejoinder_core::replica::record::{Cursors, Identity, Saved, SavedDocument, Waiting};
use rejoinder_core::sealing::{Sealed, open};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::LogEntry;
use rusqlite::{Connection, OptionalExtension as _, Row};

use super::error::damaged;
use super::identity_place;
use super::schema::meta_id;
use crate::store::keyring_file::KeyringFile;
use crate::store::{StoreError, brings};

/// The database and the keys to what is sealed in it.
pub(super) struct Reader<'a> {
    /// The database.
    pub(super) db: &'a Connection,
    /// The keys.
    pub(super) keyring: &'a mut Keyring<KeyringFile>,
}

impl Reader<'_> {
    /// What there is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) fn saved(&mut self) -> Result<Saved, StoreError> {
        let cursors: Option<Vec<u8>> = self
            .db
            .prepare_cached("SELECT value FROM meta WHERE name = 'cursors'")?
            .query_row([], |row| row.get(0))
            .optional()?;
        let feed = rows(self.db, "SELECT row FROM feed ORDER BY conversation", [], |row| {
            row.get::<_, Vec<u8>>(0)
        })?;
        Ok(Saved {
            device: DeviceId::from_bytes(meta_id(self.db, "device")?),
            identity: self.identity()?,
            cursors: cursors
                .map_or_else(|| Ok(Cursors::default()), |bytes| decode(&bytes, "cursors"))?,
            feed: feed.iter().map(|bytes| decode(bytes, "feed")).collect::<Result<_, _>>()?,
            waiting: self.waiting_documents()?,
            documents: self.documents()?,
        })
    }

    fn identity(&mut self) -> Result<Option<Identity>, StoreError> {
        let sql = "SELECT slot, key, sealed FROM identity";
        let row = rows(self.db, sql, [], |row| Ok((slot(row, 0)?, row.get::<_, Vec<u8>>(2)?)))?;
        let Some((slot, sealed)) = row.into_iter().next() else { return Ok(None) };
        let Unsealed::Plain(bytes) = self.unseal(slot, identity_place(), &sealed)? else {
            return Err(damaged(format_args!(
                "the key of the log-in is missing from client.keyring, or damaged"
            )));
        };
        decode(&bytes, "identity").map(Some)
    }

    fn waiting_documents(&self) -> Result<Vec<DocumentId>, StoreError> {
        let sql = "SELECT conversation, kind FROM document
                   WHERE EXISTS (SELECT 1 FROM outbox WHERE document = document.id)
                   ORDER BY conversation, kind";
        rows(self.db, sql, [], document)
    }

    fn documents(&self) -> Result<Vec<(DocumentId, Seq)>, StoreError> {
        let sql = "SELECT conversation, kind,
                          coalesce((SELECT max(seq) FROM entry WHERE document = d.id), 0)
                   FROM document d
                   WHERE EXISTS (SELECT 1 FROM entry WHERE document = d.id)
                      OR EXISTS (SELECT 1 FROM outbox WHERE document = d.id)
                      OR EXISTS (SELECT 1 FROM words WHERE document = d.id)
                      OR EXISTS (SELECT 1 FROM draft WHERE document = d.id)
                      OR EXISTS (SELECT 1 FROM recalled WHERE document = d.id)
                      OR EXISTS (SELECT 1 FROM seen WHERE document = d.id)
                   ORDER BY conversation, kind";
        rows(self.db, sql, [], |row| Ok((document(row)?, seq(row, 2)?)))
    }

    /// What there is of one document.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when something is damaged that cannot be fetched again.
    pub(super) fn document(&mut self, document: DocumentId) -> Result<SavedDocument, StoreError> {
        let Some(id) = document_row(self.db, document)? else {
            return Ok(SavedDocument::default());
        };
        let sql = "SELECT seq, at, change FROM entry WHERE document = ?1 ORDER BY seq";
        let entries = rows(self.db, sql, [id], |row| {
            let at = Timestamp::from_millis(row.get(1)?);
            Ok(LogEntry { seq: seq(row, 0)?, at, change: row.get(2)? })
        })?;
        let sql = "SELECT waiting FROM outbox WHERE document = ?1 ORDER BY place";
        let waiting: Vec<Waiting> = rows(self.db, sql, [id], |row| row.get::<_, Vec<u8>>(0))?
            .iter()
            .map(|bytes| decode(bytes, "outbox"))
            .collect::<Result<_, _>>()?;
        let sql = "SELECT message FROM recalled WHERE document = ?1 ORDER BY message";
        let recalled = rows(self.db, sql, [id], |row| row.get(0).map(MessageId::from_bytes))?;
        let sql = "SELECT participant, seq FROM seen WHERE document = ?1 ORDER BY participant";
        let seen = rows(self.db, sql, [id], |row| {
            Ok((ParticipantId::from_bytes(row.get(0)?), seq(row, 1)?))
        })?;
        let words = self.words(document, id, &waiting)?;
        let drafts = self.drafts(document, id)?;
        Ok(SavedDocument { entries, waiting, recalled, words, drafts, seen })
    }

    fn words(
        &mut self,
        document: DocumentId,
        id: i64,
        waiting: &[Waiting],
    ) -> Result<Vec<Revision>, StoreError> {
        let sql = "SELECT revision, message, slot, key, sealed FROM words
                   WHERE document = ?1 ORDER BY revision";
        let sealed = rows(self.db, sql, [id], |row| {
            let revision = RevisionId::from_bytes(row.get(0)?);
            let message = MessageId::from_bytes(row.get(1)?);
            Ok((revision, message, slot(row, 2)?, row.get::<_, Vec<u8>>(4)?))
        })?;
        let unsent: BTreeSet<RevisionId> = waiting.iter().filter_map(brings).collect();
        let mut words = Vec::with_capacity(sealed.len());
        for (revision, message, slot, sealed) in sealed {
            let place = Sealed::Revision { document, message, revision };
            match self.unseal(slot, place, &sealed)? {
                Unsealed::Plain(bytes) => words.push(decode(&bytes, "words")?),
                Unsealed::Erased => {}
                // The server has them too: they are missing here, and so are fetched again.
                Unsealed::Damaged if !unsent.contains(&revision) => {
                    tracing::warn!(%document, %revision, "words are damaged and left out");
                }
                Unsealed::Damaged => {
                    return Err(damaged(format_args!(
                        "words of revision {revision} in {document}, which were not sent yet"
                    )));
                }
            }
        }
        Ok(words)
    }

    fn drafts(
        &mut self,
        document: DocumentId,
        id: i64,
    ) -> Result<Vec<(Option<MessageId>, String)>, StoreError> {
        let sql = "SELECT message, slot, key, sealed FROM draft
                   WHERE document = ?1 ORDER BY message";
        let sealed = rows(self.db, sql, [id], |row| {
            let message = match row.get_ref(0)?.as_blob()? {
                [] => None,
                _ => Some(MessageId::from_bytes(row.get(0)?)),
            };
            Ok((message, slot(row, 1)?, row.get::<_, Vec<u8>>(3)?))
        })?;
        let mut drafts = Vec::with_capacity(sealed.len());
        for (message, slot, sealed) in sealed {
            let broken = || damaged(format_args!("a draft in {document}"));
            match self.unseal(slot, Sealed::Draft { document }, &sealed)? {
                Unsealed::Plain(bytes) => {
                    drafts.push((message, String::from_utf8(bytes).map_err(|_| broken())?));
                }
                Unsealed::Erased => {}
                Unsealed::Damaged => return Err(broken()),
            }
        }
        Ok(drafts)
    }

    fn unseal(&mut self, slot: Slot, what: Sealed, sealed: &[u8]) -> Result<Unsealed, StoreError> {
        Ok(match self.keyring.get(slot)? {
            Found::Key(key) => open(&key, what, sealed).map_or(Unsealed::Damaged, Unsealed::Plain),
            Found::Erased => Unsealed::Erased,
            Found::Damaged => Unsealed::Damaged,
        })
    }
}

/// What a sealed row turns out to be.
enum Unsealed {
    Plain(Vec<u8>),
    Erased,
    Damaged,
}

/// The row of a document, if there is one.
pub(super) fn document_row(
    db: &Connection,
    document: DocumentId,
) -> Result<Option<i64>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT id FROM document WHERE conversation = ?1 AND kind = ?2")?;
    let id = statement
        .query_row((document.conversation.as_bytes(), document.kind.code()), |row| row.get(0));
    Ok(id.optional()?)
}

/// Whether a message was recalled.
pub(super) fn was_recalled(
    db: &Connection,
    document: DocumentId,
    message: MessageId,
) -> Result<bool, StoreError> {
    let Some(id) = document_row(db, document)? else { return Ok(false) };
    let mut statement =
        db.prepare_cached("SELECT 1 FROM recalled WHERE document = ?1 AND message = ?2")?;
    Ok(statement.exists((id, message.as_bytes()))?)
}

/// Keys that are to be overwritten.
pub(super) fn pending(db: &Connection) -> Result<Vec<Slot>, StoreError> {
    rows(db, "SELECT slot, key FROM erasure_pending", [], |row| slot(row, 0))
}

/// Keys that rows need.
pub(super) fn needed(db: &Connection) -> Result<BTreeSet<Slot>, StoreError> {
    let sql = "SELECT slot, key FROM words UNION ALL SELECT slot, key FROM draft
               UNION ALL SELECT slot, key FROM identity";
    Ok(rows(db, sql, [], |row| slot(row, 0))?.into_iter().collect())
}

fn rows<T>(
    db: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params, read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn document(row: &Row<'_>) -> rusqlite::Result<DocumentId> {
    let code = row.get(1)?;
    let kind = DocumentKind::from_code(code)
        .ok_or(rusqlite::Error::IntegralValueOutOfRange(1, i64::from(code)))?;
    Ok(DocumentId { conversation: ConversationId::from_bytes(row.get(0)?), kind })
}

fn slot(row: &Row<'_>, column: usize) -> rusqlite::Result<Slot> {
    Ok(Slot { index: row.get(column)?, key: KeyId::from_bytes(row.get(column + 1)?) })
}

fn seq(row: &Row<'_>, column: usize) -> rusqlite::Result<Seq> {
    row.get::<_, i64>(column).map(|seq| Seq(seq.unsigned_abs()))
}

fn decode<'b, T: Decode<'b, ()>>(bytes: &'b [u8], table: &str) -> Result<T, StoreError> {
    minicbor::decode(bytes).map_err(|_| damaged(format_args!("a row of client.db in {table}")))
}
