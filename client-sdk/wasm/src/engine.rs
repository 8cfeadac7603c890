//! A client in one value: the session, its rows, and when to connect again.
//!
//! Every input returns a [`Step`]. A shell commits `batch`, calls [`Engine::committed`], sends
//! `frames`, tells `events`, loads the documents in `load` and hands their rows to
//! [`Engine::load`], in this order, before the next input.

use std::collections::BTreeMap;

use rejoinder_core::conversation::revision::Attachment;
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{ConversationId, DocumentId};
use rejoinder_core::keyring::Blocks;
use rejoinder_core::limits;
use rejoinder_core::principal::Role;
use rejoinder_core::replica::record::Write;
use rejoinder_core::session::backoff::{Backoff, Ending, Verdict};
use rejoinder_core::session::client::{Connection, Output, Session, SessionEvent};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{ClientFrame, Credential, Keeping, Notification, Offer, ServerFrame};

use crate::command::{Command, Fault, Made};
use crate::rows::key::Key;
use crate::rows::{Batch, Rows, RowsError, Words};
use crate::show::{self, ConversationView, Freshness, IdentityView, InboxRow};

/// Milliseconds that a slow network has before words from before are shown, with the time they
/// are of. Longer, and a person thinks that nothing is there.
pub const CHECKING_MILLIS: i64 = 3_000;

/// Milliseconds between two notes of when this client was last up to date.
const CONTACT_MILLIS: i64 = 10_000;

/// What is to be done after an input, in this order.
#[derive(Debug, Default)]
pub struct Step {
    /// What the table is to do.
    pub batch: Batch,
    /// What is to be sent.
    pub frames: Vec<ClientFrame>,
    /// What is to be told.
    pub events: Vec<SessionEvent>,
    /// Documents that the table is to be asked for.
    pub load: Vec<DocumentId>,
    /// Documents that were erased.
    pub removed: Vec<DocumentId>,
    /// The connection is to be closed.
    pub disconnect: bool,
    /// Everything was erased.
    pub wiped: bool,
}

/// The network, as the shell last saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// There is none, or it could not be reached.
    Down,
    /// It is tried for the first time, since then.
    Trying(Timestamp),
    /// There is a connection.
    Up(Timestamp),
}

/// A client in one value.
#[derive(Debug)]
pub struct Engine<B> {
    session: Session,
    rows: Rows<B>,
    backoff: Backoff,
    line: Line,
    ending: Ending,
    contact: Option<Timestamp>,
    noted: Option<Timestamp>,
    /// When conversations were asked for.
    asked: BTreeMap<ConversationId, Timestamp>,
}

impl<B: Blocks> Engine<B> {
    /// A client on the rows there are. See [`Rows::open`] for what `keys` and `head` are.
    ///
    /// # Errors
    /// [`RowsError`].
    pub fn open(
        keys: Vec<Key>,
        mut head: BTreeMap<Key, Vec<u8>>,
        blocks: B,
        words: Words,
        keeping: Keeping,
        mut dice: Dice,
    ) -> Result<(Self, Step), RowsError> {
        let own = Dice::from_seed(dice.bytes());
        let (mut rows, batch) = Rows::open(keys, &head, blocks, words, own)?;
        for (key, value) in &batch.changes {
            head.extend(value.clone().map(|value| (key.clone(), value)));
        }
        let saved = rows.saved(&head)?;
        let contact = Rows::<B>::contact(&head);
        let load = saved.waiting.clone();
        let engine = Self {
            session: Session::new(saved, keeping, dice.bytes()),
            rows,
            backoff: Backoff::new(Dice::from_seed(dice.bytes())),
            line: Line::Down,
            ending: Ending::default(),
            contact,
            noted: contact,
            asked: BTreeMap::new(),
        };
        Ok((engine, Step { batch, load, ..Step::default() }))
    }

    /// The session.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    fn step(&mut self, output: Output, now: Timestamp) -> Result<Step, RowsError> {
        let Output { writes, frames, events, load, disconnect } = output;
        let wiped = writes.contains(&Write::Wipe);
        let removed = writes.iter().filter_map(|write| match write {
            Write::DropDocument(document) => Some(*document),
            _ => None,
        });
        let removed = removed.collect();
        let mut batch =
            if writes.is_empty() { Batch::default() } else { self.rows.plan(writes)? };
        self.note_contact(now, disconnect, &mut batch);
        Ok(Step { batch, frames, events, load, removed, disconnect, wiped })
    }

    fn note_contact(&mut self, now: Timestamp, ends: bool, batch: &mut Batch) {
        if self.session.connection() == Connection::Live {
            self.contact = Some(now);
        }
        let Some(contact) = self.contact.filter(|contact| self.noted != Some(*contact)) else {
            return;
        };
        let late = self.noted.is_none_or(|noted| contact.millis_since(noted) >= CONTACT_MILLIS);
        if (ends || late) && !batch.clear {
            self.noted = Some(contact);
            self.rows.note_contact(contact, batch);
        }
    }

    /// The table has committed a step's batch.
    ///
    /// # Errors
    /// [`RowsError`].
    pub fn committed(&mut self, batch: Batch) -> Result<(), RowsError> {
        self.rows.committed(batch)
    }

    /// Takes a document's rows and follows it.
    ///
    /// # Errors
    /// [`RowsError`].
    pub fn load(
        &mut self,
        document: DocumentId,
        rows: Vec<(Key, Vec<u8>)>,
        now: Timestamp,
    ) -> Result<Step, RowsError> {
        let saved = self.rows.document(rows)?;
        // A log that does not fit together is dropped and taken anew from the server.
        let (output, _) = self.session.load(document, saved);
        self.asked.entry(document.conversation).or_insert(now);
        self.step(output, now)
    }

    /// The documents of a conversation that are not loaded yet; those of a client that nobody
    /// knows yet cannot be.
    #[must_use]
    pub fn missing(&self, conversation: ConversationId) -> Vec<DocumentId> {
        if self.session.identity().is_none() {
            return Vec::new();
        }
        let mut documents = self.session.documents_of(conversation);
        documents.retain(|document| !self.session.is_loaded(*document));
        documents
    }

    /// Whether any document of a conversation is loaded, and so followed.
    #[must_use]
    pub fn follows(&self, conversation: ConversationId) -> bool {
        let documents = self.session.documents_of(conversation);
        documents.into_iter().any(|document| self.session.is_loaded(document))
    }

    /// Follows a conversation no longer, but for documents with something in their outbox.
    ///
    /// # Errors
    /// [`RowsError`].
    pub fn leave(
        &mut self,
        conversation: ConversationId,
        now: Timestamp,
    ) -> Result<Step, RowsError> {
        self.asked.remove(&conversation);
        let mut output = Output::default();
        for document in self.session.documents_of(conversation) {
            if self.session.is_loaded(document) {
                output.append(self.session.leave(document));
            }
        }
        self.step(output, now)
    }

    /// Carries a command out.
    ///
    /// # Errors
    /// [`Fault`]; with the code `store` the engine is of no use any more, with any other nothing
    /// has changed.
    pub fn command(&mut self, command: Command, now: Timestamp) -> Result<(Made, Step), Fault> {
        let (made, output) = command.run(&mut self.session, now)?;
        let step = self.step(output, now);
        let step = step.map_err(|e| Fault { code: "store", message: e.to_string() })?;
        Ok((made, step))
    }

    /// Describes a file that is to be sent, and seals its bytes.
    ///
    /// # Errors
    /// [`Fault`], why it may not be attached.
    pub fn attach(&mut self, name: &str, bytes: &[u8]) -> Result<(Attachment, Vec<u8>), Fault> {
        Ok(self.session.attach(name, bytes)?)
    }

    /// A first try to connect begins, after a start or because somebody asked for one.
    pub fn trying(&mut self, now: Timestamp) {
        if self.line == Line::Down {
            self.line = Line::Trying(now);
        }
    }

    /// A try to connect failed, or none is wanted: there is no network.
    pub fn unreachable(&mut self) {
        self.line = Line::Down;
        self.backoff.ended(Ending::default().into());
    }

    /// There is a connection; `credential` is for a first contact.
    ///
    /// # Errors
    /// [`RowsError`].
    pub fn connected(
        &mut self,
        credential: Option<Credential>,
        now: Timestamp,
    ) -> Result<Step, RowsError> {
        let since = if let Line::Trying(since) = self.line { since } else { now };
        let first = matches!(self.line, Line::Trying(_));
        // A line that came back shows what it showed, as of before, until it is up to date.
        self.line = Line::Up(if first { since } else { since.plus_millis(-CHECKING_MILLIS) });
        self.ending = Ending::default();
        let output = self.session.handle_connected(credential);
        self.step(output, now)
    }

    /// A frame has come.
    ///
    /// # Errors
    /// [`RowsError`].
    pub fn frame(&mut self, frame: ServerFrame, now: Timestamp) -> Result<Step, RowsError> {
        match &frame {
            ServerFrame::Welcome(_) => self.ending.welcomed = true,
            ServerFrame::Refused { document: None, reason } => {
                self.ending.told = Some((*reason, None));
            }
            ServerFrame::Retry { after_millis, reason } => {
                self.ending.told = Some((*reason, Some(*after_millis)));
            }
            _ => {}
        }
        let output = self.session.handle_frame(frame, now);
        self.step(output, now)
    }

    /// The connection is gone, after so many milliseconds; `by_peer` says who ended it.
    ///
    /// # Errors
    /// [`RowsError`].
    pub fn disconnected(
        &mut self,
        lasted_millis: u64,
        by_peer: bool,
        now: Timestamp,
    ) -> Result<Step, RowsError> {
        let ending = Ending { lasted_millis, by_peer, ..self.ending };
        self.backoff.ended(ending.into());
        self.line = Line::Down;
        let live = self.session.connection() == Connection::Live;
        if live {
            self.contact = Some(now);
        }
        let output = self.session.handle_disconnected();
        let mut step = self.step(output, now)?;
        self.note_contact(now, true, &mut step.batch);
        Ok(step)
    }

    /// Milliseconds to wait before connecting again; none when no try will go better until
    /// somebody asks for one.
    pub fn wait(&mut self) -> Option<u64> {
        let hopeless = Verdict::from(self.ending) == Verdict::Hopeless;
        let wait = u64::try_from(self.backoff.wait().as_millis()).unwrap_or(u64::MAX);
        (!hopeless).then_some(wait)
    }

    /// Somebody says that the network is there.
    pub const fn forget_failures(&mut self) {
        self.backoff.forget_failures();
        self.ending.told = None;
    }

    /// Who this client is.
    #[must_use]
    pub fn identity(&self) -> Option<IdentityView> {
        show::identity(&self.session)
    }

    /// A conversation; none that is not loaded.
    #[must_use]
    pub fn conversation(&self, id: ConversationId, now: Timestamp) -> Option<ConversationView> {
        show::conversation(&self.session, id, self.freshness(id, now), now)
    }

    /// Every conversation, newest first.
    #[must_use]
    pub fn inbox(&self) -> Vec<InboxRow> {
        show::inbox(&self.session)
    }

    /// Waiting conversations that are offered to this agent, what has waited longest first.
    #[must_use]
    pub fn offers(&self) -> &[Offer] {
        self.session.offers()
    }

    /// What this agent was notified of and has not read, newest first.
    #[must_use]
    pub fn notifications(&self) -> &[Notification] {
        self.session.notifications()
    }

    fn freshness(&self, id: ConversationId, now: Timestamp) -> Freshness {
        let up = matches!(self.line, Line::Up(_));
        // An agent begins none: what is not told of yet, or looked at before the feed has come, is
        // only not here.
        let visitor = self.session.identity().is_some_and(|it| it.principal.role == Role::Visitor);
        let unborn = |document: &DocumentId| {
            visitor
                && self.session.replica(*document).is_some_and(|replica| replica.end().0 == 0)
                && self.session.feed_row(id).is_none()
        };
        let documents = self.session.documents_of(id);
        let live = |document: &DocumentId| self.session.is_live(*document) || unborn(document);
        if up && self.session.connection() != Connection::Offline && documents.iter().all(live) {
            return Freshness::Live;
        }
        let since = match self.line {
            Line::Down => return Freshness::AsOf(self.contact),
            Line::Trying(since) | Line::Up(since) => since,
        };
        let asked = self.asked.get(&id).copied().unwrap_or(since);
        // A clock that was put back must not hide words for longer.
        let waited = now.millis_since(since.max(asked));
        if (0..CHECKING_MILLIS).contains(&waited) {
            Freshness::Checking
        } else {
            Freshness::AsOf(self.contact)
        }
    }

    /// How many documents may be followed beside those that are.
    #[must_use]
    pub fn room(&self) -> usize {
        limits::OPEN_DOCUMENTS.saturating_sub(self.session.loaded().count())
    }
}
