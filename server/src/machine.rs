//! The machine that a server runs on, as far as a server looks at it: its clock, its randomness,
//! and the threads that do what takes a while.
//!
//! Beside the real one there is one that tests simulate. They say what time it is there and from
//! which seed all randomness comes, and everything is done in the thread that asks for it: so the
//! same seed is the same run.

use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};

use rejoinder_core::dice::Dice;
use rejoinder_core::time::Timestamp;

use crate::{clock, entropy};

/// A machine. The default is the real one, whose clock and randomness are the system's; no setting
/// leads to another.
///
/// A clone is the same machine.
#[derive(Clone, Debug, Default)]
pub struct Machine(Option<Arc<Simulated>>);

/// What was asked for was not carried out to its end: it panicked, or the server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what was begun was broken off: the server is shutting down")]
pub struct BrokenOff;

struct Simulated {
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    dice: Mutex<Dice>,
    slowest: u64,
}

impl core::fmt::Debug for Simulated {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Simulated")
    }
}

impl Machine {
    /// A machine for tests, and for nothing else: whoever knows the seed knows every key.
    ///
    /// Whatever takes a while takes up to `slowest` by tokio's clock before it is done, and as much
    /// again until that is known; by this machine's own clock nothing takes any time.
    #[must_use]
    pub fn simulated(
        seed: [u8; 32],
        slowest: Duration,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Self {
        let slowest = u64::try_from(slowest.as_millis()).unwrap_or(u64::MAX - 1);
        let (clock, dice) = (Box::new(clock), Mutex::new(Dice::from_seed(seed)));
        Self(Some(Arc::new(Simulated { clock, dice, slowest })))
    }

    /// Whether there are other threads than the one that asks.
    pub(crate) const fn has_threads(&self) -> bool {
        self.0.is_none()
    }

    /// This moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.as_ref().map_or_else(clock::now, |simulated| (simulated.clock)())
    }

    /// Dice that nobody else has: seeded by the operating system, as [`entropy::dice`] says.
    ///
    /// # Panics
    /// Where that does.
    #[must_use]
    pub fn dice(&self) -> Dice {
        self.0.as_ref().map_or_else(entropy::dice, |simulated| simulated.dice())
    }

    /// The same, for those who can say that there is no randomness.
    ///
    /// # Errors
    /// What the operating system says.
    pub(crate) fn try_dice(&self) -> Result<Dice, getrandom::Error> {
        self.0.as_ref().map_or_else(entropy::try_dice, |simulated| Ok(simulated.dice()))
    }

    /// Does something that takes a while where it holds nobody up.
    ///
    /// # Errors
    /// [`BrokenOff`].
    pub async fn does<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, BrokenOff> {
        if self.has_threads() {
            return tokio::task::spawn_blocking(work).await.map_err(|_| BrokenOff);
        }
        self.passes().await;
        let done = work();
        self.passes().await;
        Ok(done)
    }

    /// Begins something that nobody waits for.
    pub fn begins(&self, work: impl FnOnce() + Send + 'static) {
        let machine = self.clone();
        tokio::spawn(async move { machine.does(work).await });
    }

    /// Waits as long as a slow disk or a busy processor takes, where those are simulated.
    pub(crate) async fn passes(&self) {
        let Some(simulated) = &self.0 else { return };
        let millis = simulated.takes();
        if millis > 0 {
            tokio::time::sleep(Duration::from_millis(millis)).await;
        }
    }
}

impl Simulated {
    fn dice(&self) -> Dice {
        Dice::from_seed(self.dice.lock().unwrap_or_else(PoisonError::into_inner).bytes())
    }

    fn takes(&self) -> u64 {
        if self.slowest == 0 {
            return 0;
        }
        self.dice.lock().unwrap_or_else(PoisonError::into_inner).below(self.slowest + 1)
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use rejoinder_core::time::Timestamp;

    use super::{BrokenOff, Machine};

    fn simulated() -> Machine {
        Machine::simulated([1; 32], Duration::ZERO, || Timestamp::from_millis(17))
    }

    #[test]
    fn the_default_is_the_system_s() {
        let machine = Machine::default();
        assert!(machine.now().is_plausible());
        assert_ne!(machine.dice().bytes::<32>(), Machine::default().dice().bytes::<32>());
    }

    #[test]
    fn a_seed_makes_the_same_dice_in_the_same_order() {
        let (one, other) = (simulated(), simulated());
        for _ in 0..2 {
            assert_eq!(one.dice().bytes::<32>(), other.dice().bytes::<32>());
        }
        assert_ne!(one.dice().bytes::<32>(), one.dice().bytes::<32>());
        assert_eq!(one.now(), Timestamp::from_millis(17));
    }

    #[tokio::test]
    async fn work_is_done_in_a_thread_of_its_own_or_here() {
        let here = std::thread::current().id();
        let asks = || std::thread::current().id();
        assert_ne!(Machine::default().does(asks).await, Ok(here));
        assert_eq!(simulated().does(asks).await, Ok(here));
        let panics = || -> () { std::panic::resume_unwind(Box::new(())) };
        assert_eq!(Machine::default().does(panics).await, Err(BrokenOff));
    }
}
