//! The server's side of a conversation: it decides what becomes of every operation.
//!
//! An [`Authority`] is made from a conversation's rows and judges from its own index of them. It
//! holds no Automerge document: every row is composed again and its hash compared when it is
//! loaded, and every admitted operation becomes exactly the change that its author composed.
//!
//! ```text
//! load -> admit, admit, … -> take the Admission -> append it -> committed: tell the fates
//!                                                  not committed: drop the Authority, load again
//! ```
//!
//! Admitting changes the authority at once, so that operations of one batch can build on each
//! other; that is why it is thrown away when its batch is not committed.

mod admission;
mod document;
pub mod elsewhere;
pub mod fate;
mod judgement;
mod lapse;
pub mod log;
mod own;
pub mod policy;

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use crate::authority::document::Document;
use crate::authority::log::{ActorRow, FateRow, Row, Summary, Tombstone};
use crate::conversation::compose::Composed;
use crate::conversation::history::{History, ReplayError};
use crate::conversation::layout::{Content, Key, Status, Value};
use crate::conversation::revision::Revision;
use crate::dice::Dice;
use crate::id::{Actor, ConversationId, DocumentId, DocumentKind, ParticipantId, RevisionId, Seq};
use crate::time::Timestamp;
use crate::wire::{NewestMessage, TeamRow};

pub use admission::{Push, Setting};
pub use lapse::notice_before;
pub use own::Which;

/// The deciding copy of one conversation.
#[derive(Debug)]
pub struct Authority {
    conversation: ConversationId,
    visitor: ParticipantId,
    timeline: Document,
    team: Document,
    last_at: Timestamp,
}

/// Everything that a batch of admitted operations comes to: what storage appends in one step.
#[derive(Clone, Debug, Default)]
pub struct Admission {
    /// Accepted, in the order of acceptance.
    pub rows: Vec<Row>,
    /// Fates to remember beside.
    pub fates: Vec<FateRow>,
    /// Actors used for the first time, or closed now.
    pub actors: Vec<ActorRow>,
    /// Words to keep.
    pub words: Vec<(DocumentKind, Revision)>,
    /// Messages recalled now, and by whom.
    pub recalled: Vec<(Tombstone, ParticipantId)>,
    /// Words that newer words took the place of.
    pub superseded: Vec<(DocumentKind, RevisionId)>,
    /// Words that are former ones from the first: newer ones of the same batch took their place, or
    /// they lost to others. Only a site that keeps former words keeps them.
    pub former: Vec<(DocumentKind, Revision)>,
    /// The conversation was closed to words that go to its follow-up, which must exist.
    pub follow_up: bool,
}

impl Admission {
    /// Whether there is nothing to append.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.fates.is_empty() && self.actors.is_empty()
    }
}

/// Rows that do not make a conversation: they are damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// A row does not fit the rows before it.
    #[error("entry {seq} of the {kind:?} log is damaged: {why}")]
    Row {
        /// In which document.
        kind: DocumentKind,
        /// Which.
        seq: Seq,
        /// How.
        why: ReplayError,
    },
    /// A row's change is not the one that its operation composes to, or its place is wrong.
    #[error("entry {seq} of the {kind:?} log is damaged: its change or its place is another")]
    Change {
        /// In which document.
        kind: DocumentKind,
        /// Which.
        seq: Seq,
    },
}

/// What an authority is made from.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Both logs, in the order of acceptance.
    pub rows: Vec<Row>,
    /// Fates without rows.
    pub fates: Vec<FateRow>,
    /// Its actors.
    pub actors: Vec<ActorRow>,
    /// Its recalled messages.
    pub tombstones: Vec<Tombstone>,
}

impl Authority {
    /// The authority of a conversation of `visitor`, from its rows: none for a new one.
    ///
    /// # Errors
    /// [`LoadError`] when a row is damaged.
    pub fn load(
        conversation: ConversationId,
        visitor: ParticipantId,
        rows: &Rows,
        dice: &mut Dice,
    ) -> Result<Self, LoadError> {
        let document = |kind, dice: &mut Dice| {
            Document::new(History::new(DocumentId { conversation, kind }), Actor::random(dice))
        };
        let mut authority = Self {
            conversation,
            visitor,
            timeline: document(DocumentKind::Timeline, dice),
            team: document(DocumentKind::Team, dice),
            last_at: Timestamp::default(),
        };
        for row in &rows.rows {
            authority.replay(row)?;
        }
        for row in &rows.fates {
            let document = authority.document_mut(row.kind);
            document.fates.insert((row.id, row.submitted_by), row.fate);
        }
        for row in &rows.actors {
            authority.document_mut(row.kind).actors.insert(row.actor, *row);
        }
        for row in &rows.tombstones {
            authority.document_mut(row.kind).recalled.insert(row.message);
        }
        Ok(authority)
    }

    fn replay(&mut self, row: &Row) -> Result<(), LoadError> {
        let damaged = LoadError::Change { kind: row.kind, seq: row.seq };
        let (last_at, document) = (self.last_at, self.document_mut(row.kind));
        if document.history.last().next() != row.seq || row.at <= last_at {
            return Err(damaged);
        }
        let Composed { bytes, .. } = document
            .history
            .replay(&row.operation, &row.context, row.hash)
            .map_err(|why| LoadError::Row { kind: row.kind, seq: row.seq, why })?;
        if bytes != row.change {
            return Err(damaged);
        }
        document.remember(row);
        self.last_at = row.at;
        Ok(())
    }

    /// The conversation it decides.
    #[must_use]
    pub const fn conversation(&self) -> ConversationId {
        self.conversation
    }

    /// Whose conversation it is.
    #[must_use]
    pub const fn visitor(&self) -> ParticipantId {
        self.visitor
    }

    /// The index of one of its documents.
    #[must_use]
    pub const fn history(&self, kind: DocumentKind) -> &History {
        &self.document(kind).history
    }

    /// When the entry at `seq` was accepted.
    #[must_use]
    pub fn accepted_at(&self, kind: DocumentKind, seq: Seq) -> Option<Timestamp> {
        self.document(kind).accepted_at(seq)
    }

    /// Which of these actors were never seen in one of its documents: they may be bound elsewhere.
    pub fn unknown_actors(
        &self,
        kind: DocumentKind,
        actors: impl IntoIterator<Item = Actor>,
    ) -> BTreeSet<Actor> {
        let known = &self.document(kind).actors;
        actors.into_iter().filter(|actor| !known.contains_key(actor)).collect()
    }

    const fn document(&self, kind: DocumentKind) -> &Document {
        match kind {
            DocumentKind::Timeline => &self.timeline,
            DocumentKind::Team => &self.team,
        }
    }

    const fn document_mut(&mut self, kind: DocumentKind) -> &mut Document {
        match kind {
            DocumentKind::Timeline => &mut self.timeline,
            DocumentKind::Team => &mut self.team,
        }
    }

    /// Whether it is over.
    #[must_use]
    pub fn closed(&self) -> bool {
        self.timeline.history.has(Key::Closed)
    }

    /// Whose turn it is.
    #[must_use]
    pub fn status(&self) -> Status {
        match self.timeline.history.current(Key::Status).map(|entry| entry.value) {
            Some(Value::Status(status)) => status,
            _ => Status::INITIAL,
        }
    }

    /// Who has it.
    #[must_use]
    pub fn assignee(&self) -> Option<ParticipantId> {
        match self.timeline.history.current(Key::Assignee).map(|entry| entry.value) {
            Some(Value::Assignee(assignee)) => assignee,
            _ => None,
        }
    }

    /// Who follows it.
    pub fn collaborators(&self) -> impl Iterator<Item = ParticipantId> {
        let team = &self.team.history;
        team.keys().filter_map(|key| match key {
            Key::Collaborator(participant) => team
                .current(key)
                .is_some_and(|entry| entry.value == Value::Follows(true))
                .then_some(participant),
            _ => None,
        })
    }

    /// What lists of conversations show.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let team = &self.team.history;
        let priority = match team.current(Key::Priority).map(|entry| entry.value) {
            Some(Value::Priority(priority)) => Some(priority),
            _ => None,
        };
        let category = match team.current(Key::Category).map(|entry| entry.value) {
            Some(Value::Category(category)) => category,
            _ => None,
        };
        Summary {
            status: self.status(),
            closed: self.closed(),
            assignee: self.assignee(),
            timeline: self.timeline.history.last(),
            newest: self.newest(),
            at: self.last_at,
            team: TeamRow {
                seq: team.last(),
                priority,
                category,
                collaborators: self.collaborators().collect(),
            },
        }
    }

    fn newest(&self) -> Option<NewestMessage> {
        let document = &self.timeline;
        document.history.entries().rev().find_map(|(_, entry)| match (entry.key, entry.value) {
            (Key::Message(message), Value::Message(value)) => match value.content {
                Content::Words { kind, revision, .. } if !document.recalled.contains(&message) => {
                    let revision = document.history.live_revision(message).unwrap_or(revision);
                    Some(NewestMessage { message, kind, revision })
                }
                Content::Words { .. } | Content::System { .. } => None,
            },
            _ => None,
        })
    }
}

/// The one follow-up of a closed conversation: a pure function of its id, so that two tabs, and a
/// client without a network, find the same.
///
/// The first 16 bytes of `SHA-256("rejoinder/follow-up/1" ‖ conversation)`, with the version and
/// variant bits of a UUID of version 8.
#[must_use]
pub fn follow_up(conversation: ConversationId) -> ConversationId {
    let hash = Sha256::new()
        .chain_update(b"rejoinder/follow-up/1")
        .chain_update(conversation.as_bytes())
        .finalize();
    let mut bytes: [u8; 16] = core::array::from_fn(|n| hash[n]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    ConversationId::from_bytes(bytes)
}
