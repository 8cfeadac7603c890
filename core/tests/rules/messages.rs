//! Messages: who writes, edits and recalls what, and what concurrent changes come to.

use rejoinder_core::authority::Admission;
use rejoinder_core::authority::fate::{Fate, Refusal};
use rejoinder_core::authority::log::Tombstone;
use rejoinder_core::authority::policy::Policy;
use rejoinder_core::conversation::layout::{Content, Key, Kind, Notice, Status, Value};
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::{DocumentKind, MessageId};
use rejoinder_core::principal::{AgentRole, Principal};

use crate::chat::{Chat, NOTHING, Person, is_recalled};

const TIMELINE: DocumentKind = DocumentKind::Timeline;

/// Everybody who could speak, in a conversation where the assistant may.
fn cast(chat: &mut Chat) -> [Person; 4] {
    chat.has_status(Status::ActiveAi);
    let agent = chat.agent(AgentRole::Agent);
    [chat.visitor(), agent.clone(), chat.assistant(), agent.on_team(chat)]
}

#[test]
fn au19_everybody_writes_messages_of_their_own_kind() {
    let kinds = [Kind::Visitor, Kind::Agent, Kind::Assistant, Kind::Note];
    for speaker in 0..4 {
        for kind in kinds {
            let chat = &mut Chat::new();
            let mut person = cast(chat)[speaker].clone();
            let words = person.revision(chat, NOTHING, "as whom?");
            let letter = person.sends(chat, kind, words);
            let fate = chat.push(&person, &letter);
            let own = kinds[speaker] == kind;
            assert_eq!(matches!(fate, Fate::Accepted { .. }), own, "{speaker} as {kind:?}");
            if !own {
                assert_eq!(fate, Fate::Refused { code: Refusal::NotAllowed });
            }
        }
    }
}

#[test]
fn au19_system_messages_are_the_servers_alone() {
    let chat = &mut Chat::new();
    let announce = Operation::Announce { message: NOTHING, notice: Notice::Closed, subject: None };
    for mut person in cast(chat) {
        let fate = person.tries(chat, announce);
        assert_eq!(fate, Fate::Refused { code: Refusal::NotAllowed });
    }
}

#[test]
fn au20_a_message_is_edited_by_its_author_only() {
    let chat = &mut Chat::new();
    let [mut ann, mut bo, mut robot, mut note] = cast(chat);
    let hers = ann.said(chat, "hello");
    let machine = robot.said(chat, "beep");
    let his = bo.said(chat, "hello Ann");
    let pinned = note.said(chat, "a note");
    let owner = chat.agent(AgentRole::Owner);
    let mut try_edit = |person: &Person, message: MessageId| {
        let mut session = person.tab(chat);
        let letter = session.edits(chat, message, "better");
        chat.push(&session, &letter)
    };
    for stranger in [&bo, &robot, &owner] {
        assert_eq!(try_edit(stranger, hers), Fate::Refused { code: Refusal::NotYours });
    }
    for stranger in [&ann, &owner, &robot] {
        assert_eq!(try_edit(stranger, his), Fate::Refused { code: Refusal::NotYours });
    }
    for stranger in [&robot, &owner, &bo] {
        assert_eq!(try_edit(stranger, machine), Fate::Refused { code: Refusal::NotYours });
    }
    for (author, message) in [(&ann, hers), (&bo, his), (&note, pinned)] {
        assert!(matches!(try_edit(author, message), Fate::Accepted { .. }));
    }
}

#[test]
fn au20_a_visitor_edits_where_the_site_allows_it() {
    let chat = &mut Chat::new();
    let mut ann = chat.visitor();
    let hello = ann.said(chat, "hello");
    chat.policy.visitor_edits = false;
    let letter = ann.edits(chat, hello, "hello!");
    chat.refuses(&ann, &letter, Refusal::NotAllowed);
}

/// The newest system message.
fn announced(chat: &Chat) -> MessageId {
    let history = chat.authority.history(TIMELINE);
    let newest = history.entries().rev().find_map(|(_, entry)| match (entry.key, entry.value) {
        (Key::Message(id), Value::Message(value)) => {
            matches!(value.content, Content::System { .. }).then_some(id)
        }
        _ => None,
    });
    newest.unwrap()
}

#[test]
fn au21_who_recalls_what() {
    // Rows: who tries. Columns: the visitor's, the agent's, the assistant's, a note, the system's.
    let table = [
        ("visitor", "yes no no - no"),
        ("author", "no yes no yes no"),
        ("assistant", "no no yes no no"),
        ("another agent", "no no no no no"),
        ("account manager", "no no no no no"),
        ("supervisor", "no yes yes yes no"),
        ("admin", "no yes yes yes no"),
        ("owner", "no yes yes yes no"),
    ];
    for (row, (name, cells)) in table.into_iter().enumerate() {
        for (column, cell) in cells.split(' ').enumerate() {
            let chat = &mut Chat::new();
            let [mut ann, mut bo, mut robot, mut note] = cast(chat);
            robot.said(chat, "beep");
            let machine = announced_or(chat, &robot);
            let messages = [ann.said(chat, "a"), bo.said(chat, "b"), machine, note.said(chat, "n")];
            chat.agent(AgentRole::Agent).did(chat, Operation::Assign { assignee: None });
            let others = [
                ann,
                bo,
                robot,
                chat.agent(AgentRole::Agent),
                chat.agent(AgentRole::AccountManager),
                chat.agent(AgentRole::Supervisor),
                chat.agent(AgentRole::Admin),
                chat.agent(AgentRole::Owner),
            ];
            let who = &others[row];
            let message = messages.get(column).copied().unwrap_or_else(|| announced(chat));
            let mut session = if column == 3 { who.on_team(chat) } else { who.tab(chat) };
            let letter = session.recalls(chat, message);
            let fate = chat.push(&session, &letter);
            let accepted = matches!(fate, Fate::Accepted { .. });
            assert_eq!(accepted, cell == "yes", "{name}, column {column}: {fate:?}");
            let no = [Refusal::NotYours, Refusal::NotAllowed].map(|code| Fate::Refused { code });
            assert!(accepted || no.contains(&fate), "{name}, column {column}: {fate:?}");
        }
    }
}

/// The assistant's newest message.
fn announced_or(chat: &Chat, robot: &Person) -> MessageId {
    let history = chat.authority.history(TIMELINE);
    let own = |(_, entry): (_, &rejoinder_core::conversation::history::Entry)| match entry.key {
        Key::Message(id) if history.message(id).unwrap().author == robot.id() => Some(id),
        _ => None,
    };
    history.entries().rev().find_map(own).unwrap()
}

#[test]
fn au21_the_assistants_message_is_recalled_by_whoever_has_the_conversation() {
    let chat = &mut Chat::new();
    let [_, mut bo, mut robot, _] = cast(chat);
    let message = robot.said(chat, "beep");
    let recall = Operation::Recall { message };
    assert_eq!(bo.tries(chat, recall), Fate::Refused { code: Refusal::NotYours });
    bo.did(chat, Operation::Assign { assignee: Some(bo.id()) });
    bo.did(chat, recall);
    assert!(is_recalled(chat, TIMELINE, message));
}

#[test]
fn au21_a_visitor_recalls_where_the_site_allows_it() {
    let chat = &mut Chat::new();
    let mut ann = chat.visitor();
    let message = ann.said(chat, "hello");
    chat.policy.visitor_recalls = false;
    let fate = ann.tries(chat, Operation::Recall { message });
    assert_eq!(fate, Fate::Refused { code: Refusal::NotAllowed });
    assert_eq!(chat.texts(), ["hello"]);
}

#[test]
fn au22_another_conversations_message_is_unknown() {
    let (chat, other) = (&mut Chat::new(), &mut Chat::seeded(2));
    let mut owner = chat.agent(AgentRole::Owner);
    let elsewhere = other.visitor().said(other, "in another conversation");
    let note = owner.on_team(chat).said(chat, "in the team document");
    for message in [elsewhere, note, NOTHING] {
        let recall = Operation::Recall { message };
        assert_eq!(owner.tries(chat, recall), Fate::Refused { code: Refusal::UnknownMessage });
        let mut session = owner.tab(chat);
        let edit = session.edits(chat, message, "mine now");
        chat.refuses(&session, &edit, Refusal::UnknownMessage);
    }
    assert_eq!(other.texts(), ["in another conversation"]);
    assert_eq!(chat.texts(), ["in the team document"]);
}

#[test]
fn au22_a_message_that_its_author_could_not_see_is_unknown() {
    let chat = &mut Chat::new();
    let mut supervisor = chat.agent(AgentRole::Supervisor);
    let message = chat.agent(AgentRole::Agent).said(chat, "unseen");
    let letter = supervisor.recalls(chat, message);
    chat.refuses(&supervisor, &letter, Refusal::UnknownMessage);
}

#[test]
fn au23_whether_it_was_recalled_is_judged_by_what_its_author_saw() {
    let chat = &mut Chat::new();
    let mut bo = chat.agent(AgentRole::Agent);
    let message = bo.said(chat, "the secret");
    let (mut first, mut second) = (bo.tab(chat), bo.tab(chat));
    let (recall, late) = (first.recalls(chat, message), second.recalls(chat, message));
    chat.accepts(&first, &recall);
    chat.accepts(&second, &late);
    assert_eq!(chat.last.recalled, []);
    let again = bo.tries(chat, Operation::Recall { message });
    assert_eq!(again, Fate::Refused { code: Refusal::AlreadyRecalled });
    let mut session = bo.tab(chat);
    let edit = session.edits(chat, message, "the secret again");
    chat.refuses(&session, &edit, Refusal::Recalled);
}

#[test]
fn op9_concurrent_edits_are_all_readable_and_the_highest_wins() {
    let chat = &mut Chat::new();
    let mut bo = chat.agent(AgentRole::Agent);
    let message = bo.said(chat, "draft");
    let mut devices = [bo.tab(chat), bo.tab(chat), bo.tab(chat)];
    let edits = ["one", "two", "three"]
        .iter()
        .zip(&mut devices)
        .map(|(text, device)| device.edits(chat, message, text))
        .collect::<Vec<_>>();
    for (device, edit) in devices.iter().zip(&edits) {
        chat.accepts(device, edit);
    }
    let history = chat.authority.history(TIMELINE);
    let visible = history.visible(Key::Edit(message), &history.now());
    assert_eq!(visible.len(), 3);
    let highest = devices.iter().max_by_key(|device| device.actor).unwrap();
    assert_eq!(history.current(Key::Edit(message)).unwrap().actor, highest.actor);
    // One that has seen them all takes the place of all.
    let mut session = bo.tab(chat);
    let last = session.edits(chat, message, "four");
    chat.accepts(&session, &last);
    let history = chat.authority.history(TIMELINE);
    assert_eq!(history.visible(Key::Edit(message), &history.now()).len(), 1);
    assert_eq!(chat.texts(), ["four"]);
}

#[test]
fn op10_a_recall_beats_every_edit_in_every_order() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let chat = &mut Chat::new();
        let mut bo = chat.agent(AgentRole::Agent);
        let message = bo.said(chat, "the secret");
        let mut devices = [bo.tab(chat), bo.tab(chat), bo.tab(chat)];
        let letters = [
            devices[0].edits(chat, message, "the secret, mended"),
            devices[1].recalls(chat, message),
            devices[2].edits(chat, message, "the secret, mended again"),
        ];
        for at in order {
            chat.accepts(&devices[at], &letters[at]);
        }
        assert!(is_recalled(chat, TIMELINE, message));
        assert_eq!(chat.texts(), [""; 0], "{order:?}");
        chat.restarts();
        assert_eq!(chat.authority.summary().newest, None);
    }
}

#[test]
fn re12_a_recall_that_a_backup_lost_is_written_again() {
    let chat = &mut Chat::new();
    let mut bo = chat.agent(AgentRole::Agent);
    let (message, other) = (bo.said(chat, "the secret"), bo.said(chat, "no secret"));
    let note = bo.on_team(chat).said(chat, "a secret note");
    // The backup is from before the recall; the ledger names it.
    for (kind, message) in [(TIMELINE, message), (DocumentKind::Team, note)] {
        chat.stored.tombstones.push(Tombstone { kind, message });
    }
    chat.restarts();
    let mut admission = Admission::default();
    chat.authority.repair(&mut admission, &Policy::default(), chat.now, &mut chat.dice);
    chat.commit(admission);
    assert_eq!(chat.last.rows.len(), 2);
    assert!(chat.last.rows.iter().all(|row| row.submitted_by == Principal::SERVER.participant));
    assert!(is_recalled(chat, TIMELINE, message) && is_recalled(chat, DocumentKind::Team, note));
    assert!(!is_recalled(chat, TIMELINE, other));
    let mut admission = Admission::default();
    chat.authority.repair(&mut admission, &Policy::default(), chat.now, &mut chat.dice);
    assert!(admission.is_empty(), "once is enough");
}

#[test]
fn re12_a_message_that_comes_back_after_a_restore_is_recalled_at_once() {
    let chat = &mut Chat::new();
    let mut bo = chat.agent(AgentRole::Agent);
    let lost = bo.writes(chat, "the secret");
    let (kind, message) = (TIMELINE, lost.message());
    chat.stored.tombstones.push(Tombstone { kind, message });
    chat.restarts();
    let told = chat.pushes(&bo, &[&lost])[0];
    assert!(matches!(told.fate, Fate::Accepted { .. }) && told.words_gone);
    assert!(is_recalled(chat, kind, message) && chat.words.is_empty());
}
