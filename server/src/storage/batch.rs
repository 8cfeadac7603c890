//! What is written in one step, and what comes of it.

use std::collections::BTreeSet;

use rejoinder_core::authority::Admission;
use rejoinder_core::authority::log::Summary;
use rejoinder_core::id::{ConversationId, MessageId, ParticipantId};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::NotificationKind;

use super::Header;

/// What is appended to a conversation in one step.
#[derive(Clone, Debug)]
pub struct Batch {
    /// To which.
    pub conversation: ConversationId,
    /// How many batches it has had, by the caller's knowledge.
    pub expected_version: u64,
    /// Present when the conversation is new (then `expected_version` is 0).
    pub header: Option<Header>,
    /// What was admitted: words in it are to be sealed; all words of what was recalled now are
    /// erased and never kept again, superseded ones erased like them or, where the site keeps them,
    /// set aside.
    pub admission: Admission,
    /// The summary after it.
    pub summary: Summary,
    /// Whom it notifies.
    pub notified: Vec<Notified>,
    /// Since when the site has kept former words: those of this batch are set aside under that
    /// beginning. None: the site keeps none, and they are erased.
    pub former_since: Option<Timestamp>,
}

/// Exactly those who are notified of something in a conversation from now on: whoever was before
/// and is not named is notified no more, whoever was and is named has read it or not, as before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notified {
    /// Why.
    pub kind: NotificationKind,
    /// Of which note, if of one: its recall withdraws it.
    pub message: Option<MessageId>,
    /// Who.
    pub to: BTreeSet<ParticipantId>,
    /// Since when.
    pub at: Timestamp,
}

/// What an append did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// How many batches the conversation has had.
    pub version: u64,
    /// The conversation's new place in the feed.
    pub feed: u64,
    /// The number of each recall in [`Admission::recalled`], in its order: what device cursors
    /// count.
    pub erasures: Vec<u64>,
    /// Whose notifications are others now.
    pub notified: BTreeSet<ParticipantId>,
}
