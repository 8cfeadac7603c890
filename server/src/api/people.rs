//! Names, which no document holds.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use rejoinder_core::id::{ParticipantId, SiteId};
use rejoinder_core::principal::Role;
use serde::Serialize;
use utoipa::ToSchema;

use super::schema::{Id, PersonRole};
use super::{ApiError, asked, bearer};
use crate::directory::{Agent, Availability, Scope, Site};
use crate::router::Served;

/// Who a participant may know of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct People {
    agents: Vec<Person>,
    sites: Vec<SiteName>,
}

/// An agent as others see them: never their e-mail address.
#[derive(Debug, Serialize, ToSchema)]
struct Person {
    #[schema(value_type = Id)]
    id: ParticipantId,
    name: String,
    #[schema(value_type = PersonRole)]
    role: Role,
    /// Whether they are connected, or were a minute ago.
    online: bool,
    /// As they set it.
    availability: Availability,
    /// Whether they are given conversations: they set themselves online, and are online.
    available: bool,
}

/// A site that one may see.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SiteName {
    #[schema(value_type = Id)]
    id: SiteId,
    name: String,
}

/// A visitor learns of their site and its agents, an agent of the sites they may see and of
/// everybody who may see one of them.
#[utoipa::path(get, path = "/v1/people", tag = "people",
    responses((status = 200, body = People), ApiError))]
pub(crate) async fn people(
    State(served): State<Arc<Served>>,
    headers: HeaderMap,
) -> Result<Json<People>, ApiError> {
    let directory = served.hub.directory();
    let session = bearer(directory, &headers).await?;
    let (agents, sites) = asked(directory, |d| Ok((d.agents()?, d.sites()?))).await?;
    let online = served.hub.registry().online(tokio::time::Instant::now());
    let me = session.principal.participant;
    let knows = |agent: &Agent| match &session.scope {
        Scope::All => true,
        Scope::Sites(sites) => agent.participant == me || answers_one_of(agent, sites),
        Scope::Visitor { site } => answers_one_of(agent, core::slice::from_ref(site)),
    };
    let sees = |site: SiteId| match &session.scope {
        Scope::All => true,
        Scope::Sites(sites) => sites.contains(&site),
        Scope::Visitor { site: own } => site == *own,
    };
    let agents = agents.into_iter().filter(|agent| !agent.disabled && knows(agent));
    let sites = sites.into_iter().filter(|site| sees(site.id));
    Ok(Json(People {
        agents: agents.map(|agent| person(agent, &online)).collect(),
        sites: sites.map(SiteName::from).collect(),
    }))
}

/// Whether an agent answers on one of these sites: assigned to it, or because they see all.
pub(super) fn answers_one_of(agent: &Agent, sites: &[SiteId]) -> bool {
    agent.role.sees_all_sites() || sites.iter().any(|site| agent.answers_on(*site))
}

fn person(agent: Agent, online: &BTreeSet<ParticipantId>) -> Person {
    let available = agent.is_available(online);
    let Agent { participant: id, name, role, availability, .. } = agent;
    let (role, online) = (Role::Agent(role), online.contains(&id));
    Person { id, name, role, online, availability, available }
}

impl From<Site> for SiteName {
    fn from(site: Site) -> Self {
        Self { id: site.id, name: site.name }
    }
}
