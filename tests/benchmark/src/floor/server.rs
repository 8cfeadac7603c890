//! The plain chat's server.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::ws::{Message, WebSocket};
use axum::extract::{State, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use rusqlite::Connection;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc};

use super::Says;
use super::table::{self, Job};
use crate::failure::Failure;

/// As Rejoinder has them: axum's default of 128 KiB each would be no floor.
const BUFFER_BYTES: usize = 4 * 1024;

/// Frames that wait for a slow reader before it misses some.
const WAITING: usize = 4_096;

struct Chat {
    jobs: std::sync::mpsc::Sender<Job>,
    everybody: broadcast::Sender<String>,
    reading: Mutex<Connection>,
}

/// Listens, and serves as long as the process lives.
pub(crate) async fn start(folder: &Path, listen: SocketAddr) -> Result<SocketAddr, Failure> {
    let (writing, reading) = (table::open(folder)?, table::open(folder)?);
    let (jobs, waiting) = std::sync::mpsc::channel();
    let everybody = broadcast::Sender::new(WAITING);
    let told = everybody.clone();
    std::thread::spawn(move || table::write(&writing, &waiting, &told));
    let chat = Arc::new(Chat { jobs, everybody, reading: Mutex::new(reading) });
    let router = Router::new().route("/chat", get(connect)).with_state(chat);
    let listener = TcpListener::bind(listen).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
            let _best_effort = stream.set_nodelay(true);
        });
        axum::serve(listener, router).await
    });
    Ok(address)
}

async fn connect(State(chat): State<Arc<Chat>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .on_upgrade(move |socket| async move { drop(serve(&chat, socket).await) })
}

async fn serve(chat: &Arc<Chat>, mut socket: WebSocket) -> Result<(), Failure> {
    let mut everything = chat.everybody.subscribe();
    let (own, mut answers) = mpsc::unbounded_channel();
    loop {
        tokio::select! {
            received = socket.recv() => {
                let Some(Message::Text(text)) = received.transpose()? else { return Ok(()) };
                match serde_json::from_str(&text)? {
                    Says::Write(new) => chat.jobs.send(Job::Write(new, own.clone()))?,
                    Says::TakeBack(id) => chat.jobs.send(Job::TakeBack(id))?,
                    Says::Open => {
                        let chat = Arc::clone(chat);
                        let all = tokio::task::spawn_blocking(move || {
                            let reading = chat.reading.lock();
                            table::all(&reading.unwrap_or_else(PoisonError::into_inner))
                        });
                        socket.send(Message::Text(all.await??.into())).await?;
                    }
                }
            }
            Some(answer) = answers.recv() => socket.send(Message::Text(answer.into())).await?,
            told = everything.recv() => socket.send(Message::Text(told?.into())).await?,
        }
    }
}
