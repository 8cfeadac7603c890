//! AU17, WP2, WP13: hostile frames, as many as there is time for. Nothing panics, not even where it
//! would be caught; no frame is slow or holds much memory; whatever is accepted is kept, and honest
//! people go on.
//!
//! `FUZZ_SECONDS=600 cargo test --release -p rejoinder-fuzz --test frames -- --nocapture` runs for
//! longer, `FUZZ_SEED=17` plays one run again.
#![expect(clippy::unwrap_used, reason = "it serves tests only")]
#![expect(clippy::print_stdout, reason = "figures are for whoever runs it")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;
use rejoinder_fuzz::{Gauge, Run, Tally};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Frames of one run: long enough for logs of hundreds of changes, short enough to play again.
const FRAMES: usize = 2_000;

/// Seconds of a run that nobody has asked to be longer.
const SECONDS: u64 = 60;

/// Bytes that one frame may hold at a time.
const MEMORY_A_FRAME: usize = 1024 * 1024;

/// How long a frame may take, its storing included, where the program is optimised.
const SLOWEST: Duration = Duration::from_millis(20);

/// How often a run is played again in which a frame was slow.
const AGAIN: usize = 2;

static PANICS: AtomicU64 = AtomicU64::new(0);

#[derive(Debug, Default)]
struct Memory {
    before: usize,
}

impl Gauge for Memory {
    fn begins(&mut self) {
        MEMORY.reset_peak_usage();
        self.before = MEMORY.current_usage();
    }

    fn peak(&mut self) -> usize {
        MEMORY.peak_usage().saturating_sub(self.before)
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

/// Says which seed it was, whatever goes wrong.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("play it again with FUZZ_SEED={}", self.0);
        }
    }
}

#[test]
fn wp13_hostile_frames_break_nothing() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        usual(panic);
    }));
    let begun = Instant::now();
    let mut total = Tally::default();
    let one = number("FUZZ_SEED");
    let long = Duration::from_secs(number("FUZZ_SECONDS").unwrap_or(SECONDS));
    let mut seeds = one.map_or(1.., |seed| seed..);
    while begun.elapsed() < long {
        let Some(seed) = seeds.next() else { break };
        let playing = Seed(seed);
        let mut tally = Run::new(seed, Memory::default()).frames(FRAMES);
        for _ in 0..AGAIN {
            // The same seed is the same work: what is slow once only, the machine was.
            if tally.slowest >= SLOWEST {
                let again = Run::new(seed, Memory::default()).frames(FRAMES);
                tally.slowest = tally.slowest.min(again.slowest);
            }
        }
        assert!(tally.peak < MEMORY_A_FRAME, "a frame held {} bytes", tally.peak);
        if !cfg!(debug_assertions) {
            assert!(tally.slowest < SLOWEST, "a frame took {:?}", tally.slowest);
        }
        total.add(&tally);
        drop(playing);
        if one.is_some() {
            break;
        }
    }
    println!("{total:#?}");
    let rate = total.frames as f64 / total.busy.as_secs_f64();
    println!("{} frames, {rate:.0} a second of the server's time", total.frames);
    assert_eq!(PANICS.load(Ordering::Relaxed), 0, "panics, caught ones too");
    assert!(total.tampered > 0 && total.honest > 0, "no frame was let through");
    assert!(one.is_some() || total.refusals() >= 18, "only {} refusals", total.refusals());
}

#[test]
fn wp13_each_eight_bytes_of_a_script_decide_on_one_frame() {
    let script: Vec<u8> = (0..400_u64).flat_map(|n| (n * n).to_be_bytes()).collect();
    let play = |script: &[u8]| Run::new(1, ()).script(script);
    let (all, again) = (play(&script), play(&script));
    assert_eq!((all.tampered, all.honest), (again.tampered, again.honest));
    assert!(all.tampered > 0 && all.frames >= 400);
    assert!(play(&script[..8 * 100]).frames < all.frames);
}
