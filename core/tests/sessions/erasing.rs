//! Recalls: no words are left where one has arrived, whatever else arrives.

use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::conversation::revision::{Body, Revision};
use rejoinder_core::conversation::view::{AgentView, Delivery, Words};
use rejoinder_core::id::{ConversationId, DocumentId, MessageId};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::replica::record::{WaitingState, Write};
use rejoinder_core::replica::{CommandError, Event};
use rejoinder_core::session::client::SessionEvent;
use rejoinder_core::wire::{ClientFrame, ErasureOrder, ServerFrame};

use crate::world::{NOON, World};

/// Ann and her phone, Bo, and a message of Ann's that all have read.
fn shared() -> (World, [usize; 3], ConversationId, MessageId) {
    let (mut world, ann, bo, conversation) = World::begun();
    let phone = world.device_of(ann);
    world.opens(phone, conversation);
    let message = world.sends(ann, conversation, "the secret");
    world.settle();
    for who in [ann, phone, bo] {
        assert_eq!(world.reads(who, conversation), ["hello", "the secret"]);
    }
    (world, [ann, phone, bo], conversation, message)
}

#[test]
fn re1_a_recalled_message_is_a_neutral_notice_for_everybody() {
    let (mut world, all, conversation, message) = shared();
    world.recalls(all[0], DocumentId::timeline(conversation), message);
    world.settle();
    for who in all {
        assert_eq!(world.reads(who, conversation), ["hello", "(recalled)"]);
        assert_eq!(world.clients[who].store.texts(), ["hello"]);
        let shown = world.message(who, conversation, message);
        assert_eq!((shown.words, shown.edited_at), (Words::Recalled, None));
    }
    assert_eq!(world.server.texts(), ["hello"]);
}

#[test]
fn re1_words_that_arrive_after_a_recall_show_nowhere() {
    let (mut world, [ann, _, bo], conversation, message) = shared();
    let document = DocumentId::timeline(conversation);
    let held = world.clients[bo].store.documents[&document].words.values().cloned();
    let words: Vec<Revision> = held.filter(|words| words.message == message).collect();
    world.recalls(ann, document, message);
    world.settle();
    let gone = Vec::new();
    world.tells(bo, ServerFrame::Revisions { document, records: words, gone });
    world.settle();
    assert_eq!(world.reads(bo, conversation), ["hello", "(recalled)"]);
    assert_eq!(world.clients[bo].store.texts(), ["hello"]);
}

#[test]
fn re2_ones_own_copy_goes_at_once_without_a_network() {
    let (mut world, [ann, _, bo], conversation, message) = shared();
    world.cut(ann);
    world.recalls(ann, DocumentId::timeline(conversation), message);
    let writes = &world.clients[ann].last;
    let durable = writes.iter().position(|write| matches!(write, Write::Waiting(..)));
    let shredded = writes.iter().position(|write| matches!(write, Write::EraseWords(..)));
    assert!(durable.unwrap() < shredded.unwrap());
    assert_eq!(world.clients[ann].store.texts(), ["hello"]);
    assert_eq!(world.reads(ann, conversation), ["hello", "(recalled)"]);
    let shown = world.message(ann, conversation, message);
    assert_eq!(shown.change, Some(Delivery::Waiting), "recalled, not yet sent");
    world.crashes(ann);
    world.connects(ann);
    assert_eq!(world.reads(bo, conversation), ["hello", "(recalled)"]);
}

#[test]
fn re2_words_of_a_refused_recall_are_fetched_again() {
    let (mut world, [ann, _, bo], conversation, message) = shared();
    world.server.policy.visitor_recalls = false;
    world.cut(ann);
    world.recalls(ann, DocumentId::timeline(conversation), message);
    assert_eq!(world.clients[ann].store.texts(), ["hello"]);
    world.connects(ann);
    assert!(world.told(ann).iter().any(|event| matches!(event, Event::Refused { .. })));
    for who in [ann, bo] {
        assert_eq!(world.reads(who, conversation), ["hello", "the secret"]);
    }
}

#[test]
fn re3_a_message_that_was_never_sent_vanishes() {
    let (mut world, ann, bo, conversation) = World::begun();
    let timeline = DocumentId::timeline(conversation);
    world.cut(ann);
    let message = world.sends(ann, conversation, "never mind");
    world.edits(ann, timeline, message, "never mind me");
    world.sends(ann, conversation, "something else");
    world.recalls(ann, timeline, message);
    assert_eq!(world.clients[ann].store.texts(), ["hello", "something else"]);
    world.connects(ann);
    for who in [ann, bo] {
        assert_eq!(world.reads(who, conversation), ["hello", "something else"]);
    }
    let rows = &world.server.rooms[&conversation].stored.rows;
    assert!(rows.iter().all(|row| row.operation.message() != Some(message)));
}

#[test]
fn re3_one_that_may_have_been_sent_goes_as_a_pair_without_words() {
    for arrived in [false, true] {
        let (mut world, ann, bo, conversation) = World::begun();
        let timeline = DocumentId::timeline(conversation);
        let message = world.sends(ann, conversation, "the secret");
        if arrived {
            world.server_takes(ann);
        }
        world.cut(ann);
        world.recalls(ann, timeline, message);
        assert_eq!(world.clients[ann].store.outbox(timeline)[0], WaitingState::Wordless);
        world.crashes(ann);
        world.clients[ann].sent.clear();
        world.connects(ann);
        for frame in &world.clients[ann].sent {
            if let ClientFrame::Push { submissions, revisions, .. } = frame {
                assert!(revisions.is_empty());
                let sends = submissions.iter().filter(|s| s.operation.words().is_some());
                assert!(sends.into_iter().all(|send| send.withheld));
            }
        }
        for who in [ann, bo] {
            assert_eq!(world.reads(who, conversation), ["hello", "(recalled)"], "{arrived}");
        }
        assert_eq!(world.server.texts(), ["hello"]);
    }
}

#[test]
fn re7_a_device_that_edited_late_drops_its_words() {
    let (mut world, [ann, phone, bo], conversation, message) = shared();
    let timeline = DocumentId::timeline(conversation);
    world.cut(phone);
    world.edits(phone, timeline, message, "the secret, mended");
    world.recalls(ann, timeline, message);
    world.settle();
    world.connects(phone);
    for who in [ann, phone, bo] {
        assert_eq!(world.reads(who, conversation), ["hello", "(recalled)"]);
        assert_eq!(world.clients[who].store.texts(), ["hello"]);
    }
    assert_eq!(world.server.texts(), ["hello"]);
    assert_eq!(world.view(phone, conversation).waiting, 0);
}

#[test]
fn re9_superseded_words_go_once_the_newer_are_there() {
    let (mut world, [ann, phone, bo], conversation, message) = shared();
    world.edits(ann, DocumentId::timeline(conversation), message, "no secret");
    world.settle();
    for who in [ann, phone, bo] {
        assert_eq!(world.clients[who].store.texts(), ["hello", "no secret"]);
    }
    assert_eq!(world.server.texts(), ["hello", "no secret"]);
}

#[test]
fn re24_an_edited_message_says_when_and_never_what_it_was() {
    let (mut world, [ann, _, bo], conversation, message) = shared();
    world.clients[ann].clock = NOON.plus_millis(60_000);
    world.edits(ann, DocumentId::timeline(conversation), message, "no secret");
    world.settle();
    let shown = world.message(bo, conversation, message);
    assert_eq!(shown.edited_at, Some(NOON.plus_millis(60_000)));
    assert_eq!(shown.words, Words::Said(Body::text("no secret")));
    assert_eq!(shown.composed_at, NOON);
}

/// Both of Ann's devices edit at once; says which lost.
fn concurrent_edits() -> (World, [usize; 3], ConversationId, MessageId, usize) {
    let (mut world, all, conversation, message) = shared();
    let [ann, phone, _] = all;
    let timeline = DocumentId::timeline(conversation);
    world.cut(ann);
    world.cut(phone);
    world.edits(ann, timeline, message, "from the desk");
    world.edits(phone, timeline, message, "from the phone");
    world.connects(ann);
    world.connects(phone);
    let won = world.reads(ann, conversation)[1] == "from the desk";
    (world, all, conversation, message, if won { phone } else { ann })
}

#[test]
fn re10_words_that_lost_are_a_draft_of_their_author() {
    let (world, all, conversation, message, loser) = concurrent_edits();
    let timeline = DocumentId::timeline(conversation);
    let texts = ["from the desk", "from the phone"];
    let lost = texts[usize::from(loser == all[1])];
    for who in all {
        let replica = world.clients[who].session.replica(timeline).unwrap();
        let draft = replica.drafts().get(&Some(message)).map(String::as_str);
        assert_eq!(draft, (who == loser).then_some(lost));
        assert_eq!(world.reads(who, conversation), world.reads(all[2], conversation));
    }
    let superseded = Event::EditSuperseded { document: timeline, message };
    assert!(world.told(loser).contains(&superseded), "SE15");
    assert_eq!(world.server.texts().len(), 2);
}

#[test]
fn re10_a_recall_takes_such_a_draft_on_every_device() {
    let (mut world, all, conversation, message, loser) = concurrent_edits();
    world.cut(loser);
    let winner = all[usize::from(loser == all[0])];
    world.recalls(winner, DocumentId::timeline(conversation), message);
    world.settle();
    world.crashes(loser);
    world.connects(loser);
    for who in all {
        assert_eq!(world.clients[who].store.texts(), ["hello"]);
    }
}

#[test]
fn re13_a_device_that_comes_back_hears_of_erasures_before_anything_else() {
    let (mut world, [ann, phone, _], conversation, message) = shared();
    world.cut(phone);
    // Closed there: the chat is in the store and not loaded.
    let output = world.clients[phone].session.leave(DocumentId::timeline(conversation));
    world.carry_out(phone, output);
    world.recalls(ann, DocumentId::timeline(conversation), message);
    world.settle();
    assert_eq!(world.clients[phone].store.texts(), ["hello", "the secret"]);
    world.connects(phone);
    assert_eq!(world.clients[phone].store.texts(), ["hello"]);
    assert_eq!(world.clients[phone].store.cursors.erasures, 1);
}

#[test]
fn re17_purged_comes_with_the_erasing_writes_and_before_anything_is_asked_for() {
    let (mut world, [ann, phone, _], conversation, message) = shared();
    world.cut(phone);
    world.recalls(ann, DocumentId::timeline(conversation), message);
    world.settle();
    world.clients[phone].sent.clear();
    world.dials(phone);
    world.server_takes(phone);
    world.step_down(phone);
    let client = &world.clients[phone];
    let [ClientFrame::Hello(_), opens @ .., ClientFrame::Purged { cursor: 1 }] = &client.sent[..]
    else {
        panic!("{:?}", client.sent);
    };
    // Held by the server until then: WP30.
    assert!(opens.iter().all(|frame| matches!(frame, ClientFrame::Open { .. })), "no words");
    let recalled = Write::Recalled(DocumentId::timeline(conversation), message);
    assert!(client.last.contains(&recalled), "written before the frame is sent");
}

#[test]
fn re13_after_a_restore_a_device_says_what_it_has_before_it_has_erased_anything() {
    let (mut world, [_, phone, bo], conversation, _) = shared();
    for who in [phone, bo] {
        world.cut(who);
    }
    world.server.restored_without(conversation, 1);
    let timeline = DocumentId::timeline(conversation);
    for who in [phone, bo] {
        // Also what is not looked at.
        world.crashes(who);
        world.clients[who].sent.clear();
        world.dials(who);
        world.server_takes(who);
        world.step_down(who);
        let sent = &world.clients[who].sent;
        let said = sent.iter().position(|frame| matches!(frame, ClientFrame::Holding { .. }));
        let said = said.expect("it says what it has");
        assert_eq!(sent[said], ClientFrame::Holding { documents: vec![timeline] });
        assert!(matches!(sent[said + 1], ClientFrame::Purged { .. }), "{sent:?}");
    }
}

#[test]
fn se11_a_document_that_is_dropped_while_all_are_taken_anew_holds_nothing_up() {
    let (mut world, [_, _, bo], conversation, _) = shared();
    world.cut(bo);
    world.server.restored_without(conversation, 1);
    world.crashes(bo);
    world.dials(bo);
    world.server_takes(bo);
    let document = DocumentId::timeline(conversation);
    let orders = vec![ErasureOrder { document, message: None }];
    world.step_down(bo);
    world.tells(bo, ServerFrame::Erasures { cursor: 0, orders });
    world.settle();
    assert!(!world.clients[bo].session.is_loaded(document));
    world.cut(bo);
    world.clients[bo].sent.clear();
    world.connects(bo);
    let anew = |frame: &ClientFrame| matches!(frame, ClientFrame::Holding { .. });
    assert!(!world.clients[bo].sent.iter().any(anew), "the new epoch is written down");
}

#[test]
fn re16_erasures_while_connected_are_answered() {
    let (mut world, [ann, phone, bo], conversation, message) = shared();
    world.recalls(ann, DocumentId::timeline(conversation), message);
    world.settle();
    for who in [ann, phone, bo] {
        let purged = |frame: &&ClientFrame| matches!(frame, ClientFrame::Purged { cursor: 1 });
        assert_eq!(world.clients[who].sent.iter().filter(purged).count(), 1);
        let document = DocumentId::timeline(conversation);
        let told = world.told(who);
        let times = told.iter().filter(|e| **e == Event::Recalled { document, message }).count();
        assert_eq!(times, 1, "{told:?}");
    }
}

#[test]
fn re14_a_document_that_may_no_longer_be_seen_is_dropped() {
    let (mut world, [_, _, bo], conversation, _) = shared();
    let document = DocumentId::timeline(conversation);
    let orders = vec![ErasureOrder { document, message: None }];
    world.tells(bo, ServerFrame::Erasures { cursor: 1, orders });
    world.settle();
    assert!(!world.clients[bo].session.is_loaded(document));
    assert!(world.clients[bo].store.texts().is_empty());
}

#[test]
fn re18_a_wiped_device_has_nothing_left() {
    let (mut world, [_, _, bo], conversation, _) = shared();
    world.sends(bo, conversation, "waiting");
    world.tells(bo, ServerFrame::Wipe);
    world.settle();
    let client = &mut world.clients[bo];
    assert!(client.store.wiped && client.store.texts().is_empty());
    assert!(client.store.identity.is_none() && client.session.identity().is_none());
    assert!(client.events.contains(&SessionEvent::Wiped));
    let error = client.session.send(conversation, &Body::text("?"), NOON).unwrap_err();
    assert_eq!(error, CommandError::NoIdentity);
}

#[test]
fn re1_a_supervisor_recalls_an_agents_note_for_the_whole_team() {
    let (mut world, _, bo, conversation) = World::begun();
    let sue = world.agent(AgentRole::Supervisor);
    world.opens(sue, conversation);
    let body = Body::text("a rash note");
    let (note, output) = world.clients[bo].session.note(conversation, &body, NOON).unwrap();
    world.carry_out(bo, output);
    world.settle();
    world.recalls(sue, DocumentId::team(conversation), note);
    world.settle();
    for who in [bo, sue] {
        let view: AgentView = world.clients[who].session.agent_view(conversation).unwrap();
        assert_eq!(view.notes[0].words, Words::Recalled);
        assert_eq!(world.clients[who].store.texts(), ["hello"]);
    }
    let rows = &world.server.rooms[&conversation].stored.rows;
    assert_eq!(rows.last().unwrap().operation, Operation::Recall { message: note });
}
