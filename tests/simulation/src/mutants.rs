//! Whether the checks find what they are there for: each planted bug is run, seed by seed, until a
//! run fails.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::plant::Bug;
use crate::seeds::{Course, on_all_processors, quietly, try_run};

/// Seeds within which a bug must be found.
const SEEDS: u64 = 500;

/// The first seed that finds a bug, and what it says.
fn find(bug: Bug) -> Option<(u64, String)> {
    let run = |seed| try_run(seed, Course::of(seed), Some(bug));
    (0..SEEDS).find_map(|seed| run(seed).err().map(|why| (seed, why)))
}

/// The rule that a check names before it says anything else: none when it was no check that failed.
fn rule(why: &str) -> Option<&str> {
    let said = why.split(": ").skip(1);
    said.map(str::trim).find(|part| !part.starts_with("assertion"))
}

#[test]
fn planted_bugs_are_found() {
    let (next, missed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let found = Mutex::new(Vec::new());
    on_all_processors(|| {
        while let Some(bug) = Bug::ALL.get(next.fetch_add(1, Ordering::Relaxed)).copied() {
            match quietly(|| find(bug)) {
                Some((seed, why)) if rule(&why).is_some_and(|rule| bug.rules().contains(&rule)) => {
                    let (rule, seeds) = (rule(&why).unwrap_or_default(), seed + 1);
                    found.lock().unwrap().push(format!("{bug:?}: {rule}, seeds: {seeds}"));
                }
                Some((_, why)) => missed.lock().unwrap().push(format!("{bug:?}: {why}")),
                None => missed.lock().unwrap().push(format!("{bug:?}: not in {SEEDS} seeds")),
            }
        }
    });
    println!("{}", found.into_inner().unwrap().join("\n"));
    let missed = missed.into_inner().unwrap();
    assert!(missed.is_empty(), "not found, or by another check:\n{}", missed.join("\n"));
}
