//! What every store must do, whatever it keeps things in. Each rule is a function over a
//! [`Bench`]; all of them run on every store.

mod erasure;
mod keeping;
mod row_store;

use std::path::PathBuf;

use rejoinder_core::conversation::layout::{Kind, Status};
use rejoinder_core::conversation::operation::{Context, Operation, Submission};
use rejoinder_core::conversation::revision::{Body, Revision};
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{
    Actor, ChangeHash, ConversationId, DocumentId, MessageId, OperationId, ParticipantId, Seq,
    SiteId,
};
use rejoinder_core::principal::{AgentRole, Principal, Role};
use rejoinder_core::replica::record::{
    DraftPlace, Identity, Saved, SavedDocument, Waiting, WaitingState, Write,
};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{FeedRow, LogEntry};

use self::row_store::{RowStore, Table};
use super::memory::MemoryStore;
use super::sqlite::SqliteStore;
use super::{Store, StoreError};

/// Runs rules on every store.
macro_rules! on_every_store {
    ($($rule:ident)*) => {
        mod in_memory {
            $(#[test] fn $rule() { super::$rule(&mut super::Bench::in_memory()); })*
        }
        mod on_disk {
            $(#[test] fn $rule() {
                let folder = tempfile::tempdir().unwrap();
                super::$rule(&mut super::Bench::on_disk(folder.path().to_owned()));
            })*
        }
        mod in_rows {
            $(#[test] fn $rule() { super::$rule(&mut super::Bench::in_rows()); })*
        }
    };
}
use on_every_store;

/// A store that can be closed and opened again, and a cast of things to put into it.
pub(super) struct Bench {
    store: Option<Box<dyn Store>>,
    open: Box<dyn FnMut() -> Box<dyn Store>>,
    pub(super) cast: Cast,
}

impl Bench {
    fn new(mut open: impl FnMut() -> Box<dyn Store> + 'static) -> Self {
        Self { store: Some(open()), open: Box::new(open), cast: Cast::new() }
    }

    fn in_memory() -> Self {
        let memory = MemoryStore::new().unwrap();
        Self::new(move || Box::new(memory.clone()))
    }

    fn on_disk(folder: PathBuf) -> Self {
        Self::new(move || Box::new(SqliteStore::open(&folder).unwrap()))
    }

    fn in_rows() -> Self {
        let table = Table::default();
        Self::new(move || Box::new(RowStore::open(&table)))
    }

    fn store(&mut self) -> &mut dyn Store {
        &mut **self.store.as_mut().unwrap()
    }

    fn reopen(&mut self) {
        self.store = None;
        self.store = Some((self.open)());
    }

    fn commit(&mut self, writes: impl Into<Vec<Write>>) {
        self.store().commit(writes.into()).unwrap();
    }

    fn refused(&mut self, writes: impl Into<Vec<Write>>) -> StoreError {
        self.store().commit(writes.into()).unwrap_err()
    }

    fn saved(&mut self) -> Saved {
        self.store().saved().unwrap()
    }

    fn document(&mut self, document: DocumentId) -> SavedDocument {
        self.store().document(document).unwrap()
    }

    /// What the words there are say, in the order they were written in.
    fn texts(&mut self, document: DocumentId) -> Vec<String> {
        let mut texts: Vec<String> =
            self.document(document).words.iter().map(|words| words.read().unwrap().text).collect();
        texts.sort();
        texts
    }

    /// The drafts there are.
    fn drafts(&mut self, document: DocumentId) -> Vec<(Option<MessageId>, String)> {
        self.document(document).drafts
    }
}

/// Ids, words and rows to try stores with.
pub(super) struct Cast {
    dice: Dice,
    pub(super) author: ParticipantId,
}

impl Cast {
    pub(super) fn new() -> Self {
        let mut dice = Dice::from_seed([7; 32]);
        Self { author: ParticipantId::random(&mut dice), dice }
    }

    pub(super) fn timeline(&mut self) -> DocumentId {
        DocumentId::timeline(ConversationId::random(&mut self.dice))
    }

    pub(super) fn message(&mut self) -> MessageId {
        MessageId::random(&mut self.dice)
    }

    pub(super) fn participant(&mut self) -> ParticipantId {
        ParticipantId::random(&mut self.dice)
    }

    /// Words of a message.
    pub(super) fn words(&mut self, message: MessageId, text: &str) -> Revision {
        Revision::new(message, self.author, &Body::text(text), &mut self.dice).unwrap()
    }

    /// The operation that sends words.
    pub(super) fn sending(&mut self, document: DocumentId, words: &Revision) -> Waiting {
        let commitment = words.commitment(document);
        self.waiting(Operation::Send {
            message: words.message,
            kind: Kind::Agent,
            revision: words.id,
            commitment,
        })
    }

    /// An operation that waits.
    pub(super) fn waiting(&mut self, operation: Operation) -> Waiting {
        let context = Context {
            author: self.author,
            actor: Actor::random(&mut self.dice),
            actor_seq: 1,
            dependencies: vec![ChangeHash(self.dice.bytes())],
            time: Timestamp::from_millis(1_000),
        };
        let submission = Submission {
            id: OperationId::random(&mut self.dice),
            operation,
            context,
            hash: ChangeHash(self.dice.bytes()),
            seen: Seq::START,
            withheld: false,
        };
        Waiting { submission, state: WaitingState::Unsent }
    }

    pub(super) fn identity(&mut self, token: &str) -> Identity {
        let role = Role::Agent(AgentRole::Agent);
        let principal = Principal::new(self.author, role);
        Identity { token: token.to_owned(), principal, site: Some(SiteId::random(&mut self.dice)) }
    }

    pub(super) fn feed_row(&mut self, conversation: ConversationId) -> FeedRow {
        FeedRow {
            conversation,
            site: SiteId::random(&mut self.dice),
            visitor: self.author,
            status: Status::WaitingForHuman,
            closed: false,
            assignee: None,
            timeline: Seq(3),
            newest: None,
            at: Timestamp::from_millis(5),
            follows: None,
            team: None,
        }
    }
}

/// Entries with these places.
pub(super) fn entries(seqs: impl IntoIterator<Item = u64>) -> Vec<LogEntry> {
    let entry = |seq: u64| LogEntry {
        seq: Seq(seq),
        at: Timestamp::from_millis(1_000 + i64::try_from(seq).unwrap_or(0)),
        change: vec![seq.to_le_bytes()[0]; 90],
    };
    seqs.into_iter().map(entry).collect()
}

/// A draft of words for a message, or of a new one.
pub(super) fn draft(document: DocumentId, message: Option<MessageId>, text: &str) -> Write {
    Write::Draft(DraftPlace { document, message }, Some(text.to_owned()))
}
