//! How much one participant, one site's visitors and one address may ask for in a while. Who asks
//! for more is told how long to wait, and nothing of it is carried out.
//!
//! Unlike [log-ins and new visitors](crate::directory), which are counted exactly over long spans,
//! these are buckets that fill up again all the time: an outbox of days goes at once.

use core::num::NonZeroU32;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use governor::clock::Clock;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use rejoinder_core::id::{ParticipantId, SiteId};
use rejoinder_core::limits;

use crate::directory::{Scope, TokenHash};

/// Keys of one sort that are remembered before full buckets are forgotten.
const REMEMBERED: usize = 65_536;

/// How much is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// Operations of one participant in a second, in the long run.
    pub operations_per_second: u32,
    /// Requests over REST with one token in a second, in the long run.
    pub requests_per_second: u32,
    /// Connections from one address at a time.
    pub connections_per_address: u32,
}

impl Default for Allowed {
    fn default() -> Self {
        Self {
            operations_per_second: limits::OPERATIONS_PER_SECOND,
            requests_per_second: limits::REQUESTS_PER_SECOND,
            connections_per_address: limits::CONNECTIONS_PER_ADDRESS,
        }
    }
}

/// Milliseconds to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(pub u64);

/// Where somebody connects from. A household or a server commonly has a whole IPv6 /64, so that is
/// one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Source(IpAddr);

impl Source {
    fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        })
    }
}

/// Tokio's clock, which simulations move.
#[derive(Clone, Debug)]
struct Ticks;

impl Clock for Ticks {
    type Instant = std::time::Instant;

    fn now(&self) -> Self::Instant {
        tokio::time::Instant::now().into_std()
    }
}

/// Buckets of one sort.
struct Buckets<K: Hash + Eq + Clone>(RateLimiter<K, DefaultKeyedStateStore<K>, Ticks>);

impl<K: Hash + Eq + Clone> Buckets<K> {
    /// So many in a second in the long run, and as many as come in `seconds` of it at once.
    fn new(per_second: u32, seconds: u32) -> Self {
        let one = NonZeroU32::MIN;
        let rate = NonZeroU32::new(per_second).unwrap_or(one);
        let burst = NonZeroU32::new(per_second.saturating_mul(seconds)).unwrap_or(one);
        Self(RateLimiter::dashmap_with_clock(Quota::per_second(rate).allow_burst(burst), Ticks))
    }

    /// Takes so many out of a bucket, which holds as many as one frame can ask for.
    fn take(&self, key: &K, many: u32) -> Result<(), Wait> {
        let Some(many) = NonZeroU32::new(many) else { return Ok(()) };
        if self.0.len() > REMEMBERED {
            self.0.retain_recent();
        }
        match self.0.check_key_n(key, many) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_yet)) => {
                let wait = not_yet.wait_time_from(Ticks.now());
                Err(Wait(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1)))
            }
            // A bucket that is smaller than the question is emptied by it, once a while.
            Err(_) => self.take(key, 1),
        }
    }
}

/// How much everybody has asked for.
pub struct Throttle {
    allowed: Allowed,
    operations: Buckets<ParticipantId>,
    frames: Buckets<ParticipantId>,
    operations_from: Buckets<Source>,
    operations_on: Buckets<SiteId>,
    requests: Buckets<TokenHash>,
    requests_from: Buckets<Source>,
    connections: Arc<Mutex<HashMap<Whose, u32>>>,
}

/// Whose connections are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Whose {
    Address(Source),
    Participant(ParticipantId),
}

impl core::fmt::Debug for Throttle {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Throttle").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

impl Throttle {
    /// Full buckets.
    #[must_use]
    pub fn new(allowed: Allowed) -> Self {
        let Allowed { operations_per_second: operations, requests_per_second: requests, .. } =
            allowed;
        let of = |rate: u32, times: u32| rate.saturating_mul(times);
        let (at_once, asked) = (limits::OPERATIONS_SECONDS, limits::REQUESTS_SECONDS);
        Self {
            allowed,
            operations: Buckets::new(operations, at_once),
            frames: Buckets::new(of(operations, limits::FRAMES_AN_OPERATION), at_once),
            operations_from: Buckets::new(of(operations, limits::BUSY_IN_ADDRESS), at_once),
            operations_on: Buckets::new(of(operations, limits::BUSY_VISITORS), at_once),
            requests: Buckets::new(requests, asked),
            requests_from: Buckets::new(of(requests, limits::BUSY_IN_ADDRESS), asked),
            connections: Arc::default(),
        }
    }

    /// Somebody pushes operations. What a site's visitors push together keeps no agent from
    /// answering.
    ///
    /// # Errors
    /// [`Wait`].
    pub fn pushes(
        &self,
        who: ParticipantId,
        scope: &Scope,
        from: IpAddr,
        operations: usize,
    ) -> Result<(), Wait> {
        let many = u32::try_from(operations).unwrap_or(u32::MAX).max(1);
        self.operations.take(&who, many)?;
        self.operations_from.take(&Source::of(from), many)?;
        match scope {
            Scope::Visitor { site } => self.operations_on.take(site, many),
            Scope::All | Scope::Sites(_) => Ok(()),
        }
    }

    /// Somebody says anything else.
    ///
    /// # Errors
    /// [`Wait`].
    pub fn says(&self, who: ParticipantId) -> Result<(), Wait> {
        self.frames.take(&who, 1)
    }

    /// Somebody asks over REST, with a token or without one.
    ///
    /// # Errors
    /// [`Wait`].
    pub fn asks(&self, token: Option<TokenHash>, from: IpAddr) -> Result<(), Wait> {
        self.requests_from.take(&Source::of(from), 1)?;
        token.map_or(Ok(()), |token| self.requests.take(&token, 1))
    }

    /// Somebody connects from an address. The turn ends when it is dropped.
    ///
    /// # Errors
    /// [`Wait`].
    pub fn connects(&self, from: IpAddr) -> Result<Turn, Wait> {
        let whose = Whose::Address(Source::of(from));
        self.turn(whose, self.allowed.connections_per_address)
    }

    /// It turned out who it is.
    ///
    /// # Errors
    /// [`Wait`].
    pub fn arrives(&self, who: ParticipantId) -> Result<Turn, Wait> {
        self.turn(Whose::Participant(who), limits::CONNECTIONS)
    }

    fn turn(&self, whose: Whose, at_most: u32) -> Result<Turn, Wait> {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        let count = connections.entry(whose).or_default();
        if *count >= at_most {
            return Err(Wait(limits::CROWDED_RETRY_MILLIS));
        }
        *count += 1;
        Ok(Turn { whose, connections: Arc::clone(&self.connections) })
    }
}

/// A connection that counts. Dropped, it counts no more.
#[derive(Debug)]
pub struct Turn {
    whose: Whose,
    connections: Arc<Mutex<HashMap<Whose, u32>>>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = connections.get_mut(&self.whose) {
            *count -= 1;
            if *count == 0 {
                connections.remove(&self.whose);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Allowed, Throttle, Wait};
    use crate::directory::Scope;
    use rejoinder_core::id::{ParticipantId, SiteId};
    use rejoinder_core::limits;
    use std::net::IpAddr;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const SITE: Scope = Scope::Visitor { site: SiteId::from_bytes([1; 16]) };

    fn person(n: u8) -> ParticipantId {
        ParticipantId::from_bytes([n; 16])
    }

    #[test]
    fn wp31_an_outbox_of_days_goes_at_once_and_a_flood_waits() {
        let throttle = Throttle::new(Allowed::default());
        let pushes = |n| throttle.pushes(person(n), &SITE, HERE, limits::PUSH_OPERATIONS);
        for _ in 0..2 * limits::OUTBOX_OPERATIONS / limits::PUSH_OPERATIONS {
            assert_eq!(pushes(1), Ok(()), "two full outboxes");
        }
        let mut refused = (0..100).filter_map(|_| pushes(1).err());
        let Some(Wait(millis)) = refused.next() else { panic!("a flood is put off") };
        assert!((1..10_000).contains(&millis), "{millis} ms");
        assert_eq!(pushes(2), Ok(()), "nobody else waits for it");
    }

    #[test]
    fn wp31_visitors_of_one_site_keep_no_agent_from_answering() {
        let allowed = Allowed { operations_per_second: 1, ..Allowed::default() };
        let throttle = Throttle::new(allowed);
        let from = |n: u32| IpAddr::V4(std::net::Ipv4Addr::from_bits(n << 8));
        let visitor =
            |n: u32| ParticipantId::from_bytes(core::array::from_fn(|i| n.to_le_bytes()[i % 4]));
        let flood = |n| throttle.pushes(visitor(n), &SITE, from(n), 60);
        assert!((0..200).any(|n| flood(n).is_err()), "all of a site's visitors together");
        let agent = throttle.pushes(person(200), &Scope::All, from(1_000), 60);
        assert_eq!(agent, Ok(()));
        let elsewhere = Scope::Visitor { site: SiteId::from_bytes([2; 16]) };
        assert_eq!(throttle.pushes(person(201), &elsewhere, from(1_001), 60), Ok(()));
    }

    #[test]
    fn wp32_connections_count_as_long_as_they_last() {
        let throttle = Throttle::new(Allowed { connections_per_address: 2, ..Allowed::default() });
        let (first, second) = (throttle.connects(HERE).unwrap(), throttle.connects(HERE));
        assert!(second.is_ok() && throttle.connects(HERE).is_err());
        drop(first);
        assert!(throttle.connects(HERE).is_ok());
        let tabs: Vec<_> =
            (0..limits::CONNECTIONS).map(|_| throttle.arrives(person(1)).unwrap()).collect();
        assert!(throttle.arrives(person(1)).is_err() && throttle.arrives(person(2)).is_ok());
        drop(tabs);
        assert!(throttle.arrives(person(1)).is_ok());
    }

    #[test]
    fn rt61_requests_are_counted_by_token_and_by_address() {
        let throttle = Throttle::new(Allowed { requests_per_second: 1, ..Allowed::default() });
        let token = crate::directory::TokenHash::of("a");
        let asks = |token| (0..1_000).take_while(|_| throttle.asks(token, HERE).is_ok()).count();
        let of_token = asks(Some(token));
        assert!((15..20).contains(&of_token), "{of_token}");
        assert!(asks(Some(crate::directory::TokenHash::of("b"))) > 10, "another token");
        assert!(asks(None) < 300 && throttle.asks(None, HERE).is_err(), "the address as a whole");
    }
}
