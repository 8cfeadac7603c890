//! Offers, notifications and rows of the feed, as a client keeps them.

use rejoinder_core::conversation::layout::Status;
use rejoinder_core::id::{ConversationId, MessageId, ParticipantId, Seq, SiteId};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{FeedRow, Notification, NotificationKind, Offer, ServerFrame, TeamRow};

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

#[test]
fn wp16_a_row_of_a_former_state_does_not_take_the_place_of_a_newer_one() {
    let (mut world, _, bo, conversation) = World::begun();
    let newest = row(conversation, 9, 5);
    world.tells(bo, ServerFrame::Feed { cursor: 0, rows: vec![newest.clone()] });
    for (timeline, team) in [(8, 5), (9, 4), (8, 6)] {
        let former = row(conversation, timeline, team);
        world.tells(bo, ServerFrame::Feed { cursor: 7, rows: vec![former] });
    }
    world.settle();
    assert_eq!(world.clients[bo].session.feed_row(conversation), Some(&newest));
    let newer = row(conversation, 9, 6);
    world.tells(bo, ServerFrame::Feed { cursor: 8, rows: vec![newer.clone()] });
    world.settle();
    assert_eq!(world.clients[bo].session.feed_row(conversation), Some(&newer));
}

fn row(conversation: ConversationId, timeline: u64, team: u64) -> FeedRow {
    FeedRow {
        conversation,
        site: SiteId::from_bytes([1; 16]),
        visitor: ParticipantId::from_bytes([2; 16]),
        status: Status::WaitingForHuman,
        closed: false,
        assignee: None,
        timeline: Seq(timeline),
        newest: None,
        at: Timestamp::from_millis(1),
        follows: None,
        team: Some(TeamRow {
            seq: Seq(team),
            priority: None,
            category: None,
            collaborators: Vec::new(),
        }),
    }
}
