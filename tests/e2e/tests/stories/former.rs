//! Former words: kept for the team where a site keeps them, and gone with a recall like the others.

use rejoinder_core::id::{ConversationId, MessageId};
use rejoinder_core::principal::AgentRole;
use rejoinder_harness::search::Needles;
use rejoinder_harness::server::clock;
use rejoinder_harness::server::directory::{By, SiteChange};
use rejoinder_harness::server::storage::sqlite::{backup, restore, verify};
use rejoinder_harness::{Person, Rest, World, eventually};
use serde_json::{Value, json};

/// Bytes of a slot of the keyring, and where its key stands in it.
const SLOT: usize = rejoinder_core::keyring::SLOT_BYTES;
const KEY: core::ops::Range<usize> = 16..48;

/// The first site keeps former words, or keeps them no more.
fn keeps(world: &World, keep: bool) {
    let change = SiteChange { keep_former_words: Some(keep), ..SiteChange::default() };
    world.directory().change_site(world.site(), change).unwrap();
}

async fn asks(world: &World, who: &Person, chat: ConversationId, of: (&str, MessageId)) -> Rest {
    let (kind, message) = of;
    let path = format!("/api/v1/conversations/{chat}/{kind}/{message}/former");
    world.get(who, &path).await
}

/// The texts that somebody is told, newest first; none where one was not kept.
async fn told(
    world: &World,
    who: &Person,
    chat: ConversationId,
    message: MessageId,
) -> Vec<Option<String>> {
    let answer = asks(world, who, chat, ("timeline", message)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let former = answer.json()["former"].clone();
    let text = |it: &Value| it["words"]["text"].as_str().map(str::to_owned);
    former.as_array().unwrap().iter().map(text).collect()
}

fn texts(all: &[&str]) -> Vec<Option<String>> {
    all.iter().map(|text| Some((*text).to_owned())).collect()
}

/// An edit of one's own that everybody has seen.
async fn edits(world: &World, who: &Person, chat: ConversationId, message: MessageId, text: &str) {
    who.edits(chat, message, text).await;
    world.settle().await;
}

/// How many former words the server's database holds.
fn held(world: &World) -> i64 {
    let database = rusqlite::Connection::open(world.data().join("rejoinder.db")).unwrap();
    database.query_row("SELECT count(*) FROM former", [], |row| row.get(0)).unwrap()
}

/// The keys of all words of a message that the server holds.
fn keys(world: &World, message: MessageId) -> Vec<[u8; 32]> {
    let database = rusqlite::Connection::open(world.data().join("rejoinder.db")).unwrap();
    let ring = std::fs::read(world.data().join("rejoinder.keyring")).unwrap();
    let sql = "SELECT slot FROM words WHERE message = ?1 \
               UNION ALL SELECT slot FROM former WHERE message = ?1";
    let mut slots = database.prepare(sql).unwrap();
    let slots = slots.query_map([message.as_bytes()], |row| row.get::<_, i64>(0)).unwrap();
    let key = |slot: i64| {
        let at = (usize::try_from(slot).unwrap() + 1) * SLOT;
        ring[at..at + SLOT][KEY].try_into().unwrap()
    };
    slots.map(|slot| key(slot.unwrap())).collect()
}

/// Nothing of these words, and none of these keys, is in any file of anybody.
async fn are_nowhere(world: &World, words: &[String], keys: &[[u8; 32]]) {
    let needles = Needles::with_keys(words, keys);
    let look = async || needles.search(world.folder());
    eventually("words and keys are in no file", look, |found| found.is_empty()).await;
}

fn markers(kinds: &[&str]) -> Vec<String> {
    kinds.iter().map(|kind| format!("marker-{kind}-0001-gone")).collect()
}

#[tokio::test]
async fn re26_re29_the_team_is_told_former_words_and_nobody_else_finds_them() {
    let world = World::start().await;
    let other = world.another_site("Other");
    world.add_agent_of("far", AgentRole::Agent, other);
    keeps(&world, true);
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let sam = world.with_role("sam", AgentRole::SupportAgent).await;
    let chat = vera.begins("Where is my pracel?").await;
    ann.sees(chat, &["Where is my pracel?"]).await;
    let message = vera.view(chat).await.messages[0].id;
    assert_eq!(told(&world, &ann, chat, message).await, []);
    edits(&world, &vera, chat, message, "Where is my parcel?").await;
    edits(&world, &vera, chat, message, "Where is my parcel 17?").await;
    let former = texts(&["Where is my parcel?", "Where is my pracel?"]);
    for who in [&ann, &sam] {
        assert_eq!(told(&world, who, chat, message).await, former);
    }
    let answer = asks(&world, &ann, chat, ("timeline", message)).await;
    assert!(answer.head.to_lowercase().contains("cache-control: no-store"), "{}", answer.head);
    let visitor = vera.principal().await.participant;
    for revision in answer.json()["former"].as_array().unwrap() {
        assert_eq!(revision["author"], json!(visitor));
        assert!(revision["at"].is_i64(), "{revision}");
    }
    // RE8, RE9, RT52: whoever reads words finds the newest, and devices have erased the others.
    let misspelt = world.post(&ann, "/api/v1/search", &json!({"words": "pracel"})).await.json();
    assert_eq!(misspelt["hits"], json!([]));
    let sue = world.supervisor("sue").await;
    let path = format!("/api/v1/conversations/{chat}/transcript?format=json&notes=with");
    let transcript = world.get(&sue, &path).await.text;
    assert!(transcript.contains("parcel 17") && !transcript.contains("pracel"), "{transcript}");
    for person in [&vera, &ann, &sam] {
        person.sees(chat, &["Where is my parcel 17?"]).await;
    }
    // Notes too, and those who may not see the conversation are told nothing.
    let note = ann.notes(chat, "a regluar").await;
    ann.settles().await;
    ann.chat(chat).await.edit_note(note, "a regular").await.unwrap();
    ann.settles().await;
    let noted = asks(&world, &ann, chat, ("team", note)).await.json();
    assert_eq!(noted["former"][0]["words"]["text"], "a regluar");
    let code = |answer: Rest| (answer.status, answer.json()["error"]["code"].clone());
    let refused =
        async |who: &Person, kind, message| code(asks(&world, who, chat, (kind, message)).await);
    assert_eq!(refused(&vera, "timeline", message).await, (403, json!("agents_only")));
    assert_eq!(refused(&ann, "timeline", note).await, (404, json!("not_found")));
    assert_eq!(refused(&ann, "elsewhere", note).await, (404, json!("not_found")));
    let elsewhere = asks(&world, &ann, chat_of(&world, other).await, ("timeline", message)).await;
    assert_eq!(code(elsewhere), (404, json!("unknown_conversation")));
    // A support agent sees a chat no more that somebody else has.
    ann.claims(chat).await;
    sam.no_longer_sees(chat).await;
    assert_eq!(refused(&sam, "timeline", message).await, (404, json!("unknown_conversation")));
    vera.recalls(chat, message).await;
    vera.settles().await;
    assert_eq!(refused(&ann, "timeline", message).await, (410, json!("recalled")));
}

/// A conversation of another site.
async fn chat_of(world: &World, site: rejoinder_core::id::SiteId) -> ConversationId {
    let paul = world.visitor_of(site, "paul").await;
    let chat = paul.begins("Hello there?").await;
    paul.settles().await;
    chat
}

#[tokio::test]
async fn re22_re27_of_a_recalled_message_no_version_is_left_in_any_file() {
    let world = World::start().await;
    keeps(&world, true);
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let gone = markers(&["first", "second", "third"]);
    let chat = vera.begins(&gone[0]).await;
    ann.sees(chat, &[&gone[0]]).await;
    let message = vera.view(chat).await.messages[0].id;
    for text in &gone[1..] {
        edits(&world, &vera, chat, message, text).await;
    }
    assert_eq!(told(&world, &ann, chat, message).await, texts(&[&gone[1], &gone[0]]));
    let keys = keys(&world, message);
    assert_eq!((keys.len(), held(&world)), (3, 2));
    let there = Needles::with_keys(&[], &keys).search(&world.data());
    assert_eq!(there.len(), 3, "each key stands in the keyring once: {there:?}");
    let saved = tempfile::tempdir().unwrap();
    let ring = saved.path().join("keys");
    backup(&world.data(), &saved.path().join("db"), Some(&ring)).unwrap();

    vera.recalls(chat, message).await;
    ann.sees(chat, &["(recalled)"]).await;
    are_nowhere(&world, &gone, &keys).await;
    assert_eq!(held(&world), 0);
    // RE11: nor does a backup from before bring one back.
    let mut world = world;
    world.stop_server().await;
    restore(&saved.path().join("db"), Some(&ring), &world.data()).unwrap();
    assert_eq!(held(&world), 0);
    are_nowhere(&world, &gone, &keys).await;
    assert!(verify(&world.data()).is_sound(), "{:#?}", verify(&world.data()));
    world.start_server().await;
    ann.sees(chat, &["(recalled)"]).await;
    let told = asks(&world, &ann, chat, ("timeline", message)).await;
    assert_eq!(told.status, 410);
}

#[tokio::test]
async fn re28_what_a_site_keeps_no_more_is_erased_over_a_crash_and_a_new_beginning() {
    let mut world = World::start().await;
    keeps(&world, true);
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("first words").await;
    ann.sees(chat, &["first words"]).await;
    let message = vera.view(chat).await.messages[0].id;
    edits(&world, &vera, chat, message, "second words").await;
    let former = keys(&world, message);
    assert_eq!(told(&world, &ann, chat, message).await, texts(&["first words"]));
    // The order is given, and the server dies with it; it is not kept again before anybody looks.
    world.kill_server().await;
    keeps(&world, false);
    keeps(&world, true);
    world.start_server().await;
    ann.settles().await;
    assert_eq!(told(&world, &ann, chat, message).await, [None], "it is shown to nobody at once");
    world.local().sweeps(clock::now()).await;
    assert_eq!(held(&world), 0);
    let now = keys(&world, message);
    let erased: Vec<_> = former.iter().filter(|key| !now.contains(key)).copied().collect();
    assert_eq!(erased.len(), 1);
    are_nowhere(&world, &[], &erased).await;
    vera.sees(chat, &["second words"]).await;
    edits(&world, &vera, chat, message, "third words").await;
    let again = [Some("second words".to_owned()), None];
    assert_eq!(told(&world, &ann, chat, message).await, again, "it began anew");
}

#[tokio::test]
async fn re28_a_clock_that_was_set_back_keeps_nothing_for_longer() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("first words").await;
    ann.sees(chat, &["first words"]).await;
    let message = vera.view(chat).await.messages[0].id;
    let former = keys(&world, message);
    // It was a day ahead when the site began to keep them.
    let keep = SiteChange { keep_former_words: Some(true), ..SiteChange::default() };
    let ahead = clock::now().plus_millis(24 * 60 * 60_000);
    world.directory().change_site_by(By::CommandLine, world.site(), keep, ahead).unwrap();
    edits(&world, &vera, chat, message, "second words").await;
    assert_eq!(told(&world, &ann, chat, message).await, texts(&["first words"]));
    keeps(&world, false);
    world.local().sweeps(clock::now()).await;
    assert_eq!(held(&world), 0);
    are_nowhere(&world, &[], &former).await;
    // What is kept from now on stays, though it begins before that.
    keeps(&world, true);
    edits(&world, &vera, chat, message, "third words").await;
    world.local().sweeps(clock::now()).await;
    let again = [Some("second words".to_owned()), None];
    assert_eq!(told(&world, &ann, chat, message).await, again);
}

#[tokio::test]
async fn re28_an_edit_admitted_beside_the_change_leaves_nothing() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("version 0").await;
    ann.sees(chat, &["version 0"]).await;
    let message = vera.view(chat).await.messages[0].id;
    for version in 1..=40 {
        // Some of these are judged before the change and committed after it.
        keeps(&world, version % 2 == 1);
        vera.edits(chat, message, &format!("version {version}")).await;
        if version % 5 == 0 {
            world.local().sweeps(clock::now()).await;
        }
    }
    world.settle().await;
    keeps(&world, false);
    let look = async || {
        world.local().sweeps(clock::now()).await;
        held(&world)
    };
    eventually("nothing is kept", look, |held| *held == 0).await;
    ann.sees(chat, &["version 40"]).await;
    assert_eq!(told(&world, &ann, chat, message).await, vec![None; 40]);
    assert_eq!(keys(&world, message).len(), 1);
}

#[tokio::test]
async fn re27_lc5_lc6_lc7_whatever_takes_words_back_takes_former_ones_too() {
    let world = World::start().await;
    keeps(&world, true);
    let olga = world.with_role("oli", AgentRole::Owner).await;
    let mut chats = Vec::new();
    for name in ["erased", "old", "deleted"] {
        let visitor = world.visitor(name).await;
        let chat = visitor.begins(&format!("{name}, first")).await;
        olga.sees(chat, &[&format!("{name}, first")]).await;
        let message = visitor.view(chat).await.messages[0].id;
        edits(&world, &visitor, chat, message, &format!("{name}, second")).await;
        chats.push((visitor, chat, keys(&world, message)));
    }
    assert_eq!(held(&world), 3);
    let (visitor, _, erased) = &chats[0];
    let id = visitor.principal().await.participant;
    let path = format!("/api/v1/visitors/{id}/erased");
    assert_eq!(world.put(&olga, &path, &json!({})).await.status, 200);
    are_nowhere(&world, &[], erased).await;
    assert_eq!(held(&world), 2);

    let (_, chat, old) = &chats[1];
    olga.closes(*chat).await;
    // The visitor who was erased settles nothing any more.
    olga.settles().await;
    let days = SiteChange { retention_days: Some(Some(1)), ..SiteChange::default() };
    world.directory().change_site(world.site(), days).unwrap();
    world.local().sweeps(clock::now().plus_millis(2 * 24 * 60 * 60_000)).await;
    are_nowhere(&world, &[], old).await;
    assert_eq!(held(&world), 1);

    let path = format!("/api/v1/sites/{}/deleted", world.site());
    assert_eq!(world.put(&olga, &path, &json!({"name": "Shop"})).await.status, 204);
    are_nowhere(&world, &[], &chats[2].2).await;
    assert_eq!(held(&world), 0);
}

#[tokio::test]
async fn re9_a_site_that_keeps_none_has_no_former_words_anywhere() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("first words").await;
    ann.sees(chat, &["first words"]).await;
    let message = vera.view(chat).await.messages[0].id;
    let key = keys(&world, message);
    edits(&world, &vera, chat, message, "second words").await;
    assert_eq!(told(&world, &ann, chat, message).await, [None]);
    assert_eq!(held(&world), 0);
    are_nowhere(&world, &[], &key).await;
    // What was not kept does not come when it is kept later.
    keeps(&world, true);
    assert_eq!(told(&world, &ann, chat, message).await, [None]);
}
