//! The second factor of agents who have one: a code that their device makes of the time, or one of
//! the recovery codes that they were given for the day when the device is lost.
//!
//! The secret stands in the directory as it is, for codes are computed from it: no route and no
//! command shows it after it was begun. Of recovery codes there are hashes only.

mod totp;

use core::fmt;
use std::net::IpAddr;

use data_encoding::BASE32_NOPAD;
use rejoinder_core::dice::Dice;
use rejoinder_core::id::ParticipantId;
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::audit::{self, Deed};
use super::{Action, AuthError, By, Directory, DirectoryError, agent};

/// Recovery codes that are handed out.
const RECOVERY_CODES: usize = 10;

/// Bytes of a recovery code: nobody guesses 80 bits, nor finds them by their hash.
const RECOVERY_BYTES: usize = 10;

/// How authenticators call what the codes are for.
const ISSUER: &str = "Rejoinder";

/// How an agent's second factor stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecondFactor {
    /// Since when it is asked for; none: there is none.
    pub since: Option<Timestamp>,
    /// Recovery codes that were not used yet.
    pub recovery_codes: u32,
}

/// A secret to be put into an authenticator. It is shown this once.
pub struct Enrolment {
    /// In base 32, to be typed.
    pub secret: String,
    /// As a link, to be shown as a QR code.
    pub uri: String,
}

impl fmt::Debug for Enrolment {
    /// Never the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Enrolment")
    }
}

/// Why a second factor is not changed.
#[derive(Debug, thiserror::Error)]
pub enum FactorError {
    /// The password is another.
    #[error("the password is not the agent's")]
    Password,
    /// The code is missing, wrong, or was used before.
    #[error("the code is not valid, or was used before")]
    Code,
    /// There is one: it is removed first.
    #[error("there is a second factor already")]
    On,
    /// There is none to confirm.
    #[error("no second factor was begun")]
    NotBegun,
    /// Too many tries.
    #[error("too many tries: again in {after_millis} ms")]
    TooMany {
        /// Milliseconds to wait.
        after_millis: u64,
    },
    /// The directory cannot be read or written.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

impl From<AuthError> for FactorError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::TooMany { after_millis } => Self::TooMany { after_millis },
            AuthError::Directory(error) => Self::Directory(error),
            AuthError::CodeNeeded => Self::Code,
            AuthError::Invalid | AuthError::Wipe | AuthError::UnknownSite => Self::Password,
        }
    }
}

impl Directory {
    /// How an agent's second factor stands.
    ///
    /// # Errors
    /// What the medium says.
    pub fn second_factor(&self, agent: ParticipantId) -> Result<SecondFactor, DirectoryError> {
        self.read(|connection| {
            let since = find(connection, agent)?.and_then(|factor| factor.confirmed_at);
            let recovery_codes = connection
                .prepare_cached("SELECT count(*) FROM recovery_code WHERE agent = ?1")?
                .query_row([agent.as_bytes()], |row| row.get(0))?;
            Ok(SecondFactor { since, recovery_codes })
        })
    }

    /// Makes a secret for an agent who proves that they are by their password. It is asked for once
    /// a code has [confirmed](Self::confirm_second_factor) it; beginning anew makes another.
    ///
    /// # Errors
    /// [`FactorError::Password`], [`FactorError::On`], [`FactorError::TooMany`], and what the
    /// medium says.
    pub fn begin_second_factor(
        &self,
        agent: ParticipantId,
        password: &str,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Enrolment, FactorError> {
        self.password_is_of(agent, password, address, now)?;
        let begun = self.write(|connection, dice| {
            let whose =
                agent::find(connection, agent)?.ok_or(DirectoryError::UnknownAgent(agent))?;
            if whose.second_factor {
                return Ok(Err(FactorError::On));
            }
            let secret: [u8; totp::SECRET_BYTES] = dice.bytes();
            connection.execute(
                "INSERT INTO second_factor (agent, secret, step) VALUES (?1, ?2, 0)
                 ON CONFLICT (agent) DO UPDATE SET secret = ?2, step = 0",
                params![agent.as_bytes(), secret],
            )?;
            let secret = BASE32_NOPAD.encode(&secret);
            let uri = uri(whose.email.as_str(), &secret);
            Ok(Ok(Enrolment { secret, uri }))
        });
        begun?
    }

    /// From now on the second factor is asked for, if this is a code of the secret that was begun.
    /// The recovery codes are kept nowhere else.
    ///
    /// # Errors
    /// [`FactorError::Code`], [`FactorError::On`], [`FactorError::NotBegun`],
    /// [`FactorError::TooMany`], and what the medium says.
    pub fn confirm_second_factor(
        &self,
        agent: ParticipantId,
        code: &str,
        now: Timestamp,
    ) -> Result<Vec<String>, FactorError> {
        self.admit_code(agent, now)?;
        let confirmed = self.write(|connection, dice| {
            let Some(factor) = find(connection, agent)? else {
                return Ok(Err(FactorError::NotBegun));
            };
            if factor.confirmed_at.is_some() {
                return Ok(Err(FactorError::On));
            }
            let Some(step) = totp::step_of(&factor.secret, code, now, factor.step) else {
                return Ok(Err(FactorError::Code));
            };
            connection.execute(
                "UPDATE second_factor SET confirmed_at = ?2, step = ?3 WHERE agent = ?1",
                params![agent.as_bytes(), now.as_millis(), step],
            )?;
            tell(connection, By::Agent(agent), now, Action::SecondFactorOn, agent)?;
            Ok(Ok(new_recovery_codes(connection, agent, dice)?))
        });
        confirmed?
    }

    /// Removes an agent's own second factor, if this is their password. Again is no error.
    ///
    /// # Errors
    /// [`FactorError::Password`], [`FactorError::TooMany`], and what the medium says.
    pub fn remove_second_factor(
        &self,
        agent: ParticipantId,
        password: &str,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<(), FactorError> {
        self.password_is_of(agent, password, address, now)?;
        Ok(self.take_off_second_factor(By::Agent(agent), agent, now)?)
    }

    /// Takes the second factor off an agent who has lost it. Again is no error.
    ///
    /// # Errors
    /// What the medium says.
    pub fn take_off_second_factor(
        &self,
        by: By,
        agent: ParticipantId,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        self.write(|connection, _| {
            let was_on = find(connection, agent)?.is_some_and(|it| it.confirmed_at.is_some());
            connection.execute("DELETE FROM recovery_code WHERE agent = ?1", [agent.as_bytes()])?;
            connection.execute("DELETE FROM second_factor WHERE agent = ?1", [agent.as_bytes()])?;
            if was_on {
                tell(connection, by, now, Action::SecondFactorOff, agent)?;
            }
            Ok(())
        })
    }
}

/// Whether somebody who logs in may go on: they have no second factor, or this is a code of it,
/// which is taken.
pub(super) fn admits(
    connection: &Connection,
    agent: ParticipantId,
    code: Option<&str>,
    now: Timestamp,
) -> Result<bool, DirectoryError> {
    let Some(factor) = find(connection, agent)?.filter(|it| it.confirmed_at.is_some()) else {
        return Ok(true);
    };
    let Some(code) = code else { return Ok(false) };
    if let Some(step) = totp::step_of(&factor.secret, code, now, factor.step) {
        connection.execute(
            "UPDATE second_factor SET step = ?2 WHERE agent = ?1",
            params![agent.as_bytes(), step],
        )?;
        return Ok(true);
    }
    let used = connection.execute(
        "DELETE FROM recovery_code WHERE agent = ?1 AND hash = ?2",
        params![agent.as_bytes(), recovery_hash(agent, code)],
    )?;
    if used > 0 {
        tell(connection, By::Agent(agent), now, Action::RecoveryCodeUsed, agent)?;
    }
    Ok(used > 0)
}

/// A second factor as it is kept.
struct Kept {
    secret: [u8; totp::SECRET_BYTES],
    confirmed_at: Option<Timestamp>,
    step: i64,
}

fn find(connection: &Connection, agent: ParticipantId) -> Result<Option<Kept>, DirectoryError> {
    Ok(connection
        .prepare_cached("SELECT secret, confirmed_at, step FROM second_factor WHERE agent = ?1")?
        .query_row([agent.as_bytes()], |row| {
            let confirmed_at: Option<i64> = row.get(1)?;
            let confirmed_at = confirmed_at.map(Timestamp::from_millis);
            Ok(Kept { secret: row.get(0)?, confirmed_at, step: row.get(2)? })
        })
        .optional()?)
}

fn new_recovery_codes(
    connection: &Connection,
    agent: ParticipantId,
    dice: &mut Dice,
) -> Result<Vec<String>, DirectoryError> {
    connection.execute("DELETE FROM recovery_code WHERE agent = ?1", [agent.as_bytes()])?;
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let text = BASE32_NOPAD.encode(&dice.bytes::<RECOVERY_BYTES>()).to_ascii_lowercase();
        let four: Vec<&str> = [0, 4, 8, 12].iter().filter_map(|at| text.get(*at..at + 4)).collect();
        let code = four.join("-");
        connection
            .prepare_cached("INSERT INTO recovery_code (agent, hash) VALUES (?1, ?2)")?
            .execute(params![agent.as_bytes(), recovery_hash(agent, &code)])?;
        codes.push(code);
    }
    Ok(codes)
}

/// The hash of a recovery code, however it was typed. A slow one would add nothing to 80 random
/// bits.
fn recovery_hash(agent: ParticipantId, code: &str) -> [u8; 32] {
    let typed = code.chars().filter(char::is_ascii_alphanumeric);
    let text: String = typed.map(|c| c.to_ascii_lowercase()).collect();
    Sha256::new().chain_update(agent.as_bytes()).chain_update(text).finalize().into()
}

/// What authenticators read from a QR code.
fn uri(email: &str, secret: &str) -> String {
    use core::fmt::Write as _;
    let mut label = String::new();
    for byte in email.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            label.push(char::from(byte));
        } else {
            write!(label, "%{byte:02X}").unwrap_or_else(|_| unreachable!("a String takes all"));
        }
    }
    format!(
        "otpauth://totp/{ISSUER}:{label}?secret={secret}&issuer={ISSUER}&algorithm=SHA1\
         &digits=6&period=30"
    )
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
