//! The feed: which conversations have changed, to everybody who may see them.
//!
//! One task reads it from the storage in its order, at most every [`TICK`], so that nobody's cursor
//! passes a change that comes later.

use core::time::Duration;
use std::sync::atomic::Ordering;

use rejoinder_core::wire::{FeedRow, ServerFrame};

use crate::hub::{Connected, Frame, Hub, News, Rights, may_see};
use crate::storage::{FeedEntry, FeedScope, StorageError};

/// How long changes gather before they are told.
const TICK: Duration = Duration::from_millis(50);

/// Rows in one frame.
const ROWS: usize = 256;

impl Hub {
    /// Something has changed: the feed's task looks at its next tick.
    pub(super) fn feed_changed(&self) {
        self.0.feed.notify_one();
    }

    /// Tells changes to everybody who may see them, as long as the process lives. `from` is the end
    /// of the feed when the server started.
    pub async fn run_feed(self, from: u64) {
        let mut cursor = from;
        loop {
            self.0.feed.notified().await;
            self.tick(TICK).await;
            let storage = self.storage().clone();
            let read = move || storage.feed(&FeedScope::All, cursor, ROWS);
            match self.blocking(read).await {
                Ok(entries) if entries.is_empty() => {}
                Ok(entries) => {
                    cursor = entries.last().map_or(cursor, |entry| entry.feed);
                    self.tell_feed(&entries, cursor);
                    self.board().changed(&entries);
                    // There may be more.
                    self.feed_changed();
                }
                Err(error) => tracing::warn!(%error, "the feed cannot be read"),
            }
        }
    }

    fn tell_feed(&self, entries: &[FeedEntry], cursor: u64) {
        // Until a connection has been told what it had missed, what is new does not move its
        // cursor: if it broke in between, the rows before would never come.
        let cursor_of = |connected: &Connected| {
            if connected.feed_read.load(Ordering::Acquire) { cursor } else { 0 }
        };
        for connected in self.registry().team() {
            tell(&connected, entries, cursor_of(&connected));
        }
        for entry in entries {
            for connected in self.registry().of(entry.header.visitor) {
                // A note makes a row too: told before what was missed, it would show by its place.
                if !connected.feed_begun.load(Ordering::Acquire) {
                    continue;
                }
                tell(&connected, core::slice::from_ref(entry), cursor_of(&connected));
            }
        }
    }

    /// Tells somebody who has just connected a part of what they have missed, and from where to go
    /// on once that is sent; none after the last part.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn missed(
        &self,
        connected: &Connected,
        after: u64,
    ) -> Result<Option<u64>, StorageError> {
        use crate::directory::Scope;
        // From here on what changes is told, for it may come too late to be read.
        connected.feed_begun.store(true, Ordering::Release);
        let scope = match &connected.scope {
            Scope::All => FeedScope::All,
            Scope::Sites(sites) => FeedScope::Sites(sites.clone()),
            Scope::Visitor { .. } => {
                let principal = &connected.principal;
                let ids = principal.former.iter().copied().chain([principal.participant]);
                FeedScope::Visitor(ids.collect())
            }
        };
        let storage = self.storage().clone();
        let entries = self.blocking(move || storage.feed(&scope, after, ROWS)).await?;
        let cursor = entries.last().map_or(after, |entry| entry.feed);
        // Without room the connection ends, and the next one begins from what was told.
        let told = tell(connected, &entries, cursor);
        if entries.len() == ROWS || !told {
            return Ok(told.then_some(cursor));
        }
        connected.feed_read.store(true, Ordering::Release);
        if connected.principal.role.reads_team() {
            // That it was the last part: what was known before and is not in it is gone. A place of
            // 0 says only that somebody is here.
            let end = ServerFrame::Feed { cursor: cursor.max(1), rows: Vec::new() };
            connected.outbound.send(&end);
        }
        Ok(None)
    }
}

/// Whether there was room for it.
fn tell(connected: &Connected, entries: &[FeedEntry], cursor: u64) -> bool {
    let team = connected.principal.role.reads_team();
    let seen = entries.iter().filter(|entry| {
        let rights = Rights::of(entry);
        may_see(&connected.principal, &connected.scope, &rights)
    });
    let news = seen.filter(|entry| {
        team || connected.is_news(entry.header.conversation, entry.summary.timeline)
    });
    let rows: Vec<FeedRow> = news.map(|entry| row(entry, team)).collect();
    // The feed counts what happens everywhere, notes too: to a visitor its places would tell that
    // something did.
    let cursor = if team { cursor } else { 0 };
    if !rows.is_empty() {
        let frame = Frame::from(&ServerFrame::Feed { cursor, rows });
        if connected.outbound.offer(frame).is_err() {
            // What still finds room must not move its cursor past what did not.
            connected.feed_read.store(false, Ordering::Release);
            connected.tell(News::TooSlow);
            return false;
        }
    }
    true
}

/// A row of the feed, as an agent or a visitor is told it.
pub(crate) fn row(entry: &FeedEntry, team: bool) -> FeedRow {
    let FeedEntry { header, summary, .. } = entry;
    FeedRow {
        conversation: header.conversation,
        site: header.site,
        visitor: header.visitor,
        status: summary.status,
        closed: summary.closed,
        assignee: summary.assignee,
        timeline: summary.timeline,
        newest: summary.newest,
        // The last thing that happened may have been a note.
        at: if team { summary.at } else { header.created_at },
        follows: header.follows,
        team: team.then(|| summary.team.clone()),
    }
}
