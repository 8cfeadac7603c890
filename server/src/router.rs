//! All routes on one page.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request, State, WebSocketUpgrade};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Extension, Router};
use rejoinder_core::limits;
use tokio::sync::watch;
use tower_http::cors::{self, CorsLayer};

use crate::api;
use crate::hub::{Hub, blocking};
use crate::sync::{self, Visit};
use crate::telemetry::Metrics;
use crate::web::{Opener, Web, apps, harden, is_loopback};

/// Bytes read from a socket at once: small, for there are thousands of idle ones.
const READ_BYTES: usize = 4 * 1024;

/// Bytes of a request's body: nothing that is asked here is longer.
const BODY_BYTES: usize = 16 * 1024;

/// Seconds for which a browser need not ask again whether a page may ask.
const PREFLIGHT_SECONDS: u64 = 86_400;

/// What the handlers need.
#[derive(Clone, Debug)]
pub struct Served {
    /// One task a live conversation, and everybody who is connected.
    pub hub: Hub,
    /// Turns true when the server ends.
    pub closing: watch::Receiver<bool>,
    /// What `/metrics` shows.
    pub metrics: Option<Metrics>,
    /// What browsers are shown.
    pub web: Web,
}

/// All routes.
pub fn router(served: Served) -> Router {
    let demo = served.web.demo.is_some();
    let mut router = Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .nest("/api", rest())
        .route("/api/", any(api::unknown))
        .route("/", get(apps::root))
        .route("/widget.js", get(apps::launcher))
        .route("/widget/app", get(apps::widget))
        .route("/widget/assets/{*path}", get(apps::widget_asset))
        .route("/desk", get(apps::desk))
        .route("/desk/", get(apps::desk))
        .route("/desk/{*path}", get(apps::desk_file))
        .route("/portal", get(apps::desk))
        .route("/portal/", get(apps::desk))
        .route("/portal/{*path}", get(apps::portal_route));
    if demo {
        router = router
            .route("/demo", get(apps::demo))
            .route("/demo/", get(apps::demo))
            .route("/demo/shop", get(apps::shop))
            .route("/demo/log-ins", get(api::demo::log_ins))
            .route("/demo/search", post(api::demo::search))
            .route("/demo/{*path}", get(apps::demo_file));
    }
    router = router.fallback(apps::nothing);
    if demo {
        router = router.layer(from_fn(only_here));
    }
    router
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(map_response(harden))
        .with_state(Arc::new(served))
}

/// What programs ask, and pages of any origin: who may see what, tokens say.
fn rest() -> Router<Arc<Served>> {
    let pages = CorsLayer::new()
        .allow_origin(cors::Any)
        .allow_methods([Method::GET])
        .allow_headers([header::AUTHORIZATION])
        .max_age(core::time::Duration::from_secs(PREFLIGHT_SECONDS));
    Router::new()
        .route("/v1/sync", get(connect))
        .route("/v1/sites/{site}/widget", get(api::site::widget))
        .route("/v1/people", get(api::people::people))
        .route("/v1/unread", get(api::unread::unread))
        .route("/v1/me/routing", get(api::routing::routing))
        .route("/v1/me/notifications", get(api::notifications::list))
        .route("/v1/me/notifications/read", post(api::notifications::read))
        .route("/v1/search", post(api::search::find))
        .route("/v1/conversations", get(api::history::list))
        .route("/v1/conversations/{id}/transcript", get(api::history::write_out))
        .fallback(api::unknown)
        .method_not_allowed_fallback(api::wrong_method)
        .layer(map_response(api::never_kept))
        .layer(pages)
}

/// A demo's log-ins are known to everybody: it answers this machine by its own names only, and no
/// page whose name was made to lead here.
async fn only_here(request: Request, next: Next) -> Response {
    if is_loopback(request.headers()) {
        return next.run(request).await;
    }
    let text = "a demo answers as localhost or 127.0.0.1 only\n";
    (StatusCode::MISDIRECTED_REQUEST, text).into_response()
}

/// The process is alive.
async fn healthz() -> &'static str {
    "alive\n"
}

/// The server takes conversations: its storage answers, and it is not about to end.
async fn readyz(State(served): State<Arc<Served>>) -> Response {
    let storage = Arc::clone(served.hub.storage());
    if *served.closing.borrow() {
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

async fn metrics(State(served): State<Arc<Served>>) -> Response {
    metrics::gauge!("rejoinder_live_conversations")
        .set(u32::try_from(served.hub.live_conversations()).unwrap_or(u32::MAX));
    match &served.metrics {
        Some(metrics) => metrics.render().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The protocol: see `docs/wire.md`.
async fn connect(
    State(served): State<Arc<Served>>,
    Extension(peer): Extension<SocketAddr>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let opener = Opener::of(&headers, &served.web.public_url);
    let visit = Visit { peer: peer.ip(), opener };
    let (hub, closing) = (served.hub.clone(), served.closing.clone());
    upgrade
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(READ_BYTES)
        .max_write_buffer_size(limits::QUEUE_BYTES)
        .max_message_size(limits::FRAME_BYTES)
        .max_frame_size(limits::FRAME_BYTES)
        .on_upgrade(move |socket| sync::serve(hub, socket, visit, closing))
}
