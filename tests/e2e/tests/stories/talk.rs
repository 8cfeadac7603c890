//! Talking: online, offline, and after the end.

use std::time::{Duration, Instant};

use rejoinder_core::authority::fate::Refusal;
use rejoinder_harness::client::{Delivery, Event};
use rejoinder_harness::{World, eventually};

/// What people at their screens take for at once.
const AT_ONCE: Duration = Duration::from_secs(1);

#[tokio::test]
async fn se14_what_is_sent_edited_and_recalled_is_seen_by_all_at_once() {
    let world = World::start().await;
    let (vera, ann, sue) =
        (world.visitor("vera").await, world.agent("ann").await, world.supervisor("sue").await);
    let chat = vera.begins("Is it in stock?").await;
    for person in [&ann, &sue] {
        person.sees(chat, &["Is it in stock?"]).await;
    }
    let begun = Instant::now();
    let answer = ann.says(chat, "It is nto.").await;
    for person in [&vera, &sue] {
        person.sees(chat, &["Is it in stock?", "It is nto."]).await;
    }
    ann.edits(chat, answer, "It is not.").await;
    for person in [&vera, &sue] {
        person.sees(chat, &["Is it in stock?", "It is not."]).await;
        assert!(person.message(chat, answer).await.edited_at.is_some());
    }
    sue.recalls(chat, answer).await;
    for person in [&vera, &ann] {
        person.sees(chat, &["Is it in stock?", "(recalled)"]).await;
    }
    assert!(begun.elapsed() < 3 * AT_ONCE, "three changes took {:?}", begun.elapsed());
    world.settle().await;
}

#[tokio::test]
async fn se1_an_agent_edits_and_recalls_offline() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    let (first, second) = (ann.says(chat, "Hi!").await, ann.says(chat, "The pin is 1234.").await);
    vera.sees(chat, &["Hello?", "Hi!", "The pin is 1234."]).await;
    ann.goes_offline().await;
    ann.edits(chat, first, "Good day!").await;
    ann.recalls(chat, second).await;
    ann.says(chat, "One moment.").await;
    assert_eq!(ann.reads(chat).await, ["Hello?", "Good day!", "(recalled)", "One moment."]);
    vera.says(chat, "Thanks").await;
    ann.comes_back().await;
    let all = ["Hello?", "Good day!", "(recalled)", "Thanks", "One moment."];
    vera.sees(chat, &all).await;
    ann.sees(chat, &all).await;
    world.settle().await;
}

#[tokio::test]
async fn se1_a_visitor_comes_back_after_days_with_what_they_wrote_meanwhile() {
    let mut world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Is it in stock?").await;
    ann.sees(chat, &["Is it in stock?"]).await;
    vera.sees(chat, &["Is it in stock?"]).await;
    vera.goes_offline().await;
    vera.says(chat, "I have time.").await;
    vera.restarts().await;
    assert_eq!(vera.reads(chat).await, ["Is it in stock?", "I have time."]);
    let answer = ann.says(chat, "It is not.").await;
    ann.edits(chat, answer, "It is, after all.").await;
    world.restart_server().await;
    ann.settles().await;
    vera.restarts().await;
    vera.comes_back().await;
    vera.sees(chat, &["Is it in stock?", "It is, after all.", "I have time."]).await;
    assert!(vera.message(chat, answer).await.edited_at.is_some());
    world.settle().await;
}

#[tokio::test]
async fn se3_an_outbox_outlives_restarts_and_is_sent_once_and_in_order() {
    let mut world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("0").await;
    ann.sees(chat, &["0"]).await;
    vera.sees(chat, &["0"]).await;
    vera.goes_offline().await;
    for round in 0..4 {
        for number in 0..5 {
            vera.says(chat, &format!("{}", round * 5 + number + 1)).await;
        }
        vera.restarts().await;
        world.restart_server().await;
    }
    assert_eq!(vera.client().unsent().await.unwrap(), 20);
    vera.comes_back().await;
    let all: Vec<_> = (0..=20).map(|number| number.to_string()).collect();
    let all: Vec<_> = all.iter().map(String::as_str).collect();
    ann.sees(chat, &all).await;
    vera.restarts().await;
    vera.sees(chat, &all).await;
    assert_eq!(vera.client().unsent().await.unwrap(), 0);
    world.settle().await;
}

#[tokio::test]
async fn au25_the_first_claim_wins_and_the_other_learns_who_has_it() {
    let world = World::start().await;
    let (vera, ann, bo) =
        (world.visitor("vera").await, world.agent("ann").await, world.agent("bo").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    bo.sees(chat, &["Hello?"]).await;
    bo.goes_offline().await;
    let late = bo.claims(chat).await;
    ann.claims(chat).await;
    ann.settles().await;
    bo.comes_back().await;
    let code = bo.is_told("of the refusal", |event| match event {
        Event::Refused { operation, code, .. } if *operation == late => Some(*code),
        _ => None,
    });
    assert_eq!(code.await, Refusal::AlreadyClaimed);
    assert_eq!(bo.view(chat).await.assignee, Some(ann.principal().await.participant));
    bo.chat(chat).await.discard(late).await.unwrap();
    world.settle().await;
}

#[tokio::test]
async fn au32_two_tabs_of_a_visitor_make_one_follow_up() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    let tab = world.second_device(&vera).await;
    tab.sees(chat, &["Hello?"]).await;
    vera.goes_offline().await;
    tab.goes_offline().await;
    vera.says(chat, "One thing more").await;
    tab.says(chat, "And another").await;
    ann.closes(chat).await;
    ann.settles().await;
    vera.comes_back().await;
    tab.comes_back().await;
    let moved = |event: &Event| match event {
        Event::Moved { from, to } if *from == chat => Some(*to),
        _ => None,
    };
    let next = vera.is_told("where it goes on", moved).await;
    assert_eq!(tab.is_told("where it goes on", moved).await, next);
    for person in [&vera, &tab, &ann] {
        person.sees(next, &["One thing more", "And another"]).await;
        person.sees(chat, &["Hello?"]).await;
    }
    assert_eq!(vera.writes_on(chat, "Still there?").await, next);
    ann.sees(next, &["One thing more", "And another", "Still there?"]).await;
    assert_eq!(ann.client().inbox().await.unwrap().len(), 2, "one follow-up, not two");
    let row = ann.chat(next).await.inbox_row().await.unwrap().unwrap();
    assert_eq!(row.follows, Some(chat));
    world.settle().await;
}

#[tokio::test]
async fn au29_an_agent_who_did_not_see_anothers_reply_is_asked() {
    let world = World::start().await;
    let (vera, ann, bo) =
        (world.visitor("vera").await, world.agent("ann").await, world.agent("bo").await);
    let chat = vera.begins("Is it in stock?").await;
    ann.sees(chat, &["Is it in stock?"]).await;
    bo.sees(chat, &["Is it in stock?"]).await;
    bo.goes_offline().await;
    let words = ["No.", "Never.", "Perhaps."];
    let [mine, dropped] = [bo.says(chat, words[1]).await, bo.says(chat, words[2]).await];
    ann.says(chat, words[0]).await;
    ann.settles().await;
    bo.reconnects().await;
    let collided = async |message| match bo.message(chat, message).await.delivery {
        Delivery::Collided { operation } => Some(operation),
        _ => None,
    };
    let asked = eventually("bo is asked", async || collided(mine).await, Option::is_some).await;
    vera.sees(chat, &["Is it in stock?", "No."]).await;
    bo.chat(chat).await.send_anyway(asked.unwrap()).await.unwrap();
    vera.sees(chat, &["Is it in stock?", "No.", "Never."]).await;
    let asked = eventually("bo is asked", async || collided(dropped).await, Option::is_some).await;
    bo.chat(chat).await.discard(asked.unwrap()).await.unwrap();
    bo.sees(chat, &["Is it in stock?", "No.", "Never."]).await;
    world.settle().await;
}

#[tokio::test]
async fn au30_a_close_that_meets_unseen_words_of_the_visitor_is_asked_again() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    ann.goes_offline().await;
    let close = ann.closes(chat).await;
    vera.says(chat, "Wait!").await;
    vera.settles().await;
    ann.comes_back().await;
    ann.is_told("of the collision", |event| match event {
        Event::Collided { operation, .. } => (*operation == close).then_some(()),
        _ => None,
    })
    .await;
    assert!(!vera.view(chat).await.closed);
    ann.sees(chat, &["Hello?", "Wait!"]).await;
    ann.chat(chat).await.send_anyway(close).await.unwrap();
    let closed = async || vera.view(chat).await.closed;
    eventually("it is closed", closed, |closed| *closed).await;
    world.settle().await;
}
