//! The erasure ledger: an append-only file of recalls that no backup rolls back. Whatever database
//! stands beside it, what it names is erased again before anything is served.
//!
//! # Format
//! A header of 96 bytes, then records of 96 bytes each.
//!
//! | header | bytes | | record | bytes |
//! |---|---|---|---|---|
//! | `rejoinder ledger` NUL-padded | 24 | | number, big-endian | 8 |
//! | format version, big-endian | 4 | | when, milliseconds, big-endian | 8 |
//! | zero | 4 | | conversation | 16 |
//! | database id | 16 | | message | 16 |
//! | zero | 48 | | who recalled it | 16 |
//! | | | | document kind | 1 |
//! | | | | how many of its append stand before it, big-endian | 4 |
//! | | | | zero | 11 |
//! | | | | check | 16 |
//!
//! A power cut may tear an append anywhere, so that of its records the first are missing and later
//! ones are there: each says where in its append it stands, to be told from damage to what was
//! flushed before.
//!
//! The check is the first half of SHA-256 over database id, offset and the 80 bytes before it, so
//! that a record that was moved, or is another ledger's, does not hold either.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rejoinder_core::id::{
    ConversationId, DatabaseId, DocumentId, DocumentKind, MessageId, ParticipantId,
};
use rejoinder_core::time::Timestamp;
use sha2::{Digest, Sha256};

use crate::storage::sqlite::folder;

const MAGIC: &[u8; 24] = b"rejoinder ledger\0\0\0\0\0\0\0\0";
const VERSION: u32 = 1;
/// Bytes of the header and of each record.
const RECORD_BYTES: usize = 96;
const BEFORE_AT: usize = 65;
const CHECK_AT: usize = 80;

/// A recall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// Its number, as device cursors count.
    pub(crate) number: u64,
    /// In which document.
    pub(crate) document: DocumentId,
    /// The recalled message.
    pub(crate) message: MessageId,
    /// Who recalled it.
    pub(crate) by: ParticipantId,
    /// When.
    pub(crate) at: Timestamp,
}

/// Why a ledger cannot be used. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The disk fails.
    #[error("the ledger cannot be read or written: {0}")]
    Medium(#[from] io::Error),
    /// It does not begin as a ledger does.
    #[error("this is not a ledger: its header is damaged or another file's")]
    NotALedger,
    /// It was written by a later version.
    #[error("the ledger has format {found}, this program reads {VERSION}: use a newer program")]
    Version {
        /// The version it says.
        found: u32,
    },
    /// It belongs to another database.
    #[error(
        "the ledger belongs to database {found}, not to {expected}: put the right ledger beside \
         the database; nothing was changed"
    )]
    WrongDatabase {
        /// The database the ledger names.
        found: DatabaseId,
        /// The database it was opened for.
        expected: DatabaseId,
    },
    /// A record that others follow is damaged: what it named is not known any more.
    #[error(
        "the ledger is damaged at byte {offset}: put a sound copy of it in place; without that \
         record a recall could be forgotten after a restore"
    )]
    Damaged {
        /// Where the record begins.
        offset: u64,
    },
}

/// The open ledger, and where it ends.
#[derive(Debug)]
pub(crate) struct Ledger {
    file: File,
    database: DatabaseId,
    end: u64,
}

/// What a ledger's file holds.
pub(crate) struct Contents {
    /// Whose it is.
    pub(crate) database: DatabaseId,
    /// The recalls, in the order they were written.
    pub(crate) records: Vec<Record>,
    /// Where the last sound record ends.
    pub(crate) end: u64,
    /// Bytes after it: an append that a crash interrupted.
    pub(crate) torn: u64,
    /// What is sound of these: true recalls all the same.
    pub(crate) rest: Vec<Record>,
}

impl Ledger {
    /// Opens the ledger of `database`, or makes one, and says what it names. An append that a
    /// crash tore is cut off: its recalls still stand in the database.
    ///
    /// # Errors
    /// [`LedgerError`]; then nothing was changed.
    pub(crate) fn open(
        path: &Path,
        database: DatabaseId,
    ) -> Result<(Self, Vec<Record>), LedgerError> {
        if !path.exists() {
            let mut header = [0; RECORD_BYTES];
            header[..24].copy_from_slice(MAGIC);
            header[24..28].copy_from_slice(&VERSION.to_be_bytes());
            header[32..48].copy_from_slice(database.as_bytes());
            folder::write_whole(path, &header)?;
        }
        let contents = read(path)?;
        if contents.database != database {
            let (found, expected) = (contents.database, database);
            return Err(LedgerError::WrongDatabase { found, expected });
        }
        let file = File::options().read(true).write(true).open(path)?;
        if contents.torn > 0 {
            let (torn, end) = (contents.torn, contents.end);
            tracing::warn!(torn, end, "the ledger's last append was torn by a crash: cut off");
            file.set_len(end)?;
            file.sync_all()?;
        }
        let mut ledger = Self { file, database, end: contents.end };
        let mut records = contents.records;
        if !contents.rest.is_empty() {
            // Should it have been damage, no other witness may be left of them.
            ledger.append(&contents.rest)?;
            records.extend(contents.rest);
        }
        Ok((ledger, records))
    }

    /// Appends recalls, durably, all or none.
    ///
    /// # Errors
    /// When the disk is full or fails.
    pub(crate) fn append(&mut self, records: &[Record]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(records.len() * RECORD_BYTES);
        for (before, record) in (0..).zip(records) {
            let offset = self.end + bytes.len() as u64;
            bytes.extend_from_slice(&encode(record, before, self.database, offset));
        }
        let written = self.file.write_all_at(&bytes, self.end).and_then(|()| self.file.sync_data());
        if written.is_err() {
            // What was half written is overwritten by the next append, or cut off at a start.
            drop(self.file.set_len(self.end));
        } else {
            self.end += bytes.len() as u64;
        }
        written
    }
}

/// Reads a ledger and changes nothing.
///
/// # Errors
/// [`LedgerError`].
pub(crate) fn read(path: &Path) -> Result<Contents, LedgerError> {
    let bytes = std::fs::read(path)?;
    let (header, rest) =
        bytes.split_first_chunk::<RECORD_BYTES>().ok_or(LedgerError::NotALedger)?;
    if &header[..24] != MAGIC {
        return Err(LedgerError::NotALedger);
    }
    let found = u32::from_be_bytes(part(header, 24));
    if found != VERSION {
        return Err(LedgerError::Version { found });
    }
    let database = DatabaseId::from_bytes(part(header, 32));
    let offset = |index: usize| ((index + 1) * RECORD_BYTES) as u64;
    let (chunks, _) = rest.as_chunks::<RECORD_BYTES>();
    let mut records = Vec::with_capacity(chunks.len());
    for (index, chunk) in chunks.iter().enumerate() {
        let Some((record, _)) = decode(chunk, database, offset(index)) else { break };
        records.push(record);
    }
    // What follows the first bad record decides: a sound one of a later append was flushed after
    // the bad one was. Nothing, or only what came with it, means a torn append.
    let bad = records.len();
    let end = offset(bad);
    let mut rest = Vec::new();
    for (index, chunk) in chunks.iter().enumerate().skip(bad + 1) {
        match decode(chunk, database, offset(index)) {
            Some((_, before)) if index - bad > before as usize => {
                return Err(LedgerError::Damaged { offset: end });
            }
            Some((record, _)) => rest.push(record),
            None => {}
        }
    }
    Ok(Contents { database, records, end, torn: bytes.len() as u64 - end, rest })
}

fn part<const N: usize>(bytes: &[u8; RECORD_BYTES], at: usize) -> [u8; N] {
    core::array::from_fn(|n| bytes[at + n])
}

fn check(record: &[u8], database: DatabaseId, offset: u64) -> [u8; 16] {
    let hash = Sha256::new()
        .chain_update(database.as_bytes())
        .chain_update(offset.to_be_bytes())
        .chain_update(&record[..CHECK_AT])
        .finalize();
    core::array::from_fn(|n| hash[n])
}

fn encode(record: &Record, before: u32, database: DatabaseId, offset: u64) -> [u8; RECORD_BYTES] {
    let mut bytes = [0; RECORD_BYTES];
    bytes[..8].copy_from_slice(&record.number.to_be_bytes());
    bytes[8..16].copy_from_slice(&record.at.as_millis().to_be_bytes());
    bytes[16..32].copy_from_slice(record.document.conversation.as_bytes());
    bytes[32..48].copy_from_slice(record.message.as_bytes());
    bytes[48..64].copy_from_slice(record.by.as_bytes());
    bytes[64] = record.document.kind.code();
    bytes[BEFORE_AT..BEFORE_AT + 4].copy_from_slice(&before.to_be_bytes());
    let check = check(&bytes, database, offset);
    bytes[CHECK_AT..].copy_from_slice(&check);
    bytes
}

/// A record, and how many of its append stand before it.
fn decode(bytes: &[u8; RECORD_BYTES], database: DatabaseId, offset: u64) -> Option<(Record, u32)> {
    if check(bytes, database, offset) != part(bytes, CHECK_AT) {
        return None;
    }
    let conversation = ConversationId::from_bytes(part(bytes, 16));
    let record = Record {
        number: u64::from_be_bytes(part(bytes, 0)),
        at: Timestamp::from_millis(i64::from_be_bytes(part(bytes, 8))),
        document: DocumentId { conversation, kind: DocumentKind::from_code(bytes[64])? },
        message: MessageId::from_bytes(part(bytes, 32)),
        by: ParticipantId::from_bytes(part(bytes, 48)),
    };
    Some((record, u32::from_be_bytes(part(bytes, BEFORE_AT))))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use rejoinder_core::dice::Dice;
    use rejoinder_core::id::{ConversationId, DatabaseId, DocumentId, MessageId, ParticipantId};
    use rejoinder_core::time::Timestamp;

    use super::{Ledger, LedgerError, RECORD_BYTES, Record};

    struct Fixture {
        _folder: tempfile::TempDir,
        path: PathBuf,
        database: DatabaseId,
        records: Vec<Record>,
    }

    fn ledger_of(recalls: u64) -> Fixture {
        let dice = &mut Dice::from_seed([1; 32]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let database = DatabaseId::random(dice);
        let mut record = |number| Record {
            number,
            document: DocumentId::team(ConversationId::random(dice)),
            message: MessageId::random(dice),
            by: ParticipantId::random(dice),
            at: Timestamp::from_millis(-5),
        };
        let records: Vec<_> = (1..=recalls).map(&mut record).collect();
        let (mut ledger, none) = Ledger::open(&path, database).unwrap();
        assert_eq!(none, []);
        ledger.append(&records).unwrap();
        Fixture { _folder: folder, path, database, records }
    }

    #[test]
    fn re11_a_ledger_keeps_recalls_in_their_order() {
        let it = ledger_of(3);
        let (mut ledger, records) = Ledger::open(&it.path, it.database).unwrap();
        assert_eq!(records, it.records);
        ledger.append(&it.records[..1]).unwrap();
        let (_, records) = Ledger::open(&it.path, it.database).unwrap();
        assert_eq!(records, [it.records.as_slice(), &it.records[..1]].concat());
    }

    #[test]
    fn a_torn_append_is_cut_off() {
        for lost in [1, RECORD_BYTES / 2, RECORD_BYTES + 1] {
            let it = ledger_of(3);
            let bytes = fs::read(&it.path).unwrap();
            fs::write(&it.path, &bytes[..bytes.len() - lost]).unwrap();
            let whole = 3 - lost.div_ceil(RECORD_BYTES);
            let (mut ledger, records) = Ledger::open(&it.path, it.database).unwrap();
            assert_eq!(records, it.records[..whole]);
            ledger.append(&it.records[whole..]).unwrap();
            assert_eq!(fs::metadata(&it.path).unwrap().len(), bytes.len() as u64);
            assert_eq!(Ledger::open(&it.path, it.database).unwrap().1, it.records);
        }
        let it = ledger_of(2);
        let mut bytes = fs::read(&it.path).unwrap();
        let sound = bytes.len();
        bytes.extend([0; 2 * RECORD_BYTES]);
        fs::write(&it.path, &bytes).unwrap();
        let (_, records) = Ledger::open(&it.path, it.database).unwrap();
        assert_eq!(records, it.records);
        assert_eq!(fs::read(&it.path).unwrap(), bytes[..sound]);
    }

    #[test]
    fn st20_an_append_of_which_any_sectors_are_missing_is_cut_off() {
        const SECTOR: usize = 512;
        let it = ledger_of(2);
        let before = fs::read(&it.path).unwrap();
        let mut ledger = Ledger::open(&it.path, it.database).unwrap().0;
        let more: Vec<_> = it.records.iter().copied().cycle().take(14).collect();
        ledger.append(&more).unwrap();
        let whole = fs::read(&it.path).unwrap();
        let sectors = whole.len().div_ceil(SECTOR);
        for kept in 0..1_u32 << sectors {
            let mut torn = before.clone();
            for at in (0..sectors).filter(|at| kept >> at & 1 == 1) {
                let end = whole.len().min((at + 1) * SECTOR);
                torn.resize(torn.len().max(end), 0);
                torn[at * SECTOR..end].copy_from_slice(&whole[at * SECTOR..end]);
            }
            fs::write(&it.path, &torn).unwrap();
            let (mut ledger, records) = Ledger::open(&it.path, it.database).unwrap();
            assert_eq!(records[..2], it.records, "what was flushed before");
            let had = records.len() - 2;
            assert!(records[2..].iter().all(|record| more.contains(record)), "no others");
            let whole = Ledger::open(&it.path, it.database).unwrap().1;
            assert_eq!(records, whole, "what was sound stays so");
            ledger.append(&more[had..]).unwrap();
            let again = Ledger::open(&it.path, it.database).unwrap().1;
            assert_eq!(again.len(), 16);
        }
    }

    #[test]
    fn re11_sound_recalls_of_an_append_that_looks_torn_are_kept() {
        let it = ledger_of(5);
        let mut bytes = fs::read(&it.path).unwrap();
        bytes[2 * RECORD_BYTES + 20] ^= 1;
        fs::write(&it.path, &bytes).unwrap();
        let kept = [&it.records[..1], &it.records[2..]].concat();
        for _ in 0..2 {
            assert_eq!(Ledger::open(&it.path, it.database).unwrap().1, kept);
        }
    }

    #[test]
    fn a_damaged_inner_record_is_named_by_its_offset_and_nothing_is_changed() {
        let it = ledger_of(2);
        let mut ledger = Ledger::open(&it.path, it.database).unwrap().0;
        ledger.append(&it.records[..1]).unwrap();
        let mut bytes = fs::read(&it.path).unwrap();
        bytes[2 * RECORD_BYTES + 20] ^= 1;
        fs::write(&it.path, &bytes).unwrap();
        let error = Ledger::open(&it.path, it.database).unwrap_err();
        assert!(error.to_string().contains(&format!("byte {}", 2 * RECORD_BYTES)), "{error}");
        assert_eq!(fs::read(&it.path).unwrap(), bytes);
    }

    #[test]
    fn another_database_s_ledger_is_refused_with_both_names() {
        let it = ledger_of(1);
        let other = DatabaseId::random(&mut Dice::from_seed([2; 32]));
        let error = Ledger::open(&it.path, other).unwrap_err().to_string();
        assert!(error.contains(&other.to_string()), "{error}");
        assert!(error.contains(&it.database.to_string()), "{error}");
        fs::write(&it.path, "not a ledger").unwrap();
        let error = Ledger::open(&it.path, it.database).unwrap_err();
        assert!(matches!(error, LedgerError::NotALedger));
    }
}
