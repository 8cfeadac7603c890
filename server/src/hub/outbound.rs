//! What waits to be sent on one connection, bounded in bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Bytes;
use rejoinder_core::limits;
use rejoinder_core::wire::ServerFrame;
use tokio::sync::mpsc;

/// The sending end: cloned freely, never blocks.
#[derive(Clone, Debug)]
pub struct Outbound {
    sender: mpsc::UnboundedSender<Bytes>,
    waiting: Arc<AtomicUsize>,
}

/// The end from which a connection sends.
#[derive(Debug)]
pub struct Queue {
    receiver: mpsc::UnboundedReceiver<Bytes>,
    waiting: Arc<AtomicUsize>,
}

/// More than [`limits::QUEUE_BYTES`] wait: the reader is too slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooSlow;

/// A queue for one connection.
#[must_use]
pub fn queue() -> (Outbound, Queue) {
    // Unbounded in frames, bounded in bytes by `offer`.
    let (sender, receiver) = mpsc::unbounded_channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    (Outbound { sender, waiting: Arc::clone(&waiting) }, Queue { receiver, waiting })
}

impl Outbound {
    /// Queues an encoded frame, if there is room.
    ///
    /// # Errors
    /// [`TooSlow`]; then nothing is queued.
    pub fn offer(&self, frame: Bytes) -> Result<(), TooSlow> {
        let full = self.waiting.load(Ordering::Relaxed) + frame.len() > limits::QUEUE_BYTES;
        // A closed queue belongs to a connection that is gone: whoever follows it may let go.
        if full || self.sender.is_closed() {
            return Err(TooSlow);
        }
        self.insist(frame);
        Ok(())
    }

    /// Whether the reader is as far behind as it may be.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) >= limits::QUEUE_BYTES
    }

    /// Queues a small frame that must not be left out.
    pub fn insist(&self, frame: Bytes) {
        self.waiting.fetch_add(frame.len(), Ordering::Relaxed);
        // A closed queue belongs to a connection that is gone.
        drop(self.sender.send(frame));
    }

    /// Queues a frame that must not be left out, encoding it.
    pub fn send(&self, frame: &ServerFrame) {
        self.insist(frame.encode().into());
    }
}

impl Queue {
    /// The next frame to send; none when nobody can queue any more.
    pub async fn next(&mut self) -> Option<Bytes> {
        let frame = self.receiver.recv().await?;
        self.waiting.fetch_sub(frame.len(), Ordering::Relaxed);
        Some(frame)
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.receiver.is_empty()
    }

    /// The next frame, if one waits already.
    pub fn ready(&mut self) -> Option<Bytes> {
        let frame = self.receiver.try_recv().ok()?;
        self.waiting.fetch_sub(frame.len(), Ordering::Relaxed);
        Some(frame)
    }
}
