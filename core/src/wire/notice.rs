//! What agents are told that concerns them: offers and notifications. Neither holds words.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::id::{ConversationId, MessageId};
use crate::time::Timestamp;

/// A waiting conversation that is offered to an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
pub struct Offer {
    /// Which.
    #[n(0)]
    pub conversation: ConversationId,
    /// Until when it is offered to them alone; none where all who could take it are told.
    #[n(1)]
    pub until: Option<Timestamp>,
}

/// Why somebody is notified.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, Decode,
)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum NotificationKind {
    /// A note mentions them.
    #[n(0)]
    Mention,
    /// Somebody else gave them a conversation.
    #[n(1)]
    Assigned,
}

impl NotificationKind {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Mention, Self::Assigned];

    /// The byte that stands for it in storage; the same as on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Mention => 0,
            Self::Assigned => 1,
        }
    }

    /// The kind that a byte stands for.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }
}

/// Something that somebody is to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
pub struct Notification {
    /// Its number, by which it is marked read; later ones are higher.
    #[n(0)]
    pub number: u64,
    /// In which conversation.
    #[n(1)]
    pub conversation: ConversationId,
    /// Why.
    #[n(2)]
    pub kind: NotificationKind,
    /// The note that it is about, if about one.
    #[n(3)]
    pub message: Option<MessageId>,
    /// Since when.
    #[n(4)]
    pub at: Timestamp,
}
