//! Offers and notifications, as a client keeps them.

use rejoinder_core::id::{ConversationId, MessageId};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{Notification, NotificationKind, Offer, ServerFrame};

use crate::world::World;

const CONVERSATION: ConversationId = ConversationId::from_bytes([3; 16]);

#[test]
fn rt46_the_last_offers_count_and_none_without_a_connection() {
    let mut world = World::new();
    let ann = world.agent(AgentRole::Agent);
    let offer = |until| Offer { conversation: CONVERSATION, until };
    for offers in [vec![offer(None)], vec![offer(Some(Timestamp::from_millis(9)))]] {
        world.tells(ann, ServerFrame::Offers { offers: offers.clone() });
        world.settle();
        assert_eq!(world.clients[ann].session.offers(), offers);
    }
    world.cut(ann);
    assert_eq!(world.clients[ann].session.offers(), []);
}

#[test]
fn rt48_the_last_notifications_count_and_stay_without_a_connection() {
    let mut world = World::new();
    let ann = world.agent(AgentRole::Agent);
    let one = Notification {
        number: 3,
        conversation: CONVERSATION,
        kind: NotificationKind::Mention,
        message: Some(MessageId::from_bytes([4; 16])),
        at: Timestamp::from_millis(5),
    };
    world.tells(ann, ServerFrame::Notifications { unread: vec![one] });
    world.settle();
    world.cut(ann);
    assert_eq!(world.clients[ann].session.notifications(), [one]);
    world.connects(ann);
    world.tells(ann, ServerFrame::Notifications { unread: Vec::new() });
    world.settle();
    assert_eq!(world.clients[ann].session.notifications(), []);
}
