//! Sites, as those know them who work on them.

use rejoinder_core::authority::policy::Window;
use rejoinder_core::id::SiteId;
use rejoinder_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ApiError;
use super::input::{set, text};
use super::schema::{Id, Moment, WindowText};
use crate::directory::{Routing, SiteMode};

/// A site with its settings.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Site {
    #[schema(value_type = Id)]
    id: SiteId,
    name: String,
    /// Where its widget may be embedded; none: everywhere.
    allowed_origins: Vec<String>,
    mode: SiteMode,
    /// Whether conversations may reach agents at the moment.
    human_support: bool,
    /// What visitors read when nobody is there; empty: the widget's own words.
    offline_message: String,
    routing: Routing,
    /// Minutes of silence after which an active conversation is closed; null: never.
    close_after_minutes: Option<u32>,
    /// Which of their messages agents may edit.
    #[schema(value_type = WindowText)]
    edit: String,
    /// Which of their messages agents may recall.
    #[schema(value_type = WindowText)]
    recall: String,
    /// Whether visitors may edit, within the same window.
    visitor_edit: bool,
    /// Whether visitors may recall, within the same window.
    visitor_recall: bool,
    /// Active conversations at once of agents without a limit of their own.
    chat_limit: u32,
    /// `#rrggbb`
    theme_color: String,
    /// What the widget says before anything is written; empty: its own words.
    greeting: String,
    #[schema(value_type = Moment)]
    created_at: Timestamp,
    /// Rises with every change.
    version: u32,
}

/// By name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sites {
    sites: Vec<Site>,
}

/// What is to change of a site; what is left out stays. Of a new one: what is not to be as by
/// default, and its name.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SiteInput {
    /// The version that is changed: if there is another by now, nothing is.
    version: Option<u32>,
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Scheme and host only, such as `https://shop.example`; 50 at most.
    allowed_origins: Option<Vec<String>>,
    mode: Option<SiteMode>,
    human_support: Option<bool>,
    #[schema(max_length = 500)]
    offline_message: Option<String>,
    routing: Option<Routing>,
    /// 5 to 10080. Null: never.
    #[serde(deserialize_with = "set")]
    #[schema(value_type = Option<u32>, minimum = 5, maximum = 10080)]
    close_after_minutes: Option<Option<u32>>,
    #[serde(deserialize_with = "text")]
    #[schema(value_type = Option<WindowText>)]
    edit: Option<Window>,
    #[serde(deserialize_with = "text")]
    #[schema(value_type = Option<WindowText>)]
    recall: Option<Window>,
    visitor_edit: Option<bool>,
    visitor_recall: Option<bool>,
    #[schema(minimum = 1, maximum = 100)]
    chat_limit: Option<u32>,
    #[schema(pattern = "^#[0-9a-f]{6}$")]
    theme_color: Option<String>,
    #[schema(max_length = 500)]
    greeting: Option<String>,
}

/// The sites that an agent works on, with their settings.
#[utoipa::path(get, path = "/v1/sites", tag = "sites",
    responses((status = 200, body = Sites), ApiError))]
pub(crate) async fn sites() -> ApiError {
    ApiError::Coming
}

/// A site with its settings.
#[utoipa::path(get, path = "/v1/sites/{id}", tag = "sites", params(("id" = Id, Path)),
    responses((status = 200, body = Site), ApiError))]
pub(crate) async fn site() -> ApiError {
    ApiError::Coming
}

/// Adds a site: a repeat is answered with the site as it is. Admins and above.
#[utoipa::path(put, path = "/v1/sites/{id}", tag = "sites", params(("id" = Id, Path)),
    request_body = SiteInput, responses((status = 200, body = Site), ApiError))]
pub(crate) async fn put_site() -> ApiError {
    ApiError::Coming
}

/// Changes a site. Admins and above.
#[utoipa::path(patch, path = "/v1/sites/{id}", tag = "sites", params(("id" = Id, Path)),
    request_body = SiteInput, responses((status = 200, body = Site), ApiError))]
pub(crate) async fn change_site() -> ApiError {
    ApiError::Coming
}
