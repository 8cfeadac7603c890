//! The hub: one task a live conversation, and everybody who is connected.
//!
//! A conversation's task is started by the first frame that concerns it and ends when nobody has
//! followed it for a while. It alone admits operations to that conversation, in batches of what
//! has arrived; the storage's writer commits the batches of many conversations at once.

mod conversation;
mod entries;
mod feed;
mod notify;
mod outbound;
mod progress;
mod registry;
mod rights;
mod signals;
mod snapshot;
mod words;

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use rejoinder_core::authority::policy::Policy;
use rejoinder_core::conversation::operation::Submission;
use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::id::{
    ConversationId, DocumentId, DocumentKind, MessageId, ParticipantId, RevisionId, Seq, SiteId,
};
use rejoinder_core::limits;
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::Signal;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::Instant;

pub(crate) use feed::row as feed_row;
pub use notify::{notifications, notifications_of};
pub use outbound::{Frame, Outbound, Queue, TooSlow, queue};
pub use registry::{Arrival, Connected, ConnectionId, News, ONLINE, Registry};
pub use rights::{Rights, may_see};

use crate::attachments::{self, Attachments};
use crate::directory::{Agent, Directory, DirectoryError, OfflineMode, SiteMode};
use crate::load::{Load, Waits};
use crate::machine::Machine;
use crate::routing::Board;
use crate::storage::{Storage, StorageError};

/// Searches at once: each unseals with every processor there is.
const SEARCHES: usize = 2;

/// What a connection asks of a conversation.
#[derive(Debug)]
pub enum Ask {
    /// Follow a document from a place on.
    Open(Arc<Connected>, DocumentKind, Seq),
    /// No longer follow it.
    Leave(ConnectionId, DocumentKind),
    /// Admit operations.
    Push(Arc<Connected>, DocumentKind, Vec<Submission>, Vec<Revision>, UnderWay),
    /// Send words.
    Want(Arc<Connected>, DocumentKind, Vec<RevisionId>),
    /// Tell others, or keep how far was seen.
    Signal(Arc<Connected>, DocumentKind, Signal),
    /// The connection is gone.
    Gone(ConnectionId),
    /// Take it from an assignee who is not there, if it still waits under their name.
    Release(ParticipantId),
    /// Do what is due at a moment, and say when to ask again.
    Upkeep(Upkeep, Timestamp, oneshot::Sender<Option<Timestamp>>),
}

/// What operations hold until they are carried out.
#[derive(Debug)]
pub struct UnderWay {
    /// What they take of their connection's room.
    pub room: Option<OwnedSemaphorePermit>,
    /// Until they are answered, they wait.
    pub waits: Unanswered,
}

/// Operations without an answer, until this is dropped.
#[derive(Debug)]
pub struct Unanswered {
    /// Among all that wait.
    pub waits: Waits,
    /// Their connection finds out by it when nothing of its own waits any more.
    pub told: mpsc::Sender<core::convert::Infallible>,
}

/// What the server itself does in a conversation when it is time to.
#[derive(Clone, Debug)]
pub enum Upkeep {
    /// Announce that it will be closed, or close it.
    Lapse {
        /// Milliseconds that it may be silent while a human is active; none: for ever.
        silence: Option<i64>,
    },
    /// Its visitor has said how to be reached.
    Told,
    /// Take words back, in the name of the server.
    Erase {
        /// Whose; none: everybody's.
        authors: Option<BTreeSet<ParticipantId>>,
        /// What becomes of the conversation.
        then: Then,
    },
}

/// What becomes of a conversation whose words are taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Nothing: it is what is old that goes.
    Stays {
        /// What was accepted until then.
        until: Timestamp,
        /// Whether some of it may be gone already.
        begun: bool,
    },
    /// It is over.
    Closed,
    /// It is over, and nobody sees it any more.
    Gone,
}

/// More waits for a conversation than may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// One task a live conversation, and everybody who is connected.
#[derive(Debug, Clone)]
pub struct Hub(Arc<Shared>);

struct Shared {
    storage: Arc<dyn Storage>,
    directory: Arc<Directory>,
    attachments: Attachments,
    registry: Registry,
    live: Mutex<HashMap<ConversationId, mpsc::Sender<Ask>>>,
    policies: Mutex<Policies>,
    feed: Notify,
    /// Held from reading how far recalls are until it is told: what is told later was read later.
    telling: tokio::sync::Mutex<()>,
    /// Recalls of which is still to be told that the server's own files are done, by number.
    erasing: Mutex<BTreeMap<u64, (DocumentId, MessageId)>>,
    new_conversations: u32,
    board: Board,
    /// Held while somebody's notifications are read and told.
    notifying: tokio::sync::Mutex<()>,
    searching: Arc<Semaphore>,
    sweeping: Notify,
    load: Load,
    /// From when ticks are counted.
    began: Instant,
}

impl core::fmt::Debug for Shared {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Hub").finish_non_exhaustive()
    }
}

impl Hub {
    /// A hub over a storage, a directory and attachments. `new_conversations` bounds how many a
    /// visitor may begin in 12 hours.
    #[must_use]
    pub fn new(
        storage: Arc<dyn Storage>,
        directory: Arc<Directory>,
        attachments: Attachments,
        new_conversations: u32,
    ) -> Self {
        Self(Arc::new(Shared {
            storage,
            board: Board::new(Arc::clone(&directory) as Arc<dyn crate::routing::Source>),
            directory,
            attachments,
            registry: Registry::default(),
            live: Mutex::default(),
            policies: Mutex::default(),
            feed: Notify::new(),
            telling: tokio::sync::Mutex::new(()),
            erasing: Mutex::default(),
            new_conversations,
            notifying: tokio::sync::Mutex::default(),
            searching: Arc::new(Semaphore::new(SEARCHES)),
            sweeping: Notify::new(),
            load: Load::default(),
            began: Instant::now(),
        }))
    }

    /// Where conversations are kept.
    #[must_use]
    pub fn storage(&self) -> &Arc<dyn Storage> {
        &self.0.storage
    }

    /// Who is who.
    #[must_use]
    pub fn directory(&self) -> &Arc<Directory> {
        &self.0.directory
    }

    /// What it runs on.
    #[must_use]
    pub fn machine(&self) -> &Machine {
        self.0.directory.machine()
    }

    /// This moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.machine().now()
    }

    /// Runs a read of the storage where it holds nobody up.
    ///
    /// # Errors
    /// What the storage says; also when the process is shutting down.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        self.machine().does(read).await?
    }

    /// Waits for the next of the moments that are `every` apart. They are there whatever happens:
    /// so what is gathered until then does not show in when it is told what of it else was.
    pub(crate) async fn tick(&self, every: Duration) {
        let since = self.0.began.elapsed().as_nanos() % every.as_nanos().max(1);
        let since = Duration::from_nanos(u64::try_from(since).unwrap_or(0));
        if !since.is_zero() {
            tokio::time::sleep(every - since).await;
        }
    }

    /// Where attachments are kept.
    #[must_use]
    pub fn attachments(&self) -> &Attachments {
        &self.0.attachments
    }

    /// Everybody who is connected.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// How busy the server is.
    #[must_use]
    pub fn load(&self) -> &Load {
        &self.0.load
    }

    /// What routing knows and has decided.
    #[must_use]
    pub fn board(&self) -> &Board {
        &self.0.board
    }

    /// Asks a conversation's task to do what is due, and waits for it: until when nothing is, if
    /// anything will be; none when it could not be done now.
    pub async fn keep_up(
        &self,
        conversation: ConversationId,
        what: Upkeep,
        now: Timestamp,
    ) -> Option<Option<Timestamp>> {
        let (answer, answered) = oneshot::channel();
        self.ask(conversation, Ask::Upkeep(what, now, answer)).ok()?;
        answered.await.ok()
    }

    /// Whether visitors of a site are asked how to be reached, because nobody is there.
    async fn asks_how_to_reach(&self, site: SiteId) -> bool {
        let (directory, online) =
            (Arc::clone(&self.0.directory), self.0.registry.online(Instant::now()));
        let looked = self.machine().does(move || {
            let found = directory.site(site)?.filter(|it| {
                it.offline_mode == OfflineMode::Form
                    && it.mode == SiteMode::LiveChat
                    && it.human_support
            });
            if found.is_none() {
                return Ok(false);
            }
            let agents = directory.agents()?;
            let answers = |agent: &Agent| agent.answers_on(site) && agent.is_available(&online);
            Ok::<_, DirectoryError>(!agents.iter().any(answers))
        });
        match looked.await {
            Ok(Ok(asks)) => asks,
            Ok(Err(error)) => {
                // It waits for a human as it would without a form.
                tracing::warn!(%error, "whether somebody is there cannot be read");
                false
            }
            Err(_) => false,
        }
    }

    /// Something is due at once.
    pub fn sweep_now(&self) {
        self.0.sweeping.notify_one();
    }

    /// Returns when something is due at once.
    pub(crate) async fn sweep_asked(&self) {
        self.0.sweeping.notified().await;
    }

    /// Turns for those who search.
    pub(crate) fn searching(&self) -> Arc<Semaphore> {
        Arc::clone(&self.0.searching)
    }

    /// How many conversations have a task.
    #[must_use]
    pub fn live_conversations(&self) -> usize {
        self.live().len()
    }

    /// Asks something of a conversation, starting its task if there is none.
    ///
    /// # Errors
    /// [`Busy`] when [`limits::CONVERSATION_QUEUE`] asks wait already.
    pub fn ask(&self, conversation: ConversationId, ask: Ask) -> Result<(), Busy> {
        let mut live = self.live();
        let ask = match live.get(&conversation) {
            None => ask,
            Some(task) => match task.try_send(ask) {
                Ok(()) => return Ok(()),
                Err(mpsc::error::TrySendError::Full(_)) => return Err(Busy),
                Err(mpsc::error::TrySendError::Closed(ask)) => ask,
            },
        };
        let (sender, receiver) = mpsc::channel(limits::CONVERSATION_QUEUE);
        sender.try_send(ask).map_err(|_| Busy)?;
        live.insert(conversation, sender);
        conversation::spawn(self.clone(), conversation, receiver);
        Ok(())
    }

    /// Removes what no words describe any more. Its keys are gone already.
    fn tidy_attachments(&self, mut places: Vec<attachments::Place>) {
        let (storage, attachments) = (self.storage().clone(), self.0.attachments.clone());
        places.retain(|place| attachments.has_any(*place));
        if places.is_empty() {
            return;
        }
        self.machine().begins(move || {
            for place in places {
                if let Err(error) = attachments.tidy(storage.as_ref(), place) {
                    // The next start tries again.
                    tracing::warn!(%error, "attachments without words are not removed yet");
                }
            }
        });
    }

    /// Ends a conversation's task, unless something has been asked of it meanwhile.
    fn end(&self, conversation: ConversationId, asks: &mpsc::Receiver<Ask>) -> bool {
        let mut live = self.live();
        let idle = asks.is_empty();
        if idle {
            live.remove(&conversation);
        }
        idle
    }

    /// Ends all conversations' tasks, once they have done what waits for them. For when everybody
    /// is gone.
    pub fn end_all(&self) {
        self.live().clear();
    }

    fn live(&self) -> std::sync::MutexGuard<'_, HashMap<ConversationId, mpsc::Sender<Ask>>> {
        self.0.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a site allows. A site that is not in the directory allows what a new one does.
    async fn policy(&self, site: SiteId) -> Result<Policy, DirectoryError> {
        Ok(self.rules(site).await?.policy)
    }

    /// Since when a site has kept former words, if it does.
    async fn former_since(&self, site: SiteId) -> Result<Option<Timestamp>, DirectoryError> {
        Ok(self.rules(site).await?.former_since)
    }

    async fn rules(&self, site: SiteId) -> Result<Rules, DirectoryError> {
        let policies = || self.0.policies.lock().unwrap_or_else(PoisonError::into_inner);
        let version = {
            let known = policies();
            if let Some(rules) = known.by_site.get(&site) {
                return Ok(*rules);
            }
            known.version
        };
        let directory = Arc::clone(&self.0.directory);
        let read = self.machine().does(move || directory.site(site)).await;
        let Ok(found) = read else { return Ok(Rules::default()) };
        let rules = found?.map_or_else(Rules::default, |site| Rules {
            policy: site.policy(),
            former_since: site.former_since,
        });
        let mut known = policies();
        // What changed while it was read is read again.
        if known.version == version {
            known.by_site.insert(site, rules);
        }
        Ok(rules)
    }

    /// A site has other settings.
    pub fn forget_policy(&self, site: SiteId) {
        let mut known = self.0.policies.lock().unwrap_or_else(PoisonError::into_inner);
        known.version += 1;
        known.by_site.remove(&site);
    }

    /// All sites may allow other things than before.
    pub fn forget_policies(&self) {
        let mut known = self.0.policies.lock().unwrap_or_else(PoisonError::into_inner);
        known.version += 1;
        known.by_site.clear();
    }
}

/// What of a site's settings decides about operations.
#[derive(Clone, Copy, Debug, Default)]
struct Rules {
    policy: Policy,
    former_since: Option<Timestamp>,
}

/// What sites allow, as far as it was read.
#[derive(Debug, Default)]
struct Policies {
    by_site: HashMap<SiteId, Rules>,
    /// Rises with every change.
    version: u64,
}
