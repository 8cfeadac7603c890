//! Conversations of every status, newest first, and one of them written out.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use rejoinder_core::conversation::layout::{Priority, Status};
use rejoinder_core::id::{CategoryId, ConversationId, ParticipantId, SiteId};
use rejoinder_core::principal::Role;
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::FeedRow;
use serde::de::IntoDeserializer;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema::{ConversationPriority, ConversationRow, Id};
use super::{ApiError, agent, fault};
use crate::directory::{Directory, DirectoryError, Scope, Session};
use crate::export::{self, ExportError, Transcript};
use crate::hub::{Rights, feed_row, may_see};
use crate::router::Served;
use crate::storage::{FeedEntry, Filter, Storage, StorageError};
use crate::transcript::{self as written, Notes};

/// Conversations in an answer, where no number is asked for, and at most.
const PAGE: usize = 50;
const MOST: usize = 200;

/// Which conversations. Each part narrows.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    #[param(value_type = Option<Id>)]
    site: Option<SiteId>,
    /// One or several, with commas between.
    #[param(example = "waiting_for_human,active_human")]
    status: Option<String>,
    closed: Option<bool>,
    /// `me`, `none`, or an id.
    assignee: Option<String>,
    #[param(value_type = Option<Id>)]
    visitor: Option<ParticipantId>,
    /// An id, or `none`.
    category: Option<String>,
    #[param(value_type = Option<ConversationPriority>)]
    priority: Option<Priority>,
    /// Last active at this moment or later, in milliseconds since 1970.
    since: Option<i64>,
    /// Last active before.
    until: Option<i64>,
    /// The `next` of the answer before.
    before: Option<u64>,
    /// 1 to 200, by default 50.
    limit: Option<usize>,
}

/// Newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Conversations {
    #[schema(value_type = Vec<ConversationRow>)]
    conversations: Vec<FeedRow>,
    /// From where to go on; none at the end.
    next: Option<u64>,
}

/// Conversations of every status that one may see, newest first.
#[utoipa::path(get, path = "/v1/conversations", tag = "conversations", params(Asked),
    responses((status = 200, body = Conversations), ApiError))]
pub(crate) async fn conversations(
    State(served): State<Arc<Served>>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Conversations>, ApiError> {
    let session = agent(&served, &headers).await?;
    let Ok(Query(asked)) = asked else { return Err(ApiError::BadQuery) };
    let filter = asked.filter(&session).ok_or(ApiError::BadQuery)?;
    let most = asked.limit.unwrap_or(PAGE).clamp(1, MOST);
    let below = asked.before.unwrap_or(u64::MAX);
    let storage = Arc::clone(served.hub.storage());
    let found = served.hub.blocking(move || page(storage.as_ref(), &session, &filter, below, most));
    found.await.map(Json).map_err(|error| fault(&error))
}

impl Asked {
    fn filter(&self, session: &Session) -> Option<Filter> {
        let status: Vec<Status> = match self.status.as_deref() {
            None => Vec::new(),
            Some(text) => text.split(',').map(code).collect::<Option<_>>()?,
        };
        let assignee = match self.assignee.as_deref() {
            None => None,
            Some("none") => Some(None),
            Some("me") => Some(Some(session.principal.participant)),
            Some(id) => Some(Some(id.parse().ok()?)),
        };
        let category: Option<Option<CategoryId>> = match self.category.as_deref() {
            None => None,
            Some("none") => Some(None),
            Some(id) => Some(Some(id.parse().ok()?)),
        };
        let filter = Filter {
            sites: self.site.map(|site| vec![site]),
            status,
            closed: self.closed,
            assignee,
            visitor: self.visitor,
            category,
            priority: self.priority,
            since: self.since.map(Timestamp::from_millis),
            until: self.until.map(Timestamp::from_millis),
        };
        Some(filter.within(&session.scope))
    }
}

/// A value as JSON would have it.
fn code<'de, T: Deserialize<'de>>(text: &'de str) -> Option<T> {
    let text: serde::de::value::BorrowedStrDeserializer<'_, serde::de::value::Error> =
        serde::de::value::BorrowedStrDeserializer::new(text);
    T::deserialize(text.into_deserializer()).ok()
}

fn page(
    storage: &dyn Storage,
    session: &Session,
    filter: &Filter,
    mut below: u64,
    most: usize,
) -> Result<Conversations, StorageError> {
    let mut conversations = Vec::new();
    loop {
        let entries = storage.conversations(filter, below, most)?;
        let more = entries.len() == most;
        for entry in entries {
            below = entry.feed;
            if sees(session, &entry) {
                conversations.push(feed_row(&entry, true));
            }
            if conversations.len() == most {
                return Ok(Conversations { conversations, next: Some(below) });
            }
        }
        if !more {
            return Ok(Conversations { conversations, next: None });
        }
    }
}

fn sees(session: &Session, entry: &FeedEntry) -> bool {
    let rights = Rights::of(entry);
    may_see(&session.principal, &session.scope, &rights)
}

/// How a conversation is to be written out.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    #[default]
    Text,
    Json,
    Html,
}

/// What of a transcript is wanted.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Left out: text.
    #[param(inline, required = false)]
    format: Format,
    /// `with` or, where nothing is said, `without`: a transcript is mostly for the visitor.
    #[param(inline, required = false)]
    notes: Notes,
}

/// A conversation written out, for supervisors and above and for the agent who has it. A recalled
/// message is only a notice in it.
#[utoipa::path(get, path = "/v1/conversations/{id}/transcript", tag = "conversations",
    params(("id" = Id, Path), Wanted),
    responses((status = 200, content((Transcript = "application/json"), (String = "text/plain"),
        (String = "text/html"))), ApiError))]
pub(crate) async fn transcript(
    State(served): State<Arc<Served>>,
    headers: HeaderMap,
    id: Result<Path<ConversationId>, PathRejection>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, ApiError> {
    let session = agent(&served, &headers).await?;
    let Ok(Path(id)) = id else { return Err(ApiError::NotFound) };
    let Ok(Query(Wanted { format, notes })) = wanted else { return Err(ApiError::BadQuery) };
    let (storage, directory) =
        (Arc::clone(served.hub.storage()), Arc::clone(served.hub.directory()));
    let found = served.hub.machine().does(move || {
        let entry = storage.feed_entry(id).map_err(|error| fault(&error))?;
        let entry = entry.filter(|entry| sees(&session, entry));
        let entry = entry.ok_or(ApiError::UnknownConversation)?;
        if !may_write_out(&session, &entry) {
            return Err(ApiError::NotAllowed);
        }
        let names = |who: &_| names(&directory, who);
        let found = export::transcript::<Failure>(storage.as_ref(), id, names);
        found.map_err(|Failure(error)| error)
    });
    let found = found.await.map_err(|error| fault(&error))??;
    let transcript = written::with(found, notes);
    let (kind, body) = match format {
        Format::Text => ("text/plain; charset=utf-8", written::text(&transcript)),
        Format::Html => ("text/html; charset=utf-8", written::html(&transcript)),
        Format::Json => return Ok(Json(transcript).into_response()),
    };
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static(kind));
    // Saved, not shown: what a visitor wrote is no page of this server.
    let saved = (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    Ok(([kind, saved], body).into_response())
}

fn may_write_out(session: &Session, entry: &FeedEntry) -> bool {
    let own = entry.summary.assignee.is_some_and(|assignee| session.principal.is(assignee));
    match (session.principal.role, &session.scope) {
        (Role::Agent(role), Scope::All | Scope::Sites(_)) => own || role.recalls_any(),
        _ => false,
    }
}

/// Why a transcript is not there.
struct Failure(ApiError);

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        Self(match error {
            ExportError::Unknown(_) => ApiError::UnknownConversation,
            ExportError::Damaged(..) | ExportError::Storage(_) => fault(&error),
        })
    }
}

impl From<DirectoryError> for Failure {
    fn from(error: DirectoryError) -> Self {
        Self(fault(&error))
    }
}

fn names(
    directory: &Directory,
    of: &std::collections::BTreeSet<ParticipantId>,
) -> Result<std::collections::BTreeMap<ParticipantId, String>, Failure> {
    Ok(directory.agent_names(of)?)
}
