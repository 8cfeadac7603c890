//! Composing by hand: what honest clients send, to be tampered with.

use std::collections::BTreeMap;

use rejoinder_core::conversation::compose::{compose, read};
use rejoinder_core::conversation::history::History;
use rejoinder_core::conversation::layout::Kind;
use rejoinder_core::conversation::operation::{Context, Operation, Submission};
use rejoinder_core::conversation::revision::{Body, Revision};
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{
    Actor, DocumentId, DocumentKind, MessageId, OperationId, RevisionId, Seq,
};
use rejoinder_core::principal::{Principal, Role};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{ClientFrame, ServerFrame};

use crate::raw::{Raw, dice};

/// When everything here is composed: this year, whenever that is.
const NOON: Timestamp = Timestamp::from_millis(1_776_000_000_000);

/// An operation on its way, with its words.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The operation.
    pub submission: Submission,
    /// Its words.
    pub words: Vec<Revision>,
}

impl Letter {
    /// The message it is about.
    ///
    /// # Panics
    /// When it is about none.
    #[must_use]
    pub fn message(&self) -> MessageId {
        self.submission.operation.message().unwrap()
    }
}

/// Somebody who composes on what the server has of one document.
#[derive(Debug)]
pub struct Forger {
    /// Who.
    pub principal: Principal,
    /// What they have.
    pub history: History,
    /// Under which actor they write.
    pub actor: Actor,
    /// Where the ids come from.
    pub dice: Dice,
}

impl Forger {
    /// Somebody who has nothing of a document yet.
    #[must_use]
    pub fn new(principal: Principal, document: DocumentId) -> Self {
        let mut dice = dice();
        let actor = Actor::random(&mut dice);
        Self { principal, history: History::new(document), actor, dice }
    }

    /// The document.
    #[must_use]
    pub const fn document(&self) -> DocumentId {
        self.history.document()
    }

    /// Takes everything that the server has of the document. What was not accepted is forgotten.
    ///
    /// # Panics
    /// When the server does not tell it by entries.
    pub async fn pulls(&mut self, raw: &mut Raw) {
        let document = self.document();
        raw.open(document).await;
        // The answer to this comes after all entries, those of former questions too.
        let nobodys = RevisionId::random(&mut self.dice);
        raw.send(&ClientFrame::Want { document, revisions: vec![nobodys] }).await;
        let mut log = BTreeMap::new();
        let take = |frame| match frame {
            ServerFrame::Entries { document: of, entries, .. } if of == document => {
                log.extend(entries.into_iter().map(|entry| (entry.seq, entry.change)));
                None
            }
            ServerFrame::Revisions { gone, .. } => gone.contains(&nobodys).then_some(()),
            _ => None,
        };
        raw.until(take).await;
        let mut history = History::new(document);
        for change in log.into_values() {
            let change = automerge::Change::from_bytes(change).unwrap();
            let entry = read(&history, &change).unwrap();
            history.record(entry);
        }
        self.history = history;
    }

    /// The next context of this actor.
    #[must_use]
    pub fn context(&self) -> Context {
        Context {
            author: self.principal.participant,
            actor: self.actor,
            actor_seq: self.history.actor_seq(self.actor) + 1,
            dependencies: self.history.dependencies(self.actor),
            time: NOON,
        }
    }

    /// The same principal in another session, which has the same.
    #[must_use]
    pub fn tab(&self) -> Self {
        let mut dice = dice();
        let actor = Actor::random(&mut dice);
        Self { principal: self.principal.clone(), history: self.history.clone(), actor, dice }
    }

    /// Composes an operation, and puts it on what there is.
    ///
    /// # Panics
    /// When it has no place there.
    pub fn does(&mut self, operation: Operation) -> Letter {
        let context = self.context();
        let composed = compose(&self.history, &operation, &context).unwrap();
        let hash = composed.entry.hash;
        self.history.record(composed.entry);
        let id = OperationId::random(&mut self.dice);
        // Far enough for everything to count as seen.
        let seen = Seq(1 << 40);
        let submission = Submission { id, operation, context, hash, seen, withheld: false };
        Letter { submission, words: Vec::new() }
    }

    fn kind(&self) -> Kind {
        match (self.principal.role, self.document().kind) {
            (_, DocumentKind::Team) => Kind::Note,
            (Role::Visitor, _) => Kind::Visitor,
            (Role::Assistant, _) => Kind::Assistant,
            (Role::Agent(_) | Role::Server, _) => Kind::Agent,
        }
    }

    /// Words of a message, whether there is such a message or not.
    ///
    /// # Panics
    /// When the text is no body.
    pub fn words(&mut self, message: MessageId, text: &str) -> Revision {
        let author = self.principal.participant;
        Revision::new(message, author, &Body::text(text), &mut self.dice).unwrap()
    }

    /// Writes a message.
    pub fn writes(&mut self, text: &str) -> Letter {
        let message = MessageId::timed(NOON, &mut self.dice);
        let words = self.words(message, text);
        self.sends(words)
    }

    /// Sends these words as a new message.
    pub fn sends(&mut self, words: Revision) -> Letter {
        let (message, revision, kind) = (words.message, words.id, self.kind());
        let commitment = words.commitment(self.document());
        let letter = self.does(Operation::Send { message, kind, revision, commitment });
        Letter { words: vec![words], ..letter }
    }

    /// Edits a message.
    pub fn edits(&mut self, message: MessageId, text: &str) -> Letter {
        let words = self.words(message, text);
        let (revision, commitment) = (words.id, words.commitment(self.document()));
        let letter = self.does(Operation::Edit { message, revision, commitment });
        Letter { words: vec![words], ..letter }
    }

    /// Recalls a message.
    pub fn recalls(&mut self, message: MessageId) -> Letter {
        self.does(Operation::Recall { message })
    }
}
