//! All that passes in a run, and when: to be compared with what passes in another.

use std::fmt::{self, Write};
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{ClientFrame, ServerFrame};
use rejoinder_harness::Passing;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// When a run begins, by everybody's clock: some day in 2026.
pub(crate) const BEGUN: Timestamp = Timestamp::from_millis(1_776_000_000_000);

/// Something that happened at a device, or to a host.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// A connection is there.
    Met,
    /// A frame goes to the server.
    Said(Vec<u8>),
    /// A frame has come from the server.
    Heard(Vec<u8>),
    /// The connection is gone.
    Parted,
    /// So many bytes go out, as the network sees them.
    Out(usize),
    /// So many bytes come in.
    In(usize),
    /// Something happens to the host.
    Fate(&'static str),
}

impl What {
    fn of(passing: Passing<'_>) -> Self {
        match passing {
            Passing::Met => Self::Met,
            Passing::Said(frame) => Self::Said(frame.to_vec()),
            Passing::Heard(frame) => Self::Heard(frame.to_vec()),
            Passing::Parted => Self::Parted,
        }
    }

    /// The same without the bytes: which kind, and how long.
    pub(crate) fn shape(&self) -> (&'static str, usize) {
        match self {
            Self::Met => ("met", 0),
            Self::Said(frame) => ("said", frame.len()),
            Self::Heard(frame) => ("heard", frame.len()),
            Self::Parted => ("parted", 0),
            Self::Out(bytes) => ("out", *bytes),
            Self::In(bytes) => ("in", *bytes),
            Self::Fate(what) => (what, 0),
        }
    }
}

impl fmt::Debug for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, length) = self.shape();
        write!(f, "{kind} {length}")?;
        match self {
            Self::Said(frame) => write!(f, " {:?}", ClientFrame::decode(frame).unwrap()),
            Self::Heard(frame) => write!(f, " {:?}", ServerFrame::decode(frame).unwrap()),
            _ => Ok(()),
        }
    }
}

/// What happened, where and when, since the run began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) at: Duration,
    pub(crate) host: String,
    pub(crate) what: What,
}

/// The trace of a run, and its clock. A clone is the same one.
#[derive(Clone, Default)]
pub(crate) struct Trace {
    events: Arc<Mutex<Vec<Event>>>,
    /// Nanoseconds that have passed when no host is running.
    between: Arc<AtomicU64>,
}

impl Trace {
    fn events(&self) -> MutexGuard<'_, Vec<Event>> {
        self.events.lock().unwrap()
    }

    /// So much has passed in the simulation.
    pub(crate) fn passed(&self, elapsed: Duration) {
        self.between.store(u64::try_from(elapsed.as_nanos()).unwrap(), Ordering::Relaxed);
    }

    fn elapsed(&self) -> Duration {
        let between = || Duration::from_nanos(self.between.load(Ordering::Relaxed));
        turmoil::sim_elapsed().unwrap_or_else(between)
    }

    /// Everybody's clock.
    pub(crate) fn clock(&self) -> impl Fn() -> Timestamp + Send + Sync + 'static {
        let trace = self.clone();
        move || BEGUN.plus_millis(i64::try_from(trace.elapsed().as_millis()).unwrap())
    }

    pub(crate) fn add(&self, host: &str, what: What) {
        let event = Event { at: self.elapsed(), host: host.to_owned(), what };
        self.events().push(event);
    }

    /// Sees what passes between a device and the server.
    pub(crate) fn witness(&self, host: &str) -> impl Fn(Passing<'_>) + Send + Sync + 'static {
        let (trace, host) = (self.clone(), host.to_owned());
        move |passing| trace.add(&host, What::of(passing))
    }

    /// All that happened so far.
    pub(crate) fn all(&self) -> Vec<Event> {
        self.events().clone()
    }

    /// All that a device was told, one after another.
    pub(crate) fn heard(&self, host: &str) -> Vec<u8> {
        let of = |event: &Event| match &event.what {
            What::Heard(frame) if event.host == host => frame.clone(),
            _ => Vec::new(),
        };
        self.events().iter().flat_map(of).collect()
    }

    /// A number for all of it.
    pub(crate) fn hash(&self) -> String {
        let mut hash = Sha256::new();
        for Event { at, host, what } in self.events().iter() {
            let (kind, length) = what.shape();
            hash.update(format!("{} {host} {kind} {length} ", at.as_nanos()));
            if let What::Said(frame) | What::Heard(frame) = what {
                hash.update(frame);
            }
        }
        hash.finalize().iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        })
    }

    /// How many things happened.
    pub(crate) fn len(&self) -> usize {
        self.events().len()
    }

    /// Panics with the first thing that is not the same in another run.
    pub(crate) fn compare(&self, other: &Self) {
        let (one, other) = (self.events(), other.events());
        for (number, (one, other)) in one.iter().zip(other.iter()).enumerate() {
            assert_eq!(one, other, "of {number} things that happened, the last differs");
        }
        assert_eq!(one.len(), other.len(), "more happened");
    }
}

/// A connection as the network sees it: when how many bytes go by.
pub(crate) struct Tap<S> {
    pub(crate) stream: S,
    pub(crate) trace: Trace,
    pub(crate) host: String,
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            self.trace.add(&self.host, What::In(buffer.filled().len() - before));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if let Poll::Ready(written) = &written {
            self.trace.add(&self.host, What::Out(*written.as_ref().unwrap_or(&0)));
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
