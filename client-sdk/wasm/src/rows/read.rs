//! Reading rows, and unsealing those that are sealed.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::Decode;
use rejoinder_core::id::{ConversationId, DatabaseId, DeviceId, DocumentId, Epoch, Seq};
use rejoinder_core::keyring::{Blocks, Found, Owner, Slot};
use rejoinder_core::replica::record::{Cursors, Identity, Saved, SavedDocument, Waiting};
use rejoinder_core::sealing::{Sealed, open};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::LogEntry;

use super::key::{self, Key, Named, Part, Single};
use super::{Rows, RowsError};

impl<B: Blocks> Rows<B> {
    /// What there is, from the rows before those of documents.
    ///
    /// # Errors
    /// [`RowsError`].
    pub fn saved(&mut self, head: &BTreeMap<Key, Vec<u8>>) -> Result<Saved, RowsError> {
        let device = head.get(&key::single(Single::Device)).ok_or_else(|| damaged("a device"))?;
        let mut saved = Saved {
            device: DeviceId::from_bytes(fixed(device)?),
            identity: None,
            cursors: Cursors::default(),
            feed: Vec::new(),
            waiting: Vec::new(),
            documents: Vec::new(),
        };
        if let Some(bytes) = head.get(&key::single(Single::Cursors)) {
            saved.cursors = decode(bytes)?;
        }
        for (key, value) in head {
            match key::read(key) {
                Some(Named::Identity(slot)) => saved.identity = Some(self.identity(slot, value)?),
                Some(Named::Feed(_)) => saved.feed.push(decode(value)?),
                _ => {}
            }
        }
        for document in self.conversations() {
            if !self.with(&key::outboxes(document)).is_empty() {
                saved.waiting.push(document);
            }
            let last = self.with(&key::entries(document)).pop();
            let end = match last.as_deref().and_then(key::read) {
                Some(Named::Of(_, Part::Entry(seq))) => seq,
                _ => Seq::START,
            };
            saved.documents.push((document, end));
        }
        Ok(saved)
    }

    /// When this client was last up to date, as far as was noted.
    #[must_use]
    pub fn contact(head: &BTreeMap<Key, Vec<u8>>) -> Option<Timestamp> {
        let bytes = head.get(&key::single(Single::Contact))?.as_slice().try_into().ok()?;
        Some(Timestamp::from_millis(i64::from_be_bytes(bytes)))
    }

    fn identity(&mut self, slot: Slot, sealed: &[u8]) -> Result<Identity, RowsError> {
        match self.unseal(slot, identity_place(), sealed)? {
            Unsealed::Plain(bytes) => decode(&bytes),
            Unsealed::Erased | Unsealed::Damaged => Err(damaged("the key of the log-in")),
        }
    }

    /// What there is of one document, from its rows.
    ///
    /// # Errors
    /// [`RowsError::Damaged`] when something is damaged that cannot be fetched again.
    pub fn document(
        &mut self,
        rows: impl IntoIterator<Item = (Key, Vec<u8>)>,
    ) -> Result<SavedDocument, RowsError> {
        let mut saved = SavedDocument::default();
        let mut unsent = BTreeSet::new();
        for (key, value) in rows {
            let Some(Named::Of(document, part)) = key::read(&key) else { continue };
            match part {
                Part::Entry(seq) => saved.entries.push(entry(seq, &value)?),
                Part::Outbox(_, _, message) => {
                    unsent.extend(message);
                    saved.waiting.push(decode::<Waiting>(&value)?);
                }
                Part::Recalled(message) => saved.recalled.push(message),
                Part::Seen(participant, seq) => saved.seen.push((participant, seq)),
                Part::Words(message, revision, slot) => {
                    let place = Sealed::Revision { document, message, revision };
                    let lost = unsent.contains(&message);
                    if let Some(bytes) = self.words(slot, place, &value, lost)? {
                        saved.words.push(decode(&bytes)?);
                    }
                }
                Part::Draft(message, slot) => {
                    let place = Sealed::Draft { document };
                    if let Some(bytes) = self.words(slot, place, &value, true)? {
                        let text = String::from_utf8(bytes).map_err(|_| damaged("a draft"))?;
                        saved.drafts.push((message, text));
                    }
                }
            }
        }
        Ok(saved)
    }

    /// Words, unless they were erased; damaged ones are left out where the server has them too.
    fn words(
        &mut self,
        slot: Slot,
        place: Sealed,
        sealed: &[u8],
        only_here: bool,
    ) -> Result<Option<Vec<u8>>, RowsError> {
        match self.unseal(slot, place, sealed)? {
            Unsealed::Plain(bytes) => Ok(Some(bytes)),
            Unsealed::Damaged if only_here => Err(damaged("words that were not sent yet")),
            Unsealed::Erased | Unsealed::Damaged => Ok(None),
        }
    }

    fn unseal(&mut self, slot: Slot, what: Sealed, sealed: &[u8]) -> Result<Unsealed, RowsError> {
        Ok(match self.keyring.get(slot)? {
            Found::Key(key) => open(&key, what, sealed).map_or(Unsealed::Damaged, Unsealed::Plain),
            Found::Erased => Unsealed::Erased,
            Found::Damaged => Unsealed::Damaged,
        })
    }
}

/// What a sealed row turns out to be.
enum Unsealed {
    Plain(Vec<u8>),
    Erased,
    Damaged,
}

/// Where the identity is sealed: as a draft of a conversation that there never is, since its id is
/// no UUID that anybody makes.
pub(super) const fn identity_place() -> Sealed {
    Sealed::Draft { document: DocumentId::timeline(ConversationId::from_bytes([0; 16])) }
}

pub(super) fn owner(bytes: &[u8]) -> Result<Owner, RowsError> {
    let (database, epoch) = bytes.split_at_checked(16).ok_or_else(|| damaged("its id"))?;
    let (database, epoch) = (fixed(database)?, fixed(epoch)?);
    Ok(Owner { database: DatabaseId::from_bytes(database), epoch: Epoch::from_bytes(epoch) })
}

/// The place in an outbox that a row's key says.
pub(super) fn place(key: &[u8]) -> u64 {
    match key::read(key) {
        Some(Named::Of(_, Part::Outbox(place, ..))) => place,
        _ => 0,
    }
}

fn entry(seq: Seq, value: &[u8]) -> Result<LogEntry, RowsError> {
    let (at, change) = value.split_first_chunk::<8>().ok_or_else(|| damaged("an entry"))?;
    let at = Timestamp::from_millis(i64::from_be_bytes(*at));
    Ok(LogEntry { seq, at, change: change.to_vec() })
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], RowsError> {
    bytes.try_into().map_err(|_| damaged("an id"))
}

fn decode<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, RowsError> {
    minicbor::decode(bytes).map_err(|_| damaged("a row"))
}

fn damaged(what: &str) -> RowsError {
    RowsError::Damaged(format!("{what} is missing or damaged"))
}
