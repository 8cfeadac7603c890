//! A run: clients, the server, the network between them, and time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use rejoinder_core::authority::policy::Policy;
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{DocumentId, ParticipantId};
use rejoinder_core::principal::{AgentRole, Principal, Role};
use rejoinder_core::replica::Event;
use rejoinder_core::session::client::{Connection, Output, SessionEvent};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{ClientFrame, Credential, ServerFrame};

use crate::client::Client;
use crate::diary::Diary;
use crate::mark;
use crate::plan::{Plan, Tally};
use crate::roll::Roll;
use crate::server::{Server, Upkeep};
use crate::telling::{describe, describe_sent};

/// Monday, 2 March 2026, 9:00 UTC.
const BEGINNING: i64 = 1_772_442_000_000;
/// Rounds of delivering everything after which a run must have settled.
const ROUNDS: usize = 300;
/// Events that a failure prints.
const EVENTS: usize = 80;

/// Whether a failure was told at length.
static TOLD: AtomicBool = AtomicBool::new(false);

/// Whether what a client wanted to write is on its disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carried {
    Durable,
    Lost,
}

/// A run.
pub(crate) struct World {
    seed: u64,
    pub(crate) dice: Dice,
    pub(crate) now: Timestamp,
    pub(crate) plan: Plan,
    pub(crate) server: Server,
    pub(crate) clients: Vec<Client>,
    pub(crate) diary: Diary,
    pub(crate) tally: Tally,
    pub(crate) healed: bool,
    events: Vec<String>,
    /// By which the server decides what is due; none in runs where nothing ever is.
    upkeep: Option<Dice>,
    /// Backups are restored again and again, and conversations are closed meanwhile.
    returns: bool,
}

impl Drop for World {
    /// A run that fails says how to see it again.
    fn drop(&mut self) {
        let replayed = std::env::var("SEED").is_ok();
        // Of many failures one is told at length; a planted bug is there to fail.
        let planted = self.server.bug.is_some() && !replayed;
        if std::thread::panicking() && !planted && !TOLD.swap(true, Ordering::Relaxed) {
            let from = if replayed { 0 } else { self.events.len().saturating_sub(EVENTS) };
            eprintln!("{}", self.events[from..].join("\n"));
            let seed = self.seed;
            eprintln!("SEED={seed} cargo test -p rejoinder-simulation -- replay --nocapture");
        }
    }
}

fn cast(dice: &mut Dice) -> (BTreeMap<String, Principal>, Vec<Client>) {
    let roles = [
        ("ann", Role::Visitor),
        ("bo", Role::Agent(AgentRole::Agent)),
        ("sue", Role::Agent(AgentRole::Supervisor)),
    ];
    let people: BTreeMap<String, Principal> = roles
        .iter()
        .map(|(name, role)| {
            ((*name).to_owned(), Principal::new(ParticipantId::random(dice), *role))
        })
        .collect();
    let log_in = |name: &str| Credential::Password {
        email: name.to_owned(),
        password: String::new(),
        code: None,
    };
    let of = |name: &str| people[name].role;
    let clients = vec![
        Client::new("ann's phone", of("ann"), log_in("ann"), dice),
        Client::new("ann's laptop", of("ann"), Credential::Token("ann".to_owned()), dice),
        Client::new("bo's desk", of("bo"), log_in("bo"), dice),
        Client::new("bo's phone", of("bo"), log_in("bo"), dice),
        Client::new("sue", of("sue"), log_in("sue"), dice),
    ];
    (people, clients)
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        let mut dice = Dice::from_seed(bytes);
        let plan = Plan::of(&mut dice);
        let (people, clients) = cast(&mut dice);
        let server = Server::new(plan, people, Dice::from_seed(dice.bytes()));
        Self {
            seed,
            dice,
            now: Timestamp::from_millis(BEGINNING),
            plan,
            server,
            clients,
            diary: Diary::default(),
            tally: Tally::default(),
            healed: false,
            events: Vec::new(),
            upkeep: None,
            returns: false,
        }
    }

    /// A run in which the server closes what is silent, and takes words back by itself. What people
    /// and networks do is that of the same seed without.
    pub(crate) fn lasting(seed: u64) -> Self {
        let mut bytes = [1; 32];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        let mut world = Self::new(seed);
        world.upkeep = Some(Dice::from_seed(bytes));
        world
    }

    /// A run of which much is said by several devices after backups were restored, while
    /// conversations are closed.
    pub(crate) fn returning(seed: u64) -> Self {
        let mut world = Self::lasting(seed);
        world.plan.restores = 40;
        world.plan.policy = Policy { visitor_recalls: true, ..world.plan.policy };
        world.server.set_plan(world.plan);
        world.returns = true;
        world
    }

    /// The server does what is due in some conversation.
    fn keep_up(&mut self) {
        let Some(mut dice) = self.upkeep.take() else { return };
        if dice.chance(if self.returns { 15 } else { 6 })
            && let Some(conversation) = dice.pick(&self.server.begun())
        {
            let what = match dice.index(if self.returns { 60 } else { 10 }) {
                0 => Upkeep::EraseAll,
                1 | 2 => Upkeep::EraseVisitor,
                _ => Upkeep::Lapse,
            };
            self.server.keep_up(conversation, &what, &mut dice);
        }
        self.upkeep = Some(dice);
    }

    /// The whole run.
    pub(crate) fn run(mut self) -> Tally {
        self.first_contact();
        if self.returns {
            self.come_and_go();
        }
        for _ in 0..self.plan.steps {
            self.step();
        }
        self.heal();
        self.settle();
        self.check_news();
        for client in 0..self.clients.len() {
            self.cut(client);
        }
        self.settle();
        self.check();
        self.tally += self.server.tally;
        self.tally.steps += self.plan.steps as u64;
        self.tally.set_aside += self.server.disk.former().count() as u64;
        self.tally
    }

    pub(crate) fn note(&mut self, what: impl FnOnce() -> String) {
        let step = self.events.len();
        self.events.push(format!("{step:5} {}", what()));
    }

    fn first_contact(&mut self) {
        self.pass_time();
        for client in 0..self.clients.len() {
            self.connect(client);
        }
        self.deliver_all();
    }

    pub(crate) fn pass_time(&mut self) {
        let far = if self.dice.rarely(40) { 7_200_000 } else { 4_000 };
        self.now = self.now.plus_millis(i64::try_from(self.dice.below(far)).unwrap());
        // The server's clock is set back now and then.
        let wrong = if self.dice.rarely(30) { -60_000 } else { 0 };
        self.server.now = self.now.plus_millis(wrong);
    }

    fn step(&mut self) {
        self.pass_time();
        let client = self.dice.index(self.clients.len());
        if self.dice.chance(self.plan.busy) {
            self.act(client);
        }
        if self.dice.rarely(self.plan.network_trouble) {
            self.trouble();
        }
        if self.plan.restores > 0 && self.dice.rarely(self.plan.restores) {
            if self.server.backup.is_none() || self.dice.chance(if self.returns { 8 } else { 40 }) {
                self.note(|| "the server is backed up".to_owned());
                self.server.back_up();
            } else {
                self.note(|| "the server is restored".to_owned());
                self.server.restore();
            }
        }
        for client in 0..self.clients.len() {
            self.network(client);
        }
        if let Some(conversation) = self.dice.pick(&self.server.busy()) {
            let most = 1 + self.dice.index(8);
            self.server.turn(conversation, most);
        }
        self.keep_up();
    }

    /// Something happens to a client's network, or to the server.
    fn trouble(&mut self) {
        let client = self.dice.index(self.clients.len());
        match self.dice.index(8) {
            0 => {
                self.note(|| "the server is started again".to_owned());
                self.server.restart();
            }
            1 | 2 => {
                self.clients[client].away = 20 + self.dice.index(120);
                self.cut(client);
            }
            3 => self.crash(client),
            _ => self.cut(client),
        }
    }

    /// A client's network: perhaps a connection, perhaps some frames in either direction.
    fn network(&mut self, client: usize) {
        let Some(id) = self.clients[client].connection else {
            let away = &mut self.clients[client].away;
            *away = away.saturating_sub(1);
            if *away == 0 && self.dice.chance(30) {
                self.connect(client);
            }
            return;
        };
        for _ in 0..self.dice.index(3) {
            self.server.receive(id);
        }
        for _ in 0..self.dice.index(4) {
            self.hear(client);
        }
    }

    fn connect(&mut self, client: usize) {
        let id = self.server.connect();
        let of = &mut self.clients[client];
        of.connection = Some(id);
        let output = of.session.handle_connected(Some(of.credential.clone()));
        let name = of.name;
        self.note(|| format!("{name} connects"));
        self.carry_out(client, output);
    }

    /// The connection breaks: what was on its way down is lost, and the end of what was on its way
    /// up.
    pub(crate) fn cut(&mut self, client: usize) {
        let Some(id) = self.clients[client].connection.take() else { return };
        self.tally.cuts += 1;
        let name = self.clients[client].name;
        self.note(|| format!("{name} loses its connection"));
        if let Some(connection) = self.server.connections.get_mut(&id) {
            let arrive = self.dice.index(connection.up.len() + 1);
            connection.up.truncate(arrive);
            connection.hang_up();
        }
        let output = self.clients[client].session.handle_disconnected();
        self.carry_out(client, output);
    }

    pub(crate) fn crash(&mut self, client: usize) {
        self.tally.crashes += 1;
        let name = self.clients[client].name;
        self.note(|| format!("{name} dies and starts again"));
        if let Some(id) = self.clients[client].connection.take()
            && let Some(connection) = self.server.connections.get_mut(&id)
        {
            let arrive = self.dice.index(connection.up.len() + 1);
            connection.up.truncate(arrive);
            connection.hang_up();
        }
        self.clients[client].restart(&mut self.dice);
        let saved = self.clients[client].saved();
        for document in saved.waiting {
            self.load(client, document);
        }
        for (document, _) in saved.documents {
            if self.dice.chance(60) {
                self.load(client, document);
            }
        }
    }

    pub(crate) fn load(&mut self, client: usize, document: DocumentId) {
        let saved = self.clients[client].stored(document);
        let (output, fits) = self.clients[client].session.load(document, saved);
        assert_eq!(fits, Ok(()), "SE5: the log of {document} in a store fits together");
        self.carry_out(client, output);
    }

    /// A client takes the next frame that has come.
    fn hear(&mut self, client: usize) {
        let Some(id) = self.clients[client].connection else { return };
        let Some(connection) = self.server.connections.get_mut(&id) else {
            return self.cut(client);
        };
        let Some(bytes) = connection.down.pop_front() else { return };
        let frame = ServerFrame::decode(&bytes).expect("WP1: what the server sends is a frame");
        let name = self.clients[client].name;
        self.note(|| format!("{name} hears {}", describe(&frame)));
        self.check_cursor(client, &frame);
        if matches!(frame, ServerFrame::Revisions { .. }) {
            self.clients[client].told.extend(mark::found(&bytes));
        }
        let now = self.clients[client].clock(self.now);
        let output = self.clients[client].session.handle_frame(frame, now);
        self.carry_out(client, output);
    }

    /// Does what a session asks for, in its order: a client can die before its commit or after.
    pub(crate) fn carry_out(&mut self, client: usize, output: Output) -> Carried {
        let Output { writes, frames, events, load, disconnect } = output;
        let superseded = |event: &&SessionEvent| {
            matches!(event, SessionEvent::Document(Event::EditSuperseded { .. }))
        };
        self.tally.superseded += events.iter().filter(superseded).count() as u64;
        let dies = !self.healed
            && (!writes.is_empty() || !frames.is_empty())
            && self.dice.rarely(self.plan.client_trouble);
        if dies && self.dice.chance(50) {
            self.crash(client);
            return Carried::Lost;
        }
        self.clients[client].commit(writes);
        if dies {
            self.crash(client);
            return Carried::Durable;
        }
        self.send(client, &frames);
        for document in load {
            self.load(client, document);
        }
        if disconnect {
            self.cut(client);
        }
        Carried::Durable
    }

    fn send(&mut self, client: usize, frames: &[ClientFrame]) {
        let id = self.clients[client].connection;
        assert!(id.is_some() || frames.is_empty(), "nothing is sent without a connection");
        let name = self.clients[client].name;
        for frame in frames {
            self.note(|| format!("{name} sends {}", describe_sent(frame)));
            self.check_erased(client, frame);
            if let Some(connection) = id.and_then(|id| self.server.connections.get_mut(&id)) {
                connection.up.push_back(frame.encode());
            }
        }
    }

    fn heal(&mut self) {
        self.note(|| "everything is healed".to_owned());
        self.healed = true;
        self.server.healed = true;
        for client in &mut self.clients {
            client.away = 0;
        }
    }

    fn deliver_all(&mut self) {
        self.deliver(&[0, 1, 2, 3, 4]);
    }

    /// Delivers everything that some of them, and the server, say.
    pub(crate) fn deliver(&mut self, who: &[usize]) {
        for &client in who {
            if self.clients[client].connection.is_none() {
                self.connect(client);
            }
        }
        let connections: Vec<_> = self.server.connections.keys().copied().collect();
        for id in connections {
            while self.server.connections.get(&id).is_some_and(|c| !c.up.is_empty()) {
                self.server.receive(id);
            }
        }
        for conversation in self.server.busy() {
            self.server.turn(conversation, 100);
        }
        for &client in who {
            let id = self.clients[client].connection;
            let waits = |world: &Self| {
                let connection = id.and_then(|id| world.server.connections.get(&id));
                connection.is_none_or(|connection| !connection.down.is_empty())
            };
            while self.clients[client].connection.is_some() && waits(self) {
                self.hear(client);
            }
        }
    }

    /// Delivers everything until nothing is left to do.
    fn settle(&mut self) {
        for _ in 0..ROUNDS {
            self.pass_time();
            self.deliver_all();
            let mut busy = !self.server.is_idle();
            for client in 0..self.clients.len() {
                busy |= self.open_everything(client);
                busy |= self.resolve(client);
                busy |= self.clients[client].session.connection() != Connection::Live;
            }
            if !busy {
                return;
            }
        }
        let states: Vec<_> = self
            .clients
            .iter()
            .map(|client| {
                let outbox: Vec<_> = client
                    .session
                    .loaded()
                    .filter_map(|document| {
                        let replica = client.session.replica(document)?;
                        let live = client.session.is_live(document);
                        let (rebuilding, outbox) =
                            (replica.is_rebuilding(), replica.outbox().len());
                        let quiet = live && !rebuilding && outbox == 0;
                        (!quiet).then(|| {
                            format!("{document} live {live} rebuilding {rebuilding} {outbox}")
                        })
                    })
                    .collect();
                format!("{}: {:?} {outbox:?}", client.name, client.session.connection())
            })
            .collect();
        panic!("AU1: it does not settle: {states:#?}");
    }

    /// Loads every conversation that a client has or has heard of.
    pub(crate) fn open_everything(&mut self, client: usize) -> bool {
        let session = &self.clients[client].session;
        let mut documents: Vec<DocumentId> = Vec::new();
        for row in session.inbox() {
            documents.extend(session.documents_of(row.conversation));
        }
        documents.extend(self.clients[client].saved().documents.iter().map(|(id, _)| *id));
        let session = &self.clients[client].session;
        documents.retain(|document| !session.is_loaded(*document));
        for document in &documents {
            self.load(client, *document);
        }
        let loaded: Vec<_> = self.clients[client].session.loaded().collect();
        for document in loaded {
            let output = self.clients[client].session.widen(document, 5_000);
            self.carry_out(client, output);
        }
        !documents.is_empty()
    }
}
