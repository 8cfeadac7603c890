//! Attachments' sealed bytes: sent by whoever wrote the message, fetched by whoever may see it.

use std::fs::File;
use std::io::{self, Read as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt as _, stream};
use rejoinder_core::attachment::{self, AttachmentError, SEALED_MORE_BYTES};
use rejoinder_core::conversation::revision::{Attachment, Revision};
use rejoinder_core::id::{AttachmentId, ConversationId, DocumentId, MessageId};
use rejoinder_core::limits;
use rejoinder_core::principal::Role;
use tokio::time::timeout;

use super::{ApiError, bearer, fault};
use crate::attachments::{Place, Turn, attachments, kind_of};
use crate::directory::Session;
use crate::hub::{Rights, may_see};
use crate::machine::Machine;
use crate::router::Served;
use crate::storage::Storage;

/// Seconds without a byte after which a file counts as broken off.
const STALLED_SECONDS: u64 = 30;

/// Seconds that a file may take: 25 MB by 250 kbit/s.
const TRANSFER_SECONDS: u64 = 900;

/// Bytes of a file that are read at once.
const PIECE_BYTES: usize = 64 * 1024;

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
    let at = read(at)?;
    let who = bearer(served.hub.directory(), &headers).await?;
    let _turn =
        served.hub.attachments().receive(who.principal.participant).ok_or(ApiError::Busy)?;
    // Before 25 MB are taken from a stranger.
    let judging = Arc::clone(&served);
    judged(served.hub.machine().clone(), move || {
        noted(&judging, at, may_send(&judging, &who, at).map(drop))
    })
    .await?;
    let sealed = receive(body).await?;
    // Once more: receiving took its time.
    let who = bearer(served.hub.directory(), &headers).await?;
    judged(served.hub.machine().clone(), move || {
        noted(&served, at, take(&served, &who, at, &sealed))
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Receives a body, however slowly, as long as it goes on.
async fn receive(body: Body) -> Result<Vec<u8>, ApiError> {
    let mut pieces = body.into_data_stream();
    let mut sealed = Vec::new();
    let receiving = async {
        loop {
            let piece = timeout(Duration::from_secs(STALLED_SECONDS), pieces.next()).await;
            match piece {
                Ok(Some(Ok(piece))) if sealed.len() + piece.len() > SEALED_BYTES => {
                    return Err(ApiError::TooLarge);
                }
                Ok(Some(Ok(piece))) => sealed.extend_from_slice(&piece),
                Ok(None) => return Ok(()),
                // It broke off: whoever sends it tries again.
                Ok(Some(Err(_))) | Err(_) => return Err(ApiError::Busy),
            }
        }
    };
    let received = timeout(Duration::from_secs(TRANSFER_SECONDS), receiving).await;
    received.map_err(|_| ApiError::Busy)??;
    Ok(sealed)
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
    let (place, id) = read(at)?;
    let session = bearer(served.hub.directory(), &headers).await?;
    let turn =
        served.hub.attachments().send(session.principal.participant).ok_or(ApiError::Busy)?;
    let machine = served.hub.machine().clone();
    let file = judged(machine.clone(), move || {
        let storage = served.hub.storage().as_ref();
        sees(storage, &session, place)?;
        if !attachments(&words(storage, place)?).any(|it| it.id == id) {
            return Err(ApiError::AttachmentGone);
        }
        let files = served.hub.attachments();
        let found = files.find(place, id).map_err(|error| fault(&error))?;
        found.ok_or_else(|| match files.is_refused(place, id) {
            true => ApiError::AttachmentNotTaken,
            false => ApiError::AttachmentNotThere,
        })
    });
    let file = file.await?;
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    let length = file.metadata().map_err(|error| fault(&error))?.len();
    let length = (header::CONTENT_LENGTH, HeaderValue::from(length));
    Ok(([kind, length], Body::from_stream(pieces(machine, file, turn))).into_response())
}

/// A file piece by piece. Its turn ends with it, or when its reader is too slow.
fn pieces(machine: Machine, file: File, turn: Turn) -> impl Stream<Item = io::Result<Bytes>> {
    let end = Instant::now() + Duration::from_secs(TRANSFER_SECONDS);
    stream::try_unfold((machine, file, turn), move |(machine, mut file, turn)| async move {
        if Instant::now() > end {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let reading = machine.does(move || {
            let mut piece = vec![0; PIECE_BYTES];
            let bytes = file.read(&mut piece)?;
            piece.truncate(bytes);
            Ok::<_, io::Error>((piece, file))
        });
        let (piece, file) = reading.await.map_err(io::Error::other)??;
        Ok((!piece.is_empty()).then(|| (Bytes::from(piece), (machine, file, turn))))
    })
}

fn read(at: Result<Path<At>, PathRejection>) -> Result<(Place, AttachmentId), ApiError> {
    let Ok(Path((conversation, kind, message, id))) = at else {
        return Err(ApiError::NotFound);
    };
    let kind = kind_of(&kind).ok_or(ApiError::NotFound)?;
    Ok(((DocumentId { conversation, kind }, message), id))
}

/// Judges where blocking is allowed.
async fn judged<T: Send + 'static>(
    machine: Machine,
    judge: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    machine.does(judge).await.map_err(|error| fault(&error))?
}

/// Whether somebody may see a document; whoever may not learns nothing of it.
fn sees(storage: &dyn Storage, session: &Session, (document, _): Place) -> Result<(), ApiError> {
    let entry = storage.feed_entry(document.conversation).map_err(|error| fault(&error))?;
    let seen = entry.is_some_and(|entry| {
        let rights = Rights::of(&entry);
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

/// What the words of an author describe, if it may be sent now.
fn may_send(
    served: &Served,
    session: &Session,
    (place, id): (Place, AttachmentId),
) -> Result<Attachment, ApiError> {
    let (storage, files) = (served.hub.storage().as_ref(), served.hub.attachments());
    sees(storage, session, place)?;
    let words = words(storage, place)?;
    if !words.iter().any(|it| session.principal.is(it.author)) {
        return Err(ApiError::NotAllowed);
    }
    let found = attachments(&words).find(|it| it.id == id);
    let found = found.ok_or(ApiError::AttachmentGone)?;
    if served.hub.directory().is_blocked(&session.principal) {
        return Err(ApiError::Blocked);
    }
    if files.has(place, id) {
        return Ok(found);
    }
    let kept = files.bytes_of(place.0.conversation).map_err(|error| fault(&error))?;
    let with = kept.saturating_add(found.bytes + SEALED_MORE_BYTES);
    if with <= limits::CONVERSATION_ATTACHMENT_BYTES { Ok(found) } else { Err(ApiError::FilesFull) }
}

/// Notes of a file that its author may send, and will not send again, that it was not taken.
fn noted<T>(
    served: &Served,
    (place, id): (Place, AttachmentId),
    judged: Result<T, ApiError>,
) -> Result<T, ApiError> {
    if matches!(judged, Err(ApiError::Invalid { .. } | ApiError::FilesFull | ApiError::Blocked)) {
        let (storage, files) = (served.hub.storage().as_ref(), served.hub.attachments());
        files.refuse(place, id).map_err(|error| fault(&error))?;
        // A recall that came meanwhile has looked for it before it was there.
        files.tidy(storage, place).map_err(|error| fault(&error))?;
    }
    judged
}

fn take(
    served: &Served,
    session: &Session,
    (place, id): (Place, AttachmentId),
    sealed: &[u8],
) -> Result<(), ApiError> {
    let described = may_send(served, session, (place, id))?;
    attachment::open(&described, sealed).map_err(refused)?;
    let (storage, files) = (served.hub.storage().as_ref(), served.hub.attachments());
    let kept = files.keep(place, id, sealed).map_err(|error| fault(&error));
    // A recall that came meanwhile has looked for it before it was there.
    files.tidy(storage, place).map_err(|error| fault(&error))?;
    kept?;
    if files.has(place, id) { Ok(()) } else { Err(ApiError::AttachmentGone) }
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
