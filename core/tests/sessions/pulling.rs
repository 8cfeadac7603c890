//! What a client takes from a server: entries, snapshots, words, and answers that put it off.

use automerge::{Automerge, Change};
use rejoinder_core::conversation::compose::genesis;
use rejoinder_core::id::{ConversationId, DocumentId, Seq};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::session::client::{Connection, SessionEvent};
use rejoinder_core::wire::{ClientFrame, Order, OrderRow, Problem, ServerFrame};

use crate::world::World;

/// The snapshot of a timeline, in parts, as a server sends it.
fn snapshot(world: &World, conversation: ConversationId, parts: usize) -> Vec<ServerFrame> {
    let document = DocumentId::timeline(conversation);
    let rows = &world.server.rooms[&conversation].stored.rows;
    let rows: Vec<_> = rows.iter().filter(|row| row.kind == document.kind).collect();
    let first = genesis(document).bytes;
    let bytes = rows.iter().map(|row| &row.change);
    let mut doc = Automerge::new();
    let changes = [&first].into_iter().chain(bytes);
    doc.apply_changes(changes.map(|b| Change::from_bytes(b.clone()).unwrap())).unwrap();
    let mut order = Order::default();
    for row in &rows {
        let (actor, actor_seq, at) = (row.context.actor, row.context.actor_seq, row.at);
        let known = order.actors.iter().position(|known| *known == actor);
        let index = known.unwrap_or(order.actors.len());
        if known.is_none() {
            order.actors.push(actor);
        }
        let actor = u32::try_from(index).unwrap();
        order.rows.push(OrderRow { actor, actor_seq, at });
    }
    let saved = doc.save();
    let chunks: Vec<_> = saved.chunks(saved.len().div_ceil(parts)).collect();
    let count = chunks.len();
    let part = |(part, bytes): (usize, &[u8])| ServerFrame::Snapshot {
        document,
        seq: Seq(rows.len() as u64),
        part: u32::try_from(part).unwrap(),
        parts: u32::try_from(count).unwrap(),
        bytes: bytes.to_vec(),
        order: if part == 0 { order.clone() } else { Order::default() },
    };
    chunks.into_iter().enumerate().map(part).collect()
}

/// A conversation of some length, and somebody whose `Open` is on its way.
fn opening() -> (World, usize, usize, ConversationId) {
    let (mut world, ann, bo, conversation) = World::begun();
    world.sends(bo, conversation, "hello Ann");
    world.sends(ann, conversation, "well met");
    world.settle();
    let cy = world.agent(AgentRole::Agent);
    world.load(cy, DocumentId::timeline(conversation));
    (world, bo, cy, conversation)
}

#[test]
fn wp10_a_snapshot_in_parts_is_the_log_in_its_order() {
    let (mut world, bo, cy, conversation) = opening();
    let document = DocumentId::timeline(conversation);
    let frames = snapshot(&world, conversation, 3);
    assert_eq!(frames.len(), 3);
    frames.into_iter().for_each(|frame| world.tells(cy, frame));
    let last = Seq(world.server.entries(document, Seq::START).unwrap().len() as u64);
    world.tells(cy, ServerFrame::Entries { document, entries: Vec::new(), last });
    world.settle();
    assert_eq!(world.reads(cy, conversation), world.reads(bo, conversation));
    let times = |who| {
        let messages = world.view(who, conversation).messages;
        messages.iter().map(|m| (m.seq, m.at)).collect::<Vec<_>>()
    };
    assert_eq!(times(cy), times(bo));
    let entries = world.server.entries(document, Seq::START).unwrap();
    assert_eq!(world.clients[cy].store.documents[&document].entries, entries);
}

#[test]
fn wp10_a_damaged_snapshot_is_told_and_nothing_of_it_kept() {
    let (mut world, _, cy, conversation) = opening();
    let document = DocumentId::timeline(conversation);
    let mut frames = snapshot(&world, conversation, 1);
    let ServerFrame::Snapshot { order, .. } = &mut frames[0] else { panic!() };
    order.rows[1].actor_seq += 7;
    world.tells(cy, frames.remove(0));
    world.step_down(cy);
    let damaged = SessionEvent::Problem {
        document: Some(document),
        reason: Problem::DamagedConversation,
        retry_after: None,
    };
    assert!(world.clients[cy].events.contains(&damaged));
    assert_eq!(world.clients[cy].session.replica(document).unwrap().cursor(), Seq::START);
    assert!(world.clients[cy].store.documents[&document].entries.is_empty());
}

#[test]
fn wp9_what_comes_after_the_cursor_comes_once_and_in_order() {
    let (mut world, ann, bo, conversation) = World::begun();
    let document = DocumentId::timeline(conversation);
    world.cut(bo);
    for n in 0..5 {
        world.sends(ann, conversation, &n.to_string());
    }
    world.settle();
    world.clients[bo].sent.clear();
    world.connects(bo);
    let open = ClientFrame::Open { document, cursor: Seq(1) };
    assert!(world.clients[bo].sent.contains(&open));
    assert_eq!(world.reads(bo, conversation), world.reads(ann, conversation));
    // Later ones follow by themselves.
    world.sends(ann, conversation, "later");
    world.settle();
    assert_eq!(world.reads(bo, conversation).last().unwrap(), "later");
    let opened = world.clients[bo].sent.iter().filter(|frame| **frame == open).count();
    assert_eq!(opened, 1);
}

#[test]
fn wp13_no_automerge_bytes_travel_upwards() {
    let (mut world, ann, bo, conversation) = World::begun();
    let message = world.sends(ann, conversation, "words");
    world.edits(ann, DocumentId::timeline(conversation), message, "other words");
    world.sends(bo, conversation, "a reply");
    world.settle();
    let frames = world.clients.iter().flat_map(|client| &client.sent);
    let frames: Vec<_> = frames.map(ClientFrame::encode).collect();
    assert!(frames.len() > 8);
    let magic = [0x85, 0x6f, 0x4a, 0x83];
    assert!(frames.iter().all(|frame| !frame.windows(4).any(|window| window == magic)));
}

#[test]
fn wp17_reopening_from_the_cursor_loses_nothing() {
    let (mut world, ann, bo, conversation) = World::begun();
    let document = DocumentId::timeline(conversation);
    world.sends(bo, conversation, "under way");
    world.tells(bo, ServerFrame::Reopen { document });
    world.sends(ann, conversation, "meanwhile");
    world.settle();
    assert_eq!(world.reads(bo, conversation), world.reads(ann, conversation));
    assert_eq!(world.reads(ann, conversation).len(), 3);
    assert!(world.clients[bo].session.is_live(document));
}

#[test]
fn wp18_what_was_put_off_is_pushed_again() {
    let (mut world, ann, bo, conversation) = World::begun();
    world.cut(ann);
    world.dials(ann);
    world.sends(ann, conversation, "while the disk was full");
    world.server_takes(ann);
    let after_millis = 1_500;
    world.tells(ann, ServerFrame::Retry { after_millis, reason: Problem::Storage });
    world.settle();
    let retry = SessionEvent::Problem {
        document: None,
        reason: Problem::Storage,
        retry_after: Some(after_millis),
    };
    assert!(world.clients[ann].events.contains(&retry));
    assert_eq!(world.clients[ann].session.connection(), Connection::Offline);
    world.connects(ann);
    assert_eq!(world.reads(bo, conversation), ["hello", "while the disk was full"]);
}

#[test]
fn wp18_refused_without_a_document_ends_the_connection_and_with_one_does_not() {
    let (mut world, ann, bo, conversation) = World::begun();
    let document = Some(DocumentId::team(conversation));
    let reason = Problem::DamagedConversation;
    world.tells(bo, ServerFrame::Refused { document, reason });
    world.settle();
    assert_ne!(world.clients[bo].session.connection(), Connection::Offline);
    world.sends(bo, conversation, "the timeline goes on");
    world.settle();
    assert_eq!(world.reads(ann, conversation).len(), 2);
    // Another connection of this device took over.
    world.tells(bo, ServerFrame::Refused { document: None, reason: Problem::Replaced });
    world.settle();
    assert_eq!(world.clients[bo].session.connection(), Connection::Offline, "WP20");
}

#[test]
fn re8_words_that_are_gone_are_not_asked_for_again() {
    let (mut world, ann, _, conversation) = World::begun();
    let message = world.sends(ann, conversation, "lost with a key");
    world.settle();
    let room = world.server.rooms.get_mut(&conversation).unwrap();
    room.words.retain(|_, words| words.message != message);
    let cy = world.agent(AgentRole::Agent);
    world.opens(cy, conversation);
    assert_eq!(world.reads(cy, conversation), ["hello", "(absent)"]);
    world.sends(ann, conversation, "next");
    world.settle();
    let wants = world.clients[cy].sent.iter().filter_map(|frame| match frame {
        ClientFrame::Want { revisions, .. } => Some(revisions.len()),
        _ => None,
    });
    assert_eq!(wants.collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn au35_a_conversation_begins_with_its_visitors_first_push() {
    let mut world = World::new();
    let ann = world.visitor();
    let conversation = world.begins(ann);
    world.settle();
    assert!(world.server.rooms.is_empty());
    world.sends(ann, conversation, "hello");
    world.settle();
    assert_eq!(world.server.rooms.keys().collect::<Vec<_>>(), [&conversation]);
    assert!(world.clients[ann].session.is_live(DocumentId::timeline(conversation)));
}
