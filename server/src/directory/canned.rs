//! Canned responses: what agents write again and again.

use rejoinder_core::id::{CannedResponseId, ParticipantId, SiteId};
use rejoinder_core::limits;
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::audit::{self, Deed};
use super::{Action, By, Directory, DirectoryError, participant, site, site_id};

/// Characters of a shortcut: what is still typed faster than the text.
pub const SHORTCUT_LONGEST: usize = 40;

/// Whose canned response it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// All agents' of a site.
    Site(SiteId),
    /// One agent's own.
    Agent(ParticipantId),
}

/// A text under a shortcut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CannedResponse {
    /// Which.
    pub id: CannedResponseId,
    /// Whose; never changes.
    pub whose: Whose,
    /// 1 to [`SHORTCUT_LONGEST`] letters, digits, `-` and `_`; once of each site and agent.
    pub shortcut: String,
    /// 1 to [`limits::TEXT_CHARACTERS`] characters.
    pub text: String,
    /// When it became so.
    pub updated_at: Timestamp,
}

impl Directory {
    /// All canned responses, by shortcut.
    ///
    /// # Errors
    /// What the medium says.
    pub fn canned_responses(&self) -> Result<Vec<CannedResponse>, DirectoryError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, site, agent, shortcut, text, updated_at FROM canned_response
                 ORDER BY shortcut COLLATE NOCASE, id",
            )?;
            let all = statement.query_map([], read)?.collect::<Result<_, _>>()?;
            Ok(all)
        })
    }

    /// A canned response.
    ///
    /// # Errors
    /// What the medium says.
    pub fn canned_response(
        &self,
        id: CannedResponseId,
    ) -> Result<Option<CannedResponse>, DirectoryError> {
        self.read(|connection| find(connection, id))
    }

    /// Adds a canned response, or changes it.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownSite`], [`DirectoryError::BadShortcut`],
    /// [`DirectoryError::BadText`], [`DirectoryError::ShortcutTaken`],
    /// [`DirectoryError::IdTaken`] when it is another's, and what the medium says.
    pub fn put_canned_response(
        &self,
        by: By,
        new: CannedResponse,
    ) -> Result<CannedResponse, DirectoryError> {
        check(&new)?;
        self.write(|connection, _| {
            if let Whose::Site(of) = new.whose {
                site::find(connection, of)?.ok_or(DirectoryError::UnknownSite(of))?;
            }
            let before = find(connection, new.id)?;
            if let Some(before) = &before {
                if before.whose != new.whose {
                    return Err(DirectoryError::IdTaken);
                }
                if (&before.shortcut, &before.text) == (&new.shortcut, &new.text) {
                    return Ok(before.clone());
                }
            }
            if is_taken(connection, &new)? {
                return Err(DirectoryError::ShortcutTaken);
            }
            let (site, agent) = columns(&new.whose);
            connection.execute(
                "INSERT INTO canned_response (id, site, agent, shortcut, text, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (id) DO UPDATE SET shortcut = ?4, text = ?5, updated_at = ?6",
                params![
                    new.id.as_bytes(),
                    site,
                    agent,
                    new.shortcut,
                    new.text,
                    new.updated_at.as_millis()
                ],
            )?;
            let action = match before {
                Some(_) => Action::CannedResponseChanged,
                None => Action::CannedResponseAdded,
            };
            tell(connection, by, new.updated_at, action, &new)?;
            Ok(new)
        })
    }

    /// Removes a canned response. Again is no error.
    ///
    /// # Errors
    /// What the medium says.
    pub fn remove_canned_response(
        &self,
        by: By,
        id: CannedResponseId,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        self.write(|connection, _| {
            let Some(gone) = find(connection, id)? else { return Ok(()) };
            connection.execute("DELETE FROM canned_response WHERE id = ?1", [id.as_bytes()])?;
            tell(connection, by, now, Action::CannedResponseRemoved, &gone)
        })
    }
}

fn check(new: &CannedResponse) -> Result<(), DirectoryError> {
    let plain = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    if !(1..=SHORTCUT_LONGEST).contains(&new.shortcut.chars().count())
        || !new.shortcut.chars().all(plain)
    {
        return Err(DirectoryError::BadShortcut);
    }
    if new.text.trim().is_empty() || new.text.chars().count() > limits::TEXT_CHARACTERS {
        return Err(DirectoryError::BadText);
    }
    Ok(())
}

fn columns(whose: &Whose) -> (Option<&[u8; 16]>, Option<&[u8; 16]>) {
    match whose {
        Whose::Site(site) => (Some(site.as_bytes()), None),
        Whose::Agent(agent) => (None, Some(agent.as_bytes())),
    }
}

fn is_taken(connection: &Connection, new: &CannedResponse) -> Result<bool, DirectoryError> {
    let (site, agent) = columns(&new.whose);
    Ok(connection
        .prepare_cached(
            "SELECT 1 FROM canned_response
             WHERE site IS ?1 AND agent IS ?2 AND shortcut = ?3 AND id <> ?4",
        )?
        .exists(params![site, agent, new.shortcut, new.id.as_bytes()])?)
}

/// What agents keep for themselves is nobody's business.
fn tell(
    connection: &Connection,
    by: By,
    at: Timestamp,
    action: Action,
    what: &CannedResponse,
) -> Result<(), DirectoryError> {
    let Whose::Site(site) = what.whose else { return Ok(()) };
    let (site, subject) = (Some(site), what.id.to_string());
    audit::record(connection, &Deed { by, at, action, site, subject, fields: &[] })
}

fn find(
    connection: &Connection,
    id: CannedResponseId,
) -> Result<Option<CannedResponse>, DirectoryError> {
    Ok(connection
        .prepare_cached(
            "SELECT id, site, agent, shortcut, text, updated_at FROM canned_response
             WHERE id = ?1",
        )?
        .query_row([id.as_bytes()], read)
        .optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<CannedResponse> {
    let is_site = row.get_ref(1)?.as_blob_or_null()?.is_some();
    Ok(CannedResponse {
        id: row.get(0).map(CannedResponseId::from_bytes)?,
        whose: if is_site {
            Whose::Site(site_id(row, 1)?)
        } else {
            Whose::Agent(participant(row, 2)?)
        },
        shortcut: row.get(3)?,
        text: row.get(4)?,
        updated_at: Timestamp::from_millis(row.get(5)?),
    })
}
