//! All routes on one page.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request, State, WebSocketUpgrade};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Extension, Router};
use rejoinder_core::limits;
use tokio::sync::watch;
use tower_http::cors::{self, CorsLayer};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::{self, document::Described};
use crate::hub::Hub;
use crate::sync::{self, Visit};
use crate::telemetry::Metrics;
use crate::throttle::{Throttle, Wait};
use crate::web::{Opener, Web, apps, harden, is_loopback};

/// Bytes read from a socket at once: small, for there are thousands of idle ones.
const READ_BYTES: usize = 4 * 1024;

/// Bytes of a request's body: nothing that is asked here is longer.
const BODY_BYTES: usize = 16 * 1024;

/// Bytes of the body of a request with a text in it: 10,000 characters, each escaped.
const WORDS_BYTES: usize = 128 * 1024;

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
    /// How much everybody has asked for.
    pub throttle: Arc<Throttle>,
}

/// All routes.
pub fn router(served: Served) -> Router {
    let served = Arc::new(served);
    let demo = served.web.demo.is_some();
    let mut router = Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .nest("/api", rest(&served))
        .route("/api/", any(api::unknown))
        .route("/", get(apps::root))
        .route("/widget.js", get(apps::launcher))
        .route("/widget/app", get(apps::widget))
        .route("/widget/assets/{*path}", get(apps::widget_asset))
        .route("/widget/offline.js", get(apps::widget_offline))
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
    router.layer(DefaultBodyLimit::max(BODY_BYTES)).layer(map_response(harden)).with_state(served)
}

/// What programs ask, and pages: who may see what, tokens say.
fn rest(served: &Arc<Served>) -> Router<Arc<Served>> {
    described()
        .0
        .fallback(api::unknown)
        .layer(from_fn_with_state(Arc::clone(served), in_measure))
        .layer(map_response(api::never_kept))
}

/// Whoever asks too often is told when to ask again, before anything is looked up for them.
async fn in_measure(
    State(served): State<Arc<Served>>,
    Extension(peer): Extension<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    match served.throttle.asks(api::token_hash(request.headers()), peer.ip()) {
        Ok(()) => next.run(request).await,
        Err(Wait(millis)) => {
            let after_seconds = millis.div_ceil(1_000);
            api::ApiError::TooMany { after_seconds }.into_response()
        }
    }
}

/// A request whose body drips in, or whose answer takes too long, is given up.
async fn in_time(request: Request, next: Next) -> Response {
    let long = core::time::Duration::from_millis(limits::REQUEST_MILLIS);
    let answered = tokio::time::timeout(long, next.run(request)).await;
    answered.unwrap_or_else(|_| api::ApiError::Busy.into_response())
}

/// The routes of REST with their description.
pub(crate) fn described() -> (Router<Arc<Served>>, OpenApi) {
    let open = OpenApiRouter::default()
        .routes(routes!(api::site::widget))
        .routes(routes!(api::people::people))
        .routes(routes!(api::unread::unread))
        .layer(from_fn(in_time));
    let files = OpenApiRouter::default()
        .routes(routes!(api::attachments::attachment, api::attachments::put_attachment))
        .layer(DefaultBodyLimit::disable());
    let told = OpenApiRouter::default().routes(routes!(api::page::page)).layer(from_fn(in_time));
    let own = OpenApiRouter::default()
        .route("/v1/sync", get(connect))
        .route("/v1/openapi.json", get(api::document::openapi))
        .routes(routes!(api::offline::offline_info))
        .routes(routes!(api::offline::prechat))
        .routes(routes!(api::routing::routing))
        .routes(routes!(api::notifications::notifications))
        .routes(routes!(api::notifications::read_notifications))
        .routes(routes!(api::search::find_words))
        .routes(routes!(api::history::conversations))
        .routes(routes!(api::history::transcript))
        .routes(routes!(api::former::former_words))
        .merge(work())
        .merge(administration())
        .layer(from_fn(in_time));
    let mut described = Described::openapi();
    let mut taken = |part: OpenApiRouter<Arc<Served>>| {
        let (router, routes) = part.split_for_parts();
        described = core::mem::take(&mut described).nest("/api", routes);
        router.method_not_allowed_fallback(api::wrong_method)
    };
    let with_body = [header::AUTHORIZATION, header::CONTENT_TYPE];
    let router = taken(own)
        .merge(taken(open).layer(pages(&[Method::GET], &[header::AUTHORIZATION])))
        .merge(taken(told).layer(pages(&[Method::POST], &with_body)))
        .merge(taken(files).layer(pages(&[Method::GET, Method::PUT], &with_body)));
    (router, described)
}

/// What agents work with.
fn work() -> OpenApiRouter<Arc<Served>> {
    use api::{canned, categories, factor, me, tickets, visitors};
    OpenApiRouter::default()
        .routes(routes!(me::me))
        .routes(routes!(me::put_availability))
        .routes(routes!(factor::second_factor, factor::begin))
        .routes(routes!(factor::confirm))
        .routes(routes!(factor::remove))
        .routes(routes!(categories::categories))
        .routes(routes!(categories::put_category, categories::remove_category))
        .routes(routes!(canned::canned_responses))
        .routes(routes!(canned::put_canned_response, canned::remove_canned_response))
        .routes(routes!(tickets::tickets))
        .routes(routes!(tickets::ticket, tickets::put_ticket, tickets::change_ticket))
        .routes(routes!(visitors::visitors))
        .routes(routes!(visitors::visitor, visitors::change_visitor))
        .routes(routes!(visitors::block_visitor))
        .routes(routes!(visitors::erase_visitor))
        .layer(DefaultBodyLimit::max(WORDS_BYTES))
}

/// What admins set.
fn administration() -> OpenApiRouter<Arc<Served>> {
    use api::{agents, audit, factor, links, live, reports, sites, tokens};
    OpenApiRouter::default()
        .routes(routes!(sites::sites))
        .routes(routes!(sites::site, sites::put_site, sites::change_site))
        .routes(routes!(sites::delete_site))
        .routes(routes!(agents::agents))
        .routes(routes!(agents::put_agent, agents::change_agent))
        .routes(routes!(factor::take_off))
        .routes(routes!(links::make_link, links::revoke_link))
        .routes(routes!(links::look))
        .routes(routes!(links::use_link))
        .routes(routes!(tokens::tokens, tokens::revoke_sessions))
        .routes(routes!(tokens::revoke_token))
        .routes(routes!(audit::audit))
        .routes(routes!(live::live))
        .routes(routes!(reports::reports))
}

/// For pages of any origin: what they can do depends on the token that they have.
fn pages(methods: &[Method], headers: &[HeaderName]) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(cors::Any)
        .allow_methods(methods.to_vec())
        .allow_headers(headers.to_vec())
        .max_age(core::time::Duration::from_secs(PREFLIGHT_SECONDS))
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
    match served.hub.blocking(move || storage.newest_erasure()).await {
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
    let client = headers.get(header::USER_AGENT).and_then(|client| client.to_str().ok());
    let visit = Visit { peer: peer.ip(), opener, client: client.map(str::to_owned) };
    let (hub, closing) = (served.hub.clone(), served.closing.clone());
    let throttle = Arc::clone(&served.throttle);
    upgrade
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(READ_BYTES)
        .max_write_buffer_size(limits::QUEUE_BYTES)
        .max_message_size(limits::FRAME_BYTES)
        .max_frame_size(limits::FRAME_BYTES)
        .on_upgrade(move |socket| sync::serve(hub, throttle, socket, visit, closing))
}
