//! The open keyring, shared by the writer and by those who read words.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rejoinder_core::dice::Dice;
use rejoinder_core::id::Epoch;
use rejoinder_core::keyring::{Found, Keyring, KeyringError, Slot};
use rejoinder_core::sealing::SealingKey;

use super::rows::medium_error;
use crate::storage::StorageError;
use crate::storage::keyring_file::KeyringFile;

/// The keyring under its lock, and its file to flush without it. Only the writer changes it.
#[derive(Debug)]
pub(super) struct Keys {
    ring: Mutex<Keyring<KeyringFile>>,
    file: KeyringFile,
}

impl Keys {
    pub(super) fn new(ring: Keyring<KeyringFile>, file: KeyringFile) -> Self {
        Self { ring: Mutex::new(ring), file }
    }

    /// The keyring, for a moment: never while waiting for a disk.
    pub(super) fn ring(&self) -> MutexGuard<'_, Keyring<KeyringFile>> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn fail(&self, fails: bool) {
        self.file.fail(fails);
    }

    /// Puts a key, not yet durable.
    pub(super) fn put(&self, key: &SealingKey, dice: &mut Dice) -> Result<Slot, StorageError> {
        self.ring().put(key, dice).map_err(|error| keyring_error(&error))
    }

    /// What stands where a row's key should be.
    pub(super) fn get(&self, slot: Slot) -> Result<Found, StorageError> {
        self.ring().get(slot).map_err(|error| keyring_error(&error))
    }

    /// The same of many rows, in their order.
    pub(super) fn get_all(&self, slots: &[Slot]) -> Result<Vec<Found>, StorageError> {
        self.ring().get_all(slots).map_err(|error| keyring_error(&error))
    }

    /// Overwrites keys, durably. All are tried, whichever fails.
    pub(super) fn shred(&self, slots: &[Slot]) -> Result<(), StorageError> {
        let mut failed = None;
        for &slot in slots {
            // Locked for each: a reader waits for one write, not for a thousand.
            if let Err(error) = self.ring().shred(slot) {
                failed = Some(error);
            }
        }
        let settled = self.settle();
        failed.map_or(settled, |error| Err(keyring_error(&error)))
    }

    /// Returns once everything put and overwritten is durable.
    pub(super) fn settle(&self) -> Result<(), StorageError> {
        self.file.settle().map_err(|error| medium_error("keyring", &error))
    }

    /// Names another epoch in the header, durably.
    pub(super) fn begin_epoch(&self, epoch: Epoch) -> Result<(), StorageError> {
        self.ring().begin_epoch(epoch).map_err(|error| keyring_error(&error))
    }
}

/// What the keyring says, in the words of storage.
fn keyring_error(error: &KeyringError<io::Error>) -> StorageError {
    match error {
        KeyringError::Medium(error) => medium_error("keyring", error),
        KeyringError::DamagedSlot(_) => StorageError::Damaged(error.to_string()),
        KeyringError::NotAKeyring
        | KeyringError::Version { .. }
        | KeyringError::WrongDatabase { .. } => StorageError::Failed(error.to_string()),
    }
}
