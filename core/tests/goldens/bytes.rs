//! Changes, commitments, sealing, keyrings, follow-ups.

use std::path::Path;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rejoinder_core::authority::follow_up;
use rejoinder_core::conversation::compose::{compose, genesis};
use rejoinder_core::conversation::history::History;
use rejoinder_core::conversation::layout::Key;
use rejoinder_core::conversation::operation::{Context, Operation};
use rejoinder_core::conversation::revision::{Attachment, Body};
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{
    Actor, AttachmentId, DatabaseId, DocumentId, DocumentKind, Epoch, RevisionId,
};
use rejoinder_core::keyring::{Blocks, GROW_SLOTS, Keyring, MemoryBlocks, Owner, SLOT_BYTES};
use rejoinder_core::sealing::{Sealed, SealingKey, open, seal};

use crate::sample::{
    CONVERSATION, MESSAGE, REVISION, TEAM, TIMELINE, commitment, context, operations, up, words,
};
use crate::{Golden, hex};

/// What `docs/wire.md` says, without the breaks of its lines.
fn documented() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/wire.md");
    std::fs::read_to_string(path).unwrap().split_whitespace().collect()
}

#[test]
fn op7_the_bytes_of_composed_changes_are_pinned() {
    let mut golden = Golden::new("changes.txt");
    for document in [TIMELINE, TEAM] {
        let made = genesis(document);
        golden.section(&format!("genesis of {document}"), &hash(&made.entry.hash.0), &made.bytes);
    }
    for operation in operations() {
        let kind = match operation.key().belongs_to(DocumentKind::Timeline) {
            true => DocumentKind::Timeline,
            false => DocumentKind::Team,
        };
        let document = DocumentId { conversation: CONVERSATION, kind };
        let history = History::new(document);
        let made = compose(&history, &operation, &context(history.heads())).unwrap();
        golden.section(&format!("{operation:?}"), &hash(&made.entry.hash.0), &made.bytes);
    }
    golden.check();
}

fn hash(hash: &[u8; 32]) -> String {
    format!("hash {}", hex(hash))
}

#[test]
fn op7_the_bytes_of_an_edit_after_concurrent_ones_are_pinned() {
    let (mut golden, mut history) = (Golden::new("concurrent.txt"), History::new(TIMELINE));
    let send = operations()[0];
    history.record(compose(&history, &send, &context(history.heads())).unwrap().entry);
    let base = history.heads();
    for (n, actor) in [0xc0, 0x20, 0x80].map(|from| Actor::from_bytes(up(from))).iter().enumerate()
    {
        let revision = RevisionId::from_bytes([n as u8; 16]);
        let edit = Operation::Edit { message: MESSAGE, revision, commitment: commitment() };
        let context = Context { actor: *actor, ..context(base.clone()) };
        let made = compose(&history, &edit, &context).unwrap();
        golden.section(&format!("edit {n}, by {actor}"), &hash(&made.entry.hash.0), &made.bytes);
        history.record(made.entry);
    }
    // The author's own next change, which takes the place of all three.
    let actor = context(Vec::new()).actor;
    let context = Context { actor_seq: 2, ..context(history.dependencies(actor)) };
    let edit = Operation::Edit { message: MESSAGE, revision: REVISION, commitment: commitment() };
    let made = compose(&history, &edit, &context).unwrap();
    assert_eq!(history.visible(Key::Edit(MESSAGE), &history.now()).len(), 3);
    golden.section("edit of all of them", &hash(&made.entry.hash.0), &made.bytes);
    golden.check();
}

#[test]
fn op7_the_documents_examples_are_true() {
    let documented = documented();
    let history = History::new(TIMELINE);
    let send = compose(&history, &operations()[0], &context(history.heads())).unwrap();
    let frame = rejoinder_core::wire::ClientFrame::Open {
        document: TIMELINE,
        cursor: rejoinder_core::id::Seq(3),
    };
    assert_eq!(hex(&frame.encode()), format!("8202828250{}0003", hex(&up(0x10))));
    let (timeline, team) = (genesis(TIMELINE), genesis(TEAM));
    for bytes in [
        commitment().0.as_slice(),
        &timeline.entry.hash.0,
        &timeline.bytes,
        &team.entry.hash.0,
        &send.entry.hash.0,
        &send.bytes,
        &words().body,
    ] {
        assert!(documented.contains(&hex(bytes)), "docs/wire.md lacks {}", hex(bytes));
    }
}

#[test]
fn op7_bodies_and_commitments_are_pinned() {
    let mut golden = Golden::new("commitments.txt");
    let attachment = Attachment {
        id: AttachmentId::from_bytes(up(0xd0)),
        name: "Entwürfe.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        bytes: 1_000_000,
        digest: [0x11; 32],
        key: SealingKey::from_bytes([7; 32]),
    };
    let long = "a".repeat(300);
    let bodies = [
        Body::text("yes"),
        Body::text("Grüße, **fett** 🙂"),
        Body { text: long, attachments: vec![attachment.clone()] },
        Body { text: String::new(), attachments: vec![attachment.clone(), attachment] },
    ];
    for body in bodies {
        let mut words = words();
        words.body = body.encode().unwrap();
        for document in [TIMELINE, TEAM] {
            let title = format!("commitment in {document}");
            golden.section(&title, &hash(&words.commitment(document).0), &[]);
        }
        golden.cbor("of this body", &words.body);
    }
    golden.check();
}

#[test]
fn st1_sealing_is_pinned_with_its_associated_data() {
    let key = SealingKey::from_bytes([0x77; 32]);
    let mut dice = Dice::from_seed([5; 32]);
    let place = Sealed::Revision { document: TEAM, message: MESSAGE, revision: REVISION };
    let draft = Sealed::Draft { document: TIMELINE };
    let mut golden = Golden::new("sealing.txt");
    let of_words = [b"rejoinder/sealing/1\0".as_slice(), &up(0x10), &[1], &up(0x70), &up(0x90)];
    let of_draft = [b"rejoinder/sealing/1\x01".as_slice(), &up(0x10), &[0]];
    for (name, place, data) in
        [("words", place, of_words.concat()), ("draft", draft, of_draft.concat())]
    {
        let sealed = seal(&key, place, b"yes", &mut dice);
        assert_eq!(open(&key, place, &sealed).unwrap(), b"yes");
        // Made by hand, from what the document says of associated data.
        let (nonce, rest) = sealed.split_first_chunk::<24>().unwrap();
        let payload = Payload { msg: rest, aad: &data };
        let cipher = XChaCha20Poly1305::new(&[0x77; 32].into());
        assert_eq!(cipher.decrypt(&XNonce::from(*nonce), payload).unwrap(), b"yes");
        golden.section(&format!("associated data of {name}"), "", &data);
        golden.section(&format!("sealed {name}, under 32 bytes 77"), "", &sealed);
    }
    golden.check();
}

#[test]
fn st3_the_bytes_of_a_keyring_are_pinned() {
    let owner =
        Owner { database: DatabaseId::from_bytes(up(0x30)), epoch: Epoch::from_bytes(up(0x50)) };
    let blocks = Shared::default();
    let mut dice = Dice::from_seed([6; 32]);
    let mut ring = Keyring::open(blocks.clone(), owner).unwrap();
    let slots = [1, 2, 3].map(|n| ring.put(&SealingKey::from_bytes([n; 32]), &mut dice).unwrap());
    ring.shred(slots[1]).unwrap();
    ring.flush().unwrap();
    let bytes = blocks.0.borrow().bytes().to_vec();
    assert_eq!(bytes.len(), SLOT_BYTES * (1 + GROW_SLOTS as usize));
    assert!(bytes[4 * SLOT_BYTES..].iter().all(|&byte| byte == 0));
    let mut golden = Golden::new("keyring.txt");
    let names = ["header", "slot 0, in use", "slot 1, shredded", "slot 2, in use"];
    for (name, bytes) in names.into_iter().zip(bytes.chunks(SLOT_BYTES)) {
        golden.section(name, "", bytes);
    }
    golden.check();
}

/// Bytes that the test may look at while a keyring has them.
#[derive(Clone, Default)]
struct Shared(std::rc::Rc<std::cell::RefCell<MemoryBlocks>>);

impl Blocks for Shared {
    type Error = rejoinder_core::keyring::EndedBefore;

    fn len(&mut self) -> Result<u64, Self::Error> {
        self.0.borrow_mut().len()
    }

    fn read(&mut self, offset: u64, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.0.borrow_mut().read(offset, bytes)
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0.borrow_mut().write(offset, bytes)
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        self.0.borrow_mut().flush()
    }
}

#[test]
fn au32_the_id_of_a_follow_up_is_pinned() {
    let mut golden = Golden::new("follow_up.txt");
    let mut conversation = CONVERSATION;
    for _ in 0..3 {
        let next = follow_up(conversation);
        golden.section(&format!("of {conversation}"), &next.to_string(), next.as_bytes());
        conversation = next;
    }
    golden.check();
}
