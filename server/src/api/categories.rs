//! What conversations are about, per site.

use rejoinder_core::id::{CategoryId, SiteId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ApiError;
use super::input::OfSite;
use super::schema::Id;

/// What a conversation can be about.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Category {
    #[schema(value_type = Id)]
    id: CategoryId,
    #[schema(value_type = Id)]
    site: SiteId,
    name: String,
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

/// The categories of the sites that an agent works on.
#[utoipa::path(get, path = "/v1/categories", tag = "categories", params(OfSite),
    responses((status = 200, body = Categories), ApiError))]
pub(crate) async fn categories() -> ApiError {
    ApiError::Coming
}

/// Adds a category, or renames it. Account managers and above.
#[utoipa::path(put, path = "/v1/categories/{id}", tag = "categories",
    params(("id" = Id, Path)), request_body = CategoryInput,
    responses((status = 200, body = Category), ApiError))]
pub(crate) async fn put_category() -> ApiError {
    ApiError::Coming
}

/// Removes a category from those to choose from: again is no error. Account managers and above.
#[utoipa::path(delete, path = "/v1/categories/{id}", tag = "categories",
    params(("id" = Id, Path)), responses((status = 204), ApiError))]
pub(crate) async fn remove_category() -> ApiError {
    ApiError::Coming
}
