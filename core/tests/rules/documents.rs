//! Documents: what stands in them, and that any Automerge reads them.

use automerge::{Automerge, Change, ReadDoc, ScalarValue, Value as Read};
use rejoinder_core::authority::fate::{Fate, Refusal};
use rejoinder_core::conversation::compose::{ReadError, compose, genesis, read};
use rejoinder_core::conversation::history::History;
use rejoinder_core::conversation::layout::{Key, Priority, Status, Value};
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::{
    CategoryId, ChangeHash, ConversationId, DocumentId, DocumentKind, MessageId, ParticipantId,
};
use rejoinder_core::principal::AgentRole;

use crate::chat::{Chat, NOTHING};

/// A day in the life of a conversation: every operation there is.
fn full_day() -> Chat {
    let mut day = Chat::new();
    let chat = &mut day;
    let (mut ann, mut bo) = (chat.visitor(), chat.agent(AgentRole::Owner));
    let mut team = bo.on_team(chat);
    let hello = ann.said(chat, "marker-secret-hello");
    bo.did(chat, Operation::Assign { assignee: Some(bo.id()) });
    let reply = bo.said(chat, "marker-secret-reply");
    let edit = bo.edits(chat, reply, "marker-secret-edit");
    chat.accepts(&bo, &edit);
    ann.did(chat, Operation::Recall { message: hello });
    team.said(chat, "marker-secret-note");
    team.did(chat, Operation::SetPriority { priority: Priority::Urgent });
    team.did(chat, Operation::SetCategory { category: Some(CategoryId::from_bytes([3; 16])) });
    team.did(chat, Operation::SetCategory { category: None });
    team.did(chat, Operation::SetCollaborator { participant: ann.id(), follows: true });
    bo.did(chat, Operation::Assign { assignee: None });
    bo.did(chat, Operation::SetStatus { status: Status::ActiveAi });
    bo.did(chat, Operation::Close);
    day
}

fn changes(chat: &Chat, kind: DocumentKind) -> Vec<Change> {
    let first = genesis(DocumentId { conversation: chat.authority.conversation(), kind }).bytes;
    let later = chat.stored.rows.iter().filter(|row| row.kind == kind).map(|row| &row.change);
    [&first].into_iter().chain(later).map(|b| Change::from_bytes(b.clone()).unwrap()).collect()
}

#[test]
fn op1_each_change_is_one_put_of_one_scalar_at_the_root() {
    let chat = full_day();
    for kind in [DocumentKind::Timeline, DocumentKind::Team] {
        for change in changes(&chat, kind) {
            let expanded = change.decode();
            let [op] = expanded.operations.as_slice() else { panic!("{expanded:?}") };
            assert!(matches!(op.action, automerge::legacy::OpType::Put(_)), "{op:?}");
            assert_eq!(op.obj, automerge::legacy::ObjectId::Root);
            assert!(!op.insert && expanded.message.is_none());
        }
    }
}

#[test]
fn op2_a_change_of_another_layout_is_not_taken() {
    let document = DocumentId::timeline(ConversationId::from_bytes([1; 16]));
    let history = History::new(document);
    let mut doc = Automerge::new();
    doc.apply_changes([Change::from_bytes(genesis(document).bytes).unwrap()]).unwrap();
    let puts: [(&str, ScalarValue); 8] = [
        ("unheard-of", true.into()),
        ("message/not-an-id", ScalarValue::Bytes(vec![1])),
        ("message/01010101-0101-0101-0101-010101010101", ScalarValue::Bytes(vec![1, 0])),
        ("recall/01010101-0101-0101-0101-010101010101", false.into()),
        ("closed", 1.into()),
        ("status", ScalarValue::Bytes(vec![4])),
        ("status", "active".into()),
        ("format", 1.into()),
    ];
    for (key, value) in puts {
        let mut fork = doc.fork().with_actor(automerge::ActorId::from([9; 16].as_slice()));
        let mut tx = fork.transaction();
        automerge::transaction::Transactable::put(&mut tx, automerge::ROOT, key, value).unwrap();
        let hash = tx.commit().0.unwrap();
        let change = fork.get_change_by_hash(&hash).unwrap();
        assert_eq!(read(&history, &change).unwrap_err(), ReadError::Layout, "{key}");
    }
}

#[test]
fn op3_no_words_stand_in_a_document() {
    let chat = full_day();
    let bytes: Vec<u8> = chat.stored.rows.iter().flat_map(|row| row.change.clone()).collect();
    assert!(bytes.len() > 1_000);
    assert!(!bytes.windows(6).any(|window| window == b"marker"));
}

#[test]
fn op4_each_key_has_its_document() {
    let chat = &mut Chat::new();
    let owner = chat.agent(AgentRole::Owner);
    let mut team = owner.on_team(chat);
    let of_timeline = [
        Operation::SetStatus { status: Status::ActiveHuman },
        Operation::Assign { assignee: Some(owner.id()) },
        Operation::Close,
    ];
    let of_team = [
        Operation::SetPriority { priority: Priority::High },
        Operation::SetCategory { category: None },
        Operation::SetCollaborator { participant: owner.id(), follows: true },
    ];
    let refused = Fate::Refused { code: Refusal::NotAllowed };
    for operation in of_timeline {
        assert_eq!(team.tries(chat, operation), refused);
    }
    for operation in of_team {
        assert_eq!(owner.clone().tries(chat, operation), refused);
    }
}

#[test]
fn op5_a_genesis_follows_from_its_documents_id() {
    let conversation = ConversationId::from_bytes([1; 16]);
    let timeline = DocumentId::timeline(conversation);
    let all = [
        timeline,
        DocumentId::team(conversation),
        DocumentId::timeline(ConversationId::from_bytes([2; 16])),
    ];
    let hashes = all.map(|document| genesis(document).entry.hash);
    assert_eq!(genesis(timeline).bytes, genesis(timeline).bytes);
    assert!(hashes[0] != hashes[1] && hashes[0] != hashes[2] && hashes[1] != hashes[2]);
    let history = History::new(timeline);
    assert_eq!((history.last().0, history.entries().count()), (0, 0));
    assert_eq!(history.heads(), [hashes[0]]);
}

#[test]
fn op8_any_automerge_reads_a_document() {
    let chat = full_day();
    for kind in [DocumentKind::Timeline, DocumentKind::Team] {
        let mut doc = Automerge::new();
        doc.apply_changes(changes(&chat, kind)).unwrap();
        let loaded = Automerge::load(&doc.save()).unwrap();
        let history = chat.authority.history(kind);
        let mut heads: Vec<_> = loaded.get_heads().iter().map(|h| ChangeHash(h.0)).collect();
        heads.sort_unstable();
        assert_eq!(heads, history.heads());
        for key in history.keys() {
            let (value, _) = loaded.get(automerge::ROOT, key.to_string()).unwrap().unwrap();
            let Read::Scalar(scalar) = value else { panic!("{key}: {value:?}") };
            let known = history.current(key).unwrap().value;
            assert_eq!(Value::from_scalar(key, &scalar), Some(known), "{key}");
        }
    }
}

#[test]
fn op6_an_operation_composes_to_the_same_bytes_everywhere() {
    let chat = &mut Chat::new();
    let mut ann = chat.visitor();
    let context = ann.context();
    let letter = ann.writes(chat, "hello");
    let operation = letter.submission.operation;
    let here = compose(&History::new(ann.document()), &operation, &context).unwrap();
    chat.accepts(&ann, &letter);
    assert_eq!(here.bytes, chat.stored.rows[0].change);
    assert_eq!(here.entry.hash, letter.submission.hash);
}

#[test]
fn op14_ids_read_back_and_errors_quote_what_was_wrong() {
    let id: MessageId = "0190163d-8694-739b-aea5-966c26f8ad91".parse().unwrap();
    assert_eq!(id.to_string(), "0190163d-8694-739b-aea5-966c26f8ad91");
    let error = "room 7".parse::<ConversationId>().unwrap_err().to_string();
    assert!(error.contains("'room 7'") && error.contains("a conversation id"), "{error}");
    let error = "x".repeat(100_000).parse::<ParticipantId>().unwrap_err().to_string();
    assert!(error.len() < 300);
    let key = Key::Message(NOTHING);
    assert_eq!(Key::parse(&key.to_string()), Some(key));
}
