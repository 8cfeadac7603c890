//! How long to wait before connecting again.

use std::time::Duration;

use rejoinder_core::dice::Dice;
use rejoinder_core::limits;

/// Full jitter: the wait is drawn evenly between nothing and a bound that doubles with each
/// failure, from the first try on, so that clients which lost a server together do not come back
/// together.
#[derive(Debug)]
pub(super) struct Backoff {
    dice: Dice,
    failures: u32,
    at_least_millis: u64,
}

impl Backoff {
    pub(super) const fn new(dice: Dice) -> Self {
        Self { dice, failures: 0, at_least_millis: 0 }
    }

    /// The wait before the next try. What the server asked for counts once.
    pub(super) fn wait(&mut self) -> Duration {
        let bound = self.bound_millis();
        let drawn = self.dice.below(bound + 1);
        let least = core::mem::take(&mut self.at_least_millis);
        // Those that were all asked to wait as long spread over the bound after it.
        let millis = if least > 0 { least.saturating_add(drawn) } else { drawn };
        Duration::from_millis(millis)
    }

    fn bound_millis(&self) -> u64 {
        let doubled = limits::RECONNECT_FIRST_MILLIS << self.failures.min(16);
        doubled.min(limits::RECONNECT_LONGEST_MILLIS)
    }

    pub(super) fn failed(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }

    pub(super) fn failed_until(&mut self, at_least_millis: u64) {
        self.failed();
        self.at_least_millis = at_least_millis;
    }

    pub(super) const fn wait_longest(&mut self) {
        self.failures = u32::MAX;
    }

    pub(super) const fn forget_failures(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use rejoinder_core::dice::Dice;

    use super::Backoff;

    #[test]
    fn se10_waits_are_drawn_evenly_below_a_bound_that_doubles_up_to_30_s() {
        let mut backoff = Backoff::new(Dice::from_seed([7; 32]));
        for bound in [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
            let waits: Vec<_> = (0..400).map(|_| backoff.wait().as_millis()).collect();
            assert!(waits.iter().all(|&wait| wait <= bound), "above {bound} ms");
            let low = waits.iter().filter(|&&wait| wait < bound / 2).count();
            assert!((150..250).contains(&low), "{low} of 400 in the lower half of {bound} ms");
            backoff.failed();
        }
        backoff.forget_failures();
        assert!(backoff.wait().as_millis() <= 500);
    }

    #[test]
    fn se10_a_wait_is_never_less_than_the_server_asked_for() {
        let mut backoff = Backoff::new(Dice::from_seed([7; 32]));
        for _ in 0..100 {
            backoff.forget_failures();
            backoff.failed_until(5_000);
            assert!((5_000..=6_000).contains(&backoff.wait().as_millis()));
        }
        assert!(backoff.wait().as_millis() <= 1_000, "it counts once");
    }
}
