//! Rows of the feed: the newest state of each conversation, without words.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::conversation::layout::{Kind, Priority, Status};
use crate::id::{CategoryId, ConversationId, MessageId, ParticipantId, RevisionId, Seq, SiteId};
use crate::time::Timestamp;

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
    /// When something last happened; for a visitor, when the conversation began, for the last
    /// thing may have been a note.
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
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
    /// Who follows it, in the order of their ids. Rows that were kept before it was told name none.
    #[n(3)]
    #[cbor(default)]
    pub collaborators: Vec<ParticipantId>,
}
