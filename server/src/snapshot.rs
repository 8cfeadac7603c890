//! A log as an Automerge document: the only place where the server holds one. Everything that is
//! decoded here was composed by this server and read from its own disk.

use automerge::{Automerge, Change};
use rejoinder_core::conversation::compose;
use rejoinder_core::id::{ChangeHash, DocumentId};

/// A log that is no document.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SaveError {
    /// A row's change is none, or does not build on those before.
    #[error("a change of the log does not fit: {0}")]
    Change(String),
    /// It does not load again as it was saved.
    #[error("the saved document does not load again as it was")]
    Differs,
}

/// The saved document of a log's changes, in the order of the log, loaded again and compared.
pub(crate) fn save<'a>(
    document: DocumentId,
    log: impl Iterator<Item = &'a [u8]>,
    heads: &[ChangeHash],
) -> Result<Vec<u8>, SaveError> {
    let genesis = compose::genesis(document).bytes;
    let changes = core::iter::once(genesis)
        .chain(log.map(<[u8]>::to_vec))
        .map(Change::from_bytes)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| SaveError::Change(error.to_string()))?;
    let mut built = Automerge::new();
    built.apply_changes(changes).map_err(|error| SaveError::Change(error.to_string()))?;
    let saved = built.save();
    let again = Automerge::load(&saved).map_err(|_| SaveError::Differs)?;
    let mut loaded: Vec<ChangeHash> =
        again.get_heads().into_iter().map(|hash| ChangeHash(hash.0)).collect();
    let mut heads = heads.to_vec();
    loaded.sort_unstable();
    heads.sort_unstable();
    if loaded == heads { Ok(saved) } else { Err(SaveError::Differs) }
}
