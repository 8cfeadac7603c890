//! A server and people on a simulated network: a rough time, a healing, and what is left.

use std::path::PathBuf;
use std::time::Duration;

use rejoinder_core::conversation::revision::Body;
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{ConversationId, DocumentId, MessageId};
use rejoinder_core::replica::record::WaitingState;
use rejoinder_core::session::client::Session;
use rejoinder_core::wire::{Credential, Keeping};
use rejoinder_harness::Light;
use rejoinder_server::machine::Machine;
use tempfile::TempDir;
use turmoil::net::TcpStream;
use turmoil::{Builder, Sim};

use crate::cast::{AGENTS, SERVER, Template, serve};
use crate::files::Files;
use crate::sockets::Sockets;
use crate::trace::{Tap, Trace, What};

/// How far a step goes.
const TICK: Duration = Duration::from_millis(10);
/// Steps of a rough time.
const ROUGH: u64 = 1_500;
/// Steps in which everything is to have settled: three minutes.
const PATIENCE: u64 = 18_000;
/// Steps between the healing and the moment from which it is waited for what is still under way.
const CALM: u64 = 500;
/// Steps in which the server's own files are done.
const ERASING: u64 = 100;
/// When that is over.
pub(crate) const HEALED: &str = "healed";
/// How long a read or a write of the server's takes at most, on each side of being done.
const SLOWEST: Duration = Duration::from_millis(3);
/// How long each message of the first device takes where no dice are asked, and how much longer
/// those of each other one.
const FASTEST: Duration = Duration::from_millis(11);
const FARTHER: Duration = Duration::from_millis(7);
/// In how many of a hundred steps somebody does something with notes.
const NOTED: u64 = 1;
/// What a simulated host may hold unread.
const SEGMENTS: usize = 4_096;

/// Somebody's device.
pub(crate) struct Device {
    pub(crate) host: String,
    pub(crate) light: Light,
    pub(crate) files: Files,
    /// The step at which it starts again.
    back: Option<u64>,
}

/// Something that was written.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) by: usize,
    pub(crate) message: MessageId,
    pub(crate) note: bool,
    pub(crate) texts: Vec<String>,
    pub(crate) recalled: bool,
}

/// What happened in a run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) messages: u64,
    pub(crate) edits: u64,
    pub(crate) recalls: u64,
    pub(crate) notes: u64,
    pub(crate) cuts: u64,
    pub(crate) crashes: u64,
    pub(crate) welcomes: u64,
    pub(crate) steps: u64,
}

impl core::ops::AddAssign for Tally {
    fn add_assign(&mut self, more: Self) {
        self.messages += more.messages;
        self.edits += more.edits;
        self.recalls += more.recalls;
        self.notes += more.notes;
        self.cuts += more.cuts;
        self.crashes += more.crashes;
        self.welcomes += more.welcomes;
        self.steps += more.steps;
    }
}

/// What is rough in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Roughness {
    /// The network, by its own dice, and the server's machine.
    All,
    /// The lines and the devices of visitors, and the server, which ends: how long a message takes
    /// is asked of no dice, and the server takes no time at all. So what agents do moves nothing of
    /// visitors', unless the server lets it. An agent whose line is dead finds out by writing.
    Visitors,
}

impl Roughness {
    /// Into how many parts a step is cut: where it counts when something happens, it is told to the
    /// millisecond.
    const fn ticks(self) -> u32 {
        match self {
            Self::All => 1,
            Self::Visitors => 10,
        }
    }
}

/// A run.
pub(crate) struct World {
    seed: u64,
    dice: Dice,
    roughness: Roughness,
    /// What of notes is asked of dice: of none where there are to be no notes.
    notes: Option<Dice>,
    pub(crate) trace: Trace,
    pub(crate) sim: Sim<'static>,
    sockets: Sockets,
    pub(crate) folder: TempDir,
    step: u64,
    pub(crate) devices: Vec<Device>,
    /// The step at which the server starts again.
    server_back: Option<u64>,
    /// Devices that are cut off, or whose messages are held, and until which step.
    cut: Vec<(String, bool, u64)>,
    chat: Option<ConversationId>,
    pub(crate) said: Vec<Said>,
    pub(crate) tally: Tally,
}

impl World {
    /// A storm.
    pub(crate) fn new(seed: u64) -> Self {
        Self::with(seed, Roughness::All, true)
    }

    /// A run in which agents write notes, or the same without them.
    pub(crate) fn with(seed: u64, roughness: Roughness, notes: bool) -> Self {
        let (template, mut bytes) = (Template::get(), [3; 32]);
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let (folder, mut dice) = (template.copy(), Dice::from_seed(bytes));
        let notes = Some(Dice::from_seed(dice.bytes())).filter(|_| notes);
        let slowest = if roughness == Roughness::All { SLOWEST } else { Duration::ZERO };
        let trace = Trace::default();
        let machine = Machine::simulated(dice.bytes(), slowest, trace.clock());
        let mut builder = Builder::new();
        builder
            .rng_seed(seed)
            .tick_duration(TICK / roughness.ticks())
            .simulation_duration(Duration::from_secs(3_600))
            .tcp_capacity(SEGMENTS);
        let mut sim = builder.build();
        let data: PathBuf = folder.path().to_owned();
        let sockets = Sockets::default();
        let of_server = sockets.clone();
        sim.host(SERVER.0, move || {
            let (data, machine, sockets) = (data.clone(), machine.clone(), of_server.clone());
            async move { serve(machine, sockets, &data).await }
        });
        let (devices, cut, said) = (Vec::new(), Vec::new(), Vec::new());
        let (server_back, chat, tally) = (None, None, Tally::default());
        let step = 0;
        let mut world = Self {
            seed,
            dice,
            roughness,
            notes,
            trace,
            sim,
            sockets,
            folder,
            step,
            devices,
            server_back,
            cut,
            chat,
            said,
            tally,
        };
        world.arrive("vera", Credential::Visitor(template.site));
        for (number, name) in AGENTS.iter().enumerate() {
            world.arrive(name, template.agent(number));
        }
        world
    }

    fn arrive(&mut self, host: &str, proof: Credential) {
        let seed = self.dice.below(u64::MAX);
        let (clock, witness) = (Box::new(self.trace.clock()), Box::new(self.trace.witness(host)));
        let light = Light::watched(proof, Keeping::Durable, seed, clock, witness);
        let files = Files::default();
        let (of_host, trace, name) =
            ((light.clone(), files.clone()), self.trace.clone(), host.to_owned());
        self.sim.host(host, move || {
            let ((light, files), trace, host) = (of_host.clone(), trace.clone(), name.clone());
            async move {
                light.restarts();
                let dial = || {
                    let (trace, host) = (trace.clone(), host.clone());
                    async { Ok(Tap { stream: TcpStream::connect(SERVER).await?, trace, host }) }
                };
                tokio::join!(light.clone().keeps_connected(dial), files.go(light));
                Ok(())
            }
        });
        if self.roughness == Roughness::Visitors {
            // Each another one, so that little happens in the same moment by chance.
            let takes = FASTEST + FARTHER * u32::try_from(self.devices.len()).unwrap();
            self.sim.set_link_latency(host, SERVER.0, takes);
        }
        self.devices.push(Device { host: host.to_owned(), light, files, back: None });
    }

    /// Runs, or panics with what is wrong.
    pub(crate) fn run(mut self) -> (Tally, Trace) {
        self.begin();
        for _ in 0..ROUGH {
            self.rough();
        }
        self.heal();
        for _ in 0..CALM {
            self.decide();
            self.go();
        }
        self.trace.add(SERVER.0, What::Fate(HEALED));
        self.settle();
        // The server erases beside everything else.
        for _ in 0..ERASING {
            self.go();
        }
        self.look();
        (self.tally, self.trace)
    }

    fn go(&mut self) {
        self.step += 1;
        self.tally.steps += 1;
        for _ in 0..self.roughness.ticks() {
            self.sim.step().unwrap();
        }
        self.trace.passed(self.sim.elapsed());
    }

    fn until(&mut self, what: &str, done: impl Fn(&mut Self) -> bool) {
        for _ in 0..PATIENCE {
            if self.step.is_multiple_of(10) && done(self) {
                return;
            }
            self.go();
        }
        panic!("not in time: {what}; {}", self.describe());
    }

    /// Everybody meets the server, and looks at one conversation.
    fn begin(&mut self) {
        self.until("everybody is known", |world| {
            let known = |device: &Device| device.light.sees(|s| s.identity().is_some());
            world.devices.iter().all(known)
        });
        let vera = self.devices[0].light.clone();
        let chat = vera.does(|session, now| session.begin(now)).unwrap();
        self.chat = Some(chat);
        self.says(0);
        self.until("the conversation has begun", |world| world.devices[0].light.is_settled());
        let token = vera.sees(|session| session.identity().unwrap().token.clone());
        self.arrive("phone", Credential::Token(token));
        self.until("another device", |world| {
            world.devices[3].light.sees(|session| session.identity().is_some())
        });
        self.devices.iter().for_each(|device| device.light.opens(chat));
        self.until("all look at it", |world| world.same());
    }

    pub(crate) const fn chat(&self) -> ConversationId {
        self.chat.expect("it has begun")
    }

    fn rough(&mut self) {
        if self.dice.below(25) == 0 {
            let by = self.pick(self.devices.len());
            if self.devices[by].back.is_none() {
                self.act(by);
            }
        }
        if let Some(mut dice) = self.notes.take() {
            if dice.below(100) < NOTED {
                self.annotate(&mut dice);
            }
            self.notes = Some(dice);
        }
        if self.dice.below(60) == 0 {
            self.trouble();
        }
        self.mend(self.step);
        self.go();
    }

    /// Whether a device is not running.
    pub(crate) fn is_away(&self, number: usize) -> bool {
        self.devices[number].back.is_some()
    }

    pub(crate) fn is_agent(&self, number: usize) -> bool {
        (1..=AGENTS.len()).contains(&number)
    }

    fn pick(&mut self, of: usize) -> usize {
        usize::try_from(self.dice.below(of as u64)).unwrap()
    }

    fn act(&mut self, by: usize) {
        let own = |said: &&mut Said| said.by == by && !said.note && !said.recalled;
        let count = self.said.iter_mut().filter(own).count();
        let which = self.pick(count.max(1));
        let what = self.dice.below(100);
        let is_agent = self.is_agent(by);
        let (light, chat) = (self.devices[by].light.clone(), self.chat());
        match what {
            0..55 => self.says(by),
            55..60 if is_agent => {
                let _refused = light.does(|session, now| session.claim(chat, now));
            }
            60..80 => {
                let text = self.text();
                let Some(said) = self.said.iter_mut().filter(own).nth(which) else { return };
                let (document, message) = (DocumentId::timeline(chat), said.message);
                let body = Body::text(text.clone());
                let edit = |s: &mut Session, now| s.edit(document, message, &body, now);
                if light.does(|session, now| Ok(((), edit(session, now)?))).is_ok() {
                    said.texts.push(text);
                    self.tally.edits += 1;
                }
            }
            _ => {
                let Some(said) = self.said.iter_mut().filter(own).nth(which) else { return };
                let (document, message) = (DocumentId::timeline(chat), said.message);
                let recall = |s: &mut Session, now| s.recall(document, message, now);
                if light.does(|session, now| Ok(((), recall(session, now)?))).is_ok() {
                    said.recalled = true;
                    self.tally.recalls += 1;
                }
            }
        }
    }

    /// Words that nobody has said before.
    fn text(&mut self) -> String {
        let mark = self.dice.below(u64::MAX);
        format!("seed {} mark {mark:016x}", self.seed)
    }

    fn says(&mut self, by: usize) {
        let (text, chat) = (self.text(), self.chat());
        let body = Body::text(text.clone());
        let send = self.devices[by].light.does(|session, now| session.send(chat, &body, now));
        if let Ok((_, message)) = send {
            self.said.push(Said { by, message, note: false, texts: vec![text], recalled: false });
            self.tally.messages += 1;
        }
    }

    /// Something happens to the network, to a device or to the server.
    fn trouble(&mut self) {
        let number = self.pick(self.devices.len());
        if self.roughness == Roughness::Visitors && self.is_agent(number) {
            return;
        }
        let host = self.devices[number].host.clone();
        let until = self.step + 20 + self.dice.below(400);
        match self.dice.below(10) {
            0..4 => self.cut_off(host, true, until),
            4..6 => self.cut_off(host, false, until),
            6 => {
                // Everybody comes back at once.
                for number in 0..self.devices.len() {
                    if self.roughness == Roughness::All || !self.is_agent(number) {
                        self.cut_off(self.devices[number].host.clone(), true, until);
                    }
                }
            }
            7 => {
                let slowest = Duration::from_millis(10 + self.dice.below(800));
                if self.roughness == Roughness::All {
                    self.sim.set_max_message_latency(slowest);
                }
            }
            8 if self.devices[number].back.is_none() => {
                self.trace.add(&host, What::Fate("ends"));
                self.sim.crash(host);
                self.devices[number].back = Some(until);
                self.tally.crashes += 1;
            }
            _ if self.server_back.is_none() => {
                self.trace.add(SERVER.0, What::Fate("ends"));
                self.end_server();
                self.server_back = Some(until);
                self.tally.crashes += 1;
            }
            _ => {}
        }
    }

    /// The server dies.
    pub(crate) fn end_server(&mut self) {
        self.sockets.die();
        self.sim.crash(SERVER.0);
    }

    fn cut_off(&mut self, host: String, lost: bool, until: u64) {
        if self.cut.iter().any(|(cut, ..)| *cut == host) {
            return;
        }
        self.trace.add(&host, What::Fate(if lost { "cut off" } else { "held" }));
        if lost {
            self.sim.partition(host.as_str(), SERVER.0);
        } else {
            self.sim.hold(host.as_str(), SERVER.0);
        }
        self.cut.push((host, lost, until));
        self.tally.cuts += 1;
    }

    /// Ends what has lasted until a step.
    fn mend(&mut self, now: u64) {
        let sim = &mut self.sim;
        self.cut.retain(|(host, lost, until)| {
            let lasts = *until > now;
            match (lasts, lost) {
                (true, _) => {}
                (false, true) => sim.repair(host.as_str(), SERVER.0),
                (false, false) => sim.release(host.as_str(), SERVER.0),
            }
            lasts
        });
        if self.server_back.is_some_and(|back| back <= now) {
            self.server_back = None;
            sim.bounce(SERVER.0);
        }
        for device in &mut self.devices {
            if device.back.is_some_and(|back| back <= now) {
                device.back = None;
                sim.bounce(device.host.as_str());
            }
        }
    }

    fn heal(&mut self) {
        self.mend(u64::MAX);
        if self.roughness == Roughness::All {
            self.sim.set_max_message_latency(Duration::from_millis(50));
        }
    }

    fn settle(&mut self) {
        self.until("all is settled, and all see the same", |world| {
            world.decide();
            world.same()
        });
    }

    /// People are asked about what collided or was refused.
    fn decide(&self) {
        for Device { light, .. } in &self.devices {
            for (document, operation, state) in light.sees(waiting) {
                let decided = |session: &mut Session, now| match state {
                    WaitingState::Collided { .. } => session.send_anyway(document, operation, now),
                    _ => session.discard(document, operation, now),
                };
                if !state.is_pushable() {
                    light.does(|session, now| Ok(((), decided(session, now)?))).unwrap();
                }
            }
        }
    }
}

pub(crate) type Waits = (DocumentId, rejoinder_core::id::OperationId, WaitingState);

/// What waits in somebody's outboxes.
pub(crate) fn waiting(session: &Session) -> Vec<Waits> {
    let of = |document| {
        let outbox = session.replica(document).map(|replica| replica.outbox().to_vec());
        let waiting = outbox.unwrap_or_default().into_iter();
        waiting.map(move |it| (document, it.submission.id, it.state))
    };
    session.loaded().flat_map(of).collect()
}
