//! One-time links by which agents choose a password. The server keeps their hashes only.

use rejoinder_core::id::ParticipantId;
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::audit::{self, Deed};
use super::token::{self, TokenHash};
use super::{
    Action, Agent, By, Directory, DirectoryError, HOUR_MILLIS, LinkKind, Password, agent, known,
    participant,
};

/// Hours in which somebody who was added chooses their first password: a long weekend.
const INVITE_HOURS: i64 = 72;

/// Hours in which somebody chooses another.
const RESET_HOURS: i64 = 24;

/// A link to hand over. Its token is kept nowhere else.
pub struct Link {
    /// What it is for.
    pub kind: LinkKind,
    /// What it is used with.
    pub token: String,
    /// When it is worth nothing any more.
    pub expires_at: Timestamp,
}

impl core::fmt::Debug for Link {
    /// Never the token.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Link").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Whose password a link lets choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkFor {
    /// Whose.
    pub agent: Agent,
    /// What it is for.
    pub kind: LinkKind,
    /// When it is worth nothing any more.
    pub expires_at: Timestamp,
}

impl Directory {
    /// Makes a link for an agent, in the place of the one there is.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownAgent`], [`DirectoryError::Disabled`], and what the medium says.
    pub fn make_link(
        &self,
        by: By,
        agent: ParticipantId,
        now: Timestamp,
    ) -> Result<Link, DirectoryError> {
        self.write(|connection, dice| {
            let whose =
                agent::find(connection, agent)?.ok_or(DirectoryError::UnknownAgent(agent))?;
            if whose.disabled {
                return Err(DirectoryError::Disabled);
            }
            let (kind, hours) = if whose.has_password {
                (LinkKind::Reset, RESET_HOURS)
            } else {
                (LinkKind::Invite, INVITE_HOURS)
            };
            let token = token::draw_link(dice);
            let expires_at = now.plus_millis(hours * HOUR_MILLIS);
            connection.execute(
                "INSERT INTO link (hash, agent, kind, expires_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (agent) DO UPDATE SET hash = ?1, kind = ?3, expires_at = ?4",
                params![
                    TokenHash::of(&token).as_bytes(),
                    agent.as_bytes(),
                    kind.name(),
                    expires_at.as_millis()
                ],
            )?;
            tell(connection, by, now, Action::LinkMade, agent)?;
            Ok(Link { kind, token, expires_at })
        })
    }

    /// Makes an agent's link worthless. Again is no error.
    ///
    /// # Errors
    /// What the medium says.
    pub fn revoke_link(
        &self,
        by: By,
        agent: ParticipantId,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        self.write(|connection, _| {
            let gone =
                connection.execute("DELETE FROM link WHERE agent = ?1", [agent.as_bytes()])?;
            if gone > 0 {
                tell(connection, by, now, Action::LinkRevoked, agent)?;
            }
            Ok(())
        })
    }

    /// Whose password a link lets choose; none where it is worth nothing.
    ///
    /// # Errors
    /// What the medium says.
    pub fn link(&self, token: &str, now: Timestamp) -> Result<Option<LinkFor>, DirectoryError> {
        self.read(|connection| find(connection, token, now))
    }

    /// Chooses a password by a link, which is worth nothing after. All tokens of the agent are
    /// revoked: whoever had the former password is out.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownLink`], and what the medium says.
    pub fn use_link(
        &self,
        token: &str,
        password: &Password,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        // Hashing costs what only the holder of a link may cost.
        self.link(token, now)?.ok_or(DirectoryError::UnknownLink)?;
        let hash = self.hashed(Some(password))?;
        self.write(|connection, _| {
            let link = find(connection, token, now)?.ok_or(DirectoryError::UnknownLink)?;
            let agent = link.agent.participant;
            connection.execute(
                "UPDATE agent SET password = ?2, version = version + 1 WHERE participant = ?1",
                params![agent.as_bytes(), hash],
            )?;
            connection.execute("DELETE FROM link WHERE agent = ?1", [agent.as_bytes()])?;
            token::revoke_each(connection, agent)?;
            tell(connection, By::Agent(agent), now, Action::LinkUsed, agent)
        })
    }
}

fn find(
    connection: &Connection,
    token: &str,
    now: Timestamp,
) -> Result<Option<LinkFor>, DirectoryError> {
    let row = connection
        .prepare_cached("SELECT agent, kind, expires_at FROM link WHERE hash = ?1")?
        .query_row([TokenHash::of(token).as_bytes()], |row| {
            let kind: String = row.get(1)?;
            Ok((participant(row, 0)?, kind, Timestamp::from_millis(row.get(2)?)))
        })
        .optional()?;
    let Some((whose, kind, expires_at)) = row.filter(|(_, _, until)| now < *until) else {
        return Ok(None);
    };
    let kind = known(LinkKind::from_name(&kind), "a link's kind")?;
    let agent = agent::find(connection, whose)?.filter(|agent| !agent.disabled);
    Ok(agent.map(|agent| LinkFor { agent, kind, expires_at }))
}

fn tell(
    connection: &Connection,
    by: By,
    at: Timestamp,
    action: Action,
    agent: ParticipantId,
) -> Result<(), DirectoryError> {
    let subject = agent.to_string();
    audit::record(connection, &Deed { by, at, action, site: None, subject, fields: &[] })
}
