//! When a document's snapshot is made, and from what.

use rejoinder_core::id::{ChangeHash, DocumentId, Seq};
use rejoinder_core::wire::LogEntry;

use crate::snapshot;
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
    let changes = entries.iter().map(|entry| entry.change.as_slice());
    let bytes = snapshot::save(document, changes, heads)
        .map_err(|error| StorageError::Damaged(format!("the log of {document}: {error}")))?;
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
