//! The client's side of a document: a confirmed log, and an outbox of operations.
//!
//! What is shown is the *fork*: the confirmed document with the outbox's changes on it. The outbox
//! is pushed verbatim until a fate comes. An operation leaves it in the store transaction that adds
//! its change to the confirmed log; one that is refused takes the changes composed after it along,
//! so they are composed again under a new actor, with the same ids.
//!
//! A replica does no I/O: it returns what is to be written ([`record::Write`]) and told
//! ([`Event`]) in [`Effects`], and the session sends what it says.

mod commands;
mod confirmed;
mod outbox;
pub mod plan;
mod rebuild;
pub mod record;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use crate::authority::fate::Refusal;
use crate::conversation::history::History;
use crate::conversation::layout::Key;
use crate::conversation::operation::Operation;
use crate::conversation::revision::Revision;
use crate::dice::Dice;
use crate::id::{
    Actor, ConversationId, DocumentId, MessageId, OperationId, ParticipantId, RevisionId, Seq,
};
use crate::limits;
use crate::principal::Principal;
use crate::time::Timestamp;
use crate::wire::{LogEntry, Progress};

pub use commands::{CommandError, Intent, Moment};
pub use confirmed::{ApplyError, Confirmed};
use record::{SavedDocument, Waiting, Write};

/// Something that a person, or the program around, wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A document's view has changed.
    Changed(DocumentId),
    /// An operation was refused. Its words are kept until it is dismissed.
    Refused {
        /// In which document.
        document: DocumentId,
        /// Which.
        operation: OperationId,
        /// Why.
        code: Refusal,
    },
    /// Somebody wrote what the author had not seen: send anyway, edit, or discard.
    Collided {
        /// In which document.
        document: DocumentId,
        /// Which.
        operation: OperationId,
    },
    /// This participant's edit lost to a concurrent one; its words are kept as a draft.
    EditSuperseded {
        /// In which document.
        document: DocumentId,
        /// Of which message.
        message: MessageId,
    },
    /// A message was recalled; its words are gone from here.
    Recalled {
        /// In which document.
        document: DocumentId,
        /// Which.
        message: MessageId,
    },
    /// How far a recall is carried out: on `done` of `devices` devices.
    Progress(Progress),
    /// Words written into a closed conversation go on in its follow-up.
    Moved {
        /// The closed one.
        from: ConversationId,
        /// Its follow-up.
        to: ConversationId,
    },
}

/// What follows from an input: writes to carry out as one transaction, then events to tell.
#[derive(Debug, Default)]
pub struct Effects {
    /// To be written, all or nothing, before anything is sent or told.
    pub writes: Vec<Write>,
    /// To be told.
    pub events: Vec<Event>,
}

/// A message that goes to another conversation: composed again there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moving {
    /// The conversation it goes to.
    pub to: ConversationId,
    /// When it was composed.
    pub composed_at: Timestamp,
    /// What goes.
    pub what: Moved,
}

/// What goes to another conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved {
    /// Words, and the draft that is bound to their message.
    Words(Revision, Option<String>),
    /// The sending of a message that was recalled meanwhile: it goes as a pair with its recall.
    Recalled(Operation),
}

/// The log of a new epoch, as far as it has come.
#[derive(Debug)]
struct Coming {
    confirmed: Confirmed,
    entries: Vec<LogEntry>,
}

/// One document on a client.
#[derive(Debug)]
pub struct Replica {
    document: DocumentId,
    principal: Principal,
    confirmed: Confirmed,
    /// The confirmed document with the outbox on it; none while nothing waits.
    fork: Option<History>,
    outbox: Vec<Waiting>,
    /// The actor of what is composed next.
    actor: Actor,
    words: BTreeMap<RevisionId, Revision>,
    /// Words that the server says are nowhere any more.
    gone: BTreeSet<RevisionId>,
    recalled: BTreeSet<MessageId>,
    drafts: BTreeMap<Option<MessageId>, String>,
    seen: BTreeMap<ParticipantId, Seq>,
    /// Operations that the present connection was handed as they are.
    in_flight: BTreeSet<OperationId>,
    /// How many answers the present connection owes for each operation: more than one when it was
    /// composed again before the first came.
    unanswered: BTreeMap<OperationId, u32>,
    /// Words that the present connection was asked for.
    asked: BTreeSet<RevisionId>,
    /// Operations whose acceptance was told before their entry came.
    accepted: BTreeSet<OperationId>,
    /// Operations that named unknown dependencies once.
    retried: BTreeSet<OperationId>,
    /// The log of a new epoch, until all of it is here: it takes the place of the former one, and
    /// what it lacks is offered again, in one step.
    coming: Option<Coming>,
    /// How many of the newest messages are to have their words here.
    window: usize,
}

impl Replica {
    /// The replica of a document, from what a store has of it.
    ///
    /// # Errors
    /// [`ApplyError`] when the store's log does not fit together.
    pub fn load(
        document: DocumentId,
        principal: Principal,
        saved: SavedDocument,
        dice: &mut Dice,
    ) -> Result<Self, ApplyError> {
        let mut confirmed = Confirmed::new(document);
        for entry in &saved.entries {
            confirmed.append(entry)?;
        }
        let mut replica = Self {
            document,
            principal,
            confirmed,
            fork: None,
            outbox: saved.waiting,
            actor: Actor::random(dice),
            words: saved.words.into_iter().map(|words| (words.id, words)).collect(),
            gone: BTreeSet::new(),
            recalled: saved.recalled.into_iter().collect(),
            drafts: saved.drafts.into_iter().collect(),
            seen: saved.seen.into_iter().collect(),
            in_flight: BTreeSet::new(),
            unanswered: BTreeMap::new(),
            asked: BTreeSet::new(),
            accepted: BTreeSet::new(),
            retried: BTreeSet::new(),
            coming: None,
            window: limits::WINDOW_MESSAGES as usize,
        };
        replica.refork();
        Ok(replica)
    }

    /// Which document it is of.
    #[must_use]
    pub const fn document(&self) -> DocumentId {
        self.document
    }

    /// Who this client is.
    #[must_use]
    pub const fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The end of what is here of the server's log: where to open the document from.
    #[must_use]
    pub fn cursor(&self) -> Seq {
        let coming = self.coming.as_ref().map(|coming| &coming.confirmed);
        coming.unwrap_or(&self.confirmed).history().last()
    }

    /// The end of the confirmed log: what its reader can have seen.
    #[must_use]
    pub fn end(&self) -> Seq {
        self.confirmed.history().last()
    }

    /// The confirmed document.
    #[must_use]
    pub const fn confirmed(&self) -> &Confirmed {
        &self.confirmed
    }

    /// What is shown: the confirmed document with the outbox on it.
    #[must_use]
    pub fn shown(&self) -> &History {
        self.fork.as_ref().unwrap_or_else(|| self.confirmed.history())
    }

    /// Operations without a fate, or with one that their author has not dealt with.
    #[must_use]
    pub fn outbox(&self) -> &[Waiting] {
        &self.outbox
    }

    /// Words that are here.
    #[must_use]
    pub fn words(&self, revision: RevisionId) -> Option<&Revision> {
        self.words.get(&revision)
    }

    /// Words of a message that are here, whichever revision they are.
    #[must_use]
    pub fn words_of(&self, message: MessageId) -> Option<&Revision> {
        self.words.values().find(|words| words.message == message)
    }

    /// Drafts: of the composer (`None`), and of messages.
    #[must_use]
    pub const fn drafts(&self) -> &BTreeMap<Option<MessageId>, String> {
        &self.drafts
    }

    /// How far participants have seen the document.
    #[must_use]
    pub const fn seen(&self) -> &BTreeMap<ParticipantId, Seq> {
        &self.seen
    }

    /// Whether the server has said that an operation is accepted, before its entry came.
    #[must_use]
    pub fn is_accepted(&self, operation: OperationId) -> bool {
        self.accepted.contains(&operation)
    }

    /// Whether a message was recalled: confirmed, or by a waiting recall.
    #[must_use]
    pub fn is_recalled(&self, message: MessageId) -> bool {
        self.recalled.contains(&message) || self.shown().has(Key::Recall(message))
    }

    /// The server says who this client is: perhaps with another role than before.
    pub fn set_principal(&mut self, principal: Principal) {
        self.principal = principal;
    }

    /// Whether the log of a new epoch is coming: until it is here, the former one is shown.
    #[must_use]
    pub const fn is_rebuilding(&self) -> bool {
        self.coming.is_some()
    }

    /// Takes the recalled messages of an erasure order, whether or not their recall is in the log
    /// yet.
    pub fn bury(&mut self, message: MessageId, effects: &mut Effects) {
        effects.writes.push(Write::Recalled(self.document, message));
        self.words.retain(|_, words| words.message != message);
        self.drafts.remove(&Some(message));
        if self.recalled.insert(message) {
            effects.events.push(Event::Recalled { document: self.document, message });
        }
    }

    /// Raises how far a participant has seen the document, and says whether it rose.
    pub fn raise_seen(
        &mut self,
        participant: ParticipantId,
        seq: Seq,
        effects: &mut Effects,
    ) -> bool {
        let mark = self.seen.entry(participant).or_default();
        if seq <= *mark {
            return false;
        }
        *mark = seq;
        effects.writes.push(Write::Seen(self.document, participant, seq));
        effects.events.push(Event::Changed(self.document));
        true
    }

    /// A new life of the server's data: its log comes anew, beside the confirmed one.
    pub fn begin_epoch(&mut self) {
        let confirmed = Confirmed::new(self.document);
        self.coming = Some(Coming { confirmed, entries: Vec::new() });
        self.disconnected();
        self.gone.clear();
    }

    /// The connection is gone: what was handed to it will be pushed again.
    pub fn disconnected(&mut self) {
        self.in_flight.clear();
        self.unanswered.clear();
        self.asked.clear();
        self.retried.clear();
    }
}
