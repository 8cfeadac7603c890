//! Passwords: what one must be, and Argon2id over it.

use core::fmt;
use std::sync::{Condvar, Mutex, PoisonError};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use rejoinder_core::dice::Dice;
use zeroize::Zeroizing;

use crate::storage::StorageError;

/// Characters a password has at least. It guards every conversation of a site.
pub const PASSWORD_SHORTEST: usize = 10;

/// Characters a password has at most: longer ones only cost time.
pub const PASSWORD_LONGEST: usize = 256;

/// Different characters a password has at least.
const DIFFERENT: usize = 5;

/// OWASP's recommendation for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes that may wait for their turn. Beyond it log-ins are put off: each would wait for
/// seconds, and each holds a thread.
const WAITING: usize = 32;

/// A password that is good enough to be kept. Erased from memory with the value.
pub struct Password(Zeroizing<String>);

/// Why a password is not good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Nothing at all.
    #[error("the password is empty: choose one of at least {PASSWORD_SHORTEST} characters")]
    Empty,
    /// Fewer than [`PASSWORD_SHORTEST`] characters.
    #[error(
        "the password has {characters} characters: choose one of at least {PASSWORD_SHORTEST}, \
         such as four words"
    )]
    TooShort {
        /// How many it has.
        characters: usize,
    },
    /// More than [`PASSWORD_LONGEST`] characters.
    #[error("the password is longer than {PASSWORD_LONGEST} characters: choose a shorter one")]
    TooLong,
    /// A few characters over and over.
    #[error("the password is the same few characters again and again: choose another")]
    Monotonous,
}

impl Password {
    /// The password, if it is good enough.
    ///
    /// # Errors
    /// [`PasswordError`] says what to choose instead.
    pub fn new(text: String) -> Result<Self, PasswordError> {
        let text = Zeroizing::new(text);
        let characters = text.chars().count();
        let mut different: Vec<char> = text.chars().collect();
        different.sort_unstable();
        different.dedup();
        match characters {
            0 => Err(PasswordError::Empty),
            1..PASSWORD_SHORTEST => Err(PasswordError::TooShort { characters }),
            _ if characters > PASSWORD_LONGEST => Err(PasswordError::TooLong),
            _ if different.len() < DIFFERENT => Err(PasswordError::Monotonous),
            _ => Ok(Self(text)),
        }
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

/// Hashes and compares passwords, as many at once as there are processors: each takes 19 MiB.
pub(super) struct Passwords {
    hasher: Argon2<'static>,
    /// What is compared against where there is no hash, so that it takes as long.
    decoy: String,
    turns: Turns,
}

/// Too many log-ins wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooBusy;

impl Passwords {
    pub(super) fn new(dice: &mut Dice) -> Result<Self, StorageError> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
            .map_err(|error| StorageError::Failed(format!("no password hashing: {error}")))?;
        let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = hash(&hasher, &dice.bytes::<32>(), &dice.bytes())?;
        let at_once = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self { hasher, decoy, turns: Turns::new(at_once) })
    }

    /// The PHC string to keep of a password.
    pub(super) fn hash(&self, password: &Password, salt: [u8; 16]) -> Result<String, StorageError> {
        hash(&self.hasher, password.0.as_bytes(), &salt)
    }

    /// Whether `given` is the password that `kept` was made of. Takes as long when nothing is
    /// kept.
    pub(super) fn verify(&self, given: &str, kept: Option<&str>) -> Result<bool, TooBusy> {
        if given.chars().count() > PASSWORD_LONGEST {
            return Ok(false);
        }
        let _turn = self.turns.take()?;
        let against = kept.unwrap_or(&self.decoy);
        let same = PasswordHash::new(against)
            .is_ok_and(|hash| self.hasher.verify_password(given.as_bytes(), &hash).is_ok());
        Ok(same && kept.is_some())
    }
}

fn hash(hasher: &Argon2<'_>, password: &[u8], salt: &[u8; 16]) -> Result<String, StorageError> {
    hasher
        .hash_password_with_salt(password, salt)
        .map(|hash| hash.to_string())
        .map_err(|error| StorageError::Failed(format!("the password cannot be hashed: {error}")))
}

/// A few at once, some waiting, nobody else.
struct Turns {
    at_once: usize,
    queue: Mutex<Queue>,
    freed: Condvar,
}

#[derive(Default)]
struct Queue {
    running: usize,
    waiting: usize,
}

impl Turns {
    fn new(at_once: usize) -> Self {
        Self { at_once, queue: Mutex::default(), freed: Condvar::new() }
    }

    fn take(&self) -> Result<Turn<'_>, TooBusy> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.waiting >= WAITING {
            return Err(TooBusy);
        }
        queue.waiting += 1;
        while queue.running >= self.at_once {
            queue = self.freed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        queue.waiting -= 1;
        queue.running += 1;
        Ok(Turn(self))
    }
}

struct Turn<'a>(&'a Turns);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner).running -= 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::{Password, PasswordError, Passwords, TooBusy, Turns, WAITING};
    use crate::entropy::dice;

    #[test]
    fn a_weak_password_is_refused_with_advice() {
        let refused = |text: &str| Password::new(text.to_owned()).unwrap_err();
        assert_eq!(refused(""), PasswordError::Empty);
        assert_eq!(refused("short"), PasswordError::TooShort { characters: 5 });
        assert_eq!(refused(&"abab".repeat(5)), PasswordError::Monotonous);
        assert_eq!(refused(&"abcdefgh".repeat(40)), PasswordError::TooLong);
        assert!(Password::new("four words are fine".to_owned()).is_ok());
    }

    #[test]
    fn only_the_same_password_fits_and_a_hash_shows_its_parameters() {
        let dice = &mut dice();
        let passwords = Passwords::new(dice).unwrap();
        let kept = passwords
            .hash(&Password::new("correct horse".to_owned()).unwrap(), dice.bytes())
            .unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert_eq!(passwords.verify("correct horse", Some(&kept)), Ok(true));
        assert_eq!(passwords.verify("correct horsf", Some(&kept)), Ok(false));
        assert_eq!(passwords.verify("correct horse", None), Ok(false));
    }

    #[test]
    fn a_crowd_is_put_off_instead_of_piling_up() {
        let turns = Turns::new(1);
        let first = turns.take();
        turns.queue.lock().unwrap().waiting = WAITING;
        assert!(matches!(turns.take(), Err(TooBusy)));
        turns.queue.lock().unwrap().waiting = 0;
        drop(first);
        assert!(turns.take().is_ok());
    }
}
