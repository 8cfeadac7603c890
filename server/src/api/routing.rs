//! "Why am I not getting chats?", answered by the decision that gives them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use rejoinder_core::id::{ConversationId, SiteId};
use rejoinder_core::routing::{
    Decision, Mode, Presence, Reason, Snapshot, limit, why, why_on_site,
};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::Offer;
use serde::Serialize;
use utoipa::ToSchema;

use super::schema::{Id, Moment, OfferRow, RoutingReason};
use super::{ApiError, agent, fault};
use crate::directory::Scope;
use crate::router::Served;

/// What an agent is given, and why not more.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OwnRouting)]
pub(crate) struct Routing {
    /// Of the agent as routing sees them: `online`, `away` or `offline`.
    presence: &'static str,
    /// Conversations that they have: Active (Human) and not closed.
    active: u32,
    #[schema(value_type = Vec<OfferRow>)]
    offers: Vec<Offer>,
    /// Sites that they work on, or that something waits on.
    sites: Vec<OnSite>,
    /// What waits where they work, what has waited longest first.
    waiting: Vec<Waits>,
}

/// Why nothing arrives from a site: no reason when something would.
#[derive(Debug, Serialize, ToSchema)]
struct OnSite {
    #[schema(value_type = Id)]
    site: SiteId,
    #[schema(value_type = crate::directory::Routing)]
    mode: Mode,
    /// Conversations that they may have at once when one of this site comes.
    limit: u32,
    reasons: Vec<Because>,
}

/// A waiting conversation: no reason when it is offered.
#[derive(Debug, Serialize, ToSchema)]
struct Waits {
    #[schema(value_type = Id)]
    conversation: ConversationId,
    #[schema(value_type = Id)]
    site: SiteId,
    /// Since when it waits.
    #[schema(value_type = Moment)]
    since: Timestamp,
    /// Whether it is offered to them.
    offered: bool,
    reasons: Vec<Because>,
}

/// A reason, for programs and for people.
#[derive(Debug, Serialize, ToSchema)]
struct Because {
    #[schema(value_type = RoutingReason)]
    code: Reason,
    message: &'static str,
}

fn because(reasons: Vec<Reason>) -> Vec<Because> {
    reasons.into_iter().map(|code| Because { code, message: code.text() }).collect()
}

/// What one is given, and why not more.
#[utoipa::path(get, path = "/v1/me/routing", tag = "me",
    responses((status = 200, body = Routing), ApiError))]
pub(crate) async fn routing(
    State(served): State<Arc<Served>>,
    headers: HeaderMap,
) -> Result<Json<Routing>, ApiError> {
    let session = agent(&served, &headers).await?;
    let now = served.hub.routing_now().await.map_err(|error| fault(&error))?;
    let (snapshot, mut decision) = now;
    let me = session.principal.participant;
    let works = |site: SiteId| match &session.scope {
        Scope::All => true,
        Scope::Sites(sites) => sites.contains(&site),
        Scope::Visitor { .. } => false,
    };
    let known = snapshot.agents.get(&me);
    let active = known.map_or(0, |agent| agent.active);
    let sites = snapshot.sites.iter().filter(|(site, _)| works(**site));
    let sites = sites.map(|(&site, settings)| {
        let mut reasons = why_on_site(&snapshot, me, site);
        let limit = limit(&snapshot, me, site);
        if active >= limit {
            reasons.push(Reason::AtLimit);
        }
        OnSite { site, mode: settings.mode, limit, reasons: because(reasons) }
    });
    Ok(Json(Routing {
        presence: match known.map(|agent| agent.presence) {
            Some(Presence::Online) => "online",
            Some(Presence::Away { .. }) => "away",
            Some(Presence::Offline) | None => "offline",
        },
        active,
        sites: sites.collect(),
        waiting: waiting(&snapshot, &decision, me, works),
        offers: decision.offers.remove(&me).unwrap_or_default(),
    }))
}

fn waiting(
    snapshot: &Snapshot,
    decision: &Decision,
    me: rejoinder_core::id::ParticipantId,
    works: impl Fn(SiteId) -> bool,
) -> Vec<Waits> {
    let here = snapshot.waiting.iter().filter(|(_, waiting)| works(waiting.site));
    let mut all: Vec<_> = here
        .map(|(&conversation, waiting)| Waits {
            conversation,
            site: waiting.site,
            since: waiting.since,
            offered: decision.offered_to(conversation).any(|to| to == me),
            reasons: because(why(snapshot, decision, me, conversation)),
        })
        .collect();
    all.sort_by_key(|waits| (waits.since, waits.conversation));
    all
}
