//! Where an operation says it was composed: each attack on a context has its answer.

use rejoinder_core::authority::fate::{Fate, Refusal};
use rejoinder_core::conversation::layout::Status;
use rejoinder_core::conversation::operation::{Context, Operation};
use rejoinder_core::id::{ChangeHash, DocumentKind, ParticipantId};
use rejoinder_core::limits;
use rejoinder_core::principal::{AgentRole, Principal, Role};
use rejoinder_core::time::Timestamp;

use crate::chat::{Chat, Letter, Person};

/// An operation in a context that need not be possible.
fn in_context(chat: &mut Chat, person: &Person, context: Context) -> Letter {
    let operation = Operation::SetStatus { status: Status::INITIAL };
    person.letter(chat, operation, context, ChangeHash([7; 32]))
}

fn with_dependencies(chat: &mut Chat, person: &Person, dependencies: Vec<ChangeHash>) -> Letter {
    in_context(chat, person, Context { dependencies, ..person.context() })
}

/// Three concurrent messages, so that there are several heads to name.
fn three_heads(chat: &mut Chat) -> Vec<ChangeHash> {
    let mut tabs = [chat.visitor(), chat.visitor(), chat.visitor()];
    for tab in &mut tabs {
        let letter = tab.writes(chat, "hello");
        chat.accepts(tab, &letter);
    }
    chat.authority.history(DocumentKind::Timeline).heads()
}

#[test]
fn au6_dependencies_are_some_ascending_and_each_once() {
    let chat = &mut Chat::new();
    let heads = three_heads(chat);
    let (mut reversed, mut doubled) = (heads.clone(), heads.clone());
    reversed.reverse();
    doubled.insert(0, doubled[0]);
    for dependencies in [Vec::new(), reversed, doubled] {
        let bo = chat.agent(AgentRole::Agent);
        let letter = with_dependencies(chat, &bo, dependencies);
        chat.refuses(&bo, &letter, Refusal::BadDependencies);
    }
    let mut bo = chat.agent(AgentRole::Agent);
    assert_eq!(bo.context().dependencies, heads);
    bo.said(chat, "all three");
}

#[test]
fn au6_dependencies_are_at_most_256() {
    let chat = &mut Chat::new();
    let bo = chat.agent(AgentRole::Agent);
    let many = |count: usize| {
        (0..count).map(|n| {
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&(n as u64).to_be_bytes());
            ChangeHash(hash)
        })
    };
    let letter = with_dependencies(chat, &bo, many(limits::DEPENDENCIES).collect());
    assert_eq!(chat.push(&bo, &letter), Fate::UnknownDependency);
    let letter = with_dependencies(chat, &bo, many(limits::DEPENDENCIES + 1).collect());
    chat.refuses(&bo, &letter, Refusal::BadDependencies);
}

#[test]
fn au7_own_previous_change_is_among_the_dependencies() {
    let chat = &mut Chat::new();
    let mut ann = chat.visitor();
    let genesis = ann.context().dependencies;
    ann.said(chat, "first");
    // Automerge takes such a change, and the saved document loads never again.
    let letter = with_dependencies(chat, &ann, genesis);
    chat.refuses(&ann, &letter, Refusal::BadDependencies);
}

#[test]
fn au7_own_previous_change_is_named_although_others_build_on_it() {
    let chat = &mut Chat::new();
    let mut ann = chat.visitor();
    ann.said(chat, "first");
    chat.agent(AgentRole::Agent).said(chat, "and you?");
    ann.pulls(chat);
    let heads = ann.history.heads();
    let letter = with_dependencies(chat, &ann, heads.clone());
    assert!(ann.context().dependencies.len() > heads.len());
    chat.refuses(&ann, &letter, Refusal::BadDependencies);
}

#[test]
fn au8_an_unknown_dependency_is_told_and_nothing_remembered() {
    let chat = &mut Chat::new();
    let mut ann = chat.visitor();
    let (first, second) = (ann.writes(chat, "first"), ann.writes(chat, "second"));
    // The second overtakes the first: a gap in the actor's seqs.
    assert_eq!(chat.push(&ann, &second), Fate::UnknownDependency);
    let other = with_dependencies(chat, &ann, vec![ChangeHash([9; 32])]);
    let mut bo = chat.agent(AgentRole::Agent);
    assert_eq!(chat.push(&bo, &in_agents_name(other, &bo)), Fate::UnknownDependency);
    assert!(chat.last.is_empty());
    chat.accepts(&ann, &first);
    chat.accepts(&ann, &second);
    bo.said(chat, "the actor is open still");
}

fn in_agents_name(mut letter: Letter, agent: &Person) -> Letter {
    letter.submission.context.author = agent.id();
    letter.submission.context.actor = agent.actor;
    letter.submission.context.actor_seq = 1;
    letter
}

#[test]
fn au9_an_actor_seq_is_used_once() {
    let chat = &mut Chat::new();
    let mut ann = chat.visitor();
    let mut same_actor = ann.clone();
    ann.said(chat, "first");
    let other = same_actor.writes(chat, "in its place");
    chat.refuses(&ann, &other, Refusal::ReusedSeq);
    let bo = chat.agent(AgentRole::Agent);
    let letter = in_context(chat, &bo, Context { actor_seq: u64::MAX, ..bo.context() });
    assert_eq!(chat.push(&bo, &letter), Fate::UnknownDependency);
    let letter = in_context(chat, &bo, Context { actor_seq: 0, ..bo.context() });
    chat.refuses(&bo, &letter, Refusal::ReusedSeq);
}

#[test]
fn au10_a_past_leaves_out_at_most_what_an_outbox_holds() {
    let chat = &mut Chat::new();
    let mut bo = chat.agent(AgentRole::Agent);
    chat.visitor().said(chat, "what the agent never pulls");
    for _ in 0..=limits::OUTBOX_OPERATIONS {
        let letter = bo.does(chat, Operation::SetStatus { status: Status::ActiveHuman });
        chat.accepts(&bo, &letter);
    }
    let letter = with_dependencies(chat, &bo, bo.context().dependencies);
    chat.refuses(&bo, &letter, Refusal::BadDependencies);
    bo.tab(chat).said(chat, "after a pull all is well");
}

#[test]
fn au11_a_hash_is_that_of_the_composed_change() {
    let chat = &mut Chat::new();
    let ann = chat.visitor();
    for hash in [ChangeHash([0; 32]), ChangeHash([0xff; 32])] {
        let mut tab = ann.tab(chat);
        let mut letter = tab.writes(chat, "hello");
        letter.submission.hash = hash;
        chat.refuses(&tab, &letter, Refusal::HashDiffers);
    }
    // Any part of operation or context that was changed on the way shows in the hash.
    let mut tab = ann.tab(chat);
    let mut letter = tab.writes(chat, "hello");
    letter.submission.context.time = letter.submission.context.time.plus_millis(1);
    chat.refuses(&tab, &letter, Refusal::HashDiffers);
}

#[test]
fn au12_an_actor_belongs_to_one_principal() {
    let chat = &mut Chat::new();
    let mut ann = chat.visitor();
    let hello = ann.said(chat, "hello");
    let mut thief = chat.agent(AgentRole::Owner);
    thief.actor = ann.actor;
    for _ in 0..2 {
        let letter = thief.clone().recalls(chat, hello);
        chat.refuses(&thief, &letter, Refusal::ForeignActor);
        chat.restarts();
    }
    ann.said(chat, "and its owner goes on");
}

#[test]
fn au12_an_actor_belongs_to_one_document() {
    let chat = &mut Chat::new();
    let mut bo = chat.agent(AgentRole::Agent);
    bo.said(chat, "hello");
    let mut note = bo.on_team(chat);
    note.actor = bo.actor;
    let letter = note.clone().writes(chat, "a note");
    chat.refuses(&note, &letter, Refusal::ForeignActor);
    let mut tab = bo.tab(chat);
    // Bound in another conversation, as storage knows.
    chat.elsewhere.actors.insert(tab.actor);
    let letter = tab.writes(chat, "elsewhere");
    chat.refuses(&tab, &letter, Refusal::ForeignActor);
}

#[test]
fn au12_the_servers_own_actor_is_nobody_elses() {
    let chat = &mut Chat::new();
    chat.agent(AgentRole::Agent).said(chat, "the server sets the status");
    let server = chat.stored.rows.last().unwrap().context.actor;
    let mut bo = chat.agent(AgentRole::Agent);
    bo.actor = server;
    let letter = bo.writes(chat, "as the server");
    chat.refuses(&bo, &letter, Refusal::ForeignActor);
}

#[test]
fn au13_an_author_is_one_of_the_principals_ids() {
    let chat = &mut Chat::new();
    let mut ann = chat.visitor();
    let mut bo = chat.agent(AgentRole::Owner);
    let letter = ann.writes(chat, "in somebody else's name");
    let forged = in_agents_name(letter, &bo);
    let mut as_ann = forged.clone();
    as_ann.submission.context.author = ann.id();
    chat.refuses(&bo, &as_ann, Refusal::NotYou);
    // One who became known keeps the ids from before.
    let before = ParticipantId::random(&mut chat.dice);
    bo = chat.agent(AgentRole::Agent);
    bo.principal.former.insert(before);
    let context = Context { author: before, ..bo.context() };
    let letter = bo.does_in(chat, Operation::Assign { assignee: Some(before) }, context);
    chat.accepts(&bo, &letter);
}

#[test]
fn au14_a_time_lies_between_1970_and_9999() {
    let chat = &mut Chat::new();
    let last = Timestamp::LAST.as_millis();
    for millis in [i64::MIN, -1, last + 1, i64::MAX] {
        let mut ann = chat.visitor();
        ann.clock = Timestamp::from_millis(millis);
        let letter = ann.writes(chat, "when?");
        chat.refuses(&ann, &letter, Refusal::ImplausibleTime);
    }
    for millis in [0, last] {
        let mut ann = chat.visitor();
        ann.clock = Timestamp::from_millis(millis);
        let letter = ann.writes(chat, "when?");
        chat.accepts(&ann, &letter);
    }
}

#[test]
fn au12_an_actor_that_another_life_of_a_principal_used_is_theirs_still() {
    let chat = &mut Chat::new();
    let mut ann = chat.visitor();
    ann.said(chat, "anonymous");
    // Ann leaves an e-mail address and becomes known, under another participant id.
    let known = ParticipantId::random(&mut chat.dice);
    let mut principal = Principal::new(known, Role::Visitor);
    principal.former.insert(ann.id());
    ann.principal = principal;
    ann.said(chat, "known");
}
