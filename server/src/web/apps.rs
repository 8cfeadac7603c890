//! Under which address each app stands.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use rejoinder_core::id::SiteId;

use super::answer::{Readers, answer, set};
use super::page::{missing, not_built, page};
use super::policy::{self, Ancestors};
use super::{Bundle, Demo, opener};
use crate::router::Served;

const WORKER_ALLOWED: HeaderName = HeaderName::from_static("service-worker-allowed");

/// What stands in the shop's page for the site's id.
const SITE_ID: &str = "REJOINDER-SITE-ID";

type Asked = State<Arc<Served>>;

/// `/widget.js`: what customers put into their pages.
pub(crate) async fn launcher(State(served): Asked, headers: HeaderMap) -> Response {
    find(served.web.widget, "widget.js", |asset| {
        let mut response = answer(asset, &headers, Readers::Everybody, None);
        // For pages that name the script's hash.
        set(&mut response, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        response
    })
}

/// `/widget/app?site=ID`: the widget's frame. Only the site's own pages may show it.
pub(crate) async fn widget(
    State(served): Asked,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let id = query.ok().and_then(|Query(query)| query.get("site")?.parse::<SiteId>().ok());
    let Some(id) = id else { return unknown_site() };
    let directory = Arc::clone(served.hub.directory());
    let site = match served.hub.machine().does(move || directory.site(id)).await {
        Ok(Ok(Some(site))) => site,
        Ok(Ok(None)) => return unknown_site(),
        Ok(Err(_)) | Err(_) => {
            return page(
                StatusCode::SERVICE_UNAVAILABLE,
                "Not now",
                "The server cannot read what it keeps. Try again in a moment.",
            );
        }
    };
    find(served.web.widget, "app/index.html", |asset| {
        let policy = app(&served, &headers, Ancestors::Site(&site.allowed_origins));
        answer(asset, &headers, Readers::Everybody, Some(&policy))
    })
}

fn unknown_site() -> Response {
    page(
        StatusCode::NOT_FOUND,
        "No such site",
        "No site has this id. Compare the one in <code>data-site</code> with \
         <code>rejoinder site list</code>.",
    )
}

/// `/widget/assets/…`
pub(crate) async fn widget_asset(
    State(served): Asked,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    own(&served, served.web.widget, &format!("app/assets/{path}"), &headers)
}

/// `/widget/offline.js`: the service worker that keeps the widget's files.
pub(crate) async fn widget_offline(State(served): Asked, headers: HeaderMap) -> Response {
    own(&served, served.web.widget, "app/offline.js", &headers)
}

/// `/desk` and `/portal`, and the app's own routes below them.
pub(crate) async fn desk(State(served): Asked, headers: HeaderMap) -> Response {
    own(&served, served.web.desk, "index.html", &headers)
}

/// `/portal/…`: the app's own routes, and no files.
pub(crate) async fn portal_route(
    State(served): Asked,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    let entry = if is_file(&path) { "" } else { "index.html" };
    own(&served, served.web.desk, entry, &headers)
}

/// `/desk/…`: a file, or one of the app's own routes.
pub(crate) async fn desk_file(
    State(served): Asked,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    let path = if is_file(&path) { &path } else { "index.html" };
    let mut response = own(&served, served.web.desk, path, &headers);
    if path == "sw.js" {
        // The portal is the same app beside the desk's folder.
        set(&mut response, WORKER_ALLOWED, "/");
    }
    response
}

/// The app's routes have no dots; files have.
fn is_file(path: &str) -> bool {
    path.starts_with("assets/") || path.rsplit('/').next().is_some_and(|name| name.contains('.'))
}

/// `/`: the demo, where there is one.
pub(crate) async fn root(State(served): Asked) -> Response {
    if served.web.demo.is_some() { Redirect::temporary("/demo").into_response() } else { missing() }
}

/// `/demo`
pub(crate) async fn demo(State(served): Asked, headers: HeaderMap) -> Response {
    demo_page(served.web.demo.as_ref(), "index.html", &headers)
}

/// `/demo/…`
pub(crate) async fn demo_file(
    State(served): Asked,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    demo_page(served.web.demo.as_ref(), &path, &headers)
}

fn demo_page(demo: Option<&Demo>, path: &str, headers: &HeaderMap) -> Response {
    let Some(demo) = demo else { return missing() };
    find(demo.pages, path, |asset| answer(asset, headers, Readers::Own, Some(policy::DEMO)))
}

/// `/demo/shop`: a customer's page, with the widget of the demo's site in it.
pub(crate) async fn shop(State(served): Asked) -> Response {
    let Some(demo) = &served.web.demo else { return missing() };
    find(demo.pages, "shop.html", |asset| {
        let html = String::from_utf8_lossy(asset.bytes);
        let html = html.replace(SITE_ID, &demo.site.to_string());
        let mut response = axum::response::Html(html).into_response();
        set(&mut response, header::CACHE_CONTROL, "no-store");
        set(&mut response, header::CONTENT_SECURITY_POLICY, policy::SHOP);
        response
    })
}

/// For what stands nowhere.
pub(crate) async fn nothing() -> Response {
    missing()
}

/// A file that only pages of this server load.
fn own(served: &Served, bundle: Bundle, path: &str, headers: &HeaderMap) -> Response {
    find(bundle, path, |asset| {
        let policy = app(served, headers, Ancestors::Own);
        answer(asset, headers, Readers::Own, Some(&policy))
    })
}

fn app(served: &Served, headers: &HeaderMap, ancestors: Ancestors<'_>) -> String {
    policy::app(&opener::sockets(headers, &served.web.public_url), ancestors)
}

fn find(
    bundle: Bundle,
    path: &str,
    answer: impl FnOnce(&'static super::Asset) -> Response,
) -> Response {
    match bundle.get(path) {
        Some(asset) => answer(asset),
        None if bundle.is_built() => missing(),
        None => not_built(),
    }
}
