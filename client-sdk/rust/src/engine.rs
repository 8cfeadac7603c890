//! The engine: owns the session and the store, on a thread of its own.
//!
//! The store blocks for milliseconds, and a session is stepped by hand; so both live on one thread
//! with a small runtime of its own, together with the connection. Handles send closures there and
//! wait for the answer. A client therefore works in every runtime, and a call that was begun is
//! carried out even if nobody waits for it any more.

mod publish;
mod run;
mod wait;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use rejoinder_core::dice::Dice;
use rejoinder_core::id::{ConversationId, DocumentId, RevisionId};
use rejoinder_core::limits;
use rejoinder_core::replica::CommandError;
use rejoinder_core::replica::record::Write;
use rejoinder_core::session::client::{Connection, Output, Session};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{ClientFrame, Credential, Keeping, Problem, ServerFrame, Signal};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::connection::{Frames, FromConnection};
use crate::error::Error;
use crate::event::Event;
use crate::options::{Clock, Network};
use crate::store::{Store, StoreError};

pub(crate) use self::publish::Publisher;
pub(crate) use self::run::{Beginning, Command, start};
pub(crate) use self::wait::Waiter;

/// What an engine is made of.
pub(crate) struct Parts {
    pub(crate) store: Box<dyn Store>,
    pub(crate) keeping: Keeping,
    pub(crate) credential: Credential,
    pub(crate) clock: Clock,
    pub(crate) dice: Dice,
    pub(crate) publisher: Publisher,
    pub(crate) wanted: watch::Sender<Network>,
}

enum State {
    Running(Box<Session>),
    /// The store failed: the session is made anew from it as soon as it answers.
    Broken,
    /// Everything was erased.
    Wiped,
}

pub(crate) struct Engine {
    store: Box<dyn Store>,
    keeping: Keeping,
    /// For the first contact; forgotten afterwards.
    credential: Option<Credential>,
    clock: Clock,
    dice: Dice,
    state: State,
    link: Option<(u64, Frames)>,
    wanted: watch::Sender<Network>,
    pub(crate) publisher: Publisher,
    /// Documents in use, to be loaded again when the session is made anew.
    followed: BTreeSet<DocumentId>,
    waiters: Vec<Waiter>,
    /// Words that were asked for on this connection and have not come.
    asked: BTreeSet<(DocumentId, RevisionId)>,
    /// When somebody's typing or viewing will be over in a document, unless they go on.
    quiet: BTreeMap<DocumentId, Instant>,
    /// Which signal was last sent, and when.
    signalled: BTreeMap<DocumentId, (Signal, Timestamp)>,
    /// What the last try to connect met, and what the server last refused.
    pub(crate) unreachable: Option<String>,
    pub(crate) refused: Option<Problem>,
}

impl Engine {
    /// # Errors
    /// When the store does not answer.
    fn new(parts: Parts) -> Result<Self, Error> {
        let mut engine = Self {
            store: parts.store,
            keeping: parts.keeping,
            credential: Some(parts.credential),
            clock: parts.clock,
            dice: parts.dice,
            state: State::Broken,
            link: None,
            wanted: parts.wanted,
            publisher: parts.publisher,
            followed: BTreeSet::new(),
            waiters: Vec::new(),
            asked: BTreeSet::new(),
            quiet: BTreeMap::new(),
            signalled: BTreeMap::new(),
            unreachable: None,
            refused: None,
        };
        engine.revive()?;
        Ok(engine)
    }

    /// The client's time.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The session, made anew if the store had failed.
    pub(crate) fn session(&mut self) -> Result<&mut Session, Error> {
        if matches!(self.state, State::Broken) {
            self.revive()?;
        }
        match &mut self.state {
            State::Running(session) => Ok(session),
            State::Wiped => Err(Error::Wiped),
            State::Broken => Err(Error::Closed),
        }
    }

    /// The session as it is, if there is one.
    pub(crate) fn present(&self) -> Option<&Session> {
        match &self.state {
            State::Running(session) => Some(session),
            State::Broken | State::Wiped => None,
        }
    }

    /// Makes the session anew from what the store has.
    fn revive(&mut self) -> Result<(), Error> {
        let saved = self.store.saved()?;
        let mut documents: BTreeSet<_> = saved.waiting.iter().copied().collect();
        documents.extend(&self.followed);
        let session = Session::new(saved, self.keeping, self.dice.bytes());
        self.state = State::Running(Box::new(session));
        // One at a time: loading one may already need the store to be written.
        documents.into_iter().try_for_each(|document| self.load(document))
    }

    /// Takes a document from the store, if it is not here yet.
    fn load(&mut self, document: DocumentId) -> Result<(), Error> {
        if self.session()?.is_loaded(document) {
            return Ok(());
        }
        let saved = match self.store.document(document) {
            Ok(saved) => saved,
            Err(error) => return Err(self.fail(error)),
        };
        let (output, fits) = self.session()?.load(document, saved);
        if let Err(error) = fits {
            tracing::warn!(%document, %error, "a stored log is dropped and taken anew");
        }
        self.carry_out(output)
    }

    /// Follows a document from now on.
    fn follow(&mut self, document: DocumentId) -> Result<(), Error> {
        self.load(document)?;
        self.followed.insert(document);
        Ok(())
    }

    /// Follows a conversation from now on: what of it this client may have.
    pub(crate) fn follow_conversation(&mut self, id: ConversationId) -> Result<(), Error> {
        let session = self.session()?;
        if session.identity().is_none() {
            return Err(CommandError::NoIdentity.into());
        }
        let documents = session.documents_of(id);
        let more = documents.iter().filter(|document| !session.is_loaded(**document)).count();
        self.make_room(more)?;
        documents.into_iter().try_for_each(|document| self.follow(document))
    }

    /// A server follows so many documents for a connection: those that no handle is for go first.
    pub(crate) fn make_room(&mut self, more: usize) -> Result<(), Error> {
        let full = |engine: &mut Self| {
            let loaded = engine.session()?.loaded().count();
            Ok::<_, Error>(loaded + more > limits::OPEN_DOCUMENTS)
        };
        if more == 0 || !full(self)? {
            return Ok(());
        }
        let unused: Vec<_> = {
            let publisher = &self.publisher;
            self.followed.iter().filter(|d| !publisher.is_used(d.conversation)).copied().collect()
        };
        for document in unused {
            self.followed.remove(&document);
            let output = self.session()?.leave(document);
            self.carry_out(output)?;
        }
        if full(self)? { Err(Error::TooManyOpen) } else { Ok(()) }
    }

    /// Steps the session by a command and carries out what follows. When this returns, what the
    /// command made is durable.
    pub(crate) fn command<T>(
        &mut self,
        run: impl FnOnce(&mut Session, Timestamp) -> Result<(T, Output), CommandError>,
    ) -> Result<T, Error> {
        let now = self.now();
        let (made, output) = run(self.session()?, now)?;
        self.carry_out(output)?;
        Ok(made)
    }

    /// Carries out what follows from an input, in the order that the session asks for: what is sent
    /// or told is durable.
    pub(crate) fn carry_out(&mut self, output: Output) -> Result<(), Error> {
        let mut outputs = VecDeque::from([output]);
        while let Some(Output { writes, frames, events, load, disconnect }) = outputs.pop_front() {
            let removed = self.write(writes)?;
            self.send(&frames);
            self.tell(removed.into_iter().map(Event::Removed));
            self.tell(events.into_iter().map(Event::from));
            if disconnect {
                self.hang_up();
            }
            for document in load {
                self.load(document)?;
            }
        }
        Ok(())
    }

    /// Returns the documents that were erased.
    fn write(&mut self, writes: Vec<Write>) -> Result<Vec<DocumentId>, Error> {
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        let wiped = writes.contains(&Write::Wipe);
        let removed: Vec<_> = writes.iter().filter_map(dropped).collect();
        if let Err(error) = self.store.commit(writes) {
            return Err(self.fail(error));
        }
        self.followed.retain(|document| !removed.contains(document));
        if wiped {
            self.hang_up();
            self.state = State::Wiped;
            self.wanted.send_replace(Network::Offline);
            self.followed.clear();
        }
        Ok(removed)
    }

    /// What the session thinks is not what is on the disk: it is thrown away.
    fn fail(&mut self, error: StoreError) -> Error {
        tracing::error!(%error, "the store failed; the session is made anew");
        self.link = None;
        self.state = State::Broken;
        self.publisher.connection(Connection::Offline);
        self.publisher.tell(Event::Store(error.clone()));
        self.publisher.everything_changed();
        error.into()
    }

    fn send(&mut self, frames: &[ClientFrame]) {
        let Some((_, link)) = &self.link else { return };
        for frame in frames {
            if let ClientFrame::Want { document, revisions } = frame {
                self.asked.extend(revisions.iter().map(|revision| (*document, *revision)));
            }
        }
        let sent = frames.iter().all(|frame| link.send(frame.encode()).is_ok());
        if !sent {
            // The connection has ended. What it says of its end is not looked at any more.
            self.hang_up();
        }
    }

    fn tell(&mut self, events: impl Iterator<Item = Event>) {
        for event in events {
            if let Event::Problem { document: None, reason, .. } = event {
                self.refused = Some(reason);
            }
            if let Event::Signals(document) = event {
                self.quiet.insert(document, Instant::now() + SIGNAL);
            }
            self.publisher.tell(event);
        }
    }

    /// Gives the connection up: nothing more is sent, and what comes is not looked at.
    fn hang_up(&mut self) {
        self.link = None;
        if let State::Running(session) = &mut self.state {
            let events = session.handle_disconnected().events;
            self.tell(events.into_iter().map(Event::from));
        }
    }

    /// Connects, or no longer.
    pub(crate) fn set_network(&mut self, network: Network) {
        if matches!(self.state, State::Wiped) {
            return;
        }
        if network == Network::Offline {
            self.hang_up();
        }
        (self.refused, self.unreachable) = (None, None);
        // Also when it is wanted already: whoever says so wants it tried now.
        self.wanted.send_replace(network);
    }

    /// Takes what the connection brings. Frames that are there together are committed together.
    fn handle(&mut self, inputs: impl Iterator<Item = FromConnection>) {
        let mut gathered = Output::default();
        for input in inputs {
            if !matches!(input, FromConnection::Frame(..)) {
                // An answer belongs to the connection that brought the question.
                drop(self.carry_out(core::mem::take(&mut gathered)));
            }
            let more = match input {
                FromConnection::Frame(number, frame) if self.is_current(number) => {
                    self.frame(frame)
                }
                FromConnection::Frame(..) => continue,
                FromConnection::Up(number, frames) => self.connected(number, frames),
                FromConnection::Down(number) if self.is_current(number) => {
                    self.link = None;
                    self.session().map(Session::handle_disconnected)
                }
                FromConnection::Down(_) => continue,
                FromConnection::Unreachable(reason) => {
                    self.unreachable = Some(reason.clone());
                    self.tell([Event::Unreachable { reason }].into_iter());
                    continue;
                }
            };
            // A store that does not answer was told of where it failed.
            let Ok(more) = more else { return };
            let disconnect = more.disconnect;
            gathered.append(more);
            if disconnect || gathered.load.len() + gathered.writes.len() > BATCH_WRITES {
                drop(self.carry_out(core::mem::take(&mut gathered)));
            }
        }
        drop(self.carry_out(gathered));
    }

    fn is_current(&self, number: u64) -> bool {
        self.link.as_ref().is_some_and(|(current, _)| *current == number)
    }

    fn frame(&mut self, frame: ServerFrame) -> Result<Output, Error> {
        let now = self.now();
        let welcomed = matches!(frame, ServerFrame::Welcome(_));
        self.note_words(&frame);
        let output = self.session()?.handle_frame(frame, now);
        if welcomed {
            // From here on the token in the store is the credential.
            self.credential = None;
            (self.refused, self.unreachable) = (None, None);
        }
        Ok(output)
    }

    /// Notes that words which were asked for are here, or will not come.
    fn note_words(&mut self, frame: &ServerFrame) {
        match frame {
            ServerFrame::Revisions { document, records, gone } => {
                for revision in records.iter().map(|words| words.id).chain(gone.iter().copied()) {
                    self.asked.remove(&(*document, revision));
                }
            }
            ServerFrame::Refused { document: Some(document), .. } => {
                self.asked.retain(|(of, _)| of != document);
            }
            _ => {}
        }
    }

    fn connected(&mut self, number: u64, frames: Frames) -> Result<Output, Error> {
        let credential = self.credential.clone();
        if *self.wanted.borrow() == Network::Offline {
            return Ok(Output::default());
        }
        self.asked.clear();
        let output = self.session()?.handle_connected(credential);
        self.link = Some((number, frames));
        Ok(output)
    }

    /// Whether a signal may go out: the same one goes only so often.
    pub(crate) fn may_signal(&mut self, at: DocumentId, signal: Signal) -> bool {
        let now = self.now();
        // A clock that was put back must not silence anybody.
        let soon =
            |last: Timestamp| (0..limits::SIGNAL_EVERY_MILLIS).contains(&now.millis_since(last));
        self.signalled.retain(|_, (_, last)| soon(*last));
        let repeats = self.signalled.get(&at).is_some_and(|(last, _)| *last == signal);
        if !repeats {
            self.signalled.insert(at, (signal, now));
        }
        !repeats
    }
}

/// How long a signal lasts, and a little more, so that it is over when it is looked at.
const SIGNAL: Duration = Duration::from_millis(limits::SIGNAL_MILLIS.unsigned_abs() + 100);

/// Writes after which a batch is committed, so that one transaction stays short.
const BATCH_WRITES: usize = 512;

const fn dropped(write: &Write) -> Option<DocumentId> {
    match write {
        Write::DropDocument(document) => Some(*document),
        _ => None,
    }
}
