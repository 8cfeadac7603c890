//! What people did in a run, as far as it was durable: what the oracles compare the end with.

use std::collections::{BTreeMap, BTreeSet};

use rejoinder_core::id::{ConversationId, DocumentId, MessageId};

/// What is to become of a message that somebody wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It stands in a log, once.
    Accepted,
    /// It was taken back before it was sent.
    Unsent,
    /// Its author gave it up after it was refused or had collided.
    Discarded,
}

/// A message that somebody wrote.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) client: usize,
    /// Where it was written: it may have gone on into the follow-up.
    pub(crate) document: DocumentId,
    pub(crate) ending: Ending,
    /// It was held back for its author, so that later ones may stand before it.
    pub(crate) held: bool,
    /// Its place among what this client wrote.
    pub(crate) place: usize,
}

/// A recall that somebody made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recalled {
    pub(crate) message: MessageId,
    pub(crate) refused: bool,
}

/// What people did.
#[derive(Debug, Default)]
pub(crate) struct Diary {
    pub(crate) written: BTreeMap<MessageId, Written>,
    /// Which message each text was written for.
    pub(crate) texts: BTreeMap<String, MessageId>,
    /// The messages that drafts were typed for.
    pub(crate) drafts: BTreeMap<String, Option<MessageId>>,
    pub(crate) recalls: Vec<Recalled>,
    /// Messages of which an edit was given up.
    pub(crate) edits_given_up: BTreeSet<MessageId>,
    pub(crate) conversations: BTreeSet<ConversationId>,
    texts_made: usize,
}

impl Diary {
    /// A number that no text has had.
    pub(crate) fn number(&mut self) -> usize {
        self.texts_made += 1;
        self.texts_made
    }

    pub(crate) fn wrote(
        &mut self,
        client: usize,
        document: DocumentId,
        message: MessageId,
        text: String,
    ) {
        let place = self.written.len();
        let ending = Ending::Accepted;
        self.written.insert(message, Written { client, document, ending, held: false, place });
        self.texts.insert(text, message);
        self.conversations.insert(document.conversation);
    }

    pub(crate) fn ends(&mut self, message: MessageId, ending: Ending) {
        if let Some(written) = self.written.get_mut(&message) {
            written.ending = ending;
        }
    }
}
