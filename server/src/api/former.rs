//! Former words of a message, for the team of a site that keeps them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use rejoinder_core::conversation::history::History;
use rejoinder_core::conversation::layout::Key;
use rejoinder_core::conversation::revision::{Body, Revision};
use rejoinder_core::id::{ConversationId, DocumentId, MessageId, ParticipantId, RevisionId};
use rejoinder_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::input::Caller;
use super::schema::{Id, Moment};
use super::{ApiError, fault};
use crate::attachments::kind_of;
use crate::hub::{Rights, may_see};
use crate::router::Served;
use crate::storage::{Storage, Stored};

/// The newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FormerWords {
    former: Vec<Former>,
}

/// A revision that does not stand in its message's place.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Former {
    #[schema(value_type = Id)]
    revision: RevisionId,
    #[schema(value_type = Id)]
    author: ParticipantId,
    /// When it was accepted.
    #[schema(value_type = Moment)]
    at: Timestamp,
    /// Null where it was not kept.
    words: Option<FormerSaid>,
}

/// What it said.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FormerSaid {
    text: String,
    /// The names of its attachments: their bytes are gone.
    attachments: Vec<String>,
}

/// The former words of a message or note, in conversations that one may see: those that its site
/// keeps. The answer is to be shown and not kept: no recall reaches it.
#[utoipa::path(get, path = "/v1/conversations/{id}/{kind}/{message}/former", tag = "conversations",
    params(
        ("id" = Id, Path), ("message" = Id, Path),
        ("kind" = String, Path, description = "`timeline` or `team`"),
    ),
    responses((status = 200, body = FormerWords), ApiError))]
pub(crate) async fn former_words(
    State(served): State<Arc<Served>>,
    caller: Caller,
    at: Result<Path<(ConversationId, String, MessageId)>, PathRejection>,
) -> Result<Json<FormerWords>, ApiError> {
    let Ok(Path((conversation, kind, message))) = at else { return Err(ApiError::NotFound) };
    let document = DocumentId { conversation, kind: kind_of(&kind).ok_or(ApiError::NotFound)? };
    let (storage, directory) =
        (Arc::clone(served.hub.storage()), Arc::clone(served.hub.directory()));
    let read = served.hub.machine().does(move || {
        let entry = storage.feed_entry(conversation).map_err(|error| fault(&error))?;
        let seen =
            entry.filter(|entry| may_see(&caller.principal, &caller.scope, &Rights::of(entry)));
        let site = seen.ok_or(ApiError::UnknownConversation)?.header.site;
        let since = || -> Result<_, ApiError> {
            Ok(directory.site(site)?.and_then(|site| site.former_since))
        };
        let former = look(storage.as_ref(), document, message, since)?;
        Ok(FormerWords { former })
    });
    read.await.map_err(|error| fault(&error))?.map(Json)
}

/// Looks what is kept, and at the end once more whether it still is.
fn look(
    storage: &dyn Storage,
    document: DocumentId,
    message: MessageId,
    since: impl Fn() -> Result<Option<Timestamp>, ApiError>,
) -> Result<Vec<Former>, ApiError> {
    let stored = storage.load(document.conversation).map_err(|error| fault(&error))?;
    let stored = stored.ok_or(ApiError::UnknownConversation)?;
    let history = history(&stored, document)?;
    let live = history.live_revision(message).ok_or(ApiError::NotFound)?;
    let kept_since = since()?;
    let kept = kept_since.map_or_else(
        || Ok(Vec::new()),
        |since| storage.former_words(document, message, since).map_err(|error| fault(&error)),
    );
    let kept: BTreeMap<_, _> = kept?.into_iter().map(|words| (words.id, words)).collect();
    let rows = stored.rows.iter().rev().filter(|row| row.kind == document.kind);
    let of_message = rows.filter(|row| row.operation.message() == Some(message));
    let former = of_message.filter_map(|row| {
        let (revision, _) = row.operation.words().filter(|(revision, _)| *revision != live)?;
        let words = kept.get(&revision).and_then(said);
        Some(Former { revision, author: row.context.author, at: row.at, words })
    });
    let mut former: Vec<Former> = former.collect();
    let tombstones = storage.tombstones(document.conversation).map_err(|error| fault(&error))?;
    let buried = tombstones.iter().any(|it| (it.kind, it.message) == (document.kind, message));
    if buried || history.has(Key::Recall(message)) {
        return Err(ApiError::Recalled);
    }
    if since()? != kept_since {
        former.iter_mut().for_each(|former| former.words = None);
    }
    Ok(former)
}

fn history(stored: &Stored, document: DocumentId) -> Result<History, ApiError> {
    let mut history = History::new(document);
    for row in stored.rows.iter().filter(|row| row.kind == document.kind) {
        history.replay(&row.operation, &row.context, row.hash).map_err(|error| fault(&error))?;
    }
    Ok(history)
}

fn said(words: &Revision) -> Option<FormerSaid> {
    let Body { text, attachments } = words.read().ok()?;
    Some(FormerSaid { text, attachments: attachments.into_iter().map(|file| file.name).collect() })
}
