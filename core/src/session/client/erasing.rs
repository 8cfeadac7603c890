//! What goes from this device because the server says so, and what it says of what it has.

use crate::authority::elsewhere::Kin;
use crate::id::{DocumentId, MessageId};
use crate::limits;
use crate::replica::Effects;
use crate::replica::record::{Cursors, Write};
use crate::session::client::{Opened, Output, Phase, Session, SessionEvent};
use crate::wire::{ClientFrame, ErasureOrder};

impl Session {
    /// The server may have forgotten what this device was sent: it is told, so that it orders what
    /// is to be erased of that.
    pub(super) fn say_holding(&self, output: &mut Output) {
        let most = match self.is_visitor() {
            true => limits::VISITOR_HELD_DOCUMENTS,
            false => limits::HELD_DOCUMENTS,
        };
        // Where there are more, the newest; the others are erased as they are taken anew.
        let surplus = self.stored.len().saturating_sub(most);
        let held: Vec<_> = self.stored.iter().skip(surplus).copied().collect();
        let holding =
            |documents: &[DocumentId]| ClientFrame::Holding { documents: documents.into() };
        output.frames.extend(held.chunks(limits::HOLDING_DOCUMENTS).map(holding));
    }

    pub(super) fn erase(&mut self, cursor: u64, orders: &[ErasureOrder], output: &mut Output) {
        let kin = self.kin(orders);
        for &ErasureOrder { document, message } in orders {
            let Some(message) = message else {
                self.drop_document(document, output);
                continue;
            };
            self.bury(document, message, output);
            for conversation in kin.of(document.conversation) {
                let document = DocumentId { conversation, ..document };
                let lacks = |opened: &Opened| !opened.replica.knows(message);
                if !self.documents.get(&document).is_some_and(lacks) {
                    self.bury(document, message, output);
                }
            }
        }
        self.cursors.erasures = cursor;
        output.writes.push(Write::Cursors(self.cursors));
        output.frames.push(ClientFrame::Purged { cursor });
        if self.rebuilding.is_some() {
            self.visit_more(output);
            self.end_epoch(output);
        }
    }

    /// The conversations among which a visitor's message may be in another one than an order says:
    /// it was there in a former life of the data, or is on its way.
    fn kin(&self, orders: &[ErasureOrder]) -> Kin {
        let known = self.stored.iter().chain(self.documents.keys());
        let known = known.filter(|_| !orders.is_empty() && self.is_visitor());
        Kin::among(known.map(|document| document.conversation))
    }

    fn bury(&mut self, document: DocumentId, message: MessageId, output: &mut Output) {
        if let Some(opened) = self.documents.get_mut(&document) {
            let mut effects = Effects::default();
            opened.replica.bury(message, &mut effects);
            output.take(effects);
        } else {
            output.writes.push(Write::Recalled(document, message));
        }
    }

    pub(super) fn drop_document(&mut self, document: DocumentId, output: &mut Output) {
        let opened = self.documents.remove(&document);
        if opened.is_some_and(|opened| !opened.replica.outbox().is_empty()) {
            // What waits is kept, and has its fate coming.
            output.load.push(document);
        }
        self.stored.remove(&document);
        // Nothing of it is to be taken anew.
        self.visited.remove(&document);
        self.to_rebuild.remove(&document);
        self.feed.remove(&document.conversation);
        output.writes.push(Write::DropDocument(document));
    }

    pub(super) fn wipe(&mut self, output: &mut Output) {
        self.phase = Phase::Wiped;
        self.documents.clear();
        self.stored.clear();
        self.feed.clear();
        self.reading = None;
        self.signals.clear();
        self.progress.clear();
        self.offers.clear();
        self.notifications.clear();
        self.identity = None;
        self.cursors = Cursors::default();
        output.writes.push(Write::Wipe);
        output.events.push(SessionEvent::Wiped);
        output.disconnect = true;
    }
}
