//! Which devices are told to erase what, and how far they are.

use rejoinder_core::id::{DeviceId, DocumentId, ParticipantId};
use rejoinder_core::wire::{ErasureOrder, Keeping, Progress, ServerFrame};

use crate::disk::Erasure;
use crate::plant;
use crate::server::{ConnectionId, Server};

impl Server {
    /// The number of the newest recall, and the recalls after `after` of what a device holds.
    pub(super) fn erasures_for(&self, device: DeviceId, after: u64) -> (u64, Vec<ErasureOrder>) {
        let held = |e: &&Erasure| {
            e.number > after
                && self.disk.database.holdings.contains(&(device, e.document))
                && !plant::forgets(self.bug, e.number)
        };
        let order = |e: &Erasure| ErasureOrder { document: e.document, message: Some(e.message) };
        let newest = self.disk.ledger.len() as u64;
        (newest, self.disk.ledger.iter().filter(held).map(order).collect())
    }

    /// Orders everything that a device of another life of the data is to erase of what it has.
    pub(super) fn order_all(&mut self, id: ConnectionId) {
        let device = self.connections[&id].device.unwrap();
        let (cursor, orders) = self.erasures_for(device, 0);
        let connection = self.connections.get_mut(&id).unwrap();
        connection.told = cursor;
        connection.session.more(cursor);
        connection.tell(&ServerFrame::Erasures { cursor, orders });
    }

    pub(super) fn purged(&mut self, id: ConnectionId, cursor: u64) {
        let connection = self.connections.get_mut(&id).unwrap();
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
            .map(|(id, c)| (*id, c.device.unwrap(), c.told))
            .collect();
        for (id, device, told) in open {
            let (cursor, orders) = self.erasures_for(device, told);
            if !orders.is_empty() {
                self.connections.get_mut(&id).unwrap().told = cursor;
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
