//! What a closed conversation, and a full document, still take.

use std::collections::BTreeSet;

use rejoinder_core::authority::elsewhere::{Kin, are_kin, follow_ups};
use rejoinder_core::authority::fate::{Fate, Refusal};
use rejoinder_core::authority::follow_up;
use rejoinder_core::authority::log::Tombstone;
use rejoinder_core::conversation::layout::{Key, Priority, Status};
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::{CategoryId, DocumentKind, ParticipantId};
use rejoinder_core::limits;
use rejoinder_core::principal::AgentRole;

use crate::chat::{Chat, Letter, Person};

#[test]
fn op11_closed_is_final_in_every_order() {
    let chat = &mut Chat::new();
    let mut bo = chat.agent(AgentRole::Owner);
    let mut offline = [bo.tab(chat), bo.tab(chat), bo.tab(chat)];
    let late = [
        offline[0].does(chat, Operation::SetStatus { status: Status::ActiveAi }),
        offline[1].claims(chat),
        offline[2].writes(chat, "still there?"),
    ];
    bo.did(chat, Operation::Close);
    for (person, letter) in offline.iter().zip(&late) {
        chat.refuses(person, letter, Refusal::ConversationClosed);
    }
    assert!(chat.authority.closed());
    chat.restarts();
    assert!(chat.authority.closed());
}

#[test]
fn au31_what_goes_on_in_a_closed_conversation() {
    let chat = &mut Chat::new();
    let (mut ann, mut bo) = (chat.visitor(), chat.agent(AgentRole::AccountManager));
    let mut team = bo.on_team(chat);
    let (hers, his) = (ann.said(chat, "hello"), bo.said(chat, "hello Ann"));
    let note = team.said(chat, "a nice visitor");
    bo.did(chat, Operation::Close);
    bo.did(chat, Operation::Recall { message: his });
    ann.did(chat, Operation::Recall { message: hers });
    team.said(chat, "closed");
    let edit = team.edits(chat, note, "a very nice visitor");
    chat.accepts(&team, &edit);
    team.did(chat, Operation::Recall { message: note });
    team.did(chat, Operation::SetCategory { category: Some(CategoryId::from_bytes([1; 16])) });
    team.did(chat, Operation::SetPriority { priority: Priority::Low });
    let participant = ParticipantId::from_bytes([1; 16]);
    team.did(chat, Operation::SetCollaborator { participant, follows: true });
}

#[test]
fn au31_what_ends_with_a_conversation() {
    let chat = &mut Chat::new();
    let (mut ann, mut bo) = (chat.visitor(), chat.agent(AgentRole::Owner));
    let (hers, his) = (ann.said(chat, "hello"), bo.said(chat, "hello Ann"));
    chat.visitor().did(chat, Operation::Close);
    let closed = Fate::Refused { code: Refusal::ConversationClosed };
    for operation in [
        Operation::SetStatus { status: Status::ActiveHuman },
        Operation::Assign { assignee: Some(bo.id()) },
        Operation::Assign { assignee: None },
        Operation::Close,
    ] {
        assert_eq!(bo.tries(chat, operation), closed, "{operation:?}");
    }
    for (person, message) in [(&mut ann, hers), (&mut bo, his)] {
        let mut session = person.tab(chat);
        let letter = session.edits(chat, message, "too late");
        assert_eq!(chat.push(&session, &letter), closed);
    }
    let mut session = bo.tab(chat);
    let letter = session.writes(chat, "too late");
    assert_eq!(chat.push(&session, &letter), closed);
    let mut robot = chat.assistant();
    let letter = robot.writes(chat, "beep");
    assert_eq!(chat.push(&robot, &letter), closed);
}

#[test]
fn au32_two_tabs_find_one_follow_up() {
    let chat = &mut Chat::new();
    let mut tabs = [chat.visitor(), chat.visitor()];
    let late = [tabs[0].writes(chat, "from one tab"), tabs[1].writes(chat, "from the other")];
    chat.agent(AgentRole::Agent).did(chat, Operation::Close);
    let rows = chat.stored.rows.len();
    let fates: Vec<_> =
        tabs.iter().zip(&late).map(|(tab, letter)| chat.push(tab, letter)).collect();
    let follow_up = follow_up(chat.authority.conversation());
    assert_eq!(fates, [Fate::Closed { follow_up }; 2]);
    assert_eq!(chat.stored.rows.len(), rows, "the closed one stays as it is");
    assert!(chat.texts().is_empty());
}

#[test]
fn au32_follow_ups_are_ids_of_their_own() {
    let mut seen = BTreeSet::from([Chat::new().authority.conversation()]);
    for _ in 0..100 {
        let last = *seen.iter().next_back().unwrap();
        let next = follow_up(last);
        assert_eq!(next.to_string().as_bytes()[14], b'8');
        assert_eq!(next, follow_up(last));
        if !seen.insert(next) {
            break;
        }
    }
    assert!(seen.len() > 1);
}

/// Fills a timeline up to a number of changes, in batches.
fn fill(chat: &mut Chat, bo: &mut Person, changes: usize) {
    let status = Operation::SetStatus { status: Status::ActiveHuman };
    while chat.stored.rows.len() < changes {
        let letters: Vec<Letter> =
            (chat.stored.rows.len()..changes).take(500).map(|_| bo.does(chat, status)).collect();
        let fates = chat.pushes(bo, &letters.iter().collect::<Vec<_>>());
        assert!(fates.iter().all(|told| matches!(told.fate, Fate::Accepted { .. })));
    }
}

#[test]
fn au33_a_full_document_takes_recalls_and_closing_only() {
    let chat = &mut Chat::new();
    let (mut ann, mut bo) = (chat.visitor(), chat.agent(AgentRole::Agent));
    let message = ann.said(chat, "hello");
    bo.pulls(chat);
    fill(chat, &mut bo, limits::DOCUMENT_CHANGES);
    let full = Fate::Refused { code: Refusal::DocumentFull };
    let mut tab = ann.tab(chat);
    let more = tab.writes(chat, "more");
    assert_eq!(chat.push(&tab, &more), full);
    let edit = tab.edits(chat, message, "hello!");
    assert_eq!(chat.push(&tab, &edit), Fate::Void);
    assert_eq!(bo.tries(chat, Operation::Assign { assignee: None }), full);
    ann.did(chat, Operation::Recall { message });
    assert!(chat.texts().is_empty());
    let mut tab = ann.tab(chat);
    let pair = tab.writes(chat, "taken back before it was sent").withheld();
    chat.accepts(&tab, &pair);
    bo.did(chat, Operation::Close);
    assert!(chat.authority.closed());
    assert!(chat.authority.history(DocumentKind::Timeline).has(Key::Closed));
}

#[test]
fn au39_a_message_that_stands_in_another_conversation_of_its_line_is_sent_there() {
    let chat = &mut Chat::new();
    let (mut phone, mut bo) = (chat.visitor(), chat.agent(AgentRole::Agent));
    let there = follow_up(chat.authority.conversation());
    let said = phone.writes(chat, "known there");
    let pair = phone.tab(chat).writes(chat, "known and taken back").withheld();
    for message in [said.message(), pair.message()] {
        chat.elsewhere.said.insert(message, there);
    }
    assert_eq!(chat.push(&phone, &said), Fate::Closed { follow_up: there });
    let after = phone.writes(chat, "composed after it");
    assert_eq!(chat.push(&phone, &after), Fate::Void);
    let tab = phone.tab(chat);
    assert_eq!(chat.push(&tab, &pair), Fate::Closed { follow_up: there });
    assert!(chat.texts().is_empty());
    // Only visitors' words are in several conversations of a line.
    let reply = bo.writes(chat, "an agent's");
    chat.elsewhere.said.insert(reply.message(), there);
    chat.accepts(&bo, &reply);
}

#[test]
fn au39_what_stands_in_an_earlier_conversation_makes_no_follow_up() {
    let chat = &mut Chat::new();
    let (mut phone, mut laptop) = (chat.visitor(), chat.visitor());
    let earlier = Chat::new().authority.conversation();
    let said = phone.writes(chat, "known there");
    chat.elsewhere.said.insert(said.message(), earlier);
    assert_eq!(chat.push(&phone, &said), Fate::Closed { follow_up: earlier });
    assert!(!chat.last.follow_up, "nobody follows this one up");
    // Nor is it taken for a closing: a pair is not sent to a follow-up that there is not.
    let pair = laptop.writes(chat, "never mind").withheld();
    chat.accepts(&laptop, &pair);
}

#[test]
fn re30_what_was_recalled_elsewhere_in_the_line_comes_without_words_and_is_recalled_here() {
    let chat = &mut Chat::new();
    let mut phone = chat.visitor();
    let said = phone.writes(chat, "taken back there");
    let edit = phone.edits(chat, said.message(), "edited here");
    chat.elsewhere.recalled.insert(said.message());
    let fates = chat.pushes(&phone, &[&said, &edit]);
    for told in fates {
        assert!(matches!(told.fate, Fate::Accepted { .. }) && told.words_gone, "{told:?}");
    }
    assert!(chat.texts().is_empty());
    let timeline = chat.authority.history(DocumentKind::Timeline);
    assert!(timeline.has(Key::Recall(said.message())));
    // With a tombstone of its own here, so that nothing has to be asked elsewhere again.
    let tombstone = Tombstone { kind: DocumentKind::Timeline, message: said.message() };
    assert_eq!(chat.stored.tombstones, [tombstone]);
}

#[test]
fn au39_lines_are_found_in_both_directions_and_end() {
    let first = Chat::new().authority.conversation();
    let line: Vec<_> = core::iter::once(first).chain(follow_ups(first)).collect();
    assert_eq!(line.len(), 1 + limits::FOLLOW_UPS);
    assert!(line.windows(2).all(|pair| pair[1] == follow_up(pair[0])));
    let beyond = follow_up(line[limits::FOLLOW_UPS]);
    let kin = Kin::among([line[1], line[3], beyond]);
    assert_eq!(kin.of(first).collect::<Vec<_>>(), [line[1], line[3]]);
    assert_eq!(kin.of(line[2]).collect::<Vec<_>>(), [line[3], beyond, line[1]]);
    assert!(are_kin(first, line[3]) && are_kin(line[3], first));
    assert!(!are_kin(first, beyond) && !are_kin(first, first));
}
