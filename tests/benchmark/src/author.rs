//! Somebody who writes: composes as a client does, on what they have.

use rejoinder_core::conversation::compose::compose;
use rejoinder_core::conversation::history::History;
use rejoinder_core::conversation::layout::Kind;
use rejoinder_core::conversation::operation::{Context, Operation, Submission};
use rejoinder_core::conversation::revision::{Body, Revision};
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{Actor, DocumentId, MessageId, OperationId, ParticipantId, RevisionId};
use rejoinder_core::wire::ClientFrame;
use rejoinder_server::{clock, entropy};

use crate::failure::Failure;

/// The only writer of a timeline: what they have composed is all there is.
pub(crate) struct Author {
    pub(crate) document: DocumentId,
    author: ParticipantId,
    kind: Kind,
    actor: Actor,
    history: History,
    dice: Dice,
    /// Everything written, in its order.
    pub(crate) written: Vec<(MessageId, RevisionId)>,
}

/// Operations and their words.
pub(crate) struct Letters {
    pub(crate) submissions: Vec<Submission>,
    pub(crate) revisions: Vec<Revision>,
}

impl Letters {
    pub(crate) fn push(self, document: DocumentId) -> ClientFrame {
        let Self { submissions, revisions } = self;
        ClientFrame::Push { document, submissions, revisions }
    }
}

impl Author {
    pub(crate) fn new(document: DocumentId, author: ParticipantId, kind: Kind) -> Self {
        let mut dice = entropy::dice();
        let (actor, history) = (Actor::random(&mut dice), History::new(document));
        Self { document, author, kind, actor, history, dice, written: Vec::new() }
    }

    /// The same session as it is now, to be tried in different ways.
    pub(crate) fn again(&self) -> Self {
        let Self { document, author, kind, actor, .. } = *self;
        let (history, written) = (self.history.clone(), self.written.clone());
        Self { document, author, kind, actor, history, dice: entropy::dice(), written }
    }

    /// Writes this many messages.
    pub(crate) fn write(&mut self, messages: usize) -> Result<Letters, Failure> {
        let (mut submissions, mut revisions) = (Vec::new(), Vec::new());
        for _ in 0..messages {
            let message = MessageId::timed(clock::now(), &mut self.dice);
            let body = Body::text(text(self.written.len()));
            let words = Revision::new(message, self.author, &body, &mut self.dice)?;
            let (revision, commitment) = (words.id, words.commitment(self.document));
            let kind = self.kind;
            let operation = Operation::Send { message, kind, revision, commitment };
            submissions.push(self.compose(operation)?);
            revisions.push(words);
            self.written.push((message, revision));
        }
        Ok(Letters { submissions, revisions })
    }

    /// Takes a message back.
    pub(crate) fn recall(&mut self, message: MessageId) -> Result<Letters, Failure> {
        let submissions = vec![self.compose(Operation::Recall { message })?];
        Ok(Letters { submissions, revisions: Vec::new() })
    }

    fn compose(&mut self, operation: Operation) -> Result<Submission, Failure> {
        let context = Context {
            author: self.author,
            actor: self.actor,
            actor_seq: self.history.actor_seq(self.actor) + 1,
            dependencies: self.history.dependencies(self.actor),
            time: clock::now(),
        };
        let entry = compose(&self.history, &operation, &context)?.entry;
        let hash = entry.hash;
        self.history.record(entry);
        let (id, seen) = (OperationId::random(&mut self.dice), self.history.last());
        Ok(Submission { id, operation, context, hash, seen, withheld: false })
    }
}

/// What people write: some 60 characters.
pub(crate) fn text(number: usize) -> String {
    format!("Message {number:05}: could you look at my last order, please?")
}
