//! What the server itself ends: silent conversations, and words that somebody wants gone.

use std::collections::BTreeSet;

use rejoinder_core::authority::{Admission, Which, notice_before};
use rejoinder_core::conversation::layout::{Notice, Priority, Status};
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::{DocumentKind, ParticipantId};
use rejoinder_core::limits;
use rejoinder_core::principal::AgentRole;
use rejoinder_core::time::Timestamp;

use crate::chat::{Chat, NOON, Person, is_recalled};

const MINUTE: i64 = 60_000;

/// An hour, which is announced ten minutes before.
const SILENCE: i64 = 60 * MINUTE;

/// The server looks at a conversation that may be silent for an hour.
fn looks(chat: &mut Chat, minute: i64) -> Option<i64> {
    looks_with(chat, minute, Some(SILENCE))
}

fn looks_with(chat: &mut Chat, minute: i64, silence: Option<i64>) -> Option<i64> {
    chat.now = NOON.plus_millis(minute * MINUTE);
    let (mut admission, policy, now) = (Admission::default(), chat.policy, chat.now);
    let next = chat.authority.lapse(&mut admission, silence, &policy, now, &mut chat.dice);
    chat.commit(admission);
    // Rows of one conversation are milliseconds apart.
    let minutes = |at: Timestamp| at.millis_since(NOON).div_euclid(MINUTE);
    next.map(minutes)
}

/// The notices that the last look wrote.
fn notices(chat: &Chat) -> Vec<(Notice, Option<ParticipantId>)> {
    let told = chat.written_by_server().into_iter().filter_map(|operation| match operation {
        Operation::Announce { notice, subject, .. } => Some((notice, subject)),
        _ => None,
    });
    told.collect()
}

/// A conversation that an agent took at noon.
fn taken() -> (Chat, Person, Person) {
    let mut chat = Chat::new();
    let (mut ann, mut bo) = (chat.visitor(), chat.agent(AgentRole::Agent));
    ann.said(&mut chat, "hello");
    let assignee = Some(bo.id());
    bo.did(&mut chat, Operation::Assign { assignee });
    (chat, ann, bo)
}

#[test]
fn lc1_a_silent_conversation_is_announced_and_then_closed() {
    let (mut chat, ..) = taken();
    assert_eq!(looks(&mut chat, 0), Some(50));
    assert_eq!(looks(&mut chat, 49), Some(50));
    assert_eq!(notices(&chat), [], "nothing is due");
    assert_eq!(looks(&mut chat, 51), Some(61));
    assert_eq!(notices(&chat), [(Notice::Closing, None)]);
    assert_eq!(looks(&mut chat, 59), Some(61));
    assert_eq!(notices(&chat), [], "it is announced once");
    assert_eq!(looks(&mut chat, 62), None);
    assert_eq!(notices(&chat), [(Notice::Closed, None)]);
    assert!(chat.authority.closed());
    assert_eq!(looks(&mut chat, 500), None);
    assert_eq!(notices(&chat), []);
}

#[test]
fn lc1_a_message_of_anybody_starts_the_clock_again() {
    let (mut chat, mut ann, mut bo) = taken();
    let mut team = bo.on_team(&mut chat);
    looks(&mut chat, 55);
    ann.said(&mut chat, "still here");
    assert_eq!(looks(&mut chat, 70), Some(105), "55 + 50");
    bo.said(&mut chat, "me too");
    assert_eq!(looks(&mut chat, 100), Some(120));
    team.said(&mut chat, "looking it up");
    assert_eq!(looks(&mut chat, 149), Some(150));
    team.did(&mut chat, Operation::SetPriority { priority: Priority::High });
    assert_eq!(looks(&mut chat, 151), Some(161), "nobody has written");
    assert_eq!(notices(&chat), [(Notice::Closing, None)]);
    ann.said(&mut chat, "wait");
    assert_eq!(looks(&mut chat, 170), Some(201), "after an announcement too");
    assert!(!chat.authority.closed());
}

#[test]
fn lc1_a_conversation_that_waited_long_counts_from_when_it_was_taken() {
    let mut chat = Chat::new();
    let (mut ann, mut bo) = (chat.visitor(), chat.agent(AgentRole::Agent));
    ann.said(&mut chat, "hello");
    assert_eq!(looks(&mut chat, 500), None, "it waits: nobody is silent");
    let assignee = Some(bo.id());
    bo.did(&mut chat, Operation::Assign { assignee });
    assert_eq!(looks(&mut chat, 510), Some(550));
    assert_eq!(looks_with(&mut chat, 5_000, None), None, "the site says nothing");
    chat.has_status(Status::ActiveAi);
    assert_eq!(looks(&mut chat, 9_000), None);
    assert!(!chat.authority.closed());
}

#[test]
fn lc2_nobody_is_closed_out_unannounced() {
    let (mut chat, mut ann, _) = taken();
    // The server was down for a day.
    assert_eq!(looks(&mut chat, 1_500), Some(1_510));
    assert_eq!(notices(&chat), [(Notice::Closing, None)]);
    chat.restarts();
    assert_eq!(looks(&mut chat, 1_509), Some(1_510));
    assert_eq!(notices(&chat), [], "a restart forgets no announcement");
    ann.said(&mut chat, "there you are");
    assert_eq!(looks(&mut chat, 1_520), Some(1_559));
    for (silence, before) in [(5, 1), (50, 10), (10_080, 10)] {
        assert_eq!(notice_before(silence * MINUTE), before * MINUTE);
    }
}

#[test]
fn lc3_who_does_not_say_how_to_be_reached_is_not_waited_for() {
    let day = limits::OFFLINE_INFO_MILLIS / MINUTE;
    let mut chat = Chat::new();
    let mut ann = chat.visitor();
    ann.said(&mut chat, "hello");
    chat.has_status(Status::AwaitingOfflineInfo);
    assert_eq!(looks_with(&mut chat, 10, None), Some(day), "whatever the site says");
    ann.said(&mut chat, "nobody?");
    assert_eq!(looks(&mut chat, day + 5), Some(day + 10));
    assert_eq!(looks(&mut chat, day + 11), None);
    assert_eq!(notices(&chat), [(Notice::Closed, None)]);
    assert!(chat.authority.closed());
}

/// The server takes back, three at a time, and says whether none is left.
fn erases(chat: &mut Chat, authors: Option<&BTreeSet<ParticipantId>>) -> bool {
    let (mut admission, policy, now) = (Admission::default(), chat.policy, chat.now);
    let (which, dice) = (Which { authors, until: None }, &mut chat.dice);
    let done = chat.authority.recall_all(&mut admission, which, 3, &policy, now, dice);
    chat.commit(admission);
    done
}

#[test]
fn lc4_the_server_takes_all_words_of_an_author_back() {
    let (mut chat, mut ann, mut bo) = taken();
    let mut team = bo.on_team(&mut chat);
    let hers: Vec<_> = (0..3).map(|n| ann.said(&mut chat, &format!("hers {n}"))).collect();
    let his = bo.said(&mut chat, "his");
    team.said(&mut chat, "his note");
    bo.did(&mut chat, Operation::Close);
    let authors = BTreeSet::from([ann.id()]);
    assert!(!erases(&mut chat, Some(&authors)), "four are more than three");
    chat.restarts();
    assert!(erases(&mut chat, Some(&authors)));
    assert_eq!(chat.texts(), ["his", "his note"]);
    assert!(hers.iter().all(|it| is_recalled(&chat, DocumentKind::Timeline, *it)));
    assert!(!is_recalled(&chat, DocumentKind::Timeline, his));
    // Again is nothing.
    assert!(erases(&mut chat, Some(&authors)));
    assert!(chat.last.is_empty());
    assert!(erases(&mut chat, None));
    assert!(chat.texts().is_empty());
}

#[test]
fn lc4_what_was_written_offline_before_brings_no_words_back() {
    let (mut chat, mut ann, _) = taken();
    let message = ann.said(&mut chat, "my name is Ann");
    let mut offline = ann.tab(&mut chat);
    let late = offline.edits(&mut chat, message, "my name is Anna");
    assert!(erases(&mut chat, None));
    chat.accepts(&offline, &late);
    assert!(chat.texts().is_empty());
    assert!(is_recalled(&chat, DocumentKind::Timeline, message));
}

#[test]
fn lc8_only_what_begins_while_nobody_is_there_is_asked_about() {
    let mut chat = Chat::new();
    let mut ann = chat.visitor();
    let letter = ann.writes(&mut chat, "anybody?");
    let meets = |chat: &mut Chat, admission: &mut Admission| {
        let (policy, now) = (chat.policy, chat.now);
        chat.authority.met_nobody(admission, &policy, now, &mut chat.dice)
    };
    chat.accepts(&ann, &letter);
    let mut later = Admission::default();
    assert!(!meets(&mut chat, &mut later) && later.is_empty(), "it has begun before");
    let mut first = chat.last.clone();
    assert!(meets(&mut chat, &mut first));
    assert_eq!(chat.authority.status(), Status::AwaitingOfflineInfo);
    assert!(!meets(&mut chat, &mut first), "once");
    let (mut told, policy, now) = (Admission::default(), chat.policy, chat.now);
    chat.authority.told_offline(&mut told, &policy, now, &mut chat.dice);
    assert_eq!(chat.authority.status(), Status::WaitingForHuman);
    let rows = told.rows.len();
    chat.authority.told_offline(&mut told, &policy, now, &mut chat.dice);
    assert_eq!(told.rows.len(), rows, "again is nothing");
}
