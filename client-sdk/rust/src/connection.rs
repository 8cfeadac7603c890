//! The connection: keeps one WebSocket to the server open while it is wanted.
//!
//! This task knows nothing of what the frames mean, except what tells it when to try again.

mod address;
mod pump;

use std::time::Duration;

use rejoinder_core::dice::Dice;
use rejoinder_core::limits;
use rejoinder_core::session::backoff::{Backoff, Ending, Verdict};
use rejoinder_core::wire::ServerFrame;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

pub(crate) use self::address::Address;
use self::pump::{Ended, pump};
use crate::options::Network;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Milliseconds that connecting may take, with name look-up and handshake. On a slow mobile
/// network a few seconds; past this, another try is more likely to help.
const CONNECT_MILLIS: u64 = 10_000;

/// Frames that were read and not yet handled. Past it, nothing more is read from the socket.
pub(crate) const UNHANDLED_FRAMES: usize = 64;

/// Where the session's frames go. Dropping it closes the connection.
///
/// It is not bounded by itself: what is sent is bounded by the outbox, whose words are in memory
/// anyway, and by what there is to ask for.
pub(crate) type Frames = mpsc::UnboundedSender<Vec<u8>>;

/// What the connection tells the session, with the connection's number: what comes from one that
/// was given up is not looked at.
#[derive(Debug)]
pub(crate) enum FromConnection {
    Up(u64, Frames),
    Frame(u64, ServerFrame),
    Down(u64),
    /// A try failed; told for the first of several only.
    Unreachable(String),
}

/// Keeps connecting while it is wanted, until nobody can want it any more.
pub(crate) async fn keep(
    address: Address,
    mut wanted: watch::Receiver<Network>,
    session: mpsc::Sender<FromConnection>,
    dice: Dice,
) {
    let mut backoff = Backoff::new(dice);
    let mut number = 0;
    let mut unreachable = false;
    loop {
        if wanted.wait_for(|wanted| *wanted == Network::Online).await.is_err() {
            return;
        }
        let at = Instant::now() + backoff.wait();
        tokio::select! {
            () = sleep_until(at) => {}
            changed = wanted.changed() => {
                if changed.is_err() {
                    return;
                }
                // Who says that the network is there knows better than a row of failures.
                backoff.forget_failures();
                continue;
            }
        }
        let verdict = match connect(&address, &mut wanted).await {
            Ok(Some(socket)) => {
                (unreachable, number) = (false, number + 1);
                attend(socket, number, &session).await
            }
            Ok(None) => continue,
            Err(reason) => {
                tracing::debug!(server = %address, %reason, "no connection");
                if !core::mem::replace(&mut unreachable, true) {
                    drop(session.send(FromConnection::Unreachable(reason)).await);
                }
                Verdict::Failed
            }
        };
        backoff.ended(verdict);
        if verdict == Verdict::Hopeless && wanted.changed().await.is_err() {
            return;
        }
    }
}

/// A connection; none when it is not wanted any more.
async fn connect(
    address: &Address,
    wanted: &mut watch::Receiver<Network>,
) -> Result<Option<Socket>, String> {
    // Nothing larger than the server may send is read, and what waits to be written is bounded:
    // by default neither is.
    let config = WebSocketConfig::default()
        .max_message_size(Some(limits::FRAME_BYTES))
        .max_frame_size(Some(limits::FRAME_BYTES))
        .max_write_buffer_size(2 * limits::FRAME_BYTES);
    let connecting = connect_async_with_config(address.uri(), Some(config), true);
    tokio::select! {
        done = timeout(Duration::from_millis(CONNECT_MILLIS), connecting) => match done {
            Ok(Ok((socket, _))) => Ok(Some(socket)),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("connecting took too long".to_owned()),
        },
        _ = wanted.wait_for(|wanted| *wanted == Network::Offline) => Ok(None),
    }
}

/// Hands frames to and fro until the connection ends.
async fn attend(socket: Socket, number: u64, session: &mpsc::Sender<FromConnection>) -> Verdict {
    let began = Instant::now();
    let (frames, outgoing) = mpsc::unbounded_channel();
    if session.send(FromConnection::Up(number, frames)).await.is_err() {
        return Verdict::Hopeless;
    }
    let ended = pump(socket, number, outgoing, session).await;
    drop(session.send(FromConnection::Down(number)).await);
    let lasted_millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let Ended { told, welcomed, by_peer } = ended;
    if let Some((reason, Some(millis))) = told {
        tracing::debug!(%reason, millis, "the server asks to wait");
    }
    Ending { told, welcomed, by_peer, lasted_millis }.into()
}
