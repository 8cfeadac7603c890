//! Answering an open: a snapshot if that is shorter, then entries.

use std::collections::HashMap;

use rejoinder_core::conversation::history::History;
use rejoinder_core::id::{Actor, DocumentId, Seq};
use rejoinder_core::limits;
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{LogEntry, Order, OrderRow, ServerFrame};

use crate::hub::Frame;
use crate::storage::Snapshot;

/// Entries a client may lack before a snapshot is shorter than they are.
pub(super) const SNAPSHOT_PAYS: u64 = 64;

/// Frames with entries, in chunks: at least one, which says where the log ends.
pub(super) fn entries_frames(document: DocumentId, entries: &[LogEntry], last: Seq) -> Vec<Frame> {
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

fn frame(document: DocumentId, entries: &[LogEntry], last: Seq) -> Frame {
    (&ServerFrame::Entries { document, entries: entries.to_vec(), last }).into()
}

/// Frames with a snapshot, in chunks: each brings a part of the document, and of which change
/// stands where.
pub(super) fn snapshot_frames(
    history: &History,
    accepted_at: impl Fn(Seq) -> Timestamp,
    snapshot: &Snapshot,
) -> Vec<Frame> {
    let (document, seq) = (history.document(), snapshot.seq);
    let mut chunks = snapshot.bytes.chunks(limits::SNAPSHOT_CHUNK_BYTES);
    let mut orders = orders(history, &accepted_at, seq).into_iter();
    let parts = chunks.len().max(orders.len());
    let parts = u32::try_from(parts).unwrap_or(u32::MAX);
    let frame = |part| {
        let bytes = chunks.next().unwrap_or_default().to_vec();
        let order = orders.next().unwrap_or_default();
        (&ServerFrame::Snapshot { document, seq, part, parts, bytes, order }).into()
    };
    (0..parts).map(frame).collect()
}

/// The places of a log, in slices of [`limits::ORDER_ROWS`]: each names the actors it uses first.
fn orders(history: &History, accepted_at: impl Fn(Seq) -> Timestamp, until: Seq) -> Vec<Order> {
    let mut known: HashMap<Actor, u32> = HashMap::new();
    let mut orders = vec![Order::default()];
    for (seq, entry) in history.entries().take_while(|(seq, _)| *seq <= until) {
        if orders.last().is_some_and(|order| order.rows.len() == limits::ORDER_ROWS) {
            orders.push(Order::default());
        }
        let Some(order) = orders.last_mut() else { continue };
        let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
        let actor = *known.entry(entry.actor).or_insert_with(|| {
            order.actors.push(entry.actor);
            next
        });
        order.rows.push(OrderRow { actor, actor_seq: entry.actor_seq, at: accepted_at(seq) });
    }
    orders
}

#[cfg(test)]
mod tests {
    use super::{LogEntry, Seq, Snapshot, entries_frames, snapshot_frames};
    use rejoinder_core::conversation::history::History;
    use rejoinder_core::conversation::layout::Status;
    use rejoinder_core::conversation::operation::{Context, Operation};
    use rejoinder_core::dice::Dice;
    use rejoinder_core::id::{Actor, ConversationId, DocumentId, ParticipantId};
    use rejoinder_core::time::Timestamp;
    use rejoinder_core::wire::ServerFrame;
    use rejoinder_core::{conversation::compose, limits};

    /// A log in which every change has an actor of its own.
    fn log(changes: u64) -> (History, Vec<LogEntry>) {
        let dice = &mut Dice::from_seed([3; 32]);
        let mut history = History::new(DocumentId::timeline(ConversationId::random(dice)));
        let mut entries = Vec::new();
        for n in 0..changes {
            let actor = Actor::random(dice);
            let dependencies = history.dependencies(actor);
            let author = ParticipantId::random(dice);
            let at = Timestamp::from_millis(i64::MAX / 4 + n.cast_signed());
            let context = Context { author, actor, actor_seq: 1, dependencies, time: at };
            let operation = Operation::SetStatus { status: Status::ActiveHuman };
            let composed = compose::compose(&history, &operation, &context).unwrap();
            let seq = history.record(composed.entry);
            entries.push(LogEntry { seq, at, change: composed.bytes });
        }
        (history, entries)
    }

    #[test]
    fn wp8_no_frame_of_a_long_document_is_over_the_bound() {
        let (history, entries) = log(limits::DOCUMENT_CHANGES as u64);
        let snapshot = Snapshot { seq: history.last(), bytes: vec![7; 2_000_000] };
        let at = |_: Seq| Timestamp::from_millis(i64::MAX / 2);
        let snapshot = snapshot_frames(&history, at, &snapshot);
        let entries = entries_frames(history.document(), &entries, history.last());
        let (mut rows, mut actors) = (0, 0);
        for frame in snapshot.into_iter().chain(entries) {
            let bytes = frame.bytes_for(None).unwrap();
            if let ServerFrame::Snapshot { order, .. } = ServerFrame::decode(&bytes).unwrap() {
                rows += order.rows.len();
                actors += order.actors.len();
            }
        }
        assert_eq!((rows, actors), (limits::DOCUMENT_CHANGES, limits::DOCUMENT_CHANGES));
    }
}
