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
use tempfile::TempDir;
use turmoil::net::TcpStream;
use turmoil::{Builder, Sim};

use crate::cast::{AGENTS, SERVER, Template, serve};

/// How far a step goes.
const TICK: Duration = Duration::from_millis(10);
/// Steps of a rough time.
const ROUGH: u64 = 1_500;
/// Steps in which everything is to have settled: three minutes.
const PATIENCE: u64 = 18_000;
/// How long each step of the second half of that takes at least by the machine's own clock: the
/// threads of storage live by that, and simulated minutes pass in a moment.
const BREATH: Duration = Duration::from_millis(2);
/// What a simulated host may hold unread.
const SEGMENTS: usize = 4_096;

/// Somebody's device.
pub(crate) struct Device {
    pub(crate) host: String,
    pub(crate) light: Light,
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

/// A run.
pub(crate) struct World {
    seed: u64,
    dice: Dice,
    pub(crate) sim: Sim<'static>,
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
    pub(crate) fn new(seed: u64) -> Self {
        let (template, mut bytes) = (Template::get(), [3; 32]);
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let (folder, dice) = (template.copy(), Dice::from_seed(bytes));
        let mut sim = Builder::new()
            .rng_seed(seed)
            .tick_duration(TICK)
            .simulation_duration(Duration::from_secs(3_600))
            .tcp_capacity(SEGMENTS)
            .build();
        let data: PathBuf = folder.path().to_owned();
        sim.host(SERVER.0, move || {
            let data = data.clone();
            async move { serve(&data).await }
        });
        let (devices, cut, said) = (Vec::new(), Vec::new(), Vec::new());
        let (server_back, chat, tally) = (None, None, Tally::default());
        let step = 0;
        let mut world =
            Self { seed, dice, sim, folder, step, devices, server_back, cut, chat, said, tally };
        world.arrive("vera", Credential::Visitor(template.site));
        for (number, name) in AGENTS.iter().enumerate() {
            world.arrive(name, template.agent(number));
        }
        world
    }

    fn arrive(&mut self, host: &str, proof: Credential) {
        let seed = self.dice.below(u64::MAX);
        let light = Light::new(proof, Keeping::Durable, seed);
        let of_host = light.clone();
        self.sim.host(host, move || {
            let light = of_host.clone();
            async move {
                light.restarts();
                light.keeps_connected(|| TcpStream::connect(SERVER)).await;
                Ok(())
            }
        });
        self.devices.push(Device { host: host.to_owned(), light, back: None });
    }

    /// Runs, or panics with what is wrong.
    pub(crate) fn run(mut self) -> Tally {
        self.begin();
        for _ in 0..ROUGH {
            self.rough();
        }
        self.heal();
        self.settle();
        self.look();
        self.tally
    }

    fn go(&mut self) {
        self.step += 1;
        self.tally.steps += 1;
        self.sim.step().unwrap();
    }

    fn until(&mut self, what: &str, done: impl Fn(&mut Self) -> bool) {
        for step in 0..PATIENCE {
            if self.step.is_multiple_of(10) && done(self) {
                return;
            }
            if step > PATIENCE / 2 {
                std::thread::sleep(BREATH);
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
        if self.dice.below(60) == 0 {
            self.trouble();
        }
        self.mend(self.step);
        self.go();
    }

    pub(crate) fn is_agent(&self, number: usize) -> bool {
        (1..=AGENTS.len()).contains(&number)
    }

    fn pick(&mut self, of: usize) -> usize {
        usize::try_from(self.dice.below(of as u64)).unwrap()
    }

    fn act(&mut self, by: usize) {
        let own = |said: &&mut Said| said.by == by && !said.recalled;
        let count = self.said.iter_mut().filter(own).count();
        let which = self.pick(count.max(1));
        let what = self.dice.below(100);
        let is_agent = self.is_agent(by);
        let (light, chat) = (self.devices[by].light.clone(), self.chat());
        match what {
            0..45 => self.says(by),
            45..55 if is_agent => self.notes(by),
            55..60 if is_agent => {
                let _refused = light.does(|session, now| session.claim(chat, now));
            }
            60..80 => {
                let text = self.text();
                let Some(said) = self.said.iter_mut().filter(own).nth(which) else { return };
                let (document, message) = (place(chat, said.note), said.message);
                let body = Body::text(text.clone());
                let edit = |s: &mut Session, now| s.edit(document, message, &body, now);
                if light.does(|session, now| Ok(((), edit(session, now)?))).is_ok() {
                    said.texts.push(text);
                    self.tally.edits += 1;
                }
            }
            _ => {
                let Some(said) = self.said.iter_mut().filter(own).nth(which) else { return };
                let (document, message) = (place(chat, said.note), said.message);
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
        let (number, mark) = (self.said.len(), self.dice.below(u64::MAX));
        format!("seed {} message {number} mark {mark:016x}", self.seed)
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

    fn notes(&mut self, by: usize) {
        let (text, chat) = (self.text(), self.chat());
        let body = Body::text(text.clone());
        let noted = self.devices[by].light.does(|session, now| session.note(chat, &body, now));
        if let Ok(message) = noted {
            self.said.push(Said { by, message, note: true, texts: vec![text], recalled: false });
            self.tally.notes += 1;
        }
    }

    /// Something happens to the network, to a device or to the server.
    fn trouble(&mut self) {
        let number = self.pick(self.devices.len());
        let host = self.devices[number].host.clone();
        let until = self.step + 20 + self.dice.below(400);
        match self.dice.below(10) {
            0..4 => self.cut_off(host, true, until),
            4..6 => self.cut_off(host, false, until),
            6 => {
                // Everybody comes back at once.
                for number in 0..self.devices.len() {
                    self.cut_off(self.devices[number].host.clone(), true, until);
                }
            }
            7 => {
                let slowest = Duration::from_millis(10 + self.dice.below(800));
                self.sim.set_max_message_latency(slowest);
            }
            8 if self.devices[number].back.is_none() => {
                self.sim.crash(host);
                self.devices[number].back = Some(until);
                self.tally.crashes += 1;
            }
            _ if self.server_back.is_none() => {
                self.sim.crash(SERVER.0);
                self.server_back = Some(until);
                self.tally.crashes += 1;
            }
            _ => {}
        }
    }

    fn cut_off(&mut self, host: String, lost: bool, until: u64) {
        if self.cut.iter().any(|(cut, ..)| *cut == host) {
            return;
        }
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
        self.sim.set_max_message_latency(Duration::from_millis(50));
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

const fn place(chat: ConversationId, note: bool) -> DocumentId {
    if note { DocumentId::team(chat) } else { DocumentId::timeline(chat) }
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
