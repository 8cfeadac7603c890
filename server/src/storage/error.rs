//! Why the storage did not do something.

use rejoinder_core::id::Actor;

use crate::machine::BrokenOff;

/// Why an append did nothing at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The conversation has had more batches: load it again.
    #[error("the conversation has changed meanwhile")]
    Conflict,
    /// These actors are bound to other documents or principals.
    #[error("an actor is bound to another document")]
    ActorTaken(Vec<Actor>),
    /// The disk is full or fails.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why storage does not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// No room. Nothing was written; reading goes on.
    #[error("the disk is full: free some space; nothing that was accepted is lost")]
    Full,
    /// What was read is damaged; other things may be well.
    #[error("damaged: {0}")]
    Damaged(String),
    /// Anything else the medium says.
    #[error("storage failed: {0}")]
    Failed(String),
}

impl From<BrokenOff> for StorageError {
    fn from(error: BrokenOff) -> Self {
        Self::Failed(error.to_string())
    }
}
