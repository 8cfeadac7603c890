//! One pure function turns an operation and its context into the one change it can be. Both sides
//! call it, and so agree on every hash without an Automerge byte ever travelling upwards.
//!
//! The bytes it makes are protocol: golden vectors pin them. They are Automerge's own change
//! format, so every replica is a document that any Automerge reads.

use core::num::NonZeroU64;

use automerge::legacy::{self, OpId, OpType};
use automerge::{ActorId, Change, ExpandedChange};
use sha2::{Digest, Sha256};

use crate::conversation::history::{ContextError, Entry, History, Past, Place};
use crate::conversation::layout::{FORMAT, Key, Value};
use crate::conversation::operation::{Context, Operation};
use crate::id::{Actor, ChangeHash, DocumentId};

/// A change and what the index says of it.
#[derive(Clone, Debug)]
pub struct Composed {
    /// The change, in Automerge's format.
    pub bytes: Vec<u8>,
    /// Its entry in the index, not yet recorded.
    pub entry: Entry,
}

/// Composes the change that `operation` is in `context`.
///
/// # Errors
/// [`ContextError`] when the context has no place in the history.
pub fn compose(
    history: &History,
    operation: &Operation,
    context: &Context,
) -> Result<Composed, ContextError> {
    Ok(compose_at(history, operation, context, history.place(context)?))
}

/// Composes where [`History::place`] found the context's place.
#[must_use]
pub fn compose_at(
    history: &History,
    operation: &Operation,
    context: &Context,
    place: Place,
) -> Composed {
    let key = operation.key();
    let value = operation.value(context.author, context.time);
    let replaced = history
        .visible(key, &place.past)
        .into_iter()
        .map(|entry| OpId(entry.op, actor_id(entry.actor)))
        .collect();
    build(Put { key, value, replaced, place }, context)
}

/// The first change of a document: a pure function of its id, so that a conversation can begin
/// without a network.
#[must_use]
pub fn genesis(document: DocumentId) -> Composed {
    let hash = Sha256::new()
        .chain_update(b"rejoinder/genesis/1")
        .chain_update(document.conversation.as_bytes())
        .chain_update([document.kind.code()])
        .finalize();
    let context = Context {
        author: crate::id::ParticipantId::from_bytes([0; 16]),
        actor: Actor::from_bytes(core::array::from_fn(|n| hash[n])),
        actor_seq: 1,
        dependencies: Vec::new(),
        time: crate::time::Timestamp::from_millis(0),
    };
    let place = Place { past: Past::default(), op: 1 };
    let put = Put { key: Key::Format, value: Value::Format(FORMAT), replaced: Vec::new(), place };
    build(put, &context)
}

struct Put {
    key: Key,
    value: Value,
    replaced: Vec<OpId>,
    place: Place,
}

fn build(put: Put, context: &Context) -> Composed {
    let op = legacy::Op {
        action: OpType::Put(put.value.to_scalar()),
        obj: legacy::ObjectId::Root,
        key: legacy::Key::Map(put.key.to_string().into()),
        pred: put.replaced.into(),
        insert: false,
    };
    let change = Change::from(ExpandedChange {
        operations: vec![op],
        actor_id: actor_id(context.actor),
        hash: None,
        seq: context.actor_seq,
        start_op: NonZeroU64::new(put.place.op).unwrap_or(NonZeroU64::MIN),
        time: context.time.as_millis(),
        message: None,
        deps: context.dependencies.iter().map(|hash| automerge::ChangeHash(hash.0)).collect(),
        extra_bytes: Vec::new(),
        author: None,
    });
    Composed {
        entry: Entry {
            hash: ChangeHash(change.hash().0),
            actor: context.actor,
            actor_seq: context.actor_seq,
            op: put.place.op,
            key: put.key,
            value: put.value,
            past: put.place.past,
        },
        bytes: change.raw_bytes().to_vec(),
    }
}

fn actor_id(actor: Actor) -> ActorId {
    ActorId::from(actor.as_bytes().as_slice())
}

/// A change from the server or the store that is not one of this layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Not an Automerge change.
    #[error("the bytes are not an Automerge change")]
    Bytes,
    /// Not one put of one known key.
    #[error("the change is not one put of a key of layout {FORMAT}: use a newer program")]
    Layout,
    /// It builds on what is not there.
    #[error(transparent)]
    Context(#[from] ContextError),
}

/// Reads a change that the server made, for the index of a replica.
///
/// Only bytes from the server, or from one's own store, may come here: see the decision on
/// Automerge's decoders.
///
/// # Errors
/// [`ReadError`] when the change does not belong to the document behind `history`.
pub fn read(history: &History, change: &Change) -> Result<Entry, ReadError> {
    let expanded = change.decode();
    let [op] = expanded.operations.as_slice() else { return Err(ReadError::Layout) };
    let (OpType::Put(scalar), legacy::Key::Map(key)) = (&op.action, &op.key) else {
        return Err(ReadError::Layout);
    };
    let key = Key::parse(key).ok_or(ReadError::Layout)?;
    let value = Value::from_scalar(key, scalar).ok_or(ReadError::Layout)?;
    let actor = change.actor_id().to_bytes().try_into().map_err(|_| ReadError::Layout)?;
    let mut dependencies: Vec<_> = change.deps().iter().map(|hash| ChangeHash(hash.0)).collect();
    dependencies.sort_unstable();
    let context = Context {
        author: crate::id::ParticipantId::from_bytes([0; 16]),
        actor: Actor::from_bytes(actor),
        actor_seq: change.seq(),
        dependencies,
        time: crate::time::Timestamp::from_millis(change.timestamp()),
    };
    let place = history.place(&context)?;
    Ok(Entry {
        hash: ChangeHash(change.hash().0),
        actor: context.actor,
        actor_seq: context.actor_seq,
        op: place.op,
        key,
        value,
        past: place.past,
    })
}
