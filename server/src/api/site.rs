//! What a widget must know of its site before anybody is anybody.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use rejoinder_core::id::{ParticipantId, SiteId};
use serde::Serialize;
use utoipa::ToSchema;

use super::people::answers_one_of;
use super::schema::Id;
use super::{ApiError, asked};
use crate::directory::{OfflineMode, PrechatField, SiteMode};
use crate::router::Served;

/// A site, as everybody may know it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Widget {
    #[schema(value_type = Id)]
    site: SiteId,
    name: String,
    mode: SiteMode,
    human_support: bool,
    visitor_edit: bool,
    visitor_recall: bool,
    /// Whether somebody who answers here takes conversations now.
    online: bool,
    /// What visitors read when nobody does; empty: the widget's own words.
    offline_message: String,
    /// Whether they are asked then how to be reached.
    offline_mode: OfflineMode,
    /// What they are asked before they begin.
    prechat_fields: Vec<PrechatField>,
    /// `#rrggbb`
    theme_color: String,
    /// What is said before anything is written; empty: the widget's own words.
    greeting: String,
    agents: Vec<Answering>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Answering {
    #[schema(value_type = Id)]
    id: ParticipantId,
    name: String,
    online: bool,
}

/// A site as its widget shows it. No token is needed.
#[utoipa::path(get, path = "/v1/sites/{site}/widget", tag = "widget",
    params(("site" = Id, Path)), security(()),
    responses((status = 200, body = Widget), ApiError))]
pub(crate) async fn widget(
    State(served): State<Arc<Served>>,
    Path(site): Path<String>,
) -> Result<Json<Widget>, ApiError> {
    let id: SiteId = site.parse().map_err(|_| ApiError::UnknownSite)?;
    let found = asked(served.hub.directory(), move |d| Ok((d.site(id)?, d.agents()?))).await?;
    let (Some(site), agents) = found else { return Err(ApiError::UnknownSite) };
    let online = served.hub.registry().online(tokio::time::Instant::now());
    let agents: Vec<Answering> = agents
        .into_iter()
        .filter(|agent| !agent.disabled && answers_one_of(agent, &[id]))
        .map(|agent| Answering {
            id: agent.participant,
            online: agent.is_available(&online),
            name: agent.name,
        })
        .collect();
    Ok(Json(Widget {
        site: id,
        name: site.name,
        mode: site.mode,
        human_support: site.human_support,
        visitor_edit: site.visitor_edit,
        visitor_recall: site.visitor_recall,
        online: agents.iter().any(|agent| agent.online),
        offline_message: site.offline_message,
        offline_mode: site.offline_mode,
        prechat_fields: site.prechat_fields,
        theme_color: site.theme_color.to_string(),
        greeting: site.greeting,
        agents,
    }))
}
