//! Answering an open: a snapshot if that is shorter, then entries.

use axum::body::Bytes;
use rejoinder_core::conversation::history::History;
use rejoinder_core::id::{Actor, DocumentId, Seq};
use rejoinder_core::limits;
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{LogEntry, Order, OrderRow, ServerFrame};

use crate::storage::Snapshot;

/// Entries a client may lack before a snapshot is shorter than they are.
pub(super) const SNAPSHOT_PAYS: u64 = 64;

/// Frames with entries, in chunks: at least one, which says where the log ends.
pub(super) fn entries_frames(document: DocumentId, entries: &[LogEntry], last: Seq) -> Vec<Bytes> {
    let mut frames = Vec::new();
    let (mut from, mut bytes) = (0, 0);
    for (index, entry) in entries.iter().enumerate() {
        bytes += entry.change.len() + 32;
        if bytes > limits::ENTRIES_BYTES && index > from {
            frames.push(frame(document, &entries[from..index], last));
            (from, bytes) = (index, entry.change.len() + 32);
        }
    }
    if from < entries.len() || frames.is_empty() {
        frames.push(frame(document, &entries[from..], last));
    }
    frames
}

fn frame(document: DocumentId, entries: &[LogEntry], last: Seq) -> Bytes {
    ServerFrame::Entries { document, entries: entries.to_vec(), last }.encode().into()
}

/// Frames with a snapshot, in chunks; the last says which change stands where.
pub(super) fn snapshot_frames(
    history: &History,
    accepted_at: impl Fn(Seq) -> Timestamp,
    snapshot: &Snapshot,
) -> Vec<Bytes> {
    let (document, seq) = (history.document(), snapshot.seq);
    let chunks: Vec<_> = snapshot.bytes.chunks(limits::SNAPSHOT_CHUNK_BYTES).collect();
    let parts = u32::try_from(chunks.len()).unwrap_or(u32::MAX);
    let mut frames = Vec::with_capacity(chunks.len());
    for (part, chunk) in (0..).zip(chunks) {
        let order = (part + 1 == parts).then(|| order(history, &accepted_at, seq));
        let bytes = chunk.to_vec();
        let frame = ServerFrame::Snapshot { document, seq, part, parts, bytes, order };
        frames.push(frame.encode().into());
    }
    frames
}

fn order(history: &History, accepted_at: impl Fn(Seq) -> Timestamp, until: Seq) -> Order {
    let mut actors: Vec<Actor> = Vec::new();
    let mut rows = Vec::new();
    for (seq, entry) in history.entries().take_while(|(seq, _)| *seq <= until) {
        let known = actors.iter().rposition(|actor| *actor == entry.actor);
        let index = known.unwrap_or_else(|| {
            actors.push(entry.actor);
            actors.len() - 1
        });
        let actor = u32::try_from(index).unwrap_or(u32::MAX);
        rows.push(OrderRow { actor, actor_seq: entry.actor_seq, at: accepted_at(seq) });
    }
    Order { actors, rows }
}
