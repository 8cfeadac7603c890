//! Visitors, as agents know them.

use std::collections::{BTreeMap, BTreeSet};

use rejoinder_core::id::{ParticipantId, SiteId};
use rejoinder_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ApiError;
use super::input::set;
use super::schema::{Id, Moment};

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
pub(crate) async fn visitors() -> ApiError {
    ApiError::Coming
}

/// A visitor, by their id or a former one.
#[utoipa::path(get, path = "/v1/visitors/{id}", tag = "visitors", params(("id" = Id, Path)),
    responses((status = 200, body = Visitor), ApiError))]
pub(crate) async fn visitor() -> ApiError {
    ApiError::Coming
}

/// Changes a visitor's details. The e-mail address: all agents; the rest: account managers and
/// above.
#[utoipa::path(patch, path = "/v1/visitors/{id}", tag = "visitors", params(("id" = Id, Path)),
    request_body = VisitorChange, responses((status = 200, body = Visitor), ApiError))]
pub(crate) async fn change_visitor() -> ApiError {
    ApiError::Coming
}

/// Blocks a visitor, or no longer. Agents and above.
#[utoipa::path(put, path = "/v1/visitors/{id}/blocked", tag = "visitors",
    params(("id" = Id, Path)), request_body = Blocking,
    responses((status = 200, body = Visitor), ApiError))]
pub(crate) async fn block_visitor() -> ApiError {
    ApiError::Coming
}
