//! What waits: for a fate, or for a decision of its author.

use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::conversation::view::Delivery;
use rejoinder_core::id::{DocumentId, OperationId};
use rejoinder_core::replica::record::WaitingState;
use rejoinder_core::replica::{CommandError, Replica};

use super::Conversation;
use crate::engine::Engine;
use crate::error::Error;

/// One operation in the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Which.
    pub operation: OperationId,
    /// In which document.
    pub document: DocumentId,
    /// What it intends.
    pub intended: Operation,
    /// How far it has come.
    pub delivery: Delivery,
}

impl Conversation {
    /// Everything of this conversation that is in the outbox.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Wiped`], [`Error::Closed`].
    pub async fn outbox(&self) -> Result<Vec<Pending>, Error> {
        let documents = [self.timeline(), self.team()];
        let outbox = move |engine: &mut Engine| {
            let session = engine.session()?;
            let replicas = documents.into_iter().filter_map(|at| session.replica(at));
            Ok(replicas.flat_map(pending).collect())
        };
        self.client.call(outbox).await
    }

    /// Sends what collided, or was refused, anyway.
    ///
    /// # Errors
    /// [`CommandError::UnknownOperation`] when it does not wait for a decision.
    pub async fn send_anyway(&self, operation: OperationId) -> Result<(), Error> {
        let documents = [self.timeline(), self.team()];
        let send = move |engine: &mut Engine| {
            let at = engine.document_of(documents, operation)?;
            engine.command(|session, now| Ok(((), session.send_anyway(at, operation, now)?)))
        };
        self.client.call(send).await
    }

    /// Gives up what collided or was refused; its words are erased.
    ///
    /// # Errors
    /// [`CommandError::UnknownOperation`] when it does not wait for a decision.
    pub async fn discard(&self, operation: OperationId) -> Result<(), Error> {
        let documents = [self.timeline(), self.team()];
        let discard = move |engine: &mut Engine| {
            let at = engine.document_of(documents, operation)?;
            engine.command(|session, now| Ok(((), session.discard(at, operation, now)?)))
        };
        self.client.call(discard).await
    }
}

impl Engine {
    /// The document in whose outbox an operation is.
    fn document_of(
        &mut self,
        documents: [DocumentId; 2],
        operation: OperationId,
    ) -> Result<DocumentId, Error> {
        let session = self.session()?;
        let has = |at: &DocumentId| {
            let outbox = session.replica(*at).map(Replica::outbox).unwrap_or_default();
            outbox.iter().any(|waiting| waiting.submission.id == operation)
        };
        documents.into_iter().find(has).ok_or(CommandError::UnknownOperation.into())
    }
}

fn pending(replica: &Replica) -> impl Iterator<Item = Pending> {
    replica.outbox().iter().map(|waiting| {
        let operation = waiting.submission.id;
        let delivery = match waiting.state {
            WaitingState::Refused(code) => Delivery::Refused { operation, code },
            WaitingState::Collided { .. } => Delivery::Collided { operation },
            _ if replica.is_accepted(operation) => Delivery::Sent,
            _ => Delivery::Waiting,
        };
        let intended = waiting.submission.operation;
        Pending { operation, document: replica.document(), intended, delivery }
    })
}
