//! One document as its authority knows it.

use std::collections::{BTreeMap, BTreeSet};

use crate::authority::fate::Fate;
use crate::authority::log::{ActorRow, Row};
use crate::conversation::history::History;
use crate::id::{Actor, ChangeHash, MessageId, OperationId, ParticipantId, RevisionId, Seq};
use crate::time::Timestamp;

/// An accepted operation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accepted {
    pub(super) seq: Seq,
    pub(super) hash: ChangeHash,
    pub(super) submitted_by: ParticipantId,
}

/// One document as its authority knows it.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) history: History,
    /// When each entry was accepted; the genesis never was.
    at: Vec<Timestamp>,
    pub(super) accepted: BTreeMap<OperationId, Accepted>,
    pub(super) fates: BTreeMap<(OperationId, ParticipantId), Fate>,
    pub(super) actors: BTreeMap<Actor, ActorRow>,
    /// Every revision id that was ever used.
    pub(super) revisions: BTreeSet<RevisionId>,
    pub(super) recalled: BTreeSet<MessageId>,
    /// The actor of what the server itself writes, random per load.
    pub(super) own_actor: Actor,
}

impl Document {
    pub(super) fn new(history: History, own_actor: Actor) -> Self {
        Self {
            history,
            at: Vec::new(),
            accepted: BTreeMap::new(),
            fates: BTreeMap::new(),
            actors: BTreeMap::new(),
            revisions: BTreeSet::new(),
            recalled: BTreeSet::new(),
            own_actor,
        }
    }

    /// Takes note of an accepted row that the history has recorded.
    pub(super) fn remember(&mut self, row: &Row) {
        let Row { seq, hash, submitted_by, .. } = *row;
        self.accepted.insert(row.id, Accepted { seq, hash, submitted_by });
        self.at.push(row.at);
        self.revisions.extend(row.operation.words().map(|(revision, _)| revision));
    }

    /// Whether some operation had this fate, of those that are in no log.
    pub(super) fn was_fated(&self, fate: Fate) -> bool {
        self.fates.values().any(|other| *other == fate)
    }

    pub(super) fn accepted_at(&self, seq: Seq) -> Option<Timestamp> {
        self.at.get(usize::try_from(seq.0.checked_sub(1)?).ok()?).copied()
    }
}
