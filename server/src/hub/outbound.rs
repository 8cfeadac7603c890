//! What goes out on a connection: frames, and for whom they are; and what waits to be sent on one,
//! bounded in bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Bytes;
use rejoinder_core::id::DocumentKind;
use rejoinder_core::limits;
use rejoinder_core::principal::Role;
use rejoinder_core::wire::ServerFrame;
use tokio::sync::mpsc;

/// A frame on its way, encoded, that knows whether it is the team's (WP38).
///
/// It is made of a [`ServerFrame`] and of nothing else, whose documents say whose it is:
///
/// ```compile_fail,E0277
/// # use rejoinder_server::hub::Frame;
/// let unknown: Frame = Frame::from(&axum::body::Bytes::from_static(b"a note"));
/// ```
///
/// ```compile_fail,E0451
/// # use rejoinder_server::hub::Frame;
/// # fn of(note: axum::body::Bytes) -> Frame {
/// Frame { bytes: note, of_team: false }
/// # }
/// ```
///
/// And its bytes are given out for a reader only, so that none reach a visitor but those of
/// timelines:
///
/// ```compile_fail,E0616
/// # use rejoinder_server::hub::Frame;
/// # fn sends(frame: Frame) -> axum::body::Bytes {
/// frame.bytes
/// # }
/// ```
///
/// ```
/// # use rejoinder_server::hub::Frame;
/// # use rejoinder_core::{id::{ConversationId, DocumentId}, principal::Role, wire::ServerFrame};
/// let chat = ConversationId::from_bytes([1; 16]);
/// let note = Frame::from(&ServerFrame::Reopen { document: DocumentId::team(chat) });
/// assert!(note.bytes_for(Some(Role::Visitor)).is_none());
/// ```
#[derive(Clone, Debug)]
pub struct Frame {
    bytes: Bytes,
    of_team: bool,
}

impl From<&ServerFrame> for Frame {
    fn from(frame: &ServerFrame) -> Self {
        Self { bytes: frame.encode().into(), of_team: is_of_team(frame) }
    }
}

impl Frame {
    /// Its bytes, for somebody who may read them; nobody is known before the welcome.
    #[must_use]
    pub fn bytes_for(self, reader: Option<Role>) -> Option<Bytes> {
        let may = !self.of_team || reader.is_some_and(Role::reads_team);
        may.then_some(self.bytes)
    }
}

/// Whether a frame says anything of a team document, or what only the team is told.
fn is_of_team(frame: &ServerFrame) -> bool {
    match frame {
        ServerFrame::Snapshot { document, .. }
        | ServerFrame::Entries { document, .. }
        | ServerFrame::Fates { document, .. }
        | ServerFrame::Revisions { document, .. }
        | ServerFrame::Signals { document, .. }
        | ServerFrame::Reopen { document } => document.kind == DocumentKind::Team,
        ServerFrame::Progress(progress) => progress.document.kind == DocumentKind::Team,
        ServerFrame::Erasures { orders, .. } => {
            orders.iter().any(|order| order.document.kind == DocumentKind::Team)
        }
        ServerFrame::Welcome(welcome) => {
            welcome.erasures.iter().any(|order| order.document.kind == DocumentKind::Team)
        }
        ServerFrame::Feed { rows, .. } => rows.iter().any(|row| row.team.is_some()),
        ServerFrame::Offers { offers } => !offers.is_empty(),
        ServerFrame::Notifications { unread } => !unread.is_empty(),
        // A refusal says again which document was asked for, whether there is one or not.
        ServerFrame::Wipe | ServerFrame::Retry { .. } | ServerFrame::Refused { .. } => false,
    }
}

/// The sending end: cloned freely, never blocks.
#[derive(Clone, Debug)]
pub struct Outbound {
    sender: mpsc::UnboundedSender<Frame>,
    waiting: Arc<AtomicUsize>,
}

/// The end from which a connection sends.
#[derive(Debug)]
pub struct Queue {
    receiver: mpsc::UnboundedReceiver<Frame>,
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
    /// Queues a frame, if there is room.
    ///
    /// # Errors
    /// [`TooSlow`]; then nothing is queued.
    pub fn offer(&self, frame: Frame) -> Result<(), TooSlow> {
        let full = self.waiting.load(Ordering::Relaxed) + frame.bytes.len() > limits::QUEUE_BYTES;
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
    pub fn insist(&self, frame: Frame) {
        self.waiting.fetch_add(frame.bytes.len(), Ordering::Relaxed);
        // A closed queue belongs to a connection that is gone.
        drop(self.sender.send(frame));
    }

    /// Queues a frame that must not be left out, encoding it.
    pub fn send(&self, frame: &ServerFrame) {
        self.insist(frame.into());
    }
}

impl Queue {
    /// The next frame to send; none when nobody can queue any more.
    pub async fn next(&mut self) -> Option<Frame> {
        let frame = self.receiver.recv().await?;
        self.waiting.fetch_sub(frame.bytes.len(), Ordering::Relaxed);
        Some(frame)
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.receiver.is_empty()
    }

    /// The next frame, if one waits already.
    pub fn ready(&mut self) -> Option<Frame> {
        let frame = self.receiver.try_recv().ok()?;
        self.waiting.fetch_sub(frame.bytes.len(), Ordering::Relaxed);
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use rejoinder_core::id::{ConversationId, DocumentId, Seq};
    use rejoinder_core::principal::{AgentRole, Role};
    use rejoinder_core::wire::{ErasureOrder, Problem, ServerFrame};

    use super::Frame;

    /// What names a document, of either kind.
    fn frames(document: DocumentId) -> Vec<ServerFrame> {
        let orders = vec![ErasureOrder { document, message: None }];
        let (seq, part, parts, bytes) = (Seq(1), 0, 1, Vec::new());
        vec![
            ServerFrame::Erasures { cursor: 1, orders },
            ServerFrame::Snapshot { document, seq, part, parts, bytes, order: Default::default() },
            ServerFrame::Entries { document, entries: Vec::new(), last: seq },
            ServerFrame::Fates { document, fates: Vec::new() },
            ServerFrame::Revisions { document, records: Vec::new(), gone: Vec::new() },
            ServerFrame::Signals { document, signals: Vec::new() },
            ServerFrame::Reopen { document },
        ]
    }

    #[test]
    fn wp38_a_frame_of_the_team_s_has_no_bytes_for_a_visitor() {
        let chat = ConversationId::from_bytes([1; 16]);
        let given = |frame: &ServerFrame, reader| Frame::from(frame).bytes_for(reader).is_some();
        let agent = Some(Role::Agent(AgentRole::SupportAgent));
        for frame in &frames(DocumentId::team(chat)) {
            assert!(!given(frame, Some(Role::Visitor)) && !given(frame, None), "{frame:?}");
            assert!(given(frame, agent));
        }
        for frame in &frames(DocumentId::timeline(chat)) {
            assert!(given(frame, Some(Role::Visitor)) && given(frame, agent), "{frame:?}");
        }
        let document = Some(DocumentId::team(chat));
        let refused = ServerFrame::Refused { document, reason: Problem::UnknownConversation };
        assert!(given(&refused, Some(Role::Visitor)), "what was asked for is said again");
    }
}
