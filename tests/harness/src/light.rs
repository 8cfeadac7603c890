//! A client that costs little: for crowds, and for networks that are simulated.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rejoinder_client::{CommandError, MemoryStore, Store, Timestamp};
use rejoinder_core::authority::fate::Fate;
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{ConversationId, DocumentId, OperationId};
use rejoinder_core::replica::Event;
use rejoinder_core::session::backoff::{Backoff, Ending, Verdict};
use rejoinder_core::session::client::{Output, Session, SessionEvent};
use rejoinder_core::wire::{Credential, Keeping, Problem, ServerFrame};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::{Bytes, Message};

/// How long connecting and saying farewell may take.
const PATIENT: Duration = Duration::from_secs(10);

/// A client without a thread or a folder of its own: the session that every client has, over a
/// store in memory and any stream of bytes. Its clock is tokio's.
///
/// A clone is another handle to it.
#[derive(Clone)]
pub struct Light(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    wake: Notify,
    clock: Clock,
    witness: Witness,
}

/// What time it is for a client.
pub type Clock = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// Who is told of everything that passes between a client and the server.
pub type Witness = Box<dyn Fn(Passing<'_>) + Send + Sync>;

/// What passes between a client and the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing<'a> {
    /// A connection is there.
    Met,
    /// A frame goes to the server.
    Said(&'a [u8]),
    /// A frame has come from the server.
    Heard(&'a [u8]),
    /// The connection is gone.
    Parted,
}

impl core::fmt::Debug for Light {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Light").finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct State {
    store: MemoryStore,
    session: Session,
    credential: Credential,
    keeping: Keeping,
    dice: Dice,
    backoff: Backoff,
    /// What is before their eyes, also when the client starts again.
    open: BTreeSet<ConversationId>,
    outgoing: Vec<Vec<u8>>,
    /// The connection that is there is to end.
    hangs_up: bool,
    heard: Heard,
}

/// What the server has told a client.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Operations of its own, and when it was told first that they are accepted.
    pub accepted: BTreeMap<OperationId, Instant>,
    /// What was put off, or refused, and when.
    pub problems: Vec<(Instant, Problem)>,
    /// Its own operations that were refused.
    pub refused: u64,
    /// Frames with presence of others.
    pub signals: u64,
    /// Frames that came.
    pub frames: u64,
    /// How often it was welcomed.
    pub welcomes: u64,
}

impl Light {
    /// Somebody who has never met the server. The same seed makes the same ids.
    ///
    /// # Panics
    /// Never: an empty store opens.
    #[must_use]
    pub fn new(credential: Credential, keeping: Keeping, seed: u64) -> Self {
        let (born, begun) = (rejoinder_server::clock::now(), Instant::now());
        let clock = move || {
            born.plus_millis(i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX))
        };
        Self::watched(credential, keeping, seed, Box::new(clock), Box::new(|_| {}))
    }

    /// The same, with a clock that is handed in, and somebody who sees what passes.
    ///
    /// # Panics
    /// Never: an empty store opens.
    #[must_use]
    pub fn watched(
        credential: Credential,
        keeping: Keeping,
        seed: u64,
        clock: Clock,
        witness: Witness,
    ) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let mut dice = Dice::from_seed(bytes);
        let mut store = MemoryStore::from_seed(dice.bytes());
        let session = Session::new(store.saved().unwrap(), keeping, dice.bytes());
        let backoff = Backoff::new(Dice::from_seed(dice.bytes()));
        let (open, outgoing) = (BTreeSet::new(), Vec::new());
        let (hangs_up, heard) = (false, Heard::default());
        let state = State {
            store,
            session,
            credential,
            keeping,
            dice,
            backoff,
            open,
            outgoing,
            hangs_up,
            heard,
        };
        Self(Arc::new(Inner { state: Mutex::new(state), wake: Notify::new(), clock, witness }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }

    fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    /// What its session says.
    pub fn sees<T>(&self, look: impl FnOnce(&Session) -> T) -> T {
        look(&self.state().session)
    }

    /// What the server has told it.
    #[must_use]
    pub fn heard(&self) -> Heard {
        self.state().heard.clone()
    }

    /// Every byte that it keeps.
    #[must_use]
    pub fn everything(&self) -> Vec<u8> {
        self.state().store.everything()
    }

    /// Does something, and sends what follows.
    ///
    /// # Errors
    /// What the session says.
    pub fn does<T>(
        &self,
        run: impl FnOnce(&mut Session, Timestamp) -> Result<(T, Output), CommandError>,
    ) -> Result<T, CommandError> {
        let now = self.now();
        let mut state = self.state();
        let (made, output) = run(&mut state.session, now)?;
        state.carry_out(output);
        drop(state);
        self.0.wake.notify_one();
        Ok(made)
    }

    /// Takes a conversation's documents from its store and follows them.
    pub fn opens(&self, chat: ConversationId) {
        let mut state = self.state();
        state.open.insert(chat);
        for document in state.session.documents_of(chat) {
            state.load(document);
        }
        drop(state);
        self.0.wake.notify_one();
    }

    /// Whether everything that it wrote has its fate.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.sees(|session| {
            session.loaded().all(|id| session.replica(id).is_none_or(|r| r.outbox().is_empty()))
        })
    }

    /// Somebody presses the button that tries again at once.
    pub fn hurries(&self) {
        self.state().backoff.forget_failures();
        self.0.wake.notify_one();
    }

    /// The process ends and starts again with what the store has.
    ///
    /// # Panics
    /// When its log does not fit together.
    pub fn restarts(&self) {
        let mut state = self.state();
        let (keeping, seed) = (state.keeping, state.dice.bytes());
        let saved = state.store.saved().unwrap();
        state.session = Session::new(saved.clone(), keeping, seed);
        (state.outgoing, state.hangs_up) = (Vec::new(), true);
        let open: Vec<_> = state.open.iter().copied().collect();
        let looked_at = open.into_iter().flat_map(|chat| state.session.documents_of(chat));
        let documents: Vec<_> = looked_at.chain(saved.waiting).collect();
        documents.into_iter().for_each(|document| state.load(document));
    }

    /// Keeps one connection to the server until it is dropped.
    pub async fn keeps_connected<S, F>(self, mut dial: impl FnMut() -> F)
    where
        S: AsyncRead + AsyncWrite + Unpin,
        F: Future<Output = io::Result<S>>,
    {
        loop {
            let wait = self.state().backoff.wait();
            sleep(wait).await;
            let verdict = match timeout(PATIENT, dial()).await {
                Ok(Ok(stream)) => self.attends(stream).await,
                Ok(Err(_)) | Err(_) => Verdict::Failed,
            };
            self.state().backoff.ended(verdict);
        }
    }

    async fn attends<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) -> Verdict {
        let greeting = client_async("ws://server/api/v1/sync", stream);
        let Ok(Ok((socket, _))) = timeout(PATIENT, greeting).await else { return Verdict::Failed };
        let (mut sink, mut source) = socket.split();
        let (begun, mut ending) = (Instant::now(), Ending::default());
        (self.0.witness)(Passing::Met);
        self.state().connects();
        loop {
            let (frames, hangs_up) = self.state().takes();
            let sending = async {
                for frame in frames {
                    (self.0.witness)(Passing::Said(&frame));
                    sink.feed(Message::binary(frame)).await?;
                }
                sink.flush().await
            };
            if hangs_up || sending.await.is_err() {
                break;
            }
            let message = tokio::select! {
                biased;
                () = self.0.wake.notified() => continue,
                message = timeout(Duration::from_secs(60), source.next()) => message,
            };
            match message {
                Ok(Some(Ok(Message::Binary(bytes)))) => self.hears(&bytes, &mut ending),
                Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) | Err(_) => {
                    ending.by_peer = true;
                    break;
                }
                Ok(Some(Ok(_))) => {}
            }
        }
        drop(timeout(Duration::from_secs(1), sink.close()).await);
        (self.0.witness)(Passing::Parted);
        let output = self.state().session.handle_disconnected();
        self.state().carry_out(output);
        ending.lasted_millis = u64::try_from(begun.elapsed().as_millis()).unwrap();
        ending.into()
    }

    fn hears(&self, bytes: &Bytes, ending: &mut Ending) {
        (self.0.witness)(Passing::Heard(bytes));
        let frame = ServerFrame::decode(bytes).unwrap();
        let (now, clock) = (Instant::now(), self.now());
        let mut state = self.state();
        let heard = &mut state.heard;
        heard.frames += 1;
        match &frame {
            ServerFrame::Welcome(_) => {
                ending.welcomed = true;
                heard.welcomes += 1;
            }
            ServerFrame::Retry { after_millis, reason } => {
                ending.told = Some((*reason, Some(*after_millis)));
            }
            ServerFrame::Refused { document: None, reason } => {
                ending.told = Some((*reason, None));
            }
            ServerFrame::Fates { fates, .. } => {
                for told in fates.iter().filter(|told| matches!(told.fate, Fate::Accepted { .. })) {
                    heard.accepted.entry(told.operation).or_insert(now);
                }
            }
            ServerFrame::Signals { .. } => heard.signals += 1,
            _ => {}
        }
        let output = state.session.handle_frame(frame, clock);
        for event in &output.events {
            match event {
                SessionEvent::Problem { reason, .. } => state.heard.problems.push((now, *reason)),
                SessionEvent::Document(Event::Refused { .. }) => state.heard.refused += 1,
                _ => {}
            }
        }
        state.carry_out(output);
    }
}

impl State {
    fn connects(&mut self) {
        (self.outgoing, self.hangs_up) = (Vec::new(), false);
        let output = self.session.handle_connected(Some(self.credential.clone()));
        self.carry_out(output);
    }

    fn takes(&mut self) -> (Vec<Vec<u8>>, bool) {
        (core::mem::take(&mut self.outgoing), self.hangs_up)
    }

    fn load(&mut self, document: DocumentId) {
        let saved = self.store.document(document).unwrap();
        let (output, fits) = self.session.load(document, saved);
        assert_eq!(fits, Ok(()), "SE5: the log of {document} in a store fits together");
        self.carry_out(output);
    }

    /// Does what a session asks for, in its order.
    fn carry_out(&mut self, output: Output) {
        self.store.commit(output.writes).unwrap();
        self.outgoing.extend(output.frames.iter().map(|frame| frame.encode()));
        self.hangs_up |= output.disconnect;
        for document in output.load {
            self.load(document);
        }
    }
}
