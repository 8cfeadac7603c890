//! The outbox: pushed verbatim until a fate comes; composed again when what it built on is not
//! accepted.

use crate::authority::fate::{Fate, Refusal};
use crate::conversation::operation::{Operation, Submission};
use crate::conversation::revision::Revision;
use crate::dice::Dice;
use crate::id::{Actor, ChangeHash, ConversationId, MessageId, OperationId, Seq};
use crate::limits;
use crate::replica::commands::{CommandError, Moment};
use crate::replica::record::{Waiting, WaitingState, Write};
use crate::replica::{Effects, Event, Moved, Moving, Replica};
use crate::wire::OperationFate;

impl Replica {
    /// Puts the outbox's changes on the confirmed document again.
    ///
    /// What no longer fits, because something it built on is not there, is left out until it is
    /// composed again.
    pub(super) fn refork(&mut self) {
        let mut pushable = self.outbox.iter().filter(|w| w.state.is_pushable()).peekable();
        if pushable.peek().is_none() {
            self.fork = None;
            return;
        }
        let mut fork = self.confirmed.history().clone();
        for Waiting { submission, .. } in pushable {
            if fork.seq_of(&submission.hash).is_none() {
                // One that does not replay has lost what it was built on; it waits for its fate.
                drop(fork.replay(&submission.operation, &submission.context, submission.hash));
            }
        }
        self.fork = Some(fork);
    }

    /// What to push now: operations in order, and the words of those that have any.
    ///
    /// They are marked as handed to a connection, durably before they are sent.
    pub fn push(&mut self, effects: &mut Effects) -> Option<(Vec<Submission>, Vec<Revision>)> {
        let (mut submissions, mut revisions, mut bytes) = (Vec::new(), Vec::new(), 0);
        for waiting in &mut self.outbox {
            let id = waiting.submission.id;
            if !waiting.state.is_pushable() || self.in_flight.contains(&id) {
                continue;
            }
            let named = waiting.submission.operation.words();
            let words = named.and_then(|(revision, _)| self.words.get(&revision));
            let dependencies = 33 * waiting.submission.context.dependencies.len();
            bytes += 512 + dependencies + words.map_or(0, |words| words.body.len());
            let full = submissions.len() == limits::PUSH_OPERATIONS
                || (bytes > limits::FRAME_BYTES / 2 && !submissions.is_empty());
            if full {
                break;
            }
            if waiting.state == WaitingState::Unsent {
                waiting.state = WaitingState::Pushed;
                effects.writes.push(Write::Waiting(self.document, waiting.clone()));
            }
            if waiting.state != WaitingState::Wordless {
                revisions.extend(words.cloned());
            }
            submissions.push(waiting.submission.clone());
        }
        for submission in &submissions {
            self.in_flight.insert(submission.id);
            *self.unanswered.entry(submission.id).or_default() += 1;
        }
        (!submissions.is_empty()).then_some((submissions, revisions))
    }

    /// Entries have come: what was waiting and is among them has left the outbox.
    pub(super) fn settle(&mut self, hashes: &[ChangeHash], effects: &mut Effects) {
        let (document, accepted) = (self.document, &mut self.accepted);
        let in_flight = &mut self.in_flight;
        self.outbox.retain(|waiting| {
            let id = waiting.submission.id;
            let settled = hashes.contains(&waiting.submission.hash);
            if settled {
                accepted.remove(&id);
                in_flight.remove(&id);
                effects.writes.push(Write::Settled(document, id));
            }
            !settled
        });
    }

    /// Takes the fates of operations, and says which words go to a follow-up.
    pub fn fates(
        &mut self,
        fates: &[OperationFate],
        dice: &mut Dice,
        effects: &mut Effects,
    ) -> Vec<Moving> {
        let mut moving = Vec::new();
        for told in fates {
            if self.is_answered_later(told.operation) {
                continue;
            }
            let position = self.outbox.iter().position(|waiting| {
                waiting.submission.id == told.operation && waiting.state.is_pushable()
            });
            // A fate of what was composed again since, or has left the outbox with its entry.
            let Some(position) = position.filter(|_| self.in_flight.contains(&told.operation))
            else {
                continue;
            };
            match told.fate {
                // It stays in flight until its entry comes: it must not be pushed again.
                Fate::Accepted { .. } => drop(self.accepted.insert(told.operation)),
                Fate::Refused { code: Refusal::IdTaken } if self.retried.insert(told.operation) => {
                    // Another device of this participant may have offered it again first: its
                    // entry is here before the next answer, and takes this one's place.
                    self.in_flight.remove(&told.operation);
                }
                Fate::Refused { code } => self.refused(position, code, dice, effects),
                Fate::Void => self.recompose_from(position, dice, effects),
                Fate::UnknownDependency => self.unknown_dependency(position, dice, effects),
                Fate::Collision { newest } => self.collided(position, newest, dice, effects),
                Fate::Closed { follow_up } => {
                    moving.extend(self.move_out(position, follow_up, dice, effects));
                }
            }
        }
        self.drop_superseded(effects);
        effects.events.push(Event::Changed(self.document));
        moving
    }

    /// Whether this was the answer to an earlier push of an operation that was composed again
    /// since: a connection's pushes are answered in their order, so another answer is on its way.
    fn is_answered_later(&mut self, operation: OperationId) -> bool {
        let Some(owed) = self.unanswered.get_mut(&operation) else { return true };
        *owed -= 1;
        let later = *owed > 0;
        if !later {
            self.unanswered.remove(&operation);
        }
        later
    }

    fn refused(&mut self, at: usize, code: Refusal, dice: &mut Dice, effects: &mut Effects) {
        let Submission { id, operation, .. } = self.outbox[at].submission;
        let wordless = self.outbox[at].state == WaitingState::Wordless;
        let send = matches!(operation, Operation::Send { .. });
        if send && wordless && code == Refusal::ConversationClosed {
            self.pair_refused(at, dice, effects);
            return;
        }
        // Nothing for the author to decide: the words are gone, or the message is.
        let silent = wordless
            || matches!((operation, code), (Operation::Recall { .. }, Refusal::AlreadyRecalled));
        if silent {
            self.remove_waiting(id, effects);
        } else {
            self.hold(at, WaitingState::Refused(code), effects);
            let document = self.document;
            effects.events.push(Event::Refused { document, operation: id, code });
        }
        self.fold_dependents(operation, effects);
        self.recompose_from(at, dice, effects);
    }

    /// A message met a closed conversation before its author had taken it back. It may have been
    /// accepted in a former life of the data: it goes as a pair with its recall, which a closed
    /// conversation takes too, and as another operation, for a refusal is remembered.
    fn pair_refused(&mut self, at: usize, dice: &mut Dice, effects: &mut Effects) {
        let former = self.outbox[at].submission.id;
        self.in_flight.remove(&former);
        effects.writes.push(Write::Settled(self.document, former));
        self.outbox[at].submission.id = OperationId::random(dice);
        self.put_last_from(at, dice, effects);
    }

    fn collided(&mut self, at: usize, newest: Seq, dice: &mut Dice, effects: &mut Effects) {
        let Submission { id, operation, .. } = self.outbox[at].submission;
        if self.outbox[at].state == WaitingState::Wordless {
            // It was recalled meanwhile: there is nothing to ask its author. It goes as a pair
            // with its recall, for it may have been accepted in a former life of the data.
            self.recompose_from(at, dice, effects);
            return;
        }
        self.hold(at, WaitingState::Collided { newest }, effects);
        self.fold_dependents(operation, effects);
        self.recompose_from(at, dice, effects);
        effects.events.push(Event::Collided { document: self.document, operation: id });
    }

    /// The document cannot be reached any more: what waits is held for its author, words kept.
    /// Recalls go on waiting: should it be there again, its messages must not come back.
    pub fn hold_all(&mut self, code: Refusal, dice: &mut Dice, effects: &mut Effects) {
        let holds = |waiting: &Waiting| {
            let recall = matches!(waiting.submission.operation, Operation::Recall { .. });
            waiting.state.is_pushable() && waiting.state != WaitingState::Wordless && !recall
        };
        while let Some(at) = self.outbox.iter().position(holds) {
            self.refused(at, code, dice, effects);
        }
    }

    fn hold(&mut self, at: usize, state: WaitingState, effects: &mut Effects) {
        self.outbox[at].state = state;
        self.in_flight.remove(&self.outbox[at].submission.id);
        effects.writes.push(Write::Waiting(self.document, self.outbox[at].clone()));
    }

    /// A pull may bring the dependency; if it does not, nothing will.
    fn unknown_dependency(&mut self, at: usize, dice: &mut Dice, effects: &mut Effects) {
        let id = self.outbox[at].submission.id;
        self.in_flight.remove(&id);
        if !self.retried.insert(id) {
            self.recompose_from(at, dice, effects);
        }
    }

    /// The words of a send into a closed conversation leave for its follow-up. If they were
    /// recalled meanwhile the recall leaves in their place: another device may have brought them
    /// there.
    fn move_out(
        &mut self,
        at: usize,
        to: ConversationId,
        dice: &mut Dice,
        effects: &mut Effects,
    ) -> Option<Moving> {
        let submission = self.outbox[at].submission.clone();
        let Operation::Send { message, .. } = submission.operation else {
            self.refused(at, Refusal::ConversationClosed, dice, effects);
            return None;
        };
        // An edit that followed has the newer words.
        self.fold_dependents(submission.operation, effects);
        let words = self.words_of(message).cloned();
        let withheld = submission.withheld.then_some(Moved::Recalled(submission.operation));
        self.remove_waiting(submission.id, effects);
        self.erase_words(effects, |words| words.message == message);
        // A recall over there must find the draft.
        let draft = self.drafts.get(&Some(message)).cloned();
        self.set_draft(Some(message), None, effects);
        self.recompose_from(at, dice, effects);
        let composed_at = submission.context.time;
        let what = withheld.or_else(|| words.map(|words| Moved::Words(words, draft)))?;
        Some(Moving { to, composed_at, what })
    }

    /// Operations that follow a send which was not accepted, and are about its message, have
    /// nothing to be about: the newest edit's words become the send's. A recall that was refused
    /// stays until its author has dealt with it.
    fn fold_dependents(&mut self, operation: Operation, effects: &mut Effects) {
        let Operation::Send { message, .. } = operation else { return };
        let about: Vec<_> = self
            .outbox
            .iter()
            .filter(|waiting| waiting.submission.operation.message() == Some(message))
            .filter(|waiting| match waiting.submission.operation {
                Operation::Send { .. } => false,
                Operation::Recall { .. } => waiting.state.is_pushable(),
                _ => true,
            })
            .map(|waiting| (waiting.submission.id, waiting.submission.operation))
            .collect();
        let newest = about.iter().rev().find_map(|(_, other)| other.words());
        for (id, _) in about {
            self.remove_waiting(id, effects);
        }
        if let Some((newest, _)) = newest {
            self.erase_words(effects, |words| words.message == message && words.id != newest);
        }
    }

    pub(super) fn remove_waiting(&mut self, id: OperationId, effects: &mut Effects) {
        self.outbox.retain(|waiting| waiting.submission.id != id);
        self.in_flight.remove(&id);
        self.accepted.remove(&id);
        effects.writes.push(Write::Settled(self.document, id));
    }

    /// Composes everything from a place in the outbox on again, under a new actor and with the same
    /// ids: what was before it in the outbox stays as it is.
    pub(super) fn recompose_from(&mut self, at: usize, dice: &mut Dice, effects: &mut Effects) {
        self.actor = Actor::random(dice);
        let later = self.outbox.split_off(at.min(self.outbox.len()));
        self.refork();
        for mut waiting in later {
            if waiting.state.is_pushable() {
                let Submission { id, operation, seen, withheld, ref context, .. } =
                    waiting.submission;
                let time = context.time;
                self.in_flight.remove(&id);
                self.retried.remove(&id);
                let composed = self.compose(id, operation, time, seen);
                waiting.submission = Submission { withheld, ..composed };
                effects.writes.push(Write::Waiting(self.document, waiting.clone()));
            }
            self.outbox.push(waiting);
        }
    }

    /// Marks the operations that brought words of a message, and may have been sent, as withheld.
    pub(super) fn withhold(&mut self, message: MessageId, effects: &mut Effects) {
        for waiting in &mut self.outbox {
            let operation = &waiting.submission.operation;
            if operation.message() == Some(message)
                && operation.words().is_some()
                && waiting.state.is_pushable()
            {
                waiting.submission.withheld = true;
                waiting.state = WaitingState::Wordless;
                effects.writes.push(Write::Waiting(self.document, waiting.clone()));
            }
        }
    }

    /// A message that was never handed to a connection gets other words.
    pub(super) fn replace_unsent(&mut self, at: usize, words: Revision, m: &mut Moment<'_>) {
        let Operation::Send { message, kind, .. } = self.outbox[at].submission.operation else {
            return;
        };
        let (revision, commitment) = (words.id, words.commitment(self.document));
        self.outbox[at].submission.operation =
            Operation::Send { message, kind, revision, commitment };
        self.erase_words(m.effects, |former| former.message == message);
        m.effects.writes.push(Write::Words(self.document, words.clone()));
        self.words.insert(words.id, words);
        self.recompose_from(at, m.dice, m.effects);
        m.effects.events.push(Event::Changed(self.document));
    }

    /// Sends an operation that collided, or was refused, anyway: composed again on what is known
    /// now, at the end of the outbox.
    ///
    /// # Errors
    /// [`CommandError::UnknownOperation`].
    pub fn send_anyway(
        &mut self,
        operation: OperationId,
        m: &mut Moment<'_>,
    ) -> Result<(), CommandError> {
        let at = self.held(operation)?;
        let Waiting { submission, state } = self.outbox.remove(at);
        m.effects.writes.push(Write::Settled(self.document, operation));
        // A refusal is remembered by the operation's id, a collision is not.
        let id = match state {
            WaitingState::Refused(_) => OperationId::random(m.dice),
            _ => operation,
        };
        let intended = self.with_present_words(submission.operation);
        let submission = self.compose(id, intended, submission.context.time, m.seen);
        // It was handed to a connection before, and may have been accepted in a former life of the
        // data: it cannot vanish as if it had never been sent.
        let waiting = Waiting { submission, state: WaitingState::Pushed };
        m.effects.writes.push(Write::Waiting(self.document, waiting.clone()));
        self.outbox.push(waiting);
        m.effects.events.push(Event::Changed(self.document));
        Ok(())
    }

    /// Edits may have been folded into a held send: it commits to the words that are here.
    pub(super) fn with_present_words(&self, operation: Operation) -> Operation {
        let Operation::Send { message, kind, revision, .. } = operation else { return operation };
        let words = self.words.get(&revision).or_else(|| self.words_of(message));
        words.map_or(operation, |words| Operation::Send {
            message,
            kind,
            revision: words.id,
            commitment: words.commitment(self.document),
        })
    }

    /// Gives up an operation that was refused or collided; its words are erased.
    ///
    /// # Errors
    /// [`CommandError::UnknownOperation`].
    pub fn discard(
        &mut self,
        operation: OperationId,
        effects: &mut Effects,
    ) -> Result<(), CommandError> {
        let at = self.held(operation)?;
        let intended = self.outbox[at].submission.operation;
        self.remove_waiting(operation, effects);
        let (send, revision) = match intended {
            Operation::Send { message, .. } => (Some(message), None),
            _ => (None, intended.words().map(|(revision, _)| revision)),
        };
        self.erase_words(effects, |words| {
            Some(words.message) == send || Some(words.id) == revision
        });
        self.drop_superseded(effects);
        effects.events.push(Event::Changed(self.document));
        Ok(())
    }

    fn held(&self, operation: OperationId) -> Result<usize, CommandError> {
        let held = |w: &Waiting| w.submission.id == operation && !w.state.is_pushable();
        self.outbox.iter().position(held).ok_or(CommandError::UnknownOperation)
    }
}
