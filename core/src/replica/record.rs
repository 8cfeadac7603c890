//! What a client keeps. The session says what to write as values; a store carries a list of them
//! out as one transaction.
//!
//! A store promises, for each list:
//! - it is all or nothing, and durable when the call returns;
//! - keys of new words are durable before the rows that need them;
//! - words of a recalled message are never kept, whatever the order of the writes;
//! - keys of erased words are overwritten and flushed before the call returns, and a crash in
//!   between is finished when the store is opened again.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::authority::fate::Refusal;
use crate::conversation::operation::Submission;
use crate::conversation::revision::Revision;
use crate::id::{
    DeviceId, DocumentId, Epoch, MessageId, OperationId, ParticipantId, RevisionId, Seq, SiteId,
};
use crate::principal::Principal;
use crate::wire::{FeedRow, LogEntry};

/// Who this client is, learnt at the first contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
pub struct Identity {
    /// What the server gave to come back with.
    #[n(0)]
    pub token: String,
    /// Who the server says this is.
    #[n(1)]
    pub principal: Principal,
    /// The site of a visitor.
    #[n(2)]
    pub site: Option<SiteId>,
}

/// How far this client has read, and of which life of the server's data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
pub struct Cursors {
    /// The server's epoch that everything here is of.
    #[n(0)]
    pub epoch: Option<Epoch>,
    /// The feed, up to here.
    #[n(1)]
    pub feed: u64,
    /// Erasures, carried out up to here.
    #[n(2)]
    pub erasures: u64,
    /// What the feed was read under.
    #[n(3)]
    #[cbor(default)]
    pub scope: u64,
}

/// An operation without a fate, or with one that a person has not dealt with yet.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Waiting {
    /// What is pushed, to the byte.
    #[n(0)]
    pub submission: Submission,
    /// What it waits for.
    #[n(1)]
    pub state: WaitingState,
}

/// What an operation in the outbox waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum WaitingState {
    /// It was never handed to a connection.
    #[n(0)]
    Unsent,
    /// It was handed to a connection: the server may have accepted it.
    #[n(1)]
    Pushed,
    /// Its message was recalled before its fate came: it is pushed without words, and the recall
    /// after it.
    #[n(2)]
    Wordless,
    /// It was refused; the person has not taken note yet. Words are kept for them.
    #[n(3)]
    Refused(#[n(0)] Refusal),
    /// Somebody wrote what its author had not seen; the person decides.
    #[n(4)]
    Collided {
        /// The newest entry they should have seen.
        #[n(0)]
        newest: Seq,
    },
}

impl WaitingState {
    /// Whether it is to be pushed, as opposed to waiting for its author.
    #[must_use]
    pub const fn is_pushable(self) -> bool {
        match self {
            Self::Unsent | Self::Pushed | Self::Wordless => true,
            Self::Refused(_) | Self::Collided { .. } => false,
        }
    }
}

/// Where a draft belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct DraftPlace {
    /// The document it would be sent to.
    #[n(0)]
    pub document: DocumentId,
    /// The message whose words it would replace, or which it was before it lost to a concurrent
    /// edit. A recall of that message takes the draft too.
    #[n(1)]
    pub message: Option<MessageId>,
}

/// One thing a store is to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Remember who this is.
    Identity(Identity),
    /// Remember how far was read.
    Cursors(Cursors),
    /// Keep a row of the feed, in place of the conversation's former one.
    Feed(FeedRow),
    /// Forget all rows of the feed: it is read from its beginning.
    ForgetFeed,
    /// Append to a document's confirmed log. A row with a place that is taken is left as it is.
    Entries(DocumentId, Vec<LogEntry>),
    /// Put another confirmed log in place of the document's, in full.
    Replace(DocumentId, Vec<LogEntry>),
    /// Put an operation into the outbox of a document, at its end, or in the place it has.
    Waiting(DocumentId, Waiting),
    /// Take one out of the outbox.
    Settled(DocumentId, OperationId),
    /// Keep words, sealed, unless their message was recalled.
    Words(DocumentId, Revision),
    /// Erase words: delete the row, overwrite the key.
    EraseWords(DocumentId, RevisionId),
    /// A message was recalled: erase all its words and drafts, and never keep any again.
    Recalled(DocumentId, MessageId),
    /// Keep a draft, sealed, in place of the former one; or erase it.
    Draft(DraftPlace, Option<String>),
    /// Remember how far a participant has seen a document. Only ever rises.
    Seen(DocumentId, ParticipantId, Seq),
    /// Erase a document with everything that belongs to it, its outbox excepted.
    DropDocument(DocumentId),
    /// Erase everything: identity, documents, outbox, every key.
    Wipe,
}

/// What a store has when it is opened.
#[derive(Clone, Debug)]
pub struct Saved {
    /// This installation; made with the store.
    pub device: DeviceId,
    /// Who this is, after a first contact.
    pub identity: Option<Identity>,
    /// How far was read.
    pub cursors: Cursors,
    /// The newest row of each conversation.
    pub feed: Vec<FeedRow>,
    /// Documents that have something in their outbox.
    pub waiting: Vec<DocumentId>,
    /// Documents there are, with the end of each confirmed log.
    pub documents: Vec<(DocumentId, Seq)>,
}

/// What a store has of one document.
#[derive(Clone, Debug, Default)]
pub struct SavedDocument {
    /// The confirmed log.
    pub entries: Vec<LogEntry>,
    /// The outbox, in its order.
    pub waiting: Vec<Waiting>,
    /// Messages that were recalled.
    pub recalled: Vec<MessageId>,
    /// The words there are, unsealed.
    pub words: Vec<Revision>,
    /// The drafts there are, unsealed.
    pub drafts: Vec<(Option<MessageId>, String)>,
    /// How far participants have seen it.
    pub seen: Vec<(ParticipantId, Seq)>,
}
