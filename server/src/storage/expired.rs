//! What is older than its site keeps it.

use rejoinder_core::id::ConversationId;
use rejoinder_core::time::Timestamp;

/// A conversation of which words are to be taken back for their age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expired {
    /// Which.
    pub conversation: ConversationId,
    /// Those that were accepted until then: the last that happened before any was taken back.
    pub until: Timestamp,
    /// Whether some may be gone already.
    pub begun: bool,
}
