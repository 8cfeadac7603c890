//! One message that devices of a visitor know in different conversations of a line, since backups
//! were restored while they were away. Found by the simulation.

use rejoinder_core::authority::fate::Refusal;
use rejoinder_core::authority::follow_up;
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::{ConversationId, DocumentId, MessageId};
use rejoinder_core::replica::record::WaitingState;
use rejoinder_core::replica::{Event, Intent};
use rejoinder_core::wire::ClientFrame;

use crate::world::World;

const LOST: &str = "lost by the backup";

/// Ann's laptop knows a message in the follow-up, her phone where it was written. The backup that
/// was restored since has neither of them.
fn known_in_two() -> (World, [usize; 3], ConversationId, MessageId) {
    let (mut world, laptop, bo, conversation) = World::begun();
    let rows = world.server.rooms[&conversation].stored.rows.len();
    let phone = world.device_of(laptop);
    world.opens(phone, conversation);
    let message = world.sends(laptop, conversation, LOST);
    world.settle();
    for who in [laptop, phone, bo] {
        world.cut(who);
    }
    world.server.restored_without(conversation, 1);
    world.connects(bo);
    world.intends(bo, conversation, Intent::Close);
    world.settle();
    world.connects(laptop);
    assert_eq!(world.reads(laptop, follow_up(conversation)), [LOST]);
    world.cut(laptop);
    world.cut(bo);
    world.server.restored_before_the_follow_up(conversation, rows);
    (world, [laptop, phone, bo], conversation, message)
}

fn nothing_waits(world: &World, who: usize) {
    for document in world.clients[who].session.loaded() {
        let replica = world.clients[who].session.replica(document).unwrap();
        assert!(replica.outbox().is_empty(), "{document}: {:?}", replica.outbox());
    }
}

#[test]
fn au39_what_stands_where_it_was_written_is_not_said_in_the_follow_up_too() {
    let (mut world, [laptop, phone, bo], conversation, message) = known_in_two();
    world.connects(phone);
    assert_eq!(world.reads(phone, conversation), ["hello", LOST]);
    let rows = world.server.rooms[&conversation].stored.rows.len();
    world.clients[laptop].events.clear();
    world.connects(laptop);
    world.connects(bo);
    for who in [laptop, phone, bo] {
        assert_eq!(world.reads(who, conversation), ["hello", LOST]);
        nothing_waits(&world, who);
    }
    let stands = world.server.rooms[&conversation].stored.rows.len();
    assert_eq!(stands, rows, "the same words are no edit");
    assert_eq!(world.server.texts(), ["hello", LOST]);
    let next = follow_up(conversation);
    assert!(world.reads(laptop, next).is_empty());
    let moved = Event::Moved { from: next, to: conversation };
    assert!(!world.told(laptop).contains(&moved), "nobody is led back by it");
    // It is recalled for everybody, wherever they knew it.
    world.recalls(laptop, DocumentId::timeline(conversation), message);
    world.settle();
    assert_eq!(world.server.texts(), ["hello"]);
    for who in [laptop, phone] {
        assert_eq!(world.clients[who].store.texts(), ["hello"]);
    }
}

#[test]
fn au39_what_stands_in_the_follow_up_is_not_said_where_it_was_written_too() {
    let (mut world, [laptop, phone, _], conversation, _) = known_in_two();
    world.connects(laptop);
    let next = follow_up(conversation);
    assert_eq!(world.reads(laptop, next), [LOST]);
    world.connects(phone);
    for who in [laptop, phone] {
        assert_eq!(world.reads(who, conversation), ["hello"]);
        assert_eq!(world.reads(who, next), [LOST]);
        nothing_waits(&world, who);
    }
    assert_eq!(world.server.texts(), ["hello", LOST]);
    assert_eq!(world.server.rooms[&next].stored.rows.len(), 1, "the same words are no edit");
}

#[test]
fn au39_newer_words_than_those_that_stand_elsewhere_become_an_edit_there() {
    let (mut world, [laptop, phone, _], conversation, message) = known_in_two();
    world.edits(laptop, DocumentId::timeline(follow_up(conversation)), message, "newer");
    world.connects(phone);
    world.connects(laptop);
    for who in [laptop, phone] {
        assert_eq!(world.reads(who, conversation), ["hello", "newer"]);
        nothing_waits(&world, who);
    }
    assert_eq!(world.server.texts(), ["hello", "newer"]);
}

#[test]
fn re30_a_recall_in_the_follow_up_is_one_where_the_message_was_written() {
    let (mut world, [laptop, phone, _], conversation, message) = known_in_two();
    world.connects(laptop);
    world.recalls(laptop, DocumentId::timeline(follow_up(conversation)), message);
    world.settle();
    world.cut(laptop);
    let rows = world.server.rooms[&conversation].stored.rows.len();
    world.server.restored_before_the_follow_up(conversation, rows);
    world.connects(phone);
    // Ordered before it could offer it again.
    assert_eq!(world.reads(phone, conversation), ["hello"]);
    assert_eq!(world.server.texts(), ["hello"]);
    assert_eq!(world.clients[phone].store.texts(), ["hello"]);
}

#[test]
fn re30_an_order_is_carried_out_in_every_conversation_of_the_line_before_anything_else() {
    let (mut world, [laptop, phone, _], conversation, message) = known_in_two();
    world.connects(phone);
    world.recalls(phone, DocumentId::timeline(conversation), message);
    world.settle();
    assert!(world.clients[laptop].store.texts().contains(&LOST.to_owned()));
    world.clients[laptop].sent.clear();
    world.dials(laptop);
    world.server_takes(laptop);
    world.step_down(laptop);
    let purged = world.clients[laptop].sent.iter();
    assert!(purged.clone().any(|frame| matches!(frame, ClientFrame::Purged { .. })));
    assert_eq!(world.clients[laptop].store.texts(), ["hello"], "with the first orders");
    world.settle();
    assert_eq!(world.reads(laptop, conversation), ["hello", "(recalled)"]);
    nothing_waits(&world, laptop);
}

#[test]
fn re3_a_message_that_was_refused_and_is_sent_anyway_does_not_vanish_with_its_recall() {
    let (mut world, ann, bo, conversation) = World::begun();
    let timeline = DocumentId::timeline(conversation);
    let phone = world.device_of(bo);
    world.opens(phone, conversation);
    let message = world.sends(bo, conversation, LOST);
    world.settle();
    for who in [ann, bo, phone] {
        world.cut(who);
    }
    // The message, and the status that came with it.
    world.server.restored_without(conversation, 2);
    world.connects(ann);
    world.intends(ann, conversation, Intent::Close);
    world.settle();
    world.connects(bo);
    let held = |world: &World| {
        let replica = world.clients[bo].session.replica(timeline).unwrap();
        replica.outbox().iter().map(|it| (it.submission.id, it.state)).collect::<Vec<_>>()
    };
    let [(operation, WaitingState::Refused(Refusal::ConversationClosed))] = held(&world)[..] else {
        panic!("{:?}", held(&world));
    };
    let clock = world.clients[bo].clock;
    let output = world.clients[bo].session.send_anyway(timeline, operation, clock).unwrap();
    world.carry_out(bo, output);
    // Its words are on their way, and meet the closed conversation again.
    world.recalls(bo, timeline, message);
    world.settle();
    assert_eq!(held(&world), []);
    assert_eq!(world.reads(bo, conversation).last().unwrap(), "(recalled)");
    // So another device, which has them from before, does not bring them back.
    world.connects(phone);
    assert_eq!(world.clients[phone].store.texts(), ["hello"]);
    assert_eq!(world.server.texts(), ["hello"]);
    let sent = |frame: &ClientFrame| match frame {
        ClientFrame::Push { submissions, .. } => submissions
            .iter()
            .any(|it| matches!(it.operation, Operation::Send { message: id, .. } if id == message)),
        _ => false,
    };
    assert!(!world.clients[phone].sent.iter().any(sent), "it knows before it offers anything");
}
