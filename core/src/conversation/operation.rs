//! Operations: what a person intends, and the context it was composed in.

use minicbor::{Decode, Encode};

use crate::conversation::layout::{
    Content, EditValue, Key, Kind, MessageValue, Notice, Priority, Status, Value,
};
use crate::id::{
    Actor, CategoryId, ChangeHash, Commitment, MessageId, OperationId, ParticipantId, RevisionId,
    Seq,
};
use crate::time::Timestamp;

/// What a person, the assistant or the server intends. Each becomes exactly one change that puts
/// exactly one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Operation {
    /// Write a message, or a note.
    #[n(0)]
    Send {
        /// The new message.
        #[n(0)]
        message: MessageId,
        /// Who speaks.
        #[n(1)]
        kind: Kind,
        /// Its words.
        #[n(2)]
        revision: RevisionId,
        /// The commitment to them.
        #[n(3)]
        commitment: Commitment,
    },
    /// Put other words in place of those of one's own message.
    #[n(1)]
    Edit {
        /// The message.
        #[n(0)]
        message: MessageId,
        /// Its new words.
        #[n(1)]
        revision: RevisionId,
        /// The commitment to them.
        #[n(2)]
        commitment: Commitment,
    },
    /// Take a message back, for ever.
    #[n(2)]
    Recall {
        /// The message.
        #[n(0)]
        message: MessageId,
    },
    /// Say whose turn it is.
    #[n(3)]
    SetStatus {
        /// Whose.
        #[n(0)]
        status: Status,
    },
    /// Give the conversation to an agent, or to nobody. Given to oneself, it is a claim.
    #[n(4)]
    Assign {
        /// To whom.
        #[n(0)]
        assignee: Option<ParticipantId>,
    },
    /// End the conversation, for ever.
    #[n(5)]
    Close,
    /// Say how urgent it is.
    #[n(6)]
    SetPriority {
        /// How urgent.
        #[n(0)]
        priority: Priority,
    },
    /// Say what it is about.
    #[n(7)]
    SetCategory {
        /// What, or nothing.
        #[n(0)]
        category: Option<CategoryId>,
    },
    /// Make somebody follow the conversation, or no longer.
    #[n(8)]
    SetCollaborator {
        /// Who.
        #[n(0)]
        participant: ParticipantId,
        /// Whether they follow it.
        #[n(1)]
        follows: bool,
    },
    /// Announce what happened. Only the server does.
    #[n(9)]
    Announce {
        /// The new message.
        #[n(0)]
        message: MessageId,
        /// What happened.
        #[n(1)]
        notice: Notice,
        /// To or by whom.
        #[n(2)]
        subject: Option<ParticipantId>,
    },
}

impl Operation {
    /// The key it puts.
    #[must_use]
    pub const fn key(&self) -> Key {
        match self {
            Self::Send { message, .. } | Self::Announce { message, .. } => Key::Message(*message),
            Self::Edit { message, .. } => Key::Edit(*message),
            Self::Recall { message } => Key::Recall(*message),
            Self::SetStatus { .. } => Key::Status,
            Self::Assign { .. } => Key::Assignee,
            Self::Close => Key::Closed,
            Self::SetPriority { .. } => Key::Priority,
            Self::SetCategory { .. } => Key::Category,
            Self::SetCollaborator { participant, .. } => Key::Collaborator(*participant),
        }
    }

    /// The value it puts, as `author` at `time`.
    #[must_use]
    pub const fn value(&self, author: ParticipantId, time: Timestamp) -> Value {
        match *self {
            Self::Send { kind, revision, commitment, .. } => Value::Message(MessageValue {
                author,
                composed_at: time,
                content: Content::Words { kind, revision, commitment },
            }),
            Self::Announce { notice, subject, .. } => Value::Message(MessageValue {
                author,
                composed_at: time,
                content: Content::System { notice, subject },
            }),
            Self::Edit { revision, commitment, .. } => {
                Value::Edit(EditValue { author, composed_at: time, revision, commitment })
            }
            Self::Recall { .. } => Value::Recalled,
            Self::SetStatus { status } => Value::Status(status),
            Self::Assign { assignee } => Value::Assignee(assignee),
            Self::Close => Value::Closed,
            Self::SetPriority { priority } => Value::Priority(priority),
            Self::SetCategory { category } => Value::Category(category),
            Self::SetCollaborator { follows, .. } => Value::Follows(follows),
        }
    }

    /// The message it concerns.
    #[must_use]
    pub const fn message(&self) -> Option<MessageId> {
        match self {
            Self::Send { message, .. }
            | Self::Edit { message, .. }
            | Self::Recall { message }
            | Self::Announce { message, .. } => Some(*message),
            Self::SetStatus { .. }
            | Self::Assign { .. }
            | Self::Close
            | Self::SetPriority { .. }
            | Self::SetCategory { .. }
            | Self::SetCollaborator { .. } => None,
        }
    }

    /// The words it brings, and the commitment to them.
    #[must_use]
    pub const fn words(&self) -> Option<(RevisionId, Commitment)> {
        match self {
            Self::Send { revision, commitment, .. } | Self::Edit { revision, commitment, .. } => {
                Some((*revision, *commitment))
            }
            Self::Recall { .. }
            | Self::SetStatus { .. }
            | Self::Assign { .. }
            | Self::Close
            | Self::SetPriority { .. }
            | Self::SetCategory { .. }
            | Self::SetCollaborator { .. }
            | Self::Announce { .. } => None,
        }
    }

    /// The system's notice it makes, if it does.
    #[must_use]
    pub const fn notice(&self) -> Option<Notice> {
        match self {
            Self::Announce { notice, .. } => Some(*notice),
            _ => None,
        }
    }
}

/// Where in a document's history an operation was composed, by whom and when. With the operation
/// it determines the change, to the byte.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Context {
    /// The participant who intends it.
    #[n(0)]
    pub author: ParticipantId,
    /// The session's actor in this document.
    #[n(1)]
    pub actor: Actor,
    /// The place among this actor's changes, from 1.
    #[n(2)]
    pub actor_seq: u64,
    /// The changes it builds on: sorted, unique, and with this actor's previous change.
    #[n(3)]
    pub dependencies: Vec<ChangeHash>,
    /// When, by its author's clock.
    #[n(4)]
    pub time: Timestamp,
}

/// An operation as it travels to the server and waits in the outbox, where it stays the same to
/// the byte until its fate comes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Submission {
    /// Fates are idempotent by this id.
    #[n(0)]
    pub id: OperationId,
    /// What is intended.
    #[n(1)]
    pub operation: Operation,
    /// Where it was composed.
    #[n(2)]
    pub context: Context,
    /// The hash of the change that its author composed.
    #[n(3)]
    pub hash: ChangeHash,
    /// The newest entry of the timeline that its author had seen.
    #[n(4)]
    pub seen: Seq,
    /// The message was recalled before this had a fate: the words are withheld for ever. The
    /// message is created and recalled together, and never refused for lack of words.
    #[n(5)]
    pub withheld: bool,
}
