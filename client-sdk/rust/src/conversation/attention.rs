//! What somebody looks at and types: receipts, signals, drafts.

use rejoinder_core::id::{DocumentId, MessageId, ParticipantId, Seq};
use rejoinder_core::wire::Signal;

use super::Conversation;
use crate::engine::Engine;
use crate::error::Error;

/// What somebody has before them to type into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Composer {
    /// A new message.
    Message,
    /// A new note.
    Note,
    /// New words of a message.
    Edit(MessageId),
    /// New words of a note.
    EditNote(MessageId),
}

impl Conversation {
    /// Says that this participant has seen the timeline up to a place, such as the `seq` of the
    /// view that is shown. Others learn of it when there is a network.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Wiped`], [`Error::Closed`].
    pub async fn mark_seen(&self, seq: Seq) -> Result<(), Error> {
        let at = self.timeline();
        let mark = move |engine: &mut Engine| {
            engine.command(|session, _| Ok(((), session.mark_seen(at, seq))))
        };
        self.client.call(mark).await
    }

    /// Says that this participant is typing. Call it at every key: it is told at most every four
    /// seconds, and only while there is a connection.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Wiped`], [`Error::Closed`].
    pub async fn typing(&self) -> Result<(), Error> {
        self.signal(Signal::Typing).await
    }

    /// Says that this participant has it before their eyes; as [`typing`](Self::typing).
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Wiped`], [`Error::Closed`].
    pub async fn viewing(&self) -> Result<(), Error> {
        self.signal(Signal::Viewing).await
    }

    /// Says that this participant has stopped either.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Wiped`], [`Error::Closed`].
    pub async fn idle(&self) -> Result<(), Error> {
        self.signal(Signal::Idle).await
    }

    async fn signal(&self, signal: Signal) -> Result<(), Error> {
        let at = self.timeline();
        let tell = move |engine: &mut Engine| {
            if !engine.may_signal(at, signal) {
                return Ok(());
            }
            engine.command(|session, _| Ok(((), session.signal(at, signal))))
        };
        self.client.call(tell).await
    }

    /// Who else is typing or viewing now.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Wiped`], [`Error::Closed`].
    pub async fn active(&self) -> Result<Vec<(ParticipantId, Signal)>, Error> {
        let at = self.timeline();
        let active = move |engine: &mut Engine| {
            let now = engine.now();
            Ok(engine.session()?.active(at, now).collect())
        };
        self.client.call(active).await
    }

    /// What somebody typed and has not sent.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Wiped`], [`Error::Closed`].
    pub async fn draft(&self, composer: Composer) -> Result<Option<String>, Error> {
        let (at, message) = self.place(composer);
        let draft = move |engine: &mut Engine| {
            let replica = engine.session()?.replica(at);
            Ok(replica.and_then(|replica| replica.drafts().get(&message).cloned()))
        };
        self.client.call(draft).await
    }

    /// Keeps what somebody typed and has not sent, sealed, over restarts; an empty text erases it.
    /// Each call is written to the disk: call it when typing pauses, not at every key.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Wiped`], [`Error::Closed`].
    pub async fn set_draft(&self, composer: Composer, text: &str) -> Result<(), Error> {
        let ((at, message), text) = (self.place(composer), text.to_owned());
        let keep = move |engine: &mut Engine| {
            engine.command(|session, now| Ok(((), session.set_draft(at, message, &text, now)?)))
        };
        self.client.call(keep).await
    }

    const fn place(&self, composer: Composer) -> (DocumentId, Option<MessageId>) {
        match composer {
            Composer::Message => (self.timeline(), None),
            Composer::Note => (self.team(), None),
            Composer::Edit(message) => (self.timeline(), Some(message)),
            Composer::EditNote(note) => (self.team(), Some(note)),
        }
    }
}
