//! What visitors are asked: before they begin, and when they met nobody.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use rejoinder_core::conversation::layout::Status;
use rejoinder_core::id::ConversationId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::input::{Sent, Visiting};
use super::schema::Id;
use super::{ApiError, asked, fault};
use crate::directory;
use crate::hub::Upkeep;
use crate::router::Served;

/// What a visitor leaves who met nobody. What they want to know, they write in the conversation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfflineInfo {
    /// One of their own.
    #[schema(value_type = Id)]
    conversation: ConversationId,
    #[schema(max_length = 100)]
    name: Option<String>,
    #[schema(max_length = 254)]
    email: String,
}

/// Says how a visitor can be reached. Of a conversation that is Awaiting Offline Info it makes one
/// ticket, and the conversation waits for a human. A visitor's token.
#[utoipa::path(post, path = "/v1/offline-info", tag = "widget", request_body = OfflineInfo,
    responses((status = 204), ApiError))]
pub(crate) async fn offline_info(
    State(served): State<Arc<Served>>,
    Visiting(principal): Visiting,
    Sent(OfflineInfo { conversation, name, email }): Sent<OfflineInfo>,
) -> Result<StatusCode, ApiError> {
    let directory = served.hub.directory();
    directory.admit_told(principal.participant, served.hub.now())?;
    let email = email.parse().map_err(|_| ApiError::Invalid {
        field: "email",
        message: "expected an e-mail address such as ann@example.com",
    })?;
    let name = name.filter(|name| !name.trim().is_empty());
    let (storage, moment) = (Arc::clone(served.hub.storage()), served.hub.now());
    let entry = served.hub.blocking(move || storage.feed_entry(conversation)).await;
    let entry = entry.map_err(|error| fault(&error))?;
    let own = entry.filter(|it| principal.is(it.header.visitor) && !it.header.gone);
    let summary = own.ok_or(ApiError::UnknownConversation)?.summary;
    let awaits = summary.status == Status::AwaitingOfflineInfo && !summary.closed;
    let (whose, waits) = (principal.participant, awaits.then_some(conversation));
    let info = directory::OfflineInfo { name, email };
    asked(directory, move |d| d.keep_offline_info(whose, &info, waits, moment)).await?;
    if awaits {
        let told = served.hub.keep_up(conversation, Upkeep::Told, moment).await;
        // What is kept is kept: whoever asks again makes no second ticket.
        told.ok_or(ApiError::Storage)?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// What a visitor has answered before they begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prechat {
    /// By the labels of the site's fields; at most 300 characters each.
    answers: directory::Answers,
}

/// Keeps what a visitor has answered, as their attributes. A visitor's token.
#[utoipa::path(post, path = "/v1/prechat", tag = "widget", request_body = Prechat,
    responses((status = 204), ApiError))]
pub(crate) async fn prechat(
    State(served): State<Arc<Served>>,
    Visiting(principal): Visiting,
    Sent(Prechat { answers }): Sent<Prechat>,
) -> Result<StatusCode, ApiError> {
    let directory = served.hub.directory();
    let whose = principal.participant;
    directory.admit_told(whose, served.hub.now())?;
    asked(directory, move |d| d.keep_answers(whose, &answers)).await?;
    Ok(StatusCode::NO_CONTENT)
}
