//! Deleting a site: nothing is kept of it but that there was one.
//!
//! What was said there is elsewhere and takes longer. A deleted site stays named, so that neither a
//! crash nor a backup of conversations is an end of it.

use rejoinder_core::id::{ParticipantId, SiteId};
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::tell;
use crate::directory::{
    Action, By, Directory, DirectoryError, DirectoryEvent, event, participant, site_id,
};

/// What goes with a site, each by its id.
const GOES: [&str; 7] = [
    "DELETE FROM assignment WHERE site = ?1",
    "DELETE FROM canned_response WHERE site = ?1",
    "DELETE FROM category WHERE site = ?1",
    "DELETE FROM ticket WHERE site = ?1",
    "DELETE FROM page WHERE visitor IN (SELECT participant FROM visitor WHERE site = ?1)",
    // Their devices must still be told to wipe, so the rows stay.
    "UPDATE token SET revoked = 1
     WHERE visitor IN (SELECT participant FROM visitor WHERE site = ?1)",
    "UPDATE site SET name = '', origins = '', offline_message = '', greeting = '', prechat = '[]'
     WHERE id = ?1",
];

impl Directory {
    /// Deletes a site, if its name is this one: its settings, categories, canned responses, tickets
    /// and assignments go, its visitors are erased and their sessions end. What was said there is
    /// to be taken back by whoever asks for [`Self::deleted_sites`]. Again changes nothing.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownSite`], [`DirectoryError::OtherName`], and what the medium says.
    pub fn delete_site(
        &self,
        by: By,
        id: SiteId,
        name: &str,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        self.write(|connection, _| {
            let Some(site) = super::find(connection, id)? else {
                let deleted = is_deleted(connection, id)?;
                return if deleted { Ok(()) } else { Err(DirectoryError::UnknownSite(id)) };
            };
            if site.name != name.trim() {
                return Err(DirectoryError::OtherName);
            }
            for agent in assigned(connection, id)? {
                event::record(connection, &DirectoryEvent::SitesChanged(agent))?;
            }
            for goes in GOES {
                connection.prepare_cached(goes)?.execute([id.as_bytes()])?;
            }
            connection.execute(
                "UPDATE visitor SET name = NULL, email = NULL, attributes = '{}', verified = 0,
                     erased_at = coalesce(erased_at, ?2), erasing = 0 WHERE site = ?1",
                params![id.as_bytes(), now.as_millis()],
            )?;
            connection.execute(
                "UPDATE site SET deleted_at = ?2 WHERE id = ?1",
                params![id.as_bytes(), now.as_millis()],
            )?;
            tell(connection, by, now, Action::SiteDeleted, id, &[])?;
            event::record(connection, &DirectoryEvent::SiteDeleted(id))
        })?;
        self.truncate()
    }

    /// All sites that were deleted.
    ///
    /// # Errors
    /// What the medium says.
    pub fn deleted_sites(&self) -> Result<Vec<SiteId>, DirectoryError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT id FROM site WHERE deleted_at IS NOT NULL")?;
            let all = statement.query_map([], |row| site_id(row, 0))?.collect::<Result<_, _>>()?;
            Ok(all)
        })
    }
}

/// Whether a site was deleted.
pub(super) fn is_deleted(connection: &Connection, id: SiteId) -> Result<bool, DirectoryError> {
    let found = connection
        .prepare_cached("SELECT deleted_at IS NOT NULL FROM site WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(false))
}

/// Agents who are assigned to a site.
fn assigned(connection: &Connection, site: SiteId) -> Result<Vec<ParticipantId>, DirectoryError> {
    let mut statement =
        connection.prepare_cached("SELECT agent FROM assignment WHERE site = ?1")?;
    let all = statement
        .query_map([site.as_bytes()], |row| participant(row, 0))?
        .collect::<Result<_, _>>()?;
    Ok(all)
}
