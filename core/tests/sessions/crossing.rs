//! What crosses on its way: answers and what was composed again, a closing and what is still
//! written, a new epoch's log and a crash. Found by the simulation.

use rejoinder_core::authority::fate::Refusal;
use rejoinder_core::authority::follow_up;
use rejoinder_core::authority::policy::Window;
use rejoinder_core::conversation::layout::Status;
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::{DocumentId, Seq};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::replica::Intent;
use rejoinder_core::replica::record::WaitingState;
use rejoinder_core::wire::{ClientFrame, LogEntry, ServerFrame};

use crate::world::World;

#[test]
fn se4_an_answer_to_an_earlier_push_is_not_taken_for_that_of_a_later_one() {
    let (mut world, ann, bo, conversation) = World::begun();
    // Refused, and so what comes after it is void and composed again.
    world.intends(ann, conversation, Intent::Status(Status::WaitingForHuman));
    let message = world.sends(ann, conversation, "is anybody there?");
    world.sends(ann, conversation, "hello?");
    world.server_takes(ann);
    world.settle();
    let pushes = world.clients[ann].sent.iter().filter(|frame| {
        match frame {
        ClientFrame::Push { submissions, .. } => submissions.iter().any(|submission| {
            matches!(submission.operation, Operation::Send { message: id, .. } if id == message)
        }),
        _ => false,
    }
    });
    assert_eq!(pushes.count(), 2, "once, and once again after the refusal");
    for who in [ann, bo] {
        assert_eq!(world.reads(who, conversation), ["hello", "is anybody there?", "hello?"]);
    }
}

#[test]
fn se8_what_is_written_after_the_closing_stays_behind_what_was_on_its_way() {
    let (mut world, ann, bo, conversation) = World::begun();
    world.cut(ann);
    world.sends(ann, conversation, "before I knew");
    world.intends(bo, conversation, Intent::Close);
    world.settle();
    world.dials(ann);
    while !world.view(ann, conversation).closed {
        world.server_takes(ann);
        assert!(world.step_down(ann), "the closing comes");
    }
    world.sends(ann, conversation, "when I knew");
    world.settle();
    assert_eq!(world.reads(ann, follow_up(conversation)), ["before I knew", "when I knew"]);
}

#[test]
fn se11_a_crash_while_the_new_log_comes_loses_nothing_of_the_former() {
    let (mut world, ann, bo, conversation) = World::begun();
    world.sends(ann, conversation, "lost by the backup");
    world.settle();
    world.cut(ann);
    world.server.restored_without(conversation, 1);
    world.dials(ann);
    world.server_takes(ann);
    world.step_down(ann);
    // The first of the new log, of which more is to come.
    let row = &world.server.rooms[&conversation].stored.rows[0];
    let entries = vec![LogEntry { seq: row.seq, at: row.at, change: row.change.clone() }];
    let document = DocumentId::timeline(conversation);
    world.tells(ann, ServerFrame::Entries { document, entries, last: Seq(9) });
    while world.step_down(ann) {}
    assert_eq!(world.reads(ann, conversation), ["hello", "lost by the backup"]);
    world.crashes(ann);
    assert_eq!(world.reads(ann, conversation), ["hello", "lost by the backup"]);
    world.connects(ann);
    world.cut(bo);
    world.connects(bo);
    for who in [ann, bo] {
        assert_eq!(world.reads(who, conversation), ["hello", "lost by the backup"]);
    }
}

#[test]
fn se14_what_two_devices_offer_again_stands_once() {
    let (mut world, ann, bo, conversation) = World::begun();
    let phone = world.device_of(ann);
    world.opens(phone, conversation);
    world.sends(ann, conversation, "lost by the backup");
    world.settle();
    for who in [ann, phone, bo] {
        world.cut(who);
    }
    world.server.restored_without(conversation, 1);
    for who in [ann, phone, bo] {
        world.dials(who);
    }
    world.settle();
    for who in [ann, phone, bo] {
        assert_eq!(world.reads(who, conversation), ["hello", "lost by the backup"]);
        let replica = world.clients[who].session.replica(DocumentId::timeline(conversation));
        assert!(replica.unwrap().outbox().is_empty(), "nobody is asked about it");
    }
}

#[test]
fn se8_a_recall_goes_after_its_message_into_the_follow_up() {
    let (mut world, ann, bo, conversation) = World::begun();
    let timeline = DocumentId::timeline(conversation);
    let phone = world.device_of(ann);
    world.opens(phone, conversation);
    let message = world.sends(ann, conversation, "lost by the backup");
    world.settle();
    for who in [ann, phone, bo] {
        world.cut(who);
    }
    world.server.restored_without(conversation, 1);
    world.connects(bo);
    world.intends(bo, conversation, Intent::Close);
    world.settle();
    world.connects(ann);
    let next = follow_up(conversation);
    assert_eq!(world.reads(ann, next), ["lost by the backup"]);
    // Taken back where it was, by a device that knows of nothing.
    world.recalls(phone, timeline, message);
    world.connects(phone);
    world.opens(bo, next);
    for who in [ann, phone, bo] {
        assert_eq!(world.reads(who, next), ["(recalled)"]);
    }
    assert_eq!(world.server.texts(), ["hello"]);
    for document in [timeline, DocumentId::timeline(next)] {
        assert!(world.clients[phone].session.replica(document).unwrap().outbox().is_empty());
    }
}

#[test]
fn se8_a_recall_finds_its_message_in_a_follow_up_that_was_not_loaded() {
    let (mut world, ann, bo, conversation) = World::begun();
    let timeline = DocumentId::timeline(conversation);
    let phone = world.device_of(ann);
    world.opens(phone, conversation);
    let message = world.sends(ann, conversation, "lost by the backup");
    world.settle();
    for who in [ann, phone, bo] {
        world.cut(who);
    }
    world.server.restored_without(conversation, 1);
    world.connects(bo);
    world.intends(bo, conversation, Intent::Close);
    world.settle();
    world.connects(ann);
    world.recalls(phone, timeline, message);
    let next = DocumentId::timeline(follow_up(conversation));
    world.opens(phone, next.conversation);
    world.dials(phone);
    while ![timeline, next].iter().all(|id| world.clients[phone].session.is_live(*id)) {
        world.server_takes(phone);
        assert!(world.step_down(phone), "both come");
    }
    // The answer is lost, and the follow-up is not looked at any more.
    world.cut(phone);
    let output = world.clients[phone].session.leave(next);
    world.carry_out(phone, output);
    assert!(!world.clients[phone].session.is_loaded(next));
    world.connects(phone);
    assert_eq!(world.reads(ann, next.conversation), ["(recalled)"]);
    assert_eq!(world.server.texts(), ["hello"]);
}

#[test]
fn se8_a_recall_is_there_before_its_message_comes_into_the_follow_up() {
    let (mut world, ann, bo, conversation) = World::begun();
    let phone = world.device_of(ann);
    world.opens(phone, conversation);
    let message = world.sends(ann, conversation, "lost by the backup");
    world.settle();
    for who in [ann, phone, bo] {
        world.cut(who);
    }
    world.server.restored_without(conversation, 1);
    world.sends(phone, conversation, "this one goes on first");
    world.recalls(phone, DocumentId::timeline(conversation), message);
    world.connects(bo);
    world.intends(bo, conversation, Intent::Close);
    world.settle();
    world.connects(phone);
    world.connects(ann);
    assert_eq!(world.server.texts(), ["hello", "this one goes on first"]);
    for document in world.clients[ann].session.loaded() {
        assert!(world.clients[ann].session.replica(document).unwrap().outbox().is_empty());
    }
}

#[test]
fn re3_what_went_on_into_the_follow_up_does_not_vanish_for_another_device_may_have_brought_it() {
    let (mut world, ann, bo, conversation) = World::begun();
    let phone = world.device_of(ann);
    world.opens(phone, conversation);
    let message = world.sends(ann, conversation, "lost by the backup");
    world.settle();
    for who in [ann, phone, bo] {
        world.cut(who);
    }
    world.server.restored_without(conversation, 1);
    world.connects(bo);
    world.intends(bo, conversation, Intent::Close);
    world.settle();
    let next = DocumentId::timeline(follow_up(conversation));
    world.dials(phone);
    while world.clients[phone].session.replica(next).is_none_or(|next| next.outbox().is_empty()) {
        world.server_takes(phone);
        assert!(world.step_down(phone), "it goes on into the follow-up");
    }
    // It has not pushed there yet, when the other device does.
    world.cut(phone);
    world.connects(ann);
    world.recalls(phone, next, message);
    world.connects(phone);
    world.opens(bo, next.conversation);
    for who in [ann, phone, bo] {
        assert_eq!(world.reads(who, next.conversation), ["(recalled)"]);
    }
    assert_eq!(world.server.texts(), ["hello"]);
}

#[test]
fn se7_a_refused_recall_waits_for_its_author_while_its_message_is_offered_again() {
    let (mut world, _, bo, conversation) = World::begun();
    let timeline = DocumentId::timeline(conversation);
    world.server.policy.recall = Window::Last;
    let first = world.sends(bo, conversation, "first");
    world.sends(bo, conversation, "second");
    world.settle();
    world.recalls(bo, timeline, first);
    world.settle();
    world.cut(bo);
    // Both messages, and the status that came with the first.
    world.server.restored_without(conversation, 3);
    let sue = world.agent(AgentRole::Supervisor);
    world.opens(sue, conversation);
    let outbox = |world: &World| {
        let replica = world.clients[bo].session.replica(timeline).unwrap();
        replica.outbox().iter().map(|w| (w.submission.operation, w.state)).collect::<Vec<_>>()
    };
    world.dials(bo);
    while outbox(&world).len() < 3 {
        world.server_takes(bo);
        assert!(world.step_down(bo), "both are offered again");
    }
    world.sends(sue, conversation, "may I?");
    world.server_takes(sue);
    world.settle();
    let states = outbox(&world);
    assert!(matches!(states[0].1, WaitingState::Collided { .. }), "{states:?}");
    let recall = (Operation::Recall { message: first }, WaitingState::Refused(Refusal::NotTheLast));
    assert!(states.contains(&recall), "{states:?}");
}
