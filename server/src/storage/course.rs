//! What figures are made of: what happened in conversations, without words.

use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::{ConversationId, DocumentKind, ParticipantId, SiteId};
use rejoinder_core::time::Timestamp;

/// Conversations that began before an end, and in which something happened since a beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Of these sites; none named: of all.
    pub sites: Option<Vec<SiteId>>,
    /// Something happened at this moment or later.
    pub from: Timestamp,
    /// They began before this one.
    pub to: Timestamp,
}

/// Everything that happened in a conversation, in the order of acceptance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// In which.
    pub conversation: ConversationId,
    /// On which site.
    pub site: SiteId,
    /// What.
    pub steps: Vec<Step>,
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// In which document.
    pub kind: DocumentKind,
    /// When it was accepted.
    pub at: Timestamp,
    /// Who did it.
    pub by: ParticipantId,
    /// What it was.
    pub operation: Operation,
}
