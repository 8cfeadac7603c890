//! The feed: which conversations there are, as the server tells of them.

use std::collections::BTreeSet;

use crate::id::ConversationId;
use crate::replica::record::Write;
use crate::session::client::{Link, Output, Session, SessionEvent};
use crate::wire::FeedRow;

/// A reading of the feed from its beginning, beside what was known before: that stays to be shown,
/// as far as it was not told anew, until all is read.
#[derive(Debug)]
pub(super) struct Reading {
    /// What it is read under. It is written down at the end: until then a crash begins it again.
    scope: u64,
    /// How far it is read.
    reached: u64,
    /// What was told.
    told: BTreeSet<ConversationId>,
}

impl Session {
    /// Reads the feed from its beginning: rows that are not told again are of what is gone.
    pub(super) fn read_anew(&mut self, scope: u64, output: &mut Output) {
        self.cursors.feed = 0;
        self.reading = None;
        if self.feed.is_empty() {
            self.cursors.scope = scope;
        } else if self.is_visitor() {
            // They are told all of theirs whenever they connect, and not where that ends.
            self.cursors.scope = scope;
            let known = core::mem::take(&mut self.feed).into_keys();
            output.events.extend(known.map(SessionEvent::Feed));
            output.writes.push(Write::ForgetFeed);
        } else {
            self.reading = Some(Reading { scope, reached: 0, told: BTreeSet::new() });
        }
    }

    pub(super) fn feed(&mut self, cursor: u64, rows: Vec<FeedRow>, output: &mut Output) {
        if rows.is_empty() && (cursor == 0 || self.reading.is_none() && cursor <= self.cursors.feed)
        {
            // The server says that it is there.
            return;
        }
        let is_end = rows.is_empty();
        for row in rows {
            if self.is_passed(&row) {
                continue;
            }
            output.events.push(SessionEvent::Feed(row.conversation));
            output.writes.push(Write::Feed(row.clone()));
            let conversation = row.conversation;
            if let Some(reading) = &mut self.reading {
                reading.told.insert(conversation);
            }
            self.feed.insert(conversation, row);
            for document in self.documents_of(conversation) {
                // What was asked for too early, or could not be seen for a while, is there now.
                // What this device itself pushes there has its fates coming, which say the same.
                if let Some(opened) = self.documents.get_mut(&document)
                    && matches!(opened.link, Link::Unborn)
                    && !opened.replica.outbox().iter().any(|waiting| waiting.state.is_pushable())
                {
                    opened.link = Link::Closed;
                }
                self.follow(document, output);
            }
        }
        match &mut self.reading {
            Some(reading) => reading.reached = reading.reached.max(cursor),
            None => self.cursors.feed = self.cursors.feed.max(cursor),
        }
        if is_end {
            self.read_to_the_end(output);
        }
        output.writes.push(Write::Cursors(self.cursors));
    }

    /// All that there is was told: what was known before and was not told again is gone.
    fn read_to_the_end(&mut self, output: &mut Output) {
        let Some(Reading { scope, reached, told }) = self.reading.take() else { return };
        let gone: Vec<_> = self.feed.keys().filter(|it| !told.contains(it)).copied().collect();
        if !gone.is_empty() {
            self.feed.retain(|conversation, _| told.contains(conversation));
            output.events.extend(gone.into_iter().map(SessionEvent::Feed));
            output.writes.push(Write::ForgetFeed);
            output.writes.extend(self.feed.values().cloned().map(Write::Feed));
        }
        self.cursors.scope = scope;
        self.cursors.feed = reached;
    }

    /// Whether a row tells an earlier state than the one that is known: a page of what was missed
    /// may have been read before what came meanwhile.
    fn is_passed(&self, row: &FeedRow) -> bool {
        let before = |reading: &Reading| !reading.told.contains(&row.conversation);
        if self.is_visitor() || self.reading.as_ref().is_some_and(before) {
            return false;
        }
        let Some(known) = self.feed.get(&row.conversation) else { return false };
        let team = |row: &FeedRow| row.team.as_ref().map(|team| team.seq);
        row.timeline < known.timeline || team(row) < team(known)
    }
}
