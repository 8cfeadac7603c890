//! A server in memory: an authority for each conversation, and what its storage keeps.

use std::collections::BTreeMap;

use rejoinder_core::authority::elsewhere::{Elsewhere, are_kin, visitors_messages};
use rejoinder_core::authority::fate::Fate;
use rejoinder_core::authority::policy::Policy;
use rejoinder_core::authority::{Admission, Authority, Push, Rows, Setting, follow_up};
use rejoinder_core::conversation::layout::Key;
use rejoinder_core::conversation::operation::Submission;
use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{
    ConversationId, DocumentId, DocumentKind, Epoch, ParticipantId, RevisionId, Seq,
};
use rejoinder_core::principal::{Principal, Role};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{ErasureOrder, LogEntry, OperationFate};

pub(crate) struct Server {
    pub(crate) rooms: BTreeMap<ConversationId, Room>,
    pub(crate) policy: Policy,
    pub(crate) epoch: Epoch,
    pub(crate) scope: u64,
    pub(crate) now: Timestamp,
    pub(crate) erasures: Vec<ErasureOrder>,
    pub(crate) dice: Dice,
}

pub(crate) struct Room {
    authority: Authority,
    pub(crate) stored: Rows,
    pub(crate) words: BTreeMap<(DocumentKind, RevisionId), Revision>,
}

impl Server {
    pub(crate) fn new(now: Timestamp) -> Self {
        let mut dice = Dice::from_seed([99; 32]);
        Self {
            rooms: BTreeMap::new(),
            policy: Policy { visitor_edits: true, visitor_recalls: true, ..Policy::default() },
            epoch: Epoch::random(&mut dice),
            scope: 0,
            now,
            erasures: Vec::new(),
            dice,
        }
    }

    fn begin(&mut self, conversation: ConversationId, visitor: ParticipantId) {
        if !self.rooms.contains_key(&conversation) {
            let (stored, words) = (Rows::default(), BTreeMap::new());
            let authority = Authority::load(conversation, visitor, &stored, &mut self.dice);
            let authority = authority.unwrap();
            self.rooms.insert(conversation, Room { authority, stored, words });
        }
    }

    /// Admits, commits, and says which erasures follow.
    pub(crate) fn push(
        &mut self,
        document: DocumentId,
        principal: &Principal,
        submissions: &[Submission],
        revisions: &[Revision],
    ) -> Option<(Vec<OperationFate>, Vec<ErasureOrder>)> {
        if principal.role == Role::Visitor {
            self.begin(document.conversation, principal.participant);
        }
        let elsewhere = self.elsewhere(document, submissions);
        let room = self.rooms.get_mut(&document.conversation)?;
        let mut admission = Admission::default();
        let setting =
            Setting { principal, policy: &self.policy, elsewhere: &elsewhere, now: self.now };
        let push = Push { kind: document.kind, submissions, revisions };
        let fates = room.authority.admit(&mut admission, push, setting, &mut self.dice);
        let visitor = room.authority.visitor();
        let orders = room.commit(document.conversation, admission);
        self.erasures.extend(&orders);
        let follow_up = follow_up(document.conversation);
        if fates.iter().any(|told| told.fate == Fate::Closed { follow_up }) {
            self.begin(follow_up, visitor);
        }
        Some((fates, orders))
    }

    /// What other conversations of the line have of the messages that are pushed.
    fn elsewhere(&self, document: DocumentId, submissions: &[Submission]) -> Elsewhere {
        let mut elsewhere = Elsewhere::default();
        for message in visitors_messages(submissions) {
            let kin = self.rooms.iter().filter(|(id, _)| are_kin(**id, document.conversation));
            for (id, room) in kin {
                let timeline = room.authority.history(DocumentKind::Timeline);
                if timeline.has(Key::Message(message)) {
                    elsewhere.said.insert(message, *id);
                }
            }
            let recalled = |order: &&ErasureOrder| {
                order.message == Some(message)
                    && are_kin(order.document.conversation, document.conversation)
            };
            if self.erasures.iter().any(|order| recalled(&order)) {
                elsewhere.recalled.insert(message);
            }
        }
        elsewhere
    }

    /// A backup is restored in which a conversation is as it was after its first rows, and its
    /// follow-up is missing.
    pub(crate) fn restored_before_the_follow_up(
        &mut self,
        conversation: ConversationId,
        rows: usize,
    ) {
        self.rooms.remove(&follow_up(conversation));
        let room = self.rooms.get_mut(&conversation).unwrap();
        room.stored.fates.clear();
        let lost = room.stored.rows.len() - rows;
        self.restored_without(conversation, lost);
    }

    pub(crate) fn entries(&self, document: DocumentId, after: Seq) -> Option<Vec<LogEntry>> {
        let room = self.rooms.get(&document.conversation)?;
        let rows = room.stored.rows.iter();
        let later = rows.filter(|row| row.kind == document.kind && row.seq > after);
        let entry = |row: &rejoinder_core::authority::log::Row| {
            let (seq, at, change) = (row.seq, row.at, row.change.clone());
            LogEntry { seq, at, change }
        };
        Some(later.map(entry).collect())
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        let words = self.rooms.values().flat_map(|room| room.words.values());
        let mut texts: Vec<_> = words.map(|words| words.read().unwrap().text).collect();
        texts.sort();
        texts
    }

    /// A backup is restored in which the last rows of a conversation are missing.
    pub(crate) fn restored_without(&mut self, conversation: ConversationId, rows: usize) {
        let room = self.rooms.get_mut(&conversation).unwrap();
        let kept = room.stored.rows.len() - rows;
        for row in room.stored.rows.split_off(kept) {
            if let Some((revision, _)) = row.operation.words() {
                room.words.remove(&(row.kind, revision));
            }
        }
        let (visitor, stored) = (room.authority.visitor(), &room.stored);
        room.authority = Authority::load(conversation, visitor, stored, &mut self.dice).unwrap();
        self.epoch = Epoch::random(&mut self.dice);
    }
}

impl Room {
    fn commit(&mut self, conversation: ConversationId, admission: Admission) -> Vec<ErasureOrder> {
        self.stored.rows.extend(admission.rows);
        self.stored.fates.extend(admission.fates);
        self.stored.actors.extend(admission.actors);
        self.words.extend(admission.words.into_iter().map(|(kind, w)| ((kind, w.id), w)));
        for superseded in admission.superseded {
            self.words.remove(&superseded);
        }
        let order = |(tombstone, _): (rejoinder_core::authority::log::Tombstone, _)| {
            self.stored.tombstones.push(tombstone);
            let (kind, message) = (tombstone.kind, tombstone.message);
            self.words.retain(|(k, _), words| (*k, words.message) != (kind, message));
            let document = DocumentId { conversation, kind };
            ErasureOrder { document, message: Some(message) }
        };
        admission.recalled.into_iter().map(order).collect()
    }
}
