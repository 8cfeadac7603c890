//! How values of the core look in the description of REST: mirrors that nothing else uses.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::openapi::{Ref, RefOr, Response, ResponseBuilder, content::ContentBuilder};
use utoipa::{IntoResponses, ToSchema};

use super::ApiError;

/// A UUID, hyphenated.
#[derive(ToSchema)]
#[schema(format = Uuid)]
pub struct Id(pub String);

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(ToSchema)]
pub struct Moment(pub i64);

/// An agent's role, from the narrowest to the widest.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the core says what each may do")]
pub enum RoleName {
    SupportAgent,
    Agent,
    AccountManager,
    Supervisor,
    Admin,
    Owner,
}

/// The role of somebody who answers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PersonRole {
    /// A human.
    Agent(RoleName),
}

/// Which of a conversation's two documents.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the core says what they are")]
pub enum Document {
    Timeline,
    Team,
}

/// Which messages may be edited or recalled: `any`, the `last`, or for `minutes(15)` after they
/// were accepted.
#[derive(ToSchema)]
#[schema(pattern = r"^(any|last|minutes\(\d+\))$")]
pub struct WindowText(pub String);

impl IntoResponses for ApiError {
    /// Whatever goes wrong has one envelope; the status says which kind of thing it was.
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Failure"))).build();
        let response = ResponseBuilder::new()
            .description("Why it was not done: the code is for programs, the message for people.")
            .content("application/json", content)
            .build();
        BTreeMap::from([("default".to_owned(), response.into())])
    }
}
