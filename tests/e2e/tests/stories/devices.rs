//! Several devices of one person, and devices that are no longer trusted.

use rejoinder_core::id::ConversationId;
use rejoinder_harness::client::{Composer, Event, Progress, Unsent};
use rejoinder_harness::server::directory::AgentChange;
use rejoinder_harness::{Person, World, eventually};

#[tokio::test]
async fn re10_of_two_devices_that_edit_offline_one_wins_and_the_other_keeps_a_draft() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    let answer = ann.says(chat, "Hi!").await;
    let phone = world.second_device(&ann).await;
    for person in [&vera, &phone] {
        person.sees(chat, &["Hello?", "Hi!"]).await;
    }
    ann.goes_offline().await;
    phone.goes_offline().await;
    ann.edits(chat, answer, "Words of the desk").await;
    phone.edits(chat, answer, "Words of the phone").await;
    ann.comes_back().await;
    phone.comes_back().await;
    world.settle().await;
    let shown = vera.reads(chat).await;
    let desk_won = shown == ["Hello?", "Words of the desk"];
    assert!(desk_won || shown == ["Hello?", "Words of the phone"], "{shown:?}");
    let (winner, loser) = if desk_won { (&ann, &phone) } else { (&phone, &ann) };
    let superseded = |event: &Event| match event {
        Event::EditSuperseded { message, .. } => (*message == answer).then_some(()),
        _ => None,
    };
    loser.is_told("that another edit won", superseded).await;
    let draft = async |person: &Person| {
        person.chat(chat).await.draft(Composer::Edit(answer)).await.unwrap()
    };
    let lost = if desk_won { "Words of the phone" } else { "Words of the desk" };
    assert_eq!(draft(loser).await.as_deref(), Some(lost));
    loser.restarts().await;
    assert_eq!(draft(loser).await.as_deref(), Some(lost));
    assert!(!winner.events().iter().any(|event| superseded(event).is_some()));
    winner.recalls(chat, answer).await;
    loser.sees(chat, &["Hello?", "(recalled)"]).await;
    assert_eq!(draft(loser).await, None, "a recall takes drafts too");
    world.settle().await;
    assert_eq!(world.search_files(&["Words of the".to_owned()]), []);
}

#[tokio::test]
async fn re18_logging_out_erases_the_device_and_no_other() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Secret of the visitor").await;
    let phone = world.second_device(&ann).await;
    ann.sees(chat, &["Secret of the visitor"]).await;
    phone.sees(chat, &["Secret of the visitor"]).await;
    ann.notes(chat, "Note of the agent").await;
    world.settle().await;
    let token = phone.client().token().await.unwrap().unwrap();
    phone.client().log_out(Unsent::Keep).await.unwrap();
    phone.is_wiped().await;
    let words = ["Secret of the visitor", "Note of the agent"].map(str::to_owned);
    let needles = rejoinder_harness::search::Needles::new(&[&words[..], &[token]].concat());
    assert_eq!(needles.search(phone.folder()), []);
    phone.leaves().await;
    ann.says(chat, "Still here.").await;
    vera.sees(chat, &["Secret of the visitor", "Still here."]).await;
}

#[tokio::test]
async fn re18_a_disabled_agent_is_wiped_online_and_when_they_come_back() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Secret of the visitor").await;
    let phone = world.second_device(&ann).await;
    ann.sees(chat, &["Secret of the visitor"]).await;
    phone.sees(chat, &["Secret of the visitor"]).await;
    phone.goes_offline().await;
    phone.restarts().await;
    let directory = world.directory();
    let who = ann.principal().await.participant;
    let disabled = AgentChange { disabled: Some(true), ..AgentChange::default() };
    directory.change_agent(who, &disabled).unwrap();
    ann.is_wiped().await;
    let needles = rejoinder_harness::search::Needles::new(&["Secret of the visitor".to_owned()]);
    assert_eq!(needles.search(ann.folder()), []);
    phone.reconnects().await;
    phone.is_wiped().await;
    phone.is_told("to wipe", |event| (*event == Event::Wiped).then_some(())).await;
    assert_eq!(needles.search(phone.folder()), []);
    vera.sees(chat, &["Secret of the visitor"]).await;
}

#[tokio::test]
async fn re14_an_agent_who_loses_a_site_loses_its_documents_opened_or_not() {
    let world = World::start().await;
    let other = world.another_site("Other");
    let (vera, paul) = (world.visitor("vera").await, world.visitor_of(other, "paul").await);
    let ann = world.agent("ann").await;
    let who = ann.principal().await.participant;
    let sites = |sites: &[_]| AgentChange {
        sites: Some(sites.iter().copied().collect()),
        ..AgentChange::default()
    };
    world.directory().change_agent(who, &sites(&[world.site(), other])).unwrap();
    let (here, there) =
        (vera.begins("Words of this shop").await, paul.begins("Words elsewhere").await);
    ann.settles().await;
    arrived(&ann, there).await;
    ann.sees(there, &["Words elsewhere"]).await;
    ann.sees(here, &["Words of this shop"]).await;
    ann.goes_offline().await;
    ann.restarts().await;
    world.directory().change_agent(who, &sites(&[world.site()])).unwrap();
    ann.comes_back().await;
    ann.is_told("that it is removed", |event| match event {
        Event::Removed(document) => (document.conversation == there).then_some(()),
        _ => None,
    })
    .await;
    ann.sees(here, &["Words of this shop"]).await;
    let rows = async || {
        let rows = ann.client().inbox().await.unwrap().into_iter();
        rows.map(|row| row.conversation).collect::<Vec<_>>()
    };
    eventually("only this shop is listed", rows, |rows| *rows == [here]).await;
    let needles = rejoinder_harness::search::Needles::new(&["Words elsewhere".to_owned()]);
    assert_eq!(needles.search(ann.folder()), []);
    paul.sees(there, &["Words elsewhere"]).await;
}

#[tokio::test]
async fn re14_wp35_who_loses_a_site_has_nothing_of_it_left_whatever_their_device_keeps() {
    let world = World::start().await;
    let other = world.another_site("Other");
    let paul = world.visitor_of(other, "paul").await;
    let there = paul.begins("Words elsewhere").await;
    let unread = paul.begins("Never opened").await;
    for ann in [world.agent("ann").await, world.forgetful_agent("bo").await] {
        let who = ann.principal().await.participant;
        let works_at = |sites: &[_]| {
            let sites = Some(sites.iter().copied().collect());
            let change = AgentChange { sites, ..AgentChange::default() };
            world.directory().change_agent(who, &change).unwrap();
        };
        works_at(&[world.site(), other]);
        ann.settles().await;
        arrived(&ann, there).await;
        arrived(&ann, unread).await;
        ann.sees(there, &["Words elsewhere"]).await;
        works_at(&[world.site()]);
        ann.no_longer_sees(there).await;
        let rows = async || ann.client().inbox().await.unwrap();
        eventually("nothing of it is listed", rows, |rows| rows.is_empty()).await;
    }
}

#[tokio::test]
async fn re13_a_device_that_dropped_a_document_and_has_it_again_is_told_of_its_recalls() {
    let world = World::start().await;
    let other = world.another_site("Other");
    let paul = world.visitor_of(other, "paul").await;
    let (ann, bo) = (world.agent("ann").await, world.agent("bo").await);
    let directory = world.directory();
    let works_at = async |person: &Person, sites: &[_]| {
        let who = person.principal().await.participant;
        let sites = Some(sites.iter().copied().collect());
        let change = AgentChange { sites, ..AgentChange::default() };
        directory.change_agent(who, &change).unwrap();
    };
    let chat = paul.begins("Hello from elsewhere").await;
    let secret = paul.says(chat, "Secret of elsewhere").await;
    let words = ["Hello from elsewhere", "Secret of elsewhere"];
    works_at(&bo, &[other]).await;
    // As long as somebody looks at it the server keeps what it knows of the conversation.
    bo.settles().await;
    arrived(&bo, chat).await;
    bo.sees(chat, &words).await;
    works_at(&ann, &[world.site(), other]).await;
    for time in 0..2 {
        ann.settles().await;
        arrived(&ann, chat).await;
        ann.sees(chat, &words).await;
        if time == 0 {
            works_at(&ann, &[world.site()]).await;
            ann.no_longer_sees(chat).await;
            ann.goes_offline().await;
            works_at(&ann, &[world.site(), other]).await;
            ann.restarts().await;
            ann.comes_back().await;
        }
    }
    ann.goes_offline().await;
    paul.recalls(chat, secret).await;
    paul.settles().await;
    bo.sees(chat, &[words[0], "(recalled)"]).await;
    // It counts among those that have to erase it.
    let progress = async || paul.chat(chat).await.progress(secret).await.unwrap();
    let told = |it: &Option<_>| it.as_ref().is_some_and(|it: &Progress| it.devices == 3);
    eventually("three devices are to erase it", progress, told).await;
    ann.restarts().await;
    ann.comes_back().await;
    let needles = rejoinder_harness::search::Needles::new(&[words[1].to_owned()]);
    let found = async || needles.search(ann.folder());
    eventually("the secret is gone", found, |found: &Vec<_>| found.is_empty()).await;
}

#[tokio::test]
async fn wp35_an_agent_who_is_given_a_site_finds_what_is_there_already() {
    let world = World::start().await;
    let other = world.another_site("Other");
    let (vera, paul) = (world.visitor("vera").await, world.visitor_of(other, "paul").await);
    let ann = world.agent("ann").await;
    let there = paul.begins("Words elsewhere").await;
    // Later in the feed than what is there, so that it is passed over.
    let here = vera.begins("Words of this shop").await;
    let who = ann.principal().await.participant;
    let directory = world.directory();
    let works_at = |sites: &[_]| {
        let sites = Some(sites.iter().copied().collect());
        let change = AgentChange { sites, ..AgentChange::default() };
        directory.change_agent(who, &change).unwrap();
    };
    works_at(&[world.site()]);
    ann.settles().await;
    arrived(&ann, here).await;
    works_at(&[world.site(), other]);
    arrived(&ann, there).await;
    ann.sees(there, &["Words elsewhere"]).await;
    // Away meanwhile, and started anew.
    works_at(&[world.site()]);
    ann.no_longer_sees(there).await;
    ann.goes_offline().await;
    works_at(&[world.site(), other]);
    ann.restarts().await;
    ann.comes_back().await;
    arrived(&ann, there).await;
    ann.sees(here, &["Words of this shop"]).await;
}

/// Waits until a conversation stands in somebody's inbox.
async fn arrived(person: &Person, chat: ConversationId) {
    let rows = async || person.client().inbox().await.unwrap();
    let there = |rows: &Vec<_>| {
        rows.iter().any(|row: &rejoinder_harness::client::FeedRow| row.conversation == chat)
    };
    eventually("it is in the inbox", rows, there).await;
}
