//! The outbox: what was written without a network comes through once, in its order.

use rejoinder_core::authority::fate::Refusal;
use rejoinder_core::authority::follow_up;
use rejoinder_core::conversation::operation::{Operation, Submission};
use rejoinder_core::conversation::revision::{Body, BodyError};
use rejoinder_core::conversation::view::Delivery;
use rejoinder_core::id::{ConversationId, DocumentId, MessageId, Seq};
use rejoinder_core::limits;
use rejoinder_core::principal::AgentRole;
use rejoinder_core::replica::record::{WaitingState, Write};
use rejoinder_core::replica::{CommandError, Event, Intent};
use rejoinder_core::session::client::Session;
use rejoinder_core::wire::{ClientFrame, Keeping};

use crate::store::Store;
use crate::world::{NOON, World};

/// The submissions that somebody handed to connections.
fn pushed(world: &World, who: usize) -> Vec<Submission> {
    let of = |frame: &ClientFrame| match frame {
        ClientFrame::Push { submissions, .. } => submissions.clone(),
        _ => Vec::new(),
    };
    world.clients[who].sent.iter().flat_map(of).collect()
}

fn held(world: &World, who: usize, conversation: ConversationId) -> Vec<Delivery> {
    let messages = world.view(who, conversation).messages.into_iter();
    let kept = |delivery: &Delivery| {
        matches!(delivery, Delivery::Refused { .. } | Delivery::Collided { .. })
    };
    messages.map(|message| message.delivery).filter(kept).collect()
}

#[test]
fn se1_after_a_first_contact_everything_works_without_a_network() {
    let (mut world, ann, bo, conversation) = World::begun();
    let timeline = DocumentId::timeline(conversation);
    world.cut(bo);
    world.crashes(bo);
    world.opens(bo, conversation);
    let reply = world.sends(bo, conversation, "hello Ann");
    let wrong = world.sends(bo, conversation, "wrong window");
    world.edits(bo, timeline, reply, "hello Ann!");
    world.recalls(bo, timeline, wrong);
    let me = world.id(bo);
    world.intends(bo, conversation, Intent::Assign(Some(me)));
    world.intends(bo, conversation, Intent::Close);
    let client = &mut world.clients[bo];
    let (_, output) = client.session.note(conversation, &Body::text("a note"), NOON).unwrap();
    world.carry_out(bo, output);
    assert_eq!(world.reads(bo, conversation), ["hello", "hello Ann!"]);
    world.connects(bo);
    assert_eq!(world.reads(ann, conversation), ["hello", "hello Ann!"]);
    assert!(world.view(ann, conversation).closed);
    // And a visitor begins without one.
    world.cut(ann);
    let second = world.begins(ann);
    world.sends(ann, second, "anybody there?");
    world.connects(ann);
    assert_eq!(world.server.entries(DocumentId::timeline(second), Seq::START).unwrap().len(), 1);
}

#[test]
fn se1_before_the_first_contact_nothing_is_lost_silently() {
    let device = rejoinder_core::id::DeviceId::from_bytes([1; 16]);
    let mut session = Session::new(Store::default().saved(device), Keeping::Durable, [1; 32]);
    assert_eq!(session.begin(NOON).unwrap_err(), CommandError::NoIdentity);
    assert!(session.handle_connected(None).disconnect);
}

#[test]
fn se3_what_is_sent_is_durable_before() {
    let (mut world, ann, _, conversation) = World::begun();
    let client = &mut world.clients[ann];
    let sent = client.session.send(conversation, &Body::text("durable?"), NOON);
    let (_, output) = sent.unwrap();
    // The output that brings the frame brings the writes that come first.
    assert!(output.frames.iter().any(|frame| matches!(frame, ClientFrame::Push { .. })));
    assert!(output.writes.iter().any(|write| matches!(write, Write::Words(..))));
    let waiting = output.writes.iter().filter(|write| matches!(write, Write::Waiting(..)));
    assert_eq!(waiting.count(), 2, "waiting, then handed over");
    // The frame is lost with the process; the store brings it back.
    client.store.commit(&output.writes);
    world.crashes(ann);
    world.connects(ann);
    assert_eq!(world.server.texts(), ["durable?", "hello"]);
}

#[test]
fn se4_pushing_comes_after_pulling_and_to_the_byte() {
    let (mut world, ann, _, conversation) = World::begun();
    world.cut(ann);
    world.sends(ann, conversation, "first");
    world.sends(ann, conversation, "second");
    world.clients[ann].sent.clear();
    world.dials(ann);
    while pushed(&world, ann).is_empty() {
        let opened = world.clients[ann].session.is_live(DocumentId::timeline(conversation));
        assert!(!opened, "live, and nothing pushed");
        world.server_takes(ann);
        world.step_down(ann);
    }
    let first = pushed(&world, ann);
    // Neither the push nor a fate arrives.
    world.cut(ann);
    world.connects(ann);
    assert_eq!(pushed(&world, ann), [first.clone(), first].concat());
    assert_eq!(world.server.texts(), ["first", "hello", "second"]);
}

#[test]
fn se4_a_fate_that_was_lost_doubles_nothing() {
    let (mut world, ann, bo, conversation) = World::begun();
    let timeline = DocumentId::timeline(conversation);
    let message = world.sends(ann, conversation, "once");
    world.edits(ann, timeline, message, "once only");
    world.server_takes(ann);
    world.cut(ann);
    world.crashes(ann);
    world.connects(ann);
    for who in [ann, bo] {
        assert_eq!(world.reads(who, conversation), ["hello", "once only"]);
    }
    assert_eq!(world.server.entries(timeline, Seq::START).unwrap().len(), 3);
    assert_eq!(world.view(ann, conversation).waiting, 0);
}

#[test]
fn se5_an_operation_leaves_with_its_entry_in_one_transaction() {
    let (mut world, ann, _, conversation) = World::begun();
    let timeline = DocumentId::timeline(conversation);
    world.sends(ann, conversation, "here or there");
    world.server_takes(ann);
    // The fate comes first, and is not enough.
    world.step_down(ann);
    assert_eq!(world.clients[ann].store.outbox(timeline), [WaitingState::Pushed]);
    world.step_down(ann);
    let client = &world.clients[ann];
    assert!(client.last.iter().any(|write| matches!(write, Write::Entries(..))));
    assert!(client.last.iter().any(|write| matches!(write, Write::Settled(..))));
    assert_eq!(client.store.outbox(timeline), []);
}

/// Ann edits the message that the site allows no edits of, and writes on.
fn refused_edit() -> (World, usize, usize, ConversationId, MessageId) {
    let (mut world, ann, bo, conversation) = World::begun();
    let message = world.view(ann, conversation).messages[0].id;
    world.server.policy.visitor_edits = false;
    world.cut(ann);
    world.edits(ann, DocumentId::timeline(conversation), message, "hello!");
    world.sends(ann, conversation, "first");
    world.sends(ann, conversation, "second");
    world.connects(ann);
    (world, ann, bo, conversation, message)
}

#[test]
fn se6_what_follows_a_refusal_comes_through_under_another_actor() {
    let (world, ann, bo, conversation, _) = refused_edit();
    assert_eq!(world.reads(bo, conversation), ["hello", "first", "second"]);
    let pushed = pushed(&world, ann);
    let by_id = |id| pushed.iter().filter(move |submission| submission.id == id);
    let refused = pushed.iter().find(|s| matches!(s.operation, Operation::Edit { .. })).unwrap();
    let later = pushed.iter().skip_while(|s| s.id != refused.id).skip(1).take(2);
    for first in later {
        let again = by_id(first.id).next_back().unwrap();
        assert_eq!(again.operation, first.operation);
        assert_ne!(again.context.actor, refused.context.actor);
    }
    let told = world.told(ann).into_iter();
    assert_eq!(told.filter(|event| matches!(event, Event::Refused { .. })).count(), 1);
}

#[test]
fn se7_a_refusal_is_told_with_its_reason_and_words_are_kept() {
    let (mut world, ann, _, conversation, message) = refused_edit();
    let operation = world.told(ann).into_iter().find_map(|event| match event {
        Event::Refused { operation, code: Refusal::NotAllowed, .. } => Some(operation),
        _ => None,
    });
    let (operation, code) = (operation.unwrap(), Refusal::NotAllowed);
    let shown = world.message(ann, conversation, message);
    assert_eq!(shown.change, Some(Delivery::Refused { operation, code }));
    assert!(world.clients[ann].store.texts().contains(&"hello!".to_owned()));
    world.crashes(ann);
    assert!(world.clients[ann].store.texts().contains(&"hello!".to_owned()));
    let timeline = DocumentId::timeline(conversation);
    let output = world.clients[ann].session.discard(timeline, operation, NOON).unwrap();
    world.carry_out(ann, output);
    assert!(!world.clients[ann].store.texts().contains(&"hello!".to_owned()));
}

/// Two agents answer at once; the second collides.
fn collided() -> (World, usize, usize, ConversationId, MessageId) {
    let (mut world, _, bo, conversation) = World::begun();
    let cy = world.agent(AgentRole::Agent);
    world.opens(cy, conversation);
    world.cut(cy);
    let message = world.sends(cy, conversation, "it is not so");
    world.sends(bo, conversation, "it is so");
    world.settle();
    world.connects(cy);
    (world, bo, cy, conversation, message)
}

#[test]
fn se7_after_a_collision_the_author_is_asked_and_sends_anyway() {
    let (mut world, bo, cy, conversation, message) = collided();
    let [Delivery::Collided { operation }] = held(&world, cy, conversation)[..] else {
        panic!("not asked");
    };
    assert_eq!(world.reads(bo, conversation), ["hello", "it is so"]);
    assert_eq!(world.reads(cy, conversation), ["hello", "it is so", "it is not so"]);
    let timeline = DocumentId::timeline(conversation);
    let output = world.clients[cy].session.send_anyway(timeline, operation, NOON).unwrap();
    world.carry_out(cy, output);
    world.settle();
    assert_eq!(world.reads(bo, conversation), ["hello", "it is so", "it is not so"]);
    assert_eq!(world.message(bo, conversation, message).author, world.id(cy));
}

#[test]
fn se7_after_a_collision_the_author_may_discard() {
    let (mut world, bo, cy, conversation, _) = collided();
    let [Delivery::Collided { operation }] = held(&world, cy, conversation)[..] else {
        panic!("not asked");
    };
    let timeline = DocumentId::timeline(conversation);
    let output = world.clients[cy].session.discard(timeline, operation, NOON).unwrap();
    world.carry_out(cy, output);
    world.settle();
    assert_eq!(world.reads(cy, conversation), world.reads(bo, conversation));
    assert_eq!(world.clients[cy].store.texts(), ["hello", "it is so"]);
}

#[test]
fn se8_two_tabs_words_go_on_in_one_follow_up() {
    let (mut world, ann, bo, conversation) = World::begun();
    let phone = world.device_of(ann);
    world.opens(phone, conversation);
    world.cut(ann);
    world.cut(phone);
    world.sends(ann, conversation, "one more thing");
    world.sends(ann, conversation, "and another");
    world.sends(phone, conversation, "from my phone");
    world.intends(bo, conversation, Intent::Close);
    world.settle();
    world.connects(ann);
    world.connects(phone);
    let to = follow_up(conversation);
    let expected = ["one more thing", "and another", "from my phone"];
    assert_eq!(world.reads(ann, to), expected);
    assert_eq!(world.reads(phone, to), expected);
    assert_eq!(world.server.rooms.len(), 2);
    assert_eq!(world.reads(ann, conversation), ["hello"]);
    assert!(world.told(ann).contains(&Event::Moved { from: conversation, to }));
    // What is written after goes there at once.
    world.sends(ann, conversation, "still I write here");
    world.settle();
    assert_eq!(world.reads(phone, to).len(), 4);
}

#[test]
fn se9_each_session_takes_a_new_actor_for_each_document() {
    let (mut world, ann, _, conversation) = World::begun();
    world.sends(ann, conversation, "in one session");
    world.settle();
    world.crashes(ann);
    world.connects(ann);
    world.sends(ann, conversation, "in the next");
    let other = world.begins(ann);
    world.settle();
    world.sends(ann, other, "in another document");
    world.settle();
    let mut actors: Vec<_> = pushed(&world, ann).iter().map(|s| s.context.actor).collect();
    actors.sort_unstable();
    actors.dedup();
    assert_eq!(actors.len(), 3);
}

#[test]
fn se11_what_a_restored_server_lacks_is_offered_again() {
    let (mut world, ann, bo, conversation) = World::begun();
    world.sends(ann, conversation, "lost by the backup");
    world.settle();
    world.cut(ann);
    world.cut(bo);
    world.server.restored_without(conversation, 1);
    assert_eq!(world.server.texts(), ["hello"]);
    world.connects(bo);
    world.connects(ann);
    for who in [ann, bo] {
        assert_eq!(world.reads(who, conversation), ["hello", "lost by the backup"]);
        assert_eq!(world.clients[who].store.cursors.epoch, Some(world.server.epoch));
    }
}

#[test]
fn se17_an_outbox_has_room_for_1_000_operations_and_for_recalls() {
    let (mut world, ann, _, conversation) = World::begun();
    let timeline = DocumentId::timeline(conversation);
    let message = world.view(ann, conversation).messages[0].id;
    world.cut(ann);
    for n in 0..limits::OUTBOX_OPERATIONS {
        world.sends(ann, conversation, &n.to_string());
    }
    let session = &mut world.clients[ann].session;
    let more = session.send(conversation, &Body::text("one more"), NOON).unwrap_err();
    assert_eq!(more, CommandError::OutboxFull);
    assert!(more.to_string().contains("1000"));
    assert_eq!(session.replica(timeline).unwrap().outbox().len(), limits::OUTBOX_OPERATIONS);
    world.recalls(ann, timeline, message);
}

#[test]
fn se17_what_is_over_a_bound_is_refused_at_the_call() {
    let (mut world, ann, _, conversation) = World::begun();
    let before = world.view(ann, conversation);
    let session = &mut world.clients[ann].session;
    let long = Body::text("a".repeat(limits::TEXT_CHARACTERS + 1));
    let error = session.send(conversation, &long, NOON).unwrap_err();
    let characters = 10_001;
    assert_eq!(error, CommandError::Body(BodyError::TextTooLong { characters }));
    let timeline = DocumentId::timeline(conversation);
    let error = session.edit(timeline, before.messages[0].id, &Body::text(""), NOON).unwrap_err();
    assert_eq!(error, CommandError::Body(BodyError::Empty));
    assert_eq!(world.view(ann, conversation), before);
}

#[test]
fn se18_the_same_inputs_give_the_same_outputs() {
    let play = || {
        let (world, ann, _, _, _) = refused_edit();
        let written: Vec<_> = world.clients[ann]
            .store
            .documents
            .values()
            .flat_map(|kept| kept.entries.clone())
            .collect();
        (world.clients[ann].sent.clone(), written)
    };
    assert_eq!(play(), play());
}
