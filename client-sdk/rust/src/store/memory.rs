//! A store in memory: for visitors whose browser or machine denies storage, for tests and for
//! simulations. Closing its last handle erases everything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{
    ConversationId, DeviceId, DocumentId, DocumentKind, MessageId, ParticipantId, RevisionId, Seq,
};
use rejoinder_core::replica::plan::plan;
use rejoinder_core::replica::record::{
    Cursors, DraftPlace, Identity, Saved, SavedDocument, Waiting, Write,
};
use rejoinder_core::wire::{FeedRow, LogEntry};

use super::{Store, StoreError};

/// A store in memory.
///
/// A clone is another handle to the same memory, so that a client which "crashed" can be started
/// again from what it had kept. Words stand in it in clear and unsealed; what is erased is dropped
/// from it at once, and [`everything`](Self::everything) shows what is left.
#[derive(Clone)]
pub struct MemoryStore(Arc<Mutex<Memory>>);

impl MemoryStore {
    /// An empty store.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when the operating system has no randomness for the device's id.
    pub fn new() -> Result<Self, StoreError> {
        super::seed().map(Self::from_seed)
    }

    /// An empty store whose device ids follow from a seed: for simulations that repeat themselves.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let mut dice = Dice::from_seed(seed);
        let kept = Kept::new(&mut dice);
        Self(Arc::new(Mutex::new(Memory { dice, kept })))
    }

    /// Every byte it keeps, words in clear: for searching it for traces.
    #[must_use]
    pub fn everything(&self) -> Vec<u8> {
        self.lock().kept.everything()
    }

    /// A panic elsewhere leaves at worst a list of writes half carried out, which a simulation
    /// that goes on after it had better find.
    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl core::fmt::Debug for MemoryStore {
    /// Never the words.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("MemoryStore")
    }
}

impl Store for MemoryStore {
    fn saved(&mut self) -> Result<Saved, StoreError> {
        Ok(self.lock().kept.saved())
    }

    fn document(&mut self, document: DocumentId) -> Result<SavedDocument, StoreError> {
        Ok(self.lock().kept.documents.get(&document).map(Document::saved).unwrap_or_default())
    }

    fn commit(&mut self, writes: Vec<Write>) -> Result<(), StoreError> {
        let mut memory = self.lock();
        let Memory { dice, kept } = &mut *memory;
        let writes = plan::<StoreError>(writes, |document, message| {
            Ok(kept.was_recalled(document, message))
        })?;
        for write in writes {
            kept.carry_out(write, dice);
        }
        // So that a document of which nothing is left is no document.
        kept.documents.retain(|_, document| !document.is_empty());
        Ok(())
    }
}

struct Memory {
    dice: Dice,
    kept: Kept,
}

struct Kept {
    device: DeviceId,
    identity: Option<Identity>,
    cursors: Cursors,
    feed: BTreeMap<ConversationId, FeedRow>,
    documents: BTreeMap<DocumentId, Document>,
}

#[derive(Default)]
struct Document {
    entries: BTreeMap<Seq, LogEntry>,
    waiting: Vec<Waiting>,
    recalled: BTreeSet<MessageId>,
    words: BTreeMap<RevisionId, Revision>,
    drafts: BTreeMap<Option<MessageId>, String>,
    seen: BTreeMap<ParticipantId, Seq>,
}

impl Kept {
    fn new(dice: &mut Dice) -> Self {
        Self {
            device: DeviceId::random(dice),
            identity: None,
            cursors: Cursors::default(),
            feed: BTreeMap::new(),
            documents: BTreeMap::new(),
        }
    }

    fn was_recalled(&self, document: DocumentId, message: MessageId) -> bool {
        self.documents.get(&document).is_some_and(|of| of.recalled.contains(&message))
    }

    fn carry_out(&mut self, write: Write, dice: &mut Dice) {
        match write {
            Write::Identity(identity) => self.identity = Some(identity),
            Write::Cursors(cursors) => self.cursors = cursors,
            Write::Feed(row) => drop(self.feed.insert(row.conversation, row)),
            Write::ForgetFeed => self.feed.clear(),
            Write::Entries(document, entries) => self.of(document).append(entries),
            Write::Replace(document, entries) => {
                let document = self.of(document);
                document.entries.clear();
                document.append(entries);
            }
            Write::Waiting(document, waiting) => self.of(document).keep_waiting(waiting),
            Write::Settled(document, operation) => {
                self.of(document).waiting.retain(|waiting| waiting.submission.id != operation);
            }
            Write::Words(document, revision) => {
                self.of(document).words.insert(revision.id, revision);
            }
            Write::EraseWords(document, revision) => {
                self.of(document).words.remove(&revision);
            }
            Write::Recalled(document, message) => self.of(document).recall(message),
            Write::Draft(at, text) => self.keep_draft(at, text),
            Write::Seen(document, participant, seq) => {
                let seen = self.of(document).seen.entry(participant).or_insert(seq);
                *seen = seq.max(*seen);
            }
            Write::DropDocument(document) => self.drop_document(document),
            Write::Wipe => *self = Self::new(dice),
        }
    }

    fn of(&mut self, document: DocumentId) -> &mut Document {
        self.documents.entry(document).or_default()
    }

    fn keep_draft(&mut self, at: DraftPlace, text: Option<String>) {
        let drafts = &mut self.of(at.document).drafts;
        match text {
            Some(text) => drafts.insert(at.message, text),
            None => drafts.remove(&at.message),
        };
    }

    fn drop_document(&mut self, document: DocumentId) {
        if document.kind == DocumentKind::Timeline {
            self.feed.remove(&document.conversation);
        }
        let Some(former) = self.documents.remove(&document) else { return };
        let mut words = former.words;
        let waiting = former.waiting;
        let wanted: BTreeSet<RevisionId> = waiting.iter().filter_map(super::brings).collect();
        words.retain(|revision, _| wanted.contains(revision));
        self.documents.insert(document, Document { waiting, words, ..Document::default() });
    }

    fn saved(&self) -> Saved {
        let waits = |document: &Document| !document.waiting.is_empty();
        Saved {
            device: self.device,
            identity: self.identity.clone(),
            cursors: self.cursors,
            feed: self.feed.values().cloned().collect(),
            waiting: self.documents.iter().filter(|(_, d)| waits(d)).map(|(id, _)| *id).collect(),
            documents: self.documents.iter().map(|(id, d)| (*id, d.end())).collect(),
        }
    }

    fn everything(&self) -> Vec<u8> {
        let mut bytes = self.device.as_bytes().to_vec();
        bytes.extend(super::encode(&self.identity));
        bytes.extend(super::encode(self.cursors));
        bytes.extend(self.feed.values().flat_map(super::encode));
        for (id, document) in &self.documents {
            bytes.extend(super::encode(id));
            bytes.extend(document.entries.values().flat_map(super::encode));
            bytes.extend(document.waiting.iter().flat_map(super::encode));
            bytes.extend(document.recalled.iter().flat_map(super::encode));
            bytes.extend(document.words.values().flat_map(super::encode));
            bytes.extend(document.drafts.iter().flat_map(super::encode));
            bytes.extend(document.seen.iter().flat_map(super::encode));
        }
        bytes
    }
}

impl Document {
    fn append(&mut self, entries: Vec<LogEntry>) {
        for entry in entries {
            self.entries.entry(entry.seq).or_insert(entry);
        }
    }

    fn keep_waiting(&mut self, waiting: Waiting) {
        let id = waiting.submission.id;
        match self.waiting.iter_mut().find(|former| former.submission.id == id) {
            Some(former) => *former = waiting,
            None => self.waiting.push(waiting),
        }
    }

    fn recall(&mut self, message: MessageId) {
        self.recalled.insert(message);
        self.words.retain(|_, revision| revision.message != message);
        self.drafts.remove(&Some(message));
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.waiting.is_empty()
            && self.recalled.is_empty()
            && self.words.is_empty()
            && self.drafts.is_empty()
            && self.seen.is_empty()
    }

    fn end(&self) -> Seq {
        self.entries.last_key_value().map_or(Seq::START, |(seq, _)| *seq)
    }

    fn saved(&self) -> SavedDocument {
        SavedDocument {
            entries: self.entries.values().cloned().collect(),
            waiting: self.waiting.clone(),
            recalled: self.recalled.iter().copied().collect(),
            words: self.words.values().cloned().collect(),
            drafts: self.drafts.iter().map(|(at, text)| (*at, text.clone())).collect(),
            seen: self.seen.iter().map(|(who, seq)| (*who, *seq)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use rejoinder_core::replica::record::Write;

    use super::MemoryStore;
    use crate::store::Store;
    use crate::store::contract::{Cast, draft};

    fn count(memory: &MemoryStore, text: &str) -> usize {
        let everything = memory.everything();
        everything.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
    }

    #[test]
    fn re22_a_search_of_everything_finds_words_until_they_are_recalled() {
        let (mut cast, mut memory) = (Cast::new(), MemoryStore::from_seed([1; 32]));
        let (document, message) = (cast.timeline(), cast.message());
        let words = cast.words(message, "said");
        let writes = vec![
            Write::Words(document, words),
            draft(document, Some(message), "typed"),
            Write::Identity(cast.identity("token")),
        ];
        memory.commit(writes).unwrap();
        assert_eq!(["said", "typed", "token"].map(|text| count(&memory, text)), [1, 1, 1]);
        memory.commit(vec![Write::Recalled(document, message)]).unwrap();
        assert_eq!(["said", "typed", "token"].map(|text| count(&memory, text)), [0, 0, 1]);
        memory.commit(vec![Write::Wipe]).unwrap();
        assert_eq!(memory.everything().len(), MemoryStore::from_seed([2; 32]).everything().len());
    }

    #[test]
    fn se18_the_same_seed_gives_the_same_devices() {
        let devices = || {
            let mut memory = MemoryStore::from_seed([1; 32]);
            let first = memory.saved().unwrap().device;
            memory.commit(vec![Write::Wipe]).unwrap();
            [first, memory.saved().unwrap().device]
        };
        assert_eq!(devices(), devices());
        assert_ne!(devices()[0], devices()[1]);
    }

    #[test]
    fn re21_a_store_is_shown_without_what_is_in_it() {
        assert_eq!(format!("{:?}", MemoryStore::from_seed([1; 32])), "MemoryStore");
    }
}
