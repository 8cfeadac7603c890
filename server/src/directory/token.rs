//! Tokens: 32 random bytes that a client keeps, of which the server keeps only the hash.

use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{DeviceId, ParticipantId};
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

use super::DirectoryError;

/// What a token stands for; its first characters say so, for people who find one and for scanners
/// that look for leaked secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bearer {
    Agent,
    Visitor,
}

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
    let token = draw(bearer, dice);
    let (agent, visitor) = match bearer {
        Bearer::Agent => (Some(whose), None),
        Bearer::Visitor => (None, Some(whose)),
    };
    connection.prepare_cached("INSERT INTO token VALUES (?1, ?2, ?3, ?4, ?5, 0)")?.execute(
        params![
            TokenHash::of(&token).as_bytes(),
            agent.as_ref().map(ParticipantId::as_bytes),
            visitor.as_ref().map(ParticipantId::as_bytes),
            device.as_ref().map(DeviceId::as_bytes),
            now.as_millis(),
        ],
    )?;
    Ok(token)
}

/// A new token's text.
fn draw(bearer: Bearer, dice: &mut Dice) -> String {
    format!("{}{}", bearer.prefix(), Base64UrlUnpadded::encode_string(&dice.bytes::<32>()))
}

#[cfg(test)]
mod tests {
    use super::{Bearer, TokenHash, draw};
    use crate::entropy::dice;

    #[test]
    fn a_token_says_whose_it_is_and_never_repeats() {
        let dice = &mut dice();
        let (agent, visitor) = (draw(Bearer::Agent, dice), draw(Bearer::Visitor, dice));
        assert!(agent.starts_with("rja_") && visitor.starts_with("rjv_"));
        assert_eq!(agent.len(), 4 + 43);
        assert_ne!(draw(Bearer::Agent, dice), agent);
        assert_ne!(TokenHash::of(&agent), TokenHash::of(&visitor));
    }
}
