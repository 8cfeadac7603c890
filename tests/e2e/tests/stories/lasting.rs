//! What lasts long enough ends: silence, and what people and sites leave behind.

use rejoinder_core::conversation::layout::{Notice, Status};
use rejoinder_core::id::{ConversationId, SiteId, TicketId};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::time::Timestamp;
use rejoinder_harness::client::Words;
use rejoinder_harness::server::directory::{By, OfflineMode, SiteChange};
use rejoinder_harness::server::{clock, entropy};
use rejoinder_harness::{Person, World, eventually};
use serde_json::{Value, json};

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

/// The words that this run erases.
fn words(kinds: &[&str]) -> Vec<String> {
    kinds.iter().map(|kind| format!("marker-{kind}-0001-gone")).collect()
}

/// Waits until nothing of these words is in any file of anybody.
async fn are_nowhere(world: &World, words: &[String]) {
    let look = async || world.search_files(words);
    eventually("the words are in no file", look, |found| found.is_empty()).await;
}

async fn erases(world: &World, owner: &Person, visitor: &Person) -> Value {
    let id = visitor.principal().await.participant;
    let told = world.put(owner, &format!("/api/v1/visitors/{id}/erased"), &json!({})).await;
    assert_eq!(told.status, 200, "{}", told.text);
    told.json()
}

#[tokio::test]
async fn lc4_lc5_of_an_erased_visitor_no_word_and_no_name_is_left_anywhere() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let olga = world.with_role("oli", AgentRole::Owner).await;
    let gone = words(&["said", "again", "edited", "named", "ticket", "about", "page"]);
    let first = vera.begins(&gone[0]).await;
    ann.sees(first, &[&gone[0]]).await;
    olga.sees(first, &[&gone[0]]).await;
    ann.claims(first).await;
    ann.says(first, "marker-kept-0001-stays").await;
    vera.closes(first).await;
    let second = vera.begins(&gone[1]).await;
    let id = vera.principal().await.participant;
    let details = json!({"name": gone[3], "email": "v@example.com"});
    let path = format!("/api/v1/visitors/{id}");
    assert_eq!(world.ask(&olga, "PATCH", &path, Some(&details.to_string())).await.status, 200);
    let page = json!({"title": gone[6], "url": "https://shop.example/"});
    assert_eq!(world.post(&vera, "/api/v1/page", &page).await.status, 204);
    let ticket = format!("/api/v1/tickets/{}", TicketId::timed(clock::now(), &mut entropy::dice()));
    let body = json!({"site": world.site(), "subject": gone[4], "description": gone[5],
        "conversation": first});
    assert_eq!(world.put(&ann, &ticket, &body).await.status, 200);
    let tom = world.visitor("tom").await;
    let other = tom.begins("marker-other-0001-stays").await;
    world.settle().await;
    ann.goes_offline().await;

    assert!(erases(&world, &olga, &vera).await["erased_at"].is_i64());
    vera.is_wiped().await;
    olga.sees(first, &["(recalled)", "marker-kept-0001-stays"]).await;
    olga.sees(second, &["(recalled)"]).await;
    assert!(olga.view(second).await.closed, "nobody will answer there any more");
    tom.sees(other, &["marker-other-0001-stays"]).await;
    let told = world.get(&olga, &ticket).await.json();
    assert_eq!((&told["subject"], &told["description"]), (&json!(""), &json!("")));
    let solved = json!({"status": "solved"}).to_string();
    let done = world.ask(&olga, "PATCH", &ticket, Some(&solved)).await;
    assert_eq!(done.status, 200, "it is worked on all the same: {}", done.text);
    let described = json!({"description": "Ask the warehouse."}).to_string();
    let done = world.ask(&olga, "PATCH", &ticket, Some(&described)).await;
    assert_eq!(done.status, 200, "without a subject: {}", done.text);
    // The agent's device comes back later, with a ticket that was written before.
    ann.comes_back().await;
    let late = format!("/api/v1/tickets/{}", TicketId::timed(clock::now(), &mut entropy::dice()));
    let refused = world.put(&ann, &late, &body).await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (409, &json!("erased")));
    ann.sees(first, &["(recalled)", "marker-kept-0001-stays"]).await;
    are_nowhere(&world, &gone).await;
    let held = world.search_files(&["v@example.com".to_owned()]);
    assert_eq!(held, []);
}

#[tokio::test]
async fn lc5_an_erasure_that_a_crash_breaks_off_goes_on() {
    let mut world = World::start().await;
    let (vera, olga) =
        (world.visitor("vera").await, world.with_role("oli", AgentRole::Owner).await);
    let gone = words(&["late"]);
    let chat = vera.begins(&gone[0]).await;
    olga.sees(chat, &[&gone[0]]).await;
    // Ordered, and not begun: the server dies with the order in its directory.
    let id = vera.principal().await.participant;
    world.kill_server().await;
    let by = By::Agent(olga.principal().await.participant);
    world.directory().erase_visitor(by, id, clock::now()).unwrap();
    world.start_server().await;
    olga.sees(chat, &["(recalled)"]).await;
    vera.is_wiped().await;
    are_nowhere(&world, &gone).await;
    assert_eq!(world.directory().erasing().unwrap().len(), 1, "what was on its way is looked for");
    world.local().sweeps(in_minutes(2)).await;
    assert_eq!(world.directory().erasing().unwrap(), []);
}

#[tokio::test]
async fn lc4_a_device_from_before_brings_an_erased_visitors_words_not_back() {
    let mut world = World::start().await;
    let (vera, olga) =
        (world.visitor("vera").await, world.with_role("oli", AgentRole::Owner).await);
    let gone = words(&["offered"]);
    let chat = vera.begins(&gone[0]).await;
    olga.sees(chat, &[&gone[0]]).await;
    let phone = world.second_device(&vera).await;
    phone.sees(chat, &[&gone[0]]).await;
    phone.goes_offline().await;
    let words = format!("{} and more", gone[0]);
    phone.says(chat, &words).await;
    erases(&world, &olga, &vera).await;
    olga.sees(chat, &["(recalled)"]).await;
    world.restart_server().await;
    phone.reconnects().await;
    phone.is_wiped().await;
    olga.sees(chat, &["(recalled)"]).await;
    are_nowhere(&world, &gone).await;
}

#[tokio::test]
async fn lc6_words_of_closed_chats_go_after_the_days_that_a_site_keeps_them() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let gone = words(&["asked", "answered", "noted"]);
    let old = vera.begins(&gone[0]).await;
    ann.sees(old, &[&gone[0]]).await;
    ann.says(old, &gone[1]).await;
    ann.notes(old, &gone[2]).await;
    ann.closes(old).await;
    let open = vera.begins("marker-open-0001-stays").await;
    ann.sees(open, &["marker-open-0001-stays"]).await;
    world.settle().await;
    world.local().sweeps(in_minutes(400 * 24 * 60)).await;
    ann.sees(old, &[&gone[0], &gone[1]]).await;

    let thirty = SiteChange { retention_days: Some(Some(30)), ..SiteChange::default() };
    world.directory().change_site(world.site(), thirty).unwrap();
    world.local().sweeps(in_minutes(29 * 24 * 60)).await;
    ann.sees(old, &[&gone[0], &gone[1]]).await;
    world.local().sweeps(in_minutes(31 * 24 * 60)).await;
    for person in [&ann, &vera] {
        person.sees(old, &["(recalled)", "(recalled)"]).await;
        person.sees(open, &["marker-open-0001-stays"]).await;
    }
    ann.sees_notes(old, &["(recalled)"]).await;
    are_nowhere(&world, &gone).await;
    // LC4: there is nothing left to do, and nothing is done.
    let newest = || world.local().server().hub().storage().newest_erasure().unwrap();
    let before = newest();
    assert_eq!(before, 3);
    world.local().sweeps(in_minutes(90 * 24 * 60)).await;
    assert_eq!(newest(), before);
}

/// Deletes a site by its name, and says with which status it was answered.
async fn deletes(world: &World, who: &Person, site: SiteId, name: &str) -> u16 {
    let path = format!("/api/v1/sites/{site}/deleted");
    world.put(who, &path, &json!({"name": name})).await.status
}

/// The conversations that somebody's inbox knows.
async fn has(person: &Person, expected: &[ConversationId]) {
    let what = format!("{} has {expected:?}", person.device());
    let rows = async || {
        let rows = person.client().inbox().await.unwrap().into_iter();
        rows.map(|row| row.conversation).collect::<Vec<_>>()
    };
    eventually(&what, rows, |rows| rows == expected).await;
}

#[tokio::test]
async fn lc7_of_a_deleted_site_nothing_is_left_on_any_device() {
    let world = World::start().await;
    let other = world.another_site("Other");
    let (vera, paul) = (world.visitor("vera").await, world.visitor_of(other, "paul").await);
    let (ann, olga) = (world.agent("ann").await, world.with_role("oli", AgentRole::Owner).await);
    let away = world.second_device(&olga).await;
    let gone = words(&["open", "closed", "replied", "noted", "named", "ticket", "canned", "field"]);
    let fields = json!([{"label": gone[7], "kind": "text", "required": false, "options": []}]);
    let path = format!("/api/v1/sites/{}", world.site());
    let set = json!({"prechat_fields": fields}).to_string();
    assert_eq!(world.ask(&olga, "PATCH", &path, Some(&set)).await.status, 200);
    let (open, closed) = (vera.begins(&gone[0]).await, vera.begins(&gone[1]).await);
    let there = paul.begins("marker-other-0001-stays").await;
    let unread = world.visitor("tom").await.begins("marker-unread-0001-gone").await;
    for person in [&ann, &olga, &away] {
        person.sees(open, &[&gone[0]]).await;
        person.sees(closed, &[&gone[1]]).await;
    }
    ann.says(open, &gone[2]).await;
    ann.notes(open, &gone[3]).await;
    ann.closes(closed).await;
    let visitor = vera.principal().await.participant;
    let named = json!({"name": gone[4]}).to_string();
    world.ask(&olga, "PATCH", &format!("/api/v1/visitors/{visitor}"), Some(&named)).await;
    let id = TicketId::timed(clock::now(), &mut entropy::dice());
    let ticket = json!({"site": world.site(), "subject": gone[5], "conversation": open});
    let made = world.put(&ann, &format!("/api/v1/tickets/{id}"), &ticket).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let canned = json!({"site": world.site(), "shortcut": "hi", "text": gone[6]});
    let made = world.put(&olga, &format!("/api/v1/canned-responses/{id}"), &canned).await;
    assert_eq!(made.status, 200, "{}", made.text);
    world.settle().await;
    away.goes_offline().await;

    assert_eq!(deletes(&world, &ann, world.site(), "Shop").await, 403);
    assert_eq!(deletes(&world, &olga, world.site(), "shop").await, 422, "the name is another");
    assert_eq!(deletes(&world, &olga, world.site(), "Shop").await, 204);
    assert_eq!(deletes(&world, &olga, world.site(), "Shop").await, 204, "again is nothing");
    vera.is_wiped().await;
    for person in [&ann, &olga] {
        person.no_longer_sees(open).await;
        person.no_longer_sees(closed).await;
    }
    away.comes_back().await;
    away.no_longer_sees(open).await;
    // What nobody had opened is listed no longer either.
    assert!(![open, closed, there].contains(&unread));
    for (person, left) in [(&olga, vec![there]), (&away, vec![there]), (&ann, vec![])] {
        has(person, &left).await;
    }
    are_nowhere(&world, &gone).await;

    olga.sees(there, &["marker-other-0001-stays"]).await;
    let sites = world.get(&olga, "/api/v1/sites").await.json();
    assert_eq!(sites["sites"].as_array().unwrap().len(), 1);
    let past = world.get(&olga, "/api/v1/conversations").await.json();
    assert_eq!(past["conversations"].as_array().unwrap().len(), 1);
    let widget = world.get(&olga, &format!("/api/v1/sites/{}/widget", world.site())).await;
    assert_eq!((widget.status, &widget.json()["error"]["code"]), (404, &json!("unknown_site")));
    let path = format!("/api/v1/sites/{}", world.site());
    let again = world.put(&olga, &path, &json!({"name": "Shop"})).await;
    assert_eq!(again.json()["error"]["code"], "id_taken", "a deleted site does not come back");
    let log = world.get(&olga, "/api/v1/audit?limit=100").await.json();
    let told = log["entries"].as_array().unwrap().iter();
    assert_eq!(told.filter(|entry| entry["action"] == "site_deleted").count(), 1);
}

#[tokio::test]
async fn lc7_a_deletion_that_a_crash_breaks_off_goes_on() {
    let mut world = World::start().await;
    let (vera, olga) =
        (world.visitor("vera").await, world.with_role("oli", AgentRole::Owner).await);
    let gone = words(&["late"]);
    let chat = vera.begins(&gone[0]).await;
    olga.sees(chat, &[&gone[0]]).await;
    world.kill_server().await;
    let by = By::Agent(olga.principal().await.participant);
    world.directory().delete_site(by, world.site(), "Shop", clock::now()).unwrap();
    world.start_server().await;
    vera.is_wiped().await;
    olga.no_longer_sees(chat).await;
    are_nowhere(&world, &gone).await;
    let storage = world.local().server().hub().storage().clone();
    assert_eq!(storage.there(world.site(), 0, 10).unwrap(), []);
    assert!(storage.feed_entry(chat).unwrap().unwrap().summary.closed);
}

/// What visitors of the first site meet while nobody is there.
fn asks_by_form(world: &World) {
    let change = SiteChange { offline_mode: Some(OfflineMode::Form), ..SiteChange::default() };
    world.directory().change_site(world.site(), change).unwrap();
}

async fn stands(person: &Person, chat: ConversationId, expected: Status) {
    let what = format!("{} sees {expected:?}", person.name());
    eventually(&what, async || person.view(chat).await.status, |now| *now == expected).await;
}

#[tokio::test]
async fn lc8_who_meets_nobody_is_asked_and_waits_once_they_have_said_so() {
    let world = World::start().await;
    asks_by_form(&world);
    let vera = world.visitor("vera").await;
    let chat = vera.begins("Anybody?").await;
    stands(&vera, chat, Status::AwaitingOfflineInfo).await;
    vera.says(chat, "It is about my order").await;
    let info = json!({"conversation": chat, "name": "Vera", "email": "Vera@example.com"});
    let bad = json!({"conversation": chat, "email": "nobody"});
    let refused = world.post(&vera, "/api/v1/offline-info", &bad).await;
    assert_eq!((refused.status, &refused.json()["error"]["field"]), (422, &json!("email")));
    for _ in 0..2 {
        let told = world.post(&vera, "/api/v1/offline-info", &info).await;
        assert_eq!(told.status, 204, "{}", told.text);
    }
    stands(&vera, chat, Status::WaitingForHuman).await;

    let ann = world.agent("ann").await;
    let tickets = world.get(&ann, "/api/v1/tickets").await.json();
    let tickets = tickets["tickets"].as_array().unwrap();
    assert_eq!(tickets.len(), 1, "a form that is sent twice makes one ticket");
    assert_eq!(tickets[0]["subject"], "Vera <vera@example.com>");
    assert_eq!(
        (&tickets[0]["conversation"], &tickets[0]["created_by"]),
        (&json!(chat), &Value::Null)
    );
    assert_eq!(tickets[0]["description"], "", "words stay where they can be taken back");
    let id = vera.principal().await.participant;
    let known = world.get(&ann, &format!("/api/v1/visitors/{id}")).await.json();
    assert_eq!((&known["name"], &known["email"]), (&json!("Vera"), &json!("vera@example.com")));
    ann.sees(chat, &["Anybody?", "It is about my order"]).await;
    ann.claims(chat).await;
    stands(&vera, chat, Status::ActiveHuman).await;
    let other = world.visitor("tom").await;
    let asked = other.begins("Hello").await;
    stands(&other, asked, Status::WaitingForHuman).await;
    let foreign = json!({"conversation": chat, "email": "tom@example.com"});
    let refused = world.post(&other, "/api/v1/offline-info", &foreign).await;
    assert_eq!(refused.json()["error"]["code"], "unknown_conversation");
}

#[tokio::test]
async fn lc8_lc3_who_never_says_so_is_not_waited_for_and_an_agent_may_come_first() {
    let world = World::start().await;
    asks_by_form(&world);
    let (vera, tom) = (world.visitor("vera").await, world.visitor("tom").await);
    let (left, taken) = (vera.begins("Anybody?").await, tom.begins("Hello?").await);
    stands(&vera, left, Status::AwaitingOfflineInfo).await;
    stands(&tom, taken, Status::AwaitingOfflineInfo).await;
    let ann = world.agent("ann").await;
    ann.sees(taken, &["Hello?"]).await;
    ann.claims(taken).await;
    stands(&tom, taken, Status::ActiveHuman).await;
    // The form of somebody who was answered meanwhile tells how they are reached, and no more.
    let info = json!({"conversation": taken, "email": "tom@example.com"});
    assert_eq!(world.post(&tom, "/api/v1/offline-info", &info).await.status, 204);
    let tickets = world.get(&ann, "/api/v1/tickets").await.json();
    assert_eq!(tickets["tickets"], json!([]));
    stands(&tom, taken, Status::ActiveHuman).await;
    world.local().sweeps(in_minutes(23 * 60)).await;
    assert!(!vera.view(left).await.closed);
    world.local().sweeps(in_minutes(25 * 60)).await;
    eventually("it is closed", async || vera.view(left).await.closed, |closed| *closed).await;
    assert!(!tom.view(taken).await.closed);
}
