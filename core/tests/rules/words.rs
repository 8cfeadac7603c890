//! Words: what must come with an operation, and where they stay.

use rejoinder_core::authority::fate::{Fate, Refusal};
use rejoinder_core::authority::follow_up;
use rejoinder_core::conversation::layout::{Key, Kind};
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::conversation::revision::{Attachment, Body, BodyError, Revision};
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{
    AttachmentId, ConversationId, DocumentId, DocumentKind, MessageId, ParticipantId, RevisionId,
    Seq,
};
use rejoinder_core::limits;
use rejoinder_core::principal::AgentRole;
use rejoinder_core::sealing::SealingKey;

use crate::chat::{Chat, Letter, NOTHING, Person, is_recalled};

/// A message with a body that need not be one.
fn with_body(chat: &mut Chat, body: &[u8]) -> (Person, Letter) {
    let mut ann = chat.visitor();
    let mut words = ann.revision(chat, NOTHING, "replaced");
    words.body = body.to_vec();
    let letter = ann.sends(chat, Kind::Visitor, words);
    (ann, letter)
}

#[track_caller]
fn refuses_body(body: &[u8], code: Refusal) {
    let chat = &mut Chat::new();
    let (ann, letter) = with_body(chat, body);
    chat.refuses(&ann, &letter, code);
    assert!(chat.words.is_empty());
}

#[test]
fn au15_words_come_with_their_operation() {
    let chat = &mut Chat::new();
    let mut ann = chat.visitor();
    let mut letter = ann.writes(chat, "hello");
    letter.words.clear();
    chat.refuses(&ann, &letter, Refusal::WordsMissing);
    // Words of another revision are not these words.
    let mut ann = chat.visitor();
    let mut letter = ann.writes(chat, "hello");
    letter.words[0].id = RevisionId::random(&mut chat.dice);
    chat.refuses(&ann, &letter, Refusal::WordsMissing);
}

#[test]
fn au15_words_match_their_commitment() {
    let tamper: [fn(&mut Revision); 4] = [
        |words| words.salt[0] ^= 1,
        |words| words.body = Body::text("goodbye").encode().unwrap(),
        |words| words.message = NOTHING,
        |words| words.author = ParticipantId::from_bytes([3; 16]),
    ];
    for change in tamper {
        let chat = &mut Chat::new();
        let mut ann = chat.visitor();
        let mut letter = ann.writes(chat, "hello");
        change(&mut letter.words[0]);
        chat.refuses(&ann, &letter, Refusal::WordsDiffer);
    }
}

#[test]
fn au15_a_text_has_at_most_10_000_characters() {
    let encoded = |text: &str| minicbor::to_vec((1_u8, text, [0_u8; 0])).unwrap();
    let longest = "ü".repeat(limits::TEXT_CHARACTERS);
    let chat = &mut Chat::new();
    let (ann, letter) = with_body(chat, &encoded(&longest));
    chat.accepts(&ann, &letter);
    refuses_body(&encoded(&(longest + "!")), Refusal::TextTooLong);
    refuses_body(&encoded(&"a".repeat(100_000)), Refusal::TextTooLong);
    let error = Body::text("🙂".repeat(10_001)).encode().unwrap_err();
    assert_eq!(error, BodyError::TextTooLong { characters: 10_001 });
    assert!(error.to_string().contains("10001 characters"), "{error}");
}

#[test]
fn au15_anything_else_that_is_not_a_body_is_malformed() {
    let good = Body::text("yes").encode().unwrap();
    let cases: [&[u8]; 12] = [
        b"",
        b"yes",
        &good[..good.len() - 1],
        &[good.as_slice(), b"\0"].concat(),
        b"\x83\x02\x63yes\x80",          // another version
        b"\x83\x18\x01\x63yes\x80",      // a longer head than needed
        b"\x83\x01\x78\x03yes\x80",      // the same
        b"\x9f\x01\x63yes\x80\xff",      // an indefinite length
        b"\x84\x01\x63yes\x80\x00",      // a field more
        b"\x83\x01\x63\xff\xff\xff\x80", // not UTF-8
        b"\x83\x01\x60\x80",             // nothing said
        b"\x83\x01\x61 \x80",            // nothing but white space
    ];
    assert_eq!(good, b"\x83\x01\x63yes\x80");
    for body in cases {
        refuses_body(body, Refusal::MalformedWords);
    }
}

#[test]
fn op12_a_body_keeps_to_its_bounds() {
    let attachment = Attachment {
        id: AttachmentId::from_bytes([4; 16]),
        name: "ü".repeat(limits::FILE_NAME_CHARACTERS),
        media_type: "a".repeat(127),
        bytes: limits::ATTACHMENT_BYTES,
        digest: [9; 32],
        key: SealingKey::from_bytes([7; 32]),
    };
    let with = |attachments| Body { text: "🙂".repeat(10_000), attachments };
    let largest = with(vec![attachment.clone(); limits::ATTACHMENTS]);
    let bytes = largest.encode().unwrap();
    assert!(bytes.len() <= limits::BODY_BYTES, "{}", bytes.len());
    assert_eq!(Body::decode(&bytes), Ok(largest));
    let alone = Body { text: String::new(), attachments: vec![attachment.clone()] };
    assert_eq!(Body::decode(&alone.encode().unwrap()), Ok(alone));
    let more = with(vec![attachment.clone(); limits::ATTACHMENTS + 1]);
    assert_eq!(more.encode(), Err(BodyError::TooManyAttachments));
    let nameless = Attachment { name: String::new(), ..attachment.clone() };
    let typeless = Attachment { media_type: String::new(), ..attachment.clone() };
    let long = Attachment { name: "a".repeat(256), ..attachment.clone() };
    let heavy = Attachment { bytes: limits::ATTACHMENT_BYTES + 1, ..attachment };
    for wrong in [nameless, typeless, long, heavy] {
        assert_eq!(with(vec![wrong]).encode(), Err(BodyError::Attachment));
    }
    assert_eq!(Body::text(" \n").encode(), Err(BodyError::Empty));
}

#[test]
fn op12_a_text_is_read_where_it_stands() {
    let dice = &mut Dice::from_seed([1; 32]);
    let (message, author) = (MessageId::random(dice), ParticipantId::random(dice));
    for text in ["a", "Ünïcödé 🙂", &"x".repeat(300)] {
        let words = Revision::new(message, author, &Body::text(text), dice).unwrap();
        assert_eq!(words.text(), Some(text));
    }
    let words = Revision::new(message, author, &Body::text("a"), dice).unwrap();
    for body in [vec![], vec![0x83, 0x01], vec![0xff; 9], vec![0x83, 0x01, 0x7f]] {
        assert_eq!(Revision { body, ..words.clone() }.text(), None);
    }
}

#[test]
fn op13_a_commitment_binds_all_that_it_is_of() {
    let chat = &mut Chat::new();
    let ann = chat.visitor();
    let document = ann.document();
    let words = ann.revision(chat, NOTHING, "yes");
    let same = words.commitment(document);
    let other = |change: fn(&mut Revision)| {
        let mut words = words.clone();
        change(&mut words);
        words.commitment(document)
    };
    let others = [
        other(|words| words.id = RevisionId::from_bytes([2; 16])),
        other(|words| words.message = MessageId::from_bytes([2; 16])),
        other(|words| words.author = ParticipantId::from_bytes([2; 16])),
        other(|words| words.salt[31] ^= 1),
        other(|words| words.body.push(0)),
        words.commitment(DocumentId::team(document.conversation)),
        words.commitment(DocumentId::timeline(ConversationId::from_bytes([2; 16]))),
    ];
    assert!(others.iter().all(|commitment| *commitment != same));
    assert_ne!(ann.revision(chat, NOTHING, "yes").salt, words.salt);
}

#[test]
fn re9_only_the_newest_words_are_kept() {
    let chat = &mut Chat::new();
    let mut bo = chat.agent(AgentRole::Agent);
    let (first, second) = (bo.writes(chat, "frist"), bo.writes(chat, "second"));
    chat.accepts(&bo, &first);
    chat.accepts(&bo, &second);
    let edit = bo.edits(chat, first.message(), "first");
    chat.accepts(&bo, &edit);
    assert_eq!(chat.texts(), ["first", "second"]);
    assert_eq!(chat.last.superseded, [(DocumentKind::Timeline, first.revision())]);
    // Of one batch, words that are superseded in it are never kept at all.
    let (third, edit) = (bo.writes(chat, "thrid"), bo.writes(chat, "fourth"));
    let mended = bo.edits(chat, third.message(), "third");
    chat.pushes(&bo, &[&third, &edit, &mended]);
    assert_eq!(chat.texts(), ["first", "fourth", "second", "third"]);
    assert!(chat.last.superseded.is_empty());
}

#[test]
fn re9_of_concurrent_edits_the_winners_words_are_kept() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..6 {
        for order in [[0, 1], [1, 0]] {
            let chat = &mut Chat::seeded(seed);
            let mut bo = chat.agent(AgentRole::Agent);
            let message = bo.said(chat, "draft");
            let mut devices = [bo.tab(chat), bo.tab(chat)];
            let edits = [0, 1].map(|n| devices[n].edits(chat, message, ["left", "right"][n]));
            let winner = usize::from(devices[1].actor > devices[0].actor);
            let told: Vec<_> =
                order.iter().map(|&n| chat.pushes(&devices[n], &[&edits[n]])[0]).collect();
            assert!(told.iter().all(|told| matches!(told.fate, Fate::Accepted { .. })));
            assert_eq!(chat.texts(), [["left", "right"][winner]]);
            // The loser that comes second learns at once that its words are not kept.
            assert_eq!(told[1].words_gone, order[0] == winner);
            seen.insert((winner, order));
        }
    }
    assert_eq!(seen.len(), 4, "both won, in both orders");
}

#[test]
fn re7_words_of_a_late_edit_are_not_kept() {
    let chat = &mut Chat::new();
    let mut bo = chat.agent(AgentRole::Agent);
    let message = bo.said(chat, "the secret");
    let mut offline = bo.tab(chat);
    let late = offline.edits(chat, message, "the secret, corrected");
    bo.did(chat, Operation::Recall { message });
    let told = chat.pushes(&offline, &[&late])[0];
    assert!(matches!(told.fate, Fate::Accepted { .. }) && told.words_gone);
    assert_eq!(chat.texts(), [""; 0]);
    // A repeat, of the lost fate, says so again.
    assert_eq!(chat.pushes(&offline, &[&late])[0], told);
    assert!(is_recalled(chat, DocumentKind::Timeline, message));
}

#[test]
fn re7_words_of_a_batch_that_recalls_them_are_never_kept() {
    let chat = &mut Chat::new();
    let mut bo = chat.agent(AgentRole::Agent);
    let sent = bo.writes(chat, "the secret");
    let recall = bo.recalls(chat, sent.message());
    let told = chat.pushes(&bo, &[&sent, &recall]);
    assert!(told.iter().all(|told| matches!(told.fate, Fate::Accepted { .. })));
    assert!(chat.last.words.is_empty() && chat.texts().is_empty());
    assert_eq!(chat.last.recalled.len(), 1);
}

#[test]
fn au34_a_message_and_its_recall_are_accepted_without_words() {
    let chat = &mut Chat::new();
    chat.policy.visitor_recalls = false;
    let mut ann = chat.visitor();
    let sent = ann.writes(chat, "never mind").withheld();
    let recall = ann.recalls(chat, sent.message());
    let told = chat.pushes(&ann, &[&sent, &recall]);
    assert_eq!(told[0].fate, Fate::Accepted { seq: Seq(1), at: chat.now });
    assert!(told[0].words_gone);
    assert!(matches!(told[1].fate, Fate::Accepted { .. }), "{told:?}");
    assert!(chat.words.is_empty());
    assert!(is_recalled(chat, DocumentKind::Timeline, sent.message()));
}

#[test]
fn au34_a_withheld_message_is_recalled_even_if_its_recall_never_comes() {
    let chat = &mut Chat::new();
    let mut ann = chat.visitor();
    let sent = ann.writes(chat, "never mind").withheld();
    chat.accepts(&ann, &sent);
    assert!(is_recalled(chat, DocumentKind::Timeline, sent.message()));
    assert_eq!(chat.last.recalled[0].0.message, sent.message());
}

#[test]
fn au34_pairs_are_accepted_in_closed_conversations_too() {
    let chat = &mut Chat::new();
    let (mut ann, mut bo) = (chat.visitor(), chat.agent(AgentRole::Agent));
    let hello = ann.said(chat, "hello");
    let mine = bo.said(chat, "hello Ann");
    let pairs = [(ann.clone(), hello), (bo.clone(), mine)];
    chat.agent(AgentRole::Agent).did(chat, Operation::Close);
    for (mut person, earlier) in pairs {
        let sent = person.writes(chat, "never mind").withheld();
        let edit = person.edits(chat, earlier, "never mind this").withheld();
        let first = person.recalls(chat, sent.message());
        let second = person.recalls(chat, earlier);
        for told in chat.pushes(&person, &[&sent, &edit, &first, &second]) {
            assert!(matches!(told.fate, Fate::Accepted { .. }), "{told:?}");
        }
        assert!(chat.authority.history(DocumentKind::Timeline).has(Key::Recall(sent.message())));
    }
    assert_eq!(chat.texts(), [""; 0]);
}

#[test]
fn au34_a_pair_goes_where_words_have_gone() {
    let chat = &mut Chat::new();
    let (mut phone, mut laptop) = (chat.visitor(), chat.visitor());
    let mut bo = chat.agent(AgentRole::Agent);
    let pair = phone.writes(chat, "never mind").withheld();
    let moved = laptop.writes(chat, "still there?");
    chat.agent(AgentRole::Agent).did(chat, Operation::Close);
    let follow_up = follow_up(chat.authority.conversation());
    assert_eq!(chat.push(&laptop, &moved), Fate::Closed { follow_up });
    chat.restarts();
    assert_eq!(chat.push(&phone, &pair), Fate::Closed { follow_up });
    // Only visitors' words go on.
    let pair = bo.writes(chat, "never mind").withheld();
    chat.accepts(&bo, &pair);
    assert!(is_recalled(chat, DocumentKind::Timeline, pair.message()));
}
