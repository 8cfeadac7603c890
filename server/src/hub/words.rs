//! Words that were accepted just now: everybody who follows asks for them at once.

use std::collections::{BTreeMap, VecDeque};

use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::id::{DocumentId, DocumentKind, MessageId, RevisionId};
use rejoinder_core::limits;
use rejoinder_core::wire::ServerFrame;

use crate::hub::Frame;

/// Revisions kept in memory: what readers of a busy conversation ask for within a moment.
const KEPT: usize = 256;

/// Bytes of words kept in memory for one conversation.
const KEPT_BYTES: usize = 1024 * 1024;

/// Words that were accepted just now, in memory only. A recall takes them out before it is told.
#[derive(Debug, Default)]
pub(super) struct HotWords {
    words: BTreeMap<(DocumentKind, RevisionId), Revision>,
    order: VecDeque<(DocumentKind, RevisionId)>,
    bytes: usize,
    /// The last answer: readers of one document ask for the same.
    last: Option<(DocumentKind, Vec<RevisionId>, Vec<Frame>)>,
}

impl HotWords {
    pub(super) fn keep(&mut self, kind: DocumentKind, words: Revision) {
        // Somebody may have asked for it before it was there.
        self.last = None;
        self.bytes += words.body.len();
        self.order.push_back((kind, words.id));
        self.words.insert((kind, words.id), words);
        while self.order.len() > KEPT || self.bytes > KEPT_BYTES {
            let Some(oldest) = self.order.pop_front() else { return };
            if let Some(words) = self.words.remove(&oldest) {
                self.bytes -= words.body.len();
            }
        }
    }

    pub(super) fn forget(&mut self, kind: DocumentKind, revision: RevisionId) {
        if let Some(words) = self.words.remove(&(kind, revision)) {
            self.bytes -= words.body.len();
        }
        self.last = None;
    }

    pub(super) fn forget_message(&mut self, kind: DocumentKind, message: MessageId) {
        let bytes = &mut self.bytes;
        self.words.retain(|(k, _), words| {
            let kept = (*k, words.message) != (kind, message);
            *bytes -= if kept { 0 } else { words.body.len() };
            kept
        });
        self.last = None;
    }

    pub(super) fn get(&self, kind: DocumentKind, revision: RevisionId) -> Option<&Revision> {
        self.words.get(&(kind, revision))
    }

    /// The frames that answered the same question last.
    pub(super) fn last(&self, kind: DocumentKind, asked: &[RevisionId]) -> Option<&[Frame]> {
        let (of, revisions, frames) = self.last.as_ref()?;
        (*of == kind && revisions == asked).then_some(frames)
    }

    pub(super) fn answered(
        &mut self,
        kind: DocumentKind,
        asked: Vec<RevisionId>,
        frames: Vec<Frame>,
    ) {
        self.last = Some((kind, asked, frames));
    }
}

/// Frames with words, in chunks.
pub(super) fn frames(
    document: DocumentId,
    records: Vec<Revision>,
    gone: Vec<RevisionId>,
) -> Vec<Frame> {
    let mut frames = Vec::new();
    let (mut chunk, mut bytes) = (Vec::new(), 0);
    for words in records {
        let size = words.body.len() + 128;
        if bytes + size > limits::REVISIONS_BYTES && !chunk.is_empty() {
            frames.push((core::mem::take(&mut chunk), Vec::new()));
            bytes = 0;
        }
        bytes += size;
        chunk.push(words);
    }
    frames.push((chunk, gone));
    let encode = |(records, gone)| Frame::from(&ServerFrame::Revisions { document, records, gone });
    frames.into_iter().map(encode).collect()
}
