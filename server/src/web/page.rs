//! Plain pages for people, where there is no app to show.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::answer::set;

/// A plain page. Its words are ours, never a stranger's.
pub(super) fn page(status: StatusCode, title: &str, text: &str) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <h1>{title}</h1>\n<p>{text}</p>\n</html>\n"
    );
    let mut response = (status, Html(html)).into_response();
    set(&mut response, header::CACHE_CONTROL, "no-store");
    let policy = "default-src 'none'; frame-ancestors *";
    set(&mut response, header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// For an app that the program was built without.
pub(super) fn not_built() -> Response {
    page(
        StatusCode::SERVICE_UNAVAILABLE,
        "Not built",
        "This program was built without its pages: <code>make run</code> builds the apps, and the \
         program with them.",
    )
}

/// For a file or a page that an app does not have.
pub(super) fn missing() -> Response {
    page(
        StatusCode::NOT_FOUND,
        "Not found",
        "There is nothing at this address. Agents work at <a href=\"/desk\">/desk</a>.",
    )
}

/// What holds for everything that is answered: a file is what it says it is, and nobody learns
/// from which page somebody came.
pub(crate) async fn harden(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let nosniff = HeaderName::from_static("x-content-type-options");
    headers.insert(nosniff, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
