//! What is shown: the confirmed document with the outbox on it.

use rejoinder_core::conversation::layout::{Notice, Status};
use rejoinder_core::conversation::revision::Body;
use rejoinder_core::conversation::view::{Delivery, Source, Words};
use rejoinder_core::id::{DocumentId, Seq};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::replica::Intent;
use rejoinder_core::session::client::Connection;
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{ClientFrame, ParticipantSignal, ServerFrame, Signal};

use crate::world::{NOON, World};

#[test]
fn se2_messages_stand_in_the_order_of_acceptance_whatever_the_clocks_say() {
    let (mut world, ann, bo, conversation) = World::begun();
    world.clients[ann].clock = Timestamp::from_millis(i64::MAX);
    world.clients[bo].clock = Timestamp::from_millis(-5);
    world.cut(bo);
    world.sends(bo, conversation, "written first");
    world.sends(ann, conversation, "accepted first");
    world.settle();
    // What waits stands last, in the order it was written.
    world.sends(bo, conversation, "written second");
    assert_eq!(world.reads(bo, conversation), ["hello", "written first", "written second"]);
    world.connects(bo);
    let expected = ["hello", "accepted first", "written first", "written second"];
    for who in [ann, bo] {
        assert_eq!(world.reads(who, conversation), expected);
        let view = world.view(who, conversation);
        assert!(view.messages.is_sorted_by(|a, b| a.seq < b.seq && a.at < b.at));
    }
}

#[test]
fn se12_words_that_do_not_match_are_neither_kept_nor_shown() {
    let (mut world, ann, bo, conversation) = World::begun();
    world.cut(bo);
    let message = world.sends(ann, conversation, "true words");
    world.settle();
    let room = world.server.rooms.get_mut(&conversation).unwrap();
    for words in room.words.values_mut().filter(|words| words.message == message) {
        words.body = Body::text("false words").encode().unwrap();
    }
    world.dials(bo);
    for _ in 0..50 {
        world.server_takes(bo);
        world.step_down(bo);
    }
    assert_eq!(world.reads(bo, conversation), ["hello", "(absent)"]);
    assert_eq!(world.clients[bo].store.texts(), ["hello"]);
}

#[test]
fn se13_entries_that_come_twice_change_nothing() {
    let (mut world, ann, bo, conversation) = World::begun();
    world.sends(ann, conversation, "second");
    world.settle();
    let before = world.view(bo, conversation);
    let document = DocumentId::timeline(conversation);
    let entries = world.server.entries(document, Seq::START).unwrap();
    let last = Seq(entries.len() as u64);
    let mut backwards = entries.clone();
    backwards.reverse();
    world.tells(bo, ServerFrame::Entries { document, entries, last });
    world.tells(bo, ServerFrame::Entries { document, entries: backwards, last });
    world.settle();
    assert_eq!(world.view(bo, conversation), before);
    assert_eq!(world.clients[bo].store.documents[&document].entries.len(), 2);
}

#[test]
fn se13_after_a_gap_a_document_is_opened_again() {
    let (mut world, ann, bo, conversation) = World::begun();
    world.cut(bo);
    for n in 0..3 {
        world.sends(ann, conversation, &n.to_string());
    }
    world.settle();
    world.connects(bo);
    let document = DocumentId::timeline(conversation);
    // One that is far ahead of what is here.
    let mut entries = world.server.entries(document, Seq(3)).unwrap();
    entries[0].seq = Seq(9);
    world.clients[bo].sent.clear();
    world.tells(bo, ServerFrame::Entries { document, entries, last: Seq(9) });
    world.settle();
    let opened = world.clients[bo].sent.iter();
    assert!(opened.into_iter().any(|frame| matches!(frame, ClientFrame::Open { .. })));
    assert_eq!(world.reads(bo, conversation), ["hello", "0", "1", "2"]);
}

#[test]
fn se14_when_everything_has_arrived_all_see_the_same() {
    let (mut world, ann, bo, conversation) = World::begun();
    let cy = world.agent(AgentRole::Supervisor);
    world.opens(cy, conversation);
    let timeline = DocumentId::timeline(conversation);
    let hello = world.view(ann, conversation).messages[0].id;
    for who in [ann, bo, cy] {
        world.cut(who);
    }
    world.edits(ann, timeline, hello, "hello!");
    let reply = world.sends(bo, conversation, "hello Ann");
    let me = world.id(cy);
    world.intends(cy, conversation, Intent::Assign(Some(me)));
    for who in [cy, bo, ann] {
        world.connects(who);
    }
    world.recalls(cy, timeline, reply);
    world.settle();
    let strip = |who| {
        let mut view = world.view(who, conversation);
        view.messages.iter_mut().for_each(|message| message.delivery = Delivery::Sent);
        view
    };
    assert_eq!(strip(ann), strip(bo));
    assert_eq!(strip(ann), strip(cy));
    assert_eq!(world.reads(ann, conversation), ["hello!", "(recalled)"]);
    assert_eq!(world.view(ann, conversation).status, Status::ActiveHuman);
}

#[test]
fn se15_a_message_waits_is_sent_and_is_seen() {
    let (mut world, ann, bo, conversation) = World::begun();
    world.cut(ann);
    let message = world.sends(ann, conversation, "anybody?");
    assert_eq!(world.message(ann, conversation, message).delivery, Delivery::Waiting);
    assert_eq!(world.clients[ann].session.connection(), Connection::Offline);
    world.connects(ann);
    assert_eq!(world.message(ann, conversation, message).delivery, Delivery::Sent);
    assert_eq!(world.clients[ann].session.connection(), Connection::Live);
    let document = DocumentId::timeline(conversation);
    let output = world.clients[bo].session.mark_seen(document, Seq(2));
    world.carry_out(bo, output);
    world.settle();
    assert_eq!(world.message(ann, conversation, message).delivery, Delivery::Seen);
}

#[test]
fn wp15_seen_only_rises_and_is_kept() {
    let (mut world, ann, bo, conversation) = World::begun();
    let document = DocumentId::timeline(conversation);
    // Not beyond the end of the log.
    let output = world.clients[bo].session.mark_seen(document, Seq(9));
    world.carry_out(bo, output);
    assert_eq!(world.clients[bo].store.documents[&document].seen[&world.id(bo)], Seq(1));
    let participant = world.id(bo);
    for seq in [Seq(1), Seq(0)] {
        let signals = vec![ParticipantSignal { participant, signal: Signal::Seen(seq) }];
        world.tells(ann, ServerFrame::Signals { document, signals });
    }
    world.settle();
    assert_eq!(world.clients[ann].session.replica(document).unwrap().seen()[&participant], Seq(1));
    world.crashes(ann);
    assert_eq!(world.clients[ann].session.replica(document).unwrap().seen()[&participant], Seq(1));
}

#[test]
fn wp14_who_types_is_shown_for_ten_seconds_and_the_last_value_wins() {
    let (mut world, ann, bo, conversation) = World::begun();
    let (document, participant) = (DocumentId::timeline(conversation), world.id(bo));
    for signal in [Signal::Viewing, Signal::Typing] {
        let signals = vec![ParticipantSignal { participant, signal }];
        world.tells(ann, ServerFrame::Signals { document, signals });
    }
    world.settle();
    let active = |world: &World, millis| {
        let session = &world.clients[ann].session;
        session.active(document, NOON.plus_millis(millis)).collect::<Vec<_>>()
    };
    assert_eq!(active(&world, 9_999), [(participant, Signal::Typing)]);
    assert_eq!(active(&world, 10_000), []);
    let signals = vec![ParticipantSignal { participant, signal: Signal::Idle }];
    world.tells(ann, ServerFrame::Signals { document, signals });
    world.settle();
    assert_eq!(active(&world, 0), []);
}

#[test]
fn wp14_who_has_written_is_typing_no_more() {
    let (mut world, ann, bo, conversation) = World::begun();
    let (document, participant) = (DocumentId::timeline(conversation), world.id(bo));
    let signals = vec![ParticipantSignal { participant, signal: Signal::Typing }];
    world.tells(ann, ServerFrame::Signals { document, signals });
    world.settle();
    assert_eq!(world.clients[ann].session.active(document, NOON).count(), 1);
    world.sends(bo, conversation, "this is what I typed");
    world.settle();
    assert_eq!(world.clients[ann].session.active(document, NOON).count(), 0);
}

#[test]
fn wp11_words_of_the_newest_50_are_asked_for_and_older_ones_when_scrolled_to() {
    let (mut world, ann, _, conversation) = World::begun();
    for n in 0..120 {
        world.sends(ann, conversation, &n.to_string());
    }
    world.settle();
    let cy = world.agent(AgentRole::Agent);
    world.opens(cy, conversation);
    let absent = |world: &World| {
        world.reads(cy, conversation).iter().filter(|text| *text == "(absent)").count()
    };
    assert_eq!(absent(&world), 121 - 50);
    let output = world.clients[cy].session.widen(DocumentId::timeline(conversation), 100);
    world.carry_out(cy, output);
    world.settle();
    assert_eq!(absent(&world), 21);
}

#[test]
fn se16_drafts_outlive_a_restart_and_end_with_sending() {
    let (mut world, ann, _, conversation) = World::begun();
    let document = DocumentId::timeline(conversation);
    let message = world.view(ann, conversation).messages[0].id;
    for (place, text) in [(None, "half a sent"), (Some(message), "hello, hell")] {
        let session = &mut world.clients[ann].session;
        let output = session.set_draft(document, place, text, NOON).unwrap();
        world.carry_out(ann, output);
    }
    world.crashes(ann);
    world.connects(ann);
    let drafts =
        |world: &World| world.clients[ann].session.replica(document).unwrap().drafts().clone();
    assert_eq!(drafts(&world).len(), 2);
    world.edits(ann, document, message, "hello, hello");
    assert_eq!(drafts(&world).into_keys().collect::<Vec<_>>(), [None]);
    let output = world.clients[ann].session.set_draft(document, None, "", NOON).unwrap();
    world.carry_out(ann, output);
    assert!(drafts(&world).is_empty());
    assert!(!world.clients[ann].store.texts().contains(&"half a sent".to_owned()));
}

#[test]
fn au27_a_claim_shows_as_a_notice_without_words() {
    let (mut world, ann, bo, conversation) = World::begun();
    let me = world.id(bo);
    world.intends(bo, conversation, Intent::Assign(Some(me)));
    world.settle();
    let view = world.view(ann, conversation);
    assert_eq!((view.status, view.assignee), (Status::ActiveHuman, Some(me)));
    let last = view.messages.last().unwrap();
    assert_eq!(last.source, Source::System);
    assert_eq!(last.words, Words::System { notice: Notice::Claimed, subject: Some(me) });
}
