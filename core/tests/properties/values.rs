//! Ids, times, values of documents: they read back as what they were.

use core::fmt::{Debug, Display};
use core::str::FromStr;

use proptest::prelude::{Strategy, any, prop};
use proptest::{prop_assert_eq, proptest};
use rejoinder_core::conversation::layout::{
    Content, EditValue, Key, Kind, MessageValue, Notice, Priority, Status, Value,
};
use rejoinder_core::conversation::revision::{Attachment, Body};
use rejoinder_core::id::{
    Actor, AttachmentId, CategoryId, Commitment, ConversationId, DatabaseId, DeviceId, Epoch,
    KeyId, MessageId, OperationId, ParticipantId, RevisionId, SiteId,
};
use rejoinder_core::sealing::SealingKey;
use rejoinder_core::time::Timestamp;

fn reads_back<T: Display + FromStr<Err: Debug> + PartialEq + Debug>(value: &T) {
    assert_eq!(&value.to_string().parse::<T>().unwrap(), value);
    assert_eq!(&value.to_string().to_uppercase().parse::<T>().unwrap(), value);
}

fn value() -> impl Strategy<Value = (Key, Value)> {
    let id = any::<[u8; 16]>();
    let words = (id, any::<[u8; 16]>(), any::<i64>(), any::<[u8; 16]>(), any::<[u8; 32]>());
    let kinds = [Kind::Visitor, Kind::Agent, Kind::Assistant, Kind::Note];
    let kind = proptest::sample::select(kinds.to_vec());
    let message = (words, kind).prop_map(|((key, author, time, revision, hash), kind)| {
        let revision = RevisionId::from_bytes(revision);
        let content = Content::Words { kind, revision, commitment: Commitment(hash) };
        let author = ParticipantId::from_bytes(author);
        let composed_at = Timestamp::from_millis(time);
        let key = Key::Message(MessageId::from_bytes(key));
        (key, Value::Message(MessageValue { author, composed_at, content }))
    });
    let notice = proptest::sample::select(Notice::ALL);
    let subject = prop::option::of(any::<[u8; 16]>().prop_filter("not zeros", |s| *s != [0; 16]));
    let system = (words, notice, subject).prop_map(|(parts, notice, subject)| {
        let (key, author, time, ..) = parts;
        let subject = subject.map(ParticipantId::from_bytes);
        let content = Content::System { notice, subject };
        let author = ParticipantId::from_bytes(author);
        let composed_at = Timestamp::from_millis(time);
        let key = Key::Message(MessageId::from_bytes(key));
        (key, Value::Message(MessageValue { author, composed_at, content }))
    });
    let edit = words.prop_map(|(key, author, time, revision, hash)| {
        let edit = EditValue {
            author: ParticipantId::from_bytes(author),
            composed_at: Timestamp::from_millis(time),
            revision: RevisionId::from_bytes(revision),
            commitment: Commitment(hash),
        };
        (Key::Edit(MessageId::from_bytes(key)), Value::Edit(edit))
    });
    let who = prop::option::of(any::<[u8; 16]>());
    let others = (any::<[u8; 16]>(), who, any::<bool>(), 0..8_usize).prop_map(|parts| {
        let (key, who, follows, which) = parts;
        match which {
            0 => (Key::Recall(MessageId::from_bytes(key)), Value::Recalled),
            1 => (Key::Assignee, Value::Assignee(who.map(ParticipantId::from_bytes))),
            2 => (Key::Category, Value::Category(who.map(CategoryId::from_bytes))),
            3 => (Key::Collaborator(ParticipantId::from_bytes(key)), Value::Follows(follows)),
            4 => (Key::Closed, Value::Closed),
            5 => (Key::Status, Value::Status(Status::ALL[usize::from(key[0] % 4)])),
            6 => (Key::Priority, Value::Priority(Priority::ALL[usize::from(key[0] % 4)])),
            _ => (Key::Format, Value::Format(u64::from(key[0]))),
        }
    });
    proptest::prop_oneof![message, system, edit, others]
}

pub(crate) fn body() -> impl Strategy<Value = Body> {
    let text = any::<String>();
    let part = (any::<[u8; 16]>(), "[a-zü .-]{1,40}", "[a-z]{1,10}/[a-z]{1,10}", 0..26_000_000_u64);
    let attachment = part.prop_map(|(id, name, media_type, bytes)| Attachment {
        id: AttachmentId::from_bytes(id),
        name,
        media_type,
        bytes,
        digest: [id[0]; 32],
        key: SealingKey::from_bytes([id[1]; 32]),
    });
    let attachments = prop::collection::vec(attachment, 0..4);
    (text, attachments).prop_map(|(text, attachments)| Body { text, attachments })
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig {
        cases: 256,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn op14_ids_read_back(bytes: [u8; 16]) {
        reads_back(&SiteId::from_bytes(bytes));
        reads_back(&ParticipantId::from_bytes(bytes));
        reads_back(&ConversationId::from_bytes(bytes));
        reads_back(&MessageId::from_bytes(bytes));
        reads_back(&RevisionId::from_bytes(bytes));
        reads_back(&OperationId::from_bytes(bytes));
        reads_back(&DeviceId::from_bytes(bytes));
        reads_back(&CategoryId::from_bytes(bytes));
        reads_back(&AttachmentId::from_bytes(bytes));
        reads_back(&KeyId::from_bytes(bytes));
        reads_back(&DatabaseId::from_bytes(bytes));
        reads_back(&Epoch::from_bytes(bytes));
        reads_back(&Actor::from_bytes(bytes));
        let json = serde_json::to_string(&SiteId::from_bytes(bytes)).unwrap();
        let read: SiteId = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(read.as_bytes(), &bytes);
    }

    #[test]
    fn op14_what_is_no_id_is_quoted(text in "\\PC{0,80}") {
        if let Err(error) = text.parse::<MessageId>() {
            let quoted: String = text.chars().take(64).collect();
            assert!(error.to_string().contains(&quoted));
        }
    }

    #[test]
    fn op14_any_moment_can_be_shown(millis: i64) {
        let moment = Timestamp::from_millis(millis);
        assert!(moment.to_string().ends_with('Z'));
        prop_assert_eq!(moment.is_plausible(), moment.to_string().len() == 24 && millis >= 0);
    }

    #[test]
    fn op2_values_and_keys_read_back((key, value) in value()) {
        prop_assert_eq!(Key::parse(&key.to_string()), Some(key));
        let scalar = value.to_scalar();
        prop_assert_eq!(Value::from_scalar(key, &scalar), Some(value));
        // And nothing that is a byte longer or shorter is one.
        if let automerge::ScalarValue::Bytes(bytes) = &scalar {
            let longer = automerge::ScalarValue::Bytes([bytes.as_slice(), &[0]].concat());
            let shorter = automerge::ScalarValue::Bytes(bytes[..bytes.len() - 1].to_vec());
            prop_assert_eq!(Value::from_scalar(key, &longer), None);
            prop_assert_eq!(Value::from_scalar(key, &shorter), None);
        }
    }

    #[test]
    fn op12_a_body_has_one_encoding(body in body(), at: proptest::sample::Index, to: u8) {
        if let Ok(bytes) = body.encode() {
            prop_assert_eq!(&Body::decode(&bytes).unwrap(), &body);
            let mut mutated = bytes.clone();
            *at.get_mut(&mut mutated) = to;
            if let Ok(other) = Body::decode(&mutated) {
                prop_assert_eq!(other.encode().unwrap(), mutated);
            }
        }
    }
}
