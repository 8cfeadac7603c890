//! What is told to JavaScript: events as JSON, frames by their names.

use rejoinder_core::conversation::revision::Attachment;
use rejoinder_core::id::DocumentId;
use rejoinder_core::replica::Event;
use rejoinder_core::session::client::Whereabouts;
use rejoinder_core::session::client::{Connection, SessionEvent};
use rejoinder_core::wire::{ClientFrame, ServerFrame};
use serde_json::{Value, json};

pub(super) const fn connection(connection: Connection) -> &'static str {
    match connection {
        Connection::Offline => "offline",
        Connection::Syncing => "syncing",
        Connection::Live => "live",
    }
}

pub(super) fn event(event: SessionEvent) -> Value {
    match event {
        SessionEvent::Connection(now) => json!({ "connection": connection(now) }),
        SessionEvent::Feed(conversation) => json!({ "feed": conversation }),
        SessionEvent::Signals(document) => json!({ "signals": document }),
        SessionEvent::Offers => json!({ "offers": {} }),
        SessionEvent::Notifications => json!({ "notifications": {} }),
        SessionEvent::Wiped => json!({ "wiped": {} }),
        SessionEvent::Problem { document, reason, retry_after } => json!({
            "problem": { "document": document, "reason": reason, "retry_after_millis": retry_after }
        }),
        SessionEvent::Document(event) => match event {
            Event::Changed(document) => json!({ "changed": document }),
            Event::Refused { document, operation, code } => json!({
                "refused": { "document": document, "operation": operation, "code": code }
            }),
            Event::Collided { document, operation } => {
                json!({ "collided": { "document": document, "operation": operation } })
            }
            Event::EditSuperseded { document, message } => {
                json!({ "edit_superseded": { "document": document, "message": message } })
            }
            Event::Recalled { document, message } => {
                json!({ "recalled": { "document": document, "message": message } })
            }
            Event::Progress(progress) => json!({ "progress": progress }),
            Event::Moved { from, to } => json!({ "moved": { "from": from, "to": to } }),
        },
    }
}

pub(super) const fn sent(frame: &ClientFrame) -> (&'static str, Option<DocumentId>) {
    match frame {
        ClientFrame::Hello(_) => ("hello", None),
        ClientFrame::Purged { .. } => ("purged", None),
        ClientFrame::Open { document, .. } => ("open", Some(*document)),
        ClientFrame::Leave { document } => ("leave", Some(*document)),
        ClientFrame::Push { document, .. } => ("push", Some(*document)),
        ClientFrame::Want { document, .. } => ("want", Some(*document)),
        ClientFrame::Signal { document, .. } => ("signal", Some(*document)),
        ClientFrame::LogOut => ("log_out", None),
        ClientFrame::Holding { .. } => ("holding", None),
    }
}

pub(super) const fn received(frame: &ServerFrame) -> (&'static str, Option<DocumentId>) {
    match frame {
        ServerFrame::Welcome(_) => ("welcome", None),
        ServerFrame::Wipe => ("wipe", None),
        ServerFrame::Erasures { .. } => ("erasures", None),
        ServerFrame::Feed { .. } => ("feed", None),
        ServerFrame::Snapshot { document, .. } => ("snapshot", Some(*document)),
        ServerFrame::Entries { document, .. } => ("entries", Some(*document)),
        ServerFrame::Fates { document, .. } => ("fates", Some(*document)),
        ServerFrame::Revisions { document, .. } => ("revisions", Some(*document)),
        ServerFrame::Signals { document, .. } => ("signals", Some(*document)),
        ServerFrame::Progress(progress) => ("progress", Some(progress.document)),
        ServerFrame::Offers { .. } => ("offers", None),
        ServerFrame::Notifications { .. } => ("notifications", None),
        ServerFrame::Retry { .. } => ("retry", None),
        ServerFrame::Refused { document, .. } => ("refused", *document),
        ServerFrame::Reopen { document } => ("reopen", Some(*document)),
    }
}

/// An attachment as commands take it: views never have the key.
pub(super) fn with_key(attachment: &Attachment) -> Value {
    let mut value = json!(attachment);
    value["key"] = json!(attachment.key.as_bytes());
    value
}

/// `{ here: { media_type, accepted } }`, `{ next: conversation }`, `"gone"` or `"unknown"`.
pub(super) fn whereabouts(found: &Whereabouts) -> Value {
    match found {
        Whereabouts::Here { attachment, accepted } => {
            json!({ "here": { "media_type": attachment.media_type, "accepted": accepted } })
        }
        Whereabouts::Next(conversation) => json!({ "next": conversation }),
        Whereabouts::Gone => json!("gone"),
        Whereabouts::Unknown => json!("unknown"),
    }
}
