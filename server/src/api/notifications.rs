//! What an agent was notified of.

use std::sync::Arc;

use axum::Json;
use axum::extract::Query;
use axum::extract::State;
use axum::extract::rejection::QueryRejection;
use axum::http::{HeaderMap, StatusCode};
use rejoinder_core::limits;
use rejoinder_core::wire::Notification;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Caller, Sent};
use super::schema::ListedNotification;
use super::{ApiError, agent, fault};
use crate::hub::notifications_of;
use crate::router::Served;
use crate::storage::Kept;

/// Notifications in an answer, where no number is asked for.
const PAGE: usize = 50;

/// Which notifications.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Only what was not read.
    #[param(required = false)]
    unread: bool,
    /// Below this number: the `next` of the answer before.
    before: Option<u64>,
    /// 1 to 256, by default 50.
    limit: Option<usize>,
}

/// Newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Notifications {
    #[schema(value_type = Vec<ListedNotification>)]
    notifications: Vec<Listed>,
    /// From where to go on; none at the end.
    next: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Listed {
    #[serde(flatten)]
    notification: Notification,
    read: bool,
}

/// What one was notified of, newest first.
#[utoipa::path(get, path = "/v1/me/notifications", tag = "me", params(Asked),
    responses((status = 200, body = Notifications), ApiError))]
pub(crate) async fn notifications(
    State(served): State<Arc<Served>>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Notifications>, ApiError> {
    let session = agent(&served, &headers).await?;
    let Ok(Query(Asked { unread, before, limit })) = asked else { return Err(ApiError::BadQuery) };
    let most = limit.unwrap_or(PAGE).clamp(1, limits::NOTIFICATIONS);
    let kept = if unread { Kept::Unread } else { Kept::All };
    let storage = Arc::clone(served.hub.storage());
    let found = served.hub.blocking(move || {
        let of = (&session.principal, &session.scope);
        notifications_of(storage.as_ref(), of, kept, before.unwrap_or(u64::MAX), most)
    });
    let found = found.await.map_err(|error| fault(&error))?;
    let full = found.len() == most;
    let next = found.last().filter(|_| full).map(|(notification, _)| notification.number);
    let listed = |(notification, read)| Listed { notification, read };
    Ok(Json(Notifications { notifications: found.into_iter().map(listed).collect(), next }))
}

/// What was read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReadNotifications)]
pub(crate) struct Read {
    /// By number. Others' and unknown ones change nothing.
    numbers: Vec<u64>,
}

/// Marks notifications as read.
#[utoipa::path(post, path = "/v1/me/notifications/read", tag = "me", request_body = Read,
    responses((status = 204), ApiError))]
pub(crate) async fn read_notifications(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Sent(Read { numbers }): Sent<Read>,
) -> Result<StatusCode, ApiError> {
    let me = caller.me;
    let kept = served.hub.storage().keep_read(me, numbers).await;
    kept.map_err(|error| fault(&error))?;
    served.hub.tell_unread(me).await;
    Ok(StatusCode::NO_CONTENT)
}
