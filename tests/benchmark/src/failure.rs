//! Why something could not be measured.

/// Anything that goes wrong ends the run.
pub(crate) type Failure = Box<dyn core::error::Error + Send + Sync>;

/// A failure that is a sentence.
pub(crate) fn failed<T>(what: impl Into<String>) -> Result<T, Failure> {
    Err(what.into().into())
}
