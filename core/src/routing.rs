//! Routing: which waiting conversation is offered to whom, and why one does not reach somebody.
//!
//! A [`Snapshot`] says what holds at one moment, [`decide`] what follows from it. The shell tells
//! agents their offers, keeps what the decision says of each conversation for the next snapshot,
//! and decides again when something has changed or [`Decision::next`] has come. An offer is news,
//! not a right: taking a conversation is claiming it, which the authority judges.

mod reason;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::{ConversationId, ParticipantId, SiteId};
use crate::time::Timestamp;
use crate::wire::Offer;

pub use reason::{Reason, why, why_on_site};

/// How a site's waiting conversations reach agents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// One agent at a time is told; unopened, it goes to the next.
    Automatic,
    /// All who could take it are told.
    #[default]
    PickUp,
}

/// Whether an agent wants chats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    /// Yes.
    Online,
    /// Not at the moment.
    Away {
        /// Since when.
        since: Timestamp,
    },
    /// No, or not connected.
    Offline,
}

/// How long offers last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Milliseconds in which an agent opens what is offered to them, before it goes to the next.
    /// Default: 60,000. In the worst case a visitor waits this long for each agent of a site.
    pub offer_millis: i64,
    /// Milliseconds in which they claim it once they have opened it. Default: 300,000.
    pub opened_millis: i64,
    /// Milliseconds for which somebody who is away keeps what is offered to them, and what waits
    /// under their name. Default: 120,000: a short walk.
    pub away_millis: i64,
}

impl Default for Patience {
    fn default() -> Self {
        Self { offer_millis: 60_000, opened_millis: 300_000, away_millis: 120_000 }
    }
}

/// What routing must know of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// How its conversations reach agents.
    pub mode: Mode,
    /// Whether they may at the moment.
    pub human_support: bool,
    /// Whether only the assistant answers there.
    pub assistant_only: bool,
    /// Conversations that an agent who has no limit of their own may have at once.
    pub limit: u32,
}

/// Where an agent works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sites {
    /// Everywhere, by their role.
    All,
    /// Where they are assigned.
    Of(BTreeSet<SiteId>),
}

impl Sites {
    /// Whether they work there.
    #[must_use]
    pub fn contains(&self, site: SiteId) -> bool {
        match self {
            Self::All => true,
            Self::Of(sites) => sites.contains(&site),
        }
    }
}

/// What routing must know of an agent. Disabled ones are not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Where they work.
    pub sites: Sites,
    /// Whether they want chats, and are there.
    pub presence: Presence,
    /// Conversations they may have at once, of whatever site; none: as many as each site says.
    pub limit: Option<u32>,
    /// Conversations they have: Active (Human) and not closed.
    pub active: u32,
    /// When their number of conversations last changed, or when they were last offered one.
    pub idle_since: Timestamp,
}

/// A conversation that is offered to one agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// To whom.
    pub agent: ParticipantId,
    /// Until when.
    pub until: Timestamp,
    /// Whether they have opened it.
    pub opened: bool,
}

impl Held {
    /// The agent opens it, and has a while to claim it; opening it again gives no more.
    pub const fn open(&mut self, now: Timestamp, patience: &Patience) {
        if !self.opened {
            self.opened = true;
            self.until = now.plus_millis(patience.opened_millis);
        }
    }
}

/// A conversation that waits for a human.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Of which site.
    pub site: SiteId,
    /// Since when.
    pub since: Timestamp,
    /// Under whose name it waits, if under one.
    pub assignee: Option<ParticipantId>,
    /// To whom the last decision offered it alone.
    pub held: Option<Held>,
    /// Who has been asked in this round.
    pub asked: BTreeSet<ParticipantId>,
}

/// Everything that counts, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The moment.
    pub now: Timestamp,
    /// How long offers last.
    pub patience: Patience,
    /// All sites.
    pub sites: BTreeMap<SiteId, Site>,
    /// All agents who may log in.
    pub agents: BTreeMap<ParticipantId, Agent>,
    /// All conversations that wait for a human.
    pub waiting: BTreeMap<ConversationId, Waiting>,
}

/// What follows from a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// What each agent is told, what has waited longest first.
    pub offers: BTreeMap<ParticipantId, Vec<Offer>>,
    /// What is offered to one agent alone.
    pub held: BTreeMap<ConversationId, Held>,
    /// Who was asked in each conversation's round.
    pub asked: BTreeMap<ConversationId, BTreeSet<ParticipantId>>,
    /// Conversations that one agent alone is told of from now on, and was not before.
    pub new: BTreeSet<ConversationId>,
    /// Conversations whose assignee is not there: nobody's again.
    pub releases: BTreeMap<ConversationId, ParticipantId>,
    /// When to decide again, should nothing else happen.
    pub next: Option<Timestamp>,
}

impl Decision {
    /// To whom a conversation is offered.
    pub fn offered_to(&self, id: ConversationId) -> impl Iterator<Item = ParticipantId> {
        let told = move |offers: &[Offer]| offers.iter().any(|offer| offer.conversation == id);
        self.offers.iter().filter(move |(_, offers)| told(offers)).map(|(agent, _)| *agent)
    }

    fn offer(&mut self, to: ParticipantId, conversation: ConversationId, until: Option<Timestamp>) {
        self.offers.entry(to).or_default().push(Offer { conversation, until });
    }

    fn again_at(&mut self, at: Timestamp) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }

    /// Conversations that an agent has, or is held for, without this one.
    fn load(&self, snapshot: &Snapshot, agent: ParticipantId, without: ConversationId) -> u32 {
        let active = snapshot.agents.get(&agent).map_or(0, |agent| agent.active);
        let held = self.held.iter().filter(|(id, held)| **id != without && held.agent == agent);
        active.saturating_add(u32::try_from(held.count()).unwrap_or(u32::MAX))
    }
}

/// Decides which conversation is offered to whom.
#[must_use]
pub fn decide(snapshot: &Snapshot) -> Decision {
    let mut decision = Decision::default();
    let mut waiting: Vec<_> = snapshot.waiting.iter().map(|(id, waiting)| (*id, waiting)).collect();
    waiting.sort_by_key(|(id, waiting)| (waiting.since, *id));
    // What is held counts before anything new is given out.
    for (id, waiting) in &waiting {
        if let Some(held) = waiting.held.filter(|held| stays(snapshot, waiting, *held)) {
            decision.held.insert(*id, held);
        }
    }
    // Then what one agent alone is asked for: who is invited to pick up depends on their limit.
    for mode in [Mode::Automatic, Mode::PickUp] {
        let of_mode = |waiting: &Waiting| {
            snapshot.sites.get(&waiting.site).is_some_and(|site| site.mode == mode)
        };
        for (id, waiting) in waiting.iter().filter(|(_, waiting)| of_mode(waiting)) {
            match (waiting.assignee, mode) {
                (Some(assignee), _) => under_a_name(snapshot, &mut decision, *id, assignee),
                (None, Mode::Automatic) => ask_one(snapshot, &mut decision, *id, waiting),
                (None, Mode::PickUp) => invite(snapshot, &mut decision, *id, waiting),
            }
        }
    }
    let since = |offer: &Offer| {
        let waiting = snapshot.waiting.get(&offer.conversation);
        (waiting.map(|waiting| waiting.since), offer.conversation)
    };
    for offers in decision.offers.values_mut() {
        offers.sort_by_key(since);
    }
    decision
}

/// What waits under somebody's name is theirs, as long as they are there.
fn under_a_name(
    snapshot: &Snapshot,
    decision: &mut Decision,
    id: ConversationId,
    assignee: ParticipantId,
) {
    decision.held.remove(&id);
    match gives_back_at(snapshot, assignee) {
        Some(at) if at <= snapshot.now => {
            decision.releases.insert(id, assignee);
        }
        at => {
            decision.offer(assignee, id, None);
            if let Some(at) = at {
                decision.again_at(at);
            }
        }
    }
}

fn invite(snapshot: &Snapshot, decision: &mut Decision, id: ConversationId, waiting: &Waiting) {
    for agent in candidates(snapshot, decision, id, waiting) {
        decision.offer(agent, id, None);
    }
}

fn ask_one(snapshot: &Snapshot, decision: &mut Decision, id: ConversationId, waiting: &Waiting) {
    let held = match decision.held.get(&id) {
        Some(held) => Some(*held),
        None => ask_next(snapshot, decision, id, waiting),
    };
    let asked = decision.asked.entry(id).or_insert_with(|| waiting.asked.clone());
    let Some(held) = held else { return };
    asked.insert(held.agent);
    decision.offer(held.agent, id, Some(held.until));
    decision.again_at(held.until);
    if let Some(at) = gives_back_at(snapshot, held.agent) {
        decision.again_at(at);
    }
}

/// Offers a conversation to the least busy of those who were not asked yet; when all were, another
/// round begins.
fn ask_next(
    snapshot: &Snapshot,
    decision: &mut Decision,
    id: ConversationId,
    waiting: &Waiting,
) -> Option<Held> {
    let all = candidates(snapshot, decision, id, waiting);
    let fresh: Vec<_> = all.iter().filter(|who| !waiting.asked.contains(who)).copied().collect();
    let round = if fresh.is_empty() {
        decision.asked.insert(id, BTreeSet::new());
        all
    } else {
        fresh
    };
    let mine = |conversation: &ConversationId, who| {
        decision.new.contains(conversation)
            && decision.held.get(conversation).is_some_and(|held| held.agent == who)
    };
    let rank = |who: &ParticipantId| {
        let idle_since = match snapshot.agents.get(who) {
            // Who was offered one a moment ago is the last of those as busy.
            _ if decision.held.keys().any(|id| mine(id, *who)) => snapshot.now,
            agent => agent.map_or(snapshot.now, |agent| agent.idle_since),
        };
        (decision.load(snapshot, *who, id), idle_since, *who)
    };
    let agent = round.into_iter().min_by_key(rank)?;
    let until = snapshot.now.plus_millis(snapshot.patience.offer_millis);
    let held = Held { agent, until, opened: false };
    decision.held.insert(id, held);
    decision.new.insert(id);
    Some(held)
}

/// Who could take a conversation now.
fn candidates(
    snapshot: &Snapshot,
    decision: &Decision,
    id: ConversationId,
    waiting: &Waiting,
) -> Vec<ParticipantId> {
    let could = |who: &ParticipantId| {
        why_on_site(snapshot, *who, waiting.site).is_empty()
            && decision.load(snapshot, *who, id) < limit(snapshot, *who, waiting.site)
    };
    snapshot.agents.keys().copied().filter(could).collect()
}

/// Conversations that an agent may have at once when one of a site comes.
#[must_use]
pub fn limit(snapshot: &Snapshot, agent: ParticipantId, site: SiteId) -> u32 {
    let of_site = || snapshot.sites.get(&site).map_or(0, |site| site.limit);
    snapshot.agents.get(&agent).map_or(0, |agent| agent.limit.unwrap_or_else(of_site))
}

/// Whether a conversation stays with the one whom it was offered to.
fn stays(snapshot: &Snapshot, waiting: &Waiting, held: Held) -> bool {
    let automatic =
        snapshot.sites.get(&waiting.site).is_some_and(|site| site.mode == Mode::Automatic);
    let there = gives_back_at(snapshot, held.agent).is_none_or(|at| at > snapshot.now);
    let works = |reason| matches!(reason, Reason::Away);
    let reasons = why_on_site(snapshot, held.agent, waiting.site);
    automatic && there && held.until > snapshot.now && reasons.into_iter().all(works)
}

/// When somebody gives back what waits for them; never while they are online.
fn gives_back_at(snapshot: &Snapshot, agent: ParticipantId) -> Option<Timestamp> {
    match snapshot.agents.get(&agent).map(|agent| agent.presence) {
        Some(Presence::Online) => None,
        Some(Presence::Away { since }) => Some(since.plus_millis(snapshot.patience.away_millis)),
        Some(Presence::Offline) | None => Some(snapshot.now),
    }
}
