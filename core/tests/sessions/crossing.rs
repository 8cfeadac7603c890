//! What crosses on its way: answers and what was composed again, a closing and what is still
//! written, a new epoch's log and a crash. Found by the simulation.

use rejoinder_core::authority::follow_up;
use rejoinder_core::conversation::layout::Status;
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::{DocumentId, Seq};
use rejoinder_core::replica::Intent;
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
