//! How a data folder is opened.

use std::path::PathBuf;

use super::Step;
use crate::machine::Machine;

/// How to open a data folder.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder. It is made, for this account only, where it is not there.
    pub folder: PathBuf,
    /// How many pages of 4 KiB the database may have. Default: none, as many as the disk holds.
    /// Past it storage answers [`Full`](crate::storage::StorageError::Full) and goes on reading.
    pub max_pages: Option<u32>,
    /// What the writer runs on. Default: the real one, where it has a thread of its own.
    pub machine: Machine,
    /// Where a test wants the writer to stop dead.
    pub(super) halt_after: Option<Step>,
}

impl Options {
    /// The defaults for `folder`.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let (folder, machine) = (folder.into(), Machine::default());
        Self { folder, max_pages: None, machine, halt_after: None }
    }

    /// Makes the writer stop dead after a step, as a crash would.
    #[cfg(test)]
    pub(crate) fn halting_after(self, step: Step) -> Self {
        Self { halt_after: Some(step), ..self }
    }
}
