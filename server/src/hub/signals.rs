//! Presence, and how far participants have seen a document.

use std::collections::BTreeMap;

use rejoinder_core::id::{DocumentId, DocumentKind, ParticipantId, Seq};
use rejoinder_core::wire::{ParticipantSignal, ServerFrame, Signal};

/// How far participants have seen the documents of one conversation: registers that only rise.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeMap<(DocumentKind, ParticipantId), Seq>);

impl Seen {
    pub(super) fn new(rows: &[(DocumentKind, ParticipantId, Seq)]) -> Self {
        Self(rows.iter().map(|&(kind, participant, seq)| ((kind, participant), seq)).collect())
    }

    /// Whether the register rose.
    pub(super) fn raise(&mut self, kind: DocumentKind, who: ParticipantId, seq: Seq) -> bool {
        let mark = self.0.entry((kind, who)).or_default();
        let rises = seq > *mark;
        *mark = seq.max(*mark);
        rises
    }

    pub(super) fn of(&self, kind: DocumentKind) -> Vec<ParticipantSignal> {
        let marks = self.0.iter().filter(|((of, _), _)| *of == kind);
        marks
            .map(|(&(_, participant), &seq)| ParticipantSignal {
                participant,
                signal: Signal::Seen(seq),
            })
            .collect()
    }
}

pub(super) fn frame(document: DocumentId, signals: Vec<ParticipantSignal>) -> ServerFrame {
    ServerFrame::Signals { document, signals }
}
