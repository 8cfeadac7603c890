//! The power goes, again and again: a server lives on a disk that loses what was not synced.
//!
//! Each round is recorded, with everything that the server did to its disk and with what its
//! clients were told meanwhile. Its end is a cut in the middle of the load: the next round's server
//! starts on what such a disk may have kept. Afterwards the record is cut at many more places, in
//! the start of the server too, and each time it is looked at what is left.
#![expect(clippy::print_stdout, reason = "figures are for whoever runs it")]

mod check;
mod commands;
mod devices;
mod disk;
mod medium;
mod writer;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rejoinder_harness::core::dice::Dice;
use rejoinder_harness::core::id::{ConversationId, DocumentId};
use rejoinder_harness::core::wire::Credential;
use rejoinder_harness::{PASSWORD, Raw, World};
use tokio::sync::Mutex;

use self::check::{Seen, Wrong, check};
use self::disk::Disk;
use self::medium::{Event, Image, Lie, Luck, Medium, Node};
use self::writer::{MARKER, Moment, Pages, Writer};
use crate::command::{PROGRAM, is_sound};
use crate::private::{not_run, privately, run_again, succeeds};

const TEST: &str = "power::st20_a_power_cut_loses_nothing_acknowledged_and_brings_nothing_back";

/// In the environment: how many cuts are looked at.
const CUTS: &str = "POWER_CUTS";
/// In the environment: the seed that chooses them.
const SEED: &str = "POWER_SEED";
/// In the environment of a test that may mount: where what is left is laid.
const ROOM: &str = "POWER_ROOM";

/// Cuts that are looked at in one round.
const IN_A_ROUND: usize = 50;

/// Cuts in which a disk that lies is found out.
const LIES: usize = 40;

/// How long a round's load lasts, at least; it is twice that at most.
const LOAD: Duration = Duration::from_millis(400);

type Shared = Arc<Mutex<Writer>>;

/// A server, its disk, and everybody who writes.
struct Stage {
    world: World,
    disk: Option<Arc<Disk>>,
    place: PathBuf,
    /// Where what is left after a cut is laid.
    room: PathBuf,
    /// Where in it the data folder is.
    data: PathBuf,
    /// What was on the disk when the round began.
    before: Image,
    ann: Writer,
    writers: Vec<Shared>,
    pages: Vec<Pages>,
    seen: Seen,
    dice: Dice,
}

impl Stage {
    async fn new(place: PathBuf, room: PathBuf, dice: Dice) -> Self {
        let before = Image::empty();
        let disk = Some(Arc::new(Disk::mount(before.clone(), &place).unwrap()));
        let world = World::start_program(PROGRAM, &[]).await;
        let data = world.data().strip_prefix(&place).expect("it is on the disk").to_owned();
        // The folder around the data folder is this test's own.
        fs::File::open(&place).unwrap().sync_all().unwrap();
        let ann = {
            world.add_agent("ann", rejoinder_harness::core::principal::AgentRole::Agent);
            let (email, password) = ("ann@shop.example".to_owned(), PASSWORD.to_owned());
            let proof = Credential::Password { email, password, code: None };
            let (_, welcome) = Raw::enter(world.address(), proof).await;
            let nowhere = DocumentId::timeline(ConversationId::from_bytes([1; 16]));
            Writer::new(welcome.token.unwrap(), welcome.principal, nowhere)
        };
        let (writers, pages, seen) = (Vec::new(), Vec::new(), Seen::default());
        Self { world, disk, place, room, data, before, ann, writers, pages, seen, dice }
    }

    fn disk(&self) -> Arc<Disk> {
        Arc::clone(self.disk.as_ref().expect("it is mounted"))
    }

    /// Two visitors begin a conversation each; an agent answers in one and takes notes of it.
    async fn begins(&mut self, round: usize) {
        for number in 0..2 {
            let proof = Credential::Visitor(self.world.site());
            let (mut raw, welcome) = Raw::enter(self.world.address(), proof).await;
            let chat = ConversationId::from_bytes(self.dice.bytes());
            let (token, timeline) = (welcome.token.unwrap(), DocumentId::timeline(chat));
            let mut vera = Writer::new(token, welcome.principal, timeline);
            vera.thinks();
            vera.pushes(&mut raw, &self.disk(), round).await;
            self.writers.push(Arc::new(Mutex::new(vera)));
            if number == 0 {
                for document in [timeline, DocumentId::team(chat)] {
                    self.writers.push(Arc::new(Mutex::new(self.ann.elsewhere(document))));
                }
            }
        }
    }

    /// One round: what was unsure is pushed again, everybody writes, the power goes.
    async fn round(&mut self, round: usize) -> Vec<Event> {
        let address = self.world.address();
        for writer in core::mem::take(&mut self.writers) {
            let mut writer = Arc::into_inner(writer).unwrap().into_inner();
            let mut raw = writer.enters(address).await;
            writer.pushes(&mut raw, &self.disk(), round).await;
            self.pages.push(writer.pages);
        }
        self.begins(round).await;
        let mut busy = Vec::new();
        for writer in &self.writers {
            let (writer, disk) = (Arc::clone(writer), self.disk());
            busy.push(tokio::spawn(async move {
                let mut writer = writer.lock().await;
                let mut raw = writer.enters(address).await;
                loop {
                    writer.thinks();
                    writer.pushes(&mut raw, &disk, round).await;
                    writer.sends_a_file(&mut raw, address, &disk, round).await;
                }
            }));
        }
        // The first is looked at for lies, about files too, which not all messages have.
        let least = if round == 0 { 3 * LOAD } else { LOAD };
        let more = self.dice.below(LOAD.as_millis() as u64);
        tokio::time::sleep(least + Duration::from_millis(more)).await;
        self.disk().loses_power();
        for task in busy {
            task.abort();
            let ended = task.await.unwrap_err();
            assert!(ended.is_cancelled(), "{ended}");
        }
        self.world.kill_server().await;
        let disk = Arc::into_inner(self.disk.take().unwrap()).unwrap();
        disk.unmount()
    }

    /// The power comes back, on a disk that kept some of what was not synced.
    async fn comes_back(&mut self, events: &[Event]) -> Luck {
        let mut medium = Medium::with(self.before.clone());
        events.iter().for_each(|event| medium.apply(event));
        let luck = Luck::EVERY[self.dice.below(Luck::EVERY.len() as u64) as usize];
        self.before = medium.left(luck, &mut self.dice);
        let mounted = Disk::mount(self.before.clone(), &self.place).unwrap();
        self.disk = Some(Arc::new(mounted));
        self.world.start_server().await;
        luck
    }

    /// What everybody has written by now.
    async fn everything(&self) -> Vec<Pages> {
        let mut pages = self.pages.clone();
        for writer in &self.writers {
            pages.push(writer.lock().await.pages.clone());
        }
        pages
    }

    /// Looks at what is left after one cut.
    async fn look(
        &mut self,
        medium: &Medium,
        luck: Luck,
        pages: &[Pages],
        moment: Moment,
    ) -> Result<(), Wrong> {
        let left = self.room.join("left");
        medium.left(luck, &mut self.dice).lay(&left);
        let known = |pages: &&Pages| pages.said.iter().any(|it| it.acknowledged(moment) > 0);
        let somewhere = pages.iter().rev().find(known).map(|pages| pages.document);
        let next = somewhere.map(|document| self.ann.elsewhere(document));
        let found = check(left.join(&self.data), pages, &self.seen, moment, next).await;
        fs::remove_dir_all(&left).unwrap();
        found.map_err(|wrong| format!("cut at {moment:?}, {luck:?}: {wrong}"))
    }

    /// Keeps in mind which keys there were.
    fn see(&mut self, image: &Image) {
        let all = self.room.join("all");
        image.lay(&all);
        self.seen.look(&all.join(&self.data));
        fs::remove_dir_all(&all).unwrap();
    }

    /// Where to cut: anywhere, or as often where a file or folder was about to be synced, each of
    /// them as often as the others.
    fn place(&mut self, events: &[Event], from: usize) -> usize {
        let mut syncs: BTreeMap<Node, Vec<usize>> = BTreeMap::new();
        for (at, event) in events.iter().enumerate().skip(from) {
            if let Event::Synced { node } = event {
                syncs.entry(*node).or_default().push(at);
            }
        }
        let mut below = |bound: usize| self.dice.below(bound as u64) as usize;
        if syncs.is_empty() || below(2) == 0 {
            return from + below(events.len() - from + 1);
        }
        let of_one = syncs.values().nth(below(syncs.len())).expect("there are so many");
        of_one[below(of_one.len())]
    }

    /// Cuts a recorded round at so many places.
    async fn cut(&mut self, round: usize, events: &[Event], cuts: usize) -> Result<(), Wrong> {
        let pages = self.everything().await;
        let first = pages.iter().flat_map(|pages| &pages.said).flat_map(|said| &said.steps);
        let first = first.filter_map(|step| step.acknowledged).filter(|it| it.0.0 == round);
        // In the first round there is nothing to serve before somebody was let in.
        let from = if round == 0 { first.map(|it| it.0.1).min().unwrap_or(0) } else { 0 };
        let mut at: Vec<_> = (0..cuts).map(|_| self.place(events, from)).collect();
        at.sort_unstable();
        let (mut medium, mut image) = (Medium::with(self.before.clone()), self.before.clone());
        let mut done = 0;
        for at in at {
            for event in &events[done..at] {
                medium.apply(event);
                image.apply(event);
            }
            done = at;
            self.see(&image);
            let luck = Luck::EVERY[self.dice.below(Luck::EVERY.len() as u64) as usize];
            self.look(&medium, luck, &pages, (round, at)).await?;
        }
        Ok(())
    }

    /// What is looked for is found: a disk that keeps nothing of what it says it has synced of some
    /// files, in the first round's second half, is known by some cut.
    async fn is_found_out(&mut self, events: &[Event], lies: Lie, expected: &str) {
        let pages = self.everything().await;
        let lies = lies.about(events);
        assert!(!lies.is_empty(), "they were made in this round");
        let half = events.len() / 2;
        let said = || pages.iter().flat_map(|pages| &pages.said);
        let steps = said().flat_map(|said| &said.steps).filter_map(|step| step.acknowledged);
        let files = said().filter_map(|said| said.file.as_ref()).filter_map(|file| file.kept);
        let answered = steps.map(|(moment, ..)| moment).chain(files).map(|(_, at)| at);
        let answered: BTreeSet<_> = answered.filter(|at| *at > half).collect();
        let (mut medium, mut done) = (Medium::with(self.before.clone()), 0);
        for &place in answered.iter().step_by(answered.len().div_ceil(LIES)) {
            for (at, event) in events.iter().enumerate().take(place).skip(done) {
                if at < half || !matches!(event, Event::Synced { node } if lies.contains(node)) {
                    medium.apply(event);
                }
            }
            done = place;
            let found = self.look(&medium, Luck::Nothing, &pages, (0, place)).await;
            if found.is_err_and(|wrong| wrong.contains(expected)) {
                return;
            }
        }
        panic!("nobody finds out that {lies:?} are not synced");
    }
}

async fn story(place: PathBuf, room: PathBuf) {
    let (cuts, dice) = asked(100);
    let mut stage = Stage::new(place, room, dice).await;
    let (began, mut looked, mut happened, mut round) = (Instant::now(), 0, 0, 0);
    while looked < cuts {
        let events = stage.round(round).await;
        let now = IN_A_ROUND.min(cuts - looked);
        stage.cut(round, &events, now).await.unwrap();
        if round == 0 {
            stage.is_found_out(&events, Lie::Named("rejoinder.db-wal"), "acknowledged").await;
            stage.is_found_out(&events, Lie::Named("rejoinder.keyring.new"), "shredded").await;
            stage.is_found_out(&events, Lie::In("coming"), "an acknowledged file").await;
        }
        let luck = stage.comes_back(&events).await;
        println!("round {round}: {} events, then {luck:?} of what was not synced", events.len());
        (looked, happened, round) = (looked + now, happened + events.len(), round + 1);
    }
    let steps = |pages: &Pages| pages.said.iter().map(|said| said.steps.len()).sum::<usize>();
    let written: usize = stage.everything().await.iter().map(steps).sum();
    println!(
        "{looked} power cuts of {happened} events in {round} lives of a server, {written} \
         operations, {:?}: nothing is lost",
        began.elapsed()
    );
    stage.world.stop_server().await;
    is_sound(&stage.world);
}

#[test]
fn st20_a_power_cut_loses_nothing_acknowledged_and_brings_nothing_back() {
    run(TEST, true, story);
}

/// How many cuts are asked for, unless it is said how many there are to be, and what chooses them.
fn asked(cuts: usize) -> (usize, Dice) {
    let from = |name, default| {
        std::env::var(name).map_or(default, |number: String| number.parse().unwrap())
    };
    let (cuts, seed): (u64, u64) = (from(CUTS, cuts as u64), from(SEED, 1));
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    (cuts as usize, Dice::from_seed(bytes))
}

/// Plays a story where it can mount: it is told where its disk is to be, and where it has room for
/// what is left. All its temporary files are on the disk, or none.
fn run<S: Future<Output = ()>>(
    test: &str,
    on_the_disk: bool,
    story: impl FnOnce(PathBuf, PathBuf) -> S,
) {
    let Some(room) = std::env::var_os(ROOM).map(PathBuf::from) else {
        return begin(test, on_the_disk);
    };
    let place = room.join("disk");
    aborts_with_a_panic(place.clone());
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(story(place, room));
}

/// Whoever waits for a disk that this process serves is answered before it ends: the system would
/// have it wait for itself.
fn aborts_with_a_panic(place: PathBuf) {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        usual(panic);
        let mut unmount = Command::new("umount");
        let _not_mounted = unmount.arg("--force").arg(&place).stderr(Stdio::null()).status();
    }));
}

/// Runs the test again, where it can mount.
fn begin(test: &str, on_the_disk: bool) {
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let folder = tempfile::Builder::new().prefix("rejoinder-power-").tempdir_in(place).unwrap();
    let [disk, beside] = ["disk", "beside"].map(|name| folder.path().join(name));
    for place in [&disk, &beside] {
        fs::create_dir(place).unwrap();
    }
    // One of them has stood still for ever once, which docs/hardening.md tells of.
    let possible = if std::env::var_os(CUTS).is_none() {
        Err(format!("{CUTS} says how many cuts there are to be"))
    } else if rustix::process::geteuid().is_root() {
        fs::File::open("/dev/fuse").map_err(|error| format!("/dev/fuse: {error}"))
    } else {
        Err("only root mounts disks".to_owned())
    };
    let temporary = if on_the_disk { &disk } else { &beside };
    match possible.and_then(|_| succeeds(privately().arg("true"))) {
        Ok(()) => run_again(test, temporary, (ROOM, folder.path().as_os_str())),
        Err(why) => not_run(test, &why),
    }
}
