//! The audit log: who did what, and when. It holds ids and names of fields, never words.
//!
//! Each entry is written in the transaction of what it tells of. Recalls are not written here:
//! storage keeps them with the change itself, see [`crate::storage::Storage::recalls`].

use rejoinder_core::id::{ParticipantId, SiteId};
use rejoinder_core::time::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use super::filter::Filter;
use super::{Action, Directory, DirectoryError, Scope, known};

/// Who gives a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Whoever may run the program on the server's machine.
    CommandLine,
    /// An agent.
    Agent(ParticipantId),
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number: later ones are higher.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: By,
    /// What.
    pub action: Action,
    /// On which site; none where it concerns no single one.
    pub site: Option<SiteId>,
    /// To what: an id as text.
    pub subject: Option<String>,
    /// Names of the fields that were changed.
    pub fields: Vec<String>,
}

/// What is to be told of a command.
pub(super) struct Deed<'a> {
    pub(super) by: By,
    pub(super) at: Timestamp,
    pub(super) action: Action,
    pub(super) site: Option<SiteId>,
    pub(super) subject: String,
    pub(super) fields: &'a [&'static str],
}

/// Writes it in the transaction of the command.
pub(super) fn record(connection: &Connection, deed: &Deed<'_>) -> Result<(), DirectoryError> {
    let by = match deed.by {
        By::CommandLine => None,
        By::Agent(agent) => Some(agent),
    };
    connection
        .prepare_cached(
            "INSERT INTO audit (at, by, action, site, subject, fields)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            deed.at.as_millis(),
            by.as_ref().map(ParticipantId::as_bytes),
            deed.action.name(),
            deed.site.as_ref().map(SiteId::as_bytes),
            deed.subject,
            deed.fields.join(" "),
        ])?;
    Ok(())
}

impl Directory {
    /// Entries before a number, newest first. Who does not see all sites is shown those that
    /// concern one of theirs.
    ///
    /// # Errors
    /// What the medium says.
    pub fn audit(
        &self,
        scope: &Scope,
        before: u64,
        at_most: usize,
    ) -> Result<Vec<AuditEntry>, DirectoryError> {
        self.read(|connection| {
            let mut filter = Filter::new();
            filter.sites(scope);
            let before = i64::try_from(before).unwrap_or(i64::MAX);
            filter.and("id < ?", [Value::from(before)]);
            let (condition, mut values) = filter.parts();
            values.push(i64::try_from(at_most).unwrap_or(i64::MAX).into());
            let mut statement = connection.prepare_cached(&format!(
                "SELECT id, at, by, action, site, subject, fields FROM audit WHERE {condition}
                 ORDER BY id DESC LIMIT ?"
            ))?;
            let mut rows = statement.query(params_from_iter(values))?;
            let mut entries = Vec::new();
            while let Some(row) = rows.next()? {
                let (action, fields): (String, String) = (row.get(3)?, row.get(6)?);
                let by: Option<[u8; 16]> = row.get(2)?;
                let site: Option<[u8; 16]> = row.get(4)?;
                entries.push(AuditEntry {
                    id: row.get::<_, i64>(0)?.unsigned_abs(),
                    at: Timestamp::from_millis(row.get(1)?),
                    by: by.map_or(By::CommandLine, |id| By::Agent(ParticipantId::from_bytes(id))),
                    action: known(Action::from_name(&action), "an action")?,
                    site: site.map(SiteId::from_bytes),
                    subject: row.get(5)?,
                    fields: fields.split_whitespace().map(str::to_owned).collect(),
                });
            }
            Ok(entries)
        })
    }
}
