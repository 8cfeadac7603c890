//! One-time links by which agents choose a password: an admin hands them over.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use rejoinder_core::id::ParticipantId;
use rejoinder_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Caller, Named, Peer, Sent};
use super::schema::{Id, Moment};
use super::{ApiError, agents, asked};
use crate::directory::{LinkKind, Password};
use crate::router::Served;

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
pub(crate) async fn make_link(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Named(id): Named<ParticipantId>,
) -> Result<Json<Link>, ApiError> {
    agents::found(&served, &caller, id).await?;
    let by = caller.by();
    let link = asked(served.hub.directory(), move |d| d.make_link(by, id, d.now())).await?;
    Ok(Json(Link { kind: link.kind, token: link.token, expires_at: link.expires_at }))
}

/// Makes an agent's link worthless: again is no error. Admins and above.
#[utoipa::path(delete, path = "/v1/agents/{id}/link", tag = "agents", params(("id" = Id, Path)),
    responses((status = 204), ApiError))]
pub(crate) async fn revoke_link(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Named(id): Named<ParticipantId>,
) -> Result<StatusCode, ApiError> {
    agents::found(&served, &caller, id).await?;
    let by = caller.by();
    asked(served.hub.directory(), move |d| d.revoke_link(by, id, d.now())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says whose password a link lets choose. No token in the header is needed.
#[utoipa::path(post, path = "/v1/links/look", tag = "links", request_body = LinkToken,
    security(()), responses((status = 200, body = LinkFor), ApiError))]
pub(crate) async fn look(
    State(served): State<Arc<Served>>,
    Peer(address): Peer,
    Sent(LinkToken { token }): Sent<LinkToken>,
) -> Result<Json<LinkFor>, ApiError> {
    let directory = served.hub.directory();
    directory.admit_link(address, served.hub.now())?;
    let found = asked(directory, move |d| d.link(&token, d.now())).await?;
    let link = found.ok_or(ApiError::UnknownLink)?;
    Ok(Json(LinkFor {
        kind: link.kind,
        name: link.agent.name,
        email: link.agent.email.to_string(),
        expires_at: link.expires_at,
    }))
}

/// Chooses a password by a link, which is worth nothing after. All other sessions of the agent
/// end. No token in the header is needed.
#[utoipa::path(post, path = "/v1/links/use", tag = "links", request_body = ChosenPassword,
    security(()), responses((status = 204), ApiError))]
pub(crate) async fn use_link(
    State(served): State<Arc<Served>>,
    Peer(address): Peer,
    Sent(ChosenPassword { token, password }): Sent<ChosenPassword>,
) -> Result<StatusCode, ApiError> {
    let directory = served.hub.directory();
    directory.admit_link(address, served.hub.now())?;
    let password = Password::new(password)?;
    asked(directory, move |d| d.use_link(&token, &password, d.now())).await?;
    Ok(StatusCode::NO_CONTENT)
}
