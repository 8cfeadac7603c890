//! Attackers of several kinds beside 200 honest people, who notice nothing.
//!
//! `REDTEAM_SECONDS=60` attacks for longer, `REDTEAM_PEOPLE` beside more or fewer. The server is a
//! process of its own, so that its memory is nobody else's.

#![expect(clippy::unwrap_used, reason = "it serves tests only")]

mod attacker;
mod honest;

use std::time::{Duration, Instant};

use rejoinder_harness::{World, memory_of};

use attacker::attack;
use honest::Honest;

const PROGRAM: &str = env!("CARGO_BIN_EXE_rejoinder");

/// Seconds of attacks that nobody has asked to be longer.
const SECONDS: usize = 9;
/// How often they begin and end: whatever else the machine does meanwhile, it does with attackers
/// and without.
const ROUNDS: u32 = 3;
/// Honest people.
const PEOPLE: usize = 200;
/// How long they talk each time without attackers.
const CALM: Duration = Duration::from_secs(2);
/// Longer than anybody waits for a message, also on a busy machine.
const SEEN: Duration = Duration::from_secs(3);
/// Bytes by which the server may grow.
const GROWTH: usize = 128 * 1024 * 1024;

fn setting(name: &str, usual: usize) -> usize {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}

fn percentile(took: &mut [Duration], of: usize) -> Duration {
    took.sort_unstable();
    took[(took.len() * of / 100).min(took.len() - 1)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn au17_wp2_wp31_honest_people_notice_no_attack() {
    let long = Duration::from_secs(setting("REDTEAM_SECONDS", SECONDS) as u64);
    let mut world = World::start_strict_program(PROGRAM).await;
    let process = world.program().id();
    let honest = Honest::enter(&world, setting("REDTEAM_PEOPLE", PEOPLE)).await;
    let before = memory_of(process);
    let (mut calm, mut attacked, mut said) =
        ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()], 0);
    let gather = |all: &mut [Vec<_>; 2], more: [Vec<_>; 2]| {
        all.iter_mut().zip(more).for_each(|(all, more)| all.extend(more));
    };
    for round in 0..ROUNDS {
        gather(&mut calm, honest.talk(Instant::now() + CALM).await);
        let until = Instant::now() + long / ROUNDS;
        let attacking = attack(&world, until, round);
        gather(&mut attacked, honest.talk(until).await);
        said += tokio::task::spawn_blocking(move || attacking.join().unwrap()).await.unwrap();
    }
    let grown = memory_of(process).zip(before).map(|(after, before)| after.saturating_sub(before));
    honest.noticed_nothing().await;
    let mut figures = format!("{} honest people, {said} attacks, grown by {grown:?}", honest.len());
    for (who, at) in [("eager, seen", 0), ("calm, accepted", 1)] {
        let [p50, p99] =
            [50, 99].map(|of| [&mut calm, &mut attacked].map(|all| percentile(&mut all[at], of)));
        let ratio = p99[1].as_secs_f64() / p99[0].as_secs_f64();
        figures += &format!(
            "; {who}: {} messages, median {:?} (without attackers {:?}), \
             p99 {:?} ({:?}), {ratio:.2}",
            attacked[at].len(),
            p50[1],
            p50[0],
            p99[1],
            p99[0],
        );
        assert!(p99[1] < SEEN, "{figures}");
    }
    assert!(said > 500 && attacked.iter().all(|took| took.len() > 20), "{figures}");
    assert!(grown.is_none_or(|grown| grown < GROWTH), "{figures}");
    drop(honest);
    let log = String::from_utf8(world.stop_server().await).unwrap();
    assert!(!log.contains("panicked"), "panics, caught ones too: {log}");
    println!("{figures}");
}
