//! Everybody who is connected.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rejoinder_core::id::{ConversationId, DeviceId, ParticipantId, Seq};
use rejoinder_core::principal::Principal;
use rejoinder_core::wire::Keeping;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::directory::{Scope, TokenHash};
use crate::hub::Outbound;

/// How long somebody of the team counts as online after their last connection ended: a page that
/// is loaded again, or a train in a tunnel, puts no site offline.
pub const ONLINE: Duration = Duration::from_secs(60);

/// One connection, as long as the process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(u64);

/// An authenticated connection.
#[derive(Debug)]
pub struct Connected {
    /// Which.
    pub id: ConnectionId,
    /// The client's installation.
    pub device: DeviceId,
    /// Whether it keeps what it receives.
    pub keeping: Keeping,
    /// Whether it takes snapshots.
    pub snapshots: bool,
    /// Who.
    pub principal: Principal,
    /// Where.
    pub scope: Scope,
    /// The token they are known by.
    pub token: TokenHash,
    /// What waits to be sent.
    pub outbound: Outbound,
    /// Whether what it had missed of the feed is being read.
    pub feed_begun: AtomicBool,
    /// Whether it has been told what it had missed of the feed.
    pub feed_read: AtomicBool,
    /// Whether it came with another life of the data: what it has of a message may stand in
    /// another conversation of the line.
    pub reckoned: AtomicBool,
    /// The end of each timeline as a visitor was told it.
    told: Mutex<HashMap<ConversationId, Seq>>,
    news: AtomicU8,
    wake: Notify,
}

/// What a connection is told to look after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Something was recalled in a document that its device holds.
    Erasures = 1,
    /// The directory has changed: ask for its standing again.
    Standing = 2,
    /// A new connection of the same device takes over.
    Replaced = 4,
    /// It reads too slowly for what cannot be left out: it starts again from its cursors.
    TooSlow = 8,
    /// What it may see is less than when it began, though it is who it was: it begins anew.
    Narrowed = 16,
}

impl Connected {
    /// Whether a row of the feed tells a visitor anything: what the team does beside the timeline
    /// must not show, not even by a row that comes again.
    pub(super) fn is_news(&self, conversation: ConversationId, timeline: Seq) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert(conversation, timeline) != Some(timeline)
    }

    /// Tells the connection to look after something.
    pub fn tell(&self, news: News) {
        self.news.fetch_or(news as u8, Ordering::Relaxed);
        self.wake.notify_one();
    }

    /// Waits for something to look after; several come one by one, the gravest first.
    pub async fn news(&self) -> News {
        loop {
            for news in
                [News::Replaced, News::TooSlow, News::Standing, News::Narrowed, News::Erasures]
            {
                if self.news.fetch_and(!(news as u8), Ordering::Relaxed) & news as u8 != 0 {
                    return news;
                }
            }
            self.wake.notified().await;
        }
    }
}

/// Everybody who is connected, by connection, device and participant.
#[derive(Debug, Default)]
pub struct Registry {
    next: AtomicU64,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// In the order in which they came: so they are told.
    connections: BTreeMap<ConnectionId, Arc<Connected>>,
    devices: HashMap<DeviceId, ConnectionId>,
    participants: HashMap<ParticipantId, Vec<ConnectionId>>,
    /// When those of the team were connected last who are not any more. As many as left within
    /// [`ONLINE`].
    departed: HashMap<ParticipantId, Instant>,
}

/// What a new connection brings.
#[derive(Debug)]
pub struct Arrival {
    /// The client's installation.
    pub device: DeviceId,
    /// Whether it keeps what it receives.
    pub keeping: Keeping,
    /// Whether it takes snapshots.
    pub snapshots: bool,
    /// Who.
    pub principal: Principal,
    /// Where.
    pub scope: Scope,
    /// The token they are known by.
    pub token: TokenHash,
    /// What waits to be sent.
    pub outbound: Outbound,
}

impl Registry {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a connection, which takes over from another of the same device.
    pub fn arrive(&self, arrival: Arrival) -> Arc<Connected> {
        let id = ConnectionId(self.next.fetch_add(1, Ordering::Relaxed));
        let Arrival { device, keeping, snapshots, principal, scope, token, outbound } = arrival;
        let connected = Arc::new(Connected {
            id,
            device,
            keeping,
            snapshots,
            principal,
            scope,
            token,
            outbound,
            feed_begun: AtomicBool::new(false),
            feed_read: AtomicBool::new(false),
            reckoned: AtomicBool::new(false),
            told: Mutex::default(),
            news: AtomicU8::new(0),
            wake: Notify::new(),
        });
        let mut inner = self.inner();
        if let Some(former) = inner.devices.insert(device, id)
            && let Some(former) = inner.connections.get(&former)
        {
            former.tell(News::Replaced);
        }
        for participant in participants(&connected.principal) {
            inner.participants.entry(participant).or_default().push(id);
        }
        inner.connections.insert(id, Arc::clone(&connected));
        connected
    }

    /// Removes a connection.
    pub fn depart(&self, connected: &Connected) {
        let mut inner = self.inner();
        inner.connections.remove(&connected.id);
        if inner.devices.get(&connected.device) == Some(&connected.id) {
            inner.devices.remove(&connected.device);
        }
        for participant in participants(&connected.principal) {
            if let Some(ids) = inner.participants.get_mut(&participant) {
                ids.retain(|id| *id != connected.id);
                if ids.is_empty() {
                    inner.participants.remove(&participant);
                }
            }
        }
        if connected.principal.role.reads_team() {
            let now = Instant::now();
            inner.departed.retain(|_, left| now.saturating_duration_since(*left) <= ONLINE);
            inner.departed.insert(connected.principal.participant, now);
        }
    }

    /// Who of the team is online at a moment: connected, or connected within [`ONLINE`] before.
    #[must_use]
    pub fn online(&self, now: Instant) -> BTreeSet<ParticipantId> {
        let inner = self.inner();
        let connected = inner.connections.values().filter(|c| c.principal.role.reads_team());
        let departed = inner.departed.iter();
        let recent = departed.filter(|(_, left)| now.saturating_duration_since(**left) <= ONLINE);
        connected.map(|c| c.principal.participant).chain(recent.map(|(who, _)| *who)).collect()
    }

    /// How many are connected.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner().connections.len()
    }

    /// Whether nobody is connected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All connections.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Connected>> {
        self.inner().connections.values().cloned().collect()
    }

    /// Connections of agents and of the assistant.
    #[must_use]
    pub fn team(&self) -> Vec<Arc<Connected>> {
        let team = |connected: &&Arc<Connected>| connected.principal.role.reads_team();
        self.inner().connections.values().filter(team).cloned().collect()
    }

    /// Connections of devices that came with another life of the data.
    #[must_use]
    pub fn reckoned(&self) -> Vec<Arc<Connected>> {
        let reckoned = |it: &&Arc<Connected>| it.reckoned.load(Ordering::Relaxed);
        self.inner().connections.values().filter(reckoned).cloned().collect()
    }

    /// Connections of a participant.
    #[must_use]
    pub fn of(&self, participant: ParticipantId) -> Vec<Arc<Connected>> {
        let inner = self.inner();
        let ids = inner.participants.get(&participant).into_iter().flatten();
        ids.filter_map(|id| inner.connections.get(id).cloned()).collect()
    }

    /// The connection of a device.
    #[must_use]
    pub fn of_device(&self, device: DeviceId) -> Option<Arc<Connected>> {
        let inner = self.inner();
        inner.connections.get(inner.devices.get(&device)?).cloned()
    }
}

fn participants(principal: &Principal) -> impl Iterator<Item = ParticipantId> {
    core::iter::once(principal.participant).chain(principal.former.iter().copied())
}
