//! Waiting conversations, and to whom they are offered.

use std::sync::Arc;
use std::time::Duration;

use rejoinder_core::conversation::layout::Status;
use rejoinder_core::id::ConversationId;
use rejoinder_core::routing::{Mode, Patience};
use rejoinder_harness::client::Event;
use rejoinder_harness::server::directory::{Directory, DirectoryError};
use rejoinder_harness::server::routing::{Availability, Inputs, Source};
use rejoinder_harness::{Person, World, eventually};
use serde_json::{Value, json};

/// The directory, with something else in it than people have set.
struct Changed<F>(Arc<Directory>, F);

impl<F: Fn(&mut Inputs) + Send + Sync + 'static> Source for Changed<F> {
    fn inputs(&self) -> Result<Inputs, DirectoryError> {
        let mut inputs = self.0.inputs()?;
        (self.1)(&mut inputs);
        Ok(inputs)
    }
}

fn change(world: &World, change: impl Fn(&mut Inputs) + Send + Sync + 'static) {
    let source = Arc::new(Changed(world.directory(), change));
    world.local().server().hub().board().take_from(source);
}

async fn is_offered(who: &Person, expected: &[ConversationId]) {
    let what = format!("{} is offered {expected:?}", who.device());
    let offers = async || who.client().offers().await.unwrap();
    let same = |offers: &Vec<rejoinder_harness::client::Offer>| {
        offers.iter().map(|offer| offer.conversation).collect::<Vec<_>>() == expected
    };
    eventually(&what, offers, same).await;
}

fn codes(reasons: &Value) -> Vec<&str> {
    reasons.as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn rt46_all_who_could_take_it_are_told_until_somebody_has() {
    let world = World::start().await;
    let (vera, ann, bo) =
        (world.visitor("vera").await, world.agent("ann").await, world.agent("bo").await);
    let first = vera.begins("Is anybody there?").await;
    is_offered(&ann, &[first]).await;
    is_offered(&bo, &[first]).await;
    ann.is_told("an offer", |event| matches!(event, Event::Offers).then_some(())).await;
    // A second device, and one that comes back, are told too.
    let phone = world.second_device(&bo).await;
    is_offered(&phone, &[first]).await;
    bo.goes_offline().await;
    is_offered(&bo, &[]).await;
    let second = vera.begins("And about my order?").await;
    is_offered(&ann, &[first, second]).await;
    bo.comes_back().await;
    is_offered(&bo, &[first, second]).await;
    ann.claims(first).await;
    for device in [&ann, &bo, &phone] {
        is_offered(device, &[second]).await;
    }
    assert_eq!(vera.client().offers().await.unwrap(), []);
}

#[tokio::test]
async fn rt40_an_agent_at_the_limit_is_told_of_nothing_and_why() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    change(&world, |inputs| inputs.agents.values_mut().for_each(|agent| agent.limit = Some(1)));
    let first = vera.begins("One").await;
    is_offered(&ann, &[first]).await;
    ann.claims(first).await;
    let second = vera.begins("Two").await;
    let path = "/api/v1/me/routing";
    let waits = async || world.get(&ann, path).await.json();
    let there = |it: &Value| it["waiting"][0]["conversation"] == json!(second);
    let routing = eventually("it waits", waits, there).await;
    assert_eq!(codes(&routing["waiting"][0]["reasons"]), ["at_limit"]);
    assert_eq!(codes(&routing["sites"][0]["reasons"]), ["at_limit"]);
    assert_eq!((&routing["active"], &routing["sites"][0]["limit"]), (&json!(1), &json!(1)));
    assert_eq!((&routing["presence"], &routing["offers"]), (&json!("online"), &json!([])));
    // A claim by hand may exceed it.
    ann.claims(second).await;
    world.settle().await;
    let active = async || world.get(&ann, path).await.json()["active"].clone();
    eventually("both are theirs", active, |it| *it == json!(2)).await;
    ann.closes(first).await;
    ann.closes(second).await;
    let third = vera.begins("Three").await;
    is_offered(&ann, &[third]).await;
}

#[tokio::test]
async fn rt45_why_nothing_comes_is_answered_with_the_reasons() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    is_offered(&ann, &[chat]).await;
    let reasons = async || {
        let routing = world.get(&ann, "/api/v1/me/routing").await.json();
        let waits = &routing["waiting"][0]["reasons"];
        codes(waits).join(" ")
    };
    assert_eq!(reasons().await, "");
    type Change = fn(&mut Inputs);
    let cases: [(Change, &str); 4] = [
        (
            |it| it.agents.values_mut().for_each(|a| a.availability = Availability::Offline),
            "offline",
        ),
        (
            |it| {
                let since = rejoinder_harness::server::clock::now();
                it.agents.values_mut().for_each(|a| a.availability = Availability::Away { since });
            },
            "away",
        ),
        (|it| it.sites.values_mut().for_each(|s| s.human_support = false), "human_support_off"),
        (
            |it| it.sites.values_mut().for_each(|s| s.assistant_only = true),
            "site_is_assistant_only",
        ),
    ];
    for (so, expected) in cases {
        change(&world, so);
        is_offered(&ann, &[]).await;
        assert_eq!(reasons().await, expected);
    }
    let answer = world.get(&vera, "/api/v1/me/routing").await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (403, &json!("agents_only")));
}

#[tokio::test]
async fn rt42_what_is_not_opened_goes_to_the_next() {
    let world = World::start().await;
    let (vera, ann, bo) =
        (world.visitor("vera").await, world.agent("ann").await, world.agent("bo").await);
    change(&world, |inputs| {
        inputs.sites.values_mut().for_each(|site| site.mode = Mode::Automatic);
        inputs.patience = Patience { offer_millis: 400, ..Patience::default() };
    });
    let chat = vera.begins("Hello?").await;
    let asked = async || {
        let (ann, bo) = (ann.client().offers().await.unwrap(), bo.client().offers().await.unwrap());
        assert!(ann.is_empty() || bo.is_empty(), "one is asked at a time");
        ann.into_iter().chain(bo).next()
    };
    eventually("one of them is asked", asked, Option::is_some).await;
    let (first, next) =
        if ann.client().offers().await.unwrap().is_empty() { (&bo, &ann) } else { (&ann, &bo) };
    is_offered(next, &[chat]).await;
    // Looking at it keeps it.
    next.chat(chat).await;
    next.sees(chat, &["Hello?"]).await;
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    is_offered(next, &[chat]).await;
    is_offered(first, &[]).await;
    let why = world.get(first, "/api/v1/me/routing").await.json();
    assert_eq!(codes(&why["waiting"][0]["reasons"]), ["offered_to_another"]);
    // An offer holds nobody off.
    first.claims(chat).await;
    is_offered(next, &[]).await;
    let view = async || next.view(chat).await.assignee;
    let winner = first.principal().await.participant;
    eventually("it is theirs", view, |it| *it == Some(winner)).await;
}

#[tokio::test]
async fn rt44_what_waits_under_the_name_of_who_is_gone_is_released() {
    let mut world = World::start().await;
    let (vera, ann, bo) =
        (world.visitor("vera").await, world.agent("ann").await, world.agent("bo").await);
    let chat = vera.begins("Hello?").await;
    is_offered(&ann, &[chat]).await;
    ann.claims(chat).await;
    ann.settles().await;
    ann.chat(chat).await.set_status(Status::WaitingForHuman).await.unwrap();
    is_offered(&ann, &[chat]).await;
    is_offered(&bo, &[]).await;
    // The server knows it after a restart too.
    world.restart_server().await;
    ann.settles().await;
    bo.settles().await;
    is_offered(&ann, &[chat]).await;
    let gone = ann.principal().await.participant;
    change(&world, move |inputs| {
        if let Some(agent) = inputs.agents.get_mut(&gone) {
            agent.availability = Availability::Offline;
        }
    });
    is_offered(&bo, &[chat]).await;
    let assignee = async || bo.view(chat).await.assignee;
    eventually("it is nobody's", assignee, Option::is_none).await;
}
