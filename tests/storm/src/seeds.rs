//! The runs: many seeds, and one again.

use std::panic::catch_unwind;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::trace::Trace;
use crate::world::{Tally, World};

/// Seeds that nobody has asked to be more.
const SEEDS: u64 = 200;

/// Seeds that are played again.
const REPLAYED: u64 = 5;

/// What stands before the hash of a trace.
const TRACE: &str = "trace ";

pub(crate) fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

fn try_run(seed: u64) -> Result<(Tally, Trace), String> {
    catch_unwind(|| World::new(seed).run()).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        format!("SEED={seed}: {}", text.unwrap_or_default())
    })
}

#[test]
fn se14_st8_re22_many_storms_lose_nothing_and_leave_no_trace() {
    let stop = number("SOAK_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let first = number("FROM").unwrap_or(0);
    let seeds = number("SEEDS").unwrap_or(if stop.is_some() { u64::MAX } else { SEEDS });
    let end = first.saturating_add(seeds);
    let (next, ran) = (AtomicU64::new(first), AtomicU64::new(0));
    let (total, failures) = (Mutex::new(Tally::default()), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        while stop.is_none_or(|stop| Instant::now() < stop) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                break;
            }
            match try_run(seed) {
                Ok((tally, _)) => *total.lock().unwrap() += tally,
                Err(failure) => failures.lock().unwrap().push(failure),
            }
            ran.fetch_add(1, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let failures = failures.into_inner().unwrap();
    let ran = ran.into_inner();
    assert!(failures.is_empty(), "{} of {ran} seeds:\n{}", failures.len(), failures.join("\n"));
    let total = total.into_inner().unwrap();
    println!("{ran} seeds: {total:#?}");
    assert!(total.recalls > ran && total.crashes > ran && total.cuts > ran, "{total:?}");
}

#[test]
fn replay() {
    if let Some(seed) = number("SEED") {
        let (tally, trace) = World::new(seed).run();
        println!("{tally:#?}\n{} events\n{TRACE}{}", trace.len(), trace.hash());
    }
}

/// The hash of a seed's trace, played in another process.
fn elsewhere(seed: u64) -> String {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new(program);
    command.args(["seeds::replay", "--exact", "--nocapture"]).env("SEED", seed.to_string());
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let hash = text.lines().find_map(|line| line.strip_prefix(TRACE));
    hash.unwrap_or_else(|| panic!("SEED={seed}: {text}")).to_owned()
}

#[test]
fn the_same_seed_is_the_same_trace_here_and_in_another_process() {
    for seed in 0..number("REPLAYED").unwrap_or(REPLAYED) {
        let (_, first) = World::new(seed).run();
        // In another thread, so that nothing is the same by chance.
        let (_, second) = std::thread::spawn(move || World::new(seed).run()).join().unwrap();
        first.compare(&second);
        assert!(first.len() > 500);
        assert_eq!(first.hash(), elsewhere(seed), "SEED={seed}: another process");
    }
    let (one, other) = (World::new(0).run().1, World::new(1).run().1);
    assert_ne!(one.hash(), other.hash(), "seeds do differ");
}
