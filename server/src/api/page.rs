//! Where a visitor is.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::input::{Sent, Visiting};
use super::{ApiError, asked};
use crate::directory::VisitedPage;
use crate::router::Served;

/// A page of the customer's.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    /// At most 300 characters; what is longer is cut off.
    title: String,
    /// Of http or https, at most 2,000 characters. User names and passwords in it are not kept.
    url: String,
}

/// Tells agents which page a visitor is on. A visitor's token; 30 times a minute.
#[utoipa::path(post, path = "/v1/page", tag = "visitors", request_body = Page,
    responses((status = 204), ApiError))]
pub(crate) async fn page(
    State(served): State<Arc<Served>>,
    Visiting(principal): Visiting,
    Sent(Page { title, url }): Sent<Page>,
) -> Result<StatusCode, ApiError> {
    let (directory, now) = (served.hub.directory(), served.hub.now());
    let whose = principal.participant;
    directory.admit_told(whose, now)?;
    let page = VisitedPage::new(&title, &url, now)?;
    asked(directory, move |d| d.visit(whose, &page)).await?;
    Ok(StatusCode::NO_CONTENT)
}
