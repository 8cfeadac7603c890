//! What a server says.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::authority::fate::Fate;
use crate::conversation::revision::Revision;
use crate::id::{
    Actor, DocumentId, Epoch, MessageId, OperationId, ParticipantId, RevisionId, Seq, SiteId,
};
use crate::limits;
use crate::principal::Principal;
use crate::time::Timestamp;
use crate::wire::client::Signal;
use crate::wire::feed::FeedRow;
use crate::wire::notice::{Notification, Offer};
use crate::wire::problem::Problem;
#[cfg(doc)]
use crate::wire::{ClientFrame, Hello};

/// What a server says.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum ServerFrame {
    /// The answer to [`Hello`]. Until the client has answered [`ClientFrame::Purged`] nothing else
    /// flows.
    #[n(0)]
    Welcome(#[n(0)] Box<Welcome>),
    /// This device is no longer trusted: erase everything. The answer to a [`Hello`] of a disabled
    /// agent or a revoked token.
    #[n(1)]
    Wipe,
    /// What to erase, while connected.
    #[n(2)]
    Erasures {
        /// To be answered by [`ClientFrame::Purged`].
        #[n(0)]
        cursor: u64,
        /// What.
        #[n(1)]
        orders: Vec<ErasureOrder>,
    },
    /// Conversations that are new or changed.
    #[n(3)]
    Feed {
        /// How far the feed is read with these rows; 0 while rows from before are still to come.
        /// The highest counts.
        #[n(0)]
        cursor: u64,
        /// The newest state of each.
        #[n(1)]
        rows: Vec<FeedRow>,
    },
    /// A part of a document's snapshot.
    #[n(4)]
    Snapshot {
        /// Of which document.
        #[n(0)]
        document: DocumentId,
        /// The place in the log that the snapshot stands for.
        #[n(1)]
        seq: Seq,
        /// Which part, from 0.
        #[n(2)]
        part: u32,
        /// Of how many.
        #[n(3)]
        parts: u32,
        /// A part of the saved Automerge document.
        #[cbor(n(4), with = "minicbor::bytes")]
        bytes: Vec<u8>,
        /// A part of which change stands where in the log, and since when.
        #[n(5)]
        order: Order,
    },
    /// Entries of a document's log.
    #[n(5)]
    Entries {
        /// Of which document.
        #[n(0)]
        document: DocumentId,
        /// In the order of the log, without gaps.
        #[n(1)]
        entries: Vec<LogEntry>,
        /// The last place in the log: the client is up to date when it has that.
        #[n(2)]
        last: Seq,
    },
    /// What became of operations.
    #[n(6)]
    Fates {
        /// In which document.
        #[n(0)]
        document: DocumentId,
        /// By operation.
        #[n(1)]
        fates: Vec<OperationFate>,
    },
    /// Words that were asked for.
    #[n(7)]
    Revisions {
        /// Beside which document.
        #[n(0)]
        document: DocumentId,
        /// Those there are.
        #[n(1)]
        records: Vec<Revision>,
        /// Those that were taken back or replaced: they are nowhere any more.
        #[n(2)]
        gone: Vec<RevisionId>,
    },
    /// What participants do, and have seen.
    #[n(8)]
    Signals {
        /// In which document.
        #[n(0)]
        document: DocumentId,
        /// By participant; the server says who it was.
        #[n(1)]
        signals: Vec<ParticipantSignal>,
    },
    /// How far a recall has been carried out.
    #[n(9)]
    Progress(#[n(0)] Progress),
    /// Not now. Which frame it answers is not said, and mostly the connection ends with it: a
    /// client begins it again after the wait.
    #[n(10)]
    Retry {
        /// Milliseconds to wait at least.
        #[n(0)]
        after_millis: u64,
        /// Why.
        #[n(1)]
        reason: Problem,
    },
    /// It will not be, and why. Without a document it is about the connection, which then ends.
    #[n(11)]
    Refused {
        /// About which document.
        #[n(0)]
        document: Option<DocumentId>,
        /// Why.
        #[n(1)]
        reason: Problem,
    },
    /// This connection reads too slowly: open the document again from your cursor.
    #[n(12)]
    Reopen {
        /// Which.
        #[n(0)]
        document: DocumentId,
    },
    /// Which waiting conversations are offered to this agent now: all of them, the last frame
    /// counts.
    #[n(13)]
    Offers {
        /// What has waited longest first.
        #[n(0)]
        offers: Vec<Offer>,
    },
    /// What this agent was notified of and has not read: all of it, the last frame counts.
    #[n(14)]
    Notifications {
        /// Newest first, at most [`limits::NOTIFICATIONS`].
        #[n(0)]
        unread: Vec<Notification>,
    },
}

/// The answer to [`Hello`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Welcome {
    /// The life of the server's data. Another than the client knows: drop confirmed documents.
    #[n(0)]
    pub epoch: Epoch,
    /// Who the client is.
    #[n(1)]
    pub principal: Principal,
    /// The site of a visitor.
    #[n(2)]
    pub site: Option<SiteId>,
    /// The bounds this server holds to.
    #[n(3)]
    pub limits: Limits,
    /// The server's clock.
    #[n(4)]
    pub time: Timestamp,
    /// A new token, for a log-in by password and for a new visitor.
    #[n(5)]
    pub token: Option<String>,
    /// To be answered by [`ClientFrame::Purged`].
    #[n(6)]
    pub cursor: u64,
    /// What to erase before anything else: at most [`limits::ERASURE_ORDERS`]. More come in
    /// [`ServerFrame::Erasures`], still before anything else.
    #[n(7)]
    pub erasures: Vec<ErasureOrder>,
    /// What the client may see, as a number that changes with it: whose feed was read under another
    /// reads it from the beginning.
    #[n(8)]
    pub scope: u64,
}

/// The bounds that a client must know; see [`crate::limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
pub struct Limits {
    /// Characters in a text.
    #[n(0)]
    pub text_characters: u32,
    /// Bytes of an attachment.
    #[n(1)]
    pub attachment_bytes: u64,
    /// Operations in a push.
    #[n(2)]
    pub push_operations: u32,
    /// Bytes of a frame.
    #[n(3)]
    pub frame_bytes: u32,
    /// Documents open at once.
    #[n(4)]
    pub open_documents: u32,
}

impl Default for Limits {
    fn default() -> Self {
        let bound = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Self {
            text_characters: bound(limits::TEXT_CHARACTERS),
            attachment_bytes: limits::ATTACHMENT_BYTES,
            push_operations: bound(limits::PUSH_OPERATIONS),
            frame_bytes: bound(limits::FRAME_BYTES),
            open_documents: bound(limits::OPEN_DOCUMENTS),
        }
    }
}

/// Something a device must erase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ErasureOrder {
    /// In which document.
    #[n(0)]
    pub document: DocumentId,
    /// A message that was recalled; or, without one, the whole document, which this principal may
    /// no longer see.
    #[n(1)]
    pub message: Option<MessageId>,
}

/// One entry of a log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LogEntry {
    /// Its place.
    #[n(0)]
    pub seq: Seq,
    /// When it was accepted.
    #[n(1)]
    pub at: Timestamp,
    /// The Automerge change.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub change: Vec<u8>,
}

/// Which change stands where in a log. Changes are named by actor and actor seq, so that it does
/// not matter in which order an Automerge lists them. A snapshot's parts each bring a slice: actors
/// and rows are appended to those of the parts before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Order {
    /// The actors.
    #[n(0)]
    pub actors: Vec<Actor>,
    /// The log from place 1 on.
    #[n(1)]
    pub rows: Vec<OrderRow>,
}

/// One place of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OrderRow {
    /// An index into [`Order::actors`], those of the parts before included.
    #[n(0)]
    pub actor: u32,
    /// The place among the actor's changes.
    #[n(1)]
    pub actor_seq: u64,
    /// When it was accepted.
    #[n(2)]
    pub at: Timestamp,
}

/// What became of one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OperationFate {
    /// Which.
    #[n(0)]
    pub operation: OperationId,
    /// What.
    #[n(1)]
    pub fate: Fate,
    /// The words that came with it were not kept: the message was recalled, or has newer words.
    #[n(2)]
    pub words_gone: bool,
}

/// What one participant does, or has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
pub struct ParticipantSignal {
    /// Who.
    #[n(0)]
    pub participant: ParticipantId,
    /// What.
    #[n(1)]
    pub signal: Signal,
}

/// How far a recall has been carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
pub struct Progress {
    /// In which document.
    #[n(0)]
    pub document: DocumentId,
    /// The recalled message.
    #[n(1)]
    pub message: MessageId,
    /// Whether the server's own files are done: keys shredded, rows deleted, log truncated.
    #[n(2)]
    pub server: bool,
    /// Devices that have carried it out.
    #[n(3)]
    pub done: u32,
    /// Devices that were ever sent words of the document.
    #[n(4)]
    pub devices: u32,
    /// When the one that has been away longest was last heard from.
    #[n(5)]
    pub longest_away: Option<Timestamp>,
}
