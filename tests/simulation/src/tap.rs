//! A tap on the wire: what must hold of every frame that goes to a client, whatever the server
//! meant by it.

use std::collections::BTreeMap;

use rejoinder_core::id::{DocumentId, DocumentKind, Epoch, ParticipantId, Seq};
use rejoinder_core::wire::{ClientFrame, ServerFrame, Signal};

use crate::mark;

/// What is known of the other end of a connection.
#[derive(Debug, Default)]
pub(crate) struct Tap {
    /// A visitor is there: nothing of the team's may go there.
    is_visitor: bool,
    /// Up to which order the device has to erase before it is told anything else.
    owed: Option<u64>,
    /// The life of the data that the device knows.
    knows: Option<Epoch>,
    /// It is another's: it is told what to erase before anything else, once it said what it has.
    is_anew: bool,
    /// How far it was told that people have seen.
    seen: BTreeMap<(DocumentId, ParticipantId), Seq>,
}

impl Tap {
    /// A frame goes to the client.
    pub(crate) fn down(&mut self, frame: &ServerFrame, bytes: &[u8]) {
        if let ServerFrame::Welcome(welcome) = frame {
            self.is_visitor = !welcome.principal.role.reads_team();
            self.is_anew = self.knows.is_some_and(|known| known != welcome.epoch);
            self.owed = (!welcome.erasures.is_empty()).then_some(welcome.cursor);
            return;
        }
        assert!(self.owed.is_none(), "RE15: told more before it has erased: {frame:?}");
        if core::mem::take(&mut self.is_anew) {
            let ServerFrame::Erasures { cursor, .. } = frame else {
                panic!("RE13: told something before what it is to erase: {frame:?}");
            };
            self.owed = Some(*cursor);
            return;
        }
        self.look_at_seen(frame);
        if self.is_visitor {
            assert!(!mark::holds_note(bytes), "WP19: a note went to a visitor");
            assert!(!is_about_team(frame), "WP19: a team document's frame went to a visitor");
            assert!(!tells_team(frame), "WP16: a visitor's row of the feed has what is the team's");
        }
    }

    fn look_at_seen(&mut self, frame: &ServerFrame) {
        let ServerFrame::Signals { document, signals } = frame else { return };
        for told in signals {
            let Signal::Seen(seq) = told.signal else { continue };
            let before = self.seen.insert((*document, told.participant), seq);
            assert!(before.is_none_or(|before| before <= seq), "WP15: what was seen falls");
        }
    }

    /// A frame comes from the client.
    pub(crate) fn up(&mut self, frame: &ClientFrame) {
        if let ClientFrame::Hello(hello) = frame {
            self.knows = hello.epoch;
        }
        if let ClientFrame::Purged { cursor } = frame
            && self.owed.is_some_and(|owed| owed <= *cursor)
        {
            self.owed = None;
        }
    }
}

fn is_about_team(frame: &ServerFrame) -> bool {
    let team = |document: &DocumentId| document.kind == DocumentKind::Team;
    match frame {
        ServerFrame::Snapshot { document, .. }
        | ServerFrame::Entries { document, .. }
        | ServerFrame::Fates { document, .. }
        | ServerFrame::Revisions { document, .. }
        | ServerFrame::Signals { document, .. } => team(document),
        ServerFrame::Progress(progress) => team(&progress.document),
        ServerFrame::Erasures { orders, .. } => orders.iter().any(|order| team(&order.document)),
        // An answer to what it asked about a team document may name that.
        _ => false,
    }
}

fn tells_team(frame: &ServerFrame) -> bool {
    matches!(frame, ServerFrame::Feed { rows, .. } if rows.iter().any(|row| row.team.is_some()))
}
