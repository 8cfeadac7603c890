//! Canned responses: what agents write again and again.

use rejoinder_core::id::{CannedResponseId, SiteId};
use rejoinder_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ApiError;
use super::input::OfSite;
use super::schema::{Id, Moment};

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
pub(crate) async fn canned_responses() -> ApiError {
    ApiError::Coming
}

/// Adds a canned response, or changes it. A site's: account managers and above.
#[utoipa::path(put, path = "/v1/canned-responses/{id}", tag = "canned responses",
    params(("id" = Id, Path)), request_body = CannedResponseInput,
    responses((status = 200, body = CannedResponse), ApiError))]
pub(crate) async fn put_canned_response() -> ApiError {
    ApiError::Coming
}

/// Removes a canned response: again is no error. A site's: account managers and above.
#[utoipa::path(delete, path = "/v1/canned-responses/{id}", tag = "canned responses",
    params(("id" = Id, Path)), responses((status = 204), ApiError))]
pub(crate) async fn remove_canned_response() -> ApiError {
    ApiError::Coming
}
