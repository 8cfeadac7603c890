//! The index of one document: which change puts what, and what each one's author could see.
//!
//! Both sides keep one: the authority judges and composes from it without touching Automerge, a
//! replica composes and shows from it. Every change puts one key, so a document is a list of
//! entries in the order of the log, and "visible" has a short definition: a put is visible at a
//! place if that place's past holds it and no other put of the same key that had it in its own
//! past. This is Automerge's own rule, which a property test compares.

use std::collections::BTreeMap;

use crate::conversation::compose::Composed;
use crate::conversation::layout::{Content, EditValue, Key, MessageValue, Value};
use crate::conversation::operation::Context;
use crate::id::{Actor, ChangeHash, DocumentId, MessageId, RevisionId, Seq};
use crate::{conversation::compose, limits};

/// What a change had in its past: the whole log below `floor`, and some entries beyond.
///
/// A client composes on a prefix of the log and on its own waiting changes, so the second part is
/// as short as an outbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    floor: u32,
    beyond: Vec<u32>,
}

impl Past {
    /// Whether entry `index` is part of it.
    #[must_use]
    pub fn holds(&self, index: u32) -> bool {
        index < self.floor || self.beyond.binary_search(&index).is_ok()
    }

    /// What all of these and their pasts hold together, for entries named by their index.
    ///
    /// Somebody may name hundreds of entries that each have a thousand beyond their floor: every
    /// one of these costs a bit here, and is neither copied nor sorted.
    fn of(mut named: Vec<(u32, &Self)>) -> Self {
        // The newest first: whatever one of them has in its past brings nothing more.
        named.sort_unstable_by_key(|(index, _)| core::cmp::Reverse(*index));
        let floor = named.iter().map(|(_, past)| past.floor).max().unwrap_or(0);
        let last = named.first().map_or(0, |(index, _)| *index);
        let place = |index: u32| {
            let index = (index - floor) as usize;
            (index / WORD, 1 << (index % WORD))
        };
        let mut held = vec![0_u64; if last < floor { 0 } else { place(last).0 + 1 }];
        for (index, past) in named.into_iter().take_while(|(index, _)| *index >= floor) {
            let (word, bit) = place(index);
            if held[word] & bit != 0 {
                continue;
            }
            held[word] |= bit;
            for &index in past.beyond.iter().rev().take_while(|&&index| index >= floor) {
                let (word, bit) = place(index);
                held[word] |= bit;
            }
        }
        let bits = held.iter().flat_map(|word| (0..WORD).map(move |bit| word >> bit & 1 == 1));
        let run = bits.clone().take_while(|held| *held).count();
        let beyond =
            (floor..).zip(bits).skip(run).filter_map(|(index, held)| held.then_some(index));
        Self { floor: floor + u32::try_from(run).unwrap_or(u32::MAX), beyond: beyond.collect() }
    }
}

/// Bits of a word.
const WORD: usize = u64::BITS as usize;

/// One change of the document.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The hash that names it.
    pub hash: ChangeHash,
    /// Its actor.
    pub actor: Actor,
    /// Its place among the actor's changes, from 1.
    pub actor_seq: u64,
    /// The counter of its one Automerge operation.
    pub op: u64,
    /// The key it puts.
    pub key: Key,
    /// The value it puts.
    pub value: Value,
    /// What its author could see.
    pub past: Past,
}

/// Why a context does not fit a document. Each is an attack or a damaged client, except
/// [`UnknownDependency`](Self::UnknownDependency), which a client that pulls can mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    /// Every change builds on another; the first on the genesis.
    #[error("the dependencies are empty: name at least the document's genesis")]
    NoDependencies,
    /// More than [`limits::DEPENDENCIES`].
    #[error("too many dependencies: at most {} are allowed", limits::DEPENDENCIES)]
    TooManyDependencies,
    /// They must stand in ascending order, each once.
    #[error("the dependencies are not sorted and unique")]
    UnsortedDependencies,
    /// A change that is not in the log.
    #[error("a dependency is not in the log: pull, then push again")]
    UnknownDependency,
    /// The actor's own previous change must be among them.
    #[error("the actor's own previous change is missing from the dependencies")]
    OwnPreviousMissing,
    /// The place is taken by another change of this actor.
    #[error("the actor's sequence number was used before: take a new actor")]
    ReusedSeq,
    /// A change of this actor before it never arrived.
    #[error("a change of this actor before it is missing: push it first")]
    SeqGap,
    /// More changes would stand side by side than a change can build on.
    #[error("too many concurrent changes: pull, then compose again")]
    TooManyHeads,
    /// The past is further from a prefix of the log than an outbox is long.
    #[error("the dependencies leave too much of the log out: pull, then compose again")]
    TooFarApart,
}

/// A context's place in a document, found by [`History::place`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What its author could see.
    pub past: Past,
    /// The counter of its operation.
    pub op: u64,
}

/// The index of one document.
#[derive(Clone, Debug)]
pub struct History {
    document: DocumentId,
    entries: Vec<Entry>,
    by_hash: BTreeMap<ChangeHash, u32>,
    by_key: BTreeMap<Key, Vec<u32>>,
    winners: BTreeMap<Key, u32>,
    actors: BTreeMap<Actor, Vec<u32>>,
    heads: Vec<u32>,
}

impl History {
    /// The index of a document in which nothing happened but its genesis.
    #[must_use]
    pub fn new(document: DocumentId) -> Self {
        let mut history = Self {
            document,
            entries: Vec::new(),
            by_hash: BTreeMap::new(),
            by_key: BTreeMap::new(),
            winners: BTreeMap::new(),
            actors: BTreeMap::new(),
            heads: Vec::new(),
        };
        history.record(compose::genesis(document).entry);
        history
    }

    /// The document it is of.
    #[must_use]
    pub const fn document(&self) -> DocumentId {
        self.document
    }

    /// The last place in the log, 0 when only the genesis is there.
    #[must_use]
    pub fn last(&self) -> Seq {
        Seq(self.entries.len() as u64 - 1)
    }

    /// The entry at `seq` of the log.
    #[must_use]
    pub fn at(&self, seq: Seq) -> Option<&Entry> {
        self.entries.get(usize::try_from(seq.0).ok()?)
    }

    /// The place in the log of the change with this hash.
    #[must_use]
    pub fn seq_of(&self, hash: &ChangeHash) -> Option<Seq> {
        self.by_hash.get(hash).map(|&index| Seq(u64::from(index)))
    }

    /// The changes that no other builds on, sorted.
    #[must_use]
    pub fn heads(&self) -> Vec<ChangeHash> {
        let mut heads: Vec<_> =
            self.heads.iter().map(|&index| self.entries[index as usize].hash).collect();
        heads.sort_unstable();
        heads
    }

    /// How many changes `actor` has made.
    #[must_use]
    pub fn actor_seq(&self, actor: Actor) -> u64 {
        self.actors.get(&actor).map_or(0, |changes| changes.len() as u64)
    }

    /// What the next change of `actor` builds on: the heads and the actor's own previous change.
    /// There are never more heads than can be named.
    #[must_use]
    pub fn dependencies(&self, actor: Actor) -> Vec<ChangeHash> {
        let own = self.actors.get(&actor).and_then(|changes| changes.last()).copied();
        let mut indices = self.heads.clone();
        indices.retain(|&index| Some(index) != own);
        indices.extend(own);
        let mut hashes: Vec<_> =
            indices.into_iter().map(|index| self.entries[index as usize].hash).collect();
        hashes.sort_unstable();
        hashes
    }

    /// Finds a context's place.
    ///
    /// # Errors
    /// [`ContextError`], for a context that the document's history does not hold.
    pub fn place(&self, context: &Context) -> Result<Place, ContextError> {
        let dependencies = &context.dependencies;
        if dependencies.is_empty() {
            return Err(ContextError::NoDependencies);
        }
        if dependencies.len() > limits::DEPENDENCIES {
            return Err(ContextError::TooManyDependencies);
        }
        if !dependencies.is_sorted_by(|a, b| a < b) {
            return Err(ContextError::UnsortedDependencies);
        }
        let own = self.actors.get(&context.actor);
        let made = own.map_or(0, |changes| changes.len() as u64);
        if context.actor_seq == 0 || context.actor_seq <= made {
            return Err(ContextError::ReusedSeq);
        }
        if context.actor_seq > made + 1 {
            return Err(ContextError::SeqGap);
        }
        let (mut named, mut op) = (Vec::with_capacity(dependencies.len()), 0);
        for hash in dependencies {
            let index = *self.by_hash.get(hash).ok_or(ContextError::UnknownDependency)?;
            let entry = &self.entries[index as usize];
            named.push((index, &entry.past));
            op = op.max(entry.op);
        }
        if let Some(&previous) = own.and_then(|changes| changes.last())
            && !dependencies.contains(&self.entries[previous as usize].hash)
        {
            return Err(ContextError::OwnPreviousMissing);
        }
        let past = Past::of(named);
        if past.beyond.len() > limits::OUTBOX_OPERATIONS {
            return Err(ContextError::TooFarApart);
        }
        // One place among the dependencies is for an actor's own previous change.
        let beside = self.heads.iter().filter(|&&head| !past.holds(head)).count();
        if beside + 1 >= limits::DEPENDENCIES {
            return Err(ContextError::TooManyHeads);
        }
        Ok(Place { past, op: op + 1 })
    }

    /// The past that holds everything there is.
    #[must_use]
    pub fn now(&self) -> Past {
        Past { floor: u32::try_from(self.entries.len()).unwrap_or(u32::MAX), beyond: Vec::new() }
    }

    /// The puts of `key` that are visible at `past`, newest first: more than one after concurrent
    /// changes.
    #[must_use]
    pub fn visible(&self, key: Key, past: &Past) -> Vec<&Entry> {
        let mut visible: Vec<&Entry> = Vec::new();
        let mut floor = 0;
        for &index in self.by_key.get(&key).into_iter().flatten().rev().filter(|&&i| past.holds(i))
        {
            // All that is older lies in the past of one of the visible.
            if index < floor {
                break;
            }
            // What covers a covered put covers what that put covered, so comparing with the
            // visible ones is enough.
            if !visible.iter().any(|newer| newer.past.holds(index)) {
                let entry = &self.entries[index as usize];
                floor = floor.max(entry.past.floor);
                visible.push(entry);
            }
        }
        visible
    }

    /// The put of `key` that wins at `past`: the highest Automerge op id of the visible ones.
    #[must_use]
    pub fn winner(&self, key: Key, past: &Past) -> Option<&Entry> {
        self.visible(key, past).into_iter().max_by_key(|entry| (entry.op, entry.actor))
    }

    /// The put of `key` that wins in the whole document. Since every put has a higher op id than
    /// those in its past, it is simply the highest of all.
    #[must_use]
    pub fn current(&self, key: Key) -> Option<&Entry> {
        self.winners.get(&key).map(|&index| &self.entries[index as usize])
    }

    /// All puts of `key`, in the order of the log.
    pub fn puts(&self, key: Key) -> impl Iterator<Item = (Seq, &Entry)> {
        self.by_key
            .get(&key)
            .into_iter()
            .flatten()
            .map(|&index| (Seq(u64::from(index)), &self.entries[index as usize]))
    }

    /// The puts of `key` that are not part of `past`, newest first.
    pub fn beside(&self, key: Key, past: &Past) -> impl Iterator<Item = &Entry> {
        let puts = self.by_key.get(&key).into_iter().flatten().rev().copied();
        puts.take_while(|&index| index >= past.floor)
            .filter(|&index| !past.holds(index))
            .map(|index| &self.entries[index as usize])
    }

    /// The revision whose words a message shows: that of the winning edit, or its first. None for
    /// a message that is unknown or has no words.
    #[must_use]
    pub fn live_revision(&self, message: MessageId) -> Option<RevisionId> {
        if let Some(Value::Edit(edit)) = self.current(Key::Edit(message)).map(|edit| edit.value) {
            return Some(edit.revision);
        }
        match self.message(message)?.content {
            Content::Words { revision, .. } => Some(revision),
            Content::System { .. } => None,
        }
    }

    /// What the document says of a message.
    #[must_use]
    pub fn message(&self, message: MessageId) -> Option<MessageValue> {
        match self.current(Key::Message(message))?.value {
            Value::Message(value) => Some(value),
            _ => None,
        }
    }

    /// All revisions that a message ever had.
    pub fn revisions(&self, message: MessageId) -> impl Iterator<Item = RevisionId> {
        let first = self.puts(Key::Message(message));
        first.chain(self.puts(Key::Edit(message))).filter_map(|(_, entry)| match entry.value {
            Value::Message(MessageValue { content: Content::Words { revision, .. }, .. })
            | Value::Edit(EditValue { revision, .. }) => Some(revision),
            _ => None,
        })
    }

    /// Whether `key` was ever put.
    #[must_use]
    pub fn has(&self, key: Key) -> bool {
        self.by_key.contains_key(&key)
    }

    /// All keys there are, in their order.
    pub fn keys(&self) -> impl Iterator<Item = Key> {
        self.by_key.keys().copied()
    }

    /// All entries after the genesis, in the order of the log.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = (Seq, &Entry)> {
        self.entries.iter().enumerate().skip(1).map(|(index, entry)| (Seq(index as u64), entry))
    }

    /// Appends a change that [`place`](Self::place) found its place for, and returns its place in
    /// the log.
    pub fn record(&mut self, entry: Entry) -> Seq {
        let index = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        // A head that the new change had in its past is one no longer.
        self.heads.retain(|&head| !entry.past.holds(head));
        self.heads.push(index);
        let id = (entry.op, entry.actor);
        if self.current(entry.key).is_none_or(|now| (now.op, now.actor) < id) {
            self.winners.insert(entry.key, index);
        }
        self.by_hash.insert(entry.hash, index);
        self.by_key.entry(entry.key).or_default().push(index);
        self.actors.entry(entry.actor).or_default().push(index);
        self.entries.push(entry);
        Seq(u64::from(index))
    }

    /// Composes, checks the hash and appends: how rows of a log become an index again.
    ///
    /// # Errors
    /// [`ReplayError`] when the row does not fit the rows before it.
    pub fn replay(
        &mut self,
        operation: &super::operation::Operation,
        context: &Context,
        hash: ChangeHash,
    ) -> Result<Composed, ReplayError> {
        let composed = compose::compose(self, operation, context)?;
        if composed.entry.hash != hash {
            return Err(ReplayError::Hash);
        }
        self.record(composed.entry.clone());
        Ok(composed)
    }
}

/// Why a row of a log does not fit the rows before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// Its context names what is not there.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// It composes to another change than it says.
    #[error("the row composes to another change than its hash says")]
    Hash,
}
