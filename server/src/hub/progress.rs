//! Telling how far a recall is carried out.

use rejoinder_core::id::{DocumentId, DocumentKind, MessageId, ParticipantId};
use rejoinder_core::wire::{Progress, ServerFrame};

use crate::hub::registry::{Connected, News};
use crate::hub::{Frame, Hub};
use crate::storage::{ErasureProgress, ProgressOf, StorageError};

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
        let hub = self.clone();
        tokio::spawn(async move {
            hub.tell_holders(document, visitor).await;
            let mut erased = hub.storage().erased();
            hub.tell_progress(ProgressOf::Message(document, message)).await;
            // Ends with the storage, when there is nothing to wait for any more.
            if erased.wait_for(|done| *done >= number).await.is_ok() {
                hub.tell_progress(ProgressOf::Message(document, message)).await;
            }
        });
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
        let holders = blocking(move || storage.holders(document)).await.unwrap_or_default();
        let holders = holders.into_iter().filter_map(|device| self.registry().of_device(device));
        let own = match document.kind {
            DocumentKind::Timeline => self.registry().of(visitor),
            DocumentKind::Team => Vec::new(),
        };
        for connected in holders.chain(own).chain(self.registry().reckoned()) {
            connected.tell(News::Erasures);
        }
    }

    /// Tells the people who recalled how far their recalls are.
    pub async fn tell_progress(&self, of: ProgressOf) {
        let _telling = self.0.telling.lock().await;
        let storage = self.storage().clone();
        let found = blocking(move || storage.progress(of)).await.unwrap_or_default();
        let erased = *self.storage().erased().borrow();
        for progress in found {
            let frame = Frame::from(&ServerFrame::Progress(wire(&progress, erased)));
            for connected in self.registry().of(progress.by) {
                connected.outbound.insist(frame.clone());
            }
        }
    }

    /// Tells somebody who has just connected of their unfinished recalls.
    pub async fn tell_unfinished(&self, connected: &Connected) {
        let by = connected.principal.participant;
        let _telling = self.0.telling.lock().await;
        let storage = self.storage().clone();
        let found = blocking(move || storage.progress(ProgressOf::Unfinished(by))).await;
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

/// Runs a read of the storage where blocking is allowed.
///
/// # Errors
/// What the storage says; also when the process is shutting down.
pub(crate) async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
) -> Result<T, StorageError> {
    tokio::task::spawn_blocking(read)
        .await
        .unwrap_or_else(|_| Err(StorageError::Failed("the server is shutting down".to_owned())))
}
