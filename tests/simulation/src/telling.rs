//! What is said of frames where a run is told at length.

use rejoinder_core::wire::{ClientFrame, ServerFrame};

pub(crate) fn describe(frame: &ServerFrame) -> String {
    match frame {
        ServerFrame::Welcome(w) => format!("Welcome {} {}", w.cursor, w.erasures.len()),
        ServerFrame::Snapshot { document, seq, part, parts, .. } => {
            format!("Snapshot {document} {seq} {part}/{parts}")
        }
        ServerFrame::Entries { document, entries, last } => {
            let first = entries.first().map_or(0, |entry| entry.seq.0);
            format!("Entries {document} {first}+{} of {last}", entries.len())
        }
        ServerFrame::Revisions { document, records, gone } => {
            let of: Vec<_> = records.iter().map(|words| words.message).collect();
            format!("Revisions {document} {of:?} gone {gone:?}")
        }
        ServerFrame::Feed { cursor, rows } => format!("Feed {cursor} {}", rows.len()),
        other => format!("{other:?}"),
    }
}

pub(crate) fn describe_sent(frame: &ClientFrame) -> String {
    match frame {
        ClientFrame::Hello(hello) => format!("Hello {:?} {}", hello.epoch, hello.erasures),
        ClientFrame::Push { document, submissions, revisions } => {
            let of: Vec<_> = submissions
                .iter()
                .map(|s| format!("{} {:?} {}", s.id, s.operation.key(), s.withheld))
                .collect();
            format!("Push {document} {of:?} with {}", revisions.len())
        }
        other => format!("{other:?}"),
    }
}
