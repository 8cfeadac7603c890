//! Identifiers. Every id is a type of its own; none is ever a bare `String` or `Uuid` in a
//! signature.
//!
//! All are 16 bytes, written as hyphenated UUIDs for people and as 16 raw bytes on the wire.
//! Clients make most of them, so an id is unique only within its document: whatever is found,
//! deleted or remembered by message is keyed by [`DocumentId`] and message.

use core::fmt;
use core::str::FromStr;

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::dice::Dice;
use crate::time::Timestamp;

/// A text that is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not {what}: expected a UUID such as 0190163d-8694-739b-aea5-966c26f8ad91")]
pub struct ParseIdError {
    what: &'static str,
    text: String,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The id with these 16 bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// Its 16 bytes, as they stand on the wire and on disk.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// A random id (UUID version 4).
            #[must_use]
            pub fn random(dice: &mut Dice) -> Self {
                Self(uuid::Builder::from_random_bytes(dice.bytes()).into_uuid())
            }

            /// A random id that sorts by the time it was made (UUID version 7).
            #[must_use]
            pub fn timed(now: Timestamp, dice: &mut Dice) -> Self {
                let millis = now.as_millis().unsigned_abs();
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &dice.bytes()).into_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self).map_err(|_| {
                    let text = text.chars().take(64).collect();
                    ParseIdError { what: $what, text }
                })
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: encode::Write>(
                &self,
                e: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), encode::Error<W::Error>> {
                e.bytes(self.as_bytes())?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
                Ok(Self::from_bytes(fixed(d)?))
            }
        }
    )*};
}

/// Reads a byte string of exactly `N` bytes.
fn fixed<const N: usize>(d: &mut Decoder<'_>) -> Result<[u8; N], decode::Error> {
    let position = d.position();
    d.bytes()?
        .try_into()
        .map_err(|_| decode::Error::message("byte string of the wrong length").at(position))
}

ids! {
    /// A website or chatbot that a widget is installed on.
    SiteId = "a site id";
    /// A visitor, an agent, the assistant or the server, as documents name them: a pseudonym.
    ParticipantId = "a participant id";
    /// A conversation: a timeline and a team document.
    ConversationId = "a conversation id";
    /// A message or a note, unique within its document.
    MessageId = "a message id";
    /// The immutable words of a message at one moment, unique within its document.
    RevisionId = "a revision id";
    /// What a person intended, unique within its document: fates are idempotent by it.
    OperationId = "an operation id";
    /// One installation of a client. It says what it has erased; see
    /// [`crate::wire::ClientFrame::Purged`].
    DeviceId = "a device id";
    /// A category, defined in the directory.
    CategoryId = "a category id";
    /// A ticket, kept in the directory.
    TicketId = "a ticket id";
    /// A canned response, kept in the directory.
    CannedResponseId = "a canned response id";
    /// An attachment of a revision.
    AttachmentId = "an attachment id";
    /// One key in a keyring. A slot with another key id means that the key was erased.
    KeyId = "a key id";
    /// A database, named in the header of the keyring that belongs to it.
    DatabaseId = "a database id";
    /// One life of a server's data. Restoring a backup begins another.
    Epoch = "an epoch";
    /// An Automerge actor: random per session and document.
    Actor = "an actor id";
}

/// Which of a conversation's two documents.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, Decode,
)]
#[serde(rename_all = "lowercase")]
#[cbor(index_only)]
pub enum DocumentKind {
    /// What visitors may see.
    #[n(0)]
    Timeline,
    /// What they never receive: notes, priority, category, collaborators.
    #[n(1)]
    Team,
}

impl DocumentKind {
    /// The byte that stands for it on disk and in hashes.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Timeline => 0,
            Self::Team => 1,
        }
    }

    /// The kind with this [`code`](Self::code).
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Timeline),
            1 => Some(Self::Team),
            _ => None,
        }
    }
}

/// One of the two documents of a conversation.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, Decode,
)]
pub struct DocumentId {
    /// The conversation it belongs to.
    #[n(0)]
    pub conversation: ConversationId,
    /// Which of its two documents.
    #[n(1)]
    pub kind: DocumentKind,
}

impl DocumentId {
    /// The document of `conversation` that visitors may see.
    #[must_use]
    pub const fn timeline(conversation: ConversationId) -> Self {
        Self { conversation, kind: DocumentKind::Timeline }
    }

    /// The document of `conversation` that visitors never receive.
    #[must_use]
    pub const fn team(conversation: ConversationId) -> Self {
        Self { conversation, kind: DocumentKind::Team }
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            DocumentKind::Timeline => "timeline",
            DocumentKind::Team => "team",
        };
        write!(f, "{}/{kind}", self.conversation)
    }
}

impl fmt::Debug for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

macro_rules! hashes {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: encode::Write>(
                &self,
                e: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
                fixed(d).map(Self)
            }
        }
    )*};
}

hashes! {
    /// The SHA-256 hash that names an Automerge change.
    ChangeHash;
    /// What a document says of a revision's words; see [`crate::commitment`].
    Commitment;
}

/// A place in the log of one document: the first change after the genesis has 1, and 0 stands
/// before it.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    Encode,
    Decode,
)]
#[serde(transparent)]
#[cbor(transparent)]
pub struct Seq(#[n(0)] pub u64);

impl Seq {
    /// Before the first entry.
    pub const START: Self = Self(0);

    /// The place after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
