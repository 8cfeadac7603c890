//! The keyring: a preallocated file of slots that is overwritten in place and flushed, never
//! renamed, never truncated, and kept out of ordinary backups.
//!
//! # Format
//! A header of 64 bytes, then slots of 64 bytes each.
//!
//! | header | bytes |       | slot | bytes |
//! |---|---|---|---|---|
//! | `rejoinder keyring` NUL-padded | 24 | | key id, random, never all zero | 16 |
//! | format version, big-endian | 4 | | key | 32 |
//! | zero | 4 | | SHA-256(key id ‖ key), first 16 bytes | 16 |
//! | database id | 16 | | | |
//! | epoch | 16 | | | |
//!
//! A slot of zeros is free. 64 divides every sector size in use, so a slot is written whole or not
//! at all; one whose check does not hold was damaged. A row names its slot *and* its key id:
//! another key id in the slot means that the key was erased and the slot used again.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::dice::Dice;
use crate::id::{DatabaseId, Epoch, KeyId};
use crate::sealing::SealingKey;

/// Bytes of the header and of each slot.
pub const SLOT_BYTES: usize = 64;

/// Slots by which a full keyring grows: 64 KiB, so that growing is rare and a small keyring small.
pub const GROW_SLOTS: u32 = 1_024;

/// Slots between two that are read along with them: a kilobyte costs less than another read.
const GAP_SLOTS: u32 = 16;

const MAGIC: &[u8; 24] = b"rejoinder keyring\0\0\0\0\0\0\0";
const VERSION: u32 = 1;

/// The bytes a keyring lives in: a file, an OPFS handle, or memory.
///
/// `write` changes bytes in place; nothing is durable before `flush` returns.
pub trait Blocks {
    /// Why the medium failed.
    type Error: core::fmt::Display;

    /// Bytes there are.
    ///
    /// # Errors
    /// When the medium fails.
    fn len(&mut self) -> Result<u64, Self::Error>;

    /// Whether there are none.
    ///
    /// # Errors
    /// When the medium fails.
    fn is_empty(&mut self) -> Result<bool, Self::Error> {
        Ok(self.len()? == 0)
    }

    /// Fills `bytes` from `offset` on.
    ///
    /// # Errors
    /// When the medium fails or ends before.
    fn read(&mut self, offset: u64, bytes: &mut [u8]) -> Result<(), Self::Error>;

    /// Overwrites in place from `offset` on, growing where it reaches past the end.
    ///
    /// # Errors
    /// When the medium fails or is full.
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Self::Error>;

    /// Returns once everything written is durable.
    ///
    /// # Errors
    /// When the medium fails.
    fn flush(&mut self) -> Result<(), Self::Error>;
}

/// Where a key stands. Rows that need the key keep both halves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The place, from 0.
    pub index: u32,
    /// The key that stood there when the row was written.
    pub key: KeyId,
}

/// Which database, and which of its lives, a keyring belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The database.
    pub database: DatabaseId,
    /// Its epoch.
    pub epoch: Epoch,
}

/// Why a keyring cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError<E: core::fmt::Display> {
    /// The medium failed.
    #[error("the keyring cannot be read or written: {0}")]
    Medium(E),
    /// It does not begin as a keyring does.
    #[error("this is not a keyring: its header is damaged or another file's")]
    NotAKeyring,
    /// It was written by a later version.
    #[error("the keyring has format {found}, this program reads {VERSION}: use a newer program")]
    Version {
        /// The version it says.
        found: u32,
    },
    /// It belongs to another database.
    #[error(
        "the keyring belongs to database {found}, not to {expected}: put the right keyring beside \
         the database; nothing was changed"
    )]
    WrongDatabase {
        /// The database the keyring names.
        found: DatabaseId,
        /// The database it was opened for.
        expected: DatabaseId,
    },
    /// A slot's check does not hold.
    #[error("slot {0} of the keyring is damaged")]
    DamagedSlot(u32),
}

/// What stands in a slot that a row names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The key.
    Key(SealingKey),
    /// The key was erased, and perhaps the slot used again.
    Erased,
    /// The slot's check does not hold.
    Damaged,
}

/// A keyring over its medium. It keeps key ids in memory, never keys.
#[derive(Debug)]
pub struct Keyring<B> {
    blocks: B,
    owner: Owner,
    used: BTreeMap<u32, KeyId>,
    damaged: BTreeSet<u32>,
    free: BTreeSet<u32>,
    slots: u32,
}

impl<B: Blocks> Keyring<B> {
    /// Opens the keyring of `database`, or makes one on an empty medium.
    ///
    /// The epoch in the header may differ from the caller's after a restore; see [`Self::owner`].
    ///
    /// # Errors
    /// [`KeyringError`] when it is not a keyring, another database's, or unreadable. Nothing is
    /// written then.
    pub fn open(mut blocks: B, owner: Owner) -> Result<Self, KeyringError<B::Error>> {
        let bytes = blocks.len().map_err(KeyringError::Medium)?;
        if bytes == 0 {
            let mut keyring = Self::empty(blocks, owner);
            keyring.write_header()?;
            keyring.grow()?;
            keyring.blocks.flush().map_err(KeyringError::Medium)?;
            return Ok(keyring);
        }
        let mut header = [0; SLOT_BYTES];
        if bytes < SLOT_BYTES as u64 {
            return Err(KeyringError::NotAKeyring);
        }
        blocks.read(0, &mut header).map_err(KeyringError::Medium)?;
        let found = read_header(&header)?;
        if found.database != owner.database {
            return Err(KeyringError::WrongDatabase {
                found: found.database,
                expected: owner.database,
            });
        }
        let slots = u32::try_from(bytes / SLOT_BYTES as u64).unwrap_or(u32::MAX).saturating_sub(1);
        let mut keyring = Self { slots, ..Self::empty(blocks, found) };
        keyring.scan()?;
        Ok(keyring)
    }

    fn empty(blocks: B, owner: Owner) -> Self {
        let (used, damaged, free) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        Self { blocks, owner, used, damaged, free, slots: 0 }
    }

    fn scan(&mut self) -> Result<(), KeyringError<B::Error>> {
        let mut chunk = vec![0; SLOT_BYTES * GROW_SLOTS as usize];
        let mut index = 0;
        while index < self.slots {
            let count = GROW_SLOTS.min(self.slots - index);
            let bytes = &mut chunk[..SLOT_BYTES * count as usize];
            self.blocks.read(offset(index), bytes).map_err(KeyringError::Medium)?;
            for slot in bytes.as_chunks::<SLOT_BYTES>().0 {
                match read_slot(slot) {
                    Content::Free => drop(self.free.insert(index)),
                    Content::Key(id, _) => drop(self.used.insert(index, id)),
                    Content::Damaged => drop(self.damaged.insert(index)),
                }
                index += 1;
            }
        }
        zeroize::Zeroize::zeroize(&mut chunk);
        Ok(())
    }

    /// Which database and epoch its header names.
    pub const fn owner(&self) -> Owner {
        self.owner
    }

    /// Names another epoch in the header, durably: the last step of a restore.
    ///
    /// # Errors
    /// When the medium fails.
    pub fn begin_epoch(&mut self, epoch: Epoch) -> Result<(), KeyringError<B::Error>> {
        self.owner.epoch = epoch;
        self.write_header()?;
        self.flush()
    }

    /// Puts `key` into a free slot. It is durable after [`Self::flush`], and only then may a row
    /// that needs it be written.
    ///
    /// # Errors
    /// When the medium fails or cannot grow.
    pub fn put(
        &mut self,
        key: &SealingKey,
        dice: &mut Dice,
    ) -> Result<Slot, KeyringError<B::Error>> {
        if self.free.is_empty() {
            self.grow()?;
        }
        let index = self.free.first().copied().unwrap_or_else(|| unreachable!("just grown"));
        let id = KeyId::random(dice);
        let mut bytes = write_slot(id, key);
        let written = self.blocks.write(offset(index), &bytes);
        zeroize::Zeroize::zeroize(&mut bytes);
        written.map_err(KeyringError::Medium)?;
        self.free.remove(&index);
        self.used.insert(index, id);
        Ok(Slot { index, key: id })
    }

    /// What stands where a row's key should be.
    ///
    /// # Errors
    /// When the medium fails.
    pub fn get(&mut self, slot: Slot) -> Result<Found, KeyringError<B::Error>> {
        if slot.index >= self.slots {
            return Ok(Found::Erased);
        }
        let mut bytes = [0; SLOT_BYTES];
        self.blocks.read(offset(slot.index), &mut bytes).map_err(KeyringError::Medium)?;
        let found = found_in(&bytes, slot.key);
        zeroize::Zeroize::zeroize(&mut bytes);
        Ok(found)
    }

    /// What stands where the keys of many rows should be, in the order of the rows. Slots that lie
    /// close together, as those of a conversation do, are read at once.
    ///
    /// # Errors
    /// When the medium fails.
    pub fn get_all(&mut self, slots: &[Slot]) -> Result<Vec<Found>, KeyringError<B::Error>> {
        let mut order: Vec<_> = (0..slots.len()).collect();
        order.sort_by_key(|&n| slots[n].index);
        let known = order.partition_point(|&n| slots[n].index < self.slots);
        let mut found = vec![Found::Erased; slots.len()];
        let mut bytes = Vec::new();
        let mut rest = &order[..known];
        while let Some(&first) = rest.first() {
            let (start, mut end) = (slots[first].index, slots[first].index + 1);
            let near = rest.iter().take_while(|&&n| {
                let index = slots[n].index;
                let joins = index <= end + GAP_SLOTS && index - start < GROW_SLOTS;
                end = if joins { index + 1 } else { end };
                joins
            });
            let (run, others) = rest.split_at(near.count());
            // Emptied first: a buffer that moves to grow would leave keys behind.
            zeroize::Zeroize::zeroize(&mut bytes);
            bytes.resize(SLOT_BYTES * (end - start) as usize, 0);
            self.blocks.read(offset(start), &mut bytes).map_err(KeyringError::Medium)?;
            for &n in run {
                let at = (slots[n].index - start) as usize;
                found[n] = found_in(&bytes.as_chunks::<SLOT_BYTES>().0[at], slots[n].key);
            }
            rest = others;
        }
        zeroize::Zeroize::zeroize(&mut bytes);
        Ok(found)
    }

    /// Overwrites a key with zeros, unless another key stands there by now. It is gone from the
    /// medium after [`Self::flush`].
    ///
    /// A damaged slot is overwritten too: it gives its key to nobody, and may hold it all the same.
    ///
    /// # Errors
    /// When the medium fails.
    pub fn shred(&mut self, slot: Slot) -> Result<(), KeyringError<B::Error>> {
        let damaged = self.damaged.contains(&slot.index);
        if damaged || self.used.get(&slot.index) == Some(&slot.key) {
            self.shred_index(slot.index)?;
        }
        Ok(())
    }

    fn shred_index(&mut self, index: u32) -> Result<(), KeyringError<B::Error>> {
        self.blocks.write(offset(index), &[0; SLOT_BYTES]).map_err(KeyringError::Medium)?;
        self.used.remove(&index);
        self.damaged.remove(&index);
        self.free.insert(index);
        Ok(())
    }

    /// Overwrites every key that no row names, and says how many there were.
    ///
    /// Such keys are left by a crash between the key's flush and its row's commit. The caller
    /// answers for `rows` being complete and of this keyring's database and epoch: a wrong list
    /// erases everything.
    ///
    /// # Errors
    /// When the medium fails.
    pub fn sweep(&mut self, rows: &BTreeSet<Slot>) -> Result<usize, KeyringError<B::Error>> {
        let orphans: Vec<u32> = self
            .used
            .iter()
            .filter(|&(&index, &key)| !rows.contains(&Slot { index, key }))
            .map(|(&index, _)| index)
            .chain(self.damaged.iter().copied())
            .collect();
        for &index in &orphans {
            self.shred_index(index)?;
        }
        if !orphans.is_empty() {
            self.flush()?;
        }
        Ok(orphans.len())
    }

    /// The keys there are.
    pub fn keys(&self) -> impl Iterator<Item = Slot> {
        self.used.iter().map(|(&index, &key)| Slot { index, key })
    }

    /// The slots whose check does not hold.
    pub fn damaged(&self) -> impl Iterator<Item = u32> {
        self.damaged.iter().copied()
    }

    /// Overwrites every key: for a device that is told to wipe.
    ///
    /// # Errors
    /// When the medium fails.
    pub fn wipe(&mut self) -> Result<(), KeyringError<B::Error>> {
        self.sweep(&BTreeSet::new()).map(drop)
    }

    /// Returns once everything put and shredded is durable.
    ///
    /// # Errors
    /// When the medium fails.
    pub fn flush(&mut self) -> Result<(), KeyringError<B::Error>> {
        self.blocks.flush().map_err(KeyringError::Medium)
    }

    fn grow(&mut self) -> Result<(), KeyringError<B::Error>> {
        let zeros = vec![0; SLOT_BYTES * GROW_SLOTS as usize];
        self.blocks.write(offset(self.slots), &zeros).map_err(KeyringError::Medium)?;
        self.free.extend(self.slots..self.slots + GROW_SLOTS);
        self.slots += GROW_SLOTS;
        Ok(())
    }

    fn write_header(&mut self) -> Result<(), KeyringError<B::Error>> {
        let mut header = [0; SLOT_BYTES];
        header[..24].copy_from_slice(MAGIC);
        header[24..28].copy_from_slice(&VERSION.to_be_bytes());
        header[32..48].copy_from_slice(self.owner.database.as_bytes());
        header[48..].copy_from_slice(self.owner.epoch.as_bytes());
        self.blocks.write(0, &header).map_err(KeyringError::Medium)
    }
}

enum Content {
    Free,
    Key(KeyId, SealingKey),
    Damaged,
}

fn offset(index: u32) -> u64 {
    (u64::from(index) + 1) * SLOT_BYTES as u64
}

fn part<const N: usize>(bytes: &[u8; SLOT_BYTES], at: usize) -> [u8; N] {
    core::array::from_fn(|n| bytes[at + n])
}

fn read_header<E: core::fmt::Display>(bytes: &[u8; SLOT_BYTES]) -> Result<Owner, KeyringError<E>> {
    if &bytes[..24] != MAGIC {
        return Err(KeyringError::NotAKeyring);
    }
    let found = u32::from_be_bytes(part(bytes, 24));
    if found != VERSION {
        return Err(KeyringError::Version { found });
    }
    Ok(Owner {
        database: DatabaseId::from_bytes(part(bytes, 32)),
        epoch: Epoch::from_bytes(part(bytes, 48)),
    })
}

fn check(id: KeyId, key: &[u8; 32]) -> [u8; 16] {
    let hash = Sha256::new().chain_update(id.as_bytes()).chain_update(key).finalize();
    core::array::from_fn(|n| hash[n])
}

fn write_slot(id: KeyId, key: &SealingKey) -> [u8; SLOT_BYTES] {
    let mut bytes = [0; SLOT_BYTES];
    bytes[..16].copy_from_slice(id.as_bytes());
    bytes[16..48].copy_from_slice(key.as_bytes());
    bytes[48..].copy_from_slice(&check(id, key.as_bytes()));
    bytes
}

/// What a slot's bytes are to a row that names this key.
fn found_in(bytes: &[u8; SLOT_BYTES], named: KeyId) -> Found {
    match read_slot(bytes) {
        Content::Key(id, key) if id == named => Found::Key(key),
        Content::Key(..) | Content::Free => Found::Erased,
        Content::Damaged => Found::Damaged,
    }
}

fn read_slot(bytes: &[u8; SLOT_BYTES]) -> Content {
    if bytes.iter().all(|&byte| byte == 0) {
        return Content::Free;
    }
    let (id, key) = (KeyId::from_bytes(part(bytes, 0)), part(bytes, 16));
    if check(id, &key) == part(bytes, 48) {
        Content::Key(id, SealingKey::from_bytes(key))
    } else {
        Content::Damaged
    }
}

/// A keyring's bytes in memory: for memory stores and for tests.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct MemoryBlocks(Vec<u8>);

impl MemoryBlocks {
    /// The bytes as they are.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Reading past the end of [`MemoryBlocks`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the keyring ends before")]
pub struct EndedBefore;

impl Blocks for MemoryBlocks {
    type Error = EndedBefore;

    fn len(&mut self) -> Result<u64, EndedBefore> {
        Ok(self.0.len() as u64)
    }

    fn read(&mut self, offset: u64, bytes: &mut [u8]) -> Result<(), EndedBefore> {
        let start = usize::try_from(offset).map_err(|_| EndedBefore)?;
        bytes.copy_from_slice(self.0.get(start..start + bytes.len()).ok_or(EndedBefore)?);
        Ok(())
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), EndedBefore> {
        let start = usize::try_from(offset).map_err(|_| EndedBefore)?;
        let end = start + bytes.len();
        if self.0.len() < end {
            self.0.resize(end, 0);
        }
        self.0[start..end].copy_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), EndedBefore> {
        Ok(())
    }
}
