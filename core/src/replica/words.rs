//! What follows from entries and from words that come: what to erase, what to ask for.

use crate::conversation::history::Entry;
use crate::conversation::layout::{Content, Key, Value};
use crate::conversation::operation::Operation;
use crate::conversation::revision::Revision;
use crate::dice::Dice;
use crate::id::{ChangeHash, Commitment, MessageId, RevisionId};
use crate::limits;
use crate::replica::confirmed::{ApplyError, Confirmed};
use crate::replica::record::Write;
use crate::replica::{Coming, Effects, Event, Replica};
use crate::wire::{LogEntry, Order};

impl Replica {
    /// Takes entries of the server's log.
    ///
    /// # Errors
    /// [`ApplyError`] when they do not fit; then [`Self::start_over`].
    pub fn entries(
        &mut self,
        entries: Vec<LogEntry>,
        dice: &mut Dice,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        if let Some(coming) = &mut self.coming {
            for entry in entries {
                if coming.confirmed.append(&entry)?.is_some() {
                    coming.entries.push(entry);
                }
            }
            return Ok(());
        }
        let first = self.cursor();
        let mut hashes = Vec::new();
        for entry in &entries {
            hashes.extend(self.confirmed.append(entry)?);
        }
        if hashes.is_empty() {
            return Ok(());
        }
        let new = entries.into_iter().filter(|entry| entry.seq > first).collect();
        effects.writes.push(Write::Entries(self.document, new));
        self.confirmed_more(&hashes, dice, effects);
        Ok(())
    }

    /// Takes a whole document.
    ///
    /// # Errors
    /// [`ApplyError`] when snapshot and order do not fit together; then nothing has changed.
    pub fn snapshot(
        &mut self,
        bytes: &[u8],
        order: &Order,
        dice: &mut Dice,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let (confirmed, entries) = Confirmed::from_snapshot(self.document, bytes, order)?;
        if let Some(coming) = &mut self.coming {
            *coming = Coming { confirmed, entries };
        } else {
            self.replace(Coming { confirmed, entries }, dice, effects);
        }
        Ok(())
    }

    /// Puts another log in place of the confirmed one, which is returned.
    pub(super) fn replace(
        &mut self,
        other: Coming,
        dice: &mut Dice,
        effects: &mut Effects,
    ) -> Confirmed {
        let history = other.confirmed.history();
        let hashes: Vec<_> = history.entries().map(|(_, entry)| entry.hash).collect();
        let former = core::mem::replace(&mut self.confirmed, other.confirmed);
        effects.writes.push(Write::Replace(self.document, other.entries));
        self.confirmed_more(&hashes, dice, effects);
        former
    }

    fn confirmed_more(&mut self, hashes: &[ChangeHash], dice: &mut Dice, effects: &mut Effects) {
        self.settle(hashes, effects);
        for hash in hashes {
            let history = self.confirmed.history();
            let entry = history.seq_of(hash).and_then(|seq| history.at(seq));
            if let Some(Key::Recall(message)) = entry.map(|entry| entry.key) {
                self.bury(message, effects);
            }
        }
        self.refork();
        self.drop_repeated(dice, effects);
        self.drop_superseded(effects);
        effects.events.push(Event::Changed(self.document));
    }

    /// Whether words belong to an operation in the outbox.
    pub(super) fn is_held(&self, revision: RevisionId) -> bool {
        let message = self.words.get(&revision).map(|words| words.message);
        self.outbox.iter().any(|waiting| {
            let operation = &waiting.submission.operation;
            // Edits may have been folded into a held send.
            let folded = !waiting.state.is_pushable()
                && matches!(operation, Operation::Send { message: id, .. } if Some(*id) == message);
            operation.words().is_some_and(|(id, _)| id == revision || folded)
        })
    }

    /// The log does not fit what came: drop it and take it anew.
    pub fn start_over(&mut self, effects: &mut Effects) {
        if self.coming.is_some() {
            self.begin_epoch();
            return;
        }
        self.confirmed = Confirmed::new(self.document);
        self.refork();
        effects.writes.push(Write::Replace(self.document, Vec::new()));
        effects.events.push(Event::Changed(self.document));
    }

    /// Takes words that were asked for. What does not match its commitment is not kept.
    pub fn revisions(
        &mut self,
        records: Vec<Revision>,
        gone: &[RevisionId],
        effects: &mut Effects,
    ) {
        self.gone.extend(gone);
        for words in records {
            let (id, message) = (words.id, words.message);
            self.asked.remove(&id);
            let expected = self.commitment(message, id);
            if self.is_recalled(message) || expected != Some(words.commitment(self.document)) {
                continue;
            }
            effects.writes.push(Write::Words(self.document, words.clone()));
            self.words.insert(id, words);
        }
        self.drop_superseded(effects);
        effects.events.push(Event::Changed(self.document));
    }

    /// What the document commits to for a revision of a message.
    pub(super) fn commitment(
        &self,
        message: MessageId,
        revision: RevisionId,
    ) -> Option<Commitment> {
        let history = self.confirmed.history();
        let puts = history.puts(Key::Message(message)).chain(history.puts(Key::Edit(message)));
        puts.filter_map(|(_, entry)| words_of(entry))
            .find(|(id, _)| *id == revision)
            .map(|(_, commitment)| commitment)
    }

    /// Once the winning words of a message are here, all others of it go, except those that wait in
    /// the outbox. What this participant wrote and lost to a concurrent edit stays as a draft.
    pub(super) fn drop_superseded(&mut self, effects: &mut Effects) {
        let history = self.confirmed.history();
        let is_superseded = |words: &&Revision| {
            let live = history.live_revision(words.message);
            live.is_some_and(|live| live != words.id && self.words.contains_key(&live))
                && !self.is_held(words.id)
        };
        let superseded: Vec<_> = self
            .words
            .values()
            .filter(is_superseded)
            .map(|words| (words.message, words.id))
            .collect();
        for (message, revision) in superseded {
            let lost = self.lost_to_concurrent(message, revision);
            let words = self.words.remove(&revision).filter(|_| lost);
            if let Some(Ok(body)) = words.map(|words| words.read()) {
                self.set_draft(Some(message), Some(body.text), effects);
                let document = self.document;
                effects.events.push(Event::EditSuperseded { document, message });
            }
            effects.writes.push(Write::EraseWords(self.document, revision));
        }
    }

    /// Whether an edit of this participant is visible beside the winner, which did not know it.
    fn lost_to_concurrent(&self, message: MessageId, revision: RevisionId) -> bool {
        let history = self.confirmed.history();
        history.visible(Key::Edit(message), &history.now()).iter().any(|entry| {
            matches!(entry.value, Value::Edit(edit)
                if edit.revision == revision && self.principal.is(edit.author))
        })
    }

    /// The words of a message as it is shown, if they are here.
    #[must_use]
    pub fn live_words(&self, message: MessageId) -> Option<&Revision> {
        let live = self.shown().live_revision(message);
        live.and_then(|live| self.words(live)).or_else(|| {
            // One that is held back stands in no document yet.
            if live.is_none() { self.words_of(message) } else { None }
        })
    }

    /// How many of the newest messages are to have their words here. Only ever rises.
    pub fn widen(&mut self, messages: usize) {
        self.window = self.window.max(messages);
    }

    /// Those of the words that are [wanted](Self::wanted) which this connection was not asked for.
    pub fn want(&mut self) -> Vec<RevisionId> {
        let mut wanted = self.wanted();
        wanted.retain(|id| self.asked.insert(*id));
        wanted
    }

    /// Words that are to come: those of the newest messages that are not here, newest first, and
    /// those that take the place of older words that are here; at most
    /// [`limits::WANT_REVISIONS`].
    #[must_use]
    pub fn wanted(&self) -> Vec<RevisionId> {
        let missing = |id: &RevisionId| !(self.words.contains_key(id) || self.gone.contains(id));
        let history = self.confirmed.history();
        let messages = history.entries().rev().filter_map(|(_, entry)| match entry.key {
            Key::Message(message) if words_of(entry).is_some() => Some(message),
            _ => None,
        });
        let mut wanted: Vec<_> = messages
            .take(self.window)
            .filter(|&message| !self.is_recalled(message))
            .filter_map(|message| history.live_revision(message))
            .filter(missing)
            .take(limits::WANT_REVISIONS)
            .collect();
        for words in self.words.values() {
            // Superseded words stay until the newer ones are here.
            let live = history.live_revision(words.message).filter(missing);
            let more = live.filter(|live| !wanted.contains(live));
            wanted.extend(more.filter(|_| wanted.len() < limits::WANT_REVISIONS));
        }
        wanted
    }
}

fn words_of(entry: &Entry) -> Option<(RevisionId, Commitment)> {
    match entry.value {
        Value::Message(message) => match message.content {
            Content::Words { revision, commitment, .. } => Some((revision, commitment)),
            Content::System { .. } => None,
        },
        Value::Edit(edit) => Some((edit.revision, edit.commitment)),
        _ => None,
    }
}
