//! What happened in conversations, from the rows of their logs: figures keep no rows of their own,
//! so that no crash, restore or repeat can count anything twice.

use rejoinder_core::conversation::layout::Status;
use rejoinder_core::id::{ConversationId, ParticipantId, SiteId};
use rusqlite::types::Value;
use rusqlite::{Connection, Result, params_from_iter};

use super::group::is_one_s_own;
use super::read::Reads;
use super::rows::{Columns, integer};
use crate::storage::{Course, Span, Step, StorageError};

impl Reads {
    /// Courses of conversations, in the order of their ids.
    pub(super) fn courses(
        &self,
        span: &Span,
        after: Option<ConversationId>,
        at_most: usize,
    ) -> core::result::Result<(Vec<Course>, Option<ConversationId>), StorageError> {
        self.read("what happened", |connection| {
            let found = found(connection, span, after, at_most)?;
            let last = found.last().map(|(id, _)| *id).filter(|_| found.len() == at_most);
            let mut courses = Vec::with_capacity(found.len());
            for (conversation, site) in found {
                match steps(connection, conversation) {
                    Ok(steps) => courses.push(Course { conversation, site, steps }),
                    // One that is damaged must not hide the others: `verify` says where it is.
                    Err(error) if is_one_s_own(&error) => {
                        tracing::warn!(%conversation, %error, "left out of figures");
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok((courses, last))
        })
    }

    /// How many conversations of each site are open in each status.
    pub(super) fn open_ones(
        &self,
        sites: Option<&[SiteId]>,
    ) -> core::result::Result<Vec<(SiteId, Status, u32)>, StorageError> {
        let (condition, values) = of_sites(sites);
        self.read("open conversations", |connection| {
            connection
                .prepare_cached(&format!(
                    "SELECT site, status, count(*) FROM conversation \
                     WHERE {condition} NOT closed AND gone_at IS NULL AND timeline > 0 \
                     GROUP BY site, status"
                ))?
                .query_map(params_from_iter(values), |row| {
                    let mut columns = Columns::of(row);
                    let site = columns.id(SiteId::from_bytes)?;
                    let status = columns.code("a status", Status::from_code)?;
                    Ok((site, status, columns.plain()?))
                })?
                .collect()
        })
    }
}

/// A condition on `site` that ends in `AND`, and its values.
fn of_sites(sites: Option<&[SiteId]>) -> (String, Vec<Value>) {
    let Some(sites) = sites else { return (String::new(), Vec::new()) };
    let places = vec!["?"; sites.len()].join(", ");
    let values = sites.iter().map(|site| Value::Blob(site.as_bytes().to_vec())).collect();
    (format!("site IN ({places}) AND "), values)
}

fn found(
    connection: &Connection,
    span: &Span,
    after: Option<ConversationId>,
    at_most: usize,
) -> Result<Vec<(ConversationId, SiteId)>> {
    let (condition, mut values) = of_sites(span.sites.as_deref());
    let after = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
    values.push(Value::Blob(after));
    values.push(Value::Integer(span.from.as_millis()));
    values.push(Value::Integer(span.to.as_millis()));
    values.push(Value::Integer(integer(at_most as u64)));
    connection
        .prepare_cached(&format!(
            "SELECT id, site FROM conversation NOT INDEXED \
             WHERE {condition} gone_at IS NULL AND id > ? AND at >= ? AND created_at < ? \
             ORDER BY id LIMIT ?"
        ))?
        .query_map(params_from_iter(values), |row| {
            let mut columns = Columns::of(row);
            Ok((columns.id(ConversationId::from_bytes)?, columns.id(SiteId::from_bytes)?))
        })?
        .collect()
}

fn steps(connection: &Connection, conversation: ConversationId) -> Result<Vec<Step>> {
    let mut steps: Vec<Step> = connection
        .prepare_cached(
            "SELECT kind, at, submitted_by, operation FROM log WHERE conversation = ?1",
        )?
        .query_map([conversation.as_bytes()], |row| {
            let mut columns = Columns::of(row);
            Ok(Step {
                kind: columns.kind()?,
                at: columns.time()?,
                by: columns.id(ParticipantId::from_bytes)?,
                operation: columns.cbor("an operation")?,
            })
        })?
        .collect::<Result<_>>()?;
    // Moments of acceptance rise over both documents.
    steps.sort_by_key(|step| step.at);
    Ok(steps)
}
