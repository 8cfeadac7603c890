//! The server as a whole: what it opens, where it listens, how it ends.

use core::time::Duration;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

pub use axum::serve::Listener;
use axum::serve::ListenerExt;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rejoinder_core::limits;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::attachments::Attachments;
use crate::directory::{Directory, DirectoryError, DirectoryEvent};
use crate::hub::{Hub, News};
use crate::lingering::Lingering;
use crate::machine::Machine;
use crate::router::{self, Served};
use crate::storage::sqlite::{OpenError, Options, Sqlite};
use crate::storage::{FeedScope, Storage, StorageError};
use crate::sweep::Sweep;
use crate::telemetry::Metrics;
use crate::throttle::{Allowed, Throttle};
use crate::web::Web;

/// How long connections may take to end when the server does.
const GRACE: Duration = Duration::from_secs(5);

/// How often the server looks for what other processes have changed in the directory.
const POLL: Duration = Duration::from_millis(500);

/// What a server needs.
#[derive(Debug)]
pub struct Parts {
    /// The data folder.
    pub storage: Options,
    /// The directory beside it.
    pub directory: Directory,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// New conversations of one visitor in 12 hours.
    pub new_conversations: u32,
    /// How much everybody may ask for.
    pub allowed: Allowed,
    /// What `/metrics` shows, where metrics are recorded.
    pub metrics: Option<Metrics>,
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The directory does not answer.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The storage does not answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; is another server running there?")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    hub: Hub,
    closing: watch::Sender<bool>,
    accepting: tokio::task::JoinHandle<()>,
    /// What goes on as long as the server does.
    following: JoinSet<()>,
}

impl Server {
    /// Opens the data folder, finishes what a crash left, and listens: for programs, with no apps
    /// for browsers.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(parts: Parts) -> Result<Self, StartError> {
        Self::start_with(parts, Web::default()).await
    }

    /// The same, with what browsers are shown.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start_with(parts: Parts, web: Web) -> Result<Self, StartError> {
        let storage = open(parts.storage.clone()).await?;
        let failed = |source| StartError::Listen { address: parts.listen, source };
        let listener = TcpListener::bind(parts.listen).await.map_err(failed)?;
        // Frames are small and each is waited for.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        Self::serve(parts, web, storage, listener)
    }

    /// The same, on connections that come from anywhere: [`Parts::listen`] is not looked at.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start_on(
        parts: Parts,
        web: Web,
        listener: impl Listener<Addr = SocketAddr>,
    ) -> Result<Self, StartError> {
        let storage = open(parts.storage.clone()).await?;
        Self::serve(parts, web, storage, listener)
    }

    fn serve(
        parts: Parts,
        web: Web,
        storage: Arc<dyn Storage>,
        listener: impl Listener<Addr = SocketAddr>,
    ) -> Result<Self, StartError> {
        let machine = parts.directory.machine().clone();
        let attachments = Attachments::of_on(machine.clone(), &parts.storage.folder);
        let directory = Arc::new(parts.directory);
        let address = listener
            .local_addr()
            .map_err(|source| StartError::Listen { address: parts.listen, source })?;
        sweep(&machine, &attachments, &storage);
        let hub = Hub::new(storage, Arc::clone(&directory), attachments, parts.new_conversations);
        let end_of_feed = end_of_feed(&hub)?;
        let mut following = JoinSet::new();
        following.spawn(hub.clone().run_feed(end_of_feed));
        following.spawn(follow_directory(hub.clone()));
        following.spawn(hub.clone().run_routing());
        following.spawn(hub.clone().run_erased());
        following.spawn(Sweep::new(hub.clone()).run());
        let (closing, closed) = watch::channel(false);
        let served = Served {
            hub: hub.clone(),
            closing: closed.clone(),
            metrics: parts.metrics,
            web,
            throttle: Arc::new(Throttle::new(parts.allowed)),
        };
        let accepting = tokio::spawn(accept(listener, served, closed));
        tracing::info!(%address, "listening");
        Ok(Self { address, hub, closing, accepting, following })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its hub.
    #[must_use]
    pub const fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Ends it: no new connections, those there are are told to come back later, and what was
    /// accepted is on disk. Nothing of it goes on after: the data folder can be opened again.
    pub async fn shut_down(mut self) {
        self.closing.send_replace(true);
        let connections = async {
            while !self.hub.registry().is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let in_time = tokio::time::timeout(GRACE, connections).await.is_ok();
        if self.accepting.await.is_err() || !in_time {
            tracing::warn!("some connections were cut");
        }
        self.following.shutdown().await;
        self.hub.end_all();
        tracing::info!("ended");
    }
}

/// Opens the data folder. That replays the ledger and may take its time.
async fn open(options: Options) -> Result<Arc<dyn Storage>, StartError> {
    let machine = options.machine.clone();
    let opened = machine.does(move || Sqlite::open(&options)).await;
    Ok(Arc::new(opened.map_err(StorageError::from)??))
}

/// Removes files that a crash or a restore left without words, beside serving.
fn sweep(machine: &Machine, attachments: &Attachments, storage: &Arc<dyn Storage>) {
    let (attachments, storage) = (attachments.clone(), Arc::clone(storage));
    machine.begins(move || {
        if let Err(error) = attachments.sweep(storage.as_ref()) {
            tracing::warn!(%error, "attachments without words are not removed yet");
        }
    });
}

fn end_of_feed(hub: &Hub) -> Result<u64, StorageError> {
    let mut end = 0;
    loop {
        let page = hub.storage().feed(&FeedScope::All, end, 10_000)?;
        match page.last() {
            Some(last) => end = last.feed,
            None => return Ok(end),
        }
    }
}

async fn accept(
    mut listener: impl Listener<Addr = SocketAddr>,
    served: Served,
    mut closed: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    let router = router::router(served);
    loop {
        // In this order: what has ended is never more than what has come.
        tokio::select! {
            biased;
            () = until_closed(&mut closed) => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            (stream, peer) = listener.accept() => {
                let router = router.clone();
                connections.spawn(connection(stream, peer, router, closed.clone()));
            }
        }
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, all).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
}

/// Returns when the server ends.
async fn until_closed(closed: &mut watch::Receiver<bool>) {
    // A sender that is gone ends it too.
    drop(closed.wait_for(|closed| *closed).await);
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    router: axum::Router,
    mut closed: watch::Receiver<bool>,
) {
    let patience = Duration::from_millis(limits::HEADER_MILLIS);
    let service = TowerToHyperService::new(router.layer(axum::Extension(peer)));
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(patience).max_buf_size(16 * 1024);
    let serving =
        builder.serve_connection(TokioIo::new(Lingering::new(stream)), service).with_upgrades();
    tokio::pin!(serving);
    let ended = tokio::select! {
        biased;
        () = until_closed(&mut closed) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
        ended = serving.as_mut() => ended,
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended");
    }
}

/// Follows what changes in the directory: sessions are judged anew, policies read again.
async fn follow_directory(hub: Hub) {
    let mut events = hub.directory().events();
    let mut poll = tokio::time::interval(POLL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            event = events.recv() => match event {
                Ok(event) => directory_changed(&hub, event),
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {
                    hub.board().directory_changed();
                    hub.forget_policies();
                    hub.sweep_now();
                    hub.registry().all().iter().for_each(|c| c.tell(News::Standing));
                }
                Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
            },
            _ = poll.tick() => {
                let directory = Arc::clone(hub.directory());
                let polled = hub.machine().does(move || directory.poll_events()).await;
                if let Ok(Err(error)) = polled {
                    tracing::warn!(%error, "the directory does not answer");
                }
            }
        }
    }
}

fn directory_changed(hub: &Hub, event: DirectoryEvent) {
    // Who is offered what does not depend on visitors, who change all the time.
    if !matches!(event, DirectoryEvent::VisitorChanged(_)) {
        hub.board().directory_changed();
    }
    match event {
        DirectoryEvent::AgentDisabled(agent)
        | DirectoryEvent::RoleChanged(agent)
        | DirectoryEvent::SitesChanged(agent) => {
            hub.registry().of(agent).iter().for_each(|c| c.tell(News::Standing));
        }
        DirectoryEvent::TokenRevoked(token) => {
            let all = hub.registry().all();
            all.iter().filter(|c| c.token == token).for_each(|c| c.tell(News::Standing));
        }
        DirectoryEvent::SiteChanged(site) => hub.forget_policy(site),
        DirectoryEvent::SiteDeleted(site) => {
            hub.forget_policy(site);
            // Its visitors are nobody any more.
            hub.registry().all().iter().for_each(|c| c.tell(News::Standing));
            hub.sweep_now();
        }
        // Who asks for them looks them up; a blocked visitor is turned away when they push.
        DirectoryEvent::AgentChanged(_) | DirectoryEvent::VisitorChanged(_) => {}
    }
}
