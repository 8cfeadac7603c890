//! The runs: many seeds, one seed again, and those that once broke something.

use std::panic::catch_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::plan::Tally;
use crate::world::World;

/// Of so many seeds, in one the server does what is due (LC1, LC4).
const LASTING: u64 = 5;

fn run(seed: u64, lasting: bool) -> Tally {
    if lasting { World::lasting(seed).run() } else { World::new(seed).run() }
}

/// Runs a seed; a failure is what it says.
fn try_run(seed: u64, lasting: bool) -> Result<Tally, String> {
    let how = if lasting { " LASTING=1" } else { "" };
    catch_unwind(|| run(seed, lasting)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        format!("SEED={seed}{how}: {}", text.unwrap_or_default())
    })
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn se14_many_seeds_converge_and_leave_no_trace() {
    let (next, end) = (AtomicU64::new(0), number("SEEDS").unwrap_or(1_000));
    let (total, failures) = (Mutex::new(Tally::default()), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        break;
                    }
                    match try_run(seed, seed % LASTING == LASTING - 1) {
                        Ok(tally) => *total.lock().unwrap() += tally,
                        Err(failure) => failures.lock().unwrap().push(failure),
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {end} seeds:\n{}", failures.len(), failures.join("\n"));
    let total = total.into_inner().unwrap();
    println!("{total:#?}");
    assert_eq!(total.never(), Vec::<&str>::new(), "a run did no real work");
}

#[test]
fn replay() {
    if let Some(seed) = number("SEED") {
        println!("{:#?}", run(seed, number("LASTING").is_some()));
    }
}

/// Seeds that once failed, and what was broken.
const BROKE: [(u64, &str); 13] = [
    (5, "se4: an answer to an earlier push was taken for that of the one composed again"),
    (21, "se11: a new epoch's log was written beside the former one's rows"),
    (42, "se8: a message into the follow-up passed one that was on its way there"),
    (13, "re9: superseded words stayed beside a refused edit"),
    (210, "re9: superseded words stayed in a follow-up that was begun without its store"),
    (591, "se11: the former log of what a restored server did not know was built on"),
    (2_598, "se14: the former log of what a restored server did not know was shown"),
    (288, "re1: a recall was given up with a conversation that was out of reach for a while"),
    (1_079, "re10: a draft stayed behind when its message went to the follow-up"),
    (1_116, "re1: a recall went with its message's second offer after a restore"),
    (5_029, "re1: a recall went with its message's collision after a restore"),
    (4_232, "re1: a recall stayed behind when its message had gone to the follow-up"),
    (9_109, "se7: a refused recall went unasked when its message was offered again"),
];

#[test]
fn se14_seeds_that_once_failed_converge() {
    let failures: Vec<String> = BROKE
        .iter()
        .filter_map(|(seed, what)| try_run(*seed, false).err().map(|why| format!("{what}: {why}")))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
