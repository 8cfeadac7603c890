//! Snapshots and receipts of documents.

use rejoinder_core::id::{DocumentId, ParticipantId, Seq};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::rows::{Columns, integer};
use crate::storage::{Snapshot, StorageError};

/// A snapshot's row: its bytes are trusted only while they are those that were written.
pub(super) struct SnapshotRow {
    seq: Seq,
    digest: [u8; 32],
    bytes: Vec<u8>,
}

fn digest(seq: Seq, bytes: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(seq.0.to_be_bytes()).chain_update(bytes).finalize().into()
}

/// Puts a snapshot in place of the document's former one.
pub(super) fn keep_snapshot(
    connection: &Connection,
    document: DocumentId,
    snapshot: &Snapshot,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO snapshot (conversation, kind, seq, digest, bytes) \
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (conversation, kind) \
             DO UPDATE SET seq = ?3, digest = ?4, bytes = ?5",
        )?
        .execute(params![
            document.conversation.as_bytes(),
            document.kind.code(),
            integer(snapshot.seq.0),
            digest(snapshot.seq, &snapshot.bytes),
            snapshot.bytes,
        ])
        .map(drop)
}

/// A document's snapshot as it stands there.
pub(super) fn snapshot(
    connection: &Connection,
    document: DocumentId,
) -> rusqlite::Result<Option<SnapshotRow>> {
    connection
        .prepare_cached(
            "SELECT seq, digest, bytes FROM snapshot WHERE conversation = ?1 AND kind = ?2",
        )?
        .query_row(params![document.conversation.as_bytes(), document.kind.code()], |row| {
            let mut columns = Columns::of(row);
            let (seq, digest) = (columns.seq()?, columns.plain()?);
            Ok(SnapshotRow { seq, digest, bytes: columns.plain()? })
        })
        .optional()
}

impl SnapshotRow {
    /// The place in the log it stands for.
    pub(super) const fn seq(&self) -> Seq {
        self.seq
    }

    /// The snapshot, if it is what was written.
    pub(super) fn check(&self, document: DocumentId) -> Result<Snapshot, StorageError> {
        if digest(self.seq, &self.bytes) != self.digest {
            return Err(StorageError::Damaged(format!(
                "the snapshot of {document} is not what was written"
            )));
        }
        Ok(Snapshot { seq: self.seq, bytes: self.bytes.clone() })
    }
}

/// Raises how far a participant has seen a document.
pub(super) fn keep_seen(
    connection: &Connection,
    document: DocumentId,
    participant: ParticipantId,
    seq: Seq,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO seen (conversation, kind, participant, seq) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO UPDATE SET seq = ?4 WHERE seq < ?4",
        )?
        .execute(params![
            document.conversation.as_bytes(),
            document.kind.code(),
            participant.as_bytes(),
            integer(seq.0),
        ])
        .map(drop)
}
