//! The sweep: one task that looks every few seconds for what has lasted long enough.
//!
//! It keeps nothing that a restart could lose. When something is due is read off the conversations'
//! logs each time; what is remembered of them only saves looking twice.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rejoinder_core::authority::notice_before;
use rejoinder_core::conversation::layout::Status;
use rejoinder_core::id::{ConversationId, ParticipantId, SiteId};
use rejoinder_core::limits;
use rejoinder_core::time::Timestamp;

use crate::directory::{Directory, DirectoryError, Erasing, Site};
use crate::hub::{Hub, News, Then, Upkeep};
use crate::storage::{Expired, Filter, StorageError};

/// Milliseconds in a minute.
const MINUTE: i64 = 60_000;

/// Milliseconds in a day.
const DAY: i64 = 24 * 60 * MINUTE;

/// Conversations whose words are taken back in one sweep of a site.
const AT_ONCE: usize = 200;

/// Conversations listed at once.
const PAGE: usize = 1_000;

/// Why a sweep was broken off. The next one begins again.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The directory does not answer.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The storage does not answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The sweep of a hub.
#[derive(Debug)]
pub struct Sweep {
    hub: Hub,
    /// At which place in the feed a conversation was looked at, for which silence, and when
    /// something will be due in it.
    looked: HashMap<ConversationId, Looked>,
    /// For how many days of retention each site was looked through last, and when.
    expired: HashMap<SiteId, (u32, Timestamp)>,
    /// Deleted sites that are being ended: their devices are told once, at the end.
    ending: BTreeSet<SiteId>,
    /// Of how many of a site's conversations words could not be taken back, since it was begun.
    failed: HashMap<SiteId, usize>,
    /// What failed, and when.
    resting: HashMap<Order, Timestamp>,
}

/// What is to be carried out until nothing of it is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Order {
    Site(SiteId),
    Visitor(ParticipantId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Looked {
    feed: u64,
    silence: Option<i64>,
    due: Option<Timestamp>,
}

impl Sweep {
    /// A sweep that has looked at nothing yet.
    #[must_use]
    pub fn new(hub: Hub) -> Self {
        Self {
            hub,
            looked: HashMap::new(),
            expired: HashMap::new(),
            ending: BTreeSet::new(),
            failed: HashMap::new(),
            resting: HashMap::new(),
        }
    }

    /// Sweeps as long as the process lives.
    pub async fn run(mut self) {
        let directory = Arc::clone(self.hub.directory());
        let epoch = self.hub.storage().epoch();
        if let Err(error) = asked(&directory, move |d| d.erase_again(epoch)).await {
            tracing::warn!(%error, "what erased visitors wrote is not looked for again");
        }
        loop {
            if let Err(error) = self.at(self.hub.now()).await {
                tracing::warn!(%error, "a sweep was broken off");
            }
            let next = tokio::time::sleep(Duration::from_millis(limits::SWEEP_MILLIS));
            tokio::select! {
                biased;
                () = next => {}
                () = self.hub.sweep_asked() => {}
            }
        }
    }

    /// Does all that is due at a moment.
    ///
    /// # Errors
    /// [`SweepError`]. What was done is done.
    pub async fn at(&mut self, now: Timestamp) -> Result<(), SweepError> {
        let directory = Arc::clone(self.hub.directory());
        let storage = Arc::clone(self.hub.storage());
        // Before it is asked what sites keep: of what begins later nothing is judged, whatever a
        // clock that was set says of before and after.
        let former = self.hub.blocking(move || storage.former_beginnings()).await;
        let sites = asked(&directory, Directory::sites).await?;
        // Each by itself: one that fails again and again keeps none of the others from its turn.
        let parts = [
            self.close_silent(&sites, now).await,
            self.erase_visitors(now).await,
            self.end_deleted(now).await,
            self.erase_expired(&sites, now).await,
            self.erase_former(&sites, former).await,
        ];
        parts.into_iter().collect()
    }

    /// Takes back all that was said on deleted sites. Which they are stands in the directory for
    /// ever: what a crash broke off, or a backup brought back, is found again.
    async fn end_deleted(&mut self, now: Timestamp) -> Result<(), SweepError> {
        let directory = Arc::clone(self.hub.directory());
        for site in asked(&directory, Directory::deleted_sites).await? {
            if self.rests(Order::Site(site), now) {
                continue;
            }
            if let Err(error) = self.end(site, now).await {
                tracing::warn!(%site, %error, "a deleted site is not ended yet");
                self.resting.insert(Order::Site(site), now);
            }
        }
        Ok(())
    }

    async fn end(&mut self, site: SiteId, now: Timestamp) -> Result<(), SweepError> {
        let storage = Arc::clone(self.hub.storage());
        let but_for = self.failed.get(&site).copied().unwrap_or_default();
        let found = self.hub.blocking(move || storage.there(site, but_for, AT_ONCE)).await?;
        let count = found.len();
        let what = |id| (id, Upkeep::Erase { authors: None, then: Then::Gone });
        let erased = self.erase_all(site, found.into_iter().map(what).collect(), now).await;
        if erased > 0 {
            self.ending.insert(site);
        }
        let failed = self.failed.get(&site).is_some_and(|failed| *failed > 0);
        if self.goes_on(site, count) {
            self.hub.sweep_now();
            return Ok(());
        }
        if failed {
            self.resting.insert(Order::Site(site), now);
        }
        if self.ending.remove(&site) {
            // Devices of those who see all sites are told to drop them when they connect.
            self.hub.registry().team().iter().for_each(|one| one.tell(News::Narrowed));
        }
        Ok(())
    }

    /// Whether what failed a moment ago is let rest: whatever it is, a look changes nothing of it.
    fn rests(&self, order: Order, now: Timestamp) -> bool {
        let failed = self.resting.get(&order);
        failed.is_some_and(|at| now.millis_since(*at) < limits::FAILED_RESTS_MILLIS)
    }

    /// Takes back all words of closed conversations that are older than their site keeps them.
    async fn erase_expired(&mut self, sites: &[Site], now: Timestamp) -> Result<(), SweepError> {
        for site in sites {
            let Some(days) = site.retention_days else { continue };
            let fresh = |(of, at): &(u32, Timestamp)| {
                *of == days && now.millis_since(*at) < limits::RETENTION_EVERY_MILLIS
            };
            if self.expired.get(&site.id).is_some_and(fresh) {
                continue;
            }
            let (id, before) = (site.id, now.plus_millis(-i64::from(days) * DAY));
            let storage = Arc::clone(self.hub.storage());
            let but_for = self.failed.get(&id).copied().unwrap_or_default();
            let found =
                self.hub.blocking(move || storage.expired(id, before, but_for, AT_ONCE)).await?;
            let count = found.len();
            let what = |Expired { conversation, until, begun }| {
                (conversation, Upkeep::Erase { authors: None, then: Then::Stays { until, begun } })
            };
            self.erase_all(id, found.into_iter().map(what).collect(), now).await;
            if self.goes_on(id, count) {
                self.hub.sweep_now();
            } else {
                self.expired.insert(site.id, (days, now));
            }
        }
        Ok(())
    }

    /// Erases former words that their site does not keep any more. What it keeps stands in the
    /// directory: what a crash broke off, or a backup brought back, is found again.
    async fn erase_former(
        &self,
        sites: &[Site],
        beginnings: Result<Vec<(SiteId, Timestamp)>, StorageError>,
    ) -> Result<(), SweepError> {
        let kept: HashMap<_, _> = sites.iter().map(|site| (site.id, site.former_since)).collect();
        let mut failed = None;
        for (site, since) in beginnings? {
            // A site that is not there is ended by itself.
            if kept.get(&site).is_none_or(|kept| *kept == Some(since)) {
                continue;
            }
            // One that fails keeps none of the others from its turn.
            if let Err(error) = self.forget_former(site, since).await {
                tracing::warn!(%site, %error, "former words are not erased yet");
                failed = Some(error.into());
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn forget_former(&self, site: SiteId, since: Timestamp) -> Result<(), StorageError> {
        let left = || {
            let storage = Arc::clone(self.hub.storage());
            self.hub.blocking(move || storage.former_left(site, since))
        };
        if left().await? {
            self.hub.storage().forget_former(site, since).await?;
            if left().await? {
                // The next sweep goes on, and others' turns come in between.
                self.hub.sweep_now();
            }
        }
        Ok(())
    }

    /// Takes back words of a site's conversations, and says of how many. One that cannot be read is
    /// passed over in the sweeps that follow, or it would keep the others from their turn.
    async fn erase_all(
        &mut self,
        site: SiteId,
        found: Vec<(ConversationId, Upkeep)>,
        now: Timestamp,
    ) -> usize {
        let (count, mut erased) = (found.len(), 0);
        for (conversation, what) in found {
            erased += usize::from(self.erase_in(conversation, what, now).await);
        }
        *self.failed.entry(site).or_default() += count - erased;
        erased
    }

    /// Takes back what is to be taken back in a conversation, step by step: a long one keeps
    /// neither those who talk in it nor others waiting. Says whether nothing of it is left.
    async fn erase_in(
        &self,
        conversation: ConversationId,
        mut what: Upkeep,
        now: Timestamp,
    ) -> bool {
        loop {
            match self.hub.keep_up(conversation, what.clone(), now).await {
                Some(None) => return true,
                Some(Some(_)) => {
                    if let Upkeep::Erase { then: Then::Stays { begun, .. }, .. } = &mut what {
                        *begun = true;
                    }
                }
                None => return false,
            }
        }
    }

    /// Whether there may be more: the next sweep goes on, and others' turns come in between. At the
    /// end those that were passed over are tried again with the next beginning.
    fn goes_on(&mut self, site: SiteId, found: usize) -> bool {
        let more = found == AT_ONCE;
        if !more && let Some(failed) = self.failed.remove(&site).filter(|failed| *failed > 0) {
            tracing::warn!(%site, failed, "words could not be taken back: run `rejoinder verify`");
        }
        more
    }

    /// Takes back what erased visitors wrote, in as many sweeps as it takes.
    async fn erase_visitors(&mut self, now: Timestamp) -> Result<(), SweepError> {
        let directory = Arc::clone(self.hub.directory());
        for erasing in asked(&directory, Directory::erasing).await? {
            let visitor = erasing.visitor;
            if self.rests(Order::Visitor(visitor), now) {
                continue;
            }
            match self.erase_visitor(erasing, now).await {
                Ok(true) => drop(self.resting.remove(&Order::Visitor(visitor))),
                Ok(false) => drop(self.resting.insert(Order::Visitor(visitor), now)),
                Err(error) => {
                    tracing::warn!(%visitor, %error, "a visitor is not erased yet");
                    self.resting.insert(Order::Visitor(visitor), now);
                }
            }
        }
        Ok(())
    }

    /// Whether all that could be found is taken back.
    async fn erase_visitor(&self, erasing: Erasing, now: Timestamp) -> Result<bool, SweepError> {
        let Erasing { visitor, ids, since } = erasing;
        let directory = Arc::clone(self.hub.directory());
        let (mut done, mut all) = (true, Vec::new());
        for &id in &ids {
            let filter = Filter { visitor: Some(id), ..Filter::default() };
            all.extend(self.conversations(&filter).await?);
        }
        for &conversation in &all {
            let what = Upkeep::Erase { authors: Some(ids.clone()), then: Then::Closed };
            done &= self.erase_in(conversation, what, now).await;
        }
        asked(&directory, move |d| d.empty_tickets(&all)).await?;
        if done && now.millis_since(since) > limits::ERASURE_SETTLES_MILLIS {
            asked(&directory, move |d| d.erased(visitor)).await?;
        }
        Ok(done)
    }

    /// All conversations that a filter lets through.
    async fn conversations(&self, filter: &Filter) -> Result<Vec<ConversationId>, StorageError> {
        let (mut all, mut below) = (Vec::new(), u64::MAX);
        loop {
            let (storage, filter) = (Arc::clone(self.hub.storage()), filter.clone());
            let page =
                self.hub.blocking(move || storage.conversations(&filter, below, PAGE)).await?;
            let Some(last) = page.last() else { return Ok(all) };
            below = last.feed;
            all.extend(page.iter().map(|entry| entry.header.conversation));
        }
    }

    /// Announces and closes conversations in which nobody writes any more.
    async fn close_silent(&mut self, sites: &[Site], now: Timestamp) -> Result<(), SweepError> {
        let mut found = BTreeMap::new();
        for site in sites {
            let info = now.plus_millis(-limits::OFFLINE_INFO_MILLIS);
            for (id, feed) in self.silent(site.id, Status::AwaitingOfflineInfo, info).await? {
                found.insert(id, (feed, None));
            }
            let Some(minutes) = site.close_after_minutes else { continue };
            let silence = i64::from(minutes) * MINUTE;
            // What was announced has no more than this left.
            let before = now.plus_millis(-notice_before(silence));
            for (id, feed) in self.silent(site.id, Status::ActiveHuman, before).await? {
                found.insert(id, (feed, Some(silence)));
            }
        }
        // Those that are closed or talked in again are forgotten.
        self.looked.retain(|id, _| found.contains_key(id));
        for (id, (feed, silence)) in found {
            let known = self.looked.get(&id).filter(|it| (it.feed, it.silence) == (feed, silence));
            if known.is_some_and(|looked| looked.due.is_none_or(|due| due > now)) {
                continue;
            }
            // What could not be done is asked for again.
            let Some(due) = self.hub.keep_up(id, Upkeep::Lapse { silence }, now).await else {
                continue;
            };
            self.looked.insert(id, Looked { feed, silence, due });
        }
        Ok(())
    }

    async fn silent(
        &self,
        site: SiteId,
        status: Status,
        before: Timestamp,
    ) -> Result<Vec<(ConversationId, u64)>, StorageError> {
        let storage = Arc::clone(self.hub.storage());
        self.hub.blocking(move || storage.silent(site, status, before)).await
    }
}

/// Asks the directory where blocking is allowed.
async fn asked<T: Send + 'static>(
    directory: &Arc<Directory>,
    ask: impl FnOnce(&Directory) -> Result<T, DirectoryError> + Send + 'static,
) -> Result<T, SweepError> {
    let directory = Arc::clone(directory);
    let machine = directory.machine().clone();
    let asked = machine.does(move || ask(&directory)).await;
    let gone = |_| StorageError::Failed("the server is shutting down".to_owned());
    Ok(asked.map_err(gone)??)
}
