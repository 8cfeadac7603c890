//! What a widget must know of its site before anybody is anybody.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{Path, State};
use rejoinder_core::id::{ParticipantId, SiteId};
use serde::Serialize;

use super::people::answers_one_of;
use super::{ApiError, asked};
use crate::router::Served;

/// A site, as everybody may know it.
#[derive(Debug, Serialize)]
pub(crate) struct Widget {
    site: SiteId,
    name: String,
    mode: &'static str,
    human_support: bool,
    visitor_edit: bool,
    visitor_recall: bool,
    /// Whether somebody who answers here is online.
    online: bool,
    agents: Vec<Answering>,
}

#[derive(Debug, Serialize)]
struct Answering {
    id: ParticipantId,
    name: String,
    online: bool,
}

/// `GET /api/v1/sites/{site}/widget`: public.
pub(crate) async fn widget(
    State(served): State<Arc<Served>>,
    Path(site): Path<String>,
) -> Result<Json<Widget>, ApiError> {
    let id: SiteId = site.parse().map_err(|_| ApiError::UnknownSite)?;
    let found = asked(served.hub.directory(), move |d| Ok((d.site(id)?, d.agents()?))).await?;
    let (Some(site), agents) = found else { return Err(ApiError::UnknownSite) };
    let online = served.hub.registry().online(Instant::now());
    let agents: Vec<Answering> = agents
        .into_iter()
        .filter(|agent| !agent.disabled && answers_one_of(agent, &[id]))
        .map(|agent| Answering {
            id: agent.participant,
            online: online.contains(&agent.participant),
            name: agent.name,
        })
        .collect();
    Ok(Json(Widget {
        site: id,
        name: site.name,
        mode: site.mode.name(),
        human_support: site.human_support,
        visitor_edit: site.visitor_edit,
        visitor_recall: site.visitor_recall,
        online: agents.iter().any(|agent| agent.online),
        agents,
    }))
}
