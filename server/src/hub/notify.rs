//! Notifications: what an agent has not read, told to all their devices.

use std::collections::BTreeSet;
use std::sync::Arc;

use rejoinder_core::id::ParticipantId;
use rejoinder_core::limits;
use rejoinder_core::wire::{Notification, ServerFrame};

use crate::hub::{Connected, Hub, Rights, may_see};
use crate::storage::{Kept, Storage, StorageError};

impl Hub {
    /// Tells people whose notifications have changed, where they are connected.
    pub(super) fn tell_notified(&self, who: BTreeSet<ParticipantId>) {
        let connected = |id: &ParticipantId| !self.registry().of(*id).is_empty();
        let who: Vec<_> = who.into_iter().filter(connected).collect();
        if who.is_empty() {
            return;
        }
        let hub = self.clone();
        tokio::spawn(async move {
            for participant in who {
                hub.tell_unread(participant).await;
            }
        });
    }

    /// Tells somebody what they have not read.
    pub async fn tell_unread(&self, participant: ParticipantId) {
        // What is read first is told first: the last frame counts.
        let _one_by_one = self.0.notifying.lock().await;
        for connected in self.registry().of(participant) {
            let (storage, by) = (Arc::clone(self.storage()), Arc::clone(&connected));
            let unread = self.blocking(move || {
                let (kept, most) = (Kept::Unread, limits::NOTIFICATIONS);
                let found = notifications(storage.as_ref(), &by, kept, u64::MAX, most)?;
                Ok(found.into_iter().map(|(notification, _)| notification).collect())
            });
            match unread.await {
                Ok(unread) => {
                    connected.outbound.send(&ServerFrame::Notifications { unread });
                }
                Err(error) => tracing::warn!(%error, "notifications are not told"),
            }
        }
    }
}

/// What somebody was notified of in conversations that they may see now, newest first, and whether
/// they have read it.
///
/// # Errors
/// [`StorageError`].
pub fn notifications(
    storage: &dyn Storage,
    of: &Connected,
    kept: Kept,
    below: u64,
    at_most: usize,
) -> Result<Vec<(Notification, bool)>, StorageError> {
    notifications_of(storage, (&of.principal, &of.scope), kept, below, at_most)
}

/// The same, of somebody who need not be connected.
///
/// # Errors
/// [`StorageError`].
pub fn notifications_of(
    storage: &dyn Storage,
    (principal, scope): (&rejoinder_core::principal::Principal, &crate::directory::Scope),
    kept: Kept,
    mut below: u64,
    at_most: usize,
) -> Result<Vec<(Notification, bool)>, StorageError> {
    let mut seen = Vec::new();
    loop {
        let page = storage.notifications(principal.participant, kept, below, at_most)?;
        let more = page.len() == at_most;
        for (notification, read) in page {
            below = notification.number;
            let entry = storage.feed_entry(notification.conversation)?;
            let visible = entry.is_some_and(|entry| {
                let rights = Rights::of(&entry);
                may_see(principal, scope, &rights)
            });
            if visible {
                seen.push((notification, read));
            }
            if seen.len() == at_most {
                return Ok(seen);
            }
        }
        if !more {
            return Ok(seen);
        }
    }
}
