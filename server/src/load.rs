//! How busy the server is, and what it sheds when it has more to do than it can.
//!
//! The measure is what people feel: how long operations have been waiting, from being read off a
//! socket to being answered. It grows with whatever is too slow, processors, reading or the disk,
//! and needs no figure of what this machine can do. One conversation that is flooded makes only its
//! own people wait, so a server is as busy as the 32nd of those that have waited longest: work for
//! so many is there only when all of it goes slowly.

use core::time::Duration;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rejoinder_core::id::ConversationId;
use rejoinder_core::limits;
use tokio::time::Instant;

use crate::throttle::Wait;

/// What may be shed, from what goes first to what goes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Burden {
    /// Telling others that somebody types or looks.
    Presence,
    /// A visitor begins a conversation.
    Beginning,
    /// A visitor's operations.
    Visitors,
    /// Operations of agents and of the assistant.
    Teams,
}

impl Burden {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::Presence, Self::Beginning, Self::Visitors, Self::Teams];

    /// Milliseconds that operations wait from which on it is shed.
    const fn shed_from_millis(self) -> u64 {
        match self {
            Self::Presence => limits::SHED_PRESENCE_MILLIS,
            Self::Beginning => limits::SHED_BEGINNINGS_MILLIS,
            Self::Visitors => limits::SHED_VISITORS_MILLIS,
            Self::Teams => limits::SHED_TEAMS_MILLIS,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Presence => "presence",
            Self::Beginning => "beginnings",
            Self::Visitors => "visitors",
            Self::Teams => "teams",
        }
    }
}

/// Whether a server whose operations wait for so long sheds something: the one decision, of which
/// nothing else is asked.
#[must_use]
pub fn is_shed(burden: Burden, waited: Duration) -> bool {
    waited >= Duration::from_millis(burden.shed_from_millis())
}

/// How long the `nth` of those that are put off is to wait: whichever follow one another, they are
/// spread evenly.
#[must_use]
pub const fn wait(nth: u64) -> Wait {
    // Multiples of the golden ratio, of which only the part behind the point counts.
    let part = nth.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    Wait(limits::SHED_RETRY_MILLIS + ((part * limits::SHED_SPREAD_MILLIS) >> 32))
}

/// What waits to be carried out, in every conversation.
#[derive(Clone, Debug, Default)]
pub struct Load(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// How much was shed.
    shed: AtomicU64,
}

#[derive(Debug, Default)]
struct Waiting {
    /// When what waits in a conversation came, in its order.
    since: HashMap<ConversationId, VecDeque<Instant>>,
    /// The conversations, by the first of these.
    longest: BTreeSet<(Instant, ConversationId)>,
}

/// Operations that wait, until this is dropped.
#[derive(Debug)]
pub struct Waits {
    load: Load,
    conversation: ConversationId,
}

impl Load {
    /// Operations for a conversation have come.
    #[must_use]
    pub fn waits(&self, conversation: ConversationId, now: Instant) -> Waits {
        let mut waiting = self.lock();
        let since = waiting.since.entry(conversation).or_default();
        since.push_back(now);
        if since.len() == 1 {
            waiting.longest.insert((now, conversation));
        }
        Waits { load: self.clone(), conversation }
    }

    /// How long operations have been waiting in the one that has waited shortest of the
    /// [`limits::BUSY_CONVERSATIONS`] that have waited longest; nothing where fewer wait.
    #[must_use]
    pub fn waited(&self, now: Instant) -> Duration {
        let waiting = self.lock();
        let last = waiting.longest.iter().nth(limits::BUSY_CONVERSATIONS - 1);
        last.map_or(Duration::ZERO, |(since, _)| now.saturating_duration_since(*since))
    }

    /// Lets something pass, or says how long it is to wait. What is shed is counted.
    ///
    /// # Errors
    /// [`Wait`].
    pub fn admits(&self, burden: Burden) -> Result<(), Wait> {
        if !is_shed(burden, self.waited(Instant::now())) {
            return Ok(());
        }
        metrics::counter!("rejoinder_shed_total", "what" => burden.name()).increment(1);
        Err(wait(self.0.shed.fetch_add(1, Ordering::Relaxed)))
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waits {
    /// A conversation's operations are answered in the order in which they came.
    fn drop(&mut self) {
        let mut guard = self.load.lock();
        let waiting = &mut *guard;
        let Some(since) = waiting.since.get_mut(&self.conversation) else { return };
        if let Some(first) = since.pop_front() {
            waiting.longest.remove(&(first, self.conversation));
        }
        match since.front() {
            Some(next) => drop(waiting.longest.insert((*next, self.conversation))),
            None => drop(waiting.since.remove(&self.conversation)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Burden, Load, is_shed, wait};
    use crate::throttle::Wait;
    use core::time::Duration;
    use rejoinder_core::id::ConversationId;
    use rejoinder_core::limits;
    use tokio::time::Instant;

    fn chat(n: usize) -> ConversationId {
        ConversationId::from_bytes([u8::try_from(n).unwrap(); 16])
    }

    #[test]
    fn wp37_presence_is_shed_first_and_agents_last() {
        // Milliseconds that operations wait, and what is shed then.
        let table: [(u64, &[Burden]); 6] = [
            (0, &[]),
            (249, &[]),
            (250, &[Burden::Presence]),
            (500, &[Burden::Presence, Burden::Beginning]),
            (1_000, &[Burden::Presence, Burden::Beginning, Burden::Visitors]),
            (4_000, &Burden::ALL),
        ];
        for (millis, expected) in table {
            let shed = |burden: &Burden| is_shed(*burden, Duration::from_millis(millis));
            let found: Vec<_> = Burden::ALL.into_iter().filter(shed).collect();
            assert_eq!(found, expected, "{millis} ms");
        }
    }

    #[test]
    fn wp37_those_who_are_put_off_together_come_back_one_after_another() {
        for from in [0, 1_000_000] {
            let mut waits: Vec<u64> = (from..from + 100).map(|nth| wait(nth).0).collect();
            waits.sort_unstable();
            let (first, last) = (waits[0], waits[99]);
            assert!(first >= limits::SHED_RETRY_MILLIS, "{first}");
            assert!(last < limits::SHED_RETRY_MILLIS + limits::SHED_SPREAD_MILLIS, "{last}");
            let gaps = waits.windows(2).map(|two| two[1] - two[0]);
            assert!(gaps.max() < Some(limits::SHED_SPREAD_MILLIS / 30), "{waits:?}");
        }
        assert_eq!(Load::default().admits(Burden::Teams), Ok::<(), Wait>(()));
    }

    #[test]
    fn wp37_a_server_is_busy_when_many_conversations_wait() {
        let (load, begun) = (Load::default(), Instant::now());
        let later = begun + Duration::from_secs(9);
        let mut waiting: Vec<_> = (0..1_000).map(|_| load.waits(chat(0), begun)).collect();
        let others = limits::BUSY_CONVERSATIONS - 2;
        waiting.extend((1..=others).map(|n| load.waits(chat(n), begun)));
        assert_eq!(load.waited(later), Duration::ZERO, "a flood, and a few beside it");
        let last = load.waits(chat(others + 1), begun + Duration::from_secs(2));
        assert_eq!(load.waited(later), Duration::from_secs(7), "as long as the last of them");
        drop(last);
        assert_eq!(load.waited(later), Duration::ZERO);
    }

    #[test]
    fn wp37_what_is_answered_waits_no_more() {
        let (load, begun) = (Load::default(), Instant::now());
        let at = |seconds| begun + Duration::from_secs(seconds);
        let chats = 0..limits::BUSY_CONVERSATIONS;
        let first: Vec<_> = chats.clone().map(|n| load.waits(chat(n), at(0))).collect();
        let second: Vec<_> = chats.map(|n| load.waits(chat(n), at(3))).collect();
        assert_eq!(load.waited(at(5)), Duration::from_secs(5));
        drop(first);
        assert_eq!(load.waited(at(5)), Duration::from_secs(2), "the next ones came later");
        drop(second);
        assert_eq!(load.waited(at(5)), Duration::ZERO);
        assert!(load.lock().since.is_empty() && load.lock().longest.is_empty());
    }
}
