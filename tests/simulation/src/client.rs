//! A client without a process: a session over a store in memory.

use std::collections::BTreeSet;

use rejoinder_client::store::Store;
use rejoinder_client::store::memory::MemoryStore;
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{ConversationId, DocumentId};
use rejoinder_core::principal::Role;
use rejoinder_core::replica::record::{Saved, SavedDocument, Write};
use rejoinder_core::session::client::Session;
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{Credential, Keeping};

use crate::roll::Roll;
use crate::server::ConnectionId;

/// A client.
pub(crate) struct Client {
    pub(crate) name: &'static str,
    pub(crate) role: Role,
    store: MemoryStore,
    pub(crate) session: Session,
    pub(crate) connection: Option<ConnectionId>,
    /// Milliseconds that its clock is ahead.
    pub(crate) skew: i64,
    /// Steps for which it stays without a network.
    pub(crate) away: usize,
    /// What proves who it is at its first contact.
    pub(crate) credential: Credential,
    /// Texts that the server ever told it.
    pub(crate) told: BTreeSet<String>,
}

impl Client {
    pub(crate) fn new(
        name: &'static str,
        role: Role,
        credential: Credential,
        dice: &mut Dice,
    ) -> Self {
        let mut store = MemoryStore::from_seed(dice.bytes());
        let session = Session::new(store.saved().unwrap(), Keeping::Durable, dice.bytes());
        let skew = match dice.index(4) {
            0 => 0,
            1 => 3_600_000,
            2 => -86_400_000,
            _ => i64::try_from(dice.index(20_000)).unwrap() - 10_000,
        };
        let (connection, away, told) = (None, 0, BTreeSet::new());
        Self { name, role, store, session, connection, skew, away, credential, told }
    }

    pub(crate) fn is_visitor(&self) -> bool {
        self.role == Role::Visitor
    }

    /// Its clock.
    pub(crate) const fn clock(&self, now: Timestamp) -> Timestamp {
        now.plus_millis(self.skew)
    }

    pub(crate) fn commit(&mut self, writes: Vec<Write>) {
        self.store.commit(writes).unwrap();
    }

    pub(crate) fn saved(&mut self) -> Saved {
        self.store.saved().unwrap()
    }

    pub(crate) fn stored(&mut self, document: DocumentId) -> SavedDocument {
        self.store.document(document).unwrap()
    }

    /// Every byte that it keeps.
    pub(crate) fn everything(&self) -> Vec<u8> {
        self.store.everything()
    }

    /// The process ends and starts again with what the store has.
    pub(crate) fn restart(&mut self, dice: &mut Dice) {
        self.connection = None;
        self.session = Session::new(self.saved(), Keeping::Durable, dice.bytes());
    }

    /// The conversations whose timeline is loaded.
    pub(crate) fn conversations(&self) -> Vec<ConversationId> {
        let documents: Vec<_> = self.session.loaded().collect();
        let mut conversations: Vec<_> = documents.iter().map(|id| id.conversation).collect();
        conversations.dedup();
        conversations
    }
}
