//! A WebSocket, and a connection of the protocol on it.

use core::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rejoinder_core::id::{DeviceId, ParticipantId};
use rejoinder_core::wire::{self, ClientFrame, Credential, Hello, Keeping, ServerFrame};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use crate::failure::{Failure, failed};

/// How long anything may take before the run is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A WebSocket.
pub(crate) struct Link(WebSocketStream<TcpStream>);

impl Link {
    pub(crate) async fn connect(address: &str, path: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let config = WebSocketConfig::default().read_buffer_size(8 * 1024).write_buffer_size(0);
        let url = format!("ws://{address}{path}");
        let socket =
            tokio_tungstenite::client_async_with_config(url, stream, Some(config)).await?.0;
        Ok(Self(socket))
    }

    pub(crate) async fn send(&mut self, bytes: Bytes) -> Result<(), Failure> {
        Ok(self.0.send(Message::Binary(bytes)).await?)
    }

    pub(crate) async fn send_text(&mut self, text: String) -> Result<(), Failure> {
        Ok(self.0.send(Message::text(text)).await?)
    }

    /// The next message with content.
    pub(crate) async fn next(&mut self) -> Result<Bytes, Failure> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.0.next()).await;
            match next.map_err(|_| "nothing came for 30 s")? {
                Some(Ok(Message::Binary(bytes))) => return Ok(bytes),
                Some(Ok(Message::Text(text))) => return Ok(text.into()),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return failed("the server has closed the connection"),
            }
        }
    }
}

/// A connection of the protocol, greeted.
pub(crate) struct Client {
    pub(crate) link: Link,
    pub(crate) participant: ParticipantId,
}

impl Client {
    pub(crate) async fn greet(
        address: &str,
        credential: Credential,
        device: DeviceId,
        keeping: Keeping,
    ) -> Result<Self, Failure> {
        let mut link = Link::connect(address, "/api/v1/sync").await?;
        let (version, epoch) = (wire::VERSION, None);
        let (feed, erasures, snapshots, scope) = (0, 0, true, 0);
        let hello =
            Hello { version, credential, device, keeping, epoch, feed, erasures, snapshots, scope };
        link.send(ClientFrame::Hello(hello).encode().into()).await?;
        let ServerFrame::Welcome(welcome) = ServerFrame::decode(&link.next().await?)? else {
            return failed("not welcome");
        };
        link.send(ClientFrame::Purged { cursor: welcome.cursor }.encode().into()).await?;
        let participant = welcome.principal.participant;
        Ok(Self { link, participant })
    }

    pub(crate) async fn say(&mut self, frame: &ClientFrame) -> Result<(), Failure> {
        self.link.send(frame.encode().into()).await
    }

    /// The next frame; one that says that something was wrong ends the run.
    pub(crate) async fn hear(&mut self) -> Result<ServerFrame, Failure> {
        match ServerFrame::decode(&self.link.next().await?)? {
            ServerFrame::Refused { reason, .. } => failed(format!("refused: {reason}")),
            ServerFrame::Retry { reason, .. } => failed(format!("put off: {reason}")),
            frame => Ok(frame),
        }
    }
}
