//! Whether a widget that nobody has opened yet should say that something waits, or be ready.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use rejoinder_core::principal::Role;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiError, bearer, fault};
use crate::router::Served;

/// Whether something waits to be read, and whether somebody is likely to go on writing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Unread {
    unread: bool,
    /// Whether a conversation of theirs is open.
    open: bool,
}

/// Whether a visitor has something unread, and an open conversation. A visitor's token.
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
    let asked = served.hub.blocking(move || {
        Ok(Unread { unread: storage.unread(&ids)?, open: storage.has_open(&ids)? })
    });
    Ok(Json(asked.await.map_err(|error| fault(&error))?))
}
