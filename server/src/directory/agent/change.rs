//! What of agents changes.

use std::collections::BTreeSet;

use rejoinder_core::id::{ParticipantId, SiteId};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, named_params, params};

use super::{Agent, assign, expect, limit, tell};
use crate::directory::{
    Action, Availability, By, Directory, DirectoryError, DirectoryEvent, Password, event, name,
};

/// What of an agent is to change; what is `None` stays.
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "each is the field of the same name of an agent")]
pub struct AgentChange {
    /// The version that is changed, where that matters.
    pub version: Option<u32>,
    pub name: Option<String>,
    pub role: Option<AgentRole>,
    pub sites: Option<BTreeSet<SiteId>>,
    pub password: Option<Password>,
    pub disabled: Option<bool>,
    pub chat_limit: Option<Option<u32>>,
}

impl AgentChange {
    /// Names of the fields that it changes, as REST calls them.
    fn differences(&self, before: &Agent, after: &Agent) -> Vec<&'static str> {
        let all = [
            ("name", before.name != after.name),
            ("role", before.role != after.role),
            ("sites", before.sites != after.sites),
            ("password", self.password.is_some()),
            ("chat_limit", before.chat_limit != after.chat_limit),
        ];
        all.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }
}

impl Directory {
    /// Sets whether an agent takes conversations.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownAgent`], and what the medium says.
    pub fn set_availability(
        &self,
        agent: ParticipantId,
        availability: Availability,
        now: Timestamp,
    ) -> Result<Agent, DirectoryError> {
        self.write(|connection, _| {
            let before = expect(connection, agent)?;
            if before.availability == availability {
                return Ok(before);
            }
            connection
                .prepare_cached(
                    "UPDATE agent SET availability = ?2, availability_since = ?3
                     WHERE participant = ?1",
                )?
                .execute(params![agent.as_bytes(), availability.name(), now.as_millis()])?;
            event::record(connection, &DirectoryEvent::AgentChanged(agent))?;
            Ok(Agent { availability, availability_since: now, ..before })
        })
    }

    /// Changes an agent, and answers with what they are now. All of it is done or nothing.
    ///
    /// Disabling revokes all tokens of an agent: their devices are told to wipe when they are heard
    /// from, and tokens stay revoked when the agent is enabled again. After a change of password
    /// sessions go on.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownAgent`], [`DirectoryError::UnknownSite`],
    /// [`DirectoryError::BadName`], [`DirectoryError::LastOwner`], and what the medium says.
    pub fn change_agent(
        &self,
        agent: ParticipantId,
        change: &AgentChange,
    ) -> Result<Agent, DirectoryError> {
        self.change_agent_by(By::CommandLine, agent, change, self.now())
    }

    /// The same, by somebody.
    ///
    /// # Errors
    /// As [`change_agent`](Self::change_agent), [`DirectoryError::ChangedMeanwhile`], and
    /// [`DirectoryError::BadSetting`].
    pub fn change_agent_by(
        &self,
        by: By,
        agent: ParticipantId,
        change: &AgentChange,
        now: Timestamp,
    ) -> Result<Agent, DirectoryError> {
        let password = self.hashed(change.password.as_ref())?;
        self.write(|connection, _| {
            let before = expect(connection, agent)?;
            if change.version.is_some_and(|version| version != before.version) {
                return Err(DirectoryError::ChangedMeanwhile);
            }
            update(connection, agent, change, password.as_deref())?;
            expect_an_owner(connection)?;
            let mut after = expect(connection, agent)?;
            let fields = change.differences(&before, &after);
            let tell = |action, fields| tell(connection, by, now, action, agent, fields);
            if !fields.is_empty() {
                tell(Action::AgentChanged, &fields)?;
            }
            match (before.disabled, after.disabled) {
                (false, true) => tell(Action::AgentDisabled, &[])?,
                (true, false) => tell(Action::AgentEnabled, &[])?,
                (false, false) | (true, true) => {}
            }
            if !fields.is_empty() || before.disabled != after.disabled {
                after.version += 1;
                connection.execute(
                    "UPDATE agent SET version = ?2 WHERE participant = ?1",
                    params![agent.as_bytes(), after.version],
                )?;
            }
            announce(connection, &before, &after)?;
            Ok(after)
        })
    }
}

fn update(
    connection: &Connection,
    agent: ParticipantId,
    change: &AgentChange,
    password: Option<&str>,
) -> Result<(), DirectoryError> {
    let name = change.name.as_deref().map(name).transpose()?;
    connection.execute(
        "UPDATE agent SET name = coalesce(:name, name), role = coalesce(:role, role),
                          password = coalesce(:password, password),
                          disabled = coalesce(:disabled, disabled)
         WHERE participant = :agent",
        named_params! {
            ":agent": agent.as_bytes(),
            ":name": name,
            ":role": change.role.map(AgentRole::name),
            ":password": password,
            ":disabled": change.disabled,
        },
    )?;
    if let Some(sites) = &change.sites {
        assign(connection, agent, sites)?;
    }
    if let Some(chats) = change.chat_limit {
        limit(connection, agent, chats)?;
    }
    Ok(())
}

/// Says what live sessions and routing must follow.
fn announce(connection: &Connection, before: &Agent, after: &Agent) -> Result<(), DirectoryError> {
    let agent = after.participant;
    if after.role != before.role {
        event::record(connection, &DirectoryEvent::RoleChanged(agent))?;
    }
    if after.sites != before.sites {
        event::record(connection, &DirectoryEvent::SitesChanged(agent))?;
    }
    if after.name != before.name || after.chat_limit != before.chat_limit {
        event::record(connection, &DirectoryEvent::AgentChanged(agent))?;
    }
    if after.disabled && !before.disabled {
        revoke_all(connection, agent)?;
        connection.execute("DELETE FROM link WHERE agent = ?1", [agent.as_bytes()])?;
        event::record(connection, &DirectoryEvent::AgentDisabled(agent))?;
    }
    Ok(())
}

fn revoke_all(connection: &Connection, agent: ParticipantId) -> Result<(), DirectoryError> {
    connection.execute(
        "UPDATE token SET revoked = 1 WHERE agent = ?1 AND agent IS NOT NULL",
        [agent.as_bytes()],
    )?;
    Ok(())
}

/// Asked after a change, in its transaction: an installation without an owner stays so for ever.
fn expect_an_owner(connection: &Connection) -> Result<(), DirectoryError> {
    let owners: u32 = connection.query_row(
        "SELECT count(*) FROM agent WHERE role = 'owner' AND NOT disabled",
        [],
        |row| row.get(0),
    )?;
    if owners == 0 { Err(DirectoryError::LastOwner) } else { Ok(()) }
}
