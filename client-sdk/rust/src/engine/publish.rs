//! What the engine tells its handles.

use std::collections::BTreeMap;

use rejoinder_core::id::ConversationId;
use rejoinder_core::session::client::Connection;
use tokio::sync::{broadcast, watch};

use crate::event::Event;

/// Events that wait for somebody slow.
const UNREAD_EVENTS: usize = 1_024;

#[derive(Debug)]
pub(crate) struct Publisher {
    events: broadcast::Sender<Event>,
    connection: watch::Sender<Connection>,
    changes: BTreeMap<ConversationId, watch::Sender<u64>>,
}

impl Publisher {
    pub(crate) fn new() -> Self {
        Self {
            events: broadcast::Sender::new(UNREAD_EVENTS),
            connection: watch::Sender::new(Connection::Offline),
            changes: BTreeMap::new(),
        }
    }

    pub(crate) fn events(&self) -> broadcast::Sender<Event> {
        self.events.clone()
    }

    pub(crate) fn watch_connection(&self) -> watch::Receiver<Connection> {
        self.connection.subscribe()
    }

    /// Changes of a conversation. It is in use while somebody holds one of these.
    pub(crate) fn watch_changes(&mut self, id: ConversationId) -> watch::Receiver<u64> {
        self.changes.entry(id).or_default().subscribe()
    }

    pub(crate) fn is_used(&self, conversation: ConversationId) -> bool {
        self.changes.get(&conversation).is_some_and(|changes| changes.receiver_count() > 0)
    }

    pub(crate) fn connection(&self, connection: Connection) {
        self.connection.send_replace(connection);
    }

    pub(crate) fn tell(&mut self, event: Event) {
        if let Event::Connection(connection) = event {
            self.connection(connection);
        }
        if event == Event::Wiped {
            self.everything_changed();
        }
        if let Some(changes) = event.conversation().and_then(|id| self.changes.get(&id)) {
            changes.send_modify(|changes| *changes += 1);
        }
        // Nobody listening is nobody missing it.
        drop(self.events.send(event));
    }

    pub(crate) fn everything_changed(&mut self) {
        self.changes.retain(|_, changes| changes.receiver_count() > 0);
        for changes in self.changes.values() {
            changes.send_modify(|changes| *changes += 1);
        }
    }
}
