//! Telling how far a recall is carried out.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};

use rejoinder_core::id::{DocumentId, DocumentKind, MessageId, ParticipantId};
use rejoinder_core::wire::{Progress, ServerFrame};

use crate::hub::registry::{Connected, News};
use crate::hub::{Frame, Hub};
use crate::storage::{ErasureProgress, ProgressOf};

impl Hub {
    /// A message was recalled: wakes the devices that hold the document, tells how far it is, and
    /// again once the server's own files are done.
    pub(super) fn carry_out(
        &self,
        document: DocumentId,
        visitor: ParticipantId,
        message: MessageId,
        number: u64,
    ) {
        // Before it is told the first time: either that says it is done, or it is found here later.
        self.erasing().insert(number, (document, message));
        let hub = self.clone();
        tokio::spawn(async move {
            hub.tell_holders(document, visitor).await;
            // Told once that it is done, it is not told again when the next one is.
            if hub.tell_progress(ProgressOf::Message(document, message)).await >= number {
                hub.erasing().remove(&number);
            }
        });
    }

    /// Tells of recalls once the server's own files are done, in the order of the recalls, as long
    /// as there is a storage.
    pub async fn run_erased(self) {
        let mut erased = self.storage().erased();
        while erased.changed().await.is_ok() {
            let done = *erased.borrow_and_update();
            let told = {
                let mut erasing = self.erasing();
                let later = erasing.split_off(&done.saturating_add(1));
                core::mem::replace(&mut *erasing, later)
            };
            for (document, message) in told.into_values() {
                self.tell_progress(ProgressOf::Message(document, message)).await;
            }
        }
    }

    fn erasing(&self) -> MutexGuard<'_, BTreeMap<u64, (DocumentId, MessageId)>> {
        self.0.erasing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something was recalled by the server itself, which asks nobody how far it is.
    pub(super) fn wake_holders(&self, document: DocumentId, visitor: ParticipantId) {
        let hub = self.clone();
        tokio::spawn(async move { hub.tell_holders(document, visitor).await });
    }

    /// Wakes the devices that hold a document, those of the visitor whose timeline it is, and those
    /// that may have the message from another conversation of the line.
    async fn tell_holders(&self, document: DocumentId, visitor: ParticipantId) {
        let storage = self.storage().clone();
        let holders = self.blocking(move || storage.holders(document)).await.unwrap_or_default();
        let holders = holders.into_iter().filter_map(|device| self.registry().of_device(device));
        let others = match document.kind {
            DocumentKind::Timeline => {
                let own = self.registry().of(visitor).into_iter();
                own.chain(self.registry().reckoned()).collect()
            }
            DocumentKind::Team => Vec::new(),
        };
        for connected in holders.chain(others) {
            connected.tell(News::Erasures);
        }
    }

    /// Tells the people who recalled how far their recalls are, and returns up to which one the
    /// server's own files were done then.
    pub async fn tell_progress(&self, of: ProgressOf) -> u64 {
        let _telling = self.0.telling.lock().await;
        let storage = self.storage().clone();
        let found = self.blocking(move || storage.progress(of)).await.unwrap_or_default();
        let erased = *self.storage().erased().borrow();
        for progress in found {
            let frame = Frame::from(&ServerFrame::Progress(wire(&progress, erased)));
            for connected in self.registry().of(progress.by) {
                connected.outbound.insist(frame.clone());
            }
        }
        erased
    }

    /// Tells somebody who has just connected of their unfinished recalls.
    pub async fn tell_unfinished(&self, connected: &Connected) {
        let by = connected.principal.participant;
        let _telling = self.0.telling.lock().await;
        let storage = self.storage().clone();
        let found = self.blocking(move || storage.progress(ProgressOf::Unfinished(by))).await;
        let erased = *self.storage().erased().borrow();
        for progress in found.unwrap_or_default() {
            connected.outbound.send(&ServerFrame::Progress(wire(&progress, erased)));
        }
    }
}

const fn wire(progress: &ErasureProgress, erased: u64) -> Progress {
    Progress {
        document: progress.document,
        message: progress.message,
        server: progress.number <= erased,
        done: progress.done,
        devices: progress.devices,
        longest_away: progress.longest_away,
    }
}
