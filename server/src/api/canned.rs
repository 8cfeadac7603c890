//! Canned responses: what agents write again and again.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use rejoinder_core::id::{CannedResponseId, SiteId};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Asked, Caller, Named, OfSite, Sent};
use super::schema::{Id, Moment};
use super::{ApiError, asked};
use crate::directory::{self, Whose};
use crate::router::Served;

/// A text under a shortcut.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CannedResponse {
    #[schema(value_type = Id)]
    id: CannedResponseId,
    /// Whose agents have it; null: only the one who made it.
    #[schema(value_type = Option<Id>)]
    site: Option<SiteId>,
    shortcut: String,
    text: String,
    #[schema(value_type = Moment)]
    updated_at: Timestamp,
}

/// By shortcut.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CannedResponses {
    canned_responses: Vec<CannedResponse>,
}

/// A canned response to add or to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CannedResponseInput {
    /// Never changes. Null: one's own.
    #[schema(value_type = Option<Id>)]
    site: Option<SiteId>,
    /// 1 to 40 letters, digits, `-` and `_`; each once on a site, and once of one's own.
    #[schema(min_length = 1, max_length = 40)]
    shortcut: String,
    /// 1 to 10,000 characters.
    #[schema(min_length = 1, max_length = 10000)]
    text: String,
}

/// One's own canned responses, and those of the sites that one works on.
#[utoipa::path(get, path = "/v1/canned-responses", tag = "canned responses", params(OfSite),
    responses((status = 200, body = CannedResponses), ApiError))]
pub(crate) async fn canned_responses(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Asked(of): Asked<OfSite>,
) -> Result<Json<CannedResponses>, ApiError> {
    let all = asked(served.hub.directory(), directory::Directory::canned_responses).await?;
    let asked_for = |whose| match (whose, of.site) {
        (Whose::Site(site), Some(of)) => site == of,
        (Whose::Site(_), None) | (Whose::Agent(_), _) => true,
    };
    let readable = all.into_iter().filter(|one| caller.reads(one.whose) && asked_for(one.whose));
    Ok(Json(CannedResponses { canned_responses: readable.map(Into::into).collect() }))
}

/// Adds a canned response, or changes it. A site's: account managers and above.
#[utoipa::path(put, path = "/v1/canned-responses/{id}", tag = "canned responses",
    params(("id" = Id, Path)), request_body = CannedResponseInput,
    responses((status = 200, body = CannedResponse), ApiError))]
pub(crate) async fn put_canned_response(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Named(id): Named<CannedResponseId>,
    Sent(CannedResponseInput { site, shortcut, text }): Sent<CannedResponseInput>,
) -> Result<Json<CannedResponse>, ApiError> {
    let whose = site.map_or(Whose::Agent(caller.me), Whose::Site);
    caller.writes(whose)?;
    let updated_at = served.hub.now();
    let new = directory::CannedResponse { id, whose, shortcut, text, updated_at };
    let by = caller.by();
    let put = asked(served.hub.directory(), move |d| d.put_canned_response(by, new));
    Ok(Json(put.await?.into()))
}

/// Removes a canned response: again is no error. A site's: account managers and above.
#[utoipa::path(delete, path = "/v1/canned-responses/{id}", tag = "canned responses",
    params(("id" = Id, Path)), responses((status = 204), ApiError))]
pub(crate) async fn remove_canned_response(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Named(id): Named<CannedResponseId>,
) -> Result<StatusCode, ApiError> {
    let directory = served.hub.directory();
    if let Some(canned) = asked(directory, move |d| d.canned_response(id)).await? {
        caller.writes(canned.whose)?;
        let by = caller.by();
        asked(directory, move |d| d.remove_canned_response(by, id, d.now())).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

impl Caller {
    /// Who a canned response is not for does not know that it is there.
    fn reads(&self, whose: Whose) -> bool {
        match whose {
            Whose::Site(site) => self.sees(site),
            Whose::Agent(agent) => agent == self.me,
        }
    }

    fn writes(&self, whose: Whose) -> Result<(), ApiError> {
        if !self.reads(whose) {
            return Err(ApiError::NotFound);
        }
        match whose {
            Whose::Site(_) => self.at_least(AgentRole::AccountManager),
            Whose::Agent(_) => Ok(()),
        }
    }
}

impl From<directory::CannedResponse> for CannedResponse {
    fn from(canned: directory::CannedResponse) -> Self {
        let directory::CannedResponse { id, whose, shortcut, text, updated_at } = canned;
        let site = match whose {
            Whose::Site(site) => Some(site),
            Whose::Agent(_) => None,
        };
        Self { id, site, shortcut, text, updated_at }
    }
}
