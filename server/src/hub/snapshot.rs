//! Making a document's snapshot: the only place where a server that serves holds an Automerge
//! document. `rejoinder verify` and `export` make theirs in modules of the same name.
//!
//! Everything that is decoded here was composed by this server and read from its own disk.

use automerge::{Automerge, Change};
use rejoinder_core::conversation::compose;
use rejoinder_core::id::{ChangeHash, DocumentId, Seq};
use rejoinder_core::wire::LogEntry;

use crate::storage::{Snapshot, StorageError};

/// Entries beyond the newest snapshot before another is made.
const EVERY: u64 = 256;

/// Whether a log that ends at `last` is far enough beyond its newest snapshot. Making one takes as
/// long as the log is, so that a longer log has to grow further.
pub(super) fn is_due(newest: Seq, last: Seq) -> bool {
    last.0 - newest.0.min(last.0) >= EVERY.max(newest.0 / 2)
}

/// Makes the snapshot of a document from its whole log, loads it again, and compares its heads
/// with those that the authority's index has: only then may it take another's place.
///
/// # Errors
/// [`StorageError::Damaged`] when the log does not make the document it should.
pub(super) fn make(
    document: DocumentId,
    entries: &[LogEntry],
    heads: &[ChangeHash],
) -> Result<Snapshot, StorageError> {
    let damaged = |what: &str| StorageError::Damaged(format!("the log of {document}: {what}"));
    let genesis = compose::genesis(document).bytes;
    let logged = entries.iter().map(|entry| entry.change.clone());
    let changes: Result<Vec<Change>, _> =
        core::iter::once(genesis).chain(logged).map(Change::from_bytes).collect();
    let changes = changes.map_err(|_| damaged("a change does not load"))?;
    let mut made = Automerge::new();
    made.apply_changes(changes).map_err(|_| damaged("a change does not apply"))?;
    let bytes = made.save();
    let loaded =
        Automerge::load(&bytes).map_err(|_| damaged("its snapshot does not load again"))?;
    let mut found: Vec<_> = loaded.get_heads().iter().map(|head| ChangeHash(head.0)).collect();
    found.sort_unstable();
    if found != heads {
        return Err(damaged("its snapshot has other heads"));
    }
    let seq = entries.last().map_or(Seq::START, |entry| entry.seq);
    Ok(Snapshot { seq, bytes })
}

#[cfg(test)]
mod tests {
    use rejoinder_core::id::Seq;
    use rejoinder_core::limits;

    use super::{EVERY, is_due};

    #[test]
    fn snapshots_of_a_growing_log_cost_about_what_the_log_does() {
        let (mut newest, mut made, mut written) = (Seq::START, 0, 0);
        let most = limits::DOCUMENT_CHANGES as u64;
        for last in 1..=most {
            if is_due(newest, Seq(last)) {
                (newest, made, written) = (Seq(last), made + 1, written + last);
            }
            assert!(last - newest.0 < EVERY.max(newest.0 / 2));
        }
        assert!(made > 5 && written < 4 * most, "{made} snapshots of {written} entries");
    }
}
