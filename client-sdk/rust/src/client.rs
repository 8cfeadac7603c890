//! A client: who somebody is, on one device, connected or not.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rejoinder_core::id::ConversationId;
use rejoinder_core::principal::Principal;
use rejoinder_core::session::client::{Connection, Session};
use rejoinder_core::wire::{ClientFrame, FeedRow, Notification, Offer, Problem, ServerFrame};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::connection::Address;
use crate::conversation::Conversation;
use crate::engine::{Beginning, Command, Engine, Publisher, Waiter, start};
use crate::error::Error;
use crate::event::{Event, Events};
use crate::options::{ClientOptions, Network};
use crate::store::StoreError;

/// Commands that wait for the engine. Whoever gives more waits until there is room.
const UNHANDLED_COMMANDS: usize = 64;

/// How long the server has to answer a log-out before it is carried out here alone.
const LOG_OUT: Duration = Duration::from_secs(10);

/// A client. Clones are handles to the same one; it ends when the last handle, conversations
/// included, is dropped, or when it is [closed](Self::close).
///
/// Every call that changes something returns when that is durable in the store, and is carried out
/// even if its future is dropped. None of them waits for the network, except [`contact`],
/// [`settled`] and [`log_out`].
///
/// [`contact`]: Self::contact
/// [`settled`]: Self::settled
/// [`log_out`]: Self::log_out
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    server: String,
    /// None after the client was closed.
    commands: Mutex<Option<mpsc::Sender<Command>>>,
    ended: Mutex<Option<oneshot::Receiver<()>>>,
    events: broadcast::WeakSender<Event>,
    connection: watch::Receiver<Connection>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("server", &self.0.server).finish_non_exhaustive()
    }
}

/// What is to happen to things that were not sent when somebody logs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// They are kept: with something in the outbox nobody is logged out.
    Keep,
    /// They are lost.
    Lose,
}

impl Client {
    /// Opens a client: on what its store has, with or without a network. It connects by itself.
    ///
    /// # Errors
    /// [`Error::Address`], and [`Error::Store`] when the store cannot be opened or is in use.
    pub async fn open(options: ClientOptions) -> Result<Self, Error> {
        let address = Address::parse(&options.server)?;
        let seed = match options.seed {
            Some(seed) => seed,
            None => random_seed()?,
        };
        let publisher = Publisher::new();
        let (events, connection) = (publisher.events(), publisher.watch_connection());
        let (opened, answer) = oneshot::channel();
        let (commands, received) = mpsc::channel(UNHANDLED_COMMANDS);
        let (ends, ended) = oneshot::channel();
        let beginning = Beginning {
            address,
            credential: options.credential,
            place: options.place,
            clock: options.clock,
            seed,
            network: options.network,
            publisher,
            opened,
        };
        start(beginning, received, ends)?;
        answer.await.map_err(|_| Error::Closed)??;
        Ok(Self(Arc::new(Inner {
            server: options.server,
            commands: Mutex::new(Some(commands)),
            ended: Mutex::new(Some(ended)),
            events: events.downgrade(),
            connection,
        })))
    }

    /// Runs something on the engine's thread.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        run: impl FnOnce(&mut Engine) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        self.give(Box::new(move |engine| drop(answer.send(run(engine))))).await?;
        answered.await.map_err(|_| Error::Closed)?
    }

    async fn give(&self, command: Command) -> Result<(), Error> {
        let commands = self.0.commands.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let commands = commands.ok_or(Error::Closed)?;
        commands.send(command).await.map_err(|_| Error::Closed)
    }

    /// Waits until something holds, at most so long.
    async fn until<T: Send + 'static>(
        &self,
        timeout: Duration,
        ready: impl FnMut(&Engine) -> Option<Result<T, Error>> + Send + 'static,
        late: impl Fn(&Engine) -> Error + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let waiter = move |engine: &mut Engine| {
            engine.wait(Waiter::new(timeout, answer, ready, late));
        };
        self.give(Box::new(waiter)).await?;
        answered.await.map_err(|_| Error::Closed)?
    }

    /// Waits for the first contact with the server, and says who this client is. After it,
    /// everything works without a network; a client that had one before answers at once.
    ///
    /// # Errors
    /// [`Error::Refused`] when the server refuses the credential, [`Error::NoContact`] when it was
    /// not reached in time.
    pub async fn contact(&self, timeout: Duration) -> Result<Principal, Error> {
        let server = self.0.server.clone();
        let ready = |engine: &Engine| {
            if engine.is_wiped() {
                return Some(Err(Error::Wiped));
            }
            if let Some(identity) = engine.present().and_then(|session| session.identity()) {
                return Some(Ok(identity.principal.clone()));
            }
            let refused = engine.refused.filter(|problem| is_final(*problem));
            refused.map(|problem| Err(Error::Refused(problem)))
        };
        let late = move |engine: &Engine| {
            let refused = engine.refused.map(|problem| problem.to_string());
            let reason = engine.unreachable.clone().or(refused);
            let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            Error::NoContact { server: server.clone(), reason }
        };
        self.until(timeout, ready, late).await
    }

    /// Waits until everything is exchanged: the connection is live, no operation waits for a fate,
    /// and the words of what was asked for are here.
    ///
    /// What waits for a decision of its author (refused, collided) does not count.
    ///
    /// # Errors
    /// [`Error::NotSettled`] with what is missing when the time is over, [`Error::Wiped`].
    pub async fn settled(&self, timeout: Duration) -> Result<(), Error> {
        let ready = |engine: &Engine| {
            if engine.is_wiped() {
                return Some(Err(Error::Wiped));
            }
            (engine.unsettled() == (Connection::Live, 0, 0)).then_some(Ok(()))
        };
        let late = |engine: &Engine| {
            let (connection, waiting, words) = engine.unsettled();
            Error::NotSettled { connection, waiting, words }
        };
        self.until(timeout, ready, late).await
    }

    /// Who this client is; none before the first contact.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Wiped`], [`Error::Closed`].
    pub async fn principal(&self) -> Result<Option<Principal>, Error> {
        self.call(|engine| Ok(engine.session()?.identity().map(|id| id.principal.clone()))).await
    }

    /// What proves who this client is: for opening another one of the same person elsewhere.
    /// Whoever has it is them.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Wiped`], [`Error::Closed`].
    pub async fn token(&self) -> Result<Option<String>, Error> {
        self.call(|engine| Ok(engine.session()?.identity().map(|id| id.token.clone()))).await
    }

    /// Begins a conversation: only visitors do, and without a network too. The server learns of it
    /// with its first message.
    ///
    /// # Errors
    /// [`Error::Command`] when this is no visitor, or had no contact yet.
    pub async fn begin(&self) -> Result<Conversation, Error> {
        let begin = |engine: &mut Engine| {
            engine.make_room(1)?;
            engine.command(Session::begin)
        };
        let id = self.call(begin).await?;
        self.conversation(id).await
    }

    /// A handle to a conversation, which is loaded from the store and followed from now on.
    ///
    /// It is followed until no handle to it is left and its place is needed: a connection follows
    /// 256 documents, of which an agent needs two for a conversation.
    ///
    /// # Errors
    /// [`Error::Command`] before the first contact, [`Error::TooManyOpen`].
    pub async fn conversation(&self, id: ConversationId) -> Result<Conversation, Error> {
        let changes = self.call(move |engine| {
            engine.follow_conversation(id)?;
            Ok(engine.publisher.watch_changes(id))
        });
        Ok(Conversation::new(self.clone(), id, changes.await?))
    }

    /// The newest state of every conversation that the server has told of, newest first: an agent's
    /// inbox, a visitor's conversations. What the store has is there without a network.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Wiped`], [`Error::Closed`].
    pub async fn inbox(&self) -> Result<Vec<FeedRow>, Error> {
        let rows = self.call(|engine| Ok(engine.session()?.inbox().cloned().collect::<Vec<_>>()));
        let mut rows = rows.await?;
        rows.sort_by_key(|row| core::cmp::Reverse((row.at, row.conversation)));
        Ok(rows)
    }

    /// Waiting conversations that are offered to this agent, what has waited longest first: none
    /// without a connection. Taking one is [`Conversation::claim`].
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Wiped`], [`Error::Closed`].
    pub async fn offers(&self) -> Result<Vec<Offer>, Error> {
        self.call(|engine| Ok(engine.session()?.offers().to_vec())).await
    }

    /// What this agent was notified of and has not read, newest first, as far as the server has
    /// told since the client began.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Wiped`], [`Error::Closed`].
    pub async fn notifications(&self) -> Result<Vec<Notification>, Error> {
        self.call(|engine| Ok(engine.session()?.notifications().to_vec())).await
    }

    /// The state of the connection, now and as it changes.
    #[must_use]
    pub fn connection(&self) -> watch::Receiver<Connection> {
        self.0.connection.clone()
    }

    /// What happens from now on.
    #[must_use]
    pub fn events(&self) -> Events {
        let events = self.0.events.upgrade();
        // Of a client that has ended: a stream that has ended too.
        Events(events.map_or_else(|| broadcast::channel(1).1, |events| events.subscribe()))
    }

    /// Ends the connection and does not try again: there is no network, or none is wanted. When it
    /// returns, the client is offline.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub async fn go_offline(&self) -> Result<(), Error> {
        self.set_network(Network::Offline).await
    }

    /// Connects, now if it was waiting to try again.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub async fn go_online(&self) -> Result<(), Error> {
        self.set_network(Network::Online).await
    }

    async fn set_network(&self, network: Network) -> Result<(), Error> {
        self.call(move |engine| {
            engine.set_network(network);
            Ok(())
        })
        .await
    }

    /// Operations that are in the outbox or wait for a decision of their author: what would be lost
    /// by losing this device now.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Wiped`], [`Error::Closed`].
    pub async fn unsent(&self) -> Result<usize, Error> {
        self.call(unsent).await
    }

    /// Logs out: the server revokes the token, and everything on this device is erased. The client
    /// has ended then.
    ///
    /// With [`Unsent::Lose`] it is carried out without a network too; the token then stays valid,
    /// but nobody has it any more.
    ///
    /// # Errors
    /// With [`Unsent::Keep`], [`Error::Unsent`] when something waits, and [`Error::Offline`].
    pub async fn log_out(&self, waiting: Unsent) -> Result<(), Error> {
        let connected = self.call(move |engine| {
            let operations = unsent(engine)?;
            if waiting == Unsent::Keep && operations > 0 {
                return Err(Error::Unsent { operations });
            }
            let session = engine.session()?;
            let connected = session.connection() != Connection::Offline;
            if waiting == Unsent::Keep && !connected {
                return Err(Error::Offline);
            }
            let output = session.log_out();
            debug_assert!(matches!(output.frames[..], [ClientFrame::LogOut]));
            engine.carry_out(output)?;
            Ok(connected)
        });
        if connected.await? {
            let ready = |engine: &Engine| engine.is_wiped().then_some(Ok(()));
            if self.until(LOG_OUT, ready, |_| Error::Offline).await.is_ok() {
                return Ok(());
            }
        }
        // The server did not answer; here it is done all the same.
        let wiped = self.call(|engine| {
            let now = engine.now();
            let output = engine.session()?.handle_frame(ServerFrame::Wipe, now);
            engine.carry_out(output)
        });
        match wiped.await {
            Err(Error::Wiped) => Ok(()),
            done => done,
        }
    }

    /// Closes the client: says farewell to the server and closes the store. When it returns, the
    /// store can be opened again. Other handles answer [`Error::Closed`] from now on.
    pub async fn close(&self) {
        drop(self.0.commands.lock().unwrap_or_else(PoisonError::into_inner).take());
        let ended = self.0.ended.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(ended) = ended {
            // It is never answered, only dropped, when the thread has ended.
            drop(ended.await);
        }
    }
}

fn unsent(engine: &mut Engine) -> Result<usize, Error> {
    let session = engine.session()?;
    Ok(session.loaded().filter_map(|id| session.replica(id)).map(|r| r.outbox().len()).sum())
}

const fn is_final(problem: Problem) -> bool {
    matches!(
        problem,
        Problem::Version
            | Problem::Credential
            | Problem::UnknownSite
            | Problem::Origin
            | Problem::CodeNeeded
    )
}

fn random_seed() -> Result<[u8; 32], Error> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| {
        let problem = format!("the operating system has no randomness: {error}");
        Error::Store(StoreError::Failed(problem))
    })?;
    Ok(seed)
}
