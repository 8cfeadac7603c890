//! Where a visitor is.

use serde::Deserialize;
use utoipa::ToSchema;

use super::ApiError;

/// A page of the customer's.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    /// At most 300 characters; what is longer is cut off.
    title: String,
    /// Of http or https, at most 2,000 characters. User names and passwords in it are not kept.
    url: String,
}

/// Tells agents which page a visitor is on. A visitor's token; 30 times a minute.
#[utoipa::path(post, path = "/v1/page", tag = "visitors", request_body = Page,
    responses((status = 204), ApiError))]
pub(crate) async fn page() -> ApiError {
    ApiError::Coming
}
