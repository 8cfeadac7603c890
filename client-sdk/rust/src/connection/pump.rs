//! One connection, from the first frame to the last.

use std::time::Duration;

use futures_util::{Sink, SinkExt, Stream, StreamExt};
use rejoinder_core::limits;
use rejoinder_core::wire::{Problem, ServerFrame};
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, timeout};
use tokio_tungstenite::tungstenite::{Bytes, Error as SocketError, Message};

use super::{FromConnection, Socket};

/// Milliseconds that the server has to answer a closing frame.
const CLOSE_MILLIS: u64 = 1_000;

/// How a connection ended.
#[derive(Debug, Default)]
pub(super) struct Ended {
    /// The server said who this is: it is there, and it knows this client.
    pub(super) welcomed: bool,
    /// The last thing that the server said about the connection, and the wait it asked for.
    pub(super) told: Option<(Problem, Option<u64>)>,
    /// The other side, or the network, ended it.
    pub(super) by_peer: bool,
}

/// Writes what the session sends and hands it what comes, until either side ends it.
pub(super) async fn pump(
    socket: Socket,
    number: u64,
    outgoing: mpsc::UnboundedReceiver<Vec<u8>>,
    session: &mpsc::Sender<FromConnection>,
) -> Ended {
    let (sink, mut stream) = socket.split();
    let mut ended = Ended::default();
    // Side by side: a server that reads slowly must not keep this client from reading.
    let closing = tokio::select! {
        by_session = write(sink, outgoing) => by_session,
        () = read(&mut stream, number, session, &mut ended) => false,
    };
    if closing {
        let farewell = async { while let Some(Ok(_)) = stream.next().await {} };
        drop(timeout(Duration::from_millis(CLOSE_MILLIS), farewell).await);
    } else {
        ended.by_peer = true;
    }
    ended
}

/// Returns whether the session, rather than a failure, ended it.
async fn write(
    mut sink: impl Sink<Message, Error = SocketError> + Unpin,
    mut outgoing: mpsc::UnboundedReceiver<Vec<u8>>,
) -> bool {
    let every = Duration::from_millis(limits::PING_MILLIS);
    let mut ping = interval_at(Instant::now() + every, every);
    loop {
        let message = tokio::select! {
            frame = outgoing.recv() => match frame {
                Some(bytes) => Message::binary(bytes),
                None => return sink.close().await.is_ok(),
            },
            _ = ping.tick() => Message::Ping(Bytes::new()),
        };
        if let Err(error) = sink.send(message).await {
            tracing::debug!(%error, "the connection is lost");
            return false;
        }
    }
}

async fn read(
    stream: &mut (impl Stream<Item = Result<Message, SocketError>> + Unpin),
    number: u64,
    session: &mpsc::Sender<FromConnection>,
    ended: &mut Ended,
) {
    let idle = Duration::from_millis(limits::IDLE_MILLIS);
    loop {
        let message = match timeout(idle, stream.next()).await {
            Ok(Some(Ok(message))) => message,
            Ok(Some(Err(error))) => {
                tracing::debug!(%error, "the connection is lost");
                return;
            }
            Ok(None) => return,
            Err(_) => {
                tracing::debug!("nothing came for too long");
                return;
            }
        };
        let bytes = match message {
            Message::Binary(bytes) => bytes,
            // Answered by the library.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => continue,
            Message::Text(_) => {
                ended.told = Some((Problem::Malformed, None));
                return;
            }
        };
        let frame = match ServerFrame::decode(&bytes) {
            Ok(frame) => frame,
            Err(error) => {
                tracing::warn!(%error, "the server sent what is no frame");
                ended.told = Some((Problem::Malformed, None));
                return;
            }
        };
        match frame {
            ServerFrame::Welcome(_) => ended.welcomed = true,
            ServerFrame::Retry { after_millis, reason } => {
                ended.told = Some((reason, Some(after_millis)));
            }
            ServerFrame::Refused { document: None, reason } => ended.told = Some((reason, None)),
            _ => {}
        }
        if session.send(FromConnection::Frame(number, frame)).await.is_err() {
            return;
        }
    }
}
