//! A client's store in memory: it does what `record` asks of stores, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::id::{DeviceId, DocumentId, MessageId, ParticipantId, RevisionId, Seq};
use rejoinder_core::replica::record::{
    Cursors, Identity, Saved, SavedDocument, Waiting, WaitingState, Write,
};
use rejoinder_core::wire::LogEntry;

#[derive(Default)]
pub(crate) struct Store {
    pub(crate) identity: Option<Identity>,
    pub(crate) cursors: Cursors,
    pub(crate) documents: BTreeMap<DocumentId, Kept>,
    pub(crate) wiped: bool,
}

#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) entries: Vec<LogEntry>,
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) words: BTreeMap<RevisionId, Revision>,
    pub(crate) recalled: BTreeSet<MessageId>,
    pub(crate) drafts: BTreeMap<Option<MessageId>, String>,
    pub(crate) seen: BTreeMap<ParticipantId, Seq>,
}

impl Store {
    /// Carries a transaction out.
    pub(crate) fn commit(&mut self, writes: &[Write]) {
        for write in writes {
            self.write(write.clone());
        }
    }

    fn at(&mut self, document: DocumentId) -> &mut Kept {
        self.documents.entry(document).or_default()
    }

    fn write(&mut self, write: Write) {
        match write {
            Write::Identity(identity) => self.identity = Some(identity),
            Write::Cursors(cursors) => self.cursors = cursors,
            Write::Feed(_) | Write::ForgetFeed => {}
            Write::Entries(document, entries) => {
                let kept = &mut self.at(document).entries;
                for entry in entries {
                    if entry.seq.0 == kept.len() as u64 + 1 {
                        kept.push(entry);
                    }
                }
            }
            Write::Replace(document, entries) => self.at(document).entries = entries,
            Write::Waiting(document, waiting) => {
                let outbox = &mut self.at(document).waiting;
                let id = waiting.submission.id;
                match outbox.iter_mut().find(|known| known.submission.id == id) {
                    Some(known) => *known = waiting,
                    None => outbox.push(waiting),
                }
            }
            Write::Settled(document, id) => {
                self.at(document).waiting.retain(|waiting| waiting.submission.id != id);
            }
            Write::Words(document, words) => {
                let kept = self.at(document);
                if !kept.recalled.contains(&words.message) {
                    kept.words.insert(words.id, words);
                }
            }
            Write::EraseWords(document, id) => drop(self.at(document).words.remove(&id)),
            Write::Recalled(document, message) => {
                let kept = self.at(document);
                kept.recalled.insert(message);
                kept.words.retain(|_, words| words.message != message);
                kept.drafts.remove(&Some(message));
            }
            Write::Draft(place, text) => {
                let drafts = &mut self.at(place.document).drafts;
                match text {
                    Some(text) => drafts.insert(place.message, text),
                    None => drafts.remove(&place.message),
                };
            }
            Write::Seen(document, participant, seq) => {
                self.at(document).seen.insert(participant, seq);
            }
            Write::DropDocument(document) => {
                let waiting = self.documents.remove(&document).map(|kept| kept.waiting);
                let waiting = waiting.unwrap_or_default();
                if !waiting.is_empty() {
                    self.at(document).waiting = waiting;
                }
            }
            Write::Wipe => *self = Self { wiped: true, ..Self::default() },
        }
    }

    pub(crate) fn saved(&self, device: DeviceId) -> Saved {
        let waiting = self.documents.iter().filter(|(_, kept)| !kept.waiting.is_empty());
        let ends = self.documents.iter();
        Saved {
            device,
            identity: self.identity.clone(),
            cursors: self.cursors,
            feed: Vec::new(),
            waiting: waiting.map(|(document, _)| *document).collect(),
            documents: ends.map(|(id, kept)| (*id, Seq(kept.entries.len() as u64))).collect(),
        }
    }

    pub(crate) fn document(&self, document: DocumentId) -> SavedDocument {
        let Some(kept) = self.documents.get(&document) else { return SavedDocument::default() };
        SavedDocument {
            entries: kept.entries.clone(),
            waiting: kept.waiting.clone(),
            recalled: kept.recalled.iter().copied().collect(),
            words: kept.words.values().cloned().collect(),
            drafts: kept.drafts.clone().into_iter().collect(),
            seen: kept.seen.clone().into_iter().collect(),
        }
    }

    /// Every text that stands anywhere in it.
    pub(crate) fn texts(&self) -> Vec<String> {
        let words = |kept: &Kept| {
            let said = kept.words.values().map(|words| words.read().unwrap().text);
            said.chain(kept.drafts.values().cloned()).collect::<Vec<_>>()
        };
        let mut texts: Vec<_> = self.documents.values().flat_map(words).collect();
        texts.sort();
        texts
    }

    pub(crate) fn outbox(&self, document: DocumentId) -> Vec<WaitingState> {
        let kept = self.documents.get(&document);
        kept.into_iter().flat_map(|kept| kept.waiting.iter().map(|w| w.state)).collect()
    }
}
