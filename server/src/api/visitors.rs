//! Visitors, as agents know them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rejoinder_core::id::{ParticipantId, SiteId};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Asked, Caller, Named, Sent, page_size, place, set};
use super::schema::{Id, Moment};
use super::{ApiError, asked};
use crate::directory::{self, Email};
use crate::router::Served;

/// Somebody on a site.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Visitor {
    #[schema(value_type = Id)]
    id: ParticipantId,
    /// Ids under which they wrote before they became known.
    #[schema(value_type = Vec<Id>)]
    former: BTreeSet<ParticipantId>,
    #[schema(value_type = Id)]
    site: SiteId,
    name: Option<String>,
    email: Option<String>,
    attributes: BTreeMap<String, String>,
    /// Newest first, 20 at most.
    pages: Vec<VisitedPage>,
    /// Whether the site's own back end says who they are.
    verified: bool,
    /// Whether nothing that they write is taken.
    blocked: bool,
    /// Since when nothing is kept of them; null: what is known stands here.
    #[schema(value_type = Option<Moment>)]
    erased_at: Option<Timestamp>,
    #[schema(value_type = Moment)]
    created_at: Timestamp,
}

/// Where a visitor was.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VisitedPage {
    title: String,
    url: String,
    #[schema(value_type = Moment)]
    at: Timestamp,
}

/// A page of visitors, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Visitors {
    visitors: Vec<Visitor>,
    /// The cursor of the next page; null: this is the last.
    next: Option<String>,
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VisitorChange {
    /// At most 100 characters. Null: unknown. Account managers and above.
    #[serde(default, deserialize_with = "set")]
    #[schema(value_type = Option<String>, max_length = 100)]
    name: Option<Option<String>>,
    /// Null: unknown.
    #[serde(default, deserialize_with = "set")]
    #[schema(value_type = Option<String>, max_length = 254)]
    email: Option<Option<String>>,
    /// All of them: at most 30 names of at most 40 characters, with at most 300 characters each.
    /// Account managers and above.
    attributes: Option<BTreeMap<String, String>>,
}

/// Whether somebody is to be blocked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Blocking {
    blocked: bool,
}

/// Which visitors.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichVisitors {
    #[param(value_type = Option<Id>)]
    site: Option<SiteId>,
    /// What their e-mail address begins with.
    email: Option<String>,
    blocked: Option<bool>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// 1 to 100, by default 50.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Visitors of the sites that an agent works on. Agents and above.
#[utoipa::path(get, path = "/v1/visitors", tag = "visitors", params(WhichVisitors),
    responses((status = 200, body = Visitors), ApiError))]
pub(crate) async fn visitors(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Asked(which): Asked<WhichVisitors>,
) -> Result<Json<Visitors>, ApiError> {
    caller.at_least(AgentRole::Agent)?;
    let which = directory::WhichVisitors {
        scope: caller.scope,
        site: which.site,
        email: which.email,
        blocked: which.blocked,
        after: place(which.cursor.as_deref())?,
        at_most: page_size(which.limit)?,
    };
    let page = asked(served.hub.directory(), move |d| d.visitors(&which)).await?;
    let next = page.next.map(|place| place.to_string());
    Ok(Json(Visitors { visitors: page.items.into_iter().map(Into::into).collect(), next }))
}

/// A visitor, by their id or a former one.
#[utoipa::path(get, path = "/v1/visitors/{id}", tag = "visitors", params(("id" = Id, Path)),
    responses((status = 200, body = Visitor), ApiError))]
pub(crate) async fn visitor(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Named(id): Named<ParticipantId>,
) -> Result<Json<Visitor>, ApiError> {
    Ok(Json(found(&served, &caller, id).await?.into()))
}

/// Changes a visitor's details. The e-mail address: all agents; the rest: account managers and
/// above.
#[utoipa::path(patch, path = "/v1/visitors/{id}", tag = "visitors", params(("id" = Id, Path)),
    request_body = VisitorChange, responses((status = 200, body = Visitor), ApiError))]
pub(crate) async fn change_visitor(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Named(id): Named<ParticipantId>,
    Sent(VisitorChange { name, email, attributes }): Sent<VisitorChange>,
) -> Result<Json<Visitor>, ApiError> {
    found(&served, &caller, id).await?;
    if name.is_some() || attributes.is_some() {
        caller.at_least(AgentRole::AccountManager)?;
    }
    let parsed = |text: Option<String>| {
        text.map(|text| text.parse::<Email>()).transpose().map_err(|_| ApiError::Invalid {
            field: "email",
            message: "expected an e-mail address such as ann@example.com",
        })
    };
    let email = email.map(parsed).transpose()?;
    let change = directory::VisitorChange { name, email, attributes, blocked: None };
    changed(&served, &caller, id, change).await
}

/// Blocks a visitor, or no longer. Agents and above.
#[utoipa::path(put, path = "/v1/visitors/{id}/blocked", tag = "visitors",
    params(("id" = Id, Path)), request_body = Blocking,
    responses((status = 200, body = Visitor), ApiError))]
pub(crate) async fn block_visitor(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Named(id): Named<ParticipantId>,
    Sent(Blocking { blocked }): Sent<Blocking>,
) -> Result<Json<Visitor>, ApiError> {
    found(&served, &caller, id).await?;
    caller.at_least(AgentRole::Agent)?;
    let blocked = Some(blocked);
    let change = directory::VisitorChange { blocked, ..directory::VisitorChange::default() };
    changed(&served, &caller, id, change).await
}

/// Erases a visitor: all that they wrote is recalled, their conversations are closed, and what is
/// known of them goes. It cannot be undone, and a repeat changes nothing. Owners.
#[utoipa::path(put, path = "/v1/visitors/{id}/erased", tag = "visitors",
    params(("id" = Id, Path)), responses((status = 200, body = Visitor), ApiError))]
pub(crate) async fn erase_visitor(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Named(id): Named<ParticipantId>,
) -> Result<Json<Visitor>, ApiError> {
    found(&served, &caller, id).await?;
    caller.at_least(AgentRole::Owner)?;
    let by = caller.by();
    let erased = asked(served.hub.directory(), move |d| d.erase_visitor(by, id, d.now())).await?;
    served.hub.sweep_now();
    Ok(Json(erased.into()))
}

/// A visitor of a site where the caller works.
async fn found(
    served: &Served,
    caller: &Caller,
    id: ParticipantId,
) -> Result<directory::Visitor, ApiError> {
    let found = asked(served.hub.directory(), move |d| d.visitor(id)).await?;
    let visitor = found.ok_or(ApiError::NotFound)?;
    caller.works_on(visitor.site)?;
    Ok(visitor)
}

async fn changed(
    served: &Served,
    caller: &Caller,
    id: ParticipantId,
    change: directory::VisitorChange,
) -> Result<Json<Visitor>, ApiError> {
    let by = caller.by();
    let changed =
        asked(served.hub.directory(), move |d| d.change_visitor(by, id, &change, d.now()));
    Ok(Json(changed.await?.into()))
}

impl From<directory::Visitor> for Visitor {
    fn from(visitor: directory::Visitor) -> Self {
        let page = |directory::VisitedPage { title, url, at }| VisitedPage { title, url, at };
        Self {
            id: visitor.participant,
            former: visitor.former,
            site: visitor.site,
            name: visitor.name,
            email: visitor.email.map(|email| email.to_string()),
            attributes: visitor.attributes,
            pages: visitor.pages.into_iter().map(page).collect(),
            verified: visitor.verified,
            blocked: visitor.blocked,
            erased_at: visitor.erased_at,
            created_at: visitor.created_at,
        }
    }
}
