//! Attachments' sealed bytes: sent by whoever wrote the message, fetched by whoever may see it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rejoinder_core::attachment::{self, AttachmentError, SEALED_MORE_BYTES};
use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::id::{AttachmentId, ConversationId, DocumentId, MessageId};
use rejoinder_core::limits;
use rejoinder_core::principal::Role;
use tokio::sync::OwnedSemaphorePermit;

use super::{ApiError, bearer, fault};
use crate::attachments::{Attachments, Place, described, kind_of};
use crate::directory::Session;
use crate::hub::{Rights, may_see};
use crate::router::Served;
use crate::storage::Storage;

/// Seconds that a file may take: 25 MB by 1 Mbit/s, and then some.
const RECEIVING_SECONDS: u64 = 300;

/// Bytes of one sealed attachment.
#[expect(clippy::cast_possible_truncation, reason = "25 MB fit everywhere")]
const SEALED_BYTES: usize = (limits::ATTACHMENT_BYTES + SEALED_MORE_BYTES) as usize;

/// Where an attachment belongs.
type At = (ConversationId, String, MessageId, AttachmentId);

/// Keeps the sealed bytes of an attachment that a message describes. The token of its author.
///
/// They are as the description says, sealed under its key; the same again changes nothing.
#[utoipa::path(put, path = "/v1/attachments/{conversation}/{kind}/{message}/{id}",
    tag = "attachments", request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(
        ("conversation" = String, Path), ("message" = String, Path), ("id" = String, Path),
        ("kind" = String, Path, description = "`timeline` or `team`"),
    ),
    responses((status = 204, description = "They are kept."), ApiError))]
pub(crate) async fn put_attachment(
    State(served): State<Arc<Served>>,
    headers: HeaderMap,
    at: Result<Path<At>, PathRejection>,
    body: Body,
) -> Result<StatusCode, ApiError> {
    let session = bearer(served.hub.directory(), &headers).await?;
    let (place, id) = read(at)?;
    let _turn = turn(served.hub.attachments())?;
    let asked = (served.hub.storage().clone(), served.hub.attachments().clone());
    let (storage, attachments) = asked.clone();
    let who = session.clone();
    // Before 25 MB are taken from a stranger.
    judged(move || may_send(storage.as_ref(), &attachments, &who, place, id)).await?;
    let receiving = to_bytes(body, SEALED_BYTES);
    let sealed = tokio::time::timeout(Duration::from_secs(RECEIVING_SECONDS), receiving).await;
    let Ok(Ok(sealed)) = sealed else { return Err(ApiError::TooLarge) };
    let (storage, attachments) = asked;
    judged(move || take(storage.as_ref(), &attachments, &session, (place, id), &sealed)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The sealed bytes of an attachment, for whoever may see its message. Their key is in its words.
#[utoipa::path(get, path = "/v1/attachments/{conversation}/{kind}/{message}/{id}",
    tag = "attachments",
    params(
        ("conversation" = String, Path), ("message" = String, Path), ("id" = String, Path),
        ("kind" = String, Path, description = "`timeline` or `team`"),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"), ApiError))]
pub(crate) async fn attachment(
    State(served): State<Arc<Served>>,
    headers: HeaderMap,
    at: Result<Path<At>, PathRejection>,
) -> Result<Response, ApiError> {
    let session = bearer(served.hub.directory(), &headers).await?;
    let (place, id) = read(at)?;
    let _turn = turn(served.hub.attachments())?;
    let (storage, attachments) = (served.hub.storage().clone(), served.hub.attachments().clone());
    let sealed = judged(move || {
        sees(storage.as_ref(), &session, place)?;
        let words = words(storage.as_ref(), place)?;
        if !describes(&words, id) {
            return Err(ApiError::AttachmentGone);
        }
        let found = attachments.find(place, id).map_err(|error| fault(&error))?;
        found.ok_or(ApiError::AttachmentNotThere)
    });
    let sealed = sealed.await?;
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    Ok(([kind], sealed).into_response())
}

fn read(at: Result<Path<At>, PathRejection>) -> Result<(Place, AttachmentId), ApiError> {
    let Ok(Path((conversation, kind, message, id))) = at else {
        return Err(ApiError::NotFound);
    };
    let kind = kind_of(&kind).ok_or(ApiError::NotFound)?;
    Ok(((DocumentId { conversation, kind }, message), id))
}

fn turn(attachments: &Attachments) -> Result<OwnedSemaphorePermit, ApiError> {
    attachments.turns().try_acquire_owned().map_err(|_| ApiError::Busy)
}

/// Judges where blocking is allowed.
async fn judged<T: Send + 'static>(
    judge: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(judge).await.map_err(|error| fault(&error))?
}

/// Whether somebody may see a document; whoever may not learns nothing of it.
fn sees(storage: &dyn Storage, session: &Session, (document, _): Place) -> Result<(), ApiError> {
    let entry = storage.feed_entry(document.conversation).map_err(|error| fault(&error))?;
    let seen = entry.is_some_and(|entry| {
        let rights = Rights {
            site: entry.header.site,
            visitor: entry.header.visitor,
            assignee: entry.summary.assignee,
            collaborators: &entry.summary.team.collaborators,
        };
        let is_team = document == DocumentId::team(document.conversation);
        let outside = is_team && session.principal.role == Role::Visitor;
        !outside && may_see(&session.principal, &session.scope, &rights)
    });
    if seen { Ok(()) } else { Err(ApiError::UnknownConversation) }
}

/// The live words of a message.
fn words(storage: &dyn Storage, place: Place) -> Result<Vec<Revision>, ApiError> {
    let words = storage.message_words(place.0, place.1).map_err(|error| fault(&error))?;
    if !words.is_empty() {
        return Ok(words);
    }
    let tombstones = storage.tombstones(place.0.conversation).map_err(|error| fault(&error))?;
    let is_recalled = tombstones.iter().any(|it| it.kind == place.0.kind && it.message == place.1);
    Err(if is_recalled { ApiError::AttachmentGone } else { ApiError::NotFound })
}

fn describes(words: &[Revision], id: AttachmentId) -> bool {
    words
        .iter()
        .filter_map(|it| it.read().ok())
        .any(|body| body.attachments.iter().any(|attachment| attachment.id == id))
}

fn may_send(
    storage: &dyn Storage,
    attachments: &Attachments,
    session: &Session,
    place: Place,
    id: AttachmentId,
) -> Result<(), ApiError> {
    sees(storage, session, place)?;
    let words = words(storage, place)?;
    if !words.iter().any(|it| session.principal.is(it.author)) {
        return Err(ApiError::NotAllowed);
    }
    if !describes(&words, id) {
        return Err(ApiError::AttachmentGone);
    }
    if attachments.has(place, id) {
        return Ok(());
    }
    let conversation = place.0.conversation;
    let kept = attachments.bytes_of(conversation).map_err(|error| fault(&error))?;
    if kept < limits::CONVERSATION_ATTACHMENT_BYTES { Ok(()) } else { Err(FULL) }
}

const FULL: ApiError = ApiError::Invalid {
    field: "attachment",
    message: "this conversation holds 500 MB of files, more than which none does: send a link",
};

fn take(
    storage: &dyn Storage,
    attachments: &Attachments,
    session: &Session,
    (place, id): (Place, AttachmentId),
    sealed: &[u8],
) -> Result<(), ApiError> {
    // Once more: receiving took its time.
    may_send(storage, attachments, session, place, id)?;
    let described = described(storage, place).map_err(|error| fault(&error))?;
    let described = described.iter().find(|it| it.id == id).ok_or(ApiError::AttachmentGone)?;
    attachment::open(described, sealed).map_err(refused)?;
    let kept = attachments.keep(place, id, sealed).map_err(|error| fault(&error));
    // A recall that came meanwhile has looked for it before it was there.
    attachments.tidy(storage, place).map_err(|error| fault(&error))?;
    kept?;
    if attachments.has(place, id) { Ok(()) } else { Err(ApiError::AttachmentGone) }
}

fn refused(error: AttachmentError) -> ApiError {
    let message = match error {
        AttachmentError::Empty => "the file is empty",
        AttachmentError::TooLarge => "the file is larger than 25 MB: send a link to it",
        AttachmentError::Type => {
            "files of this type are not taken: send a picture, a PDF, an office document or text"
        }
        AttachmentError::Name => "the file's name does not fit what it is: use its usual ending",
        AttachmentError::Content => "the file is not what its name says: save it again",
        AttachmentError::Damaged => "the bytes are not those that the message describes",
    };
    ApiError::Invalid { field: "attachment", message }
}
