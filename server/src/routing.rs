//! Routing, carried out: keeps what the decision needs to know, decides when something changes, and
//! tells agents their offers.
//!
//! The decision itself is [`rejoinder_core::routing::decide`], a pure function. Here is what it is
//! fed from: the feed, who is connected, and the directory, by way of [`Source`].

mod board;
mod source;

use core::time::Duration;
use std::sync::Arc;

use rejoinder_core::routing::{Decision, Snapshot};
use tokio::time::Instant;

use crate::directory::DirectoryError;
use crate::hub::{Ask, Hub};
use crate::storage::{Filter, StorageError};

pub use board::Board;
pub use source::{Availability, Inputs, Person, Source};

/// How long changes gather before it is decided again.
const TICK: Duration = Duration::from_millis(50);

/// How often it is decided again while somebody waits, should nothing happen: connections that
/// ended a minute ago tell nobody.
const WHILE_WAITING: Duration = Duration::from_secs(5);

/// How often otherwise.
const AT_REST: Duration = Duration::from_secs(60);

/// How long until what cannot be read is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Conversations read at once when the server begins.
const PAGE: usize = 1_000;

/// Why nothing can be decided at the moment.
#[derive(Debug, thiserror::Error)]
pub enum RoutingError {
    /// The directory does not answer.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The storage does not answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Hub {
    /// Routes conversations as long as the process lives.
    pub async fn run_routing(self) {
        while let Err(error) = self.read_open().await {
            tracing::warn!(%error, "routing waits: conversations cannot be read");
            tokio::time::sleep(RETRY).await;
        }
        loop {
            let wait = match self.route().await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::warn!(%error, "nothing can be routed at the moment");
                    RETRY
                }
            };
            tokio::select! {
                biased;
                () = self.board().woken() => {}
                () = tokio::time::sleep(wait) => {}
            }
            self.tick(TICK).await;
        }
    }

    /// Learns which conversations are open, as they were when the server began.
    async fn read_open(&self) -> Result<(), StorageError> {
        let (mut below, filter) = (u64::MAX, Filter::open());
        loop {
            let (storage, filter) = (Arc::clone(self.storage()), filter.clone());
            let page = self.blocking(move || {
                let entries = storage.conversations(&filter, below, PAGE)?;
                let waits = board::waits_since(storage.as_ref(), &entries);
                Ok((entries, waits))
            });
            let (entries, waits) = page.await?;
            let Some(last) = entries.last() else { return Ok(()) };
            below = last.feed;
            self.board().began(&entries, &waits);
        }
    }

    /// Decides, tells what is new, and returns how long to wait at most.
    async fn route(&self) -> Result<Duration, RoutingError> {
        let inputs = self.inputs().await?;
        let online = self.registry().online(Instant::now());
        let at = self.now();
        let releases = self.board().decide(&inputs, &online, at, |to, frame| {
            for connected in self.registry().of(to) {
                // Few and small, and the last one counts: it must not be left out.
                connected.outbound.insist(frame.clone());
            }
        });
        for (conversation, from) in releases.releases {
            // A busy conversation is asked again at the next look.
            let _busy = self.ask(conversation, Ask::Release(from));
        }
        let most = if releases.waiting { WHILE_WAITING } else { AT_REST };
        let next = releases.next.map_or(most, |next| {
            Duration::from_millis(u64::try_from(next.millis_since(at)).unwrap_or(0))
        });
        Ok(next.clamp(TICK, most))
    }

    /// What holds now, and what would be decided on it: for answers, changing nothing.
    ///
    /// # Errors
    /// [`RoutingError`].
    pub async fn routing_now(&self) -> Result<(Snapshot, Decision), RoutingError> {
        let inputs = self.inputs().await?;
        let online = self.registry().online(Instant::now());
        Ok(self.board().look(&inputs, &online, self.now()))
    }

    async fn inputs(&self) -> Result<Arc<Inputs>, RoutingError> {
        if let Some(inputs) = self.board().inputs() {
            return Ok(inputs);
        }
        let (source, version) = self.board().source();
        let read = self.machine().does(move || source.inputs()).await;
        let read = read.map_err(|_| StorageError::Failed("the server is shutting down".into()))?;
        let inputs = Arc::new(read?);
        self.board().keep_inputs(&inputs, version);
        Ok(inputs)
    }
}
