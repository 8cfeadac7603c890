//! How it is at this moment: what waits, who answers, how fast today.

use core::iter::once;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rejoinder_core::conversation::layout::Status;
use rejoinder_core::id::{ParticipantId, SiteId};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::routing::Snapshot;
use rejoinder_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Asked, Caller};
use super::people::answers_one_of;
use super::reports::Known;
use super::schema::{Id, Moment, RoleName};
use super::{ApiError, fault};
use crate::directory::{Agent, Availability};
use crate::report::{self, Calendar, Counted, Figures, Spread};
use crate::router::Served;

/// How it is at this moment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Live {
    /// Which moment.
    #[schema(value_type = Moment)]
    at: Timestamp,
    /// Of all the sites below.
    total: Standing,
    /// By name.
    sites: Vec<LiveSite>,
    /// Who answers on these sites, by name.
    agents: Vec<LiveAgent>,
}

/// Open conversations, and times of today.
#[derive(Debug, Serialize, ToSchema)]
struct Standing {
    /// Conversations that wait for a human.
    waiting: u32,
    /// Since when the one waits that has waited longest.
    #[schema(value_type = Option<Moment>)]
    waiting_since: Option<Timestamp>,
    /// Conversations that the assistant answers.
    active_ai: u32,
    /// Conversations that a human answers.
    active_human: u32,
    /// Conversations whose visitor is asked how to be reached.
    awaiting_offline_info: u32,
    /// From asking for a human to the first answer of one, of answers of today.
    first_response: Option<Spread>,
    /// From asking for a human until one took it, of those taken today.
    waiting_time: Option<Spread>,
}

/// A site at this moment.
#[derive(Debug, Serialize, ToSchema)]
struct LiveSite {
    #[schema(value_type = Id)]
    site: SiteId,
    name: String,
    /// Whether somebody who answers on it is available.
    online: bool,
    standing: Standing,
}

/// An agent at this moment.
#[derive(Debug, Serialize, ToSchema)]
struct LiveAgent {
    #[schema(value_type = Id)]
    agent: ParticipantId,
    name: String,
    #[schema(value_type = RoleName)]
    role: AgentRole,
    /// As they set it.
    availability: Availability,
    /// Since when.
    #[schema(value_type = Moment)]
    since: Timestamp,
    /// Whether they are connected, or were a minute ago.
    online: bool,
    /// Whether they are given conversations: they set themselves online, and are online.
    available: bool,
    /// Conversations that they have: Active (Human) and not closed, of whatever site.
    active: u32,
    /// How many they may have at once: their own limit or, where they have none, the largest of
    /// the sites here on which they answer.
    limit: u32,
}

/// Of what, and when today began.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichSites {
    /// Left out: of all that one works on.
    #[param(value_type = Option<Id>)]
    site: Option<SiteId>,
    /// In which time zone today began, by its IANA name. Left out: UTC.
    zone: Option<String>,
}

/// How it is at this moment: what waits, who answers, how fast today. Supervisors and above, of the
/// sites that they may see.
#[utoipa::path(get, path = "/v1/live", tag = "reports", params(WhichSites),
    responses((status = 200, body = Live), ApiError))]
pub(crate) async fn live(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Asked(which): Asked<WhichSites>,
) -> Result<Json<Live>, ApiError> {
    caller.at_least(AgentRole::Supervisor)?;
    let at = served.hub.now();
    let today = Calendar::day_at(at, which.zone.as_deref().unwrap_or("UTC"))?;
    let known = Known::read(&served, &caller, which.site).await?;
    let (snapshot, _) = served.hub.routing_now().await.map_err(|error| fault(&error))?;
    let storage = Arc::clone(served.hub.storage());
    let (sites, agents) = (known.asked_for(&caller, which.site), known.everybody());
    let read = served.hub.blocking(move || {
        let open = storage.open_ones(sites.as_deref())?;
        let asked = report::Asked { sites, agent: None, agents: &agents, calendar: &today };
        report::count(storage.as_ref(), &asked).map(|counted| (open, counted))
    });
    let (open, counted) = read.await.map_err(|error| fault(&error))?;
    let online = served.hub.registry().online(tokio::time::Instant::now());
    let moment = Moments { at, snapshot, open: by_site(open), counted, online };
    Ok(Json(moment.live(&known)))
}

/// Open conversations by site and status.
type Open = BTreeMap<(SiteId, Status), u32>;

fn by_site(open: Vec<(SiteId, Status, u32)>) -> Open {
    open.into_iter().map(|(site, status, count)| ((site, status), count)).collect()
}

/// What was read.
struct Moments {
    at: Timestamp,
    snapshot: Snapshot,
    open: Open,
    counted: Counted,
    online: BTreeSet<ParticipantId>,
}

impl Moments {
    fn live(mut self, known: &Known) -> Live {
        let here: Vec<SiteId> = known.sites.iter().map(|site| site.id).collect();
        let answers = |agent: &&Agent| !agent.disabled && answers_one_of(agent, here.as_slice());
        let agents: Vec<&Agent> = known.agents.iter().filter(answers).collect();
        let times = self.counted.total.clone();
        let total = self.standing(&here, &times);
        let mut sites = Vec::new();
        for site in &known.sites {
            let times = self.counted.sites.remove(&site.id).unwrap_or_default();
            let available =
                |agent: &&Agent| agent.answers_on(site.id) && agent.is_available(&self.online);
            sites.push(LiveSite {
                site: site.id,
                name: site.name.clone(),
                online: agents.iter().any(available),
                standing: self.standing(&[site.id], &times),
            });
        }
        let agents = agents.into_iter().map(|agent| self.agent(agent, &here)).collect();
        Live { at: self.at, total, sites, agents }
    }

    fn standing(&self, sites: &[SiteId], times: &Figures) -> Standing {
        let waiting = self.snapshot.waiting.values().filter(|one| sites.contains(&one.site));
        let waiting: Vec<Timestamp> = waiting.map(|one| one.since).collect();
        let count = |status| {
            let one = |site: &SiteId| self.open.get(&(*site, status)).copied().unwrap_or_default();
            sites.iter().map(one).sum()
        };
        Standing {
            waiting: u32::try_from(waiting.len()).unwrap_or(u32::MAX),
            waiting_since: waiting.into_iter().min(),
            active_ai: count(Status::ActiveAi),
            active_human: count(Status::ActiveHuman),
            awaiting_offline_info: count(Status::AwaitingOfflineInfo),
            first_response: times.first_response,
            waiting_time: times.waiting,
        }
    }

    fn agent(&self, agent: &Agent, here: &[SiteId]) -> LiveAgent {
        let id = agent.participant;
        let sites = here.iter().filter(|site| answers_one_of(agent, &[**site]));
        let limits = sites.filter_map(|site| self.snapshot.sites.get(site));
        let largest = limits.map(|site| site.limit).chain(once(0)).max().unwrap_or_default();
        LiveAgent {
            agent: id,
            name: agent.name.clone(),
            role: agent.role,
            availability: agent.availability,
            since: agent.availability_since,
            online: self.online.contains(&id),
            available: agent.is_available(&self.online),
            active: self.snapshot.agents.get(&id).map_or(0, |agent| agent.active),
            limit: agent.chat_limit.unwrap_or(largest),
        }
    }
}
