//! A conversation in memory.

use std::collections::{BTreeSet, HashSet};

use rejoinder_core::authority::{Authority, LoadError, Rows};
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{DocumentKind, ParticipantId, Seq};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::LogEntry;

use crate::hub::signals::Seen;
use crate::hub::words::HotWords;
use crate::hub::{Connected, ConnectionId, Frame, Rights, entries, may_see};
use crate::storage::{Header, Row, Snapshot, Stored, Tombstone};

/// A conversation in memory: its authority, and what readers are sent.
pub(super) struct Live {
    pub(super) authority: Authority,
    pub(super) header: Header,
    /// How many batches it has had; 0 for one that is not in the storage yet.
    pub(super) version: u64,
    pub(super) seen: Seen,
    pub(super) hot: HotWords,
    /// Connections whose devices are known to hold a document. The next one of a device may have
    /// been told to drop it: what it holds is written down anew.
    pub(super) holders: HashSet<(ConnectionId, DocumentKind)>,
    /// The place of the newest snapshot that was made or is being made.
    pub(super) snapshots: [Seq; 2],
    timeline: Vec<LogEntry>,
    team: Vec<LogEntry>,
    collaborators: Vec<ParticipantId>,
}

impl Live {
    pub(super) fn load(stored: Stored, dice: &mut Dice) -> Result<Self, LoadError> {
        let rows = Rows {
            rows: stored.rows,
            fates: stored.fates,
            actors: stored.actors,
            tombstones: stored.tombstones,
        };
        let Header { conversation, visitor, .. } = stored.header;
        let authority = Authority::load(conversation, visitor, &rows, dice)?;
        let mut live = Self {
            collaborators: authority.collaborators().collect(),
            authority,
            header: stored.header,
            version: stored.version,
            seen: Seen::new(&stored.seen),
            hot: HotWords::default(),
            holders: HashSet::new(),
            snapshots: [Seq::START; 2],
            timeline: Vec::new(),
            team: Vec::new(),
        };
        for row in rows.rows {
            live.push(row);
        }
        Ok(live)
    }

    /// A conversation that a visitor has just begun.
    pub(super) fn begin(
        header: Header,
        tombstones: Vec<Tombstone>,
        dice: &mut Dice,
    ) -> Result<Self, LoadError> {
        let (rows, fates, actors, seen) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let stored = Stored { header, version: 0, feed: 0, rows, fates, actors, tombstones, seen };
        Self::load(stored, dice)
    }

    fn push(&mut self, row: Row) {
        let entry = LogEntry { seq: row.seq, at: row.at, change: row.change };
        match row.kind {
            DocumentKind::Timeline => self.timeline.push(entry),
            DocumentKind::Team => self.team.push(entry),
        }
    }

    /// Takes rows that are committed, and returns which documents have more.
    pub(super) fn committed(&mut self, rows: Vec<Row>) -> BTreeSet<DocumentKind> {
        let kinds = rows.iter().map(|row| row.kind).collect();
        for row in rows {
            self.push(row);
        }
        self.collaborators = self.authority.collaborators().collect();
        kinds
    }

    const fn entries(&self, kind: DocumentKind) -> &Vec<LogEntry> {
        match kind {
            DocumentKind::Timeline => &self.timeline,
            DocumentKind::Team => &self.team,
        }
    }

    pub(super) fn entries_after(&self, kind: DocumentKind, after: Seq) -> &[LogEntry] {
        let entries = self.entries(kind);
        // The log has no gaps: the entry with seq n stands at n - 1.
        let from = usize::try_from(after.0).unwrap_or(usize::MAX).min(entries.len());
        &entries[from..]
    }

    /// The end of a log, as far as it is committed.
    pub(super) fn last(&self, kind: DocumentKind) -> Seq {
        self.entries(kind).last().map_or(Seq::START, |entry| entry.seq)
    }

    pub(super) fn may_be_seen_by(&self, by: &Connected) -> bool {
        let rights = Rights {
            site: self.header.site,
            visitor: self.header.visitor,
            assignee: self.authority.assignee(),
            collaborators: &self.collaborators,
            gone: self.header.gone,
        };
        may_see(&by.principal, &by.scope, &rights)
    }

    /// Whether it is of a site where somebody works, or their own: what they push gets its fate.
    pub(super) fn may_be_reached_by(&self, by: &Connected) -> bool {
        let Header { site, visitor, gone, .. } = self.header;
        let rights = Rights { site, visitor, assignee: None, collaborators: &[], gone };
        may_see(&by.principal, &by.scope, &rights)
    }

    pub(super) fn snapshot_frames(&self, kind: DocumentKind, snapshot: &Snapshot) -> Vec<Frame> {
        let at = |seq| -> Timestamp { self.authority.accepted_at(kind, seq).unwrap_or_default() };
        entries::snapshot_frames(self.authority.history(kind), at, snapshot)
    }
}
