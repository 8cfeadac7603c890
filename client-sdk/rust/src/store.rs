//! Where a client keeps things between its runs: on a disk in [`sqlite`], or in [`memory`] only.

#[cfg(test)]
mod contract;
mod keyring_file;
pub mod memory;
pub mod sqlite;

use rejoinder_core::id::{DocumentId, RevisionId};
use rejoinder_core::replica::plan::NoPlace;
use rejoinder_core::replica::record::{Saved, SavedDocument, Waiting, Write};

/// Where a client keeps things. See [`rejoinder_core::replica::record`] for what it promises.
///
/// Its methods block, for milliseconds at most; the client calls them where blocking is allowed.
pub trait Store: Send + 'static {
    /// What there is.
    ///
    /// # Errors
    /// [`StoreError`].
    fn saved(&mut self) -> Result<Saved, StoreError>;

    /// What there is of one document: empty when there is nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    fn document(&mut self, document: DocumentId) -> Result<SavedDocument, StoreError>;

    /// Carries writes out, all or nothing, durable when it returns.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed. The one exception is said at
    /// [`sqlite::SqliteStore`].
    fn commit(&mut self, writes: Vec<Write>) -> Result<(), StoreError>;
}

/// Why a store does not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No room. Nothing was written.
    #[error("the disk is full: free some space; what was written before is kept")]
    Full,
    /// Another process has it open.
    #[error("the store at {0} is in use by another process: close it, or choose another folder")]
    InUse(String),
    /// It, or its keyring, is damaged or another's.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// Anything else the medium says.
    #[error("the store failed: {0}")]
    Failed(String),
}

impl From<NoPlace> for StoreError {
    fn from(error: NoPlace) -> Self {
        Self::Failed(error.to_string())
    }
}

/// What a store's dice are seeded with.
fn seed() -> Result<[u8; 32], StoreError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| {
        StoreError::Failed(format!("the operating system has no randomness: {error}"))
    })?;
    Ok(seed)
}

/// The revision whose words an operation in the outbox is pushed with.
fn brings(waiting: &Waiting) -> Option<RevisionId> {
    waiting.submission.operation.words().map(|(revision, _)| revision)
}

fn encode<T: minicbor::Encode<()>>(value: T) -> Vec<u8> {
    minicbor::to_vec(value).unwrap_or_else(|_| unreachable!("a Vec takes every byte"))
}
