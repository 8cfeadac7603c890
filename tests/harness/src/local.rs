//! The server in this process.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rejoinder_core::time::Timestamp;
use rejoinder_server::directory::{Directory, Rates};
use rejoinder_server::server::{Parts, Server, StartError};
use rejoinder_server::storage::sqlite::Options;
use rejoinder_server::sweep::Sweep;
use rejoinder_server::throttle::Allowed;
use tokio::runtime::{Builder, Runtime};

use crate::wait::eventually;

/// As often as a story likes.
pub const RATES: Rates = Rates { new_visitors_per_hour: 10_000, passwords_per_minute: 10_000 };

/// As much as a story likes. What everybody gets is [`Allowed::default`].
pub const ALLOWED: Allowed = Allowed {
    operations_per_second: 100_000,
    requests_per_second: 100_000,
    connections_per_address: 100_000,
};

/// How long what the server began may take to end with it.
const END: Duration = Duration::from_secs(5);

/// The real server, on a runtime of its own: it ends as a whole.
#[derive(Debug)]
pub struct Local {
    runtime: Runtime,
    server: Server,
}

impl Local {
    /// Serves a folder on an address; port 0 takes a free one.
    ///
    /// # Errors
    /// What the server says.
    pub async fn start(storage: Options, listen: SocketAddr) -> Result<Self, StartError> {
        Self::start_allowing(storage, listen, ALLOWED).await
    }

    /// The same, where everybody may ask for so much.
    ///
    /// # Errors
    /// What the server says.
    pub async fn start_allowing(
        storage: Options,
        listen: SocketAddr,
        allowed: Allowed,
    ) -> Result<Self, StartError> {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let directory = Directory::open(&storage.folder, RATES)?;
        let new_conversations = 6;
        let parts = Parts { storage, directory, listen, new_conversations, allowed, metrics: None };
        match runtime.spawn(Server::start(parts)).await.unwrap() {
            Ok(server) => Ok(Self { runtime, server }),
            Err(error) => {
                end(runtime).await;
                Err(error)
            }
        }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The server.
    #[must_use]
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// Its directory, whose events it hears at once.
    #[must_use]
    pub fn directory(&self) -> Arc<Directory> {
        Arc::clone(self.server.hub().directory())
    }

    /// Does all that is due at a moment, as the server does by its own clock every few seconds.
    pub async fn sweeps(&self, now: Timestamp) {
        let mut sweep = Sweep::new(self.server.hub().clone());
        self.runtime.spawn(async move { sweep.at(now).await }).await.unwrap().unwrap();
    }

    /// Ends it as it wants to be ended, and asserts that nothing it began goes on.
    pub async fn stop(self) {
        self.runtime.spawn(self.server.shut_down()).await.unwrap();
        let metrics = self.runtime.metrics();
        let tasks = async || metrics.num_alive_tasks();
        eventually("the server's tasks end", tasks, |tasks| *tasks == 0).await;
        end(self.runtime).await;
    }

    /// Ends it without its knowing.
    pub async fn die(self) {
        drop(self.server);
        end(self.runtime).await;
    }
}

/// A runtime may not be dropped where others run.
async fn end(runtime: Runtime) {
    tokio::task::spawn_blocking(move || runtime.shutdown_timeout(END)).await.unwrap();
}

/// Makes a data folder with nothing but a directory in it.
pub(crate) fn make_folder(folder: &Path) -> Directory {
    Directory::create(folder, RATES).unwrap()
}
