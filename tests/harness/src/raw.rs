//! The protocol by hand.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{DeviceId, DocumentId, Seq};
use rejoinder_core::wire::{
    self, ClientFrame, Credential, Hello, Keeping, OperationFate, Problem, ServerFrame, Welcome,
};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::forge::Letter;
use crate::wait::PATIENCE;

/// A connection on which frames are said by hand.
#[derive(Debug)]
pub struct Raw {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    received: Vec<Vec<u8>>,
}

impl Raw {
    /// A connection on which nothing was said yet.
    ///
    /// # Panics
    /// When there is no server.
    pub async fn connect(server: SocketAddr) -> Self {
        let (socket, _) = connect_async(format!("ws://{server}/api/v1/sync")).await.unwrap();
        Self { socket, received: Vec::new() }
    }

    /// A connection of a new device that keeps nothing, which has said `Hello` and `Purged`.
    ///
    /// # Panics
    /// When it is not welcome.
    pub async fn enter(server: SocketAddr, credential: Credential) -> (Self, Welcome) {
        let mut raw = Self::connect(server).await;
        raw.send(&ClientFrame::Hello(hello(credential))).await;
        let welcome = match raw.next().await {
            Some(ServerFrame::Welcome(welcome)) => *welcome,
            other => panic!("not welcome: {other:?}"),
        };
        raw.send(&ClientFrame::Purged { cursor: welcome.cursor }).await;
        (raw, welcome)
    }

    /// Says `Hello` as a new device that keeps nothing.
    ///
    /// # Panics
    /// When nobody is there.
    pub async fn greets(&mut self, credential: Credential) {
        self.send(&ClientFrame::Hello(hello(credential))).await;
    }

    /// Says a frame.
    ///
    /// # Panics
    /// When nobody is there.
    pub async fn send(&mut self, frame: &ClientFrame) {
        self.send_bytes(frame.encode()).await;
    }

    /// Says anything.
    ///
    /// # Panics
    /// When nobody is there.
    pub async fn send_bytes(&mut self, bytes: Vec<u8>) {
        self.socket.send(Message::Binary(bytes.into())).await.unwrap();
    }

    /// Says anything in text.
    ///
    /// # Panics
    /// When nobody is there.
    pub async fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    async fn message(&mut self) -> Option<Bytes> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Binary(bytes)) => return Some(bytes),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next frame; none when the connection has ended.
    ///
    /// # Panics
    /// When nothing comes.
    pub async fn next(&mut self) -> Option<ServerFrame> {
        let bytes = timeout(PATIENCE, self.message()).await.expect("a frame comes")?;
        self.received.push(bytes.to_vec());
        Some(ServerFrame::decode(&bytes).unwrap())
    }

    /// Reads whatever comes for so long.
    ///
    /// # Panics
    /// When it is not a frame.
    pub async fn listen(&mut self, long: Duration) {
        while let Ok(Some(bytes)) = timeout(long, self.message()).await {
            self.received.push(bytes.to_vec());
        }
    }

    /// Every byte that came on this connection, by frame.
    #[must_use]
    pub fn received(&self) -> &[Vec<u8>] {
        &self.received
    }

    /// Reads on until something comes.
    ///
    /// # Panics
    /// When the connection ends before.
    pub async fn until<T>(&mut self, mut find: impl FnMut(ServerFrame) -> Option<T>) -> T {
        loop {
            let frame = self.next().await.expect("the connection goes on");
            if let Some(found) = find(frame) {
                return found;
            }
        }
    }

    /// Asserts that the server refuses what was said, and ends the connection.
    ///
    /// # Panics
    /// When it says something else.
    pub async fn is_turned_away(&mut self, expected: Problem) {
        let refused = |frame| match frame {
            ServerFrame::Refused { document: None, reason } => Some(reason),
            _ => None,
        };
        assert_eq!(self.until(refused).await, expected);
        assert_eq!(self.next().await, None);
    }

    /// Asserts that the server refuses what was said of a document, and goes on.
    ///
    /// # Panics
    /// When it says something else.
    pub async fn is_refused(&mut self, about: DocumentId, expected: Problem) {
        let refused = |frame| match frame {
            ServerFrame::Refused { document: Some(document), reason } => Some((document, reason)),
            _ => None,
        };
        assert_eq!(self.until(refused).await, (about, expected));
    }

    /// Follows a document from its beginning.
    ///
    /// # Panics
    /// When nobody is there.
    pub async fn open(&mut self, document: DocumentId) {
        self.send(&ClientFrame::Open { document, cursor: Seq::START }).await;
    }

    /// Pushes letters, and returns what became of them.
    ///
    /// # Panics
    /// When the connection ends before.
    pub async fn pushes(&mut self, document: DocumentId, letters: &[Letter]) -> Vec<OperationFate> {
        let submissions = letters.iter().map(|letter| letter.submission.clone()).collect();
        let revisions = letters.iter().flat_map(|letter| letter.words.clone()).collect();
        self.send(&ClientFrame::Push { document, submissions, revisions }).await;
        let fates = |frame| match frame {
            ServerFrame::Fates { document: of, fates } if of == document => Some(fates),
            _ => None,
        };
        self.until(fates).await
    }
}

/// The first frame of a new device that keeps nothing.
///
/// # Panics
/// Without randomness.
#[must_use]
pub(crate) fn hello(credential: Credential) -> Hello {
    Hello {
        version: wire::VERSION,
        credential,
        device: DeviceId::random(&mut dice()),
        keeping: Keeping::Memory,
        epoch: None,
        feed: 0,
        erasures: 0,
        snapshots: true,
        scope: 0,
    }
}

pub(crate) fn dice() -> Dice {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).unwrap();
    Dice::from_seed(seed)
}
