//! A connection begins and ends, and which documents it follows.

use std::collections::BTreeSet;

use crate::id::DocumentId;
use crate::limits;
use crate::session::client::{Gathered, Link, Opened, Output, Phase, Session, SessionEvent};
use crate::wire::{self, ClientFrame, Credential, Hello};

impl Session {
    /// The first frame of a new connection. `credential` is for a first contact; afterwards the
    /// token that the server gave is used.
    pub fn handle_connected(&mut self, credential: Option<Credential>) -> Output {
        let known = self.identity.as_ref().map(|id| Credential::Token(id.token.clone()));
        let Some(credential) = known.or(credential) else {
            return Output { disconnect: true, ..Output::default() };
        };
        if let Credential::Token(token) = &credential {
            self.given = Some(token.clone());
        }
        // Whether or not the end of the former connection was told: nothing of it counts any more.
        for opened in self.documents.values_mut() {
            opened.link = Link::Closed;
            opened.replica.disconnected();
        }
        self.phase = Phase::Greeting;
        let hello = Hello {
            version: wire::VERSION,
            credential,
            device: self.device,
            keeping: self.keeping,
            epoch: self.cursors.epoch,
            feed: self.cursors.feed,
            erasures: self.cursors.erasures,
            snapshots: cfg!(feature = "snapshots"),
            scope: self.cursors.scope,
        };
        let mut output = Output { frames: vec![ClientFrame::Hello(hello)], ..Output::default() };
        self.follow_all(&mut output);
        self.finish(output)
    }

    /// The connection is gone.
    pub fn handle_disconnected(&mut self) -> Output {
        if self.phase != Phase::Wiped {
            self.phase = Phase::Offline;
        }
        for opened in self.documents.values_mut() {
            opened.link = Link::Closed;
            opened.replica.disconnected();
        }
        let silent: BTreeSet<_> = self.signals.keys().map(|(document, _)| *document).collect();
        self.signals.clear();
        let mut events: Vec<_> = silent.into_iter().map(SessionEvent::Signals).collect();
        // Others are asked meanwhile.
        if !core::mem::take(&mut self.offers).is_empty() {
            events.push(SessionEvent::Offers);
        }
        self.finish(Output { events, ..Output::default() })
    }

    pub(super) fn follow_all(&mut self, output: &mut Output) {
        let documents: Vec<_> = self.documents.keys().copied().collect();
        for document in documents {
            self.follow(document, output);
        }
    }

    /// Whether documents may be opened. Somebody who was here before does so right behind `Hello`
    /// and saves a round trip: should the data have begun another life, it does not count. No more
    /// than a server follows, for what is too much ends a connection that is not open yet.
    fn may_open(&self) -> bool {
        let known = self.identity.is_some() && self.cursors.epoch.is_some();
        let asked = |opened: &&Opened| !matches!(opened.link, Link::Closed);
        match self.phase {
            Phase::Open => true,
            Phase::Greeting => {
                known
                    && self.rebuilding.is_none()
                    && self.documents.values().filter(asked).count() < limits::OPEN_DOCUMENTS
            }
            Phase::Offline | Phase::Wiped => false,
        }
    }

    pub(super) fn follow(&mut self, document: DocumentId, output: &mut Output) {
        let may = self.may_open();
        let Some(opened) = self.documents.get_mut(&document) else { return };
        if may && matches!(opened.link, Link::Closed) {
            opened.link = Link::Opening(Gathered::default());
            output.frames.push(ClientFrame::Open { document, cursor: opened.replica.cursor() });
        }
    }
}
