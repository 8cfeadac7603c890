//! Connections that end so that the other side hears why.
//!
//! A socket that is closed while bytes wait unread is reset, and a reset takes with it what was
//! said last. So what still comes, such as the rest of a frame that is too large, is read and
//! thrown away for a moment.
//!
//! Nor does a connection last for ever on which nobody takes what is sent: a file, say, that was
//! asked for only to hold the connection; nor one on which nobody ever says a byte: the time for
//! headers begins with their first.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io;

use rejoinder_core::limits;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::Sleep;

/// How long somebody may take not a byte of what is sent to them.
const PATIENCE: Duration = Duration::from_millis(limits::IDLE_MILLIS);

/// How long the first byte may take.
const FIRST: Duration = Duration::from_millis(limits::HEADER_MILLIS);

/// How long is listened to somebody who was told that it is over.
const LONGEST: Duration = Duration::from_secs(1);

/// Bytes that are thrown away at most.
const MOST: u64 = 4 * 1024 * 1024;

/// What carries bytes both ways.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for S {}

/// A socket that is not reset when it is dropped.
#[derive(Debug)]
pub(crate) struct Lingering<S: Stream> {
    /// None only while it is dropped.
    stream: Option<S>,
    /// Until the first byte has come: when that has taken too long.
    silent: Option<Pin<Box<Sleep>>>,
    /// The other side has said all.
    ended: bool,
    patience: Duration,
    /// While nothing can be written: when that has lasted too long.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S: Stream> Lingering<S> {
    pub(crate) fn new(stream: S) -> Self {
        let silent = Some(Box::pin(tokio::time::sleep(FIRST)));
        Self { stream: Some(stream), silent, ended: false, patience: PATIENCE, stalled: None }
    }

    /// What became of a write, unless nothing could be written for too long.
    fn in_time(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let patience = self.patience;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        match stalled.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }

    fn stream(&mut self) -> io::Result<Pin<&mut S>> {
        self.stream.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl<S: Stream> AsyncRead for Lingering<S> {
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
        if read.is_ready() {
            self.silent = None;
        } else if let Some(silent) = &mut self.silent
            && silent.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl<S: Stream> AsyncWrite for Lingering<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = self.stream()?.poll_write(context, bytes);
        self.in_time(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = self.stream()?.poll_write_vectored(context, bytes);
        self.in_time(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(S::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(context)
    }
}

impl<S: Stream> Drop for Lingering<S> {
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

    #[tokio::test]
    async fn who_takes_nothing_is_not_waited_for_for_ever() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _idle = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let mut server = Lingering::new(stream);
        server.patience = core::time::Duration::from_millis(50);
        let error = server.write_all(&vec![7; 64 * 1024 * 1024]).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    }
}
