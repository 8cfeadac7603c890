//! Keys of rows: bytes that sort, so that everything of one table, or of one document, is a range.
//!
//! | key | row |
//! |---|---|
//! | `01` name | one of the store's single values |
//! | `02` slot key-id | the identity, sealed |
//! | `03` conversation | a row of the feed |
//! | `04` slot key-id | a key that is to be overwritten |
//! | `10` document `01` seq | an entry of the log |
//! | `10` document `02` place operation message | an operation in the outbox |
//! | `10` document `03` message | that a message was recalled |
//! | `10` document `04` participant seq | how far somebody has seen |
//! | `10` document `05` message revision slot key-id | words, sealed |
//! | `10` document `06` message slot key-id | a draft, sealed |
//!
//! Ids have 16 bytes, a document its conversation and one byte; seqs and places are 8 bytes,
//! slots 4, all big-endian. An id of zeros stands for none: nothing has that id. What must be known
//! without reading a row stands in its key, so that a list of the keys is an index. Keys from `0f`
//! to `10` are for whoever keeps the table.

use rejoinder_core::id::{
    ConversationId, DocumentId, DocumentKind, KeyId, MessageId, OperationId, ParticipantId,
    RevisionId, Seq,
};
use rejoinder_core::keyring::Slot;

/// A row's key.
pub type Key = Vec<u8>;

const SINGLE: u8 = 0x01;
const IDENTITY: u8 = 0x02;
const FEED: u8 = 0x03;
const PENDING: u8 = 0x04;
const DOCUMENT: u8 = 0x10;

const ENTRY: u8 = 0x01;
const OUTBOX: u8 = 0x02;
const RECALLED: u8 = 0x03;
const SEEN: u8 = 0x04;
const WORDS: u8 = 0x05;
const DRAFT: u8 = 0x06;

/// Stands for no id.
const NONE: [u8; 16] = [0; 16];

/// One of the store's single values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Single {
    /// The version of this layout.
    Version,
    /// Which keyring belongs to these rows.
    Database,
    /// The installation's id.
    Device,
    /// How far was read.
    Cursors,
    /// When this client was last up to date.
    Contact,
}

impl Single {
    const fn code(self) -> u8 {
        match self {
            Self::Version => 0,
            Self::Database => 1,
            Self::Device => 2,
            Self::Cursors => 3,
            Self::Contact => 4,
        }
    }
}

/// What a key says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// One of the store's single values.
    Single(u8),
    /// The identity.
    Identity(Slot),
    /// A row of the feed.
    Feed(ConversationId),
    /// A key that is to be overwritten.
    Pending(Slot),
    /// Something of a document.
    Of(DocumentId, Part),
}

/// What a key says of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// An entry of the log.
    Entry(Seq),
    /// An operation in the outbox, and the message that it is about.
    Outbox(u64, OperationId, Option<MessageId>),
    /// A message was recalled.
    Recalled(MessageId),
    /// How far somebody has seen.
    Seen(ParticipantId, Seq),
    /// Words.
    Words(MessageId, RevisionId, Slot),
    /// A draft.
    Draft(Option<MessageId>, Slot),
}

pub(super) fn single(single: Single) -> Key {
    vec![SINGLE, single.code()]
}

pub(super) fn identity(slot: Slot) -> Key {
    with_slot(vec![IDENTITY], slot)
}

pub(super) fn identities() -> Key {
    vec![IDENTITY]
}

/// What the key of every row of the feed begins with.
pub(super) fn feeds() -> Key {
    vec![FEED]
}

pub(super) fn feed(conversation: ConversationId) -> Key {
    [&[FEED][..], conversation.as_bytes()].concat()
}

pub(super) fn pending(slot: Slot) -> Key {
    with_slot(vec![PENDING], slot)
}

/// What the key of every key that is to be overwritten begins with.
pub(super) fn pending_prefix() -> Key {
    vec![PENDING]
}

/// What every key of a document begins with.
pub(super) fn document(document: DocumentId) -> Key {
    [&[DOCUMENT][..], document.conversation.as_bytes(), &[document.kind.code()]].concat()
}

/// What every key before those of documents lies below.
pub(super) fn first_document() -> Key {
    vec![DOCUMENT]
}

fn of(id: DocumentId, table: u8, rest: &[&[u8]]) -> Key {
    let mut key = document(id);
    key.push(table);
    rest.iter().for_each(|part| key.extend_from_slice(part));
    key
}

pub(super) fn entry(document: DocumentId, seq: Seq) -> Key {
    of(document, ENTRY, &[&seq.0.to_be_bytes()])
}

pub(super) fn entries(document: DocumentId) -> Key {
    of(document, ENTRY, &[])
}

pub(super) fn outbox(
    document: DocumentId,
    place: u64,
    operation: OperationId,
    message: Option<MessageId>,
) -> Key {
    let message = message.unwrap_or(MessageId::from_bytes(NONE));
    of(document, OUTBOX, &[&place.to_be_bytes(), operation.as_bytes(), message.as_bytes()])
}

pub(super) fn outboxes(document: DocumentId) -> Key {
    of(document, OUTBOX, &[])
}

pub(super) fn recalled(document: DocumentId, message: MessageId) -> Key {
    of(document, RECALLED, &[message.as_bytes()])
}

pub(super) fn seen(document: DocumentId, participant: ParticipantId) -> Key {
    of(document, SEEN, &[participant.as_bytes()])
}

pub(super) fn seen_to(document: DocumentId, participant: ParticipantId, seq: Seq) -> Key {
    of(document, SEEN, &[participant.as_bytes(), &seq.0.to_be_bytes()])
}

pub(super) fn words(document: DocumentId, message: MessageId, revision: RevisionId) -> Key {
    of(document, WORDS, &[message.as_bytes(), revision.as_bytes()])
}

/// The words of one message, or of all.
pub(super) fn all_words(document: DocumentId, message: Option<MessageId>) -> Key {
    let message = message.as_ref().map_or(&[][..], |message| message.as_bytes());
    of(document, WORDS, &[message])
}

pub(super) fn draft(document: DocumentId, message: Option<MessageId>) -> Key {
    let message = message.unwrap_or(MessageId::from_bytes(NONE));
    of(document, DRAFT, &[message.as_bytes()])
}

pub(super) fn with_slot(mut key: Key, slot: Slot) -> Key {
    key.extend_from_slice(&slot.index.to_be_bytes());
    key.extend_from_slice(slot.key.as_bytes());
    key
}

/// Reads a key; none that this layout does not have.
pub(super) fn read(key: &[u8]) -> Option<Named> {
    let (&table, mut rest) = key.split_first()?;
    let rest = &mut rest;
    let named = match table {
        SINGLE => Named::Single(take::<1>(rest)?[0]),
        IDENTITY => Named::Identity(slot(rest)?),
        FEED => Named::Feed(ConversationId::from_bytes(take(rest)?)),
        PENDING => Named::Pending(slot(rest)?),
        DOCUMENT => {
            let conversation = ConversationId::from_bytes(take(rest)?);
            let kind = DocumentKind::from_code(take::<1>(rest)?[0])?;
            Named::Of(DocumentId { conversation, kind }, part(rest)?)
        }
        _ => return None,
    };
    rest.is_empty().then_some(named)
}

fn part(rest: &mut &[u8]) -> Option<Part> {
    let [table] = take::<1>(rest)?;
    Some(match table {
        ENTRY => Part::Entry(Seq(u64::from_be_bytes(take(rest)?))),
        OUTBOX => {
            let (place, operation) = (u64::from_be_bytes(take(rest)?), take(rest)?);
            let message = some(take(rest)?).map(MessageId::from_bytes);
            Part::Outbox(place, OperationId::from_bytes(operation), message)
        }
        RECALLED => Part::Recalled(MessageId::from_bytes(take(rest)?)),
        SEEN => {
            let participant = ParticipantId::from_bytes(take(rest)?);
            Part::Seen(participant, Seq(u64::from_be_bytes(take(rest)?)))
        }
        WORDS => {
            let message = MessageId::from_bytes(take(rest)?);
            Part::Words(message, RevisionId::from_bytes(take(rest)?), slot(rest)?)
        }
        DRAFT => {
            let message = some(take(rest)?).map(MessageId::from_bytes);
            Part::Draft(message, slot(rest)?)
        }
        _ => return None,
    })
}

fn slot(rest: &mut &[u8]) -> Option<Slot> {
    let index = u32::from_be_bytes(take(rest)?);
    Some(Slot { index, key: KeyId::from_bytes(take(rest)?) })
}

fn some(id: [u8; 16]) -> Option<[u8; 16]> {
    (id != NONE).then_some(id)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk::<N>()?;
    *rest = left;
    Some(*taken)
}
