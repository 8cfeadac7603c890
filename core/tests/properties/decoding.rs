//! Decoding what nobody wrote.

use proptest::prelude::{Strategy, any, prop};
use proptest::{prop_assert, prop_assert_eq, proptest};
use rejoinder_core::authority::fate::{Fate, Refusal};
use rejoinder_core::conversation::layout::{Kind, Status};
use rejoinder_core::conversation::operation::{Context, Operation, Submission};
use rejoinder_core::conversation::revision::{Body, Revision};
use rejoinder_core::id::{
    Actor, ChangeHash, Commitment, ConversationId, DocumentId, MessageId, OperationId,
    ParticipantId, RevisionId, Seq,
};
use rejoinder_core::limits;
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{
    ClientFrame, Credential, FrameError, LogEntry, OperationFate, Order, OrderRow, Problem,
    ServerFrame, Signal,
};

fn document() -> impl Strategy<Value = DocumentId> {
    (any::<[u8; 16]>(), any::<bool>()).prop_map(|(id, team)| {
        let conversation = ConversationId::from_bytes(id);
        if team { DocumentId::team(conversation) } else { DocumentId::timeline(conversation) }
    })
}

fn operation() -> impl Strategy<Value = Operation> {
    (any::<[u8; 16]>(), any::<[u8; 16]>(), any::<[u8; 32]>(), 0..6_u8).prop_map(|parts| {
        let (message, revision, commitment) =
            (MessageId::from_bytes(parts.0), RevisionId::from_bytes(parts.1), Commitment(parts.2));
        match parts.3 {
            0 => Operation::Send { message, kind: Kind::Visitor, revision, commitment },
            1 => Operation::Edit { message, revision, commitment },
            2 => Operation::Recall { message },
            3 => Operation::SetStatus { status: Status::ActiveHuman },
            4 => Operation::Assign { assignee: Some(ParticipantId::from_bytes(parts.1)) },
            _ => Operation::Close,
        }
    })
}

fn submission() -> impl Strategy<Value = Submission> {
    let numbers = (any::<u64>(), any::<i64>(), any::<u64>(), any::<bool>());
    let dependencies = prop::collection::vec(any::<[u8; 32]>(), 0..5);
    (operation(), any::<[u8; 16]>(), any::<[u8; 32]>(), dependencies, numbers).prop_map(
        |(operation, id, hash, dependencies, (actor_seq, time, seen, withheld))| Submission {
            id: OperationId::from_bytes(id),
            operation,
            context: Context {
                author: ParticipantId::from_bytes(id),
                actor: Actor::from_bytes(id),
                actor_seq,
                dependencies: dependencies.into_iter().map(ChangeHash).collect(),
                time: Timestamp::from_millis(time),
            },
            hash: ChangeHash(hash),
            seen: Seq(seen),
            withheld,
        },
    )
}

fn revision() -> impl Strategy<Value = Revision> {
    (any::<[u8; 16]>(), any::<[u8; 32]>(), prop::collection::vec(any::<u8>(), 0..50)).prop_map(
        |(id, salt, body)| Revision {
            id: RevisionId::from_bytes(id),
            message: MessageId::from_bytes(id),
            author: ParticipantId::from_bytes(id),
            salt,
            body,
        },
    )
}

fn client_frame() -> impl Strategy<Value = ClientFrame> {
    let submissions = prop::collection::vec(submission(), 0..4);
    let revisions = prop::collection::vec(revision(), 0..4);
    (document(), submissions, revisions, any::<u64>(), 0..7_u8).prop_map(
        |(document, submissions, revisions, number, which)| match which {
            0 => ClientFrame::Purged { cursor: number },
            1 => ClientFrame::Open { document, cursor: Seq(number) },
            2 => ClientFrame::Want {
                document,
                revisions: revisions.iter().map(|revision| revision.id).collect(),
            },
            3 => ClientFrame::Signal { document, signal: Signal::Seen(Seq(number)) },
            4 => ClientFrame::LogOut,
            5 => ClientFrame::Holding { documents: vec![document] },
            _ => ClientFrame::Push { document, submissions, revisions },
        },
    )
}

fn server_frame() -> impl Strategy<Value = ServerFrame> {
    let bytes = prop::collection::vec(any::<u8>(), 0..50);
    let records = prop::collection::vec(revision(), 0..4);
    (document(), records, bytes, any::<u64>(), 0..6_u8).prop_map(
        |(document, records, bytes, number, which)| {
            let at = Timestamp::from_millis(number.cast_signed());
            let (seq, operation) = (Seq(number), OperationId::from_bytes([3; 16]));
            let fates = [Fate::Accepted { seq, at }, Fate::Refused { code: Refusal::NotYou }]
                .map(|fate| OperationFate { operation, fate, words_gone: number % 2 == 0 })
                .to_vec();
            let rows = vec![OrderRow { actor: 7, actor_seq: number, at }];
            let order = Order { actors: vec![Actor::from_bytes([4; 16])], rows };
            let entries = vec![LogEntry { seq, at, change: bytes.clone() }];
            match which {
                0 => ServerFrame::Snapshot { document, seq, part: 1, parts: 2, bytes, order },
                1 => ServerFrame::Entries { document, entries, last: seq },
                2 => ServerFrame::Fates { document, fates },
                3 => ServerFrame::Revisions { document, records, gone: Vec::new() },
                4 => ServerFrame::Retry { after_millis: number, reason: Problem::Busy },
                _ => ServerFrame::Reopen { document },
            }
        },
    )
}

/// What bytes are decoded to, both ways: it does not panic, and what is a frame is a whole one.
fn decode(bytes: &[u8]) {
    let followed = [bytes, &[0]].concat();
    if let Ok(frame) = ClientFrame::decode(bytes) {
        assert_eq!(ClientFrame::decode(&frame.encode()), Ok(frame));
        assert!(matches!(ClientFrame::decode(&followed), Err(FrameError::Malformed(_))));
    }
    if let Ok(frame) = ServerFrame::decode(bytes) {
        assert_eq!(ServerFrame::decode(&frame.encode()), Ok(frame));
        assert!(matches!(ServerFrame::decode(&followed), Err(FrameError::Malformed(_))));
    }
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig {
        cases: 2_048,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn wp1_every_client_frame_reads_back(frame in client_frame()) {
        let bytes = frame.encode();
        prop_assert_eq!(ClientFrame::decode(&bytes), Ok(frame));
        prop_assert!(ClientFrame::decode(&[bytes.as_slice(), b"\0"].concat()).is_err());
        prop_assert!(ClientFrame::decode(&bytes[..bytes.len() - 1]).is_err());
    }

    #[test]
    fn wp1_every_server_frame_reads_back(frame in server_frame()) {
        let bytes = frame.encode();
        prop_assert_eq!(ServerFrame::decode(&bytes), Ok(frame));
        prop_assert!(ServerFrame::decode(&[bytes.as_slice(), b"\0"].concat()).is_err());
    }

    #[test]
    fn wp2_random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        decode(&bytes);
        let _ = Body::decode(&bytes);
    }

    #[test]
    fn wp2_mutated_frames_never_panic(
        frame in client_frame(),
        other in server_frame(),
        mutations in prop::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
    ) {
        for mut bytes in [frame.encode(), other.encode()] {
            for (at, to) in &mutations {
                *at.get_mut(&mut bytes) = *to;
                decode(&bytes);
            }
        }
    }
}

#[test]
fn wp2_deep_and_endless_structures_are_malformed() {
    for byte in [0x81_u8, 0x9f, 0xa1, 0xbf, 0xc1, 0x5f, 0x7f, 0xdb] {
        decode(&vec![byte; limits::FRAME_BYTES]);
        // Inside a frame, after its known fields, where unknown ones are skipped.
        decode(&[b"\x82\x07\x81".as_slice(), &vec![byte; 200_000]].concat());
        decode(&[b"\x82\x07\x9b\xff\xff\xff\xff\xff\xff\xff\xff".as_slice(), &[byte; 9]].concat());
    }
    // Lists that say they are longer than any memory.
    for head in [b"\x82\x05\x82\x82\x50".as_slice(), b"\x82\x04\x83\x82\x50"] {
        let huge = [head, &[1; 16], b"\x00\x9b\x00\xff\xff\xff\xff\xff\xff\xff\x81\x00"].concat();
        assert!(ClientFrame::decode(&huge).is_err());
    }
}

#[test]
fn wp3_a_frame_above_256_kib_is_too_large() {
    let token = Credential::Token(String::new());
    assert_eq!(format!("{token:?}"), "Token", "RE21: never the secret itself");
    let large = vec![0; limits::FRAME_BYTES + 1];
    assert_eq!(ClientFrame::decode(&large), Err(FrameError::TooLarge(limits::FRAME_BYTES + 1)));
    assert_eq!(ServerFrame::decode(&large), Err(FrameError::TooLarge(limits::FRAME_BYTES + 1)));
}
