//! Who an agent is, and whether they take conversations.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rejoinder_core::id::ParticipantId;
use rejoinder_core::principal::AgentRole;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Caller, Sent};
use super::people::SiteName;
use super::schema::{Id, RoleName};
use super::{ApiError, asked};
use crate::directory::{Agent, Availability, Site};
use crate::router::Served;

/// The agent who asks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    #[schema(value_type = Id)]
    id: ParticipantId,
    name: String,
    email: String,
    #[schema(value_type = RoleName)]
    role: AgentRole,
    /// The sites that they may see.
    sites: Vec<SiteName>,
    /// As they set it.
    availability: Availability,
    /// Whether they are given conversations: they set themselves online, and are connected.
    available: bool,
    /// Active conversations at once; null: as many as each site says.
    chat_limit: Option<u32>,
}

/// Whether one takes conversations.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AvailabilityInput {
    availability: Availability,
}

/// The agent who asks.
#[utoipa::path(get, path = "/v1/me", tag = "me", responses((status = 200, body = Me), ApiError))]
pub(crate) async fn me(
    State(served): State<Arc<Served>>,
    caller: Caller,
) -> Result<Json<Me>, ApiError> {
    let id = caller.me;
    let found = asked(served.hub.directory(), move |d| Ok((d.agent(id)?, d.sites()?)));
    let (Some(agent), sites) = found.await? else { return Err(ApiError::InvalidToken) };
    Ok(show(&served, &caller, agent, sites))
}

/// Sets whether one takes conversations.
#[utoipa::path(put, path = "/v1/me/availability", tag = "me", request_body = AvailabilityInput,
    responses((status = 200, body = Me), ApiError))]
pub(crate) async fn put_availability(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Sent(AvailabilityInput { availability }): Sent<AvailabilityInput>,
) -> Result<Json<Me>, ApiError> {
    let id = caller.me;
    let set = asked(served.hub.directory(), move |d| {
        Ok((d.set_availability(id, availability, d.now())?, d.sites()?))
    });
    let (agent, sites) = set.await?;
    Ok(show(&served, &caller, agent, sites))
}

fn show(served: &Served, caller: &Caller, agent: Agent, sites: Vec<Site>) -> Json<Me> {
    let online = served.hub.registry().online(tokio::time::Instant::now());
    let sites = sites.into_iter().filter(|site| caller.sees(site.id));
    Json(Me {
        id: agent.participant,
        email: agent.email.to_string(),
        role: agent.role,
        sites: sites.map(SiteName::from).collect(),
        availability: agent.availability,
        available: agent.is_available(&online),
        chat_limit: agent.chat_limit,
        name: agent.name,
    })
}
