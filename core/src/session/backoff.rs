//! When to connect again: how a connection ended, and how long to wait.

use core::time::Duration;

use crate::dice::Dice;
use crate::limits;
use crate::wire::Problem;

/// How a connection ended, as a shell saw it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    /// What the server said last about the connection, with the milliseconds that it asked to wait.
    pub told: Option<(Problem, Option<u64>)>,
    /// Whether the server had said `Welcome`.
    pub welcomed: bool,
    /// Whether the other side, or the network, ended it.
    pub by_peer: bool,
    /// Milliseconds that it lasted.
    pub lasted_millis: u64,
}

/// Why a connection ended, as far as it says when to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It worked, and then the network or the server went away.
    Lost,
    /// Something is wrong, here or there, that another try may find mended.
    Failed,
    /// The server asked for this many milliseconds at least.
    Later(u64),
    /// Another client with the same device took over: do not fight for it.
    Replaced,
    /// No further try will go better, until somebody asks for one.
    Hopeless,
}

impl From<Ending> for Verdict {
    fn from(ending: Ending) -> Self {
        let lasted = ending.lasted_millis >= limits::RECONNECT_LONGEST_MILLIS;
        match ending.told {
            Some((_, Some(millis))) => Self::Later(millis),
            Some((
                Problem::Version
                | Problem::Credential
                | Problem::UnknownSite
                | Problem::Origin
                | Problem::CodeNeeded,
                None,
            )) => Self::Hopeless,
            Some((Problem::Replaced, None)) => Self::Replaced,
            Some(_) => Self::Failed,
            None if lasted || (ending.welcomed && ending.by_peer) => Self::Lost,
            None => Self::Failed,
        }
    }
}

/// Full jitter: the wait is drawn evenly between nothing and a bound that doubles with each
/// failure, from the first try on, so that clients which lost a server together do not come back
/// together.
#[derive(Debug)]
pub struct Backoff {
    dice: Dice,
    failures: u32,
    at_least_millis: u64,
}

impl Backoff {
    /// No failures yet.
    #[must_use]
    pub const fn new(dice: Dice) -> Self {
        Self { dice, failures: 0, at_least_millis: 0 }
    }

    /// The wait before the next try. What the server asked for counts once.
    pub fn wait(&mut self) -> Duration {
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

    /// Takes how a connection, or a try to make one, ended.
    pub const fn ended(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Lost => self.failures = 0,
            Verdict::Hopeless => {}
            Verdict::Failed => self.failures = self.failures.saturating_add(1),
            Verdict::Later(millis) => {
                self.failures = self.failures.saturating_add(1);
                self.at_least_millis = millis;
            }
            Verdict::Replaced => self.failures = u32::MAX,
        }
    }

    /// Who says that the network is there knows better than a row of failures.
    pub const fn forget_failures(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use crate::dice::Dice;

    use super::{Backoff, Verdict};

    #[test]
    fn se10_waits_are_drawn_evenly_below_a_bound_that_doubles_up_to_30_s() {
        let mut backoff = Backoff::new(Dice::from_seed([7; 32]));
        for bound in [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
            let waits: Vec<_> = (0..400).map(|_| backoff.wait().as_millis()).collect();
            assert!(waits.iter().all(|&wait| wait <= bound), "above {bound} ms");
            let low = waits.iter().filter(|&&wait| wait < bound / 2).count();
            assert!((150..250).contains(&low), "{low} of 400 in the lower half of {bound} ms");
            backoff.ended(Verdict::Failed);
        }
        backoff.forget_failures();
        assert!(backoff.wait().as_millis() <= 500);
    }

    #[test]
    fn se10_a_wait_is_never_less_than_the_server_asked_for() {
        let mut backoff = Backoff::new(Dice::from_seed([7; 32]));
        for _ in 0..100 {
            backoff.forget_failures();
            backoff.ended(Verdict::Later(5_000));
            assert!((5_000..=6_000).contains(&backoff.wait().as_millis()));
        }
        assert!(backoff.wait().as_millis() <= 1_000, "it counts once");
    }
}
