//! What routing must know of the directory, and where it is read off.

use std::collections::BTreeMap;

use rejoinder_core::id::{ParticipantId, SiteId};
use rejoinder_core::routing::{Mode, Patience, Site, Sites};
use rejoinder_core::time::Timestamp;

use crate::directory::{self, Directory, DirectoryError, SiteMode};

/// What an agent has set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Availability {
    /// Wants chats, while connected.
    #[default]
    Online,
    /// None for the moment.
    Away {
        /// Since when.
        since: Timestamp,
    },
    /// None.
    Offline,
}

/// What routing must know of an agent, beside what happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Where they work.
    pub sites: Sites,
    /// What they have set.
    pub availability: Availability,
    /// Conversations they may have at once; none: as many as each site says.
    pub limit: Option<u32>,
}

/// What routing must know of the directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// All sites.
    pub sites: BTreeMap<SiteId, Site>,
    /// All agents who are not disabled.
    pub agents: BTreeMap<ParticipantId, Person>,
    /// How long offers last.
    pub patience: Patience,
}

/// Where the inputs come from. It may block.
pub trait Source: Send + Sync + 'static {
    /// The inputs as they are now.
    ///
    /// # Errors
    /// What the directory says.
    fn inputs(&self) -> Result<Inputs, DirectoryError>;
}

impl Source for Directory {
    fn inputs(&self) -> Result<Inputs, DirectoryError> {
        let agents = self.agents()?.into_iter().filter(|agent| !agent.disabled);
        let sites = self.sites()?.into_iter();
        Ok(Inputs {
            sites: sites.map(|found| (found.id, site(&found))).collect(),
            agents: agents.map(|agent| (agent.participant, person(agent))).collect(),
            patience: Patience::default(),
        })
    }
}

fn site(site: &directory::Site) -> Site {
    Site {
        mode: match site.routing {
            directory::Routing::Automatic => Mode::Automatic,
            directory::Routing::PickUp => Mode::PickUp,
        },
        human_support: site.human_support,
        assistant_only: site.mode == SiteMode::AssistantOnly,
        limit: site.chat_limit,
    }
}

fn person(agent: directory::Agent) -> Person {
    let sites = if agent.role.sees_all_sites() { Sites::All } else { Sites::Of(agent.sites) };
    let availability = match agent.availability {
        directory::Availability::Online => Availability::Online,
        directory::Availability::Away => Availability::Away { since: agent.availability_since },
        directory::Availability::Offline => Availability::Offline,
    };
    Person { sites, availability, limit: agent.chat_limit }
}
