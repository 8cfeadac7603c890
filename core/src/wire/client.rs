//! What a client says.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::conversation::operation::Submission;
use crate::conversation::revision::Revision;
use crate::id::{DeviceId, DocumentId, Epoch, RevisionId, Seq, SiteId};
#[cfg(doc)]
use crate::{limits, wire::VERSION};

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
    /// Documents that this device has of another epoch than the server's: what it was sent of them
    /// the server may have forgotten. After `Welcome`, before the first `Purged`.
    #[n(8)]
    Holding {
        /// Up to [`limits::HOLDING_DOCUMENTS`].
        #[n(0)]
        documents: Vec<DocumentId>,
    },
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
    /// Whether it takes `Snapshot`; one that does not receives entries only.
    #[n(7)]
    pub snapshots: bool,
    /// What the feed was read under: [`super::Welcome::scope`] of that time; 0 at first.
    #[n(8)]
    pub scope: u64,
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
        /// Of those who have a second factor: the code that it shows, or one of those that were
        /// handed out for the day it is lost. Without one it is left out, not null.
        #[n(2)]
        code: Option<String>,
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
