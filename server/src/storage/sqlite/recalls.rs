//! Recalls, as an audit log lists them.

use rejoinder_core::id::{MessageId, ParticipantId, SiteId};
use rusqlite::types::Value;
use rusqlite::{Connection, Result, params_from_iter};

use super::rows::{Columns, integer};
use crate::storage::{FeedScope, Recall};

/// Recalls numbered before `before`, newest first.
pub(super) fn of(
    connection: &Connection,
    scope: &FeedScope,
    before: u64,
    at_most: usize,
) -> Result<Vec<Recall>> {
    let (condition, ids) = match scope {
        FeedScope::All => ("true".to_owned(), Vec::new()),
        FeedScope::Sites(sites) => {
            (among("c.site", sites.len()), sites.iter().map(SiteId::as_bytes).collect())
        }
        FeedScope::Visitor(visitors) => (
            among("c.visitor", visitors.len()),
            visitors.iter().map(ParticipantId::as_bytes).collect(),
        ),
    };
    let mut values: Vec<Value> = ids.into_iter().map(|id| Value::Blob(id.to_vec())).collect();
    values.push(integer(before.min(i64::MAX.unsigned_abs())).into());
    values.push(integer(at_most as u64).into());
    connection
        .prepare_cached(&format!(
            "SELECT e.number, e.conversation, e.kind, e.message, e.by, e.at, c.site \
             FROM erasure e LEFT JOIN conversation c ON c.id = e.conversation \
             WHERE {condition} AND e.number < ? ORDER BY e.number DESC LIMIT ?"
        ))?
        .query_map(params_from_iter(values), |row| {
            let mut columns = Columns::of(row);
            Ok(Recall {
                number: columns.number()?,
                document: columns.document()?,
                message: columns.id(MessageId::from_bytes)?,
                by: columns.id(ParticipantId::from_bytes)?,
                at: columns.time()?,
                site: columns.optional_id(SiteId::from_bytes)?,
            })
        })?
        .collect()
}

fn among(column: &str, count: usize) -> String {
    format!("{column} IN ({})", vec!["?"; count].join(", "))
}
