//! After a new epoch: the server's data was restored from a backup, and may lack what was accepted
//! since. What this participant wrote is offered again, as far as its words are still here.

use crate::conversation::history::History;
use crate::conversation::layout::{Content, Key, Value};
use crate::conversation::operation::{Operation, Submission};
use crate::dice::Dice;
use crate::id::{MessageId, OperationId, RevisionId, Seq};
use crate::replica::record::{Waiting, WaitingState, Write};
use crate::replica::{Effects, Event, Replica};
use crate::time::Timestamp;

impl Replica {
    /// The log is complete: after a new epoch, offers again what it lacks, and erases words that
    /// nothing refers to any more.
    pub fn caught_up(&mut self, dice: &mut Dice, effects: &mut Effects) {
        let Some(former) = self.former.take() else { return };
        if self.cursor() == Seq::START {
            effects.writes.push(Write::Replace(self.document, Vec::new()));
        }
        // What waits was composed on a log that is gone.
        self.recompose_from(0, dice, effects);
        for (_, entry) in former.entries() {
            if let Some((operation, time)) = self.own_operation(&former, entry.key, entry.value) {
                self.offer(&former, operation, time, dice, effects);
            }
        }
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
        former: &History,
        operation: Operation,
        time: Timestamp,
        dice: &mut Dice,
        effects: &mut Effects,
    ) {
        let seen = self.cursor();
        let composed = self.compose(OperationId::random(dice), operation, time, seen);
        let withheld = operation.words().is_some()
            && operation.message().is_some_and(|message| former.has(Key::Recall(message)));
        let submission = Submission { withheld, ..composed };
        let state = if withheld { WaitingState::Wordless } else { WaitingState::Unsent };
        let waiting = Waiting { submission, state };
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
}
