//! Receipts, signals, the feed, and what a site allows.

use rejoinder_core::authority::fate::Refusal;
use rejoinder_core::authority::policy::Window;
use rejoinder_harness::client::{Delivery, Event, Signal};
use rejoinder_harness::server::directory::SiteChange;
use rejoinder_harness::{World, eventually};

#[tokio::test]
async fn wp15_receipts_rise_only_and_outlive_restarts() {
    let mut world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    let answer = ann.says(chat, "Good day!").await;
    vera.sees(chat, &["Hello?", "Good day!"]).await;
    assert_eq!(ann.message(chat, answer).await.delivery, Delivery::Sent);
    let seq = vera.view(chat).await.seq;
    vera.chat(chat).await.mark_seen(seq).await.unwrap();
    let delivery = async || ann.message(chat, answer).await.delivery;
    eventually("it is seen", delivery, |it| *it == Delivery::Seen).await;
    let lower = rejoinder_core::id::Seq(1);
    vera.chat(chat).await.mark_seen(lower).await.unwrap();
    world.restart_server().await;
    let phone = world.second_device(&ann).await;
    phone.sees(chat, &["Hello?", "Good day!"]).await;
    let delivery = async || phone.message(chat, answer).await.delivery;
    eventually("it is seen elsewhere", delivery, |it| *it == Delivery::Seen).await;
}

#[tokio::test]
async fn se4_a_receipt_given_offline_is_told_later() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    let answer = ann.says(chat, "Good day!").await;
    vera.sees(chat, &["Hello?", "Good day!"]).await;
    vera.goes_offline().await;
    let seq = vera.view(chat).await.seq;
    vera.chat(chat).await.mark_seen(seq).await.unwrap();
    vera.restarts().await;
    assert_eq!(vera.reads(chat).await, ["Hello?", "Good day!"]);
    vera.comes_back().await;
    let delivery = async || ann.message(chat, answer).await.delivery;
    eventually("it is seen", delivery, |it| *it == Delivery::Seen).await;
}

#[tokio::test]
async fn wp14_typing_is_told_and_goes() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    vera.sees(chat, &["Hello?"]).await;
    vera.settles().await;
    let who = vera.principal().await.participant;
    let desk = ann.chat(chat).await;
    let active = async || desk.active().await.unwrap();
    vera.chat(chat).await.typing().await.unwrap();
    eventually("they type", active, |it| *it == [(who, Signal::Typing)]).await;
    vera.chat(chat).await.idle().await.unwrap();
    eventually("they stop", active, Vec::is_empty).await;
    ann.chat(chat).await.viewing().await.unwrap();
    let widget = vera.chat(chat).await;
    let active = async || widget.active().await.unwrap();
    eventually("the agent looks", active, |it| it.len() == 1).await;
    ann.goes_offline().await;
    let text = format!("{:?}", ann.chat(chat).await.active().await.unwrap());
    assert_eq!(text, "[]", "without a network nobody is there");
}

#[tokio::test]
async fn au24_a_site_that_allows_the_last_refuses_others_and_gives_the_words_back() {
    let world = World::start().await;
    let last = SiteChange { recall: Some(Window::Last), ..SiteChange::default() };
    world.directory().change_site(world.site(), last).unwrap();
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    let (first, second) = (ann.says(chat, "First").await, ann.says(chat, "Second").await);
    vera.sees(chat, &["Hello?", "First", "Second"]).await;
    ann.settles().await;
    ann.recalls(chat, first).await;
    let refused = |event: &Event| match event {
        Event::Refused { operation, code, .. } => Some((*operation, *code)),
        _ => None,
    };
    let (operation, code) = ann.is_told("of the refusal", refused).await;
    assert_eq!(code, Refusal::NotTheLast);
    ann.chat(chat).await.discard(operation).await.unwrap();
    ann.sees(chat, &["Hello?", "First", "Second"]).await;
    ann.recalls(chat, second).await;
    vera.sees(chat, &["Hello?", "First", "(recalled)"]).await;
    world.settle().await;
}

#[tokio::test]
async fn au24_a_site_that_allows_minutes_refuses_later_and_keeps_the_words() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    let answer = ann.says(chat, "First").await;
    vera.sees(chat, &["Hello?", "First"]).await;
    ann.settles().await;
    let none = SiteChange { edit: Some(Window::Minutes(0)), ..SiteChange::default() };
    world.directory().change_site(world.site(), none).unwrap();
    ann.edits(chat, answer, "Second thoughts").await;
    ann.is_told("of the refusal", |event| match event {
        Event::Refused { code: Refusal::TooLate, .. } => Some(()),
        _ => None,
    })
    .await;
    assert_eq!(vera.reads(chat).await, ["Hello?", "First"]);
    let change = ann.message(chat, answer).await.change;
    let Some(Delivery::Refused { operation, code: Refusal::TooLate }) = change else {
        panic!("it is told beside the message: {change:?}")
    };
    ann.restarts().await;
    let pending = ann.chat(chat).await.outbox().await.unwrap();
    assert_eq!(pending.iter().map(|p| p.operation).collect::<Vec<_>>(), [operation]);
    let many = SiteChange { edit: Some(Window::Minutes(10)), ..SiteChange::default() };
    world.directory().change_site(world.site(), many).unwrap();
    ann.chat(chat).await.send_anyway(operation).await.unwrap();
    vera.sees(chat, &["Hello?", "Second thoughts"]).await;
    world.settle().await;
}

#[tokio::test]
async fn wp16_the_feed_tells_what_changed_to_those_who_may_see_it() {
    let world = World::start().await;
    let other = world.another_site("Other");
    let (vera, paul) = (world.visitor("vera").await, world.visitor_of(other, "paul").await);
    let ann = world.agent("ann").await;
    let (here, there) = (vera.begins("Hello?").await, paul.begins("Elsewhere").await);
    paul.settles().await;
    let inbox = async || ann.client().inbox().await.unwrap();
    eventually("the inbox has it", inbox, |rows| rows.len() == 1).await;
    ann.goes_offline().await;
    let second = vera.says(here, "Still there?").await;
    let third = vera.client().begin().await.unwrap();
    third.send("Another thing").await.unwrap();
    vera.settles().await;
    ann.restarts().await;
    ann.comes_back().await;
    let rows = eventually("it has caught up", inbox, |rows| rows.len() == 2).await;
    assert!(rows.iter().all(|row| row.conversation != there && row.site == world.site()));
    let row = rows.iter().find(|row| row.conversation == here).unwrap();
    assert_eq!(row.newest.unwrap().message, second);
    assert_eq!(row.visitor, vera.principal().await.participant);
    vera.recalls(here, second).await;
    let first = vera.view(here).await.messages[0].id;
    let previews = |rows: &Vec<rejoinder_harness::client::FeedRow>| {
        let row = rows.iter().find(|row| row.conversation == here);
        row.and_then(|row| row.newest).is_some_and(|newest| newest.message == first)
    };
    eventually("the preview is the message before", inbox, previews).await;
}

#[tokio::test]
async fn au36_who_looked_too_early_sees_it_as_soon_as_it_is_there() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    vera.goes_offline().await;
    let chat = vera.begins("Hello?").await;
    assert!(ann.reads(chat).await.is_empty());
    ann.is_told("that there is none", |event| match event {
        Event::Problem { document: Some(_), .. } => Some(()),
        _ => None,
    })
    .await;
    vera.comes_back().await;
    ann.sees(chat, &["Hello?"]).await;
}
