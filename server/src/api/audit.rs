//! Who did what, and when: never words.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rejoinder_core::id::{ConversationId, DocumentKind, MessageId, ParticipantId, SiteId};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Asked, Caller, bad_cursor, page_size};
use super::schema::{Document, Id, Moment};
use super::{ApiError, asked, fault};
use crate::directory::{Action, AuditEntry, By, Scope};
use crate::router::Served;
use crate::storage::{FeedScope, Recall};

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
pub(crate) async fn audit(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Asked(which): Asked<WhichEntries>,
) -> Result<Json<Audit>, ApiError> {
    caller.at_least(AgentRole::Supervisor)?;
    let (cursor, at_most) = (Cursor::parse(which.cursor.as_deref())?, page_size(which.limit)?);
    // One more of each says whether there is more.
    let read = at_most + 1;
    let sites = match &caller.scope {
        Scope::All => FeedScope::All,
        Scope::Sites(sites) => FeedScope::Sites(sites.clone()),
        Scope::Visitor { .. } => return Err(ApiError::AgentsOnly),
    };
    let scope = caller.scope;
    let deeds = asked(served.hub.directory(), move |d| d.audit(&scope, cursor.deeds, read)).await?;
    let storage = Arc::clone(served.hub.storage());
    let recalls = served.hub.blocking(move || storage.recalls(&sites, cursor.recalls, read)).await;
    let recalls = recalls.map_err(|error| fault(&error))?;
    Ok(Json(merge(deeds, recalls, cursor, at_most)))
}

/// How far the two logs that are one here were read: what comes next stands before these numbers.
#[derive(Clone, Copy)]
struct Cursor {
    deeds: u64,
    recalls: u64,
}

impl Cursor {
    fn parse(text: Option<&str>) -> Result<Self, ApiError> {
        let Some(text) = text else { return Ok(Self { deeds: u64::MAX, recalls: u64::MAX }) };
        let (deeds, recalls) = text.split_once('-').ok_or_else(bad_cursor)?;
        let number = |text: &str| text.parse().map_err(|_| bad_cursor());
        Ok(Self { deeds: number(deeds)?, recalls: number(recalls)? })
    }
}

/// Puts the newest of both together, and says where the next page begins.
fn merge(
    deeds: Vec<AuditEntry>,
    recalls: Vec<Recall>,
    mut cursor: Cursor,
    at_most: usize,
) -> Audit {
    let (mut deeds, mut recalls) = (deeds.into_iter().peekable(), recalls.into_iter().peekable());
    let mut entries = Vec::new();
    while entries.len() < at_most {
        let (deed, recall) = (deeds.peek().map(|d| d.at), recalls.peek().map(|r| r.at));
        if recall > deed {
            let Some(recall) = recalls.next() else { break };
            cursor.recalls = recall.number;
            entries.push(recall.into());
        } else {
            let Some(deed) = deeds.next() else { break };
            cursor.deeds = deed.id;
            entries.push(deed.into());
        }
    }
    let more = deeds.peek().is_some() || recalls.peek().is_some();
    let next = more.then(|| format!("{}-{}", cursor.deeds, cursor.recalls));
    Audit { entries, next }
}

impl From<AuditEntry> for Entry {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { at, by, action, site, subject, fields, .. } = entry;
        let by = match by {
            By::CommandLine => None,
            By::Agent(agent) => Some(agent),
        };
        Self { at, by, action, site, subject, fields, recalled: None }
    }
}

impl From<Recall> for Entry {
    fn from(recall: Recall) -> Self {
        let recalled = Recalled {
            conversation: recall.document.conversation,
            document: recall.document.kind,
            message: recall.message,
        };
        Self {
            at: recall.at,
            by: Some(recall.by),
            action: Action::MessageRecalled,
            site: recall.site,
            subject: None,
            fields: Vec::new(),
            recalled: Some(recalled),
        }
    }
}
