//! The feed, read anew under another scope or another epoch.

use rejoinder_core::conversation::layout::Status;
use rejoinder_core::id::{ConversationId, ParticipantId, Seq, SiteId};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::session::client::SessionEvent;
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{FeedRow, ServerFrame, TeamRow};

use crate::world::World;

const KEPT: ConversationId = ConversationId::from_bytes([3; 16]);
const LOST: ConversationId = ConversationId::from_bytes([4; 16]);
const FOUND: ConversationId = ConversationId::from_bytes([5; 16]);

fn row(conversation: ConversationId, timeline: u64) -> FeedRow {
    let team =
        TeamRow { seq: Seq::START, priority: None, category: None, collaborators: Vec::new() };
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
        team: Some(team),
    }
}

/// What an agent lists, and how far each has come.
fn lists(world: &World, who: usize) -> Vec<(ConversationId, u64)> {
    world.clients[who].session.inbox().map(|row| (row.conversation, row.timeline.0)).collect()
}

fn told(world: &mut World, who: usize, cursor: u64, rows: Vec<FeedRow>) {
    world.tells(who, ServerFrame::Feed { cursor, rows });
    world.settle();
}

/// An agent who has read all that there is of two conversations.
fn read() -> (World, usize) {
    let mut world = World::new();
    let ann = world.agent(AgentRole::Agent);
    told(&mut world, ann, 7, vec![row(KEPT, 9), row(LOST, 3)]);
    told(&mut world, ann, 7, Vec::new());
    assert_eq!(lists(&world, ann), [(KEPT, 9), (LOST, 3)]);
    (world, ann)
}

#[test]
fn wp35_what_is_listed_stays_until_all_is_read_under_another_scope() {
    let (mut world, ann) = read();
    for scope in [1, 2] {
        // The first reading is broken off in the middle.
        world.cut(ann);
        world.server.scope = scope;
        world.connects(ann);
        world.settle();
        let all: Vec<_> = lists(&world, ann).into_iter().map(|(id, _)| id).collect();
        assert!(all.contains(&KEPT) && all.contains(&LOST), "{all:?}");
        // It may be an earlier state: what was known is not measured by it.
        told(&mut world, ann, 5, vec![row(KEPT, 8), row(FOUND, 1)]);
        assert_eq!(lists(&world, ann), [(KEPT, 8), (LOST, 3), (FOUND, 1)]);
        told(&mut world, ann, 0, vec![row(KEPT, 10)]);
        told(&mut world, ann, 6, vec![row(KEPT, 9)]);
        assert_eq!(lists(&world, ann), [(KEPT, 10), (LOST, 3), (FOUND, 1)]);
        // That somebody is there is no end.
        told(&mut world, ann, 0, Vec::new());
        assert_eq!(lists(&world, ann).len(), 3);
    }
    world.clients[ann].events.clear();
    told(&mut world, ann, 6, Vec::new());
    assert_eq!(lists(&world, ann), [(KEPT, 10), (FOUND, 1)]);
    assert!(world.clients[ann].events.contains(&SessionEvent::Feed(LOST)));
    // What is read is not read again.
    world.cut(ann);
    world.connects(ann);
    world.settle();
    told(&mut world, ann, 6, Vec::new());
    assert_eq!(lists(&world, ann), [(KEPT, 10), (FOUND, 1)]);
}

#[test]
fn wp35_who_sees_nothing_any_more_lists_nothing_in_the_end() {
    let (mut world, ann) = read();
    world.cut(ann);
    world.server.scope = 1;
    world.connects(ann);
    world.settle();
    told(&mut world, ann, 1, Vec::new());
    assert_eq!(lists(&world, ann), []);
}
