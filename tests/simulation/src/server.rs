//! A server without a process: connections, one queue a conversation, and a disk.
//!
//! It is driven by hand. What a connection says is taken up one frame at a time and queued with its
//! conversation; a turn of a conversation admits the pushes that wait as one batch, commits, and
//! tells. A commit can fail, and the server can die before or after it.

mod conversation;
mod erasure;
mod feed;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rejoinder_core::authority::Authority;
use rejoinder_core::authority::fate::Fate;
use rejoinder_core::authority::policy::Policy;
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{
    ChangeHash, ConversationId, DeviceId, DocumentId, OperationId, Seq, SiteId,
};
use rejoinder_core::principal::Principal;
use rejoinder_core::session::server::{Due, Fault, Request, Session};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{ClientFrame, Credential, Hello, Limits, Problem, ServerFrame, Welcome};

use crate::disk::{Database, Device, Disk};
use crate::plan::{Plan, Tally};
use crate::plant::{self, Bug};
use crate::roll::Roll;
use crate::tap::Tap;
use conversation::Ask;
pub(crate) use conversation::{Upkeep, heads, save};

/// Names a connection.
pub(crate) type ConnectionId = u64;

/// What the server knows of a connection, and the bytes on their way in either direction.
#[derive(Debug, Default)]
pub(crate) struct Connection {
    session: Session,
    pub(crate) up: VecDeque<Vec<u8>>,
    pub(crate) down: VecDeque<Vec<u8>>,
    device: Option<DeviceId>,
    followed: BTreeSet<DocumentId>,
    /// Erasures that it was told of.
    told: u64,
    /// The cursors that it was told, and the numbers that they stand for.
    reached: Vec<(u64, u64)>,
    /// What a visitor's device has, and nobody knows.
    has: BTreeSet<DocumentId>,
    /// It was here before.
    known: bool,
    /// It came with another life of the data: some of what it has may stand elsewhere in this one.
    reckoned: bool,
    /// How far the client has read the feed.
    feed: u64,
    /// It is of another life of the data: what it is to erase is told once it has said what it has.
    anew: bool,
    tap: Tap,
    /// Nobody listens any more.
    hung_up: bool,
}

impl Connection {
    fn principal(&self) -> Option<&Principal> {
        self.session.principal()
    }

    fn tell(&mut self, frame: &ServerFrame) {
        let bytes = frame.encode();
        self.tap.down(frame, &bytes);
        if !self.hung_up {
            self.down.push_back(bytes);
        }
    }

    /// The client is gone; what it said before may still arrive.
    pub(crate) fn hang_up(&mut self) {
        self.hung_up = true;
        self.down.clear();
    }
}

/// The server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) disk: Disk,
    pub(crate) backup: Option<Database>,
    dice: Dice,
    plan: Plan,
    /// Who has which token.
    people: BTreeMap<String, Principal>,
    site: SiteId,
    authorities: BTreeMap<ConversationId, Authority>,
    pub(crate) connections: BTreeMap<ConnectionId, Connection>,
    next: ConnectionId,
    asks: BTreeMap<ConversationId, VecDeque<Ask>>,
    pub(crate) tally: Tally,
    /// Once a run is being healed, nothing fails any more.
    pub(crate) healed: bool,
    pub(crate) now: Timestamp,
    /// What every operation, as it was composed, was told that has become of it for good.
    fated: BTreeMap<(DocumentId, OperationId, ChangeHash), Fate>,
    /// What is wrong with it.
    pub(crate) bug: Option<Bug>,
}

impl Server {
    pub(crate) fn new(plan: Plan, people: BTreeMap<String, Principal>, mut dice: Dice) -> Self {
        Self {
            disk: Disk::new(plan.keeps_former, &mut dice),
            backup: None,
            site: SiteId::random(&mut dice),
            dice,
            plan,
            people,
            authorities: BTreeMap::new(),
            connections: BTreeMap::new(),
            next: 0,
            asks: BTreeMap::new(),
            tally: Tally::default(),
            healed: false,
            now: Timestamp::default(),
            fated: BTreeMap::new(),
            bug: None,
        }
    }

    /// Gives it, or its disk, a bug.
    pub(crate) const fn plant(&mut self, bug: Option<Bug>) {
        (self.bug, self.disk.bug) = (bug, bug);
    }

    /// Makes it another kind of run.
    pub(crate) const fn set_plan(&mut self, plan: Plan) {
        self.plan = plan;
    }

    const fn policy(&self) -> Policy {
        self.plan.policy
    }

    /// Somebody connects.
    pub(crate) fn connect(&mut self) -> ConnectionId {
        self.next += 1;
        self.connections.insert(self.next, Connection::default());
        self.next
    }

    /// The process ends and starts again: what was not on the disk is gone.
    pub(crate) fn restart(&mut self) {
        self.tally.restarts += 1;
        self.authorities.clear();
        self.connections.clear();
        self.asks.clear();
        if self.bug == Some(Bug::UnsyncedWrite) {
            plant::lose_last_row(&mut self.disk);
        }
    }

    /// A backup takes the place of the data.
    pub(crate) fn restore(&mut self) {
        if let Some(backup) = self.backup.clone() {
            self.restart();
            self.tally.restores += 1;
            self.fated.clear();
            self.disk.restore(&backup, &mut self.dice);
        }
    }

    /// Conversations that have begun.
    pub(crate) fn begun(&self) -> Vec<ConversationId> {
        let known = self.disk.database.conversations.iter();
        known.filter(|(_, found)| found.feed > 0).map(|(id, _)| *id).collect()
    }

    /// Whether nothing is on its way and nothing waits.
    pub(crate) fn is_idle(&self) -> bool {
        self.asks.values().all(VecDeque::is_empty)
            && self.connections.values().all(|c| c.up.is_empty() && c.down.is_empty())
    }

    /// Takes up the next frame of a connection.
    pub(crate) fn receive(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let Some(bytes) = connection.up.pop_front() else { return };
        self.handle(id, ClientFrame::decode(&bytes).expect("WP1: what a client sends is a frame"));
    }

    fn handle(&mut self, id: ConnectionId, frame: ClientFrame) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.tap.up(&frame);
        match connection.session.handle(frame) {
            Ok(request) => self.carry_out(id, request),
            Err(Fault::Document(document, reason)) => {
                connection.tell(&ServerFrame::Refused { document: Some(document), reason });
            }
            Err(Fault::Fatal(problem)) => panic!("WP5: the client broke the protocol: {problem}"),
        }
    }

    fn carry_out(&mut self, id: ConnectionId, request: Request) {
        match request {
            Request::Authenticate(hello) => self.welcome(id, &hello),
            Request::Holding(_) if self.bug == Some(Bug::ForgetClaims) => {}
            Request::Holding(documents) => self.hold(id, documents),
            Request::Purged(_)
                if core::mem::take(&mut self.connections.get_mut(&id).unwrap().anew) =>
            {
                self.order_all(id);
            }
            Request::Purged(cursor) => {
                for frame in self.connections.get_mut(&id).unwrap().session.release() {
                    self.handle(id, frame);
                }
                self.purged(id, cursor);
            }
            Request::Held => {}
            Request::Open(document, cursor) => self.ask(document, Ask::Open(id, document, cursor)),
            Request::Leave(document) => self.ask(document, Ask::Leave(id, document)),
            Request::Push(document, submissions, revisions) => {
                self.ask(document, Ask::Push(id, document, submissions, revisions));
            }
            Request::Want(document, revisions) => {
                self.ask(document, Ask::Want(id, document, revisions));
            }
            Request::Signal(document, signal) => {
                self.ask(document, Ask::Signal(id, document, signal));
            }
            Request::LogOut => panic!("nobody logs out in a run"),
        }
    }

    fn ask(&mut self, document: DocumentId, ask: Ask) {
        self.asks.entry(document.conversation).or_default().push_back(ask);
    }

    fn welcome(&mut self, id: ConnectionId, hello: &Hello) {
        let (token, issued) = match &hello.credential {
            Credential::Token(token) => (token.clone(), None),
            Credential::Password { email, .. } => (email.clone(), Some(email.clone())),
            Credential::Visitor(_) => panic!("every visitor of a run is known"),
        };
        let principal = self.people.get(&token).expect("WP7: a client keeps its token").clone();
        // WP20: a device's new connection takes the place of its old one.
        self.connections.retain(|other, c| *other == id || c.device != Some(hello.device));
        let same = hello.epoch == Some(self.disk.epoch);
        let anew = hello.epoch.is_some() && !same;
        let former = if same { self.number(&principal, hello.erasures) } else { 0 };
        let device = Device { keeping: hello.keeping, erasures: former };
        self.disk.database.devices.insert(hello.device, device);
        let connection = self.connections.get_mut(&id).unwrap();
        connection.device = Some(hello.device);
        connection.known = hello.epoch.is_some();
        (connection.anew, connection.reckoned) = (anew, anew);
        connection.feed = if same { hello.feed } else { 0 };
        connection.session.welcomed(principal.clone(), 0, Due::Anew);
        let (cursor, erasures) = match anew {
            true => (0, Vec::new()),
            false => {
                let orders = self.orders(id, former);
                (self.reaching(id, self.disk.ledger.len() as u64), orders)
            }
        };
        let due = match same {
            true if erasures.is_empty() => Due::Nothing,
            true if self.bug == Some(Bug::WordsBeforeErasures) => Due::Nothing,
            true => Due::Erasures,
            false => Due::Anew,
        };
        let welcome = Welcome {
            epoch: self.disk.epoch,
            principal: principal.clone(),
            site: None,
            limits: Limits::default(),
            time: self.now,
            token: issued,
            cursor,
            erasures,
            scope: 0,
        };
        let connection = self.connections.get_mut(&id).unwrap();
        connection.session.welcomed(principal, cursor, due);
        connection.tell(&ServerFrame::Welcome(Box::new(welcome)));
    }

    /// Which conversations wait for a turn.
    pub(crate) fn busy(&self) -> Vec<ConversationId> {
        self.asks.iter().filter(|(_, asks)| !asks.is_empty()).map(|(id, _)| *id).collect()
    }

    fn tell(&mut self, id: ConnectionId, frame: &ServerFrame) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.tell(frame);
        }
    }

    fn unknown(&mut self, id: ConnectionId, document: DocumentId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.session.closed(document);
            connection.followed.remove(&document);
            let reason = Problem::UnknownConversation;
            connection.tell(&ServerFrame::Refused { document: Some(document), reason });
        }
    }

    /// Whether a connection's principal may see a conversation that there is.
    fn may_see(&self, id: ConnectionId, conversation: ConversationId) -> bool {
        let principal = self.connections.get(&id).and_then(Connection::principal);
        let found = self.disk.database.conversations.get(&conversation);
        match (principal, found) {
            (Some(principal), Some(found)) => {
                principal.role.reads_team() || principal.is(found.visitor)
            }
            _ => false,
        }
    }

    /// The end of a document's log.
    pub(crate) fn last(&self, document: DocumentId) -> Seq {
        self.disk.log(document).last().map_or(Seq::START, |row| row.seq)
    }

    /// Copies the database, words as ciphertext.
    pub(crate) fn back_up(&mut self) {
        self.backup = Some(self.disk.database.clone());
    }

    fn fails(&mut self, times: usize) -> bool {
        !self.healed && self.dice.rarely(times)
    }
}
