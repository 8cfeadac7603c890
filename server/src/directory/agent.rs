//! Agents: the humans who answer.

mod change;

use std::collections::{BTreeMap, BTreeSet};

use rejoinder_core::id::{ParticipantId, SiteId};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::token::{self, Bearer};
pub use change::AgentChange;

use super::audit::{self, Deed};
use super::{
    Action, Availability, By, CHAT_LIMIT, Directory, DirectoryError, Email, NewSite, Password,
    Site, known, name, participant, site, site_id, visitor,
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
    /// Whether a code of a second factor is asked for when they log in.
    pub second_factor: bool,
    /// Whether they may no longer do anything.
    pub disabled: bool,
    /// The sites they are assigned to. Roles that see all sites need none.
    pub sites: BTreeSet<SiteId>,
    /// Whether they take conversations, as they set it.
    pub availability: Availability,
    /// Since when.
    pub availability_since: Timestamp,
    /// Active conversations at once; none: as many as each site says.
    pub chat_limit: Option<u32>,
    /// Until when a link lets them choose a password; none: there is no link.
    pub link_expires_at: Option<Timestamp>,
    /// When they were added.
    pub created_at: Timestamp,
    /// Rises with every change but that of availability; 1 at first.
    pub version: u32,
}

impl Agent {
    /// Whether they answer on a site: assigned to it, or because they see all.
    #[must_use]
    pub fn answers_on(&self, site: SiteId) -> bool {
        self.role.sees_all_sites() || self.sites.contains(&site)
    }

    /// Whether they are given conversations: they set themselves online, and are among those who
    /// are.
    #[must_use]
    pub fn is_available(&self, online: &BTreeSet<ParticipantId>) -> bool {
        self.availability == Availability::Online
            && !self.disabled
            && online.contains(&self.participant)
    }
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

impl Directory {
    /// Adds an agent.
    ///
    /// # Errors
    /// [`DirectoryError::EmailTaken`], [`DirectoryError::UnknownSite`],
    /// [`DirectoryError::BadName`], and what the medium says.
    pub fn add_agent(&self, new: &NewAgent, now: Timestamp) -> Result<Agent, DirectoryError> {
        let password = self.hashed(new.password.as_ref())?;
        self.write(|connection, dice| {
            let id = ParticipantId::random(dice);
            insert(connection, By::CommandLine, id, new, password.as_deref(), now)
        })
    }

    /// Adds an agent under an id that somebody chose. One that was added under it with the same
    /// e-mail address is answered as they are.
    ///
    /// # Errors
    /// As [`add_agent`](Self::add_agent), [`DirectoryError::IdTaken`], and
    /// [`DirectoryError::BadSetting`].
    pub fn put_agent(
        &self,
        by: By,
        id: ParticipantId,
        new: &NewAgent,
        chat_limit: Option<u32>,
        now: Timestamp,
    ) -> Result<Agent, DirectoryError> {
        let password = self.hashed(new.password.as_ref())?;
        self.write(|connection, _| {
            if let Some(there) = find(connection, id)? {
                let same = there.email == new.email;
                return if same { Ok(there) } else { Err(DirectoryError::IdTaken) };
            }
            if visitor::is_known(connection, id)? {
                return Err(DirectoryError::IdTaken);
            }
            insert(connection, by, id, new, password.as_deref(), now)?;
            limit(connection, id, chat_limit)?;
            expect(connection, id)
        })
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
            let (by, id) = (By::CommandLine, SiteId::random(dice));
            let site = site::insert(connection, by, id, first, now)?;
            let id = ParticipantId::random(dice);
            let owner = insert(connection, by, id, owner, password.as_deref(), now)?;
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
            let token = token::issue(connection, Bearer::Agent, agent, None, now, dice)?;
            tell(connection, By::CommandLine, now, Action::TokenMade, agent, &[])?;
            Ok(token)
        })
    }

    /// Hashes outside of any transaction: it takes tens of milliseconds.
    pub(super) fn hashed(
        &self,
        password: Option<&Password>,
    ) -> Result<Option<String>, DirectoryError> {
        let Some(password) = password else { return Ok(None) };
        let salt = self.lock().dice.bytes();
        Ok(Some(self.passwords.hash(password, salt)?))
    }
}

fn insert(
    connection: &Connection,
    by: By,
    id: ParticipantId,
    new: &NewAgent,
    password: Option<&str>,
    now: Timestamp,
) -> Result<Agent, DirectoryError> {
    let name = name(&new.name)?;
    if find_by_email(connection, &new.email)?.is_some() {
        return Err(DirectoryError::EmailTaken(new.email.clone()));
    }
    connection.execute(
        "INSERT INTO agent (participant, email, name, role, password, disabled, created_at)
         VALUES (:participant, :email, :name, :role, :password, 0, :at)",
        named_params! {
            ":participant": id.as_bytes(),
            ":email": new.email.as_str(),
            ":name": name,
            ":role": new.role.name(),
            ":password": password,
            ":at": now.as_millis(),
        },
    )?;
    assign(connection, id, &new.sites)?;
    tell(connection, by, now, Action::AgentAdded, id, &[])?;
    expect(connection, id)
}

fn limit(
    connection: &Connection,
    agent: ParticipantId,
    chats: Option<u32>,
) -> Result<(), DirectoryError> {
    if chats.is_some_and(|chats| chats > CHAT_LIMIT) {
        return Err(DirectoryError::BadSetting("chat_limit"));
    }
    connection.execute(
        "UPDATE agent SET chat_limit = ?2 WHERE participant = ?1",
        params![agent.as_bytes(), chats],
    )?;
    Ok(())
}

fn tell(
    connection: &Connection,
    by: By,
    at: Timestamp,
    action: Action,
    agent: ParticipantId,
    fields: &[&'static str],
) -> Result<(), DirectoryError> {
    let subject = agent.to_string();
    audit::record(connection, &Deed { by, at, action, site: None, subject, fields })
}

/// An agent, by their id.
pub(super) fn find(
    connection: &Connection,
    agent: ParticipantId,
) -> Result<Option<Agent>, DirectoryError> {
    let mut statement = connection.prepare_cached(
        "SELECT participant, email, name, role, password IS NOT NULL, disabled, created_at,
                availability, chat_limit, version, expires_at, availability_since,
                confirmed_at IS NOT NULL
         FROM agent LEFT JOIN link ON link.agent = participant
             LEFT JOIN second_factor ON second_factor.agent = participant
         WHERE participant = ?1",
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
        second_factor: row.get(12)?,
        disabled: row.get(5)?,
        sites,
        created_at: Timestamp::from_millis(row.get(6)?),
        availability: known(Availability::from_name(&text(7)?), "an availability")?,
        availability_since: Timestamp::from_millis(row.get(11)?),
        chat_limit: row.get(8)?,
        version: row.get(9)?,
        link_expires_at: row.get::<_, Option<i64>>(10)?.map(Timestamp::from_millis),
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

/// The hash of an agent's password.
pub(super) fn password(
    connection: &Connection,
    agent: ParticipantId,
) -> Result<Option<String>, DirectoryError> {
    Ok(connection
        .prepare_cached("SELECT password FROM agent WHERE participant = ?1 AND NOT disabled")?
        .query_row([agent.as_bytes()], |row| row.get(0))
        .optional()?
        .flatten())
}
