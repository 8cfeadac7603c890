//! Operations that the authority refuses, pushed by hand over a real connection.

use rejoinder_core::authority::fate::{Fate, Refusal};
use rejoinder_core::conversation::layout::{Kind, Status};
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::id::{ChangeHash, DocumentId, MessageId, RevisionId};
use rejoinder_core::limits;
use rejoinder_core::wire::{ClientFrame, Problem};
use rejoinder_harness::client::{CommandError, Error};
use rejoinder_harness::{Forger, Letter};

use crate::desk::{Desk, nowhere};

/// The body `[1, text, []]`, of any length.
fn body(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap().to_be_bytes();
    [&[0x83, 0x01, 0x79][..], &length, text.as_bytes(), &[0x80]].concat()
}

/// A message with a body that no honest client makes, committed to.
fn saying(forger: &mut Forger, body: Vec<u8>) -> Letter {
    let message = MessageId::random(&mut forger.dice);
    let words = forger.words(message, "like any other");
    forger.sends(Revision { body, ..words })
}

/// The same session before it composed anything more.
async fn fresh(desk: &mut Desk) -> Forger {
    desk.forger.pulls(&mut desk.raw).await;
    desk.forger.tab()
}

#[tokio::test]
async fn au15_words_are_those_committed_to_and_not_too_long() {
    let mut desk = Desk::set().await;
    let mut forger = fresh(&mut desk).await;
    let long = saying(&mut forger, body(&"x".repeat(limits::TEXT_CHARACTERS + 1)));
    desk.refuses(long, Refusal::TextTooLong).await;
    let mut forger = fresh(&mut desk).await;
    let letter = saying(&mut forger, b"not a body".to_vec());
    desk.refuses(letter, Refusal::MalformedWords).await;
    let letter = fresh(&mut desk).await.writes("never comes");
    desk.refuses(Letter { words: Vec::new(), ..letter }, Refusal::WordsMissing).await;
    let mut letter = fresh(&mut desk).await.writes("one thing");
    letter.words[0].salt[0] ^= 1;
    desk.refuses(letter, Refusal::WordsDiffer).await;
    // Exactly as long as may be, in characters of four bytes.
    let letter = fresh(&mut desk).await.writes(&"\u{1f600}".repeat(limits::TEXT_CHARACTERS));
    assert!(matches!(desk.push(letter).await, Fate::Accepted { .. }));
    desk.goes_on().await;
}

#[tokio::test]
async fn se17_a_client_says_itself_that_a_text_is_too_long() {
    let desk = Desk::set().await;
    let chat = desk.ann.chat(desk.chat).await;
    let error = chat.send("x".repeat(limits::TEXT_CHARACTERS + 1)).await.unwrap_err();
    assert!(matches!(error, Error::Command(CommandError::Body(_))), "{error}");
    assert!(error.to_string().contains("10001 characters, at most 10000"), "{error}");
    assert_eq!(desk.ann.client().unsent().await.unwrap(), 0);
    let error = chat.edit(chat.view().await.unwrap().messages[0].id, "Mine").await.unwrap_err();
    assert_eq!(error, Error::Command(CommandError::NotYours));
    desk.goes_on().await;
}

#[tokio::test]
async fn au9_an_actor_seq_is_used_once() {
    let mut desk = Desk::set().await;
    let mut forger = fresh(&mut desk).await;
    let context = forger.context();
    let first = forger.writes("First");
    assert!(matches!(desk.push(first.clone()).await, Fate::Accepted { .. }));
    let mut again = desk.forger.tab().writes("Second");
    again.submission.context = context;
    desk.refuses(again, Refusal::ReusedSeq).await;
    // The actor is closed: an old push gets its old fate, a new one is void.
    assert!(matches!(desk.push(first).await, Fate::Accepted { .. }));
    assert_eq!(desk.push(forger.writes("Third")).await, Fate::Void);
    desk.goes_on().await;
}

#[tokio::test]
async fn au8_what_builds_on_the_unknown_is_asked_for_again() {
    let mut desk = Desk::set().await;
    let mut forger = fresh(&mut desk).await;
    let letter = forger.writes("Hm");
    let mut lost = letter.clone();
    lost.submission.context.dependencies = vec![ChangeHash([7; 32])];
    assert_eq!(desk.push(lost).await, Fate::UnknownDependency);
    let mut gap = letter.clone();
    gap.submission.context.actor_seq += 1;
    assert_eq!(desk.push(gap).await, Fate::UnknownDependency);
    assert!(matches!(desk.push(letter).await, Fate::Accepted { .. }), "the actor stays open");
    desk.goes_on().await;
}

#[tokio::test]
async fn au11_the_hash_is_that_of_the_change() {
    let mut desk = Desk::set().await;
    let mut letter = fresh(&mut desk).await.writes("Hm");
    letter.submission.hash = ChangeHash([0; 32]);
    desk.refuses(letter, Refusal::HashDiffers).await;
    let mut letter = fresh(&mut desk).await.writes("Hm");
    letter.submission.hash.0[31] ^= 1;
    desk.refuses(letter, Refusal::HashDiffers).await;
    desk.goes_on().await;
}

#[tokio::test]
async fn au7_dependencies_are_sorted_and_hold_the_actors_own_change() {
    let mut desk = Desk::set().await;
    let mut forger = fresh(&mut desk).await;
    let first = forger.writes("First");
    assert!(matches!(desk.push(first).await, Fate::Accepted { .. }));
    let mut letter = forger.writes("Second");
    letter.submission.context.dependencies = desk.forger.context().dependencies;
    desk.refuses(letter, Refusal::BadDependencies).await;
    for dependencies in [vec![], vec![ChangeHash([9; 32]), ChangeHash([8; 32])]] {
        let mut letter = fresh(&mut desk).await.writes("Hm");
        letter.submission.context.dependencies = dependencies;
        desk.refuses(letter, Refusal::BadDependencies).await;
    }
    desk.goes_on().await;
}

#[tokio::test]
async fn au18_a_role_allows_what_it_allows() {
    let mut desk = Desk::set().await;
    let me = desk.forger.principal.participant;
    for operation in [
        Operation::Assign { assignee: Some(me) },
        Operation::SetStatus { status: Status::ActiveHuman },
        Operation::SetPriority { priority: rejoinder_core::conversation::layout::Priority::High },
    ] {
        let letter = fresh(&mut desk).await.does(operation);
        let fate = desk.push(letter).await;
        let refusals = [Refusal::NotAllowed, Refusal::StatusNotAllowed];
        assert!(
            matches!(fate, Fate::Refused { code } if refusals.contains(&code)),
            "{operation:?}: {fate:?}"
        );
    }
    let mut letter = fresh(&mut desk).await;
    let words = letter.writes("I am the agent").words.remove(0);
    let (message, revision) = (words.message, words.id);
    let commitment = words.commitment(letter.document());
    let mut forger = fresh(&mut desk).await;
    let operation = Operation::Send { message, kind: Kind::Agent, revision, commitment };
    let letter = Letter { words: vec![words], ..forger.does(operation) };
    desk.refuses(letter, Refusal::NotAllowed).await;
    desk.goes_on().await;
}

#[tokio::test]
async fn au20_nobody_edits_or_recalls_what_others_wrote() {
    let mut desk = Desk::set().await;
    let answer = desk.ann.says(desk.chat, "Good day!").await;
    desk.ann.settles().await;
    let letter = fresh(&mut desk).await.edits(answer, "Bad day!");
    desk.refuses(letter, Refusal::NotYours).await;
    let letter = fresh(&mut desk).await.recalls(answer);
    let fate = desk.push(letter).await;
    assert!(matches!(fate, Fate::Refused { code: Refusal::NotYours | Refusal::NotAllowed }));
    // An agent is no supervisor.
    drop(desk.world.agent("bo").await);
    let (mut raw, mut bo) = desk.agent("bo").await;
    let fates = raw.pushes(bo.document(), &[bo.recalls(answer)]).await;
    let refusals = [Refusal::NotYours, Refusal::NotAllowed].map(|code| Fate::Refused { code });
    assert!(refusals.contains(&fates[0].fate), "{fates:?}");
    let unknown = MessageId::random(&mut bo.dice);
    let letter = bo.tab().edits(unknown, "Whose?");
    let fates = raw.pushes(bo.document(), &[letter]).await;
    assert!(matches!(fates[0].fate, Fate::Refused { .. } | Fate::UnknownDependency), "{fates:?}");
    assert_eq!(desk.ann.reads(desk.chat).await, ["Hello?", "Good day!"]);
    desk.goes_on().await;
}

#[tokio::test]
async fn au5_an_agents_message_id_is_not_taken_by_a_visitor_at_old_dependencies() {
    let mut desk = Desk::set().await;
    // Composed before the agent's message is there.
    let mut old = fresh(&mut desk).await;
    let answer = desk.ann.says(desk.chat, "Good day!").await;
    desk.ann.settles().await;
    let words = old.words(answer, "I owe you money");
    let letter = old.sends(words);
    desk.refuses(letter, Refusal::IdTaken).await;
    assert_eq!(desk.ann.reads(desk.chat).await, ["Hello?", "Good day!"]);
    desk.goes_on().await;
}

#[tokio::test]
async fn au12_an_actor_stays_with_its_principal_and_document() {
    let mut desk = Desk::set().await;
    let (mut raw, mut ann) = desk.agent("ann").await;
    ann.actor = desk.forger.actor;
    let fates = raw.pushes(ann.document(), &[ann.writes("Under your name")]).await;
    assert!(matches!(fates[0].fate, Fate::Refused { .. }), "{fates:?}");
    let elsewhere = DocumentId::timeline(nowhere(&mut desk.forger));
    let mut other = Forger::new(desk.forger.principal.clone(), elsewhere);
    other.actor = desk.forger.actor;
    let fates = desk.raw.pushes(elsewhere, &[other.writes("Elsewhere")]).await;
    assert_eq!(fates[0].fate, Fate::Refused { code: Refusal::ForeignActor });
    // In the name of somebody else.
    let mut letter = fresh(&mut desk).await;
    letter.principal.participant = ann.principal.participant;
    let letter = letter.writes("I am Ann");
    desk.refuses(letter, Refusal::NotYou).await;
    desk.goes_on().await;
}

#[tokio::test]
async fn au22_a_message_of_another_conversation_is_not_recalled() {
    let mut desk = Desk::set().await;
    let hello = *desk.ann.view(desk.chat).await.messages.first().map(|m| &m.id).unwrap();
    let elsewhere = DocumentId::timeline(nowhere(&mut desk.forger));
    let mut other = Forger::new(desk.forger.principal.clone(), elsewhere);
    let first = other.writes("Second conversation");
    let fates = desk.raw.pushes(elsewhere, &[first]).await;
    assert!(matches!(fates[0].fate, Fate::Accepted { .. }));
    let fates = desk.raw.pushes(elsewhere, &[other.recalls(hello)]).await;
    assert_eq!(fates[0].fate, Fate::Refused { code: Refusal::UnknownMessage });
    assert_eq!(desk.ann.reads(desk.chat).await, ["Hello?"]);
    desk.goes_on().await;
}

#[tokio::test]
async fn au31_after_closing_there_is_no_edit_and_no_reply_but_a_recall() {
    let desk = Desk::set().await;
    let mine = desk.ann.says(desk.chat, "Good day!").await;
    desk.ann.settles().await;
    let (mut raw, mut ann) = desk.agent("ann").await;
    desk.ann.closes(desk.chat).await;
    desk.ann.settles().await;
    let mut again = ann.tab();
    let fates = raw.pushes(ann.document(), &[ann.edits(mine, "Too late")]).await;
    assert_eq!(fates[0].fate, Fate::Refused { code: Refusal::ConversationClosed });
    let fates = raw.pushes(again.document(), &[again.writes("One more")]).await;
    assert_eq!(fates[0].fate, Fate::Refused { code: Refusal::ConversationClosed });
    again.pulls(&mut raw).await;
    let mut again = again.tab();
    let fates = raw.pushes(again.document(), &[again.recalls(mine)]).await;
    assert!(matches!(fates[0].fate, Fate::Accepted { .. }), "{fates:?}");
    desk.ann.sees(desk.chat, &["Hello?", "(recalled)"]).await;
}

#[tokio::test]
async fn wp12_more_than_may_be_asked_at_once_is_refused_whole() {
    let mut desk = Desk::set().await;
    let timeline = DocumentId::timeline(desk.chat);
    let mut forger = fresh(&mut desk).await;
    let letters: Vec<_> =
        (0..=limits::PUSH_OPERATIONS).map(|n| forger.writes(&n.to_string())).collect();
    let submissions = letters.iter().map(|letter| letter.submission.clone()).collect();
    let push = ClientFrame::Push { document: timeline, submissions, revisions: Vec::new() };
    desk.raw.send(&push).await;
    desk.raw.is_refused(timeline, Problem::TooMuch).await;
    let revisions = (0..=limits::WANT_REVISIONS).map(|_| RevisionId::random(&mut forger.dice));
    let want = ClientFrame::Want { document: timeline, revisions: revisions.collect() };
    desk.raw.send(&want).await;
    desk.raw.is_refused(timeline, Problem::TooMuch).await;
    assert_eq!(desk.ann.reads(desk.chat).await, ["Hello?"]);
    desk.goes_on().await;
}

#[tokio::test]
async fn au35_a_visitor_begins_so_many_conversations_and_no_more() {
    let mut desk = Desk::set().await;
    for number in 2..8 {
        let document = DocumentId::timeline(nowhere(&mut desk.forger));
        let mut forger = Forger::new(desk.forger.principal.clone(), document);
        let fates = desk.raw.pushes(document, &[forger.writes("Another")]).await;
        match number {
            7 => assert_eq!(fates[0].fate, Fate::Refused { code: Refusal::TooMany }),
            _ => assert!(matches!(fates[0].fate, Fate::Accepted { .. }), "{number}: {fates:?}"),
        }
    }
    desk.goes_on().await;
}
