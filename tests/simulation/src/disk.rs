//! What the server keeps: a database that backups copy, and a keyring and a ledger that no backup
//! rolls back.

use std::collections::{BTreeMap, BTreeSet};

use rejoinder_core::authority::elsewhere::are_kin;
use rejoinder_core::authority::log::{ActorRow, Row, Summary, Tombstone};
use rejoinder_core::authority::{Admission, Rows};
use rejoinder_core::conversation::layout::Kind;
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{
    Actor, ConversationId, DeviceId, DocumentId, DocumentKind, Epoch, MessageId, ParticipantId,
    RevisionId, Seq,
};
use rejoinder_core::wire::{Keeping, LogEntry};

use crate::plant::Bug;

/// A conversation's rows.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub(crate) visitor: ParticipantId,
    pub(crate) follows: Option<ConversationId>,
    pub(crate) rows: Rows,
    pub(crate) summary: Option<Summary>,
    pub(crate) feed: u64,
}

/// A client's installation, as the server knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Device {
    pub(crate) keeping: Keeping,
    pub(crate) erasures: u64,
}

/// A recall, as the ledger keeps it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Erasure {
    pub(crate) number: u64,
    pub(crate) document: DocumentId,
    pub(crate) message: MessageId,
    pub(crate) by: ParticipantId,
}

/// What a backup copies. Words stand here under the number of a key, as ciphertext would.
#[derive(Clone, Debug, Default)]
pub(crate) struct Database {
    pub(crate) conversations: BTreeMap<ConversationId, Conversation>,
    pub(crate) words: BTreeMap<(DocumentId, RevisionId), (u64, Revision)>,
    /// Former words, where the site keeps them.
    pub(crate) former: BTreeMap<(DocumentId, RevisionId), (u64, Revision)>,
    pub(crate) actors: BTreeMap<Actor, (DocumentId, ParticipantId)>,
    pub(crate) devices: BTreeMap<DeviceId, Device>,
    pub(crate) holdings: BTreeSet<(DeviceId, DocumentId)>,
    pub(crate) seen: BTreeMap<(DocumentId, ParticipantId), Seq>,
    pub(crate) snapshots: BTreeMap<DocumentId, (Seq, Vec<u8>)>,
    pub(crate) feed: u64,
}

/// The server's disk.
#[derive(Debug)]
pub(crate) struct Disk {
    pub(crate) epoch: Epoch,
    pub(crate) database: Database,
    /// Keys that are not overwritten.
    keys: BTreeSet<u64>,
    next_key: u64,
    /// Every recall there ever was.
    pub(crate) ledger: Vec<Erasure>,
    /// Whether the site keeps former words.
    keeps_former: bool,
    /// What is wrong with it.
    pub(crate) bug: Option<Bug>,
}

impl Disk {
    pub(crate) fn new(keeps_former: bool, dice: &mut Dice) -> Self {
        Self {
            epoch: Epoch::random(dice),
            database: Database::default(),
            keys: BTreeSet::new(),
            next_key: 0,
            ledger: Vec::new(),
            keeps_former,
            bug: None,
        }
    }

    /// Puts a backup in place: a new epoch begins, and what the ledger names is erased again.
    pub(crate) fn restore(&mut self, backup: &Database, dice: &mut Dice) {
        self.epoch = Epoch::random(dice);
        self.database = backup.clone();
        let rows = self.database.words.values().chain(self.database.former.values());
        let rows: BTreeSet<u64> = rows.map(|(key, _)| *key).collect();
        if self.bug == Some(Bug::RestoreWithoutLedger) {
            self.keys = rows;
            return;
        }
        self.keys.retain(|key| rows.contains(key));
        for erasure in self.ledger.clone() {
            self.bury(erasure.document, erasure.message);
            // RE11: wherever the message stands in what is restored.
            let stands = self.said_elsewhere(erasure.document, erasure.message);
            let document = stands.map(DocumentId::timeline);
            if let Some(document) = document.filter(|it| !self.is_buried(*it, erasure.message)) {
                self.bury(document, erasure.message);
                let number = self.ledger.len() as u64 + 1;
                self.ledger.push(Erasure { number, document, ..erasure });
            }
        }
    }

    /// The other conversation of a timeline's line in which a visitor's message stands.
    pub(crate) fn said_elsewhere(
        &self,
        document: DocumentId,
        message: MessageId,
    ) -> Option<ConversationId> {
        let sent = |row: &Row| {
            matches!(row.operation, Operation::Send { message: id, kind: Kind::Visitor, .. }
                if id == message)
        };
        let kin = |id: &&ConversationId| are_kin(**id, document.conversation);
        let mut kin = self.database.conversations.keys().filter(kin);
        kin.find(|id| self.log(DocumentId::timeline(**id)).any(sent)).copied()
    }

    /// Whether a message was recalled in another conversation of a timeline's line.
    pub(crate) fn recalled_elsewhere(&self, document: DocumentId, message: MessageId) -> bool {
        let there = |e: &Erasure| are_kin(e.document.conversation, document.conversation);
        self.graves().any(|e| e.message == message && there(e))
    }

    /// Words that can be read.
    pub(crate) fn words(&self, document: DocumentId, revision: RevisionId) -> Option<&Revision> {
        let (key, words) = self.database.words.get(&(document, revision))?;
        self.keys.contains(key).then_some(words)
    }

    /// All words that can be read.
    pub(crate) fn readable(&self) -> impl Iterator<Item = (DocumentId, &Revision)> {
        let words = self.database.words.iter();
        words
            .filter(|(_, (key, _))| self.keys.contains(key))
            .map(|((document, _), (_, words))| (*document, words))
    }

    /// All former words that can be read.
    pub(crate) fn former(&self) -> impl Iterator<Item = &Revision> {
        let former = self.database.former.values();
        former.filter(|(key, _)| self.keys.contains(key)).map(|(_, words)| words)
    }

    /// The messages of a conversation that were recalled, in this life of the data or an earlier.
    pub(crate) fn tombstones(&self, conversation: ConversationId) -> Vec<Tombstone> {
        let of = |erasure: &&Erasure| erasure.document.conversation == conversation;
        let tombstone = |e: &Erasure| Tombstone { kind: e.document.kind, message: e.message };
        self.graves().filter(of).map(tombstone).collect()
    }

    fn graves(&self) -> impl Iterator<Item = &Erasure> {
        self.ledger.iter().filter(|_| self.bug != Some(Bug::SkipTombstone))
    }

    pub(crate) fn is_buried(&self, document: DocumentId, message: MessageId) -> bool {
        self.graves().any(|e| (e.document, e.message) == (document, message))
    }

    /// The rows of a log, in its order.
    pub(crate) fn log(&self, document: DocumentId) -> impl Iterator<Item = &Row> {
        let conversation = self.database.conversations.get(&document.conversation);
        let rows = conversation.map(|found| found.rows.rows.as_slice()).unwrap_or_default();
        rows.iter().filter(move |row| row.kind == document.kind)
    }

    pub(crate) fn entries(&self, document: DocumentId, after: Seq) -> Vec<LogEntry> {
        let entry = |row: &Row| LogEntry { seq: row.seq, at: row.at, change: row.change.clone() };
        self.log(document).filter(|row| row.seq > after).map(entry).collect()
    }

    /// Moves words that were superseded, key and all, unless their message was recalled with them.
    fn set_aside(&mut self, document: DocumentId, revision: RevisionId) {
        let place = (document, revision);
        if let Some(row) = self.database.words.remove(&place) {
            self.database.former.insert(place, row);
        }
    }

    fn shred(&mut self, document: DocumentId, revision: RevisionId) {
        if let Some((key, _)) = self.database.words.remove(&(document, revision)) {
            self.keys.remove(&key);
        }
    }

    fn bury(&mut self, document: DocumentId, message: MessageId) {
        let of = |(at, words): (&(DocumentId, RevisionId), &(u64, Revision))| {
            (at.0 == document && words.1.message == message).then_some(at.1)
        };
        let revisions: Vec<_> = self.database.words.iter().filter_map(of).collect();
        for revision in revisions {
            self.shred(document, revision);
        }
        if self.bug != Some(Bug::KeepFormer) {
            let revisions: Vec<_> = self.database.former.iter().filter_map(of).collect();
            for revision in revisions {
                if let Some((key, _)) = self.database.former.remove(&(document, revision)) {
                    self.keys.remove(&key);
                }
            }
        }
    }

    /// Carries out a batch of a conversation there is, and checks what a database would.
    pub(crate) fn append(
        &mut self,
        conversation: ConversationId,
        admission: &Admission,
        summary: Summary,
    ) {
        let document = |kind: DocumentKind| DocumentId { conversation, kind };
        for row in &admission.rows {
            let last = self.log(document(row.kind)).last().map_or(Seq::START, |last| last.seq);
            assert_eq!(row.seq, last.next(), "AU2: a log has no gaps");
            let of = self.database.conversations.get_mut(&conversation).unwrap();
            assert!(of.rows.rows.last().is_none_or(|last| last.at < row.at), "AU3: time rises");
            of.rows.rows.push(row.clone());
        }
        for row in &admission.actors {
            self.keep_actor(conversation, *row);
        }
        for (kind, words) in &admission.words {
            assert!(
                !self.is_buried(document(*kind), words.message),
                "RE6: no words of the recalled"
            );
            self.keys.insert(self.next_key);
            let place = (document(*kind), words.id);
            self.database.words.insert(place, (self.next_key, words.clone()));
            self.next_key += 1;
        }
        for (tombstone, by) in &admission.recalled {
            let (document, message) = (document(tombstone.kind), tombstone.message);
            if self.bug != Some(Bug::KeepRecalled) {
                self.bury(document, message);
            }
            let number = self.ledger.len() as u64 + 1;
            self.ledger.push(Erasure { number, document, message, by: *by });
        }
        for (kind, revision) in &admission.superseded {
            if self.keeps_former {
                self.set_aside(document(*kind), *revision);
            } else if self.bug != Some(Bug::KeepSuperseded) {
                self.shred(document(*kind), *revision);
            }
        }
        let former = admission.former.iter().filter(|_| self.keeps_former);
        for (kind, words) in former {
            let document = DocumentId { conversation, kind: *kind };
            assert!(!self.is_buried(document, words.message), "RE27: no words of the recalled");
            self.keys.insert(self.next_key);
            self.database.former.insert((document, words.id), (self.next_key, words.clone()));
            self.next_key += 1;
        }
        self.database.feed += 1;
        let feed = self.database.feed;
        let of = self.database.conversations.get_mut(&conversation).unwrap();
        of.rows.fates.extend(admission.fates.iter().cloned());
        of.summary = Some(summary);
        of.feed = feed;
    }

    fn keep_actor(&mut self, conversation: ConversationId, row: ActorRow) {
        let document = DocumentId { conversation, kind: row.kind };
        let bound = (document, row.participant);
        let before = self.database.actors.insert(row.actor, bound);
        assert!(before.is_none_or(|before| before == bound), "AU12: an actor is bound once");
        let of = self.database.conversations.get_mut(&conversation).unwrap();
        of.rows.actors.retain(|former| (former.kind, former.actor) != (row.kind, row.actor));
        of.rows.actors.push(row);
    }
}
