//! The matrix of roles and the table of statuses, cell by cell.

use rejoinder_core::authority::fate::{Fate, Refusal};
use rejoinder_core::authority::policy::may_move;
use rejoinder_core::conversation::layout::{Priority, Status};
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::{CategoryId, DocumentKind, MessageId, ParticipantId};
use rejoinder_core::principal::{AgentRole, Role};

use crate::chat::{Chat, Person};

const SOMEBODY: ParticipantId = ParticipantId::from_bytes([8; 16]);

/// The conversation that a row of the matrix is tried in: the agent has it and has written there.
struct Scene {
    chat: Chat,
    me: Person,
    team: Person,
    mine: MessageId,
    others: MessageId,
}

fn scene(role: AgentRole) -> Scene {
    let mut chat = Chat::new();
    let me = chat.agent(role);
    let others = chat.agent(AgentRole::Owner).said(&mut chat, "of another agent");
    me.clone().did(&mut chat, Operation::Assign { assignee: Some(me.id()) });
    let mine = me.clone().said(&mut chat, "my own");
    let (me, team) = (me.tab(&mut chat), me.on_team(&mut chat));
    Scene { chat, me, team, mine, others }
}

type Deed = fn(&mut Scene) -> Fate;

const REPLY: Deed = |scene| {
    let letter = scene.me.writes(&mut scene.chat, "a reply");
    scene.chat.push(&scene.me, &letter)
};
const NOTE: Deed = |scene| {
    let letter = scene.team.writes(&mut scene.chat, "a note");
    scene.chat.push(&scene.team, &letter)
};
const EDIT: Deed = |scene| {
    let letter = scene.me.edits(&mut scene.chat, scene.mine, "edited");
    scene.chat.push(&scene.me, &letter)
};
const RECALL: Deed = |scene| timeline(scene, Operation::Recall { message: scene.mine });
const RECALL_ANOTHERS: Deed = |scene| timeline(scene, Operation::Recall { message: scene.others });
const CLAIM: Deed = |scene| {
    timeline(scene, Operation::Assign { assignee: None });
    let mut me = scene.me.tab(&mut scene.chat);
    let letter = me.claims(&mut scene.chat);
    scene.chat.push(&me, &letter)
};
const HAND_ON: Deed = |scene| timeline(scene, Operation::Assign { assignee: Some(SOMEBODY) });
const TAKE_FROM_ANOTHER: Deed = |scene| {
    let mut owner = scene.chat.agent(AgentRole::Owner);
    owner.did(&mut scene.chat, Operation::Assign { assignee: Some(SOMEBODY) });
    // Support Agents still see it, as they follow it.
    let follows = Operation::SetCollaborator { participant: scene.me.id(), follows: true };
    owner.on_team(&mut scene.chat).did(&mut scene.chat, follows);
    let assignee = Some(scene.me.id());
    let mut me = scene.me.tab(&mut scene.chat);
    me.tries(&mut scene.chat, Operation::Assign { assignee })
};
const STATUS: Deed = |scene| timeline(scene, Operation::SetStatus { status: Status::ActiveAi });
const CLOSE: Deed = |scene| timeline(scene, Operation::Close);
const PRIORITY: Deed = |scene| team(scene, Operation::SetPriority { priority: Priority::High });
const COLLABORATOR: Deed =
    |scene| team(scene, Operation::SetCollaborator { participant: SOMEBODY, follows: true });
const CATEGORY: Deed =
    |scene| team(scene, Operation::SetCategory { category: Some(CategoryId::from_bytes([2; 16])) });

fn timeline(scene: &mut Scene, operation: Operation) -> Fate {
    scene.me.tries(&mut scene.chat, operation)
}

fn team(scene: &mut Scene, operation: Operation) -> Fate {
    scene.team.tries(&mut scene.chat, operation)
}

#[test]
fn au18_the_matrix_of_roles() {
    let rows: [(&str, Deed, &str); 13] = [
        ("reply", REPLY, "yes yes yes yes yes yes"),
        ("note", NOTE, "yes yes yes yes yes yes"),
        ("edit own", EDIT, "yes yes yes yes yes yes"),
        ("recall own", RECALL, "yes yes yes yes yes yes"),
        ("claim", CLAIM, "yes yes yes yes yes yes"),
        ("status", STATUS, "yes yes yes yes yes yes"),
        ("close", CLOSE, "yes yes yes yes yes yes"),
        ("priority", PRIORITY, "yes yes yes yes yes yes"),
        ("collaborators", COLLABORATOR, "yes yes yes yes yes yes"),
        ("reassign own", HAND_ON, "no yes yes yes yes yes"),
        ("category", CATEGORY, "no no yes yes yes yes"),
        ("reassign any", TAKE_FROM_ANOTHER, "no no no yes yes yes"),
        ("recall any agent's", RECALL_ANOTHERS, "no no no yes yes yes"),
    ];
    for (name, deed, cells) in rows {
        for (role, cell) in AgentRole::ALL.into_iter().zip(cells.split(' ')) {
            let fate = deed(&mut scene(role));
            let accepted = matches!(fate, Fate::Accepted { .. });
            assert_eq!(accepted, cell == "yes", "{name} by {role:?}: {fate:?}");
            let codes = [Refusal::NotAllowed, Refusal::NotYours, Refusal::AlreadyClaimed];
            let refused = codes.map(|code| Fate::Refused { code }).contains(&fate);
            assert!(accepted || refused, "{name} by {role:?}: {fate:?}");
        }
    }
}

#[test]
fn au18_what_visitors_and_the_assistant_may_do() {
    let rows = [
        (Operation::Assign { assignee: None }, false, false),
        (Operation::Close, true, false),
        (Operation::SetStatus { status: Status::WaitingForHuman }, true, true),
    ];
    for (operation, visitor, assistant) in rows {
        for (may, is_visitor) in [(visitor, true), (assistant, false)] {
            let chat = &mut Chat::new();
            chat.has_status(Status::ActiveAi);
            let mut person = if is_visitor { chat.visitor() } else { chat.assistant() };
            let fate = person.tries(chat, operation);
            assert_eq!(matches!(fate, Fate::Accepted { .. }), may, "{operation:?}: {fate:?}");
        }
    }
    for operation in [
        Operation::SetPriority { priority: Priority::Low },
        Operation::SetCategory { category: None },
        Operation::SetCollaborator { participant: SOMEBODY, follows: true },
    ] {
        let chat = &mut Chat::new();
        let (visitor, assistant) = (chat.visitor(), chat.assistant());
        for person in [visitor, assistant] {
            let fate = person.on_team(chat).tries(chat, operation);
            assert_eq!(fate, Fate::Refused { code: Refusal::NotAllowed });
        }
    }
}

#[test]
fn au36_a_visitor_reaches_their_own_timeline_only() {
    let (chat, other) = (&mut Chat::new(), &mut Chat::seeded(2));
    let stranger = other.visitor().principal;
    let mut stranger = chat.person(stranger, DocumentKind::Timeline);
    let letter = stranger.writes(chat, "let me in");
    chat.refuses(&stranger, &letter, Refusal::NotAllowed);
    let mut ann = chat.visitor().on_team(chat);
    let words = ann.revision(chat, crate::chat::NOTHING, "a note of a visitor");
    let letter = ann.sends(chat, rejoinder_core::conversation::layout::Kind::Note, words);
    chat.refuses(&ann, &letter, Refusal::NotAllowed);
}

#[test]
fn au36_a_support_agent_reaches_own_unassigned_and_followed_conversations() {
    let chat = &mut Chat::new();
    let (mut sue, mut bo) = (chat.agent(AgentRole::SupportAgent), chat.agent(AgentRole::Agent));
    sue.said(chat, "unassigned");
    bo.did(chat, Operation::Assign { assignee: Some(bo.id()) });
    let mut barred = sue.tab(chat);
    let letter = barred.writes(chat, "another's");
    chat.refuses(&barred, &letter, Refusal::NotAllowed);
    let mut team = bo.on_team(chat);
    let participant = sue.id();
    team.did(chat, Operation::SetCollaborator { participant, follows: true });
    sue.tab(chat).said(chat, "followed");
    team.did(chat, Operation::SetCollaborator { participant, follows: false });
    let mut barred = sue.tab(chat);
    let letter = barred.writes(chat, "no longer followed");
    chat.refuses(&barred, &letter, Refusal::NotAllowed);
    bo.did(chat, Operation::Assign { assignee: Some(sue.id()) });
    sue.tab(chat).said(chat, "own");
}

#[test]
fn au26_the_table_of_statuses() {
    use Status::{ActiveAi, ActiveHuman, AwaitingOfflineInfo, WaitingForHuman};
    for &from in Status::ALL {
        for &to in Status::ALL {
            let visitor = matches!(from, ActiveAi | AwaitingOfflineInfo) && to == WaitingForHuman;
            let assistant = from == to
                || from == ActiveAi && matches!(to, WaitingForHuman | AwaitingOfflineInfo);
            let agent = from == to || matches!(to, ActiveHuman | ActiveAi | WaitingForHuman);
            let chat = &mut Chat::new();
            let cast = [
                (chat.visitor(), visitor),
                (chat.assistant(), assistant),
                (chat.agent(AgentRole::SupportAgent), agent),
                (chat.agent(AgentRole::Owner), agent),
                (chat.server(), true),
            ];
            for (mut person, may) in cast {
                chat.has_status(from);
                let role: Role = person.principal.role;
                assert_eq!(may_move(from, to, role), may, "{role:?}: {from:?} -> {to:?}");
                let fate = person.tries(chat, Operation::SetStatus { status: to });
                if may {
                    assert!(matches!(fate, Fate::Accepted { .. }), "{fate:?}");
                    assert_eq!(chat.authority.status(), to);
                } else {
                    assert_eq!(fate, Fate::Refused { code: Refusal::StatusNotAllowed });
                    assert_eq!(chat.authority.status(), from);
                }
            }
        }
    }
}

#[test]
fn op15_a_document_without_a_status_waits_for_a_human() {
    assert_eq!(Chat::new().authority.status(), Status::WaitingForHuman);
}
