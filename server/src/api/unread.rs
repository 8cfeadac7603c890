//! Whether a widget that nobody has opened yet should say that something waits.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use rejoinder_core::principal::Role;
use serde::Serialize;

use super::{ApiError, bearer, fault};
use crate::hub::blocking;
use crate::router::Served;

/// Whether something waits to be read.
#[derive(Debug, Serialize)]
pub(crate) struct Unread {
    unread: bool,
}

/// `GET /api/v1/unread`, of a visitor: whether others said something that they have not seen. No
/// conversation is woken for it.
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
