//! Agents: the humans who answer.

use std::collections::{BTreeMap, BTreeSet};

use rejoinder_core::dice::Dice;
use rejoinder_core::id::{ParticipantId, SiteId};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::token::{self, Bearer};
use super::{
    Directory, DirectoryError, DirectoryEvent, Email, NewSite, Password, Site, event, known, name,
    participant, site, site_id,
};

/// A human with a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// How documents name them.
    pub participant: ParticipantId,
    /// What they log in with.
    pub email: Email,
    /// What visitors and other agents see.
    pub name: String,
    /// What they may do.
    pub role: AgentRole,
    /// Whether they can log in by password. Without one they need a token.
    pub has_password: bool,
    /// Whether they may no longer do anything.
    pub disabled: bool,
    /// The sites they are assigned to. Roles that see all sites need none.
    pub sites: BTreeSet<SiteId>,
    /// When they were added.
    pub created_at: Timestamp,
}

/// An agent to add.
#[derive(Debug)]
pub struct NewAgent {
    /// What they log in with; nobody else's.
    pub email: Email,
    /// What visitors and other agents see: 1 to [`super::NAME_LONGEST`] characters.
    pub name: String,
    /// What they may do.
    pub role: AgentRole,
    /// The password they log in with, if they do.
    pub password: Option<Password>,
    /// The sites they are assigned to.
    pub sites: BTreeSet<SiteId>,
}

/// What of an agent is to change; what is `None` stays.
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "each is the field of the same name of an agent")]
pub struct AgentChange {
    pub name: Option<String>,
    pub role: Option<AgentRole>,
    pub sites: Option<BTreeSet<SiteId>>,
    pub password: Option<Password>,
    pub disabled: Option<bool>,
}

impl Directory {
    /// Adds an agent.
    ///
    /// # Errors
    /// [`DirectoryError::EmailTaken`], [`DirectoryError::UnknownSite`],
    /// [`DirectoryError::BadName`], and what the medium says.
    pub fn add_agent(&self, new: &NewAgent, now: Timestamp) -> Result<Agent, DirectoryError> {
        let password = self.hashed(new.password.as_ref())?;
        self.write(|connection, dice| insert(connection, new, password.as_deref(), now, dice))
    }

    /// Adds the first agent and the first site, both or neither.
    ///
    /// # Errors
    /// [`DirectoryError::Begun`] when there is an agent already, [`DirectoryError::BadName`], and
    /// what the medium says.
    pub fn begin(
        &self,
        owner: &NewAgent,
        first: NewSite,
        now: Timestamp,
    ) -> Result<(Agent, Site), DirectoryError> {
        let password = self.hashed(owner.password.as_ref())?;
        self.write(|connection, dice| {
            if connection.query_row("SELECT EXISTS (SELECT * FROM agent)", [], |row| row.get(0))? {
                return Err(DirectoryError::Begun);
            }
            let site = site::insert(connection, first, now, dice)?;
            let owner = insert(connection, owner, password.as_deref(), now, dice)?;
            Ok((owner, site))
        })
    }

    /// An agent.
    ///
    /// # Errors
    /// What the medium says.
    pub fn agent(&self, agent: ParticipantId) -> Result<Option<Agent>, DirectoryError> {
        self.read(|connection| find(connection, agent))
    }

    /// The agent who logs in with this address.
    ///
    /// # Errors
    /// What the medium says.
    pub fn agent_by_email(&self, email: &Email) -> Result<Option<Agent>, DirectoryError> {
        self.read(|connection| match find_by_email(connection, email)? {
            Some((agent, _)) => find(connection, agent),
            None => Ok(None),
        })
    }

    /// All agents, disabled ones too, by name.
    ///
    /// # Errors
    /// What the medium says.
    pub fn agents(&self) -> Result<Vec<Agent>, DirectoryError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT participant FROM agent ORDER BY name COLLATE NOCASE, email",
            )?;
            let all: Vec<ParticipantId> =
                statement.query_map([], |row| participant(row, 0))?.collect::<Result<_, _>>()?;
            all.into_iter().map(|agent| expect(connection, agent)).collect()
        })
    }

    /// The names of these participants, those of them who are agents.
    ///
    /// # Errors
    /// What the medium says.
    pub fn agent_names(
        &self,
        participants: &BTreeSet<ParticipantId>,
    ) -> Result<BTreeMap<ParticipantId, String>, DirectoryError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT name FROM agent WHERE participant = ?1")?;
            let mut names = BTreeMap::new();
            for agent in participants {
                if let Some(name) =
                    statement.query_row([agent.as_bytes()], |row| row.get(0)).optional()?
                {
                    names.insert(*agent, name);
                }
            }
            Ok(names)
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
        let password = self.hashed(change.password.as_ref())?;
        self.write(|connection, _| {
            let before = expect(connection, agent)?;
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
            expect_an_owner(connection)?;
            let after = expect(connection, agent)?;
            if after.role != before.role {
                event::record(connection, &DirectoryEvent::RoleChanged(agent))?;
            }
            if after.sites != before.sites {
                event::record(connection, &DirectoryEvent::SitesChanged(agent))?;
            }
            if after.disabled && !before.disabled {
                revoke_all(connection, agent)?;
                event::record(connection, &DirectoryEvent::AgentDisabled(agent))?;
            }
            Ok(after)
        })
    }

    /// A new token of an agent, bound to no device: for programs. It is shown this once.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownAgent`], and what the medium says.
    pub fn issue_token(
        &self,
        agent: ParticipantId,
        now: Timestamp,
    ) -> Result<String, DirectoryError> {
        self.write(|connection, dice| {
            expect(connection, agent)?;
            token::issue(connection, Bearer::Agent, agent, None, now, dice)
        })
    }

    /// Hashes outside of any transaction: it takes tens of milliseconds.
    fn hashed(&self, password: Option<&Password>) -> Result<Option<String>, DirectoryError> {
        let Some(password) = password else { return Ok(None) };
        let salt = self.lock().dice.bytes();
        Ok(Some(self.passwords.hash(password, salt)?))
    }
}

fn insert(
    connection: &Connection,
    new: &NewAgent,
    password: Option<&str>,
    now: Timestamp,
    dice: &mut Dice,
) -> Result<Agent, DirectoryError> {
    let name = name(&new.name)?;
    if find_by_email(connection, &new.email)?.is_some() {
        return Err(DirectoryError::EmailTaken(new.email.clone()));
    }
    let participant = ParticipantId::random(dice);
    connection.execute(
        "INSERT INTO agent VALUES (:participant, :email, :name, :role, :password, 0, :at)",
        named_params! {
            ":participant": participant.as_bytes(),
            ":email": new.email.as_str(),
            ":name": name,
            ":role": new.role.name(),
            ":password": password,
            ":at": now.as_millis(),
        },
    )?;
    assign(connection, participant, &new.sites)?;
    expect(connection, participant)
}

/// An agent, by their id.
pub(super) fn find(
    connection: &Connection,
    agent: ParticipantId,
) -> Result<Option<Agent>, DirectoryError> {
    let mut statement = connection.prepare_cached(
        "SELECT participant, email, name, role, password IS NOT NULL, disabled, created_at
         FROM agent WHERE participant = ?1",
    )?;
    let mut rows = statement.query([agent.as_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let sites = connection
        .prepare_cached("SELECT site FROM assignment WHERE agent = ?1")?
        .query_map([agent.as_bytes()], |row| site_id(row, 0))?
        .collect::<Result<_, _>>()?;
    read(row, sites).map(Some)
}

fn expect(connection: &Connection, agent: ParticipantId) -> Result<Agent, DirectoryError> {
    find(connection, agent)?.ok_or(DirectoryError::UnknownAgent(agent))
}

fn read(row: &Row<'_>, sites: BTreeSet<SiteId>) -> Result<Agent, DirectoryError> {
    let text = |column: usize| -> Result<String, DirectoryError> { Ok(row.get(column)?) };
    Ok(Agent {
        participant: participant(row, 0)?,
        email: known(text(1)?.parse().ok(), "an agent's e-mail address")?,
        name: text(2)?,
        role: known(AgentRole::from_name(&text(3)?), "an agent's role")?,
        has_password: row.get(4)?,
        disabled: row.get(5)?,
        sites,
        created_at: Timestamp::from_millis(row.get(6)?),
    })
}

/// Who logs in with this address, and the hash of their password.
pub(super) fn find_by_email(
    connection: &Connection,
    email: &Email,
) -> Result<Option<(ParticipantId, Option<String>)>, DirectoryError> {
    Ok(connection
        .prepare_cached("SELECT participant, password FROM agent WHERE email = ?1")?
        .query_row([email.as_str()], |row| Ok((participant(row, 0)?, row.get(1)?)))
        .optional()?)
}

fn assign(
    connection: &Connection,
    agent: ParticipantId,
    sites: &BTreeSet<SiteId>,
) -> Result<(), DirectoryError> {
    connection.execute("DELETE FROM assignment WHERE agent = ?1", [agent.as_bytes()])?;
    for site in sites {
        site::find(connection, *site)?.ok_or(DirectoryError::UnknownSite(*site))?;
        connection
            .prepare_cached("INSERT INTO assignment (agent, site) VALUES (?1, ?2)")?
            .execute(params![agent.as_bytes(), site.as_bytes()])?;
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
