//! The server's sockets, which end in the order in which they came when it dies.
//!
//! Tokio drops a runtime's tasks in an order that depends on all tasks that the process ever had.
//! Each socket that is dropped asks the network's dice when the other side hears of it, so that
//! everything after would be another.

use std::collections::BTreeMap;
use std::io;
use std::mem::take;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use turmoil::net::TcpStream;

/// Those there are. A clone is the same.
#[derive(Clone, Default)]
pub(crate) struct Sockets(Arc<Mutex<Open>>);

#[derive(Default)]
struct Open {
    came: u64,
    open: BTreeMap<u64, Arc<Mutex<TcpStream>>>,
    dying: bool,
}

impl Sockets {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap()
    }

    /// Somebody has connected.
    pub(crate) fn add(&self, stream: TcpStream) -> Socket {
        let stream = Arc::new(Mutex::new(stream));
        let mut open = self.open();
        open.came += 1;
        let number = open.came;
        open.open.insert(number, Arc::clone(&stream));
        Socket { number, stream, all: self.clone() }
    }

    /// From now on what is dropped stays, until [`Life`] ends.
    pub(crate) fn die(&self) {
        self.open().dying = true;
    }

    /// As long as the server lives: the last of it that is dropped.
    pub(crate) fn lives(&self) -> Life {
        Life(self.clone())
    }
}

/// A life of the server.
pub(crate) struct Life(Sockets);

impl Drop for Life {
    fn drop(&mut self) {
        let mut open = self.0.open();
        open.dying = false;
        let all = take(&mut open.open);
        drop(open);
        all.into_values().for_each(drop);
    }
}

/// A socket of the server's.
pub(crate) struct Socket {
    number: u64,
    stream: Arc<Mutex<TcpStream>>,
    all: Sockets,
}

impl Socket {
    fn with<T>(&self, run: impl FnOnce(Pin<&mut TcpStream>) -> T) -> T {
        run(Pin::new(&mut *self.stream.lock().unwrap()))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let mut open = self.all.open();
        if !open.dying {
            open.open.remove(&self.number);
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_read(context, into))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.with(|stream| stream.poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_shutdown(context))
    }
}
