//! One connection: a WebSocket that carries the protocol.
//!
//! The core's session says which frame may come when; this shell reads and writes, asks the
//! directory and the storage, and hands everything about conversations to the hub.

mod erasing;
mod greeting;
mod orders;
mod shedding;

use core::convert::Infallible;
use core::time::Duration;
use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket};
use rejoinder_core::limits;
use rejoinder_core::session::server::{Fault, Request, Session};
use rejoinder_core::wire::{ClientFrame, Keeping, Problem, ServerFrame, Signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::Instant;

use crate::directory::AuthError;
use crate::hub::{Ask, Connected, Frame, Hub, News, Queue, UnderWay, queue};
use crate::load::Burden;
use crate::storage::StorageError;
use crate::throttle::{Throttle, Turn, Wait};
use crate::web::Opener;
use erasing::{carried_out, heard, keep, read_feed, team_changed, wiped};
use greeting::holds;
use orders::{Purge, Slice, news, reckon};

/// Milliseconds after which a client of a server that shuts down comes back.
const CLOSING_RETRY_MILLIS: u64 = 1_000;

/// How long a device that was told to wipe may take to say so, by closing the connection.
const WIPE: Duration = Duration::from_secs(10);

/// Why a connection ends.
#[derive(Debug)]
enum End {
    /// The other side has closed it, or the network has.
    Gone,
    /// The last thing to say.
    Saying(ServerFrame),
    /// The device is to erase everything.
    Wipe,
}

impl From<Problem> for End {
    fn from(reason: Problem) -> Self {
        Self::Saying(ServerFrame::Refused { document: None, reason })
    }
}

impl From<Wait> for End {
    fn from(Wait(after_millis): Wait) -> Self {
        Self::Saying(ServerFrame::Retry { after_millis, reason: Problem::TooMuch })
    }
}

impl From<StorageError> for End {
    fn from(error: StorageError) -> Self {
        tracing::warn!(%error, "a connection ends");
        Self::Saying(ServerFrame::Retry { after_millis: 5_000, reason: Problem::Storage })
    }
}

/// From where somebody connects.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The other end of the connection.
    pub peer: IpAddr,
    /// The page that opened it.
    pub opener: Opener,
    /// What the client calls itself.
    pub client: Option<String>,
}

/// Serves one connection until it ends.
pub async fn serve(
    hub: Hub,
    throttle: Arc<Throttle>,
    socket: WebSocket,
    visit: Visit,
    mut closing: watch::Receiver<bool>,
) {
    metrics::gauge!("rejoinder_connections").increment(1);
    let (outbound, queue) = queue();
    let under_way = Arc::new(Semaphore::new(limits::UNDER_WAY_BYTES));
    let (session, peer) = (Session::default(), visit.peer);
    let (answering, turns) = (mpsc::channel(1), Vec::new());
    let mut connection =
        Connection { socket, queue, session, throttle, peer, under_way, answering, turns };
    let arrived = tokio::select! {
        biased;
        _ = closing.wait_for(|closing| *closing) => Err(End::Saying(closing_frame())),
        arrived = connection.greet(&hub, outbound, &visit) => arrived,
    };
    match arrived {
        Ok((connected, purge)) => {
            let end = tokio::select! {
                biased;
                _ = closing.wait_for(|closing| *closing) => End::Saying(closing_frame()),
                end = connection.run(&hub, &connected, purge) => end,
            };
            for document in connection.session.opened() {
                // A busy conversation finds out by itself that the queue is closed.
                let _gone = hub.ask(document.conversation, Ask::Gone(connected.id));
            }
            hub.registry().depart(&connected);
            team_changed(&hub, &connected);
            connection.end(&hub, Some(&connected), end).await;
        }
        Err(end) => connection.end(&hub, None, end).await,
    }
    metrics::gauge!("rejoinder_connections").decrement(1);
}

const fn closing_frame() -> ServerFrame {
    ServerFrame::Retry { after_millis: CLOSING_RETRY_MILLIS, reason: Problem::Closing }
}

/// A frame, and how many bytes it had.
type Said = (ClientFrame, usize);

struct Connection {
    socket: WebSocket,
    queue: Queue,
    session: Session,
    throttle: Arc<Throttle>,
    peer: IpAddr,
    /// Bytes that may still be taken before some are carried out.
    under_way: Arc<Semaphore>,
    /// Pushes hold the sending end until they are answered.
    answering: (mpsc::Sender<Infallible>, mpsc::Receiver<Infallible>),
    /// What counts as long as it lasts.
    turns: Vec<Turn>,
}

impl Connection {
    async fn frame(&mut self) -> Result<Said, End> {
        loop {
            if let Some(said) = received(self.socket.recv().await)? {
                return Ok(said);
            }
        }
    }

    /// Where every frame goes out.
    async fn write(&mut self, frame: impl Into<Frame>) -> Result<(), End> {
        let reader = self.session.principal().map(|principal| principal.role);
        let Some(bytes) = frame.into().bytes_for(reader) else {
            tracing::error!("a frame of the team's was about to go to a visitor: not sent");
            return Err(End::Gone);
        };
        metrics::counter!("rejoinder_frames_out_total").increment(1);
        let sent = self.socket.send(Message::Binary(bytes));
        // Who does not read for so long is gone, or holds the connection on purpose.
        match tokio::time::timeout(Duration::from_millis(limits::IDLE_MILLIS), sent).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    /// Asks whether the other side is there, and says that this one is: a page sees no ping, and
    /// an empty frame of the feed instead.
    async fn ping(&mut self) -> Result<(), End> {
        let sent = self.socket.send(Message::Ping(Bytes::new()));
        match tokio::time::timeout(Duration::from_millis(limits::IDLE_MILLIS), sent).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return Err(End::Gone),
        }
        if self.session.is_open() {
            let here = ServerFrame::Feed { cursor: 0, rows: Vec::new() };
            self.write(&here).await?;
        }
        Ok(())
    }

    /// Serves an authenticated connection until it ends.
    async fn run(&mut self, hub: &Hub, connected: &Arc<Connected>, purge: Purge) -> End {
        match self.serve(hub, connected, purge).await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    async fn serve(
        &mut self,
        hub: &Hub,
        connected: &Arc<Connected>,
        mut purge: Purge,
    ) -> Result<Infallible, End> {
        let idle = Duration::from_millis(limits::IDLE_MILLIS);
        let quiet = Duration::from_millis(limits::QUIET_MILLIS);
        let (mut heard, mut pinged) = (Instant::now(), false);
        let mut looked = false;
        loop {
            let open = self.session.is_open();
            let deadline = heard + if pinged { idle } else { quiet };
            // As fast as it is taken: thousands of rows have no room in a queue.
            let reads = open && purge.reading.is_some() && self.queue.is_empty();
            // News that come again and again leave every other turn to the rest.
            let just_looked = core::mem::take(&mut looked);
            // In this order: who says much is answered all the same, for what waits to be said is
            // said as a whole, and then it is listened.
            tokio::select! {
                biased;
                news = connected.news(), if open && !just_looked => {
                    self.look_after(hub, connected, news, &mut purge).await?;
                    looked = true;
                }
                Some(frame) = self.queue.next(), if open => {
                    self.write(frame).await?;
                    while let Some(frame) = self.queue.ready() {
                        self.write(frame).await?;
                    }
                }
                frame = self.socket.recv() => {
                    (heard, pinged) = (Instant::now(), false);
                    if let Some(said) = received(frame)? {
                        self.take(hub, connected, said, &mut purge).await?;
                    }
                }
                () = tokio::time::sleep_until(deadline) => {
                    if pinged {
                        return Err(Problem::TimedOut.into());
                    }
                    // A page cannot ping, but its browser answers.
                    self.ping().await?;
                    pinged = true;
                }
                () = core::future::ready(()), if reads => {
                    read_feed(hub, connected, &mut purge).await?;
                }
                news = connected.news(), if open && just_looked => {
                    self.look_after(hub, connected, news, &mut purge).await?;
                    looked = true;
                }
            }
        }
    }

    async fn take(
        &mut self,
        hub: &Hub,
        connected: &Arc<Connected>,
        (frame, bytes): Said,
        purge: &mut Purge,
    ) -> Result<(), End> {
        self.in_measure(connected, &frame)?;
        self.handle(hub, connected, (frame, bytes), purge).await
    }

    async fn handle(
        &mut self,
        hub: &Hub,
        connected: &Arc<Connected>,
        (frame, bytes): Said,
        purge: &mut Purge,
    ) -> Result<(), End> {
        let request = match self.session.handle(frame) {
            Ok(request) => request,
            Err(Fault::Fatal(problem)) => return Err(problem.into()),
            Err(Fault::Document(document, reason)) => {
                connected.outbound.send(&ServerFrame::Refused { document: Some(document), reason });
                return Ok(());
            }
        };
        let by = || Arc::clone(connected);
        let (conversation, ask) = match request {
            Request::Authenticate(_) => return Err(Problem::OutOfTurn.into()),
            Request::Purged(cursor) => return self.purged(hub, connected, purge, cursor).await,
            Request::Holding(documents) => {
                return Ok(holds(hub, connected, documents, purge).await?);
            }
            Request::Held => return Ok(()),
            Request::LogOut => {
                let (directory, token) = (Arc::clone(hub.directory()), connected.token);
                let revoked = hub.machine().does(move || directory.log_out(token)).await;
                return Err(match revoked {
                    Ok(Ok(())) => End::Wipe,
                    _ => StorageError::Failed("the token could not be revoked".to_owned()).into(),
                });
            }
            Request::Open(d, cursor) => (d.conversation, Ask::Open(by(), d.kind, cursor)),
            Request::Leave(d) => (d.conversation, Ask::Leave(connected.id, d.kind)),
            Request::Push(d, submissions, revisions) => {
                let waits = self.admits(hub, connected, d.conversation).await?;
                let under_way = UnderWay { room: self.room_for(bytes).await, waits };
                (d.conversation, Ask::Push(by(), d.kind, submissions, revisions, under_way))
            }
            Request::Want(d, revisions) => (d.conversation, Ask::Want(by(), d.kind, revisions)),
            Request::Signal(_, Signal::Typing | Signal::Viewing | Signal::Idle)
                if hub.load().admits(Burden::Presence).is_err() =>
            {
                return Ok(());
            }
            Request::Signal(d, signal) => (d.conversation, Ask::Signal(by(), d.kind, signal)),
        };
        hub.ask(conversation, ask).map_err(|_| busy(Wait(1_000)))
    }

    /// Whether somebody may say so much so soon: nothing of it is looked at otherwise.
    fn in_measure(&self, connected: &Connected, frame: &ClientFrame) -> Result<(), Wait> {
        let who = connected.principal.participant;
        match frame {
            ClientFrame::Push { submissions, .. } => {
                self.throttle.pushes(who, &connected.scope, self.peer, submissions.len())
            }
            ClientFrame::LogOut => Ok(()),
            ClientFrame::Hello(_)
            | ClientFrame::Purged { .. }
            | ClientFrame::Holding { .. }
            | ClientFrame::Open { .. }
            | ClientFrame::Leave { .. }
            | ClientFrame::Want { .. }
            | ClientFrame::Signal { .. } => self.throttle.says(who),
        }
    }

    /// Waits until enough of what this connection has said is carried out; meanwhile nothing is
    /// read from it.
    async fn room_for(&mut self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        Arc::clone(&self.under_way).acquire_many_owned(bytes).await.ok()
    }

    /// The device has erased what the last orders told it to. Sends the next that did not fit into
    /// the welcome; after the last one, everything flows.
    async fn purged(
        &mut self,
        hub: &Hub,
        connected: &Arc<Connected>,
        purge: &mut Purge,
        cursor: u64,
    ) -> Result<(), End> {
        carried_out(hub, connected, purge, cursor).await?;
        if core::mem::take(&mut purge.reckoning) {
            let erasing = reckon(hub, connected, 0, (purge.came, &purge.has)).await?;
            (purge.more, purge.dropping) = (erasing.slices, erasing.dropping);
        }
        if let Some(Slice { cursor, number, orders }) = purge.more.pop_front() {
            purge.tells(cursor, number);
            self.session.more(cursor);
            return self.write(&ServerFrame::Erasures { cursor, orders }).await;
        }
        // Before anything that was held: a document may be sent again that was dropped before.
        let dropped = core::mem::take(&mut purge.dropping);
        if !dropped.is_empty() {
            hub.storage().forget_holdings(connected.device, dropped).await?;
        }
        for frame in self.session.release() {
            // None of them waits for room.
            Box::pin(self.handle(hub, connected, (frame, 0), purge)).await?;
        }
        // Said again later, it is about something else.
        purge.reading = purge.feed.take().or(purge.reading);
        Ok(())
    }

    async fn look_after(
        &mut self,
        hub: &Hub,
        connected: &Arc<Connected>,
        of: News,
        purge: &mut Purge,
    ) -> Result<(), End> {
        match of {
            News::Replaced => Err(Problem::Replaced.into()),
            News::TooSlow => Err(busy(Wait(1_000))),
            News::Standing => standing(hub, connected).await,
            News::Narrowed => Err(again()),
            News::Erasures => {
                for slice in news(hub, connected, purge.told, (purge.came, &purge.has)).await? {
                    let Slice { cursor, number, orders } = slice;
                    if orders.is_empty() {
                        // Nothing to tell, and not to be looked through again.
                        purge.told = purge.told.max(number);
                        continue;
                    }
                    purge.tells(cursor, number);
                    self.write(&ServerFrame::Erasures { cursor, orders }).await?;
                }
                Ok(())
            }
        }
    }

    /// Says the last thing, and waits until a device that was told to wipe has done so.
    async fn end(mut self, hub: &Hub, connected: Option<&Connected>, end: End) {
        let last = match end {
            End::Gone => None,
            End::Saying(frame) => Some(frame),
            End::Wipe => Some(ServerFrame::Wipe),
        };
        let wiping = matches!(last, Some(ServerFrame::Wipe));
        if let Some(frame) = last {
            while let Some(frame) = self.queue.ready() {
                if self.write(frame).await.is_err() {
                    break;
                }
            }
            let _gone = self.write(&frame).await;
        }
        if wiping {
            // A client closes the connection once everything is erased; a network that breaks says
            // nothing.
            let closed = async {
                loop {
                    match self.socket.recv().await {
                        Some(Ok(Message::Close(_))) => return true,
                        Some(Ok(_)) => {}
                        Some(Err(_)) | None => return false,
                    }
                }
            };
            let erased = tokio::time::timeout(WIPE, closed).await.unwrap_or(false);
            if let (true, Some(connected)) = (erased, connected) {
                wiped(hub, connected.device).await;
            }
        }
        let _gone = self.socket.send(Message::Close(None)).await;
        if let Some(connected) = connected.filter(|c| c.keeping == Keeping::Durable && !wiping)
            // A new connection of the device says by itself that it was heard from.
            && hub.registry().of_device(connected.device).is_none()
        {
            heard(hub, connected).await;
        }
    }
}

/// More than can be done now.
const fn busy(Wait(after_millis): Wait) -> End {
    End::Saying(ServerFrame::Retry { after_millis, reason: Problem::Busy })
}

fn received(message: Option<Result<Message, axum::Error>>) -> Result<Option<Said>, End> {
    match message {
        Some(Ok(Message::Binary(bytes))) => {
            metrics::counter!("rejoinder_frames_in_total").increment(1);
            ClientFrame::decode(&bytes).map(|frame| Some((frame, bytes.len()))).map_err(|error| {
                tracing::debug!(%error, "malformed frame");
                Problem::Malformed.into()
            })
        }
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
        Some(Ok(Message::Text(_))) => Err(Problem::Malformed.into()),
        Some(Ok(Message::Close(_))) | None => Err(End::Gone),
        Some(Err(error)) => Err(read_failure(error)),
    }
}

/// A frame over the bound is told; everything else that fails in reading is a connection gone.
fn read_failure(error: axum::Error) -> End {
    let inner = error.into_inner();
    if inner.to_string().contains("too long") || inner.to_string().contains("too large") {
        Problem::FrameTooLarge.into()
    } else {
        End::Gone
    }
}

/// The client begins anew at once, and is told then what it is to drop.
const fn again() -> End {
    End::Saying(ServerFrame::Retry { after_millis: 0, reason: Problem::Replaced })
}

/// The directory has changed: is this session still what it was?
async fn standing(hub: &Hub, connected: &Connected) -> Result<(), End> {
    let (directory, token) = (Arc::clone(hub.directory()), connected.token);
    let standing = hub.machine().does(move || directory.standing(token)).await;
    match standing {
        Ok(Ok(now)) if now.principal == connected.principal && now.scope == connected.scope => {
            Ok(())
        }
        // With another role or other sites it begins anew, at once.
        Ok(Ok(_)) => Err(again()),
        Ok(Err(AuthError::Wipe)) => Err(End::Wipe),
        Ok(Err(AuthError::Invalid)) => Err(Problem::Credential.into()),
        Ok(Err(_)) | Err(_) => {
            Err(StorageError::Failed("the directory does not answer".to_owned()).into())
        }
    }
}
