//! What conversations are about, per site.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use rejoinder_core::id::{CategoryId, SiteId};
use rejoinder_core::principal::AgentRole;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Asked, Caller, Named, Sent};
use super::schema::Id;
use super::{ApiError, asked};
use crate::directory;
use crate::router::Served;

/// What a conversation can be about.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Category {
    #[schema(value_type = Id)]
    id: CategoryId,
    #[schema(value_type = Id)]
    site: SiteId,
    name: String,
    /// There, and true, where it can no longer be chosen. Conversations keep it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    removed: Option<bool>,
}

/// By name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Categories {
    categories: Vec<Category>,
}

/// A category to add or to rename.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CategoryInput {
    /// Never changes.
    #[schema(value_type = Id)]
    site: SiteId,
    /// 1 to 100 characters; each once on a site.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

/// Of which site, and which of them.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichCategories {
    /// Left out: of all that one works on.
    #[param(value_type = Option<Id>)]
    site: Option<SiteId>,
    /// Also those that can no longer be chosen.
    #[serde(default)]
    #[param(required = false)]
    removed: bool,
}

/// The categories of the sites that an agent works on.
#[utoipa::path(get, path = "/v1/categories", tag = "categories", params(WhichCategories),
    responses((status = 200, body = Categories), ApiError))]
pub(crate) async fn categories(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Asked(which): Asked<WhichCategories>,
) -> Result<Json<Categories>, ApiError> {
    let all = asked(served.hub.directory(), directory::Directory::categories).await?;
    let asked_for = |one: &directory::Category| {
        caller.sees(one.site)
            && which.site.is_none_or(|of| of == one.site)
            && (which.removed || !one.removed)
    };
    let categories = all.into_iter().filter(asked_for).map(Into::into).collect();
    Ok(Json(Categories { categories }))
}

/// Adds a category, or renames it. Account managers and above.
#[utoipa::path(put, path = "/v1/categories/{id}", tag = "categories",
    params(("id" = Id, Path)), request_body = CategoryInput,
    responses((status = 200, body = Category), ApiError))]
pub(crate) async fn put_category(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Named(id): Named<CategoryId>,
    Sent(CategoryInput { site, name }): Sent<CategoryInput>,
) -> Result<Json<Category>, ApiError> {
    caller.works_on(site)?;
    caller.at_least(AgentRole::AccountManager)?;
    let by = caller.by();
    let put = asked(served.hub.directory(), move |d| d.put_category(by, id, site, &name, d.now()));
    Ok(Json(put.await?.into()))
}

/// Removes a category from those to choose from: again is no error. Account managers and above.
#[utoipa::path(delete, path = "/v1/categories/{id}", tag = "categories",
    params(("id" = Id, Path)), responses((status = 204), ApiError))]
pub(crate) async fn remove_category(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Named(id): Named<CategoryId>,
) -> Result<StatusCode, ApiError> {
    caller.at_least(AgentRole::AccountManager)?;
    let directory = served.hub.directory();
    if let Some(category) = asked(directory, move |d| d.category(id)).await? {
        caller.works_on(category.site)?;
        let by = caller.by();
        asked(directory, move |d| d.remove_category(by, id, d.now())).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

impl From<directory::Category> for Category {
    fn from(category: directory::Category) -> Self {
        let directory::Category { id, site, name, removed } = category;
        Self { id, site, name, removed: removed.then_some(true) }
    }
}
