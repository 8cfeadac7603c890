//! A conversation, as a handle.

mod attention;
mod outbox;

use std::fmt;

use rejoinder_core::authority::follow_up;
use rejoinder_core::conversation::layout::{Key, Priority, Status};
use rejoinder_core::conversation::revision::Body;
use rejoinder_core::conversation::view::{AgentView, TimelineView};
use rejoinder_core::id::{
    CategoryId, ConversationId, DocumentId, MessageId, OperationId, ParticipantId,
};
use rejoinder_core::principal::Role;
use rejoinder_core::replica::{CommandError, Event as DocumentEvent, Intent};
use rejoinder_core::wire::{FeedRow, Progress};
use tokio::sync::watch;

pub use self::attention::Composer;
pub use self::outbox::Pending;
use crate::client::Client;
use crate::engine::Engine;
use crate::error::Error;
use crate::event::Changes;

/// A handle to a conversation. It is followed at least as long as a handle is held.
///
/// Every call that changes something returns when that is durable here; it is sent when there is a
/// network. What became of it is in the view ([`Delivery`](crate::Delivery)) and told by
/// [`Client::events`](crate::Client::events).
#[derive(Clone)]
pub struct Conversation {
    client: Client,
    id: ConversationId,
    changes: watch::Receiver<u64>,
}

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Conversation").field(&self.id).finish()
    }
}

/// Where a message went: into the conversation, or, a visitor's words to a closed one, into its
/// follow-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The conversation that it stands in.
    pub conversation: ConversationId,
    /// The message.
    pub message: MessageId,
}

impl Conversation {
    pub(crate) fn new(
        client: Client,
        id: ConversationId,
        mut changes: watch::Receiver<u64>,
    ) -> Self {
        changes.mark_changed();
        Self { client, id, changes }
    }

    /// Which it is.
    #[must_use]
    pub const fn id(&self) -> ConversationId {
        self.id
    }

    /// The client that it is a handle of.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// What a visitor sees of it, from what is here: with or without a network.
    ///
    /// # Errors
    /// [`Error::Command`] with [`CommandError::NotOpen`] after it was erased from this device.
    pub async fn view(&self) -> Result<TimelineView, Error> {
        let id = self.id;
        let view = move |engine: &mut Engine| Ok(engine.session()?.timeline(id));
        self.client.call(view).await?.ok_or(Error::Command(CommandError::NotOpen))
    }

    /// What agents see of it: the timeline, and beside it notes, priority, category, collaborators.
    ///
    /// # Errors
    /// [`Error::Command`] with [`CommandError::NotOpen`] after it was erased from this device, and
    /// for a visitor.
    pub async fn agent_view(&self) -> Result<AgentView, Error> {
        let id = self.id;
        let view = move |engine: &mut Engine| Ok(engine.session()?.agent_view(id));
        self.client.call(view).await?.ok_or(Error::Command(CommandError::NotOpen))
    }

    /// That it has changed: what it looks like, who types, how far a recall is carried out. The
    /// first comes at once.
    #[must_use]
    pub fn changes(&self) -> Changes {
        Changes(self.changes.clone())
    }

    /// Whether everything that the server has of it is here, as far as this connection knows. While
    /// it is not, what is shown may be out of date.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Wiped`], [`Error::Closed`].
    pub async fn is_live(&self) -> Result<bool, Error> {
        let document = self.timeline();
        self.client.call(move |engine| Ok(engine.session()?.is_live(document))).await
    }

    /// What the inbox says of it: whose it is, of which site, what it follows up.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Wiped`], [`Error::Closed`].
    pub async fn inbox_row(&self) -> Result<Option<FeedRow>, Error> {
        let id = self.id;
        self.client.call(move |engine| Ok(engine.session()?.feed_row(id).cloned())).await
    }

    /// Sends a message. A visitor's words to a closed conversation go into its follow-up: see
    /// [`Sent`].
    ///
    /// # Errors
    /// [`Error::Command`] when the text is empty or too long, the conversation is closed (to
    /// agents), or the outbox is full; [`Error::Store`].
    pub async fn send(&self, text: impl Into<String>) -> Result<Sent, Error> {
        self.send_body(Body::text(text)).await
    }

    /// Sends a message that may describe attachments.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn send_body(&self, body: Body) -> Result<Sent, Error> {
        let id = self.id;
        let send = move |engine: &mut Engine| {
            let target = engine.open_end(id)?;
            engine.command(|session, now| session.send(target, &body, now))
        };
        let (conversation, message) = self.client.call(send).await?;
        Ok(Sent { conversation, message })
    }

    /// Writes a note, for the team only.
    ///
    /// # Errors
    /// As [`send`](Self::send); [`CommandError::NotOpen`] for a visitor.
    pub async fn note(&self, text: impl Into<String>) -> Result<MessageId, Error> {
        let (id, body) = (self.id, Body::text(text));
        let note =
            move |engine: &mut Engine| engine.command(|session, now| session.note(id, &body, now));
        self.client.call(note).await
    }

    /// Puts another text in place of that of one's own message. Its attachments stay.
    ///
    /// # Errors
    /// [`Error::Command`] when it is not here, not one's own, recalled, or the conversation closed.
    pub async fn edit(&self, message: MessageId, text: impl Into<String>) -> Result<(), Error> {
        self.edit_in(self.timeline(), message, text.into()).await
    }

    /// Puts other words in place of those of one's own note.
    ///
    /// # Errors
    /// As [`edit`](Self::edit).
    pub async fn edit_note(&self, note: MessageId, text: impl Into<String>) -> Result<(), Error> {
        self.edit_in(self.team(), note, text.into()).await
    }

    async fn edit_in(&self, at: DocumentId, message: MessageId, text: String) -> Result<(), Error> {
        let edit = move |engine: &mut Engine| {
            engine.command(|session, now| Ok(((), session.edit_text(at, message, text, now)?)))
        };
        self.client.call(edit).await
    }

    /// Takes a message back. When it returns, its words are gone from this device; from everywhere
    /// else they go as soon as the recall arrives there. See [`progress`](Self::progress).
    ///
    /// # Errors
    /// [`Error::Command`] when it is not here, recalled already, or not one's own to recall.
    pub async fn recall(&self, message: MessageId) -> Result<(), Error> {
        self.recall_in(self.timeline(), message).await
    }

    /// Takes a note back.
    ///
    /// # Errors
    /// As [`recall`](Self::recall).
    pub async fn recall_note(&self, note: MessageId) -> Result<(), Error> {
        self.recall_in(self.team(), note).await
    }

    async fn recall_in(&self, at: DocumentId, message: MessageId) -> Result<(), Error> {
        let recall = move |engine: &mut Engine| {
            engine.command(|session, now| Ok(((), session.recall(at, message, now)?)))
        };
        self.client.call(recall).await
    }

    /// How far the recall of a message or a note is carried out, as far as the server has told on
    /// this run.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Wiped`], [`Error::Closed`].
    pub async fn progress(&self, message: MessageId) -> Result<Option<Progress>, Error> {
        let documents = [self.timeline(), self.team()];
        let progress = move |engine: &mut Engine| {
            let session = engine.session()?;
            Ok(documents.into_iter().find_map(|at| session.progress(at, message).cloned()))
        };
        self.client.call(progress).await
    }

    /// Takes the conversation for oneself. The first who does has it; another's claim is refused.
    ///
    /// # Errors
    /// [`Error::Command`] when it is closed or the role does not allow it.
    pub async fn claim(&self) -> Result<OperationId, Error> {
        let id = self.id;
        self.client.call(move |engine| engine.command(|session, now| session.claim(id, now))).await
    }

    /// Gives the conversation to somebody, or to nobody.
    ///
    /// # Errors
    /// As [`claim`](Self::claim).
    pub async fn assign(&self, to: Option<ParticipantId>) -> Result<OperationId, Error> {
        self.intend(Intent::Assign(to)).await
    }

    /// Ends the conversation, for good.
    ///
    /// # Errors
    /// As [`claim`](Self::claim).
    pub async fn close(&self) -> Result<OperationId, Error> {
        self.intend(Intent::Close).await
    }

    /// Says whose turn it is. A visitor may ask for a human.
    ///
    /// # Errors
    /// As [`claim`](Self::claim).
    pub async fn set_status(&self, status: Status) -> Result<OperationId, Error> {
        self.intend(Intent::Status(status)).await
    }

    /// Says how urgent it is.
    ///
    /// # Errors
    /// As [`claim`](Self::claim).
    pub async fn set_priority(&self, priority: Priority) -> Result<OperationId, Error> {
        self.intend(Intent::Priority(priority)).await
    }

    /// Says what it is about.
    ///
    /// # Errors
    /// As [`claim`](Self::claim).
    pub async fn set_category(&self, category: Option<CategoryId>) -> Result<OperationId, Error> {
        self.intend(Intent::Category(category)).await
    }

    /// Makes somebody follow it, or no longer.
    ///
    /// # Errors
    /// As [`claim`](Self::claim).
    pub async fn set_collaborator(
        &self,
        participant: ParticipantId,
        following: Following,
    ) -> Result<OperationId, Error> {
        let follows = following == Following::Yes;
        self.intend(Intent::Collaborator(participant, follows)).await
    }

    async fn intend(&self, intent: Intent) -> Result<OperationId, Error> {
        let id = self.id;
        self.client
            .call(move |engine| engine.command(|session, now| session.intend(id, intent, now)))
            .await
    }

    /// Asks for the words of older messages: those of the newest `messages` are to be here. Until
    /// then it is 50.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Wiped`], [`Error::Closed`].
    pub async fn widen(&self, messages: usize) -> Result<(), Error> {
        let documents = [self.timeline(), self.team()];
        let widen = move |engine: &mut Engine| {
            documents.into_iter().try_for_each(|at| {
                engine.command(|session, _| Ok(((), session.widen(at, messages))))
            })
        };
        self.client.call(widen).await
    }

    const fn timeline(&self) -> DocumentId {
        DocumentId::timeline(self.id)
    }

    const fn team(&self) -> DocumentId {
        DocumentId::team(self.id)
    }
}

/// Whether somebody follows a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Following {
    /// They do.
    Yes,
    /// No longer.
    No,
}

impl Engine {
    /// Where a visitor's words to a conversation go: past those that are closed. Follow-ups are
    /// taken from the store on the way, so that the session finds what they have.
    fn open_end(&mut self, mut id: ConversationId) -> Result<ConversationId, Error> {
        loop {
            let session = self.session()?;
            let identity = session.identity();
            let visitor = identity.is_some_and(|id| id.principal.role == Role::Visitor);
            let timeline = session.replica(DocumentId::timeline(id));
            if !visitor || !timeline.is_some_and(|replica| replica.shown().has(Key::Closed)) {
                return Ok(id);
            }
            let to = follow_up(id);
            if !session.is_loaded(DocumentId::timeline(to)) {
                self.follow_conversation(to)?;
                let moved = DocumentEvent::Moved { from: id, to };
                self.publisher.tell(moved.into());
            }
            id = to;
        }
    }
}
