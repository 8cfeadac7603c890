//! The description of REST, in OpenAPI.

use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::router::{self, Served};

/// What is said of all of it. The routes add themselves; see [`crate::router`].
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Rejoinder",
        description = "JSON over HTTP. A bearer token says who asks: an agent's or a visitor's. \
            What has an id is made with PUT under an id that the client chose, so that a repeat \
            doubles nothing. What is not on a site of the asker's is not found. Times are \
            milliseconds since 1970 in UTC."
    ),
    modifiers(&Bearer),
    components(schemas(super::error::Failure)),
    security(("token" = []))
)]
pub(crate) struct Described;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let token = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        api.components.get_or_insert_default().add_security_scheme("token", token);
    }
}

/// The description of all routes.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    router::described().1
}

/// `GET /api/v1/openapi.json`: public.
pub(crate) async fn openapi(State(served): State<Arc<Served>>) -> Json<utoipa::openapi::OpenApi> {
    drop(served);
    Json(document())
}
