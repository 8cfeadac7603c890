//! After a new epoch: the server's data was restored from a backup, and may lack what was accepted
//! since. What this participant wrote is offered again, as far as its words are still here.
//!
//! The new log comes beside the former one and takes its place in one step, together with what is
//! offered again: a crash before begins again with the former log and loses nothing.

use crate::conversation::history::History;
use crate::conversation::layout::{Content, Key, Value};
use crate::conversation::operation::{Operation, Submission};
use crate::dice::Dice;
use crate::id::{MessageId, OperationId, RevisionId};
use crate::replica::record::{Waiting, WaitingState, Write};
use crate::replica::{Effects, Event, Replica};
use crate::time::Timestamp;

impl Replica {
    /// The log is complete: after a new epoch, offers again what it lacks, and erases words that
    /// nothing refers to any more.
    pub fn caught_up(&mut self, dice: &mut Dice, effects: &mut Effects) {
        let Some(coming) = self.coming.take() else {
            // What came from a closed conversation was put beside a log that was not loaded yet.
            self.drop_repeated(dice, effects);
            return;
        };
        let shown = self.shown().clone();
        let former = self.replace(coming, dice, effects).into_history();
        // What is offered again was written before what waits, and stands before it in the outbox.
        let waiting = core::mem::take(&mut self.outbox);
        self.recompose_from(0, dice, effects);
        for (_, entry) in former.entries() {
            if let Some((operation, time)) = self.own_operation(&shown, entry.key, entry.value) {
                self.offer(&shown, operation, time, dice, effects);
            }
        }
        let offered = self.outbox.len();
        self.outbox.extend(waiting);
        self.put_last_from(offered, dice, effects);
        let orphans: Vec<RevisionId> = self
            .words
            .values()
            .filter(|words| !self.shown().revisions(words.message).any(|id| id == words.id))
            .filter(|words| !self.is_held(words.id))
            .map(|words| words.id)
            .collect();
        self.erase_words(effects, |words| orphans.contains(&words.id));
        effects.events.push(Event::Changed(self.document));
    }

    fn offer(
        &mut self,
        shown: &History,
        operation: Operation,
        time: Timestamp,
        dice: &mut Dice,
        effects: &mut Effects,
    ) {
        let seen = self.end();
        let composed = self.compose(OperationId::random(dice), operation, time, seen);
        let withheld = operation.words().is_some()
            && operation.message().is_some_and(|message| shown.has(Key::Recall(message)));
        let submission = Submission { withheld, ..composed };
        // Others may have what was accepted once: it cannot vanish as if it had never been sent.
        let state = if withheld { WaitingState::Wordless } else { WaitingState::Pushed };
        let waiting = Waiting { submission, state };
        // A store that keeps unsent words only has those of what was accepted no more.
        let brings = waiting.submission.operation.words().filter(|_| !withheld);
        if let Some(words) = brings.and_then(|(revision, _)| self.words.get(&revision)) {
            effects.writes.push(Write::Words(self.document, words.clone()));
        }
        effects.writes.push(Write::Waiting(self.document, waiting.clone()));
        self.outbox.push(waiting);
    }

    /// The operation behind an entry of a former log, if the present one lacks it, it was this
    /// participant's, and it can be offered again.
    fn own_operation(
        &self,
        former: &History,
        key: Key,
        value: Value,
    ) -> Option<(Operation, Timestamp)> {
        let own = |message: MessageId| {
            former.message(message).is_some_and(|value| self.principal.is(value.author))
        };
        let present = self.shown();
        match (key, value) {
            (Key::Message(message), Value::Message(value)) if own(message) && !present.has(key) => {
                let Content::Words { kind, revision, commitment } = value.content else {
                    return None;
                };
                // Superseded words are gone: the message is offered with its newest.
                let words = former.live_revision(message).and_then(|live| self.words.get(&live));
                let (revision, commitment) =
                    words.map_or((revision, commitment), |w| (w.id, w.commitment(self.document)));
                (words.is_some() || former.has(Key::Recall(message))).then_some((
                    Operation::Send { message, kind, revision, commitment },
                    value.composed_at,
                ))
            }
            (Key::Edit(message), Value::Edit(edit)) if self.principal.is(edit.author) => {
                let known = present.revisions(message).any(|id| id == edit.revision);
                let live = former.live_revision(message) == Some(edit.revision);
                let (revision, commitment) = (edit.revision, edit.commitment);
                let offered = !known && live && self.words.contains_key(&revision);
                (offered && present.has(Key::Message(message))).then_some((
                    Operation::Edit { message, revision, commitment },
                    edit.composed_at,
                ))
            }
            (Key::Recall(message), _) if own(message) && !present.has(key) => {
                let composed_at = present.message(message)?.composed_at;
                Some((Operation::Recall { message }, composed_at))
            }
            _ => None,
        }
    }

    /// What waits here and is in the log by another device of this participant, which offered it
    /// again after a new epoch, waits no longer. A send with newer words than the log's becomes an
    /// edit.
    pub(super) fn drop_repeated(&mut self, dice: &mut Dice, effects: &mut Effects) {
        let mut first = None;
        let mut at = 0;
        while at < self.outbox.len() {
            let Submission { operation, withheld, .. } = self.outbox[at].submission;
            if !self.is_repeated(operation) {
                at += 1;
                continue;
            }
            let waiting = self.outbox[at].clone();
            self.remove_waiting(waiting.submission.id, effects);
            self.drop_differing(operation, effects);
            first = first.or(Some(at));
            if !withheld && let Some(edit) = self.edit_of_repeated(operation) {
                let id = OperationId::random(dice);
                let submission = Submission { id, operation: edit, ..waiting.submission };
                let state = WaitingState::Pushed;
                let waiting = Waiting { submission, state };
                self.outbox.insert(at, waiting);
                at += 1;
            }
        }
        if let Some(first) = first {
            self.put_last_from(first, dice, effects);
        }
    }

    /// Words that came here from another conversation are committed to anew. Where the log has them
    /// by another device, it is that one's commitment which counts: they are asked for.
    fn drop_differing(&mut self, operation: Operation, effects: &mut Effects) {
        let (Some(message), Some((revision, _))) = (operation.message(), operation.words()) else {
            return;
        };
        let (document, expected) = (self.document, self.commitment(message, revision));
        self.erase_words(effects, |words| {
            words.id == revision
                && expected.is_some_and(|expected| expected != words.commitment(document))
        });
    }

    /// Composes everything from a place in the outbox on again, and puts it last in the store too,
    /// which keeps operations in the order in which they came.
    pub(super) fn put_last_from(&mut self, at: usize, dice: &mut Dice, effects: &mut Effects) {
        self.recompose_from(at, dice, &mut Effects::default());
        for waiting in &self.outbox[at..] {
            effects.writes.push(Write::Settled(self.document, waiting.submission.id));
            effects.writes.push(Write::Waiting(self.document, waiting.clone()));
        }
    }

    fn is_repeated(&self, operation: Operation) -> bool {
        let log = self.confirmed.history();
        match operation {
            Operation::Send { message, .. } => log.has(Key::Message(message)),
            Operation::Edit { message, revision, .. } => {
                log.revisions(message).any(|id| id == revision)
            }
            _ => false,
        }
    }

    /// The edit that a repeated send comes to, if its words are none of the log's.
    fn edit_of_repeated(&self, operation: Operation) -> Option<Operation> {
        let operation = self.with_present_words(operation);
        let Operation::Send { message, revision, commitment, .. } = operation else { return None };
        let known = self.confirmed.history().revisions(message).any(|id| id == revision);
        (!known && self.words.contains_key(&revision)).then_some(Operation::Edit {
            message,
            revision,
            commitment,
        })
    }
}
