//! All routes on one page.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{State, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use rejoinder_core::limits;
use tokio::sync::watch;

use crate::hub::{Hub, blocking};
use crate::sync;
use crate::telemetry::Metrics;

/// Bytes read from a socket at once: small, for there are thousands of idle ones.
const READ_BYTES: usize = 4 * 1024;

/// What the handlers need.
#[derive(Clone, Debug)]
pub struct Site {
    /// One task a live conversation, and everybody who is connected.
    pub hub: Hub,
    /// Turns true when the server ends.
    pub closing: watch::Receiver<bool>,
    /// What `/metrics` shows.
    pub metrics: Option<Metrics>,
}

/// All routes.
pub fn router(site: Site) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/api/v1/sync", get(connect))
        .with_state(Arc::new(site))
}

/// The process is alive.
async fn healthz() -> &'static str {
    "alive\n"
}

/// The server takes conversations: its storage answers, and it is not about to end.
async fn readyz(State(site): State<Arc<Site>>) -> Response {
    let storage = Arc::clone(site.hub.storage());
    if *site.closing.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "ending\n").into_response();
    }
    match blocking(move || storage.newest_erasure()).await {
        Ok(_) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "storage does not answer\n").into_response()
        }
    }
}

async fn metrics(State(site): State<Arc<Site>>) -> Response {
    metrics::gauge!("rejoinder_live_conversations")
        .set(u32::try_from(site.hub.live_conversations()).unwrap_or(u32::MAX));
    match &site.metrics {
        Some(metrics) => metrics.render().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The protocol: see `docs/wire.md`.
async fn connect(
    State(site): State<Arc<Site>>,
    Extension(peer): Extension<SocketAddr>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let (hub, closing) = (site.hub.clone(), site.closing.clone());
    upgrade
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(READ_BYTES)
        .max_write_buffer_size(limits::QUEUE_BYTES)
        .max_message_size(limits::FRAME_BYTES)
        .max_frame_size(limits::FRAME_BYTES)
        .on_upgrade(move |socket| sync::serve(hub, socket, peer.ip(), closing))
}
