//! The task of one live conversation: it alone admits operations to it.
//!
//! It takes what has arrived, admits all pushes as one batch, waits for the commit, publishes, and
//! then answers the rest. When a batch is not committed the authority is thrown away, and the next
//! ask loads it again from what is on disk.

mod admit;
mod derive;
mod live;
mod upkeep;

use core::time::Duration;
use std::sync::Arc;

use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{ConversationId, DocumentId, DocumentKind, RevisionId, Seq};
use rejoinder_core::limits;
use rejoinder_core::wire::{Keeping, ParticipantSignal, Problem, ServerFrame, Signal};
use tokio::sync::mpsc;

use crate::hub::registry::News;
use crate::hub::{Ask, Connected, ConnectionId, Frame, Hub, entries, signals, words};
use crate::storage::{StorageError, Words};
use live::Live;

/// How long a conversation that nobody follows stays in memory.
const IDLE: Duration = Duration::from_secs(30);

/// Revisions read at once: 640 KB, were they all as long as may be.
const WORDS_AT_ONCE: usize = 16;

/// Asks taken at once.
const BATCH: usize = 128;

/// Starts the task of a conversation.
pub(super) fn spawn(hub: Hub, conversation: ConversationId, asks: mpsc::Receiver<Ask>) {
    let dice = hub.machine().dice();
    let state = State::Unloaded;
    let task = Task { hub, conversation, dice, state, followers: Vec::new() };
    tokio::spawn(task.run(asks));
}

struct Task {
    hub: Hub,
    conversation: ConversationId,
    dice: Dice,
    state: State,
    followers: Vec<Follower>,
}

impl Drop for Task {
    /// However the task ends, nobody is left waiting for entries that it would have sent.
    fn drop(&mut self) {
        self.reopen();
    }
}

enum State {
    /// Not looked at yet, or thrown away.
    Unloaded,
    /// Here.
    Live(Box<Live>),
}

/// Somebody who follows one of the documents.
struct Follower {
    connected: Arc<Connected>,
    kind: DocumentKind,
}

/// Why there is no conversation to work with.
enum Absent {
    Unknown,
    Problem(Problem),
}

impl Task {
    async fn run(mut self, mut asks: mpsc::Receiver<Ask>) {
        loop {
            let Ok(next) = tokio::time::timeout(IDLE, asks.recv()).await else {
                if self.followers.is_empty() && self.hub.end(self.conversation, &asks) {
                    return;
                }
                continue;
            };
            let Some(first) = next else { return };
            let mut batch = vec![first];
            while batch.len() < BATCH
                && let Ok(more) = asks.try_recv()
            {
                batch.push(more);
            }
            self.handle(batch).await;
            let nothing = matches!(self.state, State::Unloaded) && self.followers.is_empty();
            if nothing && self.hub.end(self.conversation, &asks) {
                return;
            }
        }
    }

    async fn handle(&mut self, batch: Vec<Ask>) {
        let (mut pushes, mut others) = (Vec::new(), Vec::new());
        for ask in batch {
            match ask {
                Ask::Push(by, kind, submissions, revisions, under_way) => {
                    pushes.push(admit::Pushed { by, kind, submissions, revisions, under_way });
                }
                other => others.push(other),
            }
        }
        if !pushes.is_empty() {
            self.admit(pushes).await;
        }
        for ask in others {
            match ask {
                Ask::Open(by, kind, cursor) => self.open(by, kind, cursor).await,
                Ask::Want(by, kind, revisions) => self.want(&by, kind, revisions).await,
                Ask::Signal(by, kind, signal) => self.signal(&by, kind, signal).await,
                Ask::Leave(id, kind) => self.leave(id, Some(kind)),
                Ask::Gone(id) => self.leave(id, None),
                Ask::Release(from) => self.release(from).await,
                Ask::Upkeep(what, now, answer) => self.keep_up(what, now, answer).await,
                Ask::Push(..) => {}
            }
        }
    }

    const fn document(&self, kind: DocumentKind) -> DocumentId {
        DocumentId { conversation: self.conversation, kind }
    }

    /// Loads the conversation, if it is not here.
    async fn ensure(&mut self) -> Result<(), Absent> {
        if matches!(self.state, State::Live(_)) {
            return Ok(());
        }
        self.load().await?;
        if !self.repair().await {
            // It can be read all the same; what it lacks is written the next time.
            self.load().await?;
        }
        Ok(())
    }

    async fn load(&mut self) -> Result<(), Absent> {
        let (storage, conversation) = (self.hub.storage().clone(), self.conversation);
        let stored = self.hub.blocking(move || storage.load(conversation)).await;
        let stored = stored.map_err(|error| self.failed(&error))?.ok_or(Absent::Unknown)?;
        let live = Live::load(stored, &mut self.dice).map_err(|error| {
            tracing::error!(conversation = %self.conversation, %error, "damaged: not served");
            Absent::Problem(Problem::DamagedConversation)
        })?;
        self.state = State::Live(Box::new(live));
        Ok(())
    }

    fn failed(&self, error: &StorageError) -> Absent {
        tracing::error!(conversation = %self.conversation, %error, "cannot be loaded");
        Absent::Problem(match error {
            StorageError::Damaged(_) => Problem::DamagedConversation,
            StorageError::Full | StorageError::Failed(_) => Problem::Storage,
        })
    }

    /// Answers that there is no such conversation, or that it cannot be served.
    fn refuse(&self, to: &Connected, kind: DocumentKind, absent: &Absent) {
        let document = Some(self.document(kind));
        let reason = match absent {
            Absent::Unknown => Problem::UnknownConversation,
            Absent::Problem(problem) => *problem,
        };
        to.outbound.send(&ServerFrame::Refused { document, reason });
    }

    /// The conversation, if it is here and this principal may see it.
    async fn visible(&mut self, by: &Connected, kind: DocumentKind) -> Option<&mut Live> {
        if let Err(absent) = self.ensure().await {
            self.refuse(by, kind, &absent);
            return None;
        }
        let seen = matches!(&self.state, State::Live(live) if live.may_be_seen_by(by));
        if !seen {
            self.refuse(by, kind, &Absent::Unknown);
            return None;
        }
        match &mut self.state {
            State::Live(live) => Some(live),
            State::Unloaded => None,
        }
    }

    /// Tells everybody who follows to open again from their cursor.
    fn reopen(&mut self) {
        for Follower { connected, kind } in core::mem::take(&mut self.followers) {
            let document = DocumentId { conversation: self.conversation, kind };
            connected.outbound.send(&ServerFrame::Reopen { document });
        }
    }

    async fn open(&mut self, by: Arc<Connected>, kind: DocumentKind, cursor: Seq) {
        if by.outbound.is_full() {
            by.tell(News::TooSlow);
            return;
        }
        let (document, hub) = (self.document(kind), self.hub.clone());
        let Some(live) = self.visible(&by, kind).await else { return };
        let last = live.last(kind);
        if cursor > last {
            // Of another life of the data, or never of this conversation.
            let (document, reason) = (Some(document), Problem::OutOfTurn);
            by.outbound.send(&ServerFrame::Refused { document, reason });
            return;
        }
        let mut from = cursor;
        let mut frames = Vec::new();
        if by.snapshots && last.0 - cursor.0 > entries::SNAPSHOT_PAYS {
            let storage = Arc::clone(hub.storage());
            let snapshot = hub.blocking(move || storage.snapshot(document)).await.ok().flatten();
            if let Some(snapshot) = snapshot.filter(|s| s.seq > cursor && s.seq <= last) {
                from = snapshot.seq;
                frames = live.snapshot_frames(kind, &snapshot);
            }
        }
        frames.extend(entries::entries_frames(document, live.entries_after(kind, from), last));
        // One's own receipts too: another device may have been where this one was not.
        let known = live.seen.of(kind);
        for frame in frames {
            // An answer is as long as the document is: it does not count against the queue.
            by.outbound.insist(frame);
        }
        if !known.is_empty() {
            by.outbound.send(&signals::frame(document, known));
        }
        if kind == DocumentKind::Timeline && by.principal.role.agent().is_some() {
            let (conversation, agent) = (self.conversation, by.principal.participant);
            self.hub.board().opened(conversation, agent, self.hub.now());
        }
        self.leave(by.id, Some(kind));
        self.followers.push(Follower { connected: by, kind });
    }

    fn leave(&mut self, id: ConnectionId, kind: Option<DocumentKind>) {
        self.followers.retain(|follower| {
            follower.connected.id != id || kind.is_some_and(|kind| kind != follower.kind)
        });
        if let State::Live(live) = &mut self.state {
            live.holders
                .retain(|(holder, of)| *holder != id || kind.is_some_and(|kind| kind != *of));
        }
    }

    /// Sends a frame to everybody who follows a document. Who reads too slowly is told to open it
    /// again from their cursor.
    fn publish(&mut self, kind: DocumentKind, frames: &[Frame]) {
        let document = self.document(kind);
        self.followers.retain(|follower| {
            if follower.kind != kind {
                return true;
            }
            let outbound = &follower.connected.outbound;
            let sent = frames.iter().all(|frame| outbound.offer(frame.clone()).is_ok());
            if !sent {
                outbound.send(&ServerFrame::Reopen { document });
            }
            sent
        });
    }

    async fn want(&mut self, by: &Arc<Connected>, kind: DocumentKind, asked: Vec<RevisionId>) {
        let document = self.document(kind);
        let Some(_) = self.visible(by, kind).await else { return };
        if let Err(error) = self.remember_holding(by, kind).await {
            tracing::warn!(%error, "words are not sent: the device cannot be remembered");
            by.tell(News::TooSlow);
            return;
        }
        let State::Live(live) = &mut self.state else { return };
        if let Some(frames) = live.hot.last(kind, &asked) {
            answer(by, frames);
            return;
        }
        let (mut records, mut gone) = (Vec::new(), Vec::new());
        let (mut bytes, mut whole) = (0, true);
        for part in asked.chunks(WORDS_AT_ONCE) {
            let found = match self.words(kind, part).await {
                Ok(found) => found,
                Err(error) => {
                    let absent = self.failed(&error);
                    return self.refuse(by, kind, &absent);
                }
            };
            bytes += found.0.iter().map(|words| words.body.len()).sum::<usize>();
            records.extend(found.0);
            gone.extend(found.1);
            if bytes > limits::REVISIONS_BYTES {
                // Not all of ten megabytes is read for somebody who may take none of them.
                let part = (core::mem::take(&mut records), core::mem::take(&mut gone));
                if !answer(by, &words::frames(document, part.0, part.1)) {
                    return;
                }
                (bytes, whole) = (0, false);
            }
        }
        let frames = words::frames(document, records, gone);
        let told = answer(by, &frames);
        if let State::Live(live) = &mut self.state
            && told
            && whole
        {
            live.hot.answered(kind, asked, frames);
        }
    }

    /// Some words, and which of those asked for are gone.
    async fn words(
        &self,
        kind: DocumentKind,
        asked: &[RevisionId],
    ) -> Result<(Vec<Revision>, Vec<RevisionId>), StorageError> {
        let (document, storage) = (self.document(kind), self.hub.storage().clone());
        let (mut records, mut gone, mut cold) = (Vec::new(), Vec::new(), Vec::new());
        let State::Live(live) = &self.state else { return Ok((records, gone)) };
        for &revision in asked {
            match live.hot.get(kind, revision) {
                Some(words) => records.push(words.clone()),
                None => cold.push(revision),
            }
        }
        if !cold.is_empty() {
            let ids = cold.clone();
            let found = self.hub.blocking(move || storage.words(document, &ids)).await?;
            for (id, words) in cold.into_iter().zip(found) {
                match words {
                    Words::Kept(words) => records.push(words),
                    Words::Gone => gone.push(id),
                }
            }
        }
        Ok((records, gone))
    }

    /// Remembers, before the first words go out, that a device is sent words of a document.
    async fn remember_holding(
        &mut self,
        by: &Connected,
        kind: DocumentKind,
    ) -> Result<(), StorageError> {
        let State::Live(live) = &mut self.state else { return Ok(()) };
        if by.keeping == Keeping::Memory || live.holders.contains(&(by.id, kind)) {
            return Ok(());
        }
        let document = DocumentId { conversation: self.conversation, kind };
        self.hub.storage().keep_holdings(by.device, vec![document]).await?;
        // Those who left are forgotten; who does not follow is not waited for.
        let follows = |follower: &Follower| (follower.connected.id, follower.kind) == (by.id, kind);
        if self.followers.iter().any(follows) {
            live.holders.insert((by.id, kind));
        }
        Ok(())
    }

    async fn signal(&mut self, by: &Arc<Connected>, kind: DocumentKind, signal: Signal) {
        let (document, participant) = (self.document(kind), by.principal.participant);
        let Some(live) = self.visible(by, kind).await else { return };
        let signal = match signal {
            Signal::Seen(seq) => {
                let seq = seq.min(live.last(kind));
                if !live.seen.raise(kind, participant, seq) {
                    return;
                }
                let kept = self.hub.storage().keep_seen(document, participant, seq);
                tokio::spawn(async move {
                    if let Err(error) = kept.await {
                        // A receipt is sent again when the client connects the next time.
                        tracing::warn!(%error, "a receipt was not kept");
                    }
                });
                Signal::Seen(seq)
            }
            other => other,
        };
        let frame = signals::frame(document, vec![ParticipantSignal { participant, signal }]);
        let frame = Frame::from(&frame);
        for follower in &self.followers {
            if follower.kind == kind && follower.connected.id != by.id {
                // Signals are lossy: a slow reader goes without.
                let _lossy = follower.connected.outbound.offer(frame.clone());
            }
        }
    }
}

/// Whether there was room for all of it: otherwise the reader is told to start again.
fn answer(to: &Connected, frames: &[Frame]) -> bool {
    let told = frames.iter().all(|frame| to.outbound.offer(frame.clone()).is_ok());
    if !told {
        to.tell(News::TooSlow);
    }
    told
}
