//! A client's store as rows of bytes: a table from keys to values that somebody else keeps, such
//! as IndexedDB, and a keyring on a medium that is overwritten in place.
//!
//! # How to drive it
//! Nothing here waits for the table. [`Rows::plan`] turns the session's writes into a [`Batch`];
//! the keys of its words are durable when it returns. Whoever keeps the table commits the batch as
//! a whole, and then calls [`Rows::committed`], which overwrites the keys of what was erased. A
//! batch that could not be committed means that the `Rows` are thrown away and made anew from the
//! table: keys without rows are overwritten then.

pub mod key;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{
    DatabaseId, DeviceId, DocumentId, DocumentKind, Epoch, MessageId, OperationId, RevisionId,
};
use rejoinder_core::keyring::{Blocks, Keyring, KeyringError, Owner, Slot};
use rejoinder_core::replica::plan::{NoPlace, plan};
use rejoinder_core::replica::record::{DraftPlace, Waiting, Write};
use rejoinder_core::sealing::{Sealed, SealingKey, seal};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::LogEntry;

use self::key::{Key, Named, Part, Single};

/// The version of the rows' layout.
const VERSION: u8 = 1;

/// Which words the table may keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// All, sealed: the keyring can be overwritten in place.
    All,
    /// Only what its author has not sent yet. For places where erased keys may stay readable: what
    /// others said is never written there, and what was sent goes.
    Unsent,
}

/// What a table is to do: all of it or nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Everything that is there goes first.
    pub clear: bool,
    /// Rows to put, with their value, and rows to delete.
    pub changes: BTreeMap<Key, Option<Vec<u8>>>,
    /// Keys that are overwritten once the table has done it.
    shred: Vec<Slot>,
}

impl Batch {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.clear && self.changes.is_empty()
    }
}

/// Why rows cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowsError {
    /// Keyring and rows do not belong together, or one of them is damaged.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// The keyring's medium fails.
    #[error("the store failed: {0}")]
    Failed(String),
}

impl From<NoPlace> for RowsError {
    fn from(error: NoPlace) -> Self {
        Self::Failed(error.to_string())
    }
}

impl<E: core::fmt::Display> From<KeyringError<E>> for RowsError {
    fn from(error: KeyringError<E>) -> Self {
        match error {
            KeyringError::Medium(error) => Self::Failed(error.to_string()),
            other => Self::Damaged(other.to_string()),
        }
    }
}

/// The rows of a client's store, by their keys, and its keyring.
#[derive(Debug)]
pub struct Rows<B> {
    index: BTreeSet<Key>,
    keyring: Keyring<B>,
    words: Words,
    dice: Dice,
    /// Rows of keys that are overwritten by now: deleted with the next batch.
    done: Vec<Key>,
}

impl<B: Blocks> Rows<B> {
    /// Opens the rows with these keys: all there are. `head` has the rows whose keys lie before
    /// [`Self::first_document`]. What a crash interrupted is finished.
    ///
    /// The batch is to be committed before anything else; it is empty unless the rows are new.
    ///
    /// # Errors
    /// [`RowsError::Damaged`] when rows and keyring do not belong together, and then nothing was
    /// changed; [`RowsError::Failed`].
    pub fn open(
        keys: impl IntoIterator<Item = Key>,
        head: &BTreeMap<Key, Vec<u8>>,
        mut blocks: B,
        words: Words,
        mut dice: Dice,
    ) -> Result<(Self, Batch), RowsError> {
        let index: BTreeSet<Key> = keys.into_iter().collect();
        let mut batch = Batch::default();
        let owner = match head.get(&key::single(Single::Database)) {
            Some(bytes) => read::owner(bytes)?,
            None if index.is_empty() => {
                Owner { database: DatabaseId::random(&mut dice), epoch: Epoch::random(&mut dice) }
            }
            None => return Err(RowsError::Damaged("the rows have no id".to_owned())),
        };
        let needed: BTreeSet<Slot> = index.iter().filter_map(|key| needs(key)).collect();
        let blank = blocks.is_empty().map_err(|e| RowsError::Failed(e.to_string()))?;
        if blank && !needed.is_empty() {
            return Err(RowsError::Damaged("the keyring is missing".to_owned()));
        }
        let keyring = Keyring::open(blocks, owner)?;
        let mut rows = Self { index, keyring, words, dice, done: Vec::new() };
        if rows.index.is_empty() {
            rows.begin(owner, &mut batch);
        }
        // Pending keys are among those that no row needs.
        rows.keyring.sweep(&needed)?;
        rows.done = rows.with(&key::pending_prefix());
        Ok((rows, batch))
    }

    fn begin(&mut self, owner: Owner, batch: &mut Batch) {
        let id = [*owner.database.as_bytes(), *owner.epoch.as_bytes()].concat();
        self.put(batch, key::single(Single::Version), vec![VERSION]);
        self.put(batch, key::single(Single::Database), id);
        let device = DeviceId::random(&mut self.dice);
        self.put(batch, key::single(Single::Device), device.as_bytes().to_vec());
    }

    /// Where the rows of documents begin: those before are to be read when a store is opened.
    #[must_use]
    pub fn first_document() -> Key {
        key::first_document()
    }

    /// What the keys of a document's rows begin with.
    #[must_use]
    pub fn document_prefix(document: DocumentId) -> Key {
        key::document(document)
    }

    /// Turns writes into a batch. The keys of its words are durable when this returns.
    ///
    /// # Errors
    /// [`RowsError`]; the rows are of no use any more.
    pub fn plan(&mut self, writes: Vec<Write>) -> Result<Batch, RowsError> {
        let mut batch = Batch::default();
        for key in core::mem::take(&mut self.done) {
            self.delete(&mut batch, key);
        }
        let index = &self.index;
        let was_recalled = |document, message| {
            Ok::<_, RowsError>(index.contains(&key::recalled(document, message)))
        };
        let mut writes = plan(writes, was_recalled)?;
        if self.words == Words::Unsent {
            self.leave_out(&mut writes);
        }
        let settled: BTreeSet<DocumentId> = writes.iter().filter_map(settles).collect();
        let mut sealed = false;
        for write in writes {
            sealed |= matches!(write, Write::Words(..) | Write::Draft(..) | Write::Identity(_));
            self.carry_out(write, &mut batch)?;
        }
        if self.words == Words::Unsent {
            settled.into_iter().for_each(|document| self.erase_sent(document, &mut batch));
        }
        if sealed {
            self.keyring.flush()?;
        }
        Ok(batch)
    }

    /// Adds to a batch when this client was last up to date.
    pub fn note_contact(&mut self, at: Timestamp, batch: &mut Batch) {
        let value = at.as_millis().to_be_bytes().to_vec();
        self.put(batch, key::single(Single::Contact), value);
    }

    /// The table has committed a batch: the keys of what it erased are overwritten, durably.
    ///
    /// # Errors
    /// [`RowsError::Failed`] when the medium fails; the keys stay pending in the table.
    pub fn committed(&mut self, batch: Batch) -> Result<(), RowsError> {
        if batch.clear {
            // Damaged slots too, which may still hold most of a key; what came after stays.
            let needed = self.index.iter().filter_map(|key| needs(key)).collect();
            self.keyring.sweep(&needed)?;
        }
        if batch.shred.is_empty() {
            return Ok(());
        }
        for &slot in &batch.shred {
            self.keyring.shred(slot)?;
        }
        self.keyring.flush()?;
        self.done.extend(batch.shred.into_iter().map(key::pending));
        Ok(())
    }

    /// Leaves out what [`Words::Unsent`] does not keep: words of messages about which nothing
    /// waits, and drafts.
    fn leave_out(&self, writes: &mut Vec<Write>) {
        let waits: BTreeSet<(DocumentId, MessageId)> = writes.iter().filter_map(waits).collect();
        writes.retain(|write| match write {
            Write::Words(document, revision) => {
                waits.contains(&(*document, revision.message))
                    || self.unsent(*document).contains(&revision.message)
            }
            Write::Draft(_, text) => text.is_none(),
            _ => true,
        });
    }

    /// Erases words of messages about which nothing waits any more.
    fn erase_sent(&mut self, document: DocumentId, batch: &mut Batch) {
        let unsent = self.unsent(document);
        for key in self.words_of(document, |message, _| !unsent.contains(&message)) {
            self.delete(batch, key);
        }
    }

    /// The messages about which something waits.
    fn unsent(&self, document: DocumentId) -> BTreeSet<MessageId> {
        let keys = self.with(&key::outboxes(document));
        let message = |key: Key| match key::read(&key) {
            Some(Named::Of(_, Part::Outbox(_, _, message))) => message,
            _ => None,
        };
        keys.into_iter().filter_map(message).collect()
    }

    fn carry_out(&mut self, write: Write, batch: &mut Batch) -> Result<(), RowsError> {
        match write {
            Write::Identity(identity) => {
                self.erase(batch, &key::identities());
                let sealed = self.seal(read::identity_place(), &encode(identity))?;
                self.put(batch, key::identity(sealed.0), sealed.1);
            }
            Write::Cursors(cursors) => {
                self.put(batch, key::single(Single::Cursors), encode(cursors));
            }
            Write::Feed(row) => self.put(batch, key::feed(row.conversation), encode(&row)),
            Write::ForgetFeed => self.erase(batch, &key::feeds()),
            Write::Entries(document, entries) => self.append(document, &entries, batch),
            Write::Replace(document, entries) => {
                self.erase(batch, &key::entries(document));
                self.append(document, &entries, batch);
            }
            Write::Waiting(document, waiting) => self.keep_waiting(document, &waiting, batch),
            Write::Settled(document, operation) => {
                if let Some(key) = self.waiting(document, operation) {
                    self.delete(batch, key);
                }
            }
            Write::Words(document, revision) => self.keep_words(document, &revision, batch)?,
            Write::EraseWords(document, revision) => {
                for key in self.words_of(document, |_, other| other == revision) {
                    self.delete(batch, key);
                }
            }
            Write::Recalled(document, message) => {
                self.put(batch, key::recalled(document, message), Vec::new());
                self.erase(batch, &key::all_words(document, Some(message)));
                self.erase(batch, &key::draft(document, Some(message)));
            }
            Write::Draft(at, text) => self.keep_draft(at, text.as_deref(), batch)?,
            Write::Seen(document, participant, seq) => {
                let former = self.with(&key::seen(document, participant));
                let key = key::seen_to(document, participant, seq);
                if former.iter().all(|former| *former < key) {
                    former.into_iter().for_each(|former| self.delete(batch, former));
                    self.put(batch, key, Vec::new());
                }
            }
            Write::DropDocument(document) => self.drop_document(document, batch),
            Write::Wipe => self.wipe(batch),
        }
        Ok(())
    }

    fn append(&mut self, document: DocumentId, entries: &[LogEntry], batch: &mut Batch) {
        for entry in entries {
            let key = key::entry(document, entry.seq);
            if !self.index.contains(&key) {
                let at = entry.at.as_millis().to_be_bytes();
                self.put(batch, key, [&at[..], &entry.change].concat());
            }
        }
    }

    fn keep_waiting(&mut self, document: DocumentId, waiting: &Waiting, batch: &mut Batch) {
        let operation = waiting.submission.id;
        let message = waiting.submission.operation.message();
        let place = match self.waiting(document, operation) {
            Some(former) => {
                let place = read::place(&former);
                self.delete(batch, former);
                place
            }
            None => {
                let last = self.with(&key::outboxes(document)).pop();
                last.map_or(1, |last| read::place(&last).saturating_add(1))
            }
        };
        self.put(batch, key::outbox(document, place, operation, message), encode(waiting));
    }

    /// The row of an operation in the outbox.
    fn waiting(&self, document: DocumentId, operation: OperationId) -> Option<Key> {
        self.with(&key::outboxes(document)).into_iter().find(|key| match key::read(key) {
            Some(Named::Of(_, Part::Outbox(_, other, _))) => other == operation,
            _ => false,
        })
    }

    fn keep_words(
        &mut self,
        document: DocumentId,
        revision: &Revision,
        batch: &mut Batch,
    ) -> Result<(), RowsError> {
        let key = key::words(document, revision.message, revision.id);
        self.erase(batch, &key);
        let place = Sealed::Revision { document, message: revision.message, revision: revision.id };
        let (slot, sealed) = self.seal(place, &encode(revision))?;
        self.put(batch, key::with_slot(key, slot), sealed);
        Ok(())
    }

    fn words_of(
        &self,
        document: DocumentId,
        which: impl Fn(MessageId, RevisionId) -> bool,
    ) -> Vec<Key> {
        let mut keys = self.with(&key::all_words(document, None));
        keys.retain(|key| match key::read(key) {
            Some(Named::Of(_, Part::Words(message, revision, _))) => which(message, revision),
            _ => false,
        });
        keys
    }

    fn keep_draft(
        &mut self,
        at: DraftPlace,
        text: Option<&str>,
        batch: &mut Batch,
    ) -> Result<(), RowsError> {
        let key = key::draft(at.document, at.message);
        self.erase(batch, &key);
        let Some(text) = text else { return Ok(()) };
        let (slot, sealed) = self.seal(Sealed::Draft { document: at.document }, text.as_bytes())?;
        self.put(batch, key::with_slot(key, slot), sealed);
        Ok(())
    }

    fn drop_document(&mut self, document: DocumentId, batch: &mut Batch) {
        if document.kind == DocumentKind::Timeline {
            // Nothing is left that a row of the feed could lead to.
            self.delete(batch, key::feed(document.conversation));
        }
        let unsent = self.unsent(document);
        for key in self.with(&key::document(document)) {
            let stays = match key::read(&key) {
                Some(Named::Of(_, Part::Outbox(..))) => true,
                Some(Named::Of(_, Part::Words(message, ..))) => unsent.contains(&message),
                _ => false,
            };
            if !stays {
                self.delete(batch, key);
            }
        }
    }

    fn wipe(&mut self, batch: &mut Batch) {
        let owner = self.keyring.owner();
        self.index.clear();
        self.done.clear();
        // Pending until they are overwritten: a crash in between is finished at the next start.
        let slots: Vec<Slot> = self.keyring.keys().collect();
        *batch = Batch { clear: true, ..Batch::default() };
        for slot in slots {
            self.put(batch, key::pending(slot), Vec::new());
            batch.shred.push(slot);
        }
        // What this installation becomes is another device to the server.
        self.begin(owner, batch);
    }

    /// Seals under a new key, which stands in the keyring when this returns.
    fn seal(&mut self, what: Sealed, plain: &[u8]) -> Result<(Slot, Vec<u8>), RowsError> {
        let key = SealingKey::random(&mut self.dice);
        let slot = self.keyring.put(&key, &mut self.dice)?;
        Ok((slot, seal(&key, what, plain, &mut self.dice)))
    }

    fn put(&mut self, batch: &mut Batch, key: Key, value: Vec<u8>) {
        self.index.insert(key.clone());
        batch.changes.insert(key, Some(value));
    }

    /// Deletes a row. The key of one that was sealed is pending until it is overwritten.
    fn delete(&mut self, batch: &mut Batch, key: Key) {
        if !self.index.remove(&key) {
            return;
        }
        if let Some(slot) = needs(&key) {
            batch.shred.push(slot);
            self.put(batch, key::pending(slot), Vec::new());
        }
        batch.changes.insert(key, None);
    }

    /// Deletes every row whose key begins so.
    fn erase(&mut self, batch: &mut Batch, prefix: &[u8]) {
        for key in self.with(prefix) {
            self.delete(batch, key);
        }
    }

    /// The keys that begin so, in their order.
    fn with(&self, prefix: &[u8]) -> Vec<Key> {
        let from = self.index.range(prefix.to_vec()..);
        from.take_while(|key| key.starts_with(prefix)).cloned().collect()
    }

    fn conversations(&self) -> BTreeSet<DocumentId> {
        let of = |key: &Key| match key::read(key) {
            Some(Named::Of(document, _)) => Some(document),
            _ => None,
        };
        self.index.iter().filter_map(of).collect()
    }
}

/// The slot that a row's words are sealed under.
fn needs(key: &[u8]) -> Option<Slot> {
    match key::read(key)? {
        Named::Identity(slot) | Named::Of(_, Part::Words(_, _, slot) | Part::Draft(_, slot)) => {
            Some(slot)
        }
        Named::Single(_) | Named::Feed(_) | Named::Pending(_) | Named::Of(..) => None,
    }
}

/// The message about which a write makes something wait.
fn waits(write: &Write) -> Option<(DocumentId, MessageId)> {
    match write {
        Write::Waiting(document, waiting) => {
            Some((*document, waiting.submission.operation.message()?))
        }
        _ => None,
    }
}

/// The document in which a write ends that something waits.
fn settles(write: &Write) -> Option<DocumentId> {
    if let Write::Settled(document, _) = write { Some(*document) } else { None }
}

fn encode<T: minicbor::Encode<()>>(value: T) -> Vec<u8> {
    minicbor::to_vec(value).unwrap_or_else(|_| unreachable!("a Vec takes every byte"))
}
