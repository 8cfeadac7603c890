//! Why a conversation does not reach somebody: read off the decision itself.

use serde::{Deserialize, Serialize};

use crate::id::{ConversationId, ParticipantId, SiteId};
use crate::routing::{Decision, Presence, Snapshot, limit};

/// Why a waiting conversation is not offered to an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// They are offline: set so, or not connected.
    Offline,
    /// They are away.
    Away,
    /// The site lets no conversation reach agents at the moment.
    HumanSupportOff,
    /// They are not assigned to the site.
    NotAssigned,
    /// They have as many conversations as they may have at once, offers held for them included.
    AtLimit,
    /// It is offered to somebody else, or waits under somebody else's name.
    OfferedToAnother,
    /// Only the assistant answers on the site.
    SiteIsAssistantOnly,
}

impl Reason {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Offline,
        Self::Away,
        Self::HumanSupportOff,
        Self::NotAssigned,
        Self::AtLimit,
        Self::OfferedToAnother,
        Self::SiteIsAssistantOnly,
    ];

    /// What is the matter, and what to do, in English.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Offline => "you are offline: set yourself online to be given chats",
            Self::Away => "you are away: set yourself online to be given chats",
            Self::HumanSupportOff => "human support is off on this site: an admin turns it on",
            Self::NotAssigned => "you are not assigned to this site: an admin assigns you",
            Self::AtLimit => "you have as many chats as you may have at once: close one",
            Self::OfferedToAnother => "it is offered to a teammate: it comes back if not opened",
            Self::SiteIsAssistantOnly => "only the assistant answers on this site",
        }
    }
}

/// Why no conversation of a site reaches an agent, whatever waits there: none when some could. The
/// limit is not among them.
#[must_use]
pub fn why_on_site(snapshot: &Snapshot, agent: ParticipantId, site: SiteId) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let known = snapshot.agents.get(&agent);
    match known.map(|agent| agent.presence) {
        Some(Presence::Online) => {}
        Some(Presence::Away { .. }) => reasons.push(Reason::Away),
        Some(Presence::Offline) | None => reasons.push(Reason::Offline),
    }
    let found = snapshot.sites.get(&site);
    if found.is_some_and(|site| !site.human_support) {
        reasons.push(Reason::HumanSupportOff);
    }
    if found.is_none() || known.is_none_or(|agent| !agent.sites.contains(site)) {
        reasons.push(Reason::NotAssigned);
    }
    if found.is_some_and(|site| site.assistant_only) {
        reasons.push(Reason::SiteIsAssistantOnly);
    }
    reasons
}

/// Why a waiting conversation is not offered to an agent by a decision on this snapshot: none when
/// it is, and of one that does not wait.
#[must_use]
pub fn why(
    snapshot: &Snapshot,
    decision: &Decision,
    agent: ParticipantId,
    conversation: ConversationId,
) -> Vec<Reason> {
    let Some(waiting) = snapshot.waiting.get(&conversation) else { return Vec::new() };
    if decision.offered_to(conversation).any(|to| to == agent) {
        return Vec::new();
    }
    let mut reasons = why_on_site(snapshot, agent, waiting.site);
    if decision.load(snapshot, agent, conversation) >= limit(snapshot, agent, waiting.site) {
        reasons.push(Reason::AtLimit);
    }
    let another = waiting.assignee.or(decision.held.get(&conversation).map(|held| held.agent));
    if another.is_some_and(|another| another != agent) {
        reasons.push(Reason::OfferedToAnother);
    }
    reasons.sort_unstable();
    reasons
}
