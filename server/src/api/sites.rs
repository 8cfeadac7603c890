//! Sites, as those know them who work on them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use rejoinder_core::authority::policy::Window;
use rejoinder_core::id::SiteId;
use rejoinder_core::principal::AgentRole;
use rejoinder_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Caller, Named, Sent, set, text};
use super::schema::{Id, Moment, WindowText};
use super::{ApiError, asked};
use crate::directory::{
    self, NewSite, OfflineMode, Origin, PrechatField, Routing, SiteChange, SiteMode,
};
use crate::router::Served;

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
    /// Whether they are asked then how to be reached.
    offline_mode: OfflineMode,
    /// What they are asked before they begin.
    prechat_fields: Vec<PrechatField>,
    routing: Routing,
    /// Minutes of silence after which an active conversation is closed; null: never.
    close_after_minutes: Option<u32>,
    /// Days after which the words of closed conversations are taken back; null: never.
    retention_days: Option<u32>,
    /// Whether former words of edited messages are kept for the team.
    keep_former_words: bool,
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
    offline_mode: Option<OfflineMode>,
    /// At most 10, all of them.
    prechat_fields: Option<Vec<PrechatField>>,
    routing: Option<Routing>,
    /// 5 to 10080. Null: never.
    #[serde(deserialize_with = "set")]
    #[schema(value_type = Option<u32>, minimum = 5, maximum = 10080)]
    close_after_minutes: Option<Option<u32>>,
    /// 1 to 3650. Null: never.
    #[serde(deserialize_with = "set")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 3650)]
    retention_days: Option<Option<u32>>,
    /// When it is false again, those that were kept are erased.
    keep_former_words: Option<bool>,
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
pub(crate) async fn sites(
    State(served): State<Arc<Served>>,
    caller: Caller,
) -> Result<Json<Sites>, ApiError> {
    let all = asked(served.hub.directory(), directory::Directory::sites).await?;
    let sites = all.into_iter().filter(|site| caller.sees(site.id)).map(Into::into).collect();
    Ok(Json(Sites { sites }))
}

/// A site with its settings.
#[utoipa::path(get, path = "/v1/sites/{id}", tag = "sites", params(("id" = Id, Path)),
    responses((status = 200, body = Site), ApiError))]
pub(crate) async fn site(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Named(id): Named<SiteId>,
) -> Result<Json<Site>, ApiError> {
    caller.works_on(id)?;
    let found = asked(served.hub.directory(), move |d| d.site(id)).await?;
    found.map(|site| Json(site.into())).ok_or(ApiError::NotFound)
}

/// Adds a site: a repeat is answered with the site as it is. Admins and above.
#[utoipa::path(put, path = "/v1/sites/{id}", tag = "sites", params(("id" = Id, Path)),
    request_body = SiteInput, responses((status = 200, body = Site), ApiError))]
pub(crate) async fn put_site(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Named(id): Named<SiteId>,
    Sent(mut input): Sent<SiteInput>,
) -> Result<Json<Site>, ApiError> {
    caller.at_least(AgentRole::Admin)?;
    let message = "use 1 to 100 characters, in one line";
    let name = input.name.take().ok_or(ApiError::Invalid { field: "name", message })?;
    let (by, new) = (caller.by(), NewSite { name, settings: input.change()? });
    let put = asked(served.hub.directory(), move |d| d.put_site(by, id, new, d.now()));
    Ok(Json(put.await?.into()))
}

/// Changes a site. Admins and above.
#[utoipa::path(patch, path = "/v1/sites/{id}", tag = "sites", params(("id" = Id, Path)),
    request_body = SiteInput, responses((status = 200, body = Site), ApiError))]
pub(crate) async fn change_site(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Named(id): Named<SiteId>,
    Sent(input): Sent<SiteInput>,
) -> Result<Json<Site>, ApiError> {
    caller.works_on(id)?;
    caller.at_least(AgentRole::Admin)?;
    let (by, change) = (caller.by(), input.change()?);
    let changed = asked(served.hub.directory(), move |d| d.change_site_by(by, id, change, d.now()));
    Ok(Json(changed.await?.into()))
}

/// What is typed so that nobody deletes a site by mistake.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deletion {
    /// The site's name.
    name: String,
}

/// Deletes a site: all that was said there is recalled, its conversations are closed and seen by
/// nobody any more, and its visitors, categories, canned responses and tickets go. It cannot be
/// undone, and a repeat changes nothing. Owners.
#[utoipa::path(put, path = "/v1/sites/{id}/deleted", tag = "sites", params(("id" = Id, Path)),
    request_body = Deletion, responses((status = 204), ApiError))]
pub(crate) async fn delete_site(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Named(id): Named<SiteId>,
    Sent(Deletion { name }): Sent<Deletion>,
) -> Result<StatusCode, ApiError> {
    caller.works_on(id)?;
    caller.at_least(AgentRole::Owner)?;
    let by = caller.by();
    asked(served.hub.directory(), move |d| d.delete_site(by, id, &name, d.now())).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl SiteInput {
    fn change(self) -> Result<SiteChange, ApiError> {
        let invalid = |field, message| ApiError::Invalid { field, message };
        let origins = |all: Vec<String>| {
            all.iter().map(|text| text.parse::<Origin>()).collect::<Result<_, _>>().map_err(|_| {
                invalid("allowed_origins", "use scheme and host only, as https://shop.example")
            })
        };
        let color = |text: String| {
            text.parse().map_err(|_| invalid("theme_color", "expected a colour such as #3350b4"))
        };
        Ok(SiteChange {
            version: self.version,
            name: self.name,
            allowed_origins: self.allowed_origins.map(origins).transpose()?,
            mode: self.mode,
            human_support: self.human_support,
            edit: self.edit,
            recall: self.recall,
            visitor_edit: self.visitor_edit,
            visitor_recall: self.visitor_recall,
            offline_message: self.offline_message,
            offline_mode: self.offline_mode,
            prechat_fields: self.prechat_fields,
            routing: self.routing,
            close_after_minutes: self.close_after_minutes,
            retention_days: self.retention_days,
            keep_former_words: self.keep_former_words,
            chat_limit: self.chat_limit,
            theme_color: self.theme_color.map(color).transpose()?,
            greeting: self.greeting,
        })
    }
}

impl From<directory::Site> for Site {
    fn from(site: directory::Site) -> Self {
        Self {
            id: site.id,
            name: site.name,
            allowed_origins: site.allowed_origins.iter().map(Origin::to_string).collect(),
            mode: site.mode,
            human_support: site.human_support,
            offline_message: site.offline_message,
            offline_mode: site.offline_mode,
            prechat_fields: site.prechat_fields,
            routing: site.routing,
            close_after_minutes: site.close_after_minutes,
            retention_days: site.retention_days,
            keep_former_words: site.former_since.is_some(),
            edit: site.edit.to_string(),
            recall: site.recall.to_string(),
            visitor_edit: site.visitor_edit,
            visitor_recall: site.visitor_recall,
            chat_limit: site.chat_limit,
            theme_color: site.theme_color.to_string(),
            greeting: site.greeting,
            created_at: site.created_at,
            version: site.version,
        }
    }
}
