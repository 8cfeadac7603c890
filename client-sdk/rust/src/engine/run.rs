//! The engine's thread.

use std::thread;
use std::time::Duration;

use rejoinder_core::dice::Dice;
use rejoinder_core::session::client::Connection;
use rejoinder_core::wire::{Credential, Keeping};
use tokio::runtime::Builder;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::{Engine, Parts, Publisher};
use crate::connection::{self, Address, FromConnection, UNHANDLED_FRAMES};
use crate::error::Error;
use crate::options::{Clock, Network, Place};
use crate::store::memory::MemoryStore;
use crate::store::sqlite::SqliteStore;
use crate::store::{Store, StoreError};

/// Something to do on the engine's thread.
pub(crate) type Command = Box<dyn FnOnce(&mut Engine) + Send>;

/// Milliseconds that the connection has to say farewell when the client ends.
const FAREWELL_MILLIS: u64 = 2_000;

/// What an engine begins with.
pub(crate) struct Beginning {
    pub(crate) address: Address,
    pub(crate) credential: Credential,
    pub(crate) place: Place,
    pub(crate) clock: Clock,
    pub(crate) seed: [u8; 32],
    pub(crate) network: Network,
    pub(crate) publisher: Publisher,
    /// Answered when the store is open, or could not be opened.
    pub(crate) opened: oneshot::Sender<Result<(), Error>>,
}

/// Starts the thread. It ends when every sender of commands is gone, and says so by dropping
/// `ended`: by then the store is closed.
pub(crate) fn start(
    beginning: Beginning,
    commands: mpsc::Receiver<Command>,
    ended: oneshot::Sender<()>,
) -> Result<(), Error> {
    let failed = |error: std::io::Error| {
        Error::Store(StoreError::Failed(format!("no thread for the client: {error}")))
    };
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let body = move || {
        runtime.block_on(begin(beginning, commands));
        drop(runtime);
        drop(ended);
    };
    thread::Builder::new().name("rejoinder-client".to_owned()).spawn(body).map_err(failed)?;
    Ok(())
}

async fn begin(beginning: Beginning, commands: mpsc::Receiver<Command>) {
    let Beginning { address, credential, place, clock, seed, network, publisher, opened } =
        beginning;
    let mut dice = Dice::from_seed(seed);
    let (wanted, wants) = watch::channel(network);
    let waits = Dice::from_seed(dice.bytes());
    let engine = open(place).map_err(Error::from).and_then(|(store, keeping)| {
        Engine::new(Parts { store, keeping, credential, clock, dice, publisher, wanted })
    });
    let engine = match engine {
        Ok(engine) => engine,
        Err(error) => return drop(opened.send(Err(error))),
    };
    drop(opened.send(Ok(())));
    let (brings, brought) = mpsc::channel(UNHANDLED_FRAMES);
    let connection = tokio::spawn(connection::keep(address, wants, brings, waits));
    run(engine, commands, brought).await;
    drop(timeout(Duration::from_millis(FAREWELL_MILLIS), connection).await);
}

fn open(place: Place) -> Result<(Box<dyn Store>, Keeping), StoreError> {
    Ok(match place {
        Place::Folder(folder) => (Box::new(SqliteStore::open(&folder)?), Keeping::Durable),
        Place::Memory => (Box::new(MemoryStore::new()?), Keeping::Memory),
        Place::Store(store, keeping) => (store, keeping),
    })
}

/// Steps the engine until nobody can give it a command any more.
async fn run(
    mut engine: Engine,
    mut commands: mpsc::Receiver<Command>,
    mut brought: mpsc::Receiver<FromConnection>,
) {
    let mut inputs = Vec::with_capacity(UNHANDLED_FRAMES);
    let mut connecting = true;
    loop {
        let wake = engine.next_wake();
        let patience = sleep_until(wake.unwrap_or_else(Instant::now));
        tokio::select! {
            command = commands.recv() => match command {
                Some(command) => command(&mut engine),
                None => return engine.publisher.connection(Connection::Offline),
            },
            count = brought.recv_many(&mut inputs, UNHANDLED_FRAMES), if connecting => {
                engine.handle(inputs.drain(..));
                connecting = count > 0;
            }
            () = patience, if wake.is_some() => {}
        }
        engine.tell_quiet();
        engine.ask_waiters();
    }
}
