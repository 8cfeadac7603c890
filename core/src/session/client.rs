//! A client's session: its identity, its replicas, and the state of its connection.
//!
//! # How to drive it
//! Every input returns an [`Output`]. A shell
//! 1. commits `writes` as one transaction,
//! 2. sends `frames`, if there is a connection,
//! 3. tells `events`,
//! 4. loads the documents in `load` from its store and hands each to [`Session::load`],
//!
//! in this order: what is sent or told must be durable. A shell that cannot commit throws the
//! session away and makes another from the store.
//!
//! Methods come in three kinds: getters; `handle_*` for what the connection brings; commands, which
//! a person gives and which return what they made beside the output.

mod commands;
mod erasing;
mod feed;
mod frames;
mod line;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use self::commands::Whereabouts;
use crate::conversation::view::{AgentView, TimelineView};
use crate::dice::Dice;
use crate::id::{ConversationId, DeviceId, DocumentId, Epoch, MessageId, ParticipantId, Seq};
use crate::replica::record::{Cursors, Identity, Saved, SavedDocument, Write};
use crate::replica::{ApplyError, Effects, Event, Replica};
use crate::session::client::feed::Reading;
use crate::time::Timestamp;
use crate::wire::{
    ClientFrame, FeedRow, Keeping, Notification, Offer, Order, Problem, Progress, Signal,
};

/// What follows from an input. See the [module](self) for the order in which to carry it out.
#[derive(Debug, Default)]
pub struct Output {
    /// To be written, all or nothing.
    pub writes: Vec<Write>,
    /// To be sent.
    pub frames: Vec<ClientFrame>,
    /// To be told.
    pub events: Vec<SessionEvent>,
    /// To be loaded from the store.
    pub load: Vec<DocumentId>,
    /// The connection is of no use any more: close it.
    pub disconnect: bool,
}

impl Output {
    fn take(&mut self, effects: Effects) {
        self.writes.extend(effects.writes);
        self.events.extend(effects.events.into_iter().map(SessionEvent::Document));
    }

    /// Adds what follows after.
    pub fn append(&mut self, more: Self) {
        self.writes.extend(more.writes);
        self.frames.extend(more.frames);
        self.events.extend(more.events);
        self.load.extend(more.load);
        self.disconnect |= more.disconnect;
    }
}

/// Something that a person, or the program around, wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEvent {
    /// About a document.
    Document(Event),
    /// The state of the connection has changed.
    Connection(Connection),
    /// A conversation is new or changed in the feed.
    Feed(ConversationId),
    /// Somebody is typing or viewing, or no longer.
    Signals(DocumentId),
    /// Which waiting conversations are offered to this agent is other than it was.
    Offers,
    /// What this agent was notified of and has not read is other than it was.
    Notifications,
    /// The server no longer trusts this device: everything here is erased.
    Wiped,
    /// The server refuses something, or puts it off.
    Problem {
        /// About which document, if about one.
        document: Option<DocumentId>,
        /// Why.
        reason: Problem,
        /// Milliseconds to wait at least before trying again, if it will be tried.
        retry_after: Option<u64>,
    },
}

/// The state of the connection, as a person is shown it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Connection {
    /// No network, or no server.
    Offline,
    /// Connected; not everything is up to date yet.
    Syncing,
    /// Up to date.
    Live,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Offline,
    /// `Hello` is sent.
    Greeting,
    /// Everything that was to be erased is erased, and documents flow.
    Open,
    /// The device was told to wipe.
    Wiped,
}

/// The parts of a snapshot that have come.
#[derive(Debug, Default)]
struct Gathered {
    bytes: Vec<u8>,
    order: Order,
}

/// What the connection makes of one document.
#[derive(Debug)]
enum Link {
    /// Not followed on this connection.
    Closed,
    /// Asked for; a snapshot's parts gather here.
    Opening(Gathered),
    /// Everything up to now is here, and what follows comes by itself.
    Live,
    /// The server does not know it yet: it is made by the first push.
    Unborn,
}

#[derive(Debug)]
struct Opened {
    replica: Replica,
    link: Link,
}

/// A client's session.
#[derive(Debug)]
pub struct Session {
    device: DeviceId,
    keeping: Keeping,
    identity: Option<Identity>,
    /// The token that a first contact was made with: the server does not hand it back.
    given: Option<String>,
    cursors: Cursors,
    dice: Dice,
    phase: Phase,
    documents: BTreeMap<DocumentId, Opened>,
    /// Documents in the store that something had to be put into before they could be loaded.
    unread: BTreeSet<DocumentId>,
    /// Documents in the store, loaded or not.
    stored: BTreeSet<DocumentId>,
    /// The epoch that documents are being taken anew for.
    rebuilding: Option<Epoch>,
    /// Documents that are still to be loaded for that.
    to_rebuild: BTreeSet<DocumentId>,
    /// Documents that are loaded for that alone.
    visited: BTreeSet<DocumentId>,
    feed: BTreeMap<ConversationId, FeedRow>,
    /// The feed is being read anew.
    reading: Option<Reading>,
    signals: BTreeMap<(DocumentId, ParticipantId), (Signal, Timestamp)>,
    progress: BTreeMap<(DocumentId, MessageId), Progress>,
    offers: Vec<Offer>,
    notifications: Vec<Notification>,
    told: Connection,
}

impl Session {
    /// A session on what a store has. Load the documents in `saved.waiting` next: what waits in
    /// them is pushed as soon as there is a connection.
    #[must_use]
    pub fn new(saved: Saved, keeping: Keeping, seed: [u8; 32]) -> Self {
        Self {
            device: saved.device,
            keeping,
            identity: saved.identity,
            given: None,
            cursors: saved.cursors,
            dice: Dice::from_seed(seed),
            phase: Phase::Offline,
            documents: BTreeMap::new(),
            unread: BTreeSet::new(),
            stored: saved.documents.iter().map(|(document, _)| *document).collect(),
            rebuilding: None,
            to_rebuild: BTreeSet::new(),
            visited: BTreeSet::new(),
            feed: saved.feed.into_iter().map(|row| (row.conversation, row)).collect(),
            reading: None,
            signals: BTreeMap::new(),
            progress: BTreeMap::new(),
            offers: Vec::new(),
            notifications: Vec::new(),
            told: Connection::Offline,
        }
    }

    /// Who this client is, after a first contact.
    #[must_use]
    pub const fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// This installation.
    #[must_use]
    pub const fn device(&self) -> DeviceId {
        self.device
    }

    /// The state of the connection.
    #[must_use]
    pub fn connection(&self) -> Connection {
        // One that the server does not let it follow, such as one that a restored server does not
        // know until its visitor begins it again, waits aside.
        let behind = |opened: &Opened| {
            let waits = || opened.replica.outbox().iter().any(|w| w.state.is_pushable());
            match opened.link {
                Link::Closed => false,
                Link::Opening(_) => true,
                Link::Live | Link::Unborn => opened.replica.is_rebuilding() || waits(),
            }
        };
        match self.phase {
            Phase::Offline | Phase::Wiped => Connection::Offline,
            Phase::Greeting => Connection::Syncing,
            Phase::Open if self.documents.values().any(behind) => Connection::Syncing,
            Phase::Open => Connection::Live,
        }
    }

    /// Whether the server has said who this is on this connection: a log-out can be asked for.
    #[must_use]
    pub fn is_welcome(&self) -> bool {
        self.phase == Phase::Open
    }

    /// Whether a document is loaded.
    #[must_use]
    pub fn is_loaded(&self, document: DocumentId) -> bool {
        self.documents.contains_key(&document)
    }

    /// The loaded documents.
    pub fn loaded(&self) -> impl Iterator<Item = DocumentId> {
        self.documents.keys().copied()
    }

    /// A loaded document.
    #[must_use]
    pub fn replica(&self, document: DocumentId) -> Option<&Replica> {
        self.documents.get(&document).map(|opened| &opened.replica)
    }

    /// Whether everything that the server has of a document is here, as far as this connection
    /// knows: what is shown is not stale.
    #[must_use]
    pub fn is_live(&self, document: DocumentId) -> bool {
        self.documents.get(&document).is_some_and(|opened| matches!(opened.link, Link::Live))
    }

    /// The view of a conversation that its visitor has, of a loaded timeline.
    #[must_use]
    pub fn timeline(&self, conversation: ConversationId) -> Option<TimelineView> {
        TimelineView::of(self.replica(DocumentId::timeline(conversation))?)
    }

    /// The view of a conversation that agents have, of two loaded documents.
    #[must_use]
    pub fn agent_view(&self, conversation: ConversationId) -> Option<AgentView> {
        let timeline = self.replica(DocumentId::timeline(conversation))?;
        AgentView::of(timeline, self.replica(DocumentId::team(conversation))?)
    }

    /// The newest state of every conversation that the feed has told of.
    pub fn inbox(&self) -> impl Iterator<Item = &FeedRow> {
        self.feed.values()
    }

    /// What the feed has told of one conversation.
    #[must_use]
    pub fn feed_row(&self, conversation: ConversationId) -> Option<&FeedRow> {
        self.feed.get(&conversation)
    }

    /// How far a recall is carried out, as far as the server has told.
    #[must_use]
    pub fn progress(&self, document: DocumentId, message: MessageId) -> Option<&Progress> {
        self.progress.get(&(document, message))
    }

    /// Waiting conversations that are offered to this agent: none without a connection.
    #[must_use]
    pub fn offers(&self) -> &[Offer] {
        &self.offers
    }

    /// What this agent was notified of and has not read, newest first, as far as the server has
    /// told.
    #[must_use]
    pub fn notifications(&self) -> &[Notification] {
        &self.notifications
    }

    /// Who is typing or viewing in a document at `now`.
    pub fn active(
        &self,
        document: DocumentId,
        now: Timestamp,
    ) -> impl Iterator<Item = (ParticipantId, Signal)> {
        self.signals
            .iter()
            .filter(move |((of, _), (_, until))| *of == document && *until > now)
            .map(|((_, participant), (signal, _))| (*participant, *signal))
    }

    /// The documents of a conversation that this client may have.
    #[must_use]
    pub fn documents_of(&self, conversation: ConversationId) -> Vec<DocumentId> {
        let team = self.identity.as_ref().is_some_and(|id| id.principal.role.reads_team());
        let mut documents = vec![DocumentId::timeline(conversation)];
        documents.extend(team.then(|| DocumentId::team(conversation)));
        documents
    }

    /// Takes a document from the store and follows it, now or as soon as there is a connection.
    /// Without an identity nothing is loaded.
    ///
    /// A log that does not fit together is dropped and taken anew from the server; what waits in
    /// the outbox is kept. The second value says so.
    pub fn load(
        &mut self,
        document: DocumentId,
        saved: SavedDocument,
    ) -> (Output, Result<(), ApplyError>) {
        let mut output = Output::default();
        let Some(identity) = &self.identity else { return (output, Ok(())) };
        let unread = self.unread.remove(&document);
        if self.documents.contains_key(&document) && !unread {
            return (output, Ok(()));
        }
        let principal = identity.principal.clone();
        let kept = SavedDocument { entries: Vec::new(), ..saved.clone() };
        let (mut replica, result) =
            match Replica::load(document, principal.clone(), saved, &mut self.dice) {
                Ok(replica) => (replica, Ok(())),
                Err(error) => {
                    output.writes.push(Write::Replace(document, Vec::new()));
                    let Ok(empty) = Replica::load(document, principal, kept, &mut self.dice) else {
                        unreachable!("a log without entries fits together")
                    };
                    (empty, Err(error))
                }
            };
        if self.rebuilding.is_some() {
            replica.begin_epoch();
        }
        self.stored.insert(document);
        let former = self.documents.remove(&document);
        let link = former.map_or(Link::Closed, |former| former.link);
        self.documents.insert(document, Opened { replica, link });
        self.follow(document, &mut output);
        (self.finish(output), result)
    }

    /// Loads a document that something is to be put into now, before the store can be asked: what
    /// it has of the document is loaded right after.
    fn load_unread(&mut self, document: DocumentId) -> Output {
        let stored = self.stored.contains(&document) && !self.is_loaded(document);
        let (mut output, _) = self.load(document, SavedDocument::default());
        if stored {
            self.unread.insert(document);
            output.load.push(document);
        }
        output
    }

    /// Forgets a loaded document, which stays in the store, and follows it no longer. One with
    /// something in its outbox stays loaded.
    pub fn leave(&mut self, document: DocumentId) -> Output {
        let mut output = Output::default();
        let idle = self.replica(document).is_some_and(|replica| replica.outbox().is_empty());
        if idle && self.rebuilding.is_none() {
            let former = self.documents.remove(&document);
            let asked = former.is_some_and(|former| !matches!(former.link, Link::Closed));
            if self.phase == Phase::Open || asked {
                output.frames.push(ClientFrame::Leave { document });
            }
        }
        self.finish(output)
    }

    /// What follows for a document that is up to date: push what waits.
    fn exchange(&mut self, document: DocumentId, output: &mut Output) {
        let Some(opened) = self.documents.get_mut(&document) else { return };
        if self.phase != Phase::Open || !matches!(opened.link, Link::Live | Link::Unborn) {
            return;
        }
        let mut effects = Effects::default();
        while let Some((submissions, revisions)) = opened.replica.push(&mut effects) {
            output.frames.push(ClientFrame::Push { document, submissions, revisions });
        }
        output.take(effects);
    }

    fn ask_for_words(&mut self, document: DocumentId, output: &mut Output) {
        let Some(Opened { replica, link: Link::Live, .. }) = self.documents.get_mut(&document)
        else {
            return;
        };
        let revisions = replica.want();
        if !revisions.is_empty() {
            output.frames.push(ClientFrame::Want { document, revisions });
        }
    }

    fn finish(&mut self, mut output: Output) -> Output {
        let now = self.connection();
        if now != self.told {
            self.told = now;
            output.events.push(SessionEvent::Connection(now));
        }
        output
    }

    /// The end of a conversation's timeline as it is shown here.
    fn seen(&self, conversation: ConversationId) -> Seq {
        self.replica(DocumentId::timeline(conversation)).map(Replica::end).unwrap_or_default()
    }
}
