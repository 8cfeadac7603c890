//! One-time links by which agents choose a password: an admin hands them over.

use rejoinder_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ApiError;
use super::schema::{Id, Moment};
use crate::directory::LinkKind;

/// A link to hand over. Its token is shown this once, and belongs behind the `#` of an address.
#[derive(Serialize, ToSchema)]
pub(crate) struct Link {
    kind: LinkKind,
    token: String,
    #[schema(value_type = Moment)]
    expires_at: Timestamp,
}

/// A link's token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkToken {
    token: String,
}

/// Whose password a link lets choose.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkFor {
    kind: LinkKind,
    name: String,
    email: String,
    #[schema(value_type = Moment)]
    expires_at: Timestamp,
}

/// A password chosen by a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChosenPassword {
    token: String,
    #[schema(min_length = 10, max_length = 256)]
    password: String,
}

/// Makes a link for an agent, in the place of the one there is: an invite for 72 hours where they
/// have no password yet, else one to choose another for 24 hours. Admins and above.
#[utoipa::path(post, path = "/v1/agents/{id}/link", tag = "agents", params(("id" = Id, Path)),
    responses((status = 200, body = Link), ApiError))]
pub(crate) async fn make_link() -> ApiError {
    ApiError::Coming
}

/// Makes an agent's link worthless: again is no error. Admins and above.
#[utoipa::path(delete, path = "/v1/agents/{id}/link", tag = "agents", params(("id" = Id, Path)),
    responses((status = 204), ApiError))]
pub(crate) async fn revoke_link() -> ApiError {
    ApiError::Coming
}

/// Says whose password a link lets choose. No token in the header is needed.
#[utoipa::path(post, path = "/v1/links/look", tag = "links", request_body = LinkToken,
    security(()), responses((status = 200, body = LinkFor), ApiError))]
pub(crate) async fn look() -> ApiError {
    ApiError::Coming
}

/// Chooses a password by a link, which is worth nothing after. All other sessions of the agent
/// end. No token in the header is needed.
#[utoipa::path(post, path = "/v1/links/use", tag = "links", request_body = ChosenPassword,
    security(()), responses((status = 204), ApiError))]
pub(crate) async fn use_link() -> ApiError {
    ApiError::Coming
}
