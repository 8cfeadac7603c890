//! The protocol's frames: CBOR arrays, one frame a binary WebSocket message.
//!
//! `docs/wire.md` describes them for people who write a client without this crate; golden files
//! pin their bytes. Wire types are not domain types: the sessions translate.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::authority::fate::Fate;
use crate::conversation::layout::{Kind, Priority, Status};
use crate::conversation::operation::Submission;
use crate::conversation::revision::Revision;
use crate::id::{
    Actor, CategoryId, ConversationId, DeviceId, DocumentId, Epoch, MessageId, OperationId,
    ParticipantId, RevisionId, Seq, SiteId,
};
use crate::limits;
use crate::principal::Principal;
use crate::time::Timestamp;

/// The version of this protocol. A server names the one it speaks when it refuses another.
pub const VERSION: u16 = 1;

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum ClientFrame {
    /// Who is there; the first frame.
    #[n(0)]
    Hello(#[n(0)] Hello),
    /// Everything up to here is erased from this device.
    #[n(1)]
    Purged {
        /// The cursor of the erasures carried out.
        #[n(0)]
        cursor: u64,
    },
    /// Follow a document from a place in its log on.
    #[n(2)]
    Open {
        /// Which.
        #[n(0)]
        document: DocumentId,
        /// The last entry that this client has.
        #[n(1)]
        cursor: Seq,
    },
    /// No longer follow it.
    #[n(3)]
    Leave {
        /// Which.
        #[n(0)]
        document: DocumentId,
    },
    /// Operations from the outbox, in their order, and the words that go with them.
    #[n(4)]
    Push {
        /// The document they are for.
        #[n(0)]
        document: DocumentId,
        /// Up to [`limits::PUSH_OPERATIONS`].
        #[n(1)]
        submissions: Vec<Submission>,
        /// The words of those that have words and were not recalled meanwhile.
        #[n(2)]
        revisions: Vec<Revision>,
    },
    /// Send me these words.
    #[n(5)]
    Want {
        /// The document they stand beside.
        #[n(0)]
        document: DocumentId,
        /// Up to [`limits::WANT_REVISIONS`].
        #[n(1)]
        revisions: Vec<RevisionId>,
    },
    /// What this participant is doing, or has seen.
    #[n(6)]
    Signal {
        /// In which document.
        #[n(0)]
        document: DocumentId,
        /// What.
        #[n(1)]
        signal: Signal,
    },
    /// This session ends for good: its token is revoked, and everything this device keeps is to
    /// be erased.
    #[n(7)]
    LogOut,
}

/// The first frame of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Hello {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// What proves who this is.
    #[n(1)]
    pub credential: Credential,
    /// This installation of the client.
    #[n(2)]
    pub device: DeviceId,
    /// Whether it keeps what it receives.
    #[n(3)]
    pub keeping: Keeping,
    /// The server's epoch that it knows.
    #[n(4)]
    pub epoch: Option<Epoch>,
    /// How far it has read the feed.
    #[n(5)]
    pub feed: u64,
    /// How far it has carried erasures out.
    #[n(6)]
    pub erasures: u64,
}

/// What proves who a client is. It travels in the first frame, never in a URL.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub enum Credential {
    /// An opaque token that the server issued.
    #[n(0)]
    Token(#[n(0)] String),
    /// An agent's log-in; the answer carries a token.
    #[n(1)]
    Password {
        /// The e-mail address.
        #[n(0)]
        email: String,
        /// The password.
        #[n(1)]
        password: String,
    },
    /// A new visitor of a site; the answer carries a token.
    #[n(2)]
    Visitor(#[n(0)] SiteId),
}

impl core::fmt::Debug for Credential {
    /// Never a secret.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Token(_) => "Token",
            Self::Password { .. } => "Password",
            Self::Visitor(_) => "Visitor",
        })
    }
}

/// Whether a device keeps what it receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Keeping {
    /// On a disk: its erasures are counted.
    #[n(0)]
    Durable,
    /// In memory only: closing it erases everything.
    #[n(1)]
    Memory,
}

/// What a participant does, or has seen. Lossy; the last value wins; gone after
/// [`limits::SIGNAL_MILLIS`], except [`Seen`](Self::Seen), which is kept.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Encode, Decode,
)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Has the document before their eyes.
    #[n(0)]
    Viewing,
    /// Is typing.
    #[n(1)]
    Typing,
    /// Has stopped either.
    #[n(2)]
    Idle,
    /// Has seen the document up to here. Only ever rises.
    #[n(3)]
    Seen(#[n(0)] Seq),
}

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
        /// How far the feed is read with these rows.
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
        /// With the last part: which change stands where in the log, and since when.
        #[n(5)]
        order: Option<Order>,
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
    /// Not now.
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
    /// What to erase before anything else.
    #[n(7)]
    pub erasures: Vec<ErasureOrder>,
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

/// One conversation in the feed. Of words it names only the revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
pub struct FeedRow {
    /// Which.
    #[n(0)]
    pub conversation: ConversationId,
    /// On which site.
    #[n(1)]
    pub site: SiteId,
    /// Whose.
    #[n(2)]
    pub visitor: ParticipantId,
    /// Whose turn it is.
    #[n(3)]
    pub status: Status,
    /// Whether it is over.
    #[n(4)]
    pub closed: bool,
    /// Who has it.
    #[n(5)]
    pub assignee: Option<ParticipantId>,
    /// The end of the timeline's log.
    #[n(6)]
    pub timeline: Seq,
    /// The newest message that was not recalled.
    #[n(7)]
    pub newest: Option<NewestMessage>,
    /// When something last happened.
    #[n(8)]
    pub at: Timestamp,
    /// The conversation that this one follows up.
    #[n(9)]
    pub follows: Option<ConversationId>,
    /// For agents only.
    #[n(10)]
    pub team: Option<TeamRow>,
}

/// The message that an inbox previews.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
pub struct NewestMessage {
    /// Which.
    #[n(0)]
    pub message: MessageId,
    /// Who speaks.
    #[n(1)]
    pub kind: Kind,
    /// Its newest words.
    #[n(2)]
    pub revision: RevisionId,
}

/// What only agents learn of a conversation from the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
pub struct TeamRow {
    /// The end of the team document's log.
    #[n(0)]
    pub seq: Seq,
    /// How urgent it is.
    #[n(1)]
    pub priority: Option<Priority>,
    /// What it is about.
    #[n(2)]
    pub category: Option<CategoryId>,
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
/// not matter in which order an Automerge lists them.
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
    /// An index into [`Order::actors`].
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

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident = $code:literal $text:literal;)*) => {
        /// Why a frame is answered with [`ServerFrame::Refused`] or [`ServerFrame::Retry`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Encode, Decode)]
        #[serde(rename_all = "snake_case")]
        #[cbor(index_only)]
        pub enum Problem {
            $($(#[$doc])* #[n($code)] $name,)*
        }

        impl Problem {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// What was wrong, and what to do, in English.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

problems! {
    /// Another protocol version.
    Version = 0 "this server speaks another protocol version: update the client";
    /// A token, or an e-mail address and password, that nobody has.
    Credential = 1 "the token, or the e-mail address and password, are not valid: log in again";
    /// Not a frame.
    Malformed = 2 "the frame is not valid CBOR of this protocol";
    /// Longer than allowed.
    FrameTooLarge = 3 "the frame is larger than 256 KiB";
    /// A frame before its turn, such as one before `Purged`.
    OutOfTurn = 4 "the frame came before its turn: say Hello, then Purged";
    /// No such conversation, or none of this principal's: the answer is the same.
    UnknownConversation = 5 "there is no such conversation";
    /// Its rows or its keys are damaged; others are served.
    DamagedConversation = 6 "the conversation is damaged on the server: run `rejoinder verify`";
    /// More than a bound allows.
    TooMuch = 7 "more than the server allows at once: see the limits in Welcome";
    /// The disk is full or fails. Nothing was accepted, nothing is lost, reading goes on.
    Storage = 8 "the server cannot write at the moment: it will be tried again";
    /// More than it can do at the moment.
    Busy = 9 "the server is busy: it will be tried again";
    /// The server is shutting down.
    Closing = 10 "the server is restarting: it will be tried again";
    /// The first frame took too long, or nothing came for too long.
    TimedOut = 11 "nothing came for too long";
    /// A new connection of the same device has taken the place of this one.
    Replaced = 12 "another connection of this device took over";
    /// No such site.
    UnknownSite = 13 "there is no such site";
}

impl core::fmt::Display for Problem {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.text())
    }
}

/// Bytes that are not a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Longer than [`limits::FRAME_BYTES`].
    #[error("the frame has {0} bytes, at most {max} are allowed", max = limits::FRAME_BYTES)]
    TooLarge(usize),
    /// Not CBOR of this protocol.
    #[error("the frame is not valid CBOR of this protocol: {0}")]
    Malformed(String),
}

macro_rules! codec {
    ($($frame:ident),*) => {$(
        impl $frame {
            /// Its bytes.
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                minicbor::to_vec(self).unwrap_or_else(|_| unreachable!("a Vec takes every byte"))
            }

            /// The frame that these bytes are: all of them, and nothing more.
            ///
            /// # Errors
            /// [`FrameError`] when they are too many or not a frame.
            pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
                if bytes.len() > limits::FRAME_BYTES {
                    return Err(FrameError::TooLarge(bytes.len()));
                }
                let mut decoder = minicbor::Decoder::new(bytes);
                let frame = decoder
                    .decode()
                    .map_err(|error| FrameError::Malformed(error.to_string()))?;
                if decoder.position() != bytes.len() {
                    return Err(FrameError::Malformed("bytes follow the frame".to_owned()));
                }
                Ok(frame)
            }
        }
    )*};
}

codec!(ClientFrame, ServerFrame);
