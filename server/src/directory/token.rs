//! Tokens: 32 random bytes that a client keeps, of which the server keeps only the hash.

use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{DeviceId, ParticipantId};
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::audit::{self, Deed};
use super::{Action, By, Directory, DirectoryError, DirectoryEvent, TokenKind, event, participant};

/// What a token stands for; its first characters say so, for people who find one and for scanners
/// that look for leaked secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bearer {
    Agent,
    Visitor,
}

/// Milliseconds for which a session's last connection may stand as it was: ten minutes.
pub const CONNECTED_MILLIS: i64 = 600_000;

/// Characters of what a client calls itself.
const CLIENT_LONGEST: usize = 200;

/// What begins the token of a link by which an agent chooses a password.
const LINK_PREFIX: &str = "rjl_";

impl Bearer {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Agent => "rja_",
            Self::Visitor => "rjv_",
        }
    }
}

/// The SHA-256 hash of a token: what the server keeps, and the token's name in events.
///
/// Looking a token up by its hash takes the same time however much of it was guessed: hashes of
/// similar texts are not similar. A slow hash would add nothing to 256 random bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of a token's text.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    pub(super) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(super) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for TokenHash {
    /// Enough to tell two apart.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("token ")?;
        self.0[..8].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A new token, kept by its hash.
pub(super) fn issue(
    connection: &Connection,
    bearer: Bearer,
    whose: ParticipantId,
    device: Option<DeviceId>,
    now: Timestamp,
    dice: &mut Dice,
) -> Result<String, DirectoryError> {
    let token = draw(bearer.prefix(), dice);
    let (agent, visitor) = match bearer {
        Bearer::Agent => (Some(whose), None),
        Bearer::Visitor => (None, Some(whose)),
    };
    connection
        .prepare_cached(
            "INSERT INTO token (hash, agent, visitor, device, created_at, revoked)
             VALUES (?1, ?2, ?3, ?4, ?5, 0)",
        )?
        .execute(params![
            TokenHash::of(&token).as_bytes(),
            agent.as_ref().map(ParticipantId::as_bytes),
            visitor.as_ref().map(ParticipantId::as_bytes),
            device.as_ref().map(DeviceId::as_bytes),
            now.as_millis(),
        ])?;
    Ok(token)
}

/// A new link's token, which the link is kept by.
pub(super) fn draw_link(dice: &mut Dice) -> String {
    draw(LINK_PREFIX, dice)
}

/// A new token's text.
fn draw(prefix: &str, dice: &mut Dice) -> String {
    format!("{prefix}{}", Base64UrlUnpadded::encode_string(&dice.bytes::<32>()))
}

/// What a token is called where it is listed: half of its hash, which tells nothing of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenName(u128);

impl TokenName {
    /// The name of the token with this hash.
    #[must_use]
    pub fn of(hash: TokenHash) -> Self {
        Self(hash.0[..16].iter().fold(0, |name, byte| name << 8 | u128::from(*byte)))
    }
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// A text that is no token's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name of a token is 32 hexadecimal digits")]
pub struct NoTokenName;

impl core::str::FromStr for TokenName {
    type Err = NoTokenName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        u128::from_str_radix(text, 16).ok().filter(|_| hex).map(Self).ok_or(NoTokenName)
    }
}

/// A token of an agent that is not revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedToken {
    /// By which sessions know it.
    pub hash: TokenHash,
    /// Whose.
    pub agent: ParticipantId,
    /// The installation that logged in with it; none of a program.
    pub device: Option<DeviceId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// What its client calls itself, as it last connected.
    pub client: Option<String>,
    /// When it last connected, to within [`CONNECTED_MILLIS`].
    pub connected_at: Option<Timestamp>,
}

impl ListedToken {
    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> TokenKind {
        match self.device {
            Some(_) => TokenKind::Session,
            None => TokenKind::Program,
        }
    }
}

impl Directory {
    /// Tokens of agents that are not revoked, newest first: one agent's, or all.
    ///
    /// # Errors
    /// What the medium says.
    pub fn tokens(&self, agent: Option<ParticipantId>) -> Result<Vec<ListedToken>, DirectoryError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT hash, agent, device, created_at, client, connected_at FROM token
                 WHERE agent IS NOT NULL AND NOT revoked AND (?1 IS NULL OR agent = ?1)
                 ORDER BY created_at DESC, hash",
            )?;
            let of = agent.as_ref().map(ParticipantId::as_bytes);
            let read = |row: &rusqlite::Row<'_>| {
                Ok(ListedToken {
                    hash: row.get(0).map(TokenHash)?,
                    agent: participant(row, 1)?,
                    device: row.get::<_, Option<_>>(2)?.map(DeviceId::from_bytes),
                    created_at: Timestamp::from_millis(row.get(3)?),
                    client: row.get(4)?,
                    connected_at: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_millis),
                })
            };
            let all = statement.query_map([of], read)?.collect::<Result<_, _>>()?;
            Ok(all)
        })
    }

    /// Remembers that an agent's client has connected, and what it calls itself. Not more often
    /// than [`CONNECTED_MILLIS`] says, while that stays the same: clients that come back all at
    /// once must not wait for the disk.
    ///
    /// # Errors
    /// What the medium says.
    pub fn note_client(
        &self,
        token: TokenHash,
        client: Option<&str>,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        let client = client.map(shown);
        let known: Option<(Option<String>, Option<i64>)> = self.read(|connection| {
            Ok(connection
                .prepare_cached(
                    "SELECT client, connected_at FROM token
                     WHERE hash = ?1 AND agent IS NOT NULL",
                )?
                .query_row([token.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?)
        })?;
        let Some((former, connected_at)) = known else { return Ok(()) };
        let recent = |at: i64| (now.as_millis() - at).abs() < CONNECTED_MILLIS;
        if former == client && connected_at.is_some_and(recent) {
            return Ok(());
        }
        self.write(|connection, _| {
            connection.execute(
                "UPDATE token SET client = ?2, connected_at = ?3 WHERE hash = ?1",
                params![token.as_bytes(), client, now.as_millis()],
            )?;
            Ok(())
        })
    }

    /// Ends an agent's sessions on somebody's behalf, all but one: their devices are told to wipe.
    /// Tokens of programs stay.
    ///
    /// # Errors
    /// What the medium says.
    pub fn revoke_sessions(
        &self,
        by: By,
        agent: ParticipantId,
        but: Option<TokenHash>,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        self.write(|connection, _| {
            let sessions: Vec<TokenHash> = connection
                .prepare_cached(
                    "SELECT hash FROM token
                     WHERE agent = ?1 AND device IS NOT NULL AND NOT revoked",
                )?
                .query_map([agent.as_bytes()], |row| row.get(0).map(TokenHash))?
                .collect::<Result<_, _>>()?;
            for token in sessions.into_iter().filter(|token| Some(*token) != but) {
                revoke_by(connection, by, token, now)?;
            }
            Ok(())
        })
    }

    /// Whose token has this name, revoked or not.
    ///
    /// # Errors
    /// What the medium says.
    pub fn token_named(
        &self,
        name: TokenName,
    ) -> Result<Option<(TokenHash, ParticipantId)>, DirectoryError> {
        self.read(|connection| {
            let bound = |end: u8| {
                let mut bytes = [end; 32];
                bytes[..16].copy_from_slice(&name.0.to_be_bytes());
                bytes
            };
            Ok(connection
                .prepare_cached(
                    "SELECT hash, agent FROM token
                     WHERE hash BETWEEN ?1 AND ?2 AND agent IS NOT NULL",
                )?
                .query_row([bound(0), bound(0xff)], |row| {
                    Ok((row.get(0).map(TokenHash)?, participant(row, 1)?))
                })
                .optional()?)
        })
    }

    /// Revokes a token on somebody's behalf: its device is told to wipe. Again is no error.
    ///
    /// # Errors
    /// What the medium says.
    pub fn revoke_token(
        &self,
        by: By,
        token: TokenHash,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        self.write(|connection, _| revoke_by(connection, by, token, now))
    }
}

/// What a client calls itself, as a list can show it.
fn shown(client: &str) -> String {
    client.chars().filter(|c| !c.is_control()).take(CLIENT_LONGEST).collect()
}

/// Revokes a token, and tells of it if it was worth something until now.
fn revoke_by(
    connection: &Connection,
    by: By,
    token: TokenHash,
    now: Timestamp,
) -> Result<(), DirectoryError> {
    if revoke(connection, token)? {
        let (at, action) = (now, Action::TokenRevoked);
        let subject = TokenName::of(token).to_string();
        let deed = Deed { by, at, action, site: None, subject, fields: &[] };
        audit::record(connection, &deed)?;
    }
    Ok(())
}

/// Revokes a token, and says whether it was worth something until now.
pub(super) fn revoke(connection: &Connection, token: TokenHash) -> Result<bool, DirectoryError> {
    let revoked = connection.execute(
        "UPDATE token SET revoked = 1 WHERE hash = ?1 AND NOT revoked",
        [token.as_bytes()],
    )?;
    if revoked > 0 {
        event::record(connection, &DirectoryEvent::TokenRevoked(token))?;
    }
    Ok(revoked > 0)
}

/// Revokes all tokens of an agent, one by one: each has sessions to end.
pub(super) fn revoke_each(
    connection: &Connection,
    agent: ParticipantId,
) -> Result<(), DirectoryError> {
    let mut statement =
        connection.prepare_cached("SELECT hash FROM token WHERE agent = ?1 AND NOT revoked")?;
    let all: Vec<TokenHash> = statement
        .query_map([agent.as_bytes()], |row| row.get(0).map(TokenHash))?
        .collect::<Result<_, _>>()?;
    all.into_iter().try_for_each(|token| revoke(connection, token).map(drop))
}

#[cfg(test)]
mod tests {
    use super::{Bearer, TokenHash, draw};
    use crate::entropy::dice;

    #[test]
    fn a_token_says_whose_it_is_and_never_repeats() {
        let dice = &mut dice();
        let (agent, visitor) =
            (draw(Bearer::Agent.prefix(), dice), draw(Bearer::Visitor.prefix(), dice));
        assert!(agent.starts_with("rja_") && visitor.starts_with("rjv_"));
        assert_eq!(agent.len(), 4 + 43);
        assert_ne!(draw(Bearer::Agent.prefix(), dice), agent);
        assert_ne!(TokenHash::of(&agent), TokenHash::of(&visitor));
    }
}
