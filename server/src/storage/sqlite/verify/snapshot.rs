//! Loading snapshots. Their bytes are this server's own: their digest was compared before.

use rejoinder_core::id::ChangeHash;

/// The heads of the document that a snapshot is.
///
/// # Errors
/// What Automerge says.
pub(super) fn heads(bytes: &[u8]) -> Result<Vec<ChangeHash>, String> {
    let document = automerge::Automerge::load(bytes).map_err(|error| error.to_string())?;
    let mut heads: Vec<_> = document.get_heads().iter().map(|hash| ChangeHash(hash.0)).collect();
    heads.sort_unstable();
    Ok(heads)
}
