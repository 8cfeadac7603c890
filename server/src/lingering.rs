//! Connections that end so that the other side hears why.
//!
//! A socket that is closed while bytes wait unread is reset, and a reset takes with it what was
//! said last. So what still comes, such as the rest of a frame that is too large, is read and
//! thrown away for a moment.

use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

/// How long is listened to somebody who was told that it is over.
const LONGEST: Duration = Duration::from_secs(1);

/// Bytes that are thrown away at most.
const MOST: u64 = 4 * 1024 * 1024;

/// A socket that is not reset when it is dropped.
#[derive(Debug)]
pub(crate) struct Lingering {
    /// None only while it is dropped.
    stream: Option<TcpStream>,
    /// The other side has said all.
    ended: bool,
}

impl Lingering {
    pub(crate) const fn new(stream: TcpStream) -> Self {
        Self { stream: Some(stream), ended: false }
    }

    fn stream(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        self.stream.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl AsyncRead for Lingering {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (before, room) = (into.filled().len(), into.remaining());
        let read = self.stream()?.poll_read(context, into);
        self.ended |= match &read {
            Poll::Ready(Ok(())) => room > 0 && into.filled().len() == before,
            Poll::Ready(Err(_)) => true,
            Poll::Pending => false,
        };
        read
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(context)
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        let (Some(mut stream), false) = (self.stream.take(), self.ended) else { return };
        // Without a runtime, the process is ending.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            let listen = async {
                stream.shutdown().await?;
                tokio::io::copy(&mut stream.take(MOST), &mut tokio::io::sink()).await
            };
            // Whoever goes on after that is reset.
            let _late = tokio::time::timeout(LONGEST, listen).await;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::Lingering;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    #[tokio::test]
    async fn what_was_said_last_is_heard_by_somebody_who_is_still_talking() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut talker = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let mut server = Lingering::new(stream);
        talker.write_all(&[7; 64 * 1024]).await.unwrap();
        server.write_all(b"too much").await.unwrap();
        drop(server);
        talker.write_all(&vec![7; 512 * 1024]).await.unwrap();
        let mut heard = Vec::new();
        talker.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"too much");
    }
}
