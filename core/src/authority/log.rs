//! The rows that an authority makes and is made from again.

use crate::authority::fate::Fate;
use crate::conversation::layout::Status;
use crate::conversation::operation::{Context, Operation};
use crate::id::{Actor, ChangeHash, DocumentKind, MessageId, OperationId, ParticipantId, Seq};
use crate::time::Timestamp;
use crate::wire::{NewestMessage, TeamRow};

/// One row of a conversation's two logs: the truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// In which document.
    pub kind: DocumentKind,
    /// Its place in that document's log.
    pub seq: Seq,
    /// When it was accepted; unique and rising within the conversation, over both documents.
    pub at: Timestamp,
    /// The operation it was, by its author's id.
    pub id: OperationId,
    /// The participant id of the principal who submitted it.
    pub submitted_by: ParticipantId,
    /// What was intended.
    pub operation: Operation,
    /// Where it was composed.
    pub context: Context,
    /// The hash of the change.
    pub hash: ChangeHash,
    /// The change, in Automerge's format.
    pub change: Vec<u8>,
}

/// A fate that is remembered although nothing was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FateRow {
    /// In which document.
    pub kind: DocumentKind,
    /// Of which operation.
    pub id: OperationId,
    /// Submitted by whom: somebody else's same id is another operation.
    pub submitted_by: ParticipantId,
    /// The hash it came with.
    pub hash: ChangeHash,
    /// What became of it: [`Fate::Refused`] or [`Fate::Closed`].
    pub fate: Fate,
}

/// An actor, bound to one principal and one document at its first use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActorRow {
    /// In which document.
    pub kind: DocumentKind,
    /// Which.
    pub actor: Actor,
    /// Whose.
    pub participant: ParticipantId,
    /// Whether something it sent was not accepted: everything after is void.
    pub closed: bool,
}

/// A message that was recalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tombstone {
    /// In which document.
    pub kind: DocumentKind,
    /// Which.
    pub message: MessageId,
}

/// What lists of conversations show: derived from the log, kept beside it for the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Whose turn it is.
    pub status: Status,
    /// Whether it is over.
    pub closed: bool,
    /// Who has it.
    pub assignee: Option<ParticipantId>,
    /// The end of the timeline's log.
    pub timeline: Seq,
    /// The newest message with words that was not recalled.
    pub newest: Option<NewestMessage>,
    /// When something last happened.
    pub at: Timestamp,
    /// What only agents see.
    pub team: TeamRow,
}
