//! Which conversations are listed.

use rejoinder_core::conversation::layout::{Priority, Status};
use rejoinder_core::id::{CategoryId, ParticipantId, SiteId};
use rejoinder_core::time::Timestamp;

use crate::directory::Scope;

/// Which conversations. Each part narrows, and lets everything through by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of these sites.
    pub sites: Option<Vec<SiteId>>,
    /// In one of these statuses; none named: in any.
    pub status: Vec<Status>,
    /// Closed, or not.
    pub closed: Option<bool>,
    /// Of this agent, or of nobody.
    pub assignee: Option<Option<ParticipantId>>,
    /// Of this visitor.
    pub visitor: Option<ParticipantId>,
    /// About this, or about nothing that was said.
    pub category: Option<Option<CategoryId>>,
    /// As urgent as this.
    pub priority: Option<Priority>,
    /// In which something last happened at this moment or later.
    pub since: Option<Timestamp>,
    /// In which something last happened before.
    pub until: Option<Timestamp>,
}

impl Filter {
    /// Conversations that wait for a human, or have one.
    #[must_use]
    pub fn open() -> Self {
        let status = vec![Status::WaitingForHuman, Status::ActiveHuman];
        Self { status, closed: Some(false), ..Self::default() }
    }

    /// Narrowed to the sites where somebody works. Which of these conversations they may see, their
    /// role says.
    #[must_use]
    pub fn within(mut self, scope: &Scope) -> Self {
        let here: &[SiteId] = match scope {
            Scope::All => return self,
            Scope::Sites(sites) => sites,
            Scope::Visitor { .. } => &[],
        };
        self.sites = Some(match self.sites {
            Some(asked) => asked.into_iter().filter(|site| here.contains(site)).collect(),
            None => here.to_vec(),
        });
        self
    }
}
