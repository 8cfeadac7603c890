//! Whether a widget that nobody has opened yet should say that something waits.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use rejoinder_core::principal::Role;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiError, bearer, fault};
use crate::hub::blocking;
use crate::router::Served;

/// Whether something waits to be read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Unread {
    unread: bool,
}

/// Whether others said something that a visitor has not seen. A visitor's token.
// No conversation is woken for it.
#[utoipa::path(get, path = "/v1/unread", tag = "widget",
    responses((status = 200, body = Unread), ApiError))]
pub(crate) async fn unread(
    State(served): State<Arc<Served>>,
    headers: HeaderMap,
) -> Result<Json<Unread>, ApiError> {
    let principal = bearer(served.hub.directory(), &headers).await?.principal;
    if principal.role != Role::Visitor {
        return Err(ApiError::VisitorsOnly);
    }
    let storage = Arc::clone(served.hub.storage());
    let ids: Vec<_> = principal.ids().collect();
    let unread = blocking(move || storage.unread(&ids)).await.map_err(|error| fault(&error))?;
    Ok(Json(Unread { unread }))
}
