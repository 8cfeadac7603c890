//! Claiming, replying, handing back: what is judged at arrival, and what the server itself writes.

use rejoinder_core::authority::fate::{Fate, Refusal};
use rejoinder_core::conversation::layout::{Notice, Status};
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::{ParticipantId, Seq};
use rejoinder_core::principal::AgentRole;

use crate::chat::Chat;

const CLAIMED: Fate = Fate::Refused { code: Refusal::AlreadyClaimed };

/// The notices that the last push made.
fn notices(chat: &Chat) -> Vec<(Notice, Option<ParticipantId>)> {
    let of = |operation: &Operation| match *operation {
        Operation::Announce { notice, subject, .. } => Some((notice, subject)),
        _ => None,
    };
    chat.written_by_server().iter().filter_map(of).collect()
}

#[test]
fn au25_the_first_accepted_claim_wins() {
    let chat = &mut Chat::new();
    let (mut bo, mut cy) = (chat.agent(AgentRole::Agent), chat.agent(AgentRole::Owner));
    let (first, second) = (bo.claims(chat), cy.claims(chat));
    chat.accepts(&bo, &first);
    assert_eq!(chat.push(&cy, &second), CLAIMED);
    assert_eq!(chat.authority.assignee(), Some(bo.id()));
}

#[test]
fn au25_a_claim_that_comes_after_a_release_holds() {
    let chat = &mut Chat::new();
    let (mut bo, mut offline) = (chat.agent(AgentRole::Agent), chat.agent(AgentRole::Agent));
    let late = offline.claims(chat);
    bo.did(chat, Operation::Assign { assignee: Some(bo.id()) });
    bo.did(chat, Operation::Assign { assignee: None });
    // Composed before either, it would lose to both by Automerge's rule.
    chat.accepts(&offline, &late);
    assert_eq!(chat.authority.assignee(), Some(offline.id()));
    assert_eq!(chat.authority.status(), Status::ActiveHuman);
}

#[test]
fn au25_who_holds_it_hands_it_on() {
    let chat = &mut Chat::new();
    let (mut bo, mut cy) = (chat.agent(AgentRole::Agent), chat.agent(AgentRole::Agent));
    bo.did(chat, Operation::Assign { assignee: Some(bo.id()) });
    let to_cy = Operation::Assign { assignee: Some(cy.id()) };
    assert_eq!(cy.tries(chat, to_cy), CLAIMED);
    assert_eq!(cy.tries(chat, Operation::Assign { assignee: None }), CLAIMED);
    bo.did(chat, to_cy);
    assert_eq!(chat.authority.assignee(), Some(cy.id()));
    // Given away, it is no longer his to give.
    assert_eq!(bo.tries(chat, Operation::Assign { assignee: Some(bo.id()) }), CLAIMED);
    let mut sue = chat.agent(AgentRole::Supervisor);
    sue.did(chat, Operation::Assign { assignee: Some(bo.id()) });
    assert_eq!(chat.authority.assignee(), Some(bo.id()));
}

#[test]
fn au25_a_supervisor_does_not_take_what_they_thought_was_free() {
    let chat = &mut Chat::new();
    let (mut bo, mut sue) = (chat.agent(AgentRole::Agent), chat.agent(AgentRole::Supervisor));
    let offline = sue.claims(chat);
    bo.did(chat, Operation::Assign { assignee: Some(bo.id()) });
    assert_eq!(chat.push(&sue, &offline), CLAIMED);
}

#[test]
fn au25_only_supervisors_give_an_unassigned_conversation_to_others() {
    let chat = &mut Chat::new();
    let (mut bo, cy) = (chat.agent(AgentRole::AccountManager), chat.agent(AgentRole::Agent));
    let to_cy = Operation::Assign { assignee: Some(cy.id()) };
    assert_eq!(bo.tries(chat, to_cy), Fate::Refused { code: Refusal::NotAllowed });
    chat.agent(AgentRole::Supervisor).did(chat, to_cy);
}

#[test]
fn au26_a_move_that_comes_late_and_is_allowed_holds() {
    let chat = &mut Chat::new();
    let mut offline = chat.agent(AgentRole::Agent);
    let late = offline.does(chat, Operation::SetStatus { status: Status::ActiveHuman });
    for status in [Status::ActiveAi, Status::WaitingForHuman, Status::ActiveAi] {
        chat.has_status(status);
    }
    chat.accepts(&offline, &late);
    assert_eq!(chat.authority.status(), Status::ActiveHuman);
}

#[test]
fn au27_a_claim_makes_a_human_active_and_is_announced() {
    let chat = &mut Chat::new();
    let mut bo = chat.agent(AgentRole::Agent);
    bo.did(chat, Operation::Assign { assignee: Some(bo.id()) });
    assert_eq!(chat.authority.status(), Status::ActiveHuman);
    assert_eq!(notices(chat), [(Notice::Claimed, Some(bo.id()))]);
    bo.did(chat, Operation::Assign { assignee: None });
    assert_eq!(chat.authority.status(), Status::WaitingForHuman);
    assert_eq!(notices(chat), [(Notice::Released, None)]);
}

#[test]
fn au27_the_first_reply_makes_a_human_active() {
    let chat = &mut Chat::new();
    let mut bo = chat.agent(AgentRole::Agent);
    bo.said(chat, "hello");
    let status = Operation::SetStatus { status: Status::ActiveHuman };
    assert_eq!(chat.written_by_server(), [status]);
    bo.said(chat, "how can I help?");
    assert_eq!(chat.written_by_server(), []);
    bo.on_team(chat).said(chat, "a note is no reply");
    assert_eq!(chat.written_by_server(), []);
}

#[test]
fn au27_closing_and_handing_back_are_announced() {
    let chat = &mut Chat::new();
    let mut bo = chat.agent(AgentRole::Agent);
    bo.said(chat, "hello");
    bo.did(chat, Operation::SetStatus { status: Status::ActiveAi });
    assert_eq!(notices(chat), [(Notice::RestoredToAi, None)]);
    let mut other = chat.agent(AgentRole::Agent);
    let (first, second) = (bo.closes(chat), other.closes(chat));
    chat.accepts(&bo, &first);
    assert_eq!(notices(chat), [(Notice::Closed, Some(bo.id()))]);
    // Closed at once by two, it was closed once.
    chat.accepts(&other, &second);
    assert_eq!(notices(chat), []);
}

#[test]
fn au28_the_assistant_is_silent_while_a_human_is_active() {
    for &status in Status::ALL {
        let chat = &mut Chat::new();
        let mut robot = chat.assistant();
        let answer = robot.writes(chat, "beep");
        chat.has_status(status);
        let fate = chat.push(&robot, &answer);
        if status == Status::ActiveHuman {
            assert_eq!(fate, Fate::Refused { code: Refusal::HumanActive });
        } else {
            assert!(matches!(fate, Fate::Accepted { .. }), "{status:?}: {fate:?}");
        }
    }
}

#[test]
fn au29_a_reply_that_has_not_seen_anothers_collides() {
    let chat = &mut Chat::new();
    let (mut bo, mut cy) = (chat.agent(AgentRole::Agent), chat.agent(AgentRole::Agent));
    let late = bo.writes(chat, "it is so");
    cy.said(chat, "it is not");
    let newest = cy.said(chat, "at all");
    chat.visitor().said(chat, "what a visitor says is no reply");
    let at = chat
        .authority
        .history(bo.document().kind)
        .puts(rejoinder_core::conversation::layout::Key::Message(newest));
    let newest = at.map(|(seq, _)| seq).next().unwrap();
    assert_eq!(chat.push(&bo, &late), Fate::Collision { newest });
    // Sent anyway, with what had come before their eyes.
    let mut again = bo.tab(chat);
    assert!(again.seen >= newest);
    let letter = again.sends(chat, bo.kind(), late.words[0].clone());
    chat.accepts(&again, &letter);
}

#[test]
fn au29_neither_own_nor_recalled_replies_collide() {
    let chat = &mut Chat::new();
    let (mut bo, mut cy) = (chat.agent(AgentRole::Agent), chat.agent(AgentRole::Agent));
    let mut phone = bo.tab(chat);
    let late = phone.writes(chat, "from my phone");
    bo.said(chat, "from my desk");
    let message = cy.said(chat, "wrong window");
    cy.did(chat, Operation::Recall { message });
    chat.accepts(&phone, &late);
}

#[test]
fn au30_closing_and_handing_back_ask_about_what_the_visitor_wrote() {
    let deeds = [
        Operation::Close,
        Operation::SetStatus { status: Status::ActiveAi },
        Operation::SetStatus { status: Status::WaitingForHuman },
        Operation::Assign { assignee: None },
    ];
    for deed in deeds {
        let chat = &mut Chat::new();
        let (mut ann, mut bo) = (chat.visitor(), chat.agent(AgentRole::Agent));
        bo.did(chat, Operation::Assign { assignee: Some(bo.id()) });
        let late = bo.does(chat, deed);
        ann.said(chat, "wait, one more thing");
        let newest = chat.authority.history(bo.document().kind).last();
        assert_eq!(chat.push(&bo, &late), Fate::Collision { newest }, "{deed:?}");
        assert_eq!(chat.authority.status(), Status::ActiveHuman);
        assert!(!chat.authority.closed() && newest > Seq(1));
        bo.tab(chat).did(chat, deed);
    }
}

#[test]
fn au30_a_visitor_closes_without_being_asked() {
    let chat = &mut Chat::new();
    let mut ann = chat.visitor();
    let close = ann.closes(chat);
    ann.tab(chat).said(chat, "from another tab");
    chat.accepts(&ann, &close);
    assert!(chat.authority.closed());
}

#[test]
fn rt44_the_server_releases_what_waits_under_the_name_of_who_is_gone() {
    let chat = &mut Chat::new();
    let mut bo = chat.agent(AgentRole::Agent);
    let from = bo.id();
    let release = |chat: &mut Chat| {
        let mut admission = rejoinder_core::authority::Admission::default();
        let (policy, now) = (chat.policy, chat.now);
        let released = chat.authority.release(&mut admission, from, &policy, now, &mut chat.dice);
        assert_eq!(released, !admission.is_empty());
        chat.commit(admission);
        released
    };
    assert!(!release(chat), "it is nobody's");
    bo.did(chat, Operation::Assign { assignee: Some(from) });
    assert!(!release(chat), "it does not wait");
    bo.did(chat, Operation::SetStatus { status: Status::WaitingForHuman });
    assert!(release(chat));
    assert_eq!(notices(chat), [(Notice::Released, None)]);
    assert_eq!(chat.authority.assignee(), None);
    assert!(!release(chat), "somebody else may have it by now");
    chat.restarts();
    assert_eq!(
        (chat.authority.assignee(), chat.authority.status()),
        (None, Status::WaitingForHuman)
    );
}

#[test]
fn rt47_the_server_makes_those_mentioned_follow_once() {
    let chat = &mut Chat::new();
    let (bo, cy) = (chat.agent(AgentRole::Agent).id(), chat.agent(AgentRole::Agent).id());
    for expected in [2, 0] {
        let mut admission = rejoinder_core::authority::Admission::default();
        let (policy, now, both) = (chat.policy, chat.now, [bo, cy].into());
        chat.authority.follow(&mut admission, &both, &policy, now, &mut chat.dice);
        assert_eq!(admission.rows.len(), expected);
        chat.commit(admission);
    }
    chat.restarts();
    let mut expected = vec![bo, cy];
    expected.sort();
    assert_eq!(chat.authority.summary().team.collaborators, expected);
}
