//! What is known of open conversations, and what was decided of them last.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rejoinder_core::conversation::layout::Status;
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::{ConversationId, ParticipantId, Seq, SiteId};
use rejoinder_core::routing::{Agent, Decision, Held, Presence, Snapshot, Waiting, decide};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{Offer, ServerFrame};
use tokio::sync::Notify;

use super::{Availability, Inputs, Source};
use crate::hub::{Connected, Frame};
use crate::storage::{FeedEntry, Storage};

/// A conversation that waits for a human, or has one.
#[derive(Clone, Debug)]
struct Open {
    site: SiteId,
    assignee: Option<ParticipantId>,
    /// Since when it waits; none while a human is active.
    waits: Option<Timestamp>,
    held: Option<Held>,
    asked: BTreeSet<ParticipantId>,
}

#[derive(Debug, Default)]
struct State {
    open: BTreeMap<ConversationId, Open>,
    /// When an agent's number of conversations last changed, or they were last offered one.
    idle_since: BTreeMap<ParticipantId, Timestamp>,
    /// What each agent was told last.
    told: BTreeMap<ParticipantId, Vec<Offer>>,
    inputs: Option<Arc<Inputs>>,
    /// Rises when the directory changes: what was read before counts no more.
    version: u64,
}

/// What remains to be done after a decision.
pub(super) struct Outcome {
    pub(super) releases: BTreeMap<ConversationId, ParticipantId>,
    pub(super) next: Option<Timestamp>,
    pub(super) waiting: bool,
}

/// What is known of open conversations, and what was decided of them last.
pub struct Board {
    state: Mutex<State>,
    source: Mutex<Arc<dyn Source>>,
    wake: Notify,
}

impl core::fmt::Debug for Board {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Board").finish_non_exhaustive()
    }
}

impl Board {
    /// A board that nothing is known on yet.
    #[must_use]
    pub fn new(source: Arc<dyn Source>) -> Self {
        Self { state: Mutex::default(), source: Mutex::new(source), wake: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes its inputs from somewhere else from now on.
    pub fn take_from(&self, source: Arc<dyn Source>) {
        *self.source.lock().unwrap_or_else(PoisonError::into_inner) = source;
        self.directory_changed();
    }

    /// The directory has changed, or may have.
    pub fn directory_changed(&self) {
        let mut state = self.state();
        state.version += 1;
        state.inputs = None;
        drop(state);
        self.look_again();
    }

    /// Something has changed: it is decided again soon.
    pub fn look_again(&self) {
        self.wake.notify_one();
    }

    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    pub(super) fn inputs(&self) -> Option<Arc<Inputs>> {
        self.state().inputs.clone()
    }

    pub(super) fn source(&self) -> (Arc<dyn Source>, u64) {
        let version = self.state().version;
        (Arc::clone(&self.source.lock().unwrap_or_else(PoisonError::into_inner)), version)
    }

    /// Keeps what was read, unless it changed while it was.
    pub(super) fn keep_inputs(&self, inputs: &Arc<Inputs>, version: u64) {
        let mut state = self.state();
        if state.version == version {
            state.inputs = Some(Arc::clone(inputs));
        }
    }

    /// Conversations as they were when the server began; `waits` says since when they wait.
    pub(super) fn began(&self, entries: &[FeedEntry], waits: &BTreeMap<ConversationId, Timestamp>) {
        let mut state = self.state();
        for entry in entries {
            // What the feed has told meanwhile is newer.
            if !state.open.contains_key(&entry.header.conversation) {
                state.take(entry, waits.get(&entry.header.conversation).copied());
            }
        }
    }

    /// Conversations have changed.
    pub fn changed(&self, entries: &[FeedEntry]) {
        let mut state = self.state();
        entries.iter().for_each(|entry| state.take(entry, None));
        drop(state);
        self.look_again();
    }

    /// An agent has opened a conversation.
    pub fn opened(&self, conversation: ConversationId, by: ParticipantId, now: Timestamp) {
        let mut state = self.state();
        let patience = state.inputs.as_ref().map(|inputs| inputs.patience).unwrap_or_default();
        let held = state.open.get_mut(&conversation).and_then(|open| open.held.as_mut());
        if let Some(held) = held.filter(|held| held.agent == by && !held.opened) {
            held.open(now, &patience);
            drop(state);
            self.look_again();
        }
    }

    /// Tells somebody who has just connected what they are offered.
    pub fn greet(&self, connected: &Connected) {
        let state = self.state();
        if let Some(offers) = state.told.get(&connected.principal.participant) {
            // Under the lock: no newer list overtakes it.
            connected.outbound.insist(frame(offers));
        }
    }

    /// Decides, and hands each agent whose offers are others now the frame that says so.
    pub(super) fn decide(
        &self,
        inputs: &Inputs,
        online: &BTreeSet<ParticipantId>,
        now: Timestamp,
        tell: impl Fn(ParticipantId, Frame),
    ) -> Outcome {
        let mut state = self.state();
        let snapshot = state.snapshot(inputs, online, now);
        let mut decision = decide(&snapshot);
        for (id, open) in &mut state.open {
            open.held = decision.held.get(id).copied();
            open.asked = decision.asked.remove(id).unwrap_or_default();
        }
        for id in &decision.new {
            if let Some(held) = decision.held.get(id) {
                state.idle_since.insert(held.agent, now);
            }
        }
        let Decision { offers, releases, next, .. } = decision;
        let mut former = core::mem::take(&mut state.told);
        for (agent, now_told) in &offers {
            if former.remove(agent).as_ref() != Some(now_told) {
                tell(*agent, frame(now_told));
            }
        }
        for agent in former.into_keys() {
            tell(agent, frame(&[]));
        }
        state.told = offers;
        Outcome { releases, next, waiting: !snapshot.waiting.is_empty() }
    }

    /// What holds, and what would be decided on it.
    pub(super) fn look(
        &self,
        inputs: &Inputs,
        online: &BTreeSet<ParticipantId>,
        now: Timestamp,
    ) -> (Snapshot, Decision) {
        let snapshot = self.state().snapshot(inputs, online, now);
        let decision = decide(&snapshot);
        (snapshot, decision)
    }
}

fn frame(offers: &[Offer]) -> Frame {
    (&ServerFrame::Offers { offers: offers.to_vec() }).into()
}

impl State {
    fn take(&mut self, entry: &FeedEntry, since: Option<Timestamp>) {
        let (id, summary) = (entry.header.conversation, &entry.summary);
        let former = self.open.remove(&id);
        let had = former.as_ref().and_then(active);
        // A follow-up is there before its first message is.
        let begun = summary.timeline > Seq::START && !summary.closed;
        let waits = match summary.status {
            Status::WaitingForHuman if begun => {
                let known = former.as_ref().and_then(|former| former.waits);
                Some(Some(known.or(since).unwrap_or(summary.at)))
            }
            Status::ActiveHuman if begun => Some(None),
            _ => None,
        };
        if let Some(waits) = waits {
            let (held, asked) = match former {
                Some(former) if waits.is_some() => (former.held, former.asked),
                _ => (None, BTreeSet::new()),
            };
            let (site, assignee) = (entry.header.site, summary.assignee);
            self.open.insert(id, Open { site, assignee, waits, held, asked });
        }
        let has = self.open.get(&id).and_then(active);
        if had != has {
            for agent in [had, has].into_iter().flatten() {
                self.idle_since.insert(agent, summary.at);
            }
        }
    }

    fn snapshot(
        &self,
        inputs: &Inputs,
        online: &BTreeSet<ParticipantId>,
        now: Timestamp,
    ) -> Snapshot {
        let mut load: BTreeMap<ParticipantId, u32> = BTreeMap::new();
        for agent in self.open.values().filter_map(active) {
            *load.entry(agent).or_default() += 1;
        }
        let agents = inputs.agents.iter().map(|(id, person)| {
            let presence = match person.availability {
                _ if !online.contains(id) => Presence::Offline,
                Availability::Online => Presence::Online,
                Availability::Away { since } => Presence::Away { since },
                Availability::Offline => Presence::Offline,
            };
            let agent = Agent {
                sites: person.sites.clone(),
                presence,
                limit: person.limit,
                active: load.get(id).copied().unwrap_or_default(),
                idle_since: self.idle_since.get(id).copied().unwrap_or_default(),
            };
            (*id, agent)
        });
        let waiting = self.open.iter().filter_map(|(id, open)| {
            let Open { site, assignee, waits, held, asked } = open.clone();
            Some((*id, Waiting { site, since: waits?, assignee, held, asked }))
        });
        Snapshot {
            now,
            patience: inputs.patience,
            sites: inputs.sites.clone(),
            agents: agents.collect(),
            waiting: waiting.collect(),
        }
    }
}

/// Whose conversation it is that a human is active in.
fn active(open: &Open) -> Option<ParticipantId> {
    open.assignee.filter(|_| open.waits.is_none())
}

/// Since when conversations wait, read off their logs.
pub(super) fn waits_since(
    storage: &dyn Storage,
    entries: &[FeedEntry],
) -> BTreeMap<ConversationId, Timestamp> {
    let mut all = BTreeMap::new();
    for entry in entries.iter().filter(|e| e.summary.status == Status::WaitingForHuman) {
        let id = entry.header.conversation;
        // Of a damaged one nobody can say: it counts from when it last changed.
        let Ok(Some(stored)) = storage.load(id) else { continue };
        let waits = |operation: &Operation| match operation {
            Operation::SetStatus { status } => *status == Status::WaitingForHuman,
            _ => false,
        };
        let since = stored.rows.iter().rev().find(|row| waits(&row.operation)).map(|row| row.at);
        all.insert(id, since.unwrap_or(entry.header.created_at));
    }
    all
}
