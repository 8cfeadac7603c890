//! What lasts long enough ends: silence.

use rejoinder_core::conversation::layout::{Notice, Status};
use rejoinder_core::id::ConversationId;
use rejoinder_core::time::Timestamp;
use rejoinder_harness::client::Words;
use rejoinder_harness::server::clock;
use rejoinder_harness::server::directory::SiteChange;
use rejoinder_harness::{Person, World, eventually};

const MINUTE: i64 = 60_000;

fn in_minutes(minutes: i64) -> Timestamp {
    clock::now().plus_millis(minutes * MINUTE)
}

/// Closes conversations of the first site after so many minutes.
fn closes_after(world: &World, minutes: u32) {
    let change = SiteChange { close_after_minutes: Some(Some(minutes)), ..SiteChange::default() };
    world.directory().change_site(world.site(), change).unwrap();
}

/// The notices that somebody sees.
async fn notices(person: &Person, chat: ConversationId) -> Vec<Notice> {
    let messages = person.view(chat).await.messages.into_iter();
    let notice = |words| match words {
        Words::System { notice, .. } => Some(notice),
        _ => None,
    };
    messages.filter_map(|message| notice(message.words)).collect()
}

async fn is_told(person: &Person, chat: ConversationId, expected: &[Notice]) {
    let what = format!("{} is told {expected:?}", person.name());
    eventually(&what, async || notices(person, chat).await, |seen| seen == expected).await;
}

#[tokio::test]
async fn lc1_lc2_a_silent_chat_is_announced_to_both_and_closed_over_a_restart() {
    let mut world = World::start().await;
    closes_after(&world, 30);
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Is it in stock?").await;
    ann.sees(chat, &["Is it in stock?"]).await;
    ann.claims(chat).await;
    is_told(&vera, chat, &[Notice::Claimed]).await;
    world.local().sweeps(in_minutes(20)).await;
    is_told(&vera, chat, &[Notice::Claimed]).await;
    world.local().sweeps(in_minutes(25)).await;
    is_told(&vera, chat, &[Notice::Claimed, Notice::Closing]).await;
    is_told(&ann, chat, &[Notice::Claimed, Notice::Closing]).await;
    world.restart_server().await;
    world.local().sweeps(in_minutes(29)).await;
    assert!(!ann.view(chat).await.closed, "not before its time");
    world.local().sweeps(in_minutes(32)).await;
    for person in [&vera, &ann] {
        is_told(person, chat, &[Notice::Claimed, Notice::Closing, Notice::Closed]).await;
        assert!(person.view(chat).await.closed);
    }
    let last = ann.view(chat).await.messages.pop().unwrap();
    assert!(matches!(last.words, Words::System { subject: None, .. }), "nobody has closed it");
}

#[tokio::test]
async fn lc1_a_chat_that_waits_or_is_talked_in_goes_on() {
    let world = World::start().await;
    closes_after(&world, 30);
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let waits = vera.begins("Anybody?").await;
    let talks = world.visitor("tom").await;
    let talked = talks.begins("Hello").await;
    ann.sees(talked, &["Hello"]).await;
    ann.claims(talked).await;
    is_told(&talks, talked, &[Notice::Claimed]).await;
    world.local().sweeps(in_minutes(25)).await;
    is_told(&talks, talked, &[Notice::Claimed, Notice::Closing]).await;
    talks.says(talked, "I am here").await;
    ann.sees(talked, &["Hello", "I am here"]).await;
    world.local().sweeps(in_minutes(40)).await;
    world.settle().await;
    is_told(&ann, talked, &[Notice::Claimed, Notice::Closing]).await;
    assert!(!vera.view(waits).await.closed, "who waits for an agent is not sent away");
    assert_eq!(vera.view(waits).await.status, Status::WaitingForHuman);
}
