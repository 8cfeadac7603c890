//! The steps of a commit, which tests watch to see what a crash after each of them leaves.

/// What a commit has come to. A process may end after any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The writes stand in the transaction, their keys in the keyring; nothing is flushed.
    Written,
    /// The keys are durable.
    Flushed,
    /// The transaction is durable.
    Committed,
    /// Erased keys are overwritten, durably.
    Shredded,
    /// The list of pending keys is empty.
    Forgotten,
    /// The write-ahead log is empty.
    Truncated,
}

/// Who watches, and makes things fail. Outside tests, nobody does.
#[derive(Default)]
pub(super) struct Watch {
    /// Told of each step.
    #[cfg(test)]
    pub(super) on: Option<Box<dyn FnMut(Step) + Send>>,
    /// Whether the keyring cannot be written.
    #[cfg(test)]
    pub(super) keyring_fails: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl Watch {
    /// Tells of a step.
    #[cfg_attr(not(test), expect(clippy::unused_self, reason = "only tests watch"))]
    pub(super) fn reached(&mut self, step: Step) {
        #[cfg(test)]
        if let Some(on) = &mut self.on {
            on(step);
        }
        #[cfg(not(test))]
        let _ = step;
    }
}
