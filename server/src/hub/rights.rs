//! Who may see which conversation.

use rejoinder_core::id::{ParticipantId, SiteId};
use rejoinder_core::principal::{AgentRole, Principal, Role};

use crate::directory::Scope;
use crate::storage::FeedEntry;

/// What decides who may see a conversation.
#[derive(Clone, Debug)]
pub struct Rights<'a> {
    /// Its site.
    pub site: SiteId,
    /// Whose it is.
    pub visitor: ParticipantId,
    /// Who has it.
    pub assignee: Option<ParticipantId>,
    /// Who follows it.
    pub collaborators: &'a [ParticipantId],
    /// Whether it is gone with its site.
    pub gone: bool,
}

impl<'a> Rights<'a> {
    /// What decides of a row of the feed.
    #[must_use]
    pub fn of(entry: &'a FeedEntry) -> Self {
        Self {
            site: entry.header.site,
            visitor: entry.header.visitor,
            assignee: entry.summary.assignee,
            collaborators: &entry.summary.team.collaborators,
            gone: entry.header.gone,
        }
    }
}

/// Whether somebody may see a conversation: visitors their own; agents those of their sites, and
/// Support Agents of these only own, unassigned and followed ones; what is gone, nobody.
#[must_use]
pub fn may_see(principal: &Principal, scope: &Scope, rights: &Rights<'_>) -> bool {
    if rights.gone {
        return false;
    }
    match principal.role {
        Role::Visitor => principal.is(rights.visitor),
        Role::Server => true,
        Role::Assistant | Role::Agent(_) => {
            let on_site = match scope {
                Scope::All => true,
                Scope::Sites(sites) => sites.contains(&rights.site),
                Scope::Visitor { .. } => false,
            };
            let narrow = principal.role == Role::Agent(AgentRole::SupportAgent);
            let own = rights.assignee.is_none_or(|assignee| principal.is(assignee))
                || rights.collaborators.iter().any(|follower| principal.is(*follower));
            on_site && (!narrow || own)
        }
    }
}
