//! What a device is told to erase, in which frames, and with which cursors.
//!
//! Recalls are numbered as they come. An agent's cursor is the number that is reached. A visitor
//! must not learn how much is recalled elsewhere, or in team documents: to them a cursor counts the
//! recalls in their own timelines.

use std::collections::VecDeque;
use std::sync::Arc;

use rejoinder_core::id::{ConversationId, DocumentId, ParticipantId};
use rejoinder_core::limits;
use rejoinder_core::principal::Role;
use rejoinder_core::wire::ErasureOrder;

use crate::hub::{Connected, Hub, Rights, may_see};
use crate::storage::{Erasure, Storage, StorageError};

/// What a device says of where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// It was never here.
    New,
    /// It was here, in this life of the data.
    Back,
    /// It was here in another life of the data, and may have been sent what is forgotten here. What
    /// it has of a message may stand in another conversation of the line.
    Anew,
}

/// Orders in one frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slice {
    /// Up to where everything is erased with them, as its device counts.
    pub(super) cursor: u64,
    /// The same, as recalls are numbered.
    pub(super) number: u64,
    /// What is to be erased.
    pub(super) orders: Vec<ErasureOrder>,
}

/// What a device must erase.
#[derive(Debug, Default)]
pub(super) struct Erasing {
    /// Orders, in frames.
    pub(super) slices: VecDeque<Slice>,
    /// Documents it is to drop because its principal may no longer see them.
    pub(super) dropping: Vec<DocumentId>,
}

/// What a device has not yet said to have erased.
pub(super) struct Purge {
    /// Where it comes from.
    pub(super) came: Came,
    /// How far it had carried erasures out before: the number of a recall.
    pub(super) former: u64,
    /// How far it was told.
    pub(super) told: u64,
    /// The cursors that it was told, and the numbers that they stand for: the last ones.
    pub(super) reached: Vec<(u64, u64)>,
    /// Conversations that a visitor's device has, and nobody knows.
    pub(super) has: Vec<ConversationId>,
    /// Documents it is told to drop.
    pub(super) dropping: Vec<DocumentId>,
    /// From where it wants the feed, until it has erased what it was told to.
    pub(super) feed: Option<u64>,
    /// From where the feed is to be read next, until it is read.
    pub(super) reading: Option<u64>,
    /// Orders that did not fit into the welcome.
    pub(super) more: VecDeque<Slice>,
    /// Its orders are still to be counted, once it has said what it has.
    pub(super) reckoning: bool,
}

impl Purge {
    /// It is told of recalls up to here.
    pub(super) fn tells(&mut self, cursor: u64, number: u64) {
        self.told = self.told.max(number);
        self.reached.push((cursor, number));
    }

    /// Up to where it has carried erasures out when it says a cursor. What it was not told of it
    /// cannot have.
    pub(super) fn carried_out(&mut self, cursor: u64) -> u64 {
        let known = self.reached.iter().rposition(|(told, _)| *told <= cursor);
        let number = known.map_or(self.former, |at| self.reached[at].1);
        self.reached.drain(..known.unwrap_or(0));
        number
    }
}

/// How somebody counts recalls.
enum Counting {
    /// As they are numbered.
    Numbers,
    /// Their own, by the numbers of these.
    Own(Vec<Erasure>),
}

impl Counting {
    fn of(storage: &dyn Storage, by: &Connected) -> Result<Self, StorageError> {
        if by.principal.role != Role::Visitor {
            return Ok(Self::Numbers);
        }
        let ids: Vec<ParticipantId> = by.principal.ids().collect();
        storage.own_erasures(&ids).map(Self::Own)
    }

    fn cursor(&self, number: u64) -> u64 {
        match self {
            Self::Numbers => number,
            Self::Own(own) => own.partition_point(|erasure| erasure.number <= number) as u64,
        }
    }

    /// The number that a cursor stands for. Where more is counted by now, because a conversation
    /// was begun again that a restore took away, it is a lower one: orders come again.
    fn number(&self, cursor: u64) -> u64 {
        match self {
            Self::Numbers => cursor,
            Self::Own(own) => {
                let before = usize::try_from(cursor).unwrap_or(usize::MAX).min(own.len());
                own[..before].last().map_or(0, |last| last.number)
            }
        }
    }
}

/// The number of the last recall that a device of this life of the data has carried out, by what it
/// says.
pub(super) async fn carried_out(
    hub: &Hub,
    connected: &Arc<Connected>,
    cursor: u64,
) -> Result<u64, StorageError> {
    let (storage, by) = (Arc::clone(hub.storage()), Arc::clone(connected));
    hub.blocking(move || {
        let counting = Counting::of(storage.as_ref(), &by)?;
        let kept = storage.device(by.device)?.map(|device| device.erasures);
        let same = kept.filter(|kept| counting.cursor(*kept) == cursor);
        Ok(same.unwrap_or_else(|| counting.number(cursor)))
    })
    .await
}

/// What a device that has carried out erasures up to `former` must erase before anything else.
pub(super) async fn reckon(
    hub: &Hub,
    connected: &Arc<Connected>,
    former: u64,
    (came, has): (Came, &[ConversationId]),
) -> Result<Erasing, StorageError> {
    let (storage, by) = (Arc::clone(hub.storage()), Arc::clone(connected));
    let has = has.to_vec();
    hub.blocking(move || {
        let mut dropping = Vec::new();
        for document in storage.holdings(by.device)? {
            let entry = storage.feed_entry(document.conversation)?;
            // One that is not known yet is about to be begun.
            let kept = entry.is_none_or(|entry| {
                let rights = Rights::of(&entry);
                may_see(&by.principal, &by.scope, &rights)
            });
            if !kept {
                dropping.push(document);
            }
        }
        let slices = to_erase(storage.as_ref(), &by, former, (came, &has), &dropping)?;
        Ok(Erasing { slices, dropping })
    })
    .await
}

/// What has been recalled since a number of what a device has. The last of them, perhaps without
/// orders, reaches what is the newest now.
pub(super) async fn news(
    hub: &Hub,
    connected: &Arc<Connected>,
    told: u64,
    (came, has): (Came, &[ConversationId]),
) -> Result<VecDeque<Slice>, StorageError> {
    let (storage, by) = (Arc::clone(hub.storage()), Arc::clone(connected));
    let has = has.to_vec();
    let found = hub.blocking(move || to_erase(storage.as_ref(), &by, told, (came, &has), &[]));
    found.await
}

fn to_erase(
    storage: &dyn Storage,
    by: &Connected,
    former: u64,
    (came, has): (Came, &[ConversationId]),
    dropping: &[DocumentId],
) -> Result<VecDeque<Slice>, StorageError> {
    // Read before: what is recalled after it is told by the next news.
    let newest = storage.newest_erasure()?;
    let counting = Counting::of(storage, by)?;
    let mut found = match (&counting, came) {
        (Counting::Own(own), Came::Back | Came::Anew) => {
            let first = own.partition_point(|erasure| erasure.number <= former);
            own[first..].to_vec()
        }
        _ => Vec::new(),
    };
    if matches!(counting, Counting::Numbers) || came != Came::Back {
        found.extend(storage.erasures_for(by.device, former)?);
    }
    if came == Came::Anew {
        found.extend(storage.erasures_near(by.device, has, former)?);
    }
    found.retain(|erasure| erasure.number <= newest);
    found.sort_unstable_by_key(|erasure| (erasure.number, erasure.document));
    found.dedup();
    let mut slices = slices(newest, &found, &counting);
    for documents in dropping.chunks(limits::ERASURE_ORDERS) {
        let order = |&document| ErasureOrder { document, message: None };
        let orders = documents.iter().map(order).collect();
        // Before the last slice, which moves the cursor to its end.
        let at = slices.len() - 1;
        let number = slices.get(at.wrapping_sub(1)).map_or(former, |slice| slice.number);
        slices.insert(at, Slice { cursor: counting.cursor(number), number, orders });
    }
    Ok(slices)
}

/// Orders in frames of at most [`limits::ERASURE_ORDERS`]; the last, perhaps without orders,
/// reaches `newest`.
fn slices(newest: u64, erasures: &[Erasure], counting: &Counting) -> VecDeque<Slice> {
    let slice = |number, erasures: &[Erasure]| {
        let order = |e: &Erasure| ErasureOrder { document: e.document, message: e.message };
        let orders = erasures.iter().map(order).collect();
        Slice { cursor: counting.cursor(number), number, orders }
    };
    let mut slices = VecDeque::new();
    let mut chunks = erasures.chunks(limits::ERASURE_ORDERS).peekable();
    while let Some(chunk) = chunks.next() {
        // One recall may be an order for several documents, of which some are still to come.
        let next = chunks.peek().and_then(|next| next.first());
        let last = chunk.last().map_or(newest, |last| last.number);
        let reached = next.map_or(newest, |next| last.min(next.number - 1));
        slices.push_back(slice(reached, chunk));
    }
    if slices.is_empty() {
        slices.push_back(slice(newest, &[]));
    }
    slices
}
