//! The runs: many seeds, one seed again, and those that once broke something.

use std::cell::Cell;
use std::panic::{catch_unwind, set_hook, take_hook};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, Once};
use std::time::{Duration, Instant};

use crate::plan::Tally;
use crate::plant::Bug;
use crate::world::World;

/// How a seed is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// People do things, and networks, clients and the server break.
    Plain,
    /// The server does what is due as well (LC1, LC4).
    Lasting,
    /// The same, with many closings, and backups that are restored again and again.
    Returning,
}

impl Course {
    /// How a seed is run where nothing else is said.
    pub(crate) const fn of(seed: u64) -> Self {
        match seed % 5 {
            3 => Self::Returning,
            4 => Self::Lasting,
            _ => Self::Plain,
        }
    }

    /// The variable that says so.
    const fn variable(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Lasting => " LASTING=1",
            Self::Returning => " RETURNING=1",
        }
    }

    /// The one that was asked for.
    fn asked() -> Self {
        match (number("LASTING"), number("RETURNING")) {
            (None, None) => Self::Plain,
            (Some(_), _) => Self::Lasting,
            (None, Some(_)) => Self::Returning,
        }
    }
}

thread_local! {
    /// Whether failures of this thread are expected, and not worth telling.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

fn run(seed: u64, course: Course, bug: Option<Bug>) -> Tally {
    let mut world = match course {
        Course::Plain => World::new(seed),
        Course::Lasting => World::lasting(seed),
        Course::Returning => World::returning(seed),
    };
    world.server.plant(bug);
    world.run()
}

/// Runs a seed; a failure is what it says.
pub(crate) fn try_run(seed: u64, course: Course, bug: Option<Bug>) -> Result<Tally, String> {
    let how = course.variable();
    catch_unwind(|| run(seed, course, bug)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        format!("SEED={seed}{how}: {}", text.unwrap_or_default())
    })
}

/// Runs what is expected to panic, without a word of that.
pub(crate) fn quietly<T>(what: impl FnOnce() -> T) -> T {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let tell = take_hook();
        set_hook(Box::new(move |panic| {
            if !QUIET.get() {
                tell(panic);
            }
        }));
    });
    QUIET.set(true);
    let done = what();
    QUIET.set(false);
    done
}

/// Does the same on every processor.
pub(crate) fn on_all_processors(what: impl Fn() + Sync) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(&what);
        }
    });
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

/// The bug that `BUG` names.
fn planted() -> Option<Bug> {
    let name = std::env::var("BUG").ok()?;
    let found = Bug::ALL.iter().find(|bug| format!("{bug:?}") == name).copied();
    Some(found.expect("a bug of src/plant.rs"))
}

#[test]
fn se14_many_seeds_converge_and_leave_no_trace() {
    let stop = number("SOAK_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let first = number("FROM").unwrap_or(0);
    let seeds = number("SEEDS").unwrap_or(if stop.is_some() { u64::MAX } else { 1_000 });
    let end = first.saturating_add(seeds);
    let (next, ran) = (AtomicU64::new(first), AtomicU64::new(0));
    let (total, failures) = (Mutex::new(Tally::default()), Mutex::new(Vec::new()));
    on_all_processors(|| {
        while stop.is_none_or(|stop| Instant::now() < stop) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                break;
            }
            match try_run(seed, Course::of(seed), None) {
                Ok(tally) => *total.lock().unwrap() += tally,
                Err(failure) => failures.lock().unwrap().push(failure),
            }
            ran.fetch_add(1, Ordering::Relaxed);
        }
    });
    let failures = failures.into_inner().unwrap();
    let ran = ran.into_inner();
    assert!(failures.is_empty(), "{} of {ran} seeds:\n{}", failures.len(), failures.join("\n"));
    let total = total.into_inner().unwrap();
    println!("{ran} seeds: {total:#?}");
    assert_eq!(total.never(), Vec::<&str>::new(), "a run did no real work");
}

#[test]
fn replay() {
    if let Some(seed) = number("SEED") {
        println!("{:#?}", run(seed, Course::asked(), planted()));
    }
}

/// Seeds that once failed, and what was broken.
const BROKE: [(u64, Course, &str); 16] = [
    (
        5,
        Course::Plain,
        "se4: an answer to an earlier push was taken for that of the one composed again",
    ),
    (21, Course::Plain, "se11: a new epoch's log was written beside the former one's rows"),
    (42, Course::Plain, "se8: a message into the follow-up passed one that was on its way there"),
    (13, Course::Plain, "re9: superseded words stayed beside a refused edit"),
    (
        210,
        Course::Plain,
        "re9: superseded words stayed in a follow-up that was begun without its store",
    ),
    (
        591,
        Course::Plain,
        "se11: the former log of what a restored server did not know was built on",
    ),
    (2_598, Course::Plain, "se14: the former log of what a restored server did not know was shown"),
    (
        288,
        Course::Plain,
        "re1: a recall was given up with a conversation that was out of reach for a while",
    ),
    (1_079, Course::Plain, "re10: a draft stayed behind when its message went to the follow-up"),
    (1_116, Course::Plain, "re1: a recall went with its message's second offer after a restore"),
    (5_029, Course::Plain, "re1: a recall went with its message's collision after a restore"),
    (
        4_232,
        Course::Plain,
        "re1: a recall stayed behind when its message had gone to the follow-up",
    ),
    (9_109, Course::Plain, "se7: a refused recall went unasked when its message was offered again"),
    (5_444, Course::Lasting, "re22: a message was known in a conversation and in its follow-up"),
    (6_744, Course::Lasting, "se14: a message stood in a conversation and in its follow-up"),
    (7_814, Course::Lasting, "re1: a recall went with its message's refusal after a restore"),
];

#[test]
fn se14_seeds_that_once_failed_converge() {
    let failures: Vec<String> = BROKE
        .iter()
        .filter_map(|(seed, course, what)| {
            try_run(*seed, *course, None).err().map(|why| format!("{what}: {why}"))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
