//! Agents, as admins know them.

use std::collections::BTreeSet;

use rejoinder_core::id::{ParticipantId, SiteId};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ApiError;
use super::input::set;
use super::schema::{Id, Moment, RoleName};
use crate::directory::Availability;

/// A human who answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Agent {
    #[schema(value_type = Id)]
    id: ParticipantId,
    name: String,
    email: String,
    #[schema(value_type = RoleName)]
    role: AgentRole,
    /// Those they are assigned to. Roles that see all sites need none.
    #[schema(value_type = Vec<Id>)]
    sites: BTreeSet<SiteId>,
    disabled: bool,
    /// Whether they can log in by password.
    has_password: bool,
    /// Until when a link lets them choose a password; null: there is none.
    #[schema(value_type = Option<Moment>)]
    link_expires_at: Option<Timestamp>,
    availability: Availability,
    /// Whether they are given conversations: they set themselves online, and are connected.
    available: bool,
    /// Active conversations at once; null: as many as each site says.
    chat_limit: Option<u32>,
    #[schema(value_type = Moment)]
    created_at: Timestamp,
    /// Rises with every change.
    version: u32,
}

/// By name, disabled ones too.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Agents {
    agents: Vec<Agent>,
}

/// An agent to add. They choose their password by a link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAgent {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// What they log in with; nobody else's.
    #[schema(max_length = 254)]
    email: String,
    /// At most that of who adds them.
    #[schema(value_type = RoleName)]
    role: AgentRole,
    #[serde(default)]
    #[schema(value_type = Vec<Id>)]
    sites: BTreeSet<SiteId>,
    /// 0 to 100. Null: as many as each site says.
    #[schema(minimum = 0, maximum = 100)]
    chat_limit: Option<u32>,
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentChange {
    /// The version that is changed: if there is another by now, nothing is.
    version: Option<u32>,
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// At most that of who changes it.
    #[schema(value_type = Option<RoleName>)]
    role: Option<AgentRole>,
    /// All of them.
    #[schema(value_type = Option<Vec<Id>>)]
    sites: Option<BTreeSet<SiteId>>,
    /// Disabling ends all sessions, and their devices erase what they have.
    disabled: Option<bool>,
    /// 0 to 100. Null: as many as each site says.
    #[serde(default, deserialize_with = "set")]
    #[schema(value_type = Option<u32>, minimum = 0, maximum = 100)]
    chat_limit: Option<Option<u32>>,
}

/// All agents. Admins and above.
#[utoipa::path(get, path = "/v1/agents", tag = "agents",
    responses((status = 200, body = Agents), ApiError))]
pub(crate) async fn agents() -> ApiError {
    ApiError::Coming
}

/// Adds an agent: a repeat is answered with the agent as they are. Admins and above.
#[utoipa::path(put, path = "/v1/agents/{id}", tag = "agents", params(("id" = Id, Path)),
    request_body = NewAgent, responses((status = 200, body = Agent), ApiError))]
pub(crate) async fn put_agent() -> ApiError {
    ApiError::Coming
}

/// Changes an agent of at most one's own role. Admins and above.
#[utoipa::path(patch, path = "/v1/agents/{id}", tag = "agents", params(("id" = Id, Path)),
    request_body = AgentChange, responses((status = 200, body = Agent), ApiError))]
pub(crate) async fn change_agent() -> ApiError {
    ApiError::Coming
}
