//! Who somebody is, and what they may do: one matrix, consulted by the authority and by clients.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::id::ParticipantId;

/// An agent's role, from the narrowest to the widest.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, Decode,
)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum AgentRole {
    /// Sees own, unassigned and followed conversations.
    #[n(0)]
    SupportAgent,
    /// Sees all conversations of the sites they are assigned to.
    #[n(1)]
    Agent,
    /// Also keeps visitors' details, categories and site-wide canned responses.
    #[n(2)]
    AccountManager,
    /// Also reassigns any conversation and recalls any agent's message.
    #[n(3)]
    Supervisor,
    /// Also manages sites, agents and tokens.
    #[n(4)]
    Admin,
    /// May do everything.
    #[n(5)]
    Owner,
}

impl AgentRole {
    /// All of them, narrowest first.
    pub const ALL: [Self; 6] = [
        Self::SupportAgent,
        Self::Agent,
        Self::AccountManager,
        Self::Supervisor,
        Self::Admin,
        Self::Owner,
    ];

    /// Its name in configuration, on the command line and in storage.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SupportAgent => "support_agent",
            Self::Agent => "agent",
            Self::AccountManager => "account_manager",
            Self::Supervisor => "supervisor",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The role with this [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether it sees conversations of every site, assigned or not.
    #[must_use]
    pub const fn sees_all_sites(self) -> bool {
        matches!(self, Self::Admin | Self::Owner)
    }

    /// Whether it sees a site's conversations beyond own, unassigned and followed ones.
    #[must_use]
    pub const fn sees_whole_site(self) -> bool {
        !matches!(self, Self::SupportAgent)
    }

    /// Whether it may hand a conversation that is its own to somebody else.
    #[must_use]
    pub const fn reassigns_own(self) -> bool {
        !matches!(self, Self::SupportAgent)
    }

    /// Whether it may take a conversation from one agent and give it to another.
    #[must_use]
    pub const fn reassigns_any(self) -> bool {
        matches!(self, Self::Supervisor | Self::Admin | Self::Owner)
    }

    /// Whether it may say what a conversation is about.
    #[must_use]
    pub const fn sets_category(self) -> bool {
        !matches!(self, Self::SupportAgent | Self::Agent)
    }

    /// Whether it may recall messages of other agents and of the assistant.
    #[must_use]
    pub const fn recalls_any(self) -> bool {
        matches!(self, Self::Supervisor | Self::Admin | Self::Owner)
    }
}

/// What kind of participant a principal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Somebody on a customer's page. Reaches timelines only, and only their own.
    #[n(0)]
    Visitor,
    /// A human who answers.
    #[n(1)]
    Agent(#[n(0)] AgentRole),
    /// The AI.
    #[n(2)]
    Assistant,
    /// The server itself.
    #[n(3)]
    Server,
}

impl Role {
    /// The agent's role, of an agent.
    #[must_use]
    pub const fn agent(self) -> Option<AgentRole> {
        match self {
            Self::Agent(role) => Some(role),
            Self::Visitor | Self::Assistant | Self::Server => None,
        }
    }

    /// Whether it may receive team documents.
    #[must_use]
    pub const fn reads_team(self) -> bool {
        !matches!(self, Self::Visitor)
    }
}

/// An authenticated participant.
///
/// It is a set of participant ids: an anonymous visitor who became known keeps those from before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
pub struct Principal {
    /// The id it writes under now.
    #[n(0)]
    pub participant: ParticipantId,
    /// Ids it wrote under before.
    #[n(1)]
    pub former: BTreeSet<ParticipantId>,
    /// What it may do.
    #[n(2)]
    pub role: Role,
}

impl Principal {
    /// The server itself, under the participant id of zeros.
    pub const SERVER: Self = Self::new(ParticipantId::from_bytes([0; 16]), Role::Server);

    /// A principal with one participant id.
    #[must_use]
    pub const fn new(participant: ParticipantId, role: Role) -> Self {
        Self { participant, former: BTreeSet::new(), role }
    }

    /// All its participant ids, the present one first.
    pub fn ids(&self) -> impl Iterator<Item = ParticipantId> {
        core::iter::once(self.participant).chain(self.former.iter().copied())
    }

    /// Whether `participant` is one of its ids.
    #[must_use]
    pub fn is(&self, participant: ParticipantId) -> bool {
        self.participant == participant || self.former.contains(&participant)
    }
}
