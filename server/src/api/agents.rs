//! Agents, as admins know them.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rejoinder_core::id::{ParticipantId, SiteId};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::Conflict;
use super::input::{Caller, Named, Sent, set};
use super::schema::{Id, Moment, RoleName};
use super::{ApiError, asked};
use crate::directory::{self, Availability, Email};
use crate::router::Served;

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
    /// Whether a code of a second factor is asked for when they log in.
    second_factor: bool,
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
pub(crate) async fn agents(
    State(served): State<Arc<Served>>,
    caller: Caller,
) -> Result<Json<Agents>, ApiError> {
    caller.at_least(AgentRole::Admin)?;
    let all = asked(served.hub.directory(), directory::Directory::agents).await?;
    let online = served.hub.registry().online(tokio::time::Instant::now());
    let agents = all.into_iter().map(|agent| show(agent, &online)).collect();
    Ok(Json(Agents { agents }))
}

/// Adds an agent: a repeat is answered with the agent as they are. Admins and above.
#[utoipa::path(put, path = "/v1/agents/{id}", tag = "agents", params(("id" = Id, Path)),
    request_body = NewAgent, responses((status = 200, body = Agent), ApiError))]
pub(crate) async fn put_agent(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Named(id): Named<ParticipantId>,
    Sent(new): Sent<NewAgent>,
) -> Result<Json<Agent>, ApiError> {
    caller.looks_after(new.role)?;
    let email: Email = new.email.parse().map_err(|_| ApiError::Invalid {
        field: "email",
        message: "expected an e-mail address such as ann@example.com",
    })?;
    let (by, limit) = (caller.by(), new.chat_limit);
    let NewAgent { name, role, sites, .. } = new;
    let new = directory::NewAgent { email, name, role, password: None, sites };
    let put = asked(served.hub.directory(), move |d| d.put_agent(by, id, &new, limit, d.now()));
    let agent = put.await?;
    Ok(Json(show(agent, &served.hub.registry().online(tokio::time::Instant::now()))))
}

/// Changes an agent of at most one's own role. Admins and above.
#[utoipa::path(patch, path = "/v1/agents/{id}", tag = "agents", params(("id" = Id, Path)),
    request_body = AgentChange, responses((status = 200, body = Agent), ApiError))]
pub(crate) async fn change_agent(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Named(id): Named<ParticipantId>,
    Sent(change): Sent<AgentChange>,
) -> Result<Json<Agent>, ApiError> {
    found(&served, &caller, id).await?;
    if let Some(role) = change.role {
        caller.looks_after(role)?;
    }
    let shuts_out = change.disabled == Some(true) || change.role.is_some_and(|r| r < caller.role);
    if id == caller.me && shuts_out {
        return Err(ApiError::Conflict(Conflict::Oneself));
    }
    let by = caller.by();
    let change = directory::AgentChange {
        version: change.version,
        name: change.name,
        role: change.role,
        sites: change.sites,
        password: None,
        disabled: change.disabled,
        chat_limit: change.chat_limit,
    };
    let changed =
        asked(served.hub.directory(), move |d| d.change_agent_by(by, id, &change, d.now()));
    let agent = changed.await?;
    Ok(Json(show(agent, &served.hub.registry().online(tokio::time::Instant::now()))))
}

impl Caller {
    /// Admins look after agents of at most their own role.
    pub(super) fn looks_after(&self, role: AgentRole) -> Result<(), ApiError> {
        self.at_least(AgentRole::Admin)?;
        self.at_least(role)
    }
}

/// An agent whom the caller looks after.
pub(super) async fn found(
    served: &Served,
    caller: &Caller,
    id: ParticipantId,
) -> Result<directory::Agent, ApiError> {
    caller.at_least(AgentRole::Admin)?;
    let found = asked(served.hub.directory(), move |d| d.agent(id)).await?;
    let agent = found.ok_or(ApiError::NotFound)?;
    caller.looks_after(agent.role)?;
    Ok(agent)
}

fn show(agent: directory::Agent, online: &BTreeSet<ParticipantId>) -> Agent {
    Agent {
        available: agent.is_available(online),
        id: agent.participant,
        name: agent.name,
        email: agent.email.to_string(),
        role: agent.role,
        sites: agent.sites,
        disabled: agent.disabled,
        has_password: agent.has_password,
        second_factor: agent.second_factor,
        link_expires_at: agent.link_expires_at,
        availability: agent.availability,
        chat_limit: agent.chat_limit,
        created_at: agent.created_at,
        version: agent.version,
    }
}
