//! Who somebody is, by what they prove it with.

use core::fmt;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use rejoinder_core::id::{DeviceId, ParticipantId, SiteId};
use rejoinder_core::principal::{Principal, Role};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::Credential;
use rusqlite::{Connection, OptionalExtension};

use super::rate::{SlidingWindow, Source};
use super::token::{self, Bearer, TokenHash};
use super::{Directory, DirectoryError, Email, agent, factor, participant, site, visitor};

/// Milliseconds after which a log-in that met too many others is tried again.
const BUSY_MILLIS: u64 = 2_000;

/// Somebody whose credential is valid.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub principal: Principal,
    /// Where.
    pub scope: Scope,
    /// The token they are known by, as [`crate::directory::DirectoryEvent::TokenRevoked`] names it.
    pub token_hash: TokenHash,
    /// A new token, to be sent to them and kept nowhere else: after a log-in by password, and for
    /// a new visitor.
    pub token: Option<String>,
}

/// Conversations of which sites somebody may see; which of them, their role says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Of all sites.
    All,
    /// Of these, in the order of their ids.
    Sites(Vec<SiteId>),
    /// A visitor: only their own.
    Visitor {
        /// The site they came to.
        site: SiteId,
    },
}

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// A token, or an e-mail address and password, that nobody has.
    #[error("the token, or the e-mail address and password, are not valid")]
    Invalid,
    /// It was valid once: the token is revoked or the agent disabled. The device is to erase
    /// everything.
    #[error("the token is revoked, or the agent disabled")]
    Wipe,
    /// The password is right, and the code of the second factor is missing, wrong or used.
    #[error("a code of the second factor is needed, one that was not used yet")]
    CodeNeeded,
    /// No such site to be a visitor of.
    #[error("there is no such site")]
    UnknownSite,
    /// Too many from this address, or at all.
    #[error("too many tries: again in {after_millis} ms")]
    TooMany {
        /// Milliseconds to wait.
        after_millis: u64,
    },
    /// The directory cannot be read or written. Nothing is known of the credential.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

impl From<rusqlite::Error> for AuthError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Directory(error.into())
    }
}

impl fmt::Debug for Session {
    /// Never the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("principal", &self.principal)
            .field("scope", &self.scope)
            .field("token_hash", &self.token_hash)
            .finish_non_exhaustive()
    }
}

impl Directory {
    /// Says who somebody is. A password or a new visitor is answered with a new token, which is
    /// durable when this returns.
    ///
    /// Blocks for tens of milliseconds on a password, known e-mail address or not.
    ///
    /// # Errors
    /// [`AuthError`].
    pub fn authenticate(
        &self,
        credential: &Credential,
        device: DeviceId,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Session, AuthError> {
        match credential {
            Credential::Token(token) => self.standing(TokenHash::of(token)),
            Credential::Password { email, password, code } => {
                admit(&self.password_tries, Source::of(address), now)?;
                let agent = self.password_fits(email, password)?;
                self.log_in(agent, code.as_deref(), device, now)
            }
            Credential::Visitor(site) => self.new_visitor(*site, device, address, now),
        }
    }

    /// Who the bearer of a token is now: asked again for every session that a
    /// [`crate::directory::DirectoryEvent`] may concern.
    ///
    /// # Errors
    /// [`AuthError::Invalid`], [`AuthError::Wipe`], [`AuthError::Directory`].
    pub fn standing(&self, token: TokenHash) -> Result<Session, AuthError> {
        let standing = self.read(|connection| Ok(standing(connection, token)));
        standing?
    }

    /// Revokes a token: whoever shows it from now on is told to wipe. Again is no error, and a
    /// token that nobody has neither.
    ///
    /// # Errors
    /// What the medium says.
    pub fn log_out(&self, token: TokenHash) -> Result<(), DirectoryError> {
        self.write(|connection, _| {
            token::revoke(connection, token)?;
            Ok(())
        })
    }

    /// Counts a try of a link: guessing one is as slow as guessing a password.
    ///
    /// # Errors
    /// [`AuthError::TooMany`].
    pub fn admit_link(&self, address: IpAddr, now: Timestamp) -> Result<(), AuthError> {
        admit(&self.password_tries, Source::of(address), now)
    }

    /// Counts a page that a visitor says to be on.
    ///
    /// # Errors
    /// [`AuthError::TooMany`].
    pub fn admit_told(&self, visitor: ParticipantId, now: Timestamp) -> Result<(), AuthError> {
        admit(&self.told, visitor, now)
    }

    /// Whose e-mail address and password these are. The hash is computed outside of any
    /// transaction, and of a decoy when the address is nobody's.
    fn password_fits(&self, email: &str, password: &str) -> Result<ParticipantId, AuthError> {
        let found = match email.parse::<Email>() {
            Ok(email) => self.read(|connection| agent::find_by_email(connection, &email))?,
            Err(_) => None,
        };
        let (agent, hash) = found.unzip();
        let fits = self
            .passwords
            .verify(password, hash.flatten().as_deref())
            .map_err(|_| AuthError::TooMany { after_millis: BUSY_MILLIS })?;
        agent.filter(|_| fits).ok_or(AuthError::Invalid)
    }

    /// An agent proves once more that they are who they say, by their password.
    pub(super) fn password_is_of(
        &self,
        agent: ParticipantId,
        password: &str,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<(), AuthError> {
        admit(&self.password_tries, Source::of(address), now)?;
        let hash = self.read(|connection| agent::password(connection, agent))?;
        let fits = self
            .passwords
            .verify(password, hash.as_deref())
            .map_err(|_| AuthError::TooMany { after_millis: BUSY_MILLIS })?;
        if fits { Ok(()) } else { Err(AuthError::Invalid) }
    }

    /// Counts a try of an agent's second factor.
    pub(super) fn admit_code(&self, agent: ParticipantId, now: Timestamp) -> Result<(), AuthError> {
        admit(&self.code_tries, agent, now)
    }

    fn log_in(
        &self,
        agent: ParticipantId,
        code: Option<&str>,
        device: DeviceId,
        now: Timestamp,
    ) -> Result<Session, AuthError> {
        if code.is_some() {
            self.admit_code(agent, now)?;
        }
        let session = self.write(|connection, dice| {
            // The password took a while to compare: the agent may have been disabled meanwhile.
            if agent::find(connection, agent)?.is_none_or(|agent| agent.disabled) {
                return Ok(Err(AuthError::Wipe));
            }
            if !factor::admits(connection, agent, code, now)? {
                return Ok(Err(AuthError::CodeNeeded));
            }
            let token = token::issue(connection, Bearer::Agent, agent, Some(device), now, dice)?;
            Ok(with_new(token, connection))
        });
        session?
    }

    fn new_visitor(
        &self,
        site: SiteId,
        device: DeviceId,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Session, AuthError> {
        self.read(|connection| site::find(connection, site))?.ok_or(AuthError::UnknownSite)?;
        admit(&self.new_visitors, Source::of(address), now)?;
        let session = self.write(|connection, dice| {
            let visitor = visitor::add(connection, site, now, dice)?;
            let token =
                token::issue(connection, Bearer::Visitor, visitor, Some(device), now, dice)?;
            Ok(with_new(token, connection))
        });
        session?
    }
}

fn with_new(token: String, connection: &Connection) -> Result<Session, AuthError> {
    let session = standing(connection, TokenHash::of(&token))?;
    Ok(Session { token: Some(token), ..session })
}

fn admit<K: Copy + Ord>(
    window: &Mutex<SlidingWindow<K>>,
    source: K,
    now: Timestamp,
) -> Result<(), AuthError> {
    window
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .admit(source, now)
        .map_err(|after_millis| AuthError::TooMany { after_millis })
}

/// Whose token this is.
fn standing(connection: &Connection, token: TokenHash) -> Result<Session, AuthError> {
    let row = connection
        .prepare_cached("SELECT agent, visitor, revoked FROM token WHERE hash = ?1")?
        .query_row([token.as_bytes()], |row| {
            let is_agent = row.get_ref(1)?.as_blob_or_null()?.is_none();
            Ok((is_agent, participant(row, usize::from(!is_agent))?, row.get(2)?))
        })
        .optional()?;
    let (is_agent, bearer, revoked) = row.ok_or(AuthError::Invalid)?;
    if revoked {
        return Err(AuthError::Wipe);
    }
    let (principal, scope) =
        if is_agent { an_agent(connection, bearer)? } else { a_visitor(connection, bearer)? };
    Ok(Session { principal, scope, token_hash: token, token: None })
}

fn an_agent(
    connection: &Connection,
    bearer: ParticipantId,
) -> Result<(Principal, Scope), AuthError> {
    let agent = agent::find(connection, bearer)?.ok_or(AuthError::Invalid)?;
    if agent.disabled {
        return Err(AuthError::Wipe);
    }
    let scope = if agent.role.sees_all_sites() {
        Scope::All
    } else {
        Scope::Sites(agent.sites.into_iter().collect())
    };
    Ok((Principal::new(bearer, Role::Agent(agent.role)), scope))
}

fn a_visitor(
    connection: &Connection,
    bearer: ParticipantId,
) -> Result<(Principal, Scope), AuthError> {
    let visitor = visitor::find(connection, bearer)?.ok_or(AuthError::Invalid)?;
    let principal = Principal { participant: bearer, former: visitor.former, role: Role::Visitor };
    Ok((principal, Scope::Visitor { site: visitor.site }))
}
