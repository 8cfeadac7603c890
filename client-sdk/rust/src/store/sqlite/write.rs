//! Carrying writes out inside one transaction. Keys of what is sealed go into the keyring as they
//! come up; the caller flushes them before it commits.

use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{DeviceId, DocumentId, DocumentKind, MessageId, RevisionId};
use rejoinder_core::keyring::{Keyring, Slot};
use rejoinder_core::replica::plan::place;
use rejoinder_core::replica::record::{DraftPlace, Waiting, Write};
use rejoinder_core::sealing::{Sealed, SealingKey, seal};
use rejoinder_core::wire::LogEntry;
use rusqlite::{Connection, Params, params};

use super::schema::set_meta;
use super::{identity_place, message_column};
use crate::store::keyring_file::KeyringFile;
use crate::store::{StoreError, brings, encode};

/// A transaction under way, and where its keys go.
pub(super) struct Writer<'a> {
    /// The transaction.
    pub(super) tx: &'a Connection,
    /// Where keys are put.
    pub(super) keyring: &'a mut Keyring<KeyringFile>,
    /// What keys are drawn from.
    pub(super) dice: &'a mut Dice,
    /// The keys that were put: to be erased again when nothing comes of the transaction.
    pub(super) put: &'a mut Vec<Slot>,
}

impl Writer<'_> {
    /// Carries one write out.
    ///
    /// # Errors
    /// [`StoreError`]; then the transaction is to be rolled back.
    pub(super) fn carry_out(&mut self, write: Write) -> Result<(), StoreError> {
        match write {
            Write::Identity(identity) => self.keep_identity(&encode(identity)),
            Write::Cursors(cursors) => set_meta(self.tx, "cursors", &encode(cursors)),
            Write::Feed(row) => self.run(
                "INSERT INTO feed VALUES (?1, ?2)
                 ON CONFLICT (conversation) DO UPDATE SET row = ?2",
                params![row.conversation.as_bytes(), encode(&row)],
            ),
            Write::ForgetFeed => self.run("DELETE FROM feed", []),
            Write::Entries(document, entries) => self.append(document, &entries),
            Write::Replace(document, entries) => {
                let id = self.made(document)?;
                self.run("DELETE FROM entry WHERE document = ?1", [id])?;
                self.append(document, &entries)
            }
            Write::Waiting(document, waiting) => self.keep_waiting(document, &waiting),
            Write::Settled(document, operation) => self.run_in(
                document,
                "DELETE FROM outbox WHERE document = ?1 AND operation = ?2",
                operation.as_bytes(),
            ),
            Write::Words(document, revision) => self.keep_words(document, &revision),
            Write::EraseWords(document, revision) => self.erase_words(document, revision),
            Write::Recalled(document, message) => self.recall(document, message),
            Write::Draft(at, text) => self.keep_draft(at, text.as_deref()),
            Write::Seen(document, participant, seq) => {
                let id = self.made(document)?;
                self.run(
                    "INSERT INTO seen VALUES (?1, ?2, ?3) ON CONFLICT (document, participant)
                     DO UPDATE SET seq = max(seq, ?3)",
                    params![id, participant.as_bytes(), place(seq)?],
                )
            }
            Write::DropDocument(document) => self.drop_document(document),
            Write::Wipe => self.wipe(),
        }
    }

    fn append(&self, document: DocumentId, entries: &[LogEntry]) -> Result<(), StoreError> {
        let id = self.made(document)?;
        let mut statement =
            self.tx.prepare_cached("INSERT OR IGNORE INTO entry VALUES (?1, ?2, ?3, ?4)")?;
        for entry in entries {
            let at = entry.at.as_millis();
            statement.execute(params![id, place(entry.seq)?, at, entry.change])?;
        }
        Ok(())
    }

    fn keep_waiting(&self, document: DocumentId, waiting: &Waiting) -> Result<(), StoreError> {
        let id = self.made(document)?;
        let revision = brings(waiting);
        self.run(
            "INSERT INTO outbox (document, operation, revision, waiting) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (document, operation) DO UPDATE SET revision = ?3, waiting = ?4",
            params![
                id,
                waiting.submission.id.as_bytes(),
                revision.as_ref().map(|revision| revision.as_bytes()),
                encode(waiting),
            ],
        )
    }

    fn keep_identity(&mut self, identity: &[u8]) -> Result<(), StoreError> {
        self.run("DELETE FROM identity", [])?;
        let (slot, sealed) = self.seal(identity_place(), identity)?;
        self.run(
            "INSERT INTO identity VALUES (1, ?1, ?2, ?3)",
            params![slot.index, slot.key.as_bytes(), sealed],
        )
    }

    fn keep_words(&mut self, document: DocumentId, revision: &Revision) -> Result<(), StoreError> {
        let id = self.made(document)?;
        self.erase_words(document, revision.id)?;
        let place = Sealed::Revision { document, message: revision.message, revision: revision.id };
        let (slot, sealed) = self.seal(place, &encode(revision))?;
        self.run(
            "INSERT INTO words VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                id,
                revision.id.as_bytes(),
                revision.message.as_bytes(),
                slot.index,
                slot.key.as_bytes(),
                sealed,
            ],
        )
    }

    fn erase_words(&self, document: DocumentId, revision: RevisionId) -> Result<(), StoreError> {
        self.run_in(
            document,
            "DELETE FROM words WHERE document = ?1 AND revision = ?2",
            revision.as_bytes(),
        )
    }

    fn recall(&self, document: DocumentId, message: MessageId) -> Result<(), StoreError> {
        self.made(document)?;
        for sql in [
            "INSERT OR IGNORE INTO recalled VALUES (?1, ?2)",
            "DELETE FROM words WHERE document = ?1 AND message = ?2",
            "DELETE FROM draft WHERE document = ?1 AND message = ?2",
        ] {
            self.run_in(document, sql, message.as_bytes())?;
        }
        Ok(())
    }

    fn keep_draft(&mut self, at: DraftPlace, text: Option<&str>) -> Result<(), StoreError> {
        let (document, message) = (at.document, message_column(at.message.as_ref()));
        self.run_in(document, "DELETE FROM draft WHERE document = ?1 AND message = ?2", message)?;
        let Some(text) = text else { return Ok(()) };
        let id = self.made(document)?;
        let (slot, sealed) = self.seal(Sealed::Draft { document }, text.as_bytes())?;
        self.run(
            "INSERT INTO draft VALUES (?1, ?2, ?3, ?4, ?5)",
            params![id, message, slot.index, slot.key.as_bytes(), sealed],
        )
    }

    fn drop_document(&self, document: DocumentId) -> Result<(), StoreError> {
        if document.kind == DocumentKind::Timeline {
            // Nothing is left that a row of the feed could lead to.
            self.run(
                "DELETE FROM feed WHERE conversation = ?1",
                [document.conversation.as_bytes()],
            )?;
        }
        let Some(id) = self.known(document)? else { return Ok(()) };
        for sql in [
            "DELETE FROM entry WHERE document = ?1",
            "DELETE FROM draft WHERE document = ?1",
            "DELETE FROM seen WHERE document = ?1",
            "DELETE FROM recalled WHERE document = ?1",
            "DELETE FROM words WHERE document = ?1 AND revision NOT IN
             (SELECT revision FROM outbox WHERE document = ?1 AND revision IS NOT NULL)",
            "DELETE FROM document WHERE id = ?1
             AND NOT EXISTS (SELECT 1 FROM outbox WHERE document = ?1)",
        ] {
            self.run(sql, [id])?;
        }
        Ok(())
    }

    fn wipe(&mut self) -> Result<(), StoreError> {
        self.tx.execute_batch(
            "DELETE FROM words; DELETE FROM draft; DELETE FROM identity; DELETE FROM outbox;
             DELETE FROM entry; DELETE FROM seen; DELETE FROM recalled; DELETE FROM document;
             DELETE FROM feed; DELETE FROM meta WHERE name = 'cursors';",
        )?;
        // Keys that no row named go too.
        for slot in self.keyring.keys() {
            self.run(
                "INSERT OR IGNORE INTO erasure_pending VALUES (?1, ?2)",
                params![slot.index, slot.key.as_bytes()],
            )?;
        }
        // What this installation becomes is another device to the server.
        set_meta(self.tx, "device", DeviceId::random(self.dice).as_bytes())
    }

    /// Seals under a new key, which stands in the keyring when this returns.
    fn seal(&mut self, what: Sealed, plain: &[u8]) -> Result<(Slot, Vec<u8>), StoreError> {
        let key = SealingKey::random(self.dice);
        let slot = self.keyring.put(&key, self.dice)?;
        self.put.push(slot);
        Ok((slot, seal(&key, what, plain, self.dice)))
    }

    /// The row of a document, made if there is none.
    fn made(&self, document: DocumentId) -> Result<i64, StoreError> {
        if let Some(id) = self.known(document)? {
            return Ok(id);
        }
        self.run(
            "INSERT INTO document (conversation, kind) VALUES (?1, ?2)",
            params![document.conversation.as_bytes(), document.kind.code()],
        )?;
        Ok(self.tx.last_insert_rowid())
    }

    /// The row of a document, if there is one.
    fn known(&self, document: DocumentId) -> Result<Option<i64>, StoreError> {
        super::read::document_row(self.tx, document)
    }

    /// Runs a statement about something in a document; there is nothing in one without a row.
    fn run_in(&self, document: DocumentId, sql: &str, what: &[u8]) -> Result<(), StoreError> {
        self.known(document)?.map_or(Ok(()), |id| self.run(sql, params![id, what]))
    }

    fn run(&self, sql: &str, params: impl Params) -> Result<(), StoreError> {
        self.tx.prepare_cached(sql)?.execute(params)?;
        Ok(())
    }
}
