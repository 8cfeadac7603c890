//! Columns and what they mean, and what SQLite's errors mean to storage.

use minicbor::{Decode, Encode};
use rejoinder_core::conversation::layout::{Priority, Status};
use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::id::{
    CategoryId, ChangeHash, ConversationId, DocumentId, DocumentKind, KeyId, MessageId,
    ParticipantId, RevisionId, Seq, SiteId,
};
use rejoinder_core::keyring::Slot;
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{Keeping, TeamRow};
use rusqlite::types::{FromSql, Type};
use rusqlite::{Error, ErrorCode, Result, Row};

use crate::storage::{FeedEntry, Header, StorageError, Summary};

/// A number as SQLite keeps it. Those that storage counts never come near the bound.
pub(super) fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The CBOR of a value.
pub(super) fn cbor(value: &impl Encode<()>) -> Vec<u8> {
    minicbor::to_vec(value).unwrap_or_else(|_| unreachable!("a Vec takes every byte"))
}

/// A column that does not hold what it should.
fn unreadable(column: usize, what: &'static str) -> Error {
    Error::FromSqlConversionFailure(column, Type::Blob, what.into())
}

/// Takes columns of a row, one after the other.
pub(super) struct Columns<'a, 'b> {
    row: &'a Row<'b>,
    next: usize,
}

impl<'a, 'b> Columns<'a, 'b> {
    /// The columns of `row` from the first on.
    pub(super) const fn of(row: &'a Row<'b>) -> Self {
        Self { row, next: 0 }
    }

    fn place(&mut self) -> usize {
        let place = self.next;
        self.next += 1;
        place
    }

    /// A column as SQLite has it.
    pub(super) fn plain<T: FromSql>(&mut self) -> Result<T> {
        let place = self.place();
        self.row.get(place)
    }

    /// An id: 16 bytes.
    pub(super) fn id<T>(&mut self, id: impl FnOnce([u8; 16]) -> T) -> Result<T> {
        self.plain().map(id)
    }

    /// An id, or none.
    pub(super) fn optional_id<T>(&mut self, id: impl FnOnce([u8; 16]) -> T) -> Result<Option<T>> {
        Ok(self.plain::<Option<[u8; 16]>>()?.map(id))
    }

    /// A number that is not negative.
    pub(super) fn number(&mut self) -> Result<u64> {
        let place = self.place();
        let value: i64 = self.row.get(place)?;
        u64::try_from(value).map_err(|_| Error::IntegralValueOutOfRange(place, value))
    }

    /// A place in a log.
    pub(super) fn seq(&mut self) -> Result<Seq> {
        self.number().map(Seq)
    }

    /// A moment.
    pub(super) fn time(&mut self) -> Result<Timestamp> {
        self.plain().map(Timestamp::from_millis)
    }

    /// A hash.
    pub(super) fn hash(&mut self) -> Result<ChangeHash> {
        self.plain().map(ChangeHash)
    }

    /// Which of a conversation's documents.
    pub(super) fn kind(&mut self) -> Result<DocumentKind> {
        let place = self.next;
        DocumentKind::from_code(self.plain()?).ok_or_else(|| unreadable(place, "a document kind"))
    }

    /// A conversation's id and a kind.
    pub(super) fn document(&mut self) -> Result<DocumentId> {
        Ok(DocumentId { conversation: self.id(ConversationId::from_bytes)?, kind: self.kind()? })
    }

    /// A slot and a key id.
    pub(super) fn slot(&mut self) -> Result<Slot> {
        Ok(Slot { index: self.plain()?, key: self.id(KeyId::from_bytes)? })
    }

    /// A value in CBOR, to its last byte.
    pub(super) fn cbor<T: for<'c> Decode<'c, ()>>(&mut self, what: &'static str) -> Result<T> {
        let place = self.place();
        let bytes = self.row.get_ref(place)?.as_blob().map_err(|_| unreadable(place, what))?;
        decode(bytes).ok_or_else(|| unreadable(place, what))
    }

    /// A value in CBOR, or none.
    pub(super) fn optional_cbor<T: for<'c> Decode<'c, ()>>(
        &mut self,
        what: &'static str,
    ) -> Result<Option<T>> {
        match self.row.get_ref(self.next)? {
            rusqlite::types::ValueRef::Null => {
                self.next += 1;
                Ok(None)
            }
            _ => self.cbor(what).map(Some),
        }
    }

    pub(super) fn code<T>(
        &mut self,
        what: &'static str,
        known: impl FnOnce(u8) -> Option<T>,
    ) -> Result<T> {
        let place = self.next;
        known(self.plain()?).ok_or_else(|| unreadable(place, what))
    }

    /// Whether a device keeps what it receives.
    pub(super) fn keeping(&mut self) -> Result<Keeping> {
        self.code("a keeping", |code| match code {
            0 => Some(Keeping::Durable),
            1 => Some(Keeping::Memory),
            _ => None,
        })
    }

    fn participants(&mut self) -> Result<Vec<ParticipantId>> {
        let place = self.place();
        let bytes = self.row.get_ref(place)?.as_blob().map_err(|_| unreadable(place, "ids"))?;
        match bytes.as_chunks::<16>() {
            (ids, []) => Ok(ids.iter().map(|id| ParticipantId::from_bytes(*id)).collect()),
            _ => Err(unreadable(place, "participant ids")),
        }
    }
}

/// Decodes CBOR that must be all of `bytes`.
pub(super) fn decode<T: for<'c> Decode<'c, ()>>(bytes: &[u8]) -> Option<T> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let value = decoder.decode().ok()?;
    (decoder.position() == bytes.len()).then_some(value)
}

/// The byte that stands for whether a device keeps what it receives.
pub(super) const fn keeping_code(keeping: Keeping) -> u8 {
    match keeping {
        Keeping::Durable => 0,
        Keeping::Memory => 1,
    }
}

/// The columns of `conversation` that [`entry`] reads, in its order.
pub(super) const ENTRY: &str = "id, site, visitor, follows, created_at, version, feed, status, \
     closed, assignee, collaborators, timeline, newest, at, team, priority, category, \
     gone_at IS NOT NULL";

/// A row of `conversation`: its version, and what the feed shows.
pub(super) fn entry(row: &Row<'_>) -> Result<(u64, FeedEntry)> {
    let mut columns = Columns::of(row);
    let mut header = Header {
        gone: false,
        conversation: columns.id(ConversationId::from_bytes)?,
        site: columns.id(SiteId::from_bytes)?,
        visitor: columns.id(ParticipantId::from_bytes)?,
        follows: columns.optional_id(ConversationId::from_bytes)?,
        created_at: columns.time()?,
    };
    let (version, feed) = (columns.number()?, columns.number()?);
    let status = columns.code("a status", Status::from_code)?;
    let (closed, assignee) = (columns.plain()?, columns.optional_id(ParticipantId::from_bytes)?);
    let collaborators = columns.participants()?;
    let summary = Summary {
        status,
        closed,
        assignee,
        timeline: columns.seq()?,
        newest: columns.optional_cbor("the newest message")?,
        at: columns.time()?,
        team: TeamRow {
            seq: columns.seq()?,
            priority: match columns.plain::<Option<u8>>()? {
                None => None,
                Some(code) => {
                    Some(Priority::from_code(code).ok_or_else(|| unreadable(15, "a priority"))?)
                }
            },
            category: columns.optional_id(CategoryId::from_bytes)?,
            collaborators,
        },
    };
    header.gone = columns.plain()?;
    Ok((version, FeedEntry { feed, header, summary }))
}

/// What is sealed of a revision; its row and its place say the rest.
#[derive(Encode, Decode)]
struct Plain {
    #[n(0)]
    author: ParticipantId,
    #[cbor(n(1), with = "minicbor::bytes")]
    salt: [u8; 32],
    #[cbor(n(2), with = "minicbor::bytes")]
    body: Vec<u8>,
}

/// The bytes of a revision that are sealed.
pub(super) fn plain_bytes(revision: &Revision) -> Vec<u8> {
    let Revision { author, salt, body, .. } = revision.clone();
    cbor(&Plain { author, salt, body })
}

/// The revision whose sealed bytes were these.
pub(super) fn plain_revision(id: RevisionId, message: MessageId, bytes: &[u8]) -> Option<Revision> {
    let Plain { author, salt, body } = decode(bytes)?;
    Some(Revision { id, message, author, salt, body })
}

/// What SQLite says of `what`, in the words of storage.
pub(super) fn storage_error(what: &str, error: &Error) -> StorageError {
    match error {
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::Utf8Error(..) => {
            StorageError::Damaged(format!("{what}: {error}: run `rejoinder verify`"))
        }
        _ => match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StorageError::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                StorageError::Damaged(format!("{what}: {error}: run `rejoinder verify`"))
            }
            _ => StorageError::Failed(format!("{what}: {error}")),
        },
    }
}

/// What a medium says of `what`, in the words of storage.
pub(crate) fn medium_error(what: &str, error: &std::io::Error) -> StorageError {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StorageError::Full,
        _ => StorageError::Failed(format!("{what}: {error}")),
    }
}
