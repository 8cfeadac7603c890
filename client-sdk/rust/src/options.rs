//! What a client is opened with.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{Credential, Keeping};

use crate::store::Store;

/// A clock that a client reads: the system's, unless a test brings its own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Where a client keeps things.
pub enum Place {
    /// In a folder, made if it is not there; see
    /// [`SqliteStore`](crate::store::sqlite::SqliteStore). One client at a time has it open.
    Folder(PathBuf),
    /// In memory only: closing the client erases everything, what was not sent included.
    Memory,
    /// In a store of one's own, which says whether it outlives the client.
    Store(Box<dyn Store>, Keeping),
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => f.debug_tuple("Folder").field(folder).finish(),
            Self::Memory => f.write_str("Memory"),
            Self::Store(_, keeping) => f.debug_tuple("Store").field(keeping).finish(),
        }
    }
}

/// What a client is opened with.
pub struct ClientOptions {
    /// The server's address, such as `ws://127.0.0.1:8080`. The path of the endpoint is added,
    /// unless the address has a path.
    pub server: String,
    /// Who this is, for the first contact. Afterwards the store knows, and this is not looked at.
    pub credential: Credential,
    /// Where to keep things.
    pub place: Place,
    /// The clock: the system's by default.
    pub clock: Clock,
    /// What the client's dice are seeded with: by default, the operating system's randomness. Two
    /// clients with one seed make the same ids, so only tests set it.
    pub seed: Option<[u8; 32]>,
    /// Whether to connect at once (the default), or only after
    /// [`Client::go_online`](crate::Client::go_online).
    pub network: Network,
}

impl ClientOptions {
    /// Options with the system's clock and randomness, which connect at once.
    #[must_use]
    pub fn new(server: impl Into<String>, credential: Credential, place: Place) -> Self {
        Self {
            server: server.into(),
            credential,
            place,
            clock: Arc::new(system_clock),
            seed: None,
            network: Network::Online,
        }
    }
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientOptions")
            .field("server", &self.server)
            .field("credential", &self.credential)
            .field("place", &self.place)
            .field("network", &self.network)
            .finish_non_exhaustive()
    }
}

/// Whether a client is to be connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// It connects, and again whenever the connection is lost.
    #[default]
    Online,
    /// It does not try.
    Offline,
}

fn system_clock() -> Timestamp {
    // A clock set to before 1970 reads as 1970, which the core takes.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
