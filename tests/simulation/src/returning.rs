//! How a run of backups that are restored again and again begins: one device of a visitor knows a
//! message in a conversation, the other in its follow-up, and perhaps one of them takes it back.

use rejoinder_core::id::{ConversationId, DocumentId};
use rejoinder_core::replica::Intent;

use crate::roll::Roll;
use crate::world::World;

const PHONE: usize = 0;
const LAPTOP: usize = 1;
const DESK: usize = 2;
/// Everybody who is there when it begins.
const ALL: [usize; 5] = [PHONE, LAPTOP, DESK, 3, 4];

impl World {
    /// Not every step comes to an end: clients die here as anywhere.
    pub(crate) fn come_and_go(&mut self) {
        let now = self.clients[PHONE].clock(self.now);
        let Ok((conversation, output)) = self.clients[PHONE].session.begin(now) else { return };
        self.diary.conversations.insert(conversation);
        self.carry_out(PHONE, output);
        self.says(PHONE, conversation);
        self.talk(&ALL);
        self.server.back_up();
        self.says(PHONE, conversation);
        self.talk(&ALL);
        for _ in 0..2 {
            self.returns(conversation);
        }
        if self.dice.chance(50) {
            self.returns(conversation);
        }
    }

    /// The backup takes the place of the data, and some come back, while somebody closes.
    fn returns(&mut self, conversation: ConversationId) {
        self.note(|| "the server is restored".to_owned());
        ALL.iter().for_each(|client| self.cut(*client));
        self.server.restore();
        let back = match self.dice.index(3) {
            0 => [LAPTOP, PHONE],
            1 => [LAPTOP, LAPTOP],
            _ => [PHONE, LAPTOP],
        };
        if self.dice.chance(50) {
            self.talk(&[DESK]);
            let closed = self.clients[DESK].session.intend(conversation, Intent::Close, self.now);
            if let Ok((_, output)) = closed {
                self.carry_out(DESK, output);
            }
            self.talk(&[DESK]);
        }
        for client in back {
            self.talk(&[client]);
            let loaded = self.clients[client].conversations();
            if self.dice.chance(40)
                && let Some(conversation) = self.dice.pick(&loaded)
            {
                self.take_back(client, DocumentId::timeline(conversation));
                self.talk(&[client]);
            }
        }
    }

    fn says(&mut self, client: usize, conversation: ConversationId) {
        let document = DocumentId::timeline(conversation);
        if !self.clients[client].session.is_loaded(document) {
            self.load(client, document);
        }
        self.say(client, document);
    }

    /// Some of them, and nobody else, are connected until they have said it all.
    fn talk(&mut self, who: &[usize]) {
        for _ in 0..8 {
            self.pass_time();
            self.deliver(who);
            for &client in who {
                self.open_everything(client);
            }
        }
    }
}
