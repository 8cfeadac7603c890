//! Visitors: people on a customer's page.

use std::collections::BTreeSet;

use rejoinder_core::dice::Dice;
use rejoinder_core::id::{ParticipantId, SiteId};
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{Directory, DirectoryError, participant, site_id};

/// Somebody on a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// How documents name them now.
    pub participant: ParticipantId,
    /// How documents named them before they became known.
    pub former: BTreeSet<ParticipantId>,
    /// The site they came to.
    pub site: SiteId,
    /// When they came first.
    pub created_at: Timestamp,
}

impl Directory {
    /// A visitor, by their id or a former one.
    ///
    /// # Errors
    /// What the medium says.
    pub fn visitor(&self, visitor: ParticipantId) -> Result<Option<Visitor>, DirectoryError> {
        self.read(|connection| {
            let now = connection
                .prepare_cached("SELECT visitor FROM former WHERE participant = ?1")?
                .query_row([visitor.as_bytes()], |row| participant(row, 0))
                .optional()?;
            find(connection, now.unwrap_or(visitor))
        })
    }

    /// An anonymous visitor turned out to be a known one: all of their ids and tokens are the
    /// known one's from now on. Their live sessions go on as they were until they connect again.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownVisitor`] unless both are visitors of the same site, and not the
    /// same; and what the medium says.
    pub fn merge_visitor(
        &self,
        anonymous: ParticipantId,
        known: ParticipantId,
    ) -> Result<Visitor, DirectoryError> {
        self.write(|connection, _| {
            let expect =
                |visitor| find(connection, visitor)?.ok_or(DirectoryError::UnknownVisitor(visitor));
            let (from, into) = (expect(anonymous)?, expect(known)?);
            if anonymous == known || from.site != into.site {
                return Err(DirectoryError::UnknownVisitor(anonymous));
            }
            let both = params![anonymous.as_bytes(), known.as_bytes()];
            connection.execute("UPDATE former SET visitor = ?2 WHERE visitor = ?1", both)?;
            connection
                .execute("INSERT INTO former (participant, visitor) VALUES (?1, ?2)", both)?;
            connection.execute("UPDATE token SET visitor = ?2 WHERE visitor = ?1", both)?;
            connection
                .execute("DELETE FROM visitor WHERE participant = ?1", [anonymous.as_bytes()])?;
            expect(known)
        })
    }
}

/// Somebody who comes for the first time.
pub(super) fn add(
    connection: &Connection,
    site: SiteId,
    now: Timestamp,
    dice: &mut Dice,
) -> Result<ParticipantId, DirectoryError> {
    let visitor = ParticipantId::random(dice);
    connection
        .prepare_cached("INSERT INTO visitor (participant, site, created_at) VALUES (?1, ?2, ?3)")?
        .execute(params![visitor.as_bytes(), site.as_bytes(), now.as_millis()])?;
    Ok(visitor)
}

/// A visitor, by their present id.
pub(super) fn find(
    connection: &Connection,
    visitor: ParticipantId,
) -> Result<Option<Visitor>, DirectoryError> {
    let found = connection
        .prepare_cached("SELECT site, created_at FROM visitor WHERE participant = ?1")?
        .query_row([visitor.as_bytes()], |row| Ok((site_id(row, 0)?, row.get(1)?)))
        .optional()?;
    let Some((site, created_at)) = found else { return Ok(None) };
    let former = connection
        .prepare_cached("SELECT participant FROM former WHERE visitor = ?1")?
        .query_map([visitor.as_bytes()], |row| participant(row, 0))?
        .collect::<Result<_, _>>()?;
    let created_at = Timestamp::from_millis(created_at);
    Ok(Some(Visitor { participant: visitor, former, site, created_at }))
}
