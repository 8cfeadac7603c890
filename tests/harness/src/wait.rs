//! Waiting, never for ever.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// Longer than anything here takes, even on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How often is looked.
const LOOK: Duration = Duration::from_millis(5);

/// Characters of what was seen last that are worth reading.
const SHOWN: usize = 2_000;

/// Looks until what is seen is as expected, and returns it.
///
/// # Panics
/// After [`PATIENCE`], with what was expected and what was seen last.
pub async fn eventually<T: Debug>(
    what: &str,
    mut look: impl AsyncFnMut() -> T,
    expected: impl Fn(&T) -> bool,
) -> T {
    let begun = Instant::now();
    loop {
        let seen = look().await;
        if expected(&seen) {
            return seen;
        }
        if begun.elapsed() >= PATIENCE {
            let seen: String = format!("{seen:?}").chars().take(SHOWN).collect();
            panic!("{what}: not in time; last: {seen}");
        }
        tokio::time::sleep(LOOK).await;
    }
}
