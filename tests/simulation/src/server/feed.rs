//! The feed: which conversations are new or changed.

use rejoinder_core::id::ConversationId;
use rejoinder_core::wire::{FeedRow, ServerFrame};

use crate::plant::Bug;
use crate::server::{ConnectionId, Server};

impl Server {
    pub(super) fn feed_after(&mut self, id: ConnectionId, after: u64) {
        let newer = |id: &ConversationId| self.disk.database.conversations[id].feed > after;
        let all: Vec<_> = self.disk.database.conversations.keys().copied().collect();
        let rows: Vec<FeedRow> = all
            .into_iter()
            .filter(newer)
            .filter(|conversation| self.may_see(id, *conversation))
            .filter_map(|conversation| self.feed_row(id, conversation))
            .collect();
        let cursor = self.disk.database.feed;
        let is_last = rows.is_empty();
        self.tell(id, &ServerFrame::Feed { cursor, rows });
        if !is_last {
            self.tell(id, &ServerFrame::Feed { cursor, rows: Vec::new() });
        }
    }

    /// Tells everybody who may see it that a conversation has changed.
    pub(super) fn feed_news(&mut self, conversation: ConversationId) {
        let open: Vec<_> = self
            .connections
            .iter()
            .filter(|(_, c)| c.session.is_open() && c.feed == u64::MAX)
            .map(|(id, _)| *id)
            .collect();
        for id in open {
            if self.may_see(id, conversation) {
                let rows = self.feed_row(id, conversation).into_iter().collect();
                let cursor = self.disk.database.feed;
                self.tell(id, &ServerFrame::Feed { cursor, rows });
            }
        }
    }

    fn feed_row(&self, id: ConnectionId, conversation: ConversationId) -> Option<FeedRow> {
        let found = self.disk.database.conversations.get(&conversation)?;
        let summary = found.summary.clone()?;
        let team = self.connections.get(&id)?.principal()?.role.reads_team();
        let team = team || self.bug == Some(Bug::TeamRowToAll);
        Some(FeedRow {
            conversation,
            site: self.site,
            visitor: found.visitor,
            status: summary.status,
            closed: summary.closed,
            assignee: summary.assignee,
            timeline: summary.timeline,
            newest: summary.newest,
            at: summary.at,
            follows: found.follows,
            team: team.then_some(summary.team),
        })
    }
}
