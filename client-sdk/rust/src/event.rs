//! What a client tells without being asked.

use futures_util::Stream;
use futures_util::stream::unfold;
use rejoinder_core::authority::fate::Refusal;
use rejoinder_core::id::{ConversationId, DocumentId, MessageId, OperationId};
use rejoinder_core::replica::Event as DocumentEvent;
use rejoinder_core::session::client::{Connection, SessionEvent};
use rejoinder_core::wire::{Problem, Progress};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

use crate::store::StoreError;

/// Something that a person, or the program around, wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A document's view has changed.
    Changed(DocumentId),
    /// An operation was refused. Its words are kept until it is sent anyway or discarded.
    Refused {
        /// In which document.
        document: DocumentId,
        /// Which.
        operation: OperationId,
        /// Why. Its text says what to do.
        code: Refusal,
    },
    /// Somebody wrote what the author had not seen. Ask them: send anyway, edit, or discard.
    Collided {
        /// In which document.
        document: DocumentId,
        /// Which.
        operation: OperationId,
    },
    /// This participant's edit lost to a concurrent one; its words are kept as a draft of the
    /// message.
    EditSuperseded {
        /// In which document.
        document: DocumentId,
        /// Of which message.
        message: MessageId,
    },
    /// A message was recalled; its words are gone from here.
    Recalled {
        /// In which document.
        document: DocumentId,
        /// Which.
        message: MessageId,
    },
    /// How far a recall is carried out: on `done` of `devices` devices.
    Progress(Progress),
    /// Words that met a closed conversation go on in its follow-up.
    Moved {
        /// The closed one.
        from: ConversationId,
        /// Its follow-up.
        to: ConversationId,
    },
    /// A document was erased from this device: this participant may no longer see it.
    Removed(DocumentId),
    /// A conversation is new or changed in the inbox.
    Inbox(ConversationId),
    /// Which waiting conversations are offered to this agent is other than it was: ask
    /// [`Client::offers`](crate::Client::offers).
    Offers,
    /// What this agent was notified of and has not read is other than it was: ask
    /// [`Client::notifications`](crate::Client::notifications).
    Notifications,
    /// Somebody is typing or viewing, or no longer.
    Signals(DocumentId),
    /// The state of the connection has changed.
    Connection(Connection),
    /// The server cannot be reached; told once, until it was reached again. The client keeps
    /// trying.
    Unreachable {
        /// What the try met.
        reason: String,
    },
    /// The server refuses something, or puts it off.
    Problem {
        /// About which document, if about one.
        document: Option<DocumentId>,
        /// Why.
        reason: Problem,
        /// Milliseconds that the client waits at least before it tries again, if it will.
        retry_after_millis: Option<u64>,
    },
    /// The store failed. The client goes on from what the store has when it answers again.
    Store(StoreError),
    /// Everything on this device was erased: somebody logged out, or the server no longer trusts
    /// it. The client has ended.
    Wiped,
    /// This many events were not read in time and are lost. Look at the views again.
    Missed(u64),
}

impl From<SessionEvent> for Event {
    fn from(event: SessionEvent) -> Self {
        match event {
            SessionEvent::Document(event) => event.into(),
            SessionEvent::Connection(connection) => Self::Connection(connection),
            SessionEvent::Feed(conversation) => Self::Inbox(conversation),
            SessionEvent::Signals(document) => Self::Signals(document),
            SessionEvent::Offers => Self::Offers,
            SessionEvent::Notifications => Self::Notifications,
            SessionEvent::Wiped => Self::Wiped,
            SessionEvent::Problem { document, reason, retry_after } => {
                Self::Problem { document, reason, retry_after_millis: retry_after }
            }
        }
    }
}

impl From<DocumentEvent> for Event {
    fn from(event: DocumentEvent) -> Self {
        match event {
            DocumentEvent::Changed(document) => Self::Changed(document),
            DocumentEvent::Refused { document, operation, code } => {
                Self::Refused { document, operation, code }
            }
            DocumentEvent::Collided { document, operation } => {
                Self::Collided { document, operation }
            }
            DocumentEvent::EditSuperseded { document, message } => {
                Self::EditSuperseded { document, message }
            }
            DocumentEvent::Recalled { document, message } => Self::Recalled { document, message },
            DocumentEvent::Progress(progress) => Self::Progress(progress),
            DocumentEvent::Moved { from, to } => Self::Moved { from, to },
        }
    }
}

impl Event {
    /// The conversation that it makes look different, if it does.
    pub(crate) const fn conversation(&self) -> Option<ConversationId> {
        match self {
            Self::Changed(document)
            | Self::Refused { document, .. }
            | Self::Collided { document, .. }
            | Self::EditSuperseded { document, .. }
            | Self::Recalled { document, .. }
            | Self::Removed(document)
            | Self::Signals(document)
            | Self::Problem { document: Some(document), .. } => Some(document.conversation),
            Self::Progress(progress) => Some(progress.document.conversation),
            Self::Moved { from, .. } => Some(*from),
            Self::Inbox(conversation) => Some(*conversation),
            Self::Connection(_)
            | Self::Offers
            | Self::Notifications
            | Self::Unreachable { .. }
            | Self::Problem { document: None, .. }
            | Self::Store(_)
            | Self::Wiped
            | Self::Missed(_) => None,
        }
    }
}

/// Events as they happen, from when it was made.
///
/// It keeps the newest 1,024 that were not read yet; who falls further behind gets
/// [`Event::Missed`] and looks at the views again.
#[derive(Debug)]
pub struct Events(pub(crate) broadcast::Receiver<Event>);

impl Events {
    /// The next one; none when the client has ended.
    pub async fn next(&mut self) -> Option<Event> {
        match self.0.recv().await {
            Ok(event) => Some(event),
            Err(RecvError::Lagged(missed)) => Some(Event::Missed(missed)),
            Err(RecvError::Closed) => None,
        }
    }

    /// The same as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Event> + Send {
        unfold(self, async |mut events| events.next().await.map(|event| (event, events)))
    }
}

/// That a conversation has changed.
///
/// It says that there is something new to show, not what: several changes may come as one, and
/// none is ever missed. The first comes at once, so that a loop begins by showing what there is.
#[derive(Clone, Debug)]
pub struct Changes(pub(crate) watch::Receiver<u64>);

impl Changes {
    /// Waits until there is something new to show; none when the client has ended.
    pub async fn next(&mut self) -> Option<()> {
        self.0.changed().await.ok()
    }

    /// The same as a stream.
    pub fn into_stream(self) -> impl Stream<Item = ()> + Send {
        unfold(self, async |mut changes| changes.next().await.map(|()| ((), changes)))
    }
}
