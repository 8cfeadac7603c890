//! What a person may tell a replica to do.

use crate::conversation::compose;
use crate::conversation::layout::{Content, Key, Kind, Priority, Status, Value};
use crate::conversation::operation::{Context, Operation, Submission};
use crate::conversation::revision::{Body, BodyError, Revision};
use crate::dice::Dice;
use crate::id::{CategoryId, DocumentKind, MessageId, OperationId, ParticipantId, Seq};
use crate::limits;
use crate::principal::{AgentRole, Role};
use crate::replica::record::{DraftPlace, Waiting, WaitingState, Write};
use crate::replica::{Effects, Event, Replica};
use crate::time::Timestamp;

/// Why a command cannot be carried out. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The words are outside their bounds.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The document is not loaded.
    #[error("the conversation is not open here")]
    NotOpen,
    /// No such message in this document.
    #[error("there is no such message here")]
    UnknownMessage,
    /// It was recalled.
    #[error("the message was recalled")]
    Recalled,
    /// Somebody else wrote it.
    #[error("this message was written by somebody else")]
    NotYours,
    /// The conversation is closed.
    #[error("the conversation is closed: start a follow-up")]
    Closed,
    /// The role, or the document, does not allow it.
    #[error("your role does not allow this")]
    NotAllowed,
    /// As many operations wait as may.
    #[error("{} operations wait already: connect first", limits::OUTBOX_OPERATIONS)]
    OutboxFull,
    /// No such operation in the outbox, or not in that state.
    #[error("no such operation waits for a decision")]
    UnknownOperation,
    /// This client has never reached the server.
    #[error("no first contact yet: connect once before working offline")]
    NoIdentity,
}

/// An operation that is not about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Say whose turn it is.
    Status(Status),
    /// Give the conversation to somebody, or to nobody.
    Assign(Option<ParticipantId>),
    /// End it for good.
    Close,
    /// Say how urgent it is.
    Priority(Priority),
    /// Say what it is about.
    Category(Option<CategoryId>),
    /// Make somebody follow it, or no longer.
    Collaborator(ParticipantId, bool),
}

impl Intent {
    const fn operation(self) -> Operation {
        match self {
            Self::Status(status) => Operation::SetStatus { status },
            Self::Assign(assignee) => Operation::Assign { assignee },
            Self::Close => Operation::Close,
            Self::Priority(priority) => Operation::SetPriority { priority },
            Self::Category(category) => Operation::SetCategory { category },
            Self::Collaborator(participant, follows) => {
                Operation::SetCollaborator { participant, follows }
            }
        }
    }

    /// The document it is put into.
    #[must_use]
    pub const fn document(self) -> DocumentKind {
        match self {
            Self::Status(_) | Self::Assign(_) | Self::Close => DocumentKind::Timeline,
            Self::Priority(_) | Self::Category(_) | Self::Collaborator(..) => DocumentKind::Team,
        }
    }
}

/// What a command needs from around it.
#[derive(Debug)]
pub struct Moment<'a> {
    /// The end of the timeline that its author sees.
    pub seen: Seq,
    /// The client's clock.
    pub now: Timestamp,
    /// The session's dice.
    pub dice: &'a mut Dice,
    /// What follows.
    pub effects: &'a mut Effects,
}

impl Replica {
    /// Writes a message, or a note in a team document.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn send(&mut self, body: &Body, m: &mut Moment<'_>) -> Result<MessageId, CommandError> {
        let message = MessageId::timed(m.now, m.dice);
        self.send_as(message, body, m)
    }

    /// Writes a message, or a note, under an id that the caller made. One that stands here already
    /// is left as it is: whoever is unsure whether it was written says it again.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn send_as(
        &mut self,
        message: MessageId,
        body: &Body,
        m: &mut Moment<'_>,
    ) -> Result<MessageId, CommandError> {
        if self.has_message(message) {
            return Ok(message);
        }
        let kind = self.own_kind()?;
        if !self.moves_on() {
            self.not_closed()?;
        }
        self.room()?;
        let words = Revision::new(message, self.principal.participant, body, m.dice)?;
        self.send_words(kind, words, WaitingState::Unsent, m);
        Ok(message)
    }

    /// Whether a message stands here, or waits to be sent from here.
    pub(crate) fn has_message(&self, message: MessageId) -> bool {
        let waits = |waiting: &Waiting| waiting.submission.operation.message() == Some(message);
        self.shown().message(message).is_some() || self.outbox.iter().any(waits)
    }

    /// Whether anything of a message is here: the message, words, or a draft.
    pub(crate) fn knows(&self, message: MessageId) -> bool {
        self.has_message(message)
            || self.words_of(message).is_some()
            || self.drafts.contains_key(&Some(message))
    }

    /// Whether messages that wait in this closed conversation are about to go to its follow-up:
    /// what is written now goes after them.
    #[must_use]
    pub fn moves_on(&self) -> bool {
        self.principal.role == Role::Visitor
            && self.outbox.iter().any(|waiting| {
                let send = matches!(waiting.submission.operation, Operation::Send { .. });
                send && waiting.state.is_pushable() && !waiting.submission.withheld
            })
    }

    /// Sends words that came from elsewhere with their message's id. Another device may have
    /// brought them here: they cannot vanish as if they had never been sent, and what stands here
    /// already is not sent again.
    pub(crate) fn send_moved(&mut self, kind: Kind, words: Revision, m: &mut Moment<'_>) {
        self.send_words(kind, words, WaitingState::Pushed, m);
        self.drop_repeated(m.dice, m.effects);
        self.drop_superseded(m.effects);
    }

    fn send_words(&mut self, kind: Kind, words: Revision, state: WaitingState, m: &mut Moment<'_>) {
        let operation = Operation::Send {
            message: words.message,
            kind,
            revision: words.id,
            commitment: words.commitment(self.document),
        };
        self.operate_as(state, operation, Some(words), m);
    }

    /// Whether the outbox has room for one more operation.
    const fn room(&self) -> Result<(), CommandError> {
        let room = self.outbox.len() < limits::OUTBOX_OPERATIONS;
        if room { Ok(()) } else { Err(CommandError::OutboxFull) }
    }

    fn not_closed(&self) -> Result<(), CommandError> {
        let closed = self.document.kind == DocumentKind::Timeline && self.shown().has(Key::Closed);
        if closed { Err(CommandError::Closed) } else { Ok(()) }
    }

    /// How this client's messages in this document are labelled.
    fn own_kind(&self) -> Result<Kind, CommandError> {
        match (self.principal.role, self.document.kind) {
            (Role::Visitor, DocumentKind::Timeline) => Ok(Kind::Visitor),
            (Role::Agent(_), DocumentKind::Timeline) => Ok(Kind::Agent),
            (Role::Agent(_), DocumentKind::Team) => Ok(Kind::Note),
            (Role::Assistant, DocumentKind::Timeline) => Ok(Kind::Assistant),
            _ => Err(CommandError::NotAllowed),
        }
    }

    /// Puts other words in place of those of one's own message.
    ///
    /// A message that was never handed to a connection is simply sent with the new words.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn edit(
        &mut self,
        message: MessageId,
        body: &Body,
        m: &mut Moment<'_>,
    ) -> Result<(), CommandError> {
        if self.changeable(message)? == Kind::Assistant {
            return Err(CommandError::NotYours);
        }
        self.not_closed()?;
        let words = Revision::new(message, self.principal.participant, body, m.dice)?;
        if let Some(position) = self.unsent(message) {
            self.set_draft(Some(message), None, m.effects);
            self.replace_unsent(position, words, m);
            return Ok(());
        }
        self.room()?;
        self.set_draft(Some(message), None, m.effects);
        let (revision, commitment) = (words.id, words.commitment(self.document));
        let operation = Operation::Edit { message, revision, commitment };
        self.operate(operation, Some(words), m);
        Ok(())
    }

    /// Takes a message back. Its words go from this client at once, whether or not there is a
    /// network. A message that was never handed to a connection vanishes altogether.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn recall(&mut self, message: MessageId, m: &mut Moment<'_>) -> Result<(), CommandError> {
        let may_any = self.principal.role.agent().is_some_and(AgentRole::recalls_any);
        let visitors = self.shown().message(message).is_some_and(|value| {
            matches!(value.content, Content::Words { kind: Kind::Visitor, .. })
        });
        match self.changeable(message) {
            Err(CommandError::NotYours) if may_any && !visitors => {}
            Err(error) => return Err(error),
            Ok(_) => {}
        }
        if let Some(position) = self.unsent(message) {
            let submission = self.outbox[position].submission.id;
            self.remove_waiting(submission, m.effects);
            self.forget_message(message, m.effects);
            self.recompose_from(position, m.dice, m.effects);
            m.effects.events.push(Event::Changed(self.document));
            return Ok(());
        }
        self.take_back(message, m);
        Ok(())
    }

    /// Taking words back always finds room.
    fn take_back(&mut self, message: MessageId, m: &mut Moment<'_>) {
        self.operate(Operation::Recall { message }, None, m);
        self.withhold(message, m.effects);
        self.forget_message(message, m.effects);
    }

    /// Sends a message that is recalled already, as a pair with its recall and without words. Where
    /// another device has brought it here, the recall alone is left.
    pub(crate) fn send_recalled(&mut self, send: Operation, m: &mut Moment<'_>) {
        let Some(message) = send.message().filter(|message| !self.is_recalled(*message)) else {
            return;
        };
        if !self.shown().has(send.key()) {
            self.operate(send, None, m);
        }
        self.take_back(message, m);
    }

    /// Anything that is not about a message.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn intend(
        &mut self,
        intent: Intent,
        m: &mut Moment<'_>,
    ) -> Result<OperationId, CommandError> {
        let visitor_may = matches!(intent, Intent::Close | Intent::Status(Status::WaitingForHuman));
        let allowed = match self.principal.role {
            Role::Visitor => visitor_may,
            Role::Agent(role) => role.sets_category() || !matches!(intent, Intent::Category(_)),
            Role::Assistant | Role::Server => matches!(intent, Intent::Status(_)),
        };
        if !allowed || intent.document() != self.document.kind {
            return Err(CommandError::NotAllowed);
        }
        self.not_closed()?;
        self.room()?;
        Ok(self.operate(intent.operation(), None, m))
    }

    /// Keeps what somebody typed and has not sent: in the composer, or as new words of a message,
    /// unless that was recalled.
    pub fn set_draft(
        &mut self,
        message: Option<MessageId>,
        text: Option<String>,
        effects: &mut Effects,
    ) {
        let recalled = message.is_some_and(|message| self.is_recalled(message));
        let text = text.filter(|text| !text.is_empty() && !recalled);
        if self.drafts.get(&message) == text.as_ref() {
            return;
        }
        match text.clone() {
            Some(text) => self.drafts.insert(message, text),
            None => self.drafts.remove(&message),
        };
        let place = DraftPlace { document: self.document, message };
        effects.writes.push(Write::Draft(place, text));
    }

    /// Checks that a message is here, not recalled, and this participant's own; returns its kind.
    fn changeable(&self, message: MessageId) -> Result<Kind, CommandError> {
        let value = self.shown().message(message).ok_or(CommandError::UnknownMessage)?;
        if self.is_recalled(message) {
            return Err(CommandError::Recalled);
        }
        match value.content {
            Content::System { .. } => Err(CommandError::NotAllowed),
            Content::Words { kind, .. } if self.principal.is(value.author) => Ok(kind),
            Content::Words { .. } => Err(CommandError::NotYours),
        }
    }

    /// Composes an operation on the fork and puts it into the outbox.
    fn operate(
        &mut self,
        operation: Operation,
        words: Option<Revision>,
        m: &mut Moment<'_>,
    ) -> OperationId {
        self.operate_as(WaitingState::Unsent, operation, words, m)
    }

    fn operate_as(
        &mut self,
        state: WaitingState,
        operation: Operation,
        words: Option<Revision>,
        m: &mut Moment<'_>,
    ) -> OperationId {
        let submission = self.compose(OperationId::random(m.dice), operation, m.now, m.seen);
        let id = submission.id;
        let waiting = Waiting { submission, state };
        m.effects.writes.push(Write::Waiting(self.document, waiting.clone()));
        self.outbox.push(waiting);
        if let Some(words) = words {
            m.effects.writes.push(Write::Words(self.document, words.clone()));
            self.words.insert(words.id, words);
        }
        m.effects.events.push(Event::Changed(self.document));
        id
    }

    /// Composes an operation on the fork, and records it there.
    pub(super) fn compose(
        &mut self,
        id: OperationId,
        operation: Operation,
        time: Timestamp,
        seen: Seq,
    ) -> Submission {
        let history = self.fork.get_or_insert_with(|| self.confirmed.history().clone());
        let context = Context {
            author: self.principal.participant,
            actor: self.actor,
            actor_seq: history.actor_seq(self.actor) + 1,
            dependencies: history.dependencies(self.actor),
            // A clock that is out of all bounds must not make every operation refused.
            time: time.max(Timestamp::from_millis(0)).min(Timestamp::LAST),
        };
        let Ok(composed) = compose::compose(history, &operation, &context) else {
            unreachable!("a context made from a history has a place in it")
        };
        let hash = composed.entry.hash;
        history.record(composed.entry);
        Submission { id, operation, context, hash, seen, withheld: false }
    }

    /// The place in the outbox of a message's send, if it was never handed to a connection.
    fn unsent(&self, message: MessageId) -> Option<usize> {
        self.outbox.iter().position(|waiting| {
            let operation = waiting.submission.operation;
            waiting.state == WaitingState::Unsent
                && matches!(operation, Operation::Send { message: id, .. } if id == message)
        })
    }

    /// The words of a message, and of drafts for it, go from here.
    fn forget_message(&mut self, message: MessageId, effects: &mut Effects) {
        self.erase_words(effects, |words| words.message == message);
        self.set_draft(Some(message), None, effects);
    }

    /// Erases the words that a rule picks.
    pub(super) fn erase_words(&mut self, effects: &mut Effects, picks: impl Fn(&Revision) -> bool) {
        let document = self.document;
        self.words.retain(|id, words| {
            let picked = picks(words);
            if picked {
                effects.writes.push(Write::EraseWords(document, *id));
            }
            !picked
        });
    }

    /// The value that wins for `key` in what is shown.
    #[must_use]
    pub fn value(&self, key: Key) -> Option<Value> {
        self.shown().current(key).map(|entry| entry.value)
    }
}
