//! How often one address may try: exact, over a sliding window, in bounded memory.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};

use rejoinder_core::time::Timestamp;

/// Tries remembered over all addresses: 1 to 2 MiB. Past it the addresses that have been quiet
/// longest are forgotten, which lets them try again sooner and stops nobody.
const TRIES: usize = 65_536;

/// At most so many tries of one source in any span of this length.
///
/// Time is an argument here, and the count exact, which is why this is not a leaky bucket from a
/// library: those read a clock, and allow twice the number in the worst hour.
#[derive(Debug)]
pub(super) struct SlidingWindow<K> {
    at_most: usize,
    span_millis: i64,
    tries: BTreeMap<K, VecDeque<Timestamp>>,
    remembered: usize,
}

/// Where tries come from. A household or a server commonly has a whole IPv6 /64, so that is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Source(IpAddr);

impl Source {
    pub(super) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        })
    }
}

impl<K: Copy + Ord> SlidingWindow<K> {
    /// `at_most` is 1 at least.
    pub(super) fn new(at_most: u32, span_millis: i64) -> Self {
        let at_most = usize::try_from(at_most.max(1)).unwrap_or(usize::MAX);
        Self { at_most, span_millis, tries: BTreeMap::new(), remembered: 0 }
    }

    /// Counts a try, or says after how many milliseconds the next one is allowed. A try that is
    /// not allowed is not counted: who waits as told gets in.
    pub(super) fn admit(&mut self, source: K, now: Timestamp) -> Result<(), u64> {
        self.forget_old_tries_of(source, now);
        let tries = self.tries.entry(source).or_default();
        if tries.len() >= self.at_most {
            let first = tries.front().copied().unwrap_or(now);
            let wait = first.plus_millis(self.span_millis).millis_since(now).max(1);
            return Err(wait.unsigned_abs());
        }
        tries.push_back(now);
        self.remembered += 1;
        if self.remembered > TRIES {
            self.make_room(now);
        }
        Ok(())
    }

    fn forget_old_tries_of(&mut self, source: K, now: Timestamp) {
        let Some(tries) = self.tries.get_mut(&source) else { return };
        // A clock that was set back must not lock anybody out for longer than a span.
        let recent = |at: &Timestamp| now.millis_since(*at).abs() < self.span_millis;
        let before = tries.len();
        tries.retain(recent);
        self.remembered -= before - tries.len();
        if tries.is_empty() {
            self.tries.remove(&source);
        }
    }

    /// Forgets what is old, and then the quieter half of the addresses if that was not enough.
    /// Half at once, so that it costs little a try.
    fn make_room(&mut self, now: Timestamp) {
        let sources: Vec<K> = self.tries.keys().copied().collect();
        for source in sources {
            self.forget_old_tries_of(source, now);
        }
        if self.remembered <= TRIES / 2 {
            return;
        }
        let mut latest: Vec<Timestamp> =
            self.tries.values().filter_map(VecDeque::back).copied().collect();
        let middle = latest.len() / 2;
        let (_, median, _) = latest.select_nth_unstable(middle);
        let median = *median;
        self.tries.retain(|_, tries| tries.back().is_some_and(|at| *at > median));
        self.remembered = self.tries.values().map(VecDeque::len).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::{SlidingWindow, Source, TRIES};
    use rejoinder_core::time::Timestamp;
    use std::net::{IpAddr, Ipv4Addr};

    const MINUTE: i64 = 60_000;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn address(text: &str) -> Source {
        Source::of(text.parse().unwrap())
    }

    #[test]
    fn the_third_try_waits_until_the_first_is_a_minute_old() {
        let mut window = SlidingWindow::new(2, MINUTE);
        let ann = address("192.0.2.1");
        assert_eq!(window.admit(ann, at(0)), Ok(()));
        assert_eq!(window.admit(ann, at(10_000)), Ok(()));
        assert_eq!(window.admit(ann, at(20_000)), Err(40_000));
        assert_eq!(window.admit(address("192.0.2.2"), at(20_000)), Ok(()));
        assert_eq!(window.admit(ann, at(60_000)), Ok(()));
        assert_eq!(window.admit(ann, at(60_001)), Err(9_999));
    }

    #[test]
    fn all_addresses_of_one_network_count_as_one() {
        let mut window = SlidingWindow::new(1, MINUTE);
        assert_eq!(window.admit(address("2001:db8:1:2::1"), at(0)), Ok(()));
        assert!(window.admit(address("2001:db8:1:2:ffff::9"), at(0)).is_err());
        assert_eq!(window.admit(address("2001:db8:1:3::1"), at(0)), Ok(()));
        assert_eq!(window.admit(address("192.0.2.1"), at(0)), Ok(()));
        assert!(window.admit(address("::ffff:192.0.2.1"), at(0)).is_err());
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let mut window = SlidingWindow::new(1, MINUTE);
        let ann = address("192.0.2.1");
        assert_eq!(window.admit(ann, at(10 * MINUTE)), Ok(()));
        assert_eq!(window.admit(ann, at(0)), Ok(()));
    }

    #[test]
    fn many_addresses_do_not_fill_the_memory() {
        let mut window = SlidingWindow::new(5, MINUTE);
        for number in 0..200_000_u32 {
            let address = Source::of(IpAddr::V4(Ipv4Addr::from_bits(number)));
            assert_eq!(window.admit(address, at(i64::from(number / 1_000))), Ok(()));
            assert!(window.remembered <= TRIES + 1);
        }
        assert_eq!(window.remembered, window.tries.len());
    }
}
