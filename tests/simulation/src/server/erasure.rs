//! Which devices are told to erase what, and how far they are.

use std::collections::BTreeSet;

use rejoinder_core::authority::elsewhere::{Elsewhere, Kin, visitors_messages};
use rejoinder_core::conversation::operation::Submission;
use rejoinder_core::id::{DeviceId, DocumentId, DocumentKind, ParticipantId};
use rejoinder_core::principal::{Principal, Role};
use rejoinder_core::wire::{ErasureOrder, Keeping, Progress, ServerFrame};

use crate::disk::Erasure;
use crate::plant::{self, Bug};
use crate::server::{ConnectionId, Server};

impl Server {
    /// A device may say that it has what its principal may see, or what nobody knows: the latter is
    /// remembered of a visitor's as long as it is connected.
    pub(super) fn hold(&mut self, id: ConnectionId, documents: Vec<DocumentId>) {
        let device = self.connections[&id].device.unwrap();
        let visitor = self.connections[&id].principal().unwrap().role == Role::Visitor;
        for document in documents {
            let known = self.disk.database.conversations.contains_key(&document.conversation);
            if !known && visitor {
                self.connections.get_mut(&id).unwrap().has.insert(document);
            } else if !known || self.may_see(id, document.conversation) {
                self.disk.database.holdings.insert((device, document));
            }
        }
    }

    /// The recalls numbered after `after` that a device is to carry out: those of what it holds,
    /// and a visitor's of all of their own timelines. Of another life of the data, it may hold a
    /// message in another conversation of its line.
    pub(super) fn orders(&self, id: ConnectionId, after: u64) -> Vec<ErasureOrder> {
        let connection = &self.connections[&id];
        let (device, me) = (connection.device.unwrap(), connection.principal().unwrap());
        let holdings = &self.disk.database.holdings;
        let held = holdings.iter().filter(|(of, _)| *of == device).map(|(_, document)| *document);
        let held: BTreeSet<DocumentId> = held.chain(connection.has.iter().copied()).collect();
        let near = connection.reckoned && self.bug != Some(Bug::RecalledHereOnly);
        let timelines = held.iter().filter(|it| near && it.kind == DocumentKind::Timeline);
        let kin = Kin::among(timelines.map(|document| document.conversation));
        let told = |e: &&Erasure| e.number > after && !plant::forgets(self.bug, e.number);
        let mut orders = BTreeSet::new();
        for erasure in self.disk.ledger.iter().filter(told) {
            let Erasure { document, message, .. } = *erasure;
            let own = connection.known && self.is_own(me, erasure);
            if own || held.contains(&document) {
                orders.insert((document, message));
            }
            if document.kind == DocumentKind::Timeline {
                let kin = kin.of(document.conversation).map(DocumentId::timeline);
                orders.extend(kin.map(|document| (document, message)));
            }
        }
        let order = |(document, message)| ErasureOrder { document, message: Some(message) };
        orders.into_iter().map(order).collect()
    }

    /// What other conversations of the line have of the messages that a visitor pushes.
    pub(super) fn elsewhere(&self, document: DocumentId, submissions: &[Submission]) -> Elsewhere {
        let mut elsewhere = Elsewhere::default();
        for message in visitors_messages(submissions) {
            let said = self.disk.said_elsewhere(document, message);
            let said = said.filter(|_| self.bug != Some(Bug::SaidTwice));
            elsewhere.said.extend(said.map(|there| (message, there)));
            let recalled = self.disk.recalled_elsewhere(document, message);
            if recalled && self.bug != Some(Bug::RecalledHereOnly) {
                elsewhere.recalled.insert(message);
            }
        }
        elsewhere
    }

    /// Whether a recall was made in a visitor's own timeline.
    pub(crate) fn is_own(&self, principal: &Principal, erasure: &Erasure) -> bool {
        let found = self.disk.database.conversations.get(&erasure.document.conversation);
        principal.role == Role::Visitor
            && erasure.document.kind == DocumentKind::Timeline
            && found.is_some_and(|found| principal.is(found.visitor))
    }

    /// WP39: what somebody is told as the cursor of a number. To a visitor it counts what was
    /// recalled in their own timelines.
    pub(super) fn cursor(&self, principal: &Principal, number: u64) -> u64 {
        if principal.role != Role::Visitor || self.bug == Some(Bug::CountEverything) {
            return number;
        }
        let own = |e: &&Erasure| e.number <= number && self.is_own(principal, e);
        self.disk.ledger.iter().filter(own).count() as u64
    }

    /// The number that somebody's cursor stands for.
    pub(crate) fn number(&self, principal: &Principal, cursor: u64) -> u64 {
        if principal.role != Role::Visitor || self.bug == Some(Bug::CountEverything) {
            return cursor;
        }
        let mut own = self.disk.ledger.iter().filter(|e| self.is_own(principal, e));
        let last = cursor.checked_sub(1).and_then(|before| own.nth(before as usize));
        last.map_or(0, |erasure| erasure.number)
    }

    /// Remembers, before orders go out, up to which number they reach, and says their cursor.
    pub(super) fn reaching(&mut self, id: ConnectionId, number: u64) -> u64 {
        let principal = self.connections[&id].principal().unwrap();
        let cursor = self.cursor(principal, number);
        let connection = self.connections.get_mut(&id).unwrap();
        connection.told = number;
        connection.reached.push((cursor, number));
        cursor
    }

    /// Orders everything that a device of another life of the data is to erase of what it has.
    pub(super) fn order_all(&mut self, id: ConnectionId) {
        let orders = self.orders(id, 0);
        let cursor = self.reaching(id, self.disk.ledger.len() as u64);
        let connection = self.connections.get_mut(&id).unwrap();
        connection.session.more(cursor);
        connection.tell(&ServerFrame::Erasures { cursor, orders });
    }

    pub(super) fn purged(&mut self, id: ConnectionId, cursor: u64) {
        let connection = self.connections.get_mut(&id).unwrap();
        let reached = connection.reached.iter().rev().find(|(told, _)| *told <= cursor);
        let cursor = reached.map_or(0, |(_, number)| *number);
        let first = connection.feed != u64::MAX;
        let feed = core::mem::replace(&mut connection.feed, u64::MAX);
        let me = connection.principal().unwrap().participant;
        let device = connection.device.unwrap();
        let known = self.disk.database.devices.get_mut(&device).unwrap();
        let before = core::mem::replace(&mut known.erasures, cursor);
        let done: Vec<Erasure> =
            self.disk.ledger.iter().filter(|e| e.number > before).copied().collect();
        for erasure in done {
            self.tell_progress(&erasure);
        }
        if first {
            self.feed_after(id, feed);
            let own: Vec<Erasure> =
                self.disk.ledger.iter().filter(|e| e.by == me).copied().collect();
            for erasure in own {
                let progress = self.progress(&erasure);
                if progress.done < progress.devices {
                    self.tell(id, &ServerFrame::Progress(progress));
                }
            }
        }
        self.tell_erasures();
    }

    /// Tells every connection of recalls that it was not told of.
    pub(super) fn tell_erasures(&mut self) {
        let open: Vec<_> = self
            .connections
            .iter()
            .filter(|(_, c)| c.session.is_open())
            .map(|(id, c)| (*id, c.told))
            .collect();
        for (id, told) in open {
            let orders = self.orders(id, told);
            if !orders.is_empty() {
                let cursor = self.reaching(id, self.disk.ledger.len() as u64);
                self.tell(id, &ServerFrame::Erasures { cursor, orders });
            }
        }
    }

    /// How far a recall is carried out.
    pub(crate) fn progress(&self, erasure: &Erasure) -> Progress {
        let of = |(device, document): &&(DeviceId, DocumentId)| {
            *document == erasure.document
                && self
                    .disk
                    .database
                    .devices
                    .get(device)
                    .is_none_or(|known| known.keeping == Keeping::Durable)
        };
        let holders: Vec<_> = self.disk.database.holdings.iter().filter(of).collect();
        let done = holders.iter().filter(|(device, _)| {
            let known = self.disk.database.devices.get(device);
            known.is_some_and(|known| known.erasures >= erasure.number)
        });
        Progress {
            document: erasure.document,
            message: erasure.message,
            server: true,
            done: u32::try_from(done.count()).unwrap(),
            devices: u32::try_from(holders.len()).unwrap(),
            longest_away: None,
        }
    }

    pub(super) fn tell_progress(&mut self, erasure: &Erasure) {
        let frame = ServerFrame::Progress(self.progress(erasure));
        for id in self.open_connections_of(erasure.by) {
            self.tell(id, &frame);
        }
    }

    fn open_connections_of(&self, participant: ParticipantId) -> Vec<ConnectionId> {
        let of = |(id, c): (&ConnectionId, &super::Connection)| {
            let is = c.principal().is_some_and(|principal| principal.is(participant));
            (is && c.session.is_open()).then_some(*id)
        };
        self.connections.iter().filter_map(of).collect()
    }
}
