//! News of the directory, for sessions that must be cut or judged anew.

use rejoinder_core::id::{ParticipantId, SiteId};
use rusqlite::{Connection, params};

use super::token::TokenHash;
use super::{Directory, DirectoryError, State};
use crate::storage::StorageError;

/// Events kept for other processes to read. A server reads them every second.
const KEPT: i64 = 10_000;

/// Something changed that live sessions must follow.
///
/// An event says whom it is about, not what is true now: ask [`Directory::standing`], which also
/// answers well when events came twice or in a bunch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectoryEvent {
    /// This agent was disabled: end their sessions and order their devices to wipe.
    AgentDisabled(ParticipantId),
    /// This agent has another role.
    RoleChanged(ParticipantId),
    /// This agent works on other sites than before.
    SitesChanged(ParticipantId),
    /// This agent has another name, limit or availability.
    AgentChanged(ParticipantId),
    /// This visitor has other details, or is blocked or not any more.
    VisitorChanged(ParticipantId),
    /// This token was revoked: end its sessions.
    TokenRevoked(TokenHash),
    /// This site is new or has other settings.
    SiteChanged(SiteId),
    /// This site is gone, with its visitors.
    SiteDeleted(SiteId),
}

impl DirectoryEvent {
    fn parts(&self) -> (&'static str, &[u8]) {
        match self {
            Self::AgentDisabled(agent) => ("agent_disabled", agent.as_bytes()),
            Self::RoleChanged(agent) => ("role_changed", agent.as_bytes()),
            Self::SitesChanged(agent) => ("sites_changed", agent.as_bytes()),
            Self::AgentChanged(agent) => ("agent_changed", agent.as_bytes()),
            Self::VisitorChanged(visitor) => ("visitor_changed", visitor.as_bytes()),
            Self::TokenRevoked(token) => ("token_revoked", token.as_bytes()),
            Self::SiteChanged(site) => ("site_changed", site.as_bytes()),
            Self::SiteDeleted(site) => ("site_deleted", site.as_bytes()),
        }
    }

    fn from_parts(kind: &str, subject: &[u8]) -> Option<Self> {
        let participant = || subject.try_into().ok().map(ParticipantId::from_bytes);
        let site = || subject.try_into().ok().map(SiteId::from_bytes);
        match kind {
            "agent_disabled" => participant().map(Self::AgentDisabled),
            "role_changed" => participant().map(Self::RoleChanged),
            "sites_changed" => participant().map(Self::SitesChanged),
            "agent_changed" => participant().map(Self::AgentChanged),
            "visitor_changed" => participant().map(Self::VisitorChanged),
            "token_revoked" => {
                subject.try_into().ok().map(|hash| Self::TokenRevoked(TokenHash::from_bytes(hash)))
            }
            "site_changed" => site().map(Self::SiteChanged),
            "site_deleted" => site().map(Self::SiteDeleted),
            _ => None,
        }
    }
}

impl Directory {
    /// Events from now on, in order. Subscribe before a session is authenticated, so that nothing
    /// falls between. Who lags by more than 256 events asks for the standing of every session.
    #[must_use]
    pub fn events(&self) -> tokio::sync::broadcast::Receiver<DirectoryEvent> {
        self.events.subscribe()
    }

    /// Sends out what other processes (the command line) changed. A server calls it every second;
    /// what this process changes is sent out at once. Costs microseconds when there is nothing.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn poll_events(&self) -> Result<(), StorageError> {
        self.publish(&mut self.lock())
    }

    /// Sends out committed events that have not been sent yet, this process's and others'.
    pub(super) fn publish(&self, state: &mut State) -> Result<(), StorageError> {
        let State { connection, published, .. } = state;
        let (mut visitors, mut all) = (Vec::new(), false);
        let mut statement = connection
            .prepare_cached("SELECT id, kind, subject FROM event WHERE id > ?1 ORDER BY id")
            .map_err(super::schema::storage_error)?;
        let mut rows = statement.query([*published]).map_err(super::schema::storage_error)?;
        while let Some(row) = rows.next().map_err(super::schema::storage_error)? {
            let mut read = || -> rusqlite::Result<_> {
                *published = row.get(0)?;
                let kind = row.get_ref(1)?.as_str()?;
                Ok(DirectoryEvent::from_parts(kind, row.get_ref(2)?.as_blob()?))
            };
            // A kind that only a newer program knows is nothing to this one. Nobody listening is
            // no error either.
            if let Some(event) = read().map_err(super::schema::storage_error)? {
                match event {
                    DirectoryEvent::VisitorChanged(visitor) => visitors.push(visitor),
                    DirectoryEvent::SiteDeleted(_) => all = true,
                    _ => {}
                }
                let _nobody = self.events.send(event);
            }
        }
        let looked = if all {
            self.look_at_all_blocked(connection)
        } else {
            self.look_who_is_blocked(connection, &visitors)
        };
        looked.map_err(super::schema::storage_error)
    }
}

/// Writes an event in the transaction that makes it true.
pub(super) fn record(
    connection: &Connection,
    event: &DirectoryEvent,
) -> Result<(), DirectoryError> {
    let (kind, subject) = event.parts();
    connection
        .prepare_cached("INSERT INTO event (kind, subject) VALUES (?1, ?2)")?
        .execute(params![kind, subject])?;
    connection
        .prepare_cached("DELETE FROM event WHERE id <= ?1")?
        .execute([connection.last_insert_rowid() - KEPT])?;
    Ok(())
}

/// The newest event there is.
pub(super) fn newest(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT coalesce(max(id), 0) FROM event", [], |row| row.get(0))
}
