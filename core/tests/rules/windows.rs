//! Which of their messages people may still change: `any`, `last`, `minutes`.

use rejoinder_core::authority::fate::{Fate, Refusal};
use rejoinder_core::authority::policy::Window;
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::MessageId;
use rejoinder_core::principal::AgentRole;

use crate::chat::{Chat, Person};

fn with(edit: Window, recall: Window) -> Chat {
    let mut chat = Chat::new();
    (chat.policy.edit, chat.policy.recall) = (edit, recall);
    chat
}

fn edits(chat: &mut Chat, person: &Person, message: MessageId) -> Fate {
    let mut session = person.tab(chat);
    let letter = session.edits(chat, message, "edited");
    chat.push(&session, &letter)
}

fn recalls(chat: &mut Chat, person: &Person, message: MessageId) -> Fate {
    person.clone().tries(chat, Operation::Recall { message })
}

const NOT_THE_LAST: Fate = Fate::Refused { code: Refusal::NotTheLast };
const TOO_LATE: Fate = Fate::Refused { code: Refusal::TooLate };

fn is_accepted(fate: Fate) -> bool {
    matches!(fate, Fate::Accepted { .. })
}

#[test]
fn au24_any_message_by_default() {
    let chat = &mut Chat::new();
    let mut bo = chat.agent(AgentRole::SupportAgent);
    let old = bo.said(chat, "old");
    bo.said(chat, "new");
    chat.now = chat.now.plus_millis(1_000_000_000_000);
    assert!(is_accepted(edits(chat, &bo, old)));
    assert!(is_accepted(recalls(chat, &bo, old)));
}

#[test]
fn au24_the_last_message_only() {
    let chat = &mut with(Window::Last, Window::Last);
    let (mut ann, mut bo) = (chat.visitor(), chat.agent(AgentRole::Agent));
    for mut person in [ann.clone(), bo.clone()] {
        let (old, new) = (person.said(chat, "old"), person.said(chat, "new"));
        // What others wrote since does not matter.
        ann.said(chat, "of the visitor");
        bo.said(chat, "of the agent");
        let last = person.said(chat, "newest");
        assert_eq!(edits(chat, &person, new), NOT_THE_LAST);
        assert_eq!(recalls(chat, &person, old), NOT_THE_LAST);
        assert!(is_accepted(edits(chat, &person, last)));
        assert!(is_accepted(recalls(chat, &person, last)));
    }
}

#[test]
fn au24_last_is_judged_by_what_its_author_saw() {
    let chat = &mut with(Window::Last, Window::Any);
    let mut bo = chat.agent(AgentRole::Agent);
    let first = bo.said(chat, "first");
    let mut offline = bo.tab(chat);
    let edit = offline.edits(chat, first, "first, mended offline");
    bo.said(chat, "second");
    chat.accepts(&offline, &edit);
}

#[test]
fn au24_for_some_minutes() {
    let chat = &mut with(Window::Minutes(15), Window::Minutes(1));
    let mut bo = chat.agent(AgentRole::Agent);
    let message = bo.said(chat, "hello");
    let sent = chat.now;
    for (minutes, may_edit, may_recall) in [(0, true, true), (2, true, false), (16, false, false)] {
        chat.now = sent.plus_millis(minutes * 60_000);
        let mut session = bo.tab(chat);
        session.clock = chat.now;
        let edit = session.edits(chat, message, "hello!");
        let fate = chat.push(&session, &edit);
        assert_eq!(is_accepted(fate), may_edit, "{minutes}: {fate:?}");
        assert!(may_edit || fate == TOO_LATE);
        if !may_recall {
            assert_eq!(recalls(chat, &bo, message), TOO_LATE);
        }
    }
    chat.policy.recall = Window::Minutes(u32::MAX);
    assert!(is_accepted(recalls(chat, &bo, message)));
}

#[test]
fn au24_edits_and_recalls_each_by_themselves() {
    let chat = &mut with(Window::Last, Window::Any);
    let mut bo = chat.agent(AgentRole::Agent);
    let old = bo.said(chat, "old");
    bo.said(chat, "new");
    assert_eq!(edits(chat, &bo, old), NOT_THE_LAST);
    assert!(is_accepted(recalls(chat, &bo, old)));
}

#[test]
fn au24_supervisors_recall_whenever_they_want() {
    let chat = &mut with(Window::Last, Window::Minutes(0));
    let (mut bo, mut sue) = (chat.agent(AgentRole::Agent), chat.agent(AgentRole::Supervisor));
    let (his, hers) = (bo.said(chat, "his"), sue.said(chat, "hers"));
    bo.said(chat, "later");
    chat.now = chat.now.plus_millis(3_600_000);
    assert_eq!(recalls(chat, &bo, his), TOO_LATE);
    assert!(is_accepted(recalls(chat, &sue, his)));
    assert!(is_accepted(recalls(chat, &sue, hers)));
}

#[test]
fn au24_windows_read_back_from_their_text() {
    for window in [Window::Any, Window::Last, Window::Minutes(0), Window::Minutes(u32::MAX)] {
        assert_eq!(window.to_string().parse(), Ok(window));
    }
    for text in ["", "ANY", "minutes", "minutes()", "minutes(-1)", "minutes(4294967296)"] {
        let error = text.parse::<Window>().unwrap_err().to_string();
        assert!(error.contains(&format!("'{text}'")), "{error}");
    }
}
