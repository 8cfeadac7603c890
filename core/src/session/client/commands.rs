//! What a person may tell a session to do.

use crate::attachment::{self, AttachmentError};
use crate::authority::follow_up;
use crate::conversation::layout::{Key, Kind};
use crate::conversation::revision::{Attachment, Body, Revision};
use crate::id::{AttachmentId, ConversationId, DocumentId, MessageId, OperationId, Seq};
use crate::limits;
use crate::principal::Role;
use crate::replica::record::SavedDocument;
use crate::replica::{CommandError, Effects, Event, Intent, Moment, Moved, Moving, Replica};
use crate::session::client::{Link, Output, Session, SessionEvent};
use crate::time::Timestamp;
use crate::wire::{ClientFrame, Signal};

/// What a client knows of an attachment of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// Live words describe it.
    Here {
        /// What they say of it.
        attachment: Attachment,
        /// Whether the server has the message: until then it takes no file of it.
        accepted: bool,
    },
    /// The message was recalled, or describes it no more.
    Gone,
    /// Message or words are not here: nothing can be told.
    Unknown,
    /// The conversation is closed, and the message may have gone on in this one.
    Next(ConversationId),
}

impl Session {
    /// Carries a command out on a loaded document and pushes what it made.
    fn command<T>(
        &mut self,
        document: DocumentId,
        now: Timestamp,
        run: impl FnOnce(&mut Replica, &mut Moment<'_>) -> Result<T, CommandError>,
    ) -> Result<(T, Output), CommandError> {
        let seen = self.seen(document.conversation);
        let unknown = match &self.identity {
            Some(_) => CommandError::NotOpen,
            None => CommandError::NoIdentity,
        };
        let opened = self.documents.get_mut(&document).ok_or(unknown)?;
        let mut effects = Effects::default();
        let mut moment = Moment { seen, now, dice: &mut self.dice, effects: &mut effects };
        let made = run(&mut opened.replica, &mut moment)?;
        let mut output = Output::default();
        output.take(effects);
        self.exchange(document, &mut output);
        self.ask_for_words(document, &mut output);
        Ok((made, self.finish(output)))
    }

    /// Begins a conversation: only visitors do, and without a network too.
    ///
    /// # Errors
    /// [`CommandError`] when this is no visitor, or has never reached the server.
    pub fn begin(&mut self, now: Timestamp) -> Result<(ConversationId, Output), CommandError> {
        let conversation = ConversationId::timed(now, &mut self.dice);
        Ok((conversation, self.begin_as(conversation)?))
    }

    /// Begins a conversation under an id that the caller made: given twice, it is begun once.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn begin_as(&mut self, conversation: ConversationId) -> Result<Output, CommandError> {
        let identity = self.identity.as_ref().ok_or(CommandError::NoIdentity)?;
        if identity.principal.role != Role::Visitor {
            return Err(CommandError::NotAllowed);
        }
        let document = DocumentId::timeline(conversation);
        let (output, _) = self.load(document, SavedDocument::default());
        Ok(output)
    }

    /// Writes a message. What a visitor writes into a closed conversation goes into its follow-up;
    /// the conversation it went to is returned.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn send(
        &mut self,
        conversation: ConversationId,
        body: &Body,
        now: Timestamp,
    ) -> Result<((ConversationId, MessageId), Output), CommandError> {
        let message = MessageId::timed(now, &mut self.dice);
        self.send_as(conversation, message, body, now)
    }

    /// Writes a message as [`send`](Self::send) does, under an id that the caller made: given
    /// twice, it is written once.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn send_as(
        &mut self,
        conversation: ConversationId,
        message: MessageId,
        body: &Body,
        now: Timestamp,
    ) -> Result<((ConversationId, MessageId), Output), CommandError> {
        body.check()?;
        let mut output = Output::default();
        let visitor = self.is_visitor();
        let mut target = conversation;
        while visitor && self.is_closed(target) {
            let to = follow_up(target);
            output.events.push(SessionEvent::Document(Event::Moved { from: target, to }));
            output.append(self.load_unread(DocumentId::timeline(to)));
            target = to;
        }
        let document = DocumentId::timeline(target);
        let send = |replica: &mut Replica, m: &mut Moment<'_>| replica.send_as(message, body, m);
        let (message, more) = self.command(document, now, send)?;
        output.append(more);
        Ok(((target, message), output))
    }

    pub(super) fn is_visitor(&self) -> bool {
        self.identity.as_ref().is_some_and(|id| id.principal.role == Role::Visitor)
    }

    /// Whether what a visitor writes goes to the conversation's follow-up at once.
    fn is_closed(&self, conversation: ConversationId) -> bool {
        let replica = self.replica(DocumentId::timeline(conversation));
        replica.is_some_and(|replica| replica.shown().has(Key::Closed) && !replica.moves_on())
    }

    /// Writes a note, for the team only.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn note(
        &mut self,
        conversation: ConversationId,
        body: &Body,
        now: Timestamp,
    ) -> Result<(MessageId, Output), CommandError> {
        let message = MessageId::timed(now, &mut self.dice);
        self.note_as(conversation, message, body, now)
    }

    /// Writes a note as [`note`](Self::note) does, under an id that the caller made: given twice,
    /// it is written once.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn note_as(
        &mut self,
        conversation: ConversationId,
        message: MessageId,
        body: &Body,
        now: Timestamp,
    ) -> Result<(MessageId, Output), CommandError> {
        let document = DocumentId::team(conversation);
        self.command(document, now, |replica, m| replica.send_as(message, body, m))
    }

    /// Puts other words in place of those of one's own message or note.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn edit(
        &mut self,
        document: DocumentId,
        message: MessageId,
        body: &Body,
        now: Timestamp,
    ) -> Result<Output, CommandError> {
        let done = self.command(document, now, |replica, m| replica.edit(message, body, m));
        done.map(|((), output)| output)
    }

    /// Puts another text in place of that of one's own message or note. Its attachments stay.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn edit_text(
        &mut self,
        document: DocumentId,
        message: MessageId,
        text: impl Into<String>,
        now: Timestamp,
    ) -> Result<Output, CommandError> {
        let former = self.said(document, message)?;
        let body = Body { text: text.into(), attachments: former.attachments };
        self.edit(document, message, &body, now)
    }

    /// Takes a file out of one's own message or note, whose text and other files stay. Of one that
    /// is not in it nothing is to be taken.
    ///
    /// # Errors
    /// [`CommandError`]; a message of which nothing is left is to be recalled.
    pub fn detach(
        &mut self,
        document: DocumentId,
        message: MessageId,
        attachment: AttachmentId,
        now: Timestamp,
    ) -> Result<Output, CommandError> {
        let mut body = self.said(document, message)?;
        let before = body.attachments.len();
        body.attachments.retain(|it| it.id != attachment);
        if body.attachments.len() == before {
            return Ok(Output::default());
        }
        self.edit(document, message, &body, now)
    }

    /// What a message says: without that nobody knows what is attached to it.
    fn said(&self, document: DocumentId, message: MessageId) -> Result<Body, CommandError> {
        let replica = self.replica(document).ok_or(CommandError::NotOpen)?;
        let words = replica.live_words(message).and_then(|words| words.read().ok());
        words.ok_or(if replica.is_recalled(message) {
            CommandError::Recalled
        } else {
            CommandError::UnknownMessage
        })
    }

    /// Describes a file that is to be sent, and seals its bytes: they go beside the message.
    ///
    /// # Errors
    /// [`AttachmentError`], why it may not be attached.
    pub fn attach(
        &mut self,
        name: &str,
        bytes: &[u8],
    ) -> Result<(Attachment, Vec<u8>), AttachmentError> {
        let media_type = attachment::type_of(name).ok_or(AttachmentError::Type)?;
        let attachment = attachment::describe(name, media_type, bytes, &mut self.dice)?;
        let sealed = attachment::seal(&attachment, bytes, &mut self.dice);
        Ok((attachment, sealed))
    }

    /// What is known here of an attachment of a message.
    #[must_use]
    pub fn attachment(
        &self,
        document: DocumentId,
        message: MessageId,
        id: AttachmentId,
    ) -> Whereabouts {
        let Some(replica) = self.replica(document) else { return Whereabouts::Unknown };
        if replica.is_recalled(message) {
            return Whereabouts::Gone;
        }
        if !replica.has_message(message) {
            let closed = replica.shown().has(Key::Closed);
            return if closed {
                Whereabouts::Next(follow_up(document.conversation))
            } else {
                Whereabouts::Unknown
            };
        }
        let words = replica.live_words(message).and_then(|words| words.read().ok());
        let Some(body) = words else { return Whereabouts::Unknown };
        let accepted = replica.confirmed().history().has(Key::Message(message));
        match body.attachments.into_iter().find(|it| it.id == id) {
            Some(attachment) => Whereabouts::Here { attachment, accepted },
            None => Whereabouts::Gone,
        }
    }

    /// Takes a message or a note back.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn recall(
        &mut self,
        document: DocumentId,
        message: MessageId,
        now: Timestamp,
    ) -> Result<Output, CommandError> {
        let done = self.command(document, now, |replica, m| replica.recall(message, m));
        done.map(|((), output)| output)
    }

    /// Takes a conversation, closes it, and the like.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn intend(
        &mut self,
        conversation: ConversationId,
        intent: Intent,
        now: Timestamp,
    ) -> Result<(OperationId, Output), CommandError> {
        let document = DocumentId { conversation, kind: intent.document() };
        self.command(document, now, |replica, m| replica.intend(intent, m))
    }

    /// Takes the conversation for oneself.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn claim(
        &mut self,
        conversation: ConversationId,
        now: Timestamp,
    ) -> Result<(OperationId, Output), CommandError> {
        let me = self.identity.as_ref().ok_or(CommandError::NoIdentity)?.principal.participant;
        self.intend(conversation, Intent::Assign(Some(me)), now)
    }

    /// Sends what collided, or was refused, anyway.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn send_anyway(
        &mut self,
        document: DocumentId,
        operation: OperationId,
        now: Timestamp,
    ) -> Result<Output, CommandError> {
        let done = self.command(document, now, |replica, m| replica.send_anyway(operation, m));
        done.map(|((), output)| output)
    }

    /// Gives up what collided or was refused; its words are erased.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn discard(
        &mut self,
        document: DocumentId,
        operation: OperationId,
        now: Timestamp,
    ) -> Result<Output, CommandError> {
        let done = self.command(document, now, |replica, m| replica.discard(operation, m.effects));
        done.map(|((), output)| output)
    }

    /// Keeps what somebody typed and has not sent; an empty text erases it.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn set_draft(
        &mut self,
        document: DocumentId,
        message: Option<MessageId>,
        text: &str,
        now: Timestamp,
    ) -> Result<Output, CommandError> {
        let done = self.command(document, now, |replica, m| {
            replica.set_draft(message, Some(text.to_owned()), m.effects);
            Ok(())
        });
        done.map(|((), output)| output)
    }

    /// Says that this participant has seen a document up to a place. Kept, and told as soon as
    /// there is a connection.
    pub fn mark_seen(&mut self, document: DocumentId, seq: Seq) -> Output {
        let mut output = Output::default();
        let Some(identity) = &self.identity else { return output };
        let me = identity.principal.participant;
        let Some(opened) = self.documents.get_mut(&document) else { return output };
        let mut effects = Effects::default();
        let seq = seq.min(opened.replica.end());
        if opened.replica.raise_seen(me, seq, &mut effects) && matches!(opened.link, Link::Live) {
            output.frames.push(ClientFrame::Signal { document, signal: Signal::Seen(seq) });
        }
        output.take(effects);
        self.finish(output)
    }

    /// Says that this participant is typing or viewing, or no longer. Lost when there is no
    /// connection.
    #[must_use]
    pub fn signal(&self, document: DocumentId, signal: Signal) -> Output {
        let mut output = Output::default();
        if self.is_live(document) && !matches!(signal, Signal::Seen(_)) {
            output.frames.push(ClientFrame::Signal { document, signal });
        }
        output
    }

    /// Asks for the words of older messages, so that those of the newest `messages` are here.
    pub fn widen(&mut self, document: DocumentId, messages: usize) -> Output {
        let mut output = Output::default();
        if let Some(opened) = self.documents.get_mut(&document) {
            opened.replica.widen(messages.min(limits::DOCUMENT_CHANGES));
        }
        self.ask_for_words(document, &mut output);
        output
    }

    /// Ends the session for good: the server revokes the token and answers with an order to wipe.
    #[must_use]
    pub fn log_out(&self) -> Output {
        Output { frames: vec![ClientFrame::LogOut], ..Output::default() }
    }

    /// Words that met a closed conversation go to its follow-up, sealed and committed anew; a
    /// message that was recalled meanwhile goes there as recalled.
    pub(super) fn take_along(
        &mut self,
        from: ConversationId,
        moving: &Moving,
        output: &mut Output,
    ) {
        let to = moving.to;
        let document = DocumentId::timeline(to);
        output.append(self.load_unread(document));
        if to == follow_up(from) {
            output.events.push(SessionEvent::Document(Event::Moved { from, to }));
        }
        let Some(opened) = self.documents.get_mut(&document) else { return };
        let (mut effects, seen) = (Effects::default(), Seq::START);
        let (dice, now) = (&mut self.dice, moving.composed_at);
        let mut moment = Moment { seen, now, dice, effects: &mut effects };
        // Out of one outbox and into another in the same transaction: nothing is lost in between.
        match &moving.what {
            Moved::Words(words, draft) => {
                let (message, author, id) = (words.message, words.author, words.id);
                // Under the id they had: where another device brought them, they are known by it.
                let anew = |body| {
                    let words = Revision::new(message, author, &body, moment.dice)?;
                    Ok(Revision { id, ..words })
                };
                let Ok(words) = words.read().and_then(anew) else { return };
                opened.replica.send_moved(Kind::Visitor, words, &mut moment);
                if draft.is_some() {
                    opened.replica.set_draft(Some(message), draft.clone(), moment.effects);
                }
            }
            Moved::Recalled(send) => opened.replica.send_recalled(*send, &mut moment),
        }
        output.take(effects);
        self.exchange(document, output);
        self.ask_for_words(document, output);
    }
}
