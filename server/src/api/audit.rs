//! Who did what, and when: never words.

use rejoinder_core::id::{ConversationId, DocumentKind, MessageId, ParticipantId, SiteId};
use rejoinder_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ApiError;
use super::schema::{Document, Id, Moment};
use crate::directory::Action;

/// Something that was done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Entry {
    #[schema(value_type = Moment)]
    at: Timestamp,
    /// Who did it; null: the command line.
    #[schema(value_type = Option<Id>)]
    by: Option<ParticipantId>,
    action: Action,
    /// On which site; null: on none.
    #[schema(value_type = Option<Id>)]
    site: Option<SiteId>,
    /// To what: the id of a site, agent, visitor, category or canned response, or of a token.
    subject: Option<String>,
    /// Names of the fields that were changed, never what stands in them.
    fields: Vec<String>,
    /// Of a recall: what was recalled.
    recalled: Option<Recalled>,
}

/// A message that was recalled.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Recalled {
    #[schema(value_type = Id)]
    conversation: ConversationId,
    #[schema(value_type = Document)]
    document: DocumentKind,
    #[schema(value_type = Id)]
    message: MessageId,
}

/// A page of the log, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Audit {
    entries: Vec<Entry>,
    /// The cursor of the next page; null: this is the last.
    next: Option<String>,
}

/// Which part of the log.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichEntries {
    /// Where the page before ended.
    cursor: Option<String>,
    /// 1 to 100, by default 50.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Changes of settings, and every recall: of all sites for admins and above, of their own for
/// supervisors.
#[utoipa::path(get, path = "/v1/audit", tag = "audit", params(WhichEntries),
    responses((status = 200, body = Audit), ApiError))]
pub(crate) async fn audit() -> ApiError {
    ApiError::Coming
}
