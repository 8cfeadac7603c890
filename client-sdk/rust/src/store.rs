//! Where a client keeps things between its runs.

use rejoinder_core::id::DocumentId;
use rejoinder_core::replica::record::{Saved, SavedDocument, Write};

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
    /// [`StoreError`]; then nothing was changed.
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
