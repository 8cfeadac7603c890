//! The confirmed document: the server's log as far as it is here.

use std::collections::BTreeMap;

use automerge::Change;

use crate::conversation::compose::{self, ReadError};
use crate::conversation::history::History;
use crate::id::{Actor, ChangeHash, DocumentId, Seq};
use crate::time::Timestamp;
use crate::wire::{LogEntry, Order};

/// Entries or a snapshot that do not fit what is here. They come from the server or from one's own
/// store, so one of them is damaged: take the document anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// An entry is not a change of this document.
    #[error("entry {seq} does not fit the document: {why}")]
    Entry {
        /// Its place.
        seq: Seq,
        /// How.
        why: ReadError,
    },
    /// An entry before it is missing.
    #[error("entry {0} came before the one before it")]
    Gap(Seq),
    /// A snapshot is damaged or lacks a change that its order names.
    #[error("the snapshot does not load")]
    Snapshot,
}

/// The server's log of one document, as far as it is here.
#[derive(Clone, Debug)]
pub struct Confirmed {
    history: History,
    at: Vec<Timestamp>,
}

impl Confirmed {
    /// A document of which nothing is here yet.
    #[must_use]
    pub fn new(document: DocumentId) -> Self {
        Self { history: History::new(document), at: Vec::new() }
    }

    /// Its index.
    #[must_use]
    pub const fn history(&self) -> &History {
        &self.history
    }

    pub(super) fn into_history(self) -> History {
        self.history
    }

    /// When the entry at `seq` was accepted.
    #[must_use]
    pub fn accepted_at(&self, seq: Seq) -> Option<Timestamp> {
        self.at.get(usize::try_from(seq.0.checked_sub(1)?).ok()?).copied()
    }

    /// Appends an entry, unless it is here already, and returns its hash if it is new.
    ///
    /// # Errors
    /// [`ApplyError`] when it does not fit; then nothing has changed.
    pub fn append(&mut self, entry: &LogEntry) -> Result<Option<ChangeHash>, ApplyError> {
        if entry.seq <= self.history.last() {
            return Ok(None);
        }
        if entry.seq != self.history.last().next() {
            return Err(ApplyError::Gap(entry.seq));
        }
        let change = Change::from_bytes(entry.change.clone())
            .map_err(|_| ApplyError::Entry { seq: entry.seq, why: ReadError::Bytes })?;
        self.record(entry.seq, &change, entry.at).map(Some)
    }

    fn record(
        &mut self,
        seq: Seq,
        change: &Change,
        at: Timestamp,
    ) -> Result<ChangeHash, ApplyError> {
        let read =
            compose::read(&self.history, change).map_err(|why| ApplyError::Entry { seq, why })?;
        let hash = read.hash;
        self.history.record(read);
        self.at.push(at);
        Ok(hash)
    }

    /// The document that a snapshot holds, and its log as entries.
    ///
    /// # Errors
    /// [`ApplyError`] when snapshot and order do not fit together.
    pub fn from_snapshot(
        document: DocumentId,
        bytes: &[u8],
        order: &Order,
    ) -> Result<(Self, Vec<LogEntry>), ApplyError> {
        let mut changes: BTreeMap<(Actor, u64), Change> = BTreeMap::new();
        for change in snapshot_changes(bytes)? {
            let actor = change.actor_id().to_bytes().try_into();
            let actor = Actor::from_bytes(actor.map_err(|_| ApplyError::Snapshot)?);
            changes.insert((actor, change.seq()), change);
        }
        let mut confirmed = Self::new(document);
        let mut entries = Vec::with_capacity(order.rows.len());
        for row in &order.rows {
            let actor = order.actors.get(row.actor as usize).ok_or(ApplyError::Snapshot)?;
            let change = changes.get(&(*actor, row.actor_seq)).ok_or(ApplyError::Snapshot)?;
            let seq = confirmed.history.last().next();
            confirmed.record(seq, change, row.at)?;
            entries.push(LogEntry { seq, at: row.at, change: change.raw_bytes().to_vec() });
        }
        Ok((confirmed, entries))
    }
}

/// The changes in a snapshot, in whatever order.
#[cfg(feature = "snapshots")]
fn snapshot_changes(bytes: &[u8]) -> Result<Vec<Change>, ApplyError> {
    let loaded = automerge::Automerge::load(bytes).map_err(|_| ApplyError::Snapshot)?;
    Ok(loaded.get_changes(&[]))
}

/// A build without Automerge's documents does not ask for snapshots, and takes none.
#[cfg(not(feature = "snapshots"))]
fn snapshot_changes(_: &[u8]) -> Result<Vec<Change>, ApplyError> {
    Err(ApplyError::Snapshot)
}
