//! What was said: searched, listed, written out.

use rejoinder_core::id::{ConversationId, MessageId};
use rejoinder_core::principal::AgentRole;
use rejoinder_harness::{Person, World, eventually};
use serde_json::{Value, json};

const SEARCH: &str = "/api/v1/search";

async fn found(world: &World, who: &Person, query: &Value) -> Vec<String> {
    let answer = world.post(who, SEARCH, query).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.head.to_lowercase().contains("cache-control: no-store"));
    let hits = answer.json()["hits"].clone();
    let text = |hit: &Value| hit["excerpt"].as_str().unwrap().to_owned();
    hits.as_array().unwrap().iter().map(text).collect()
}

async fn finds(world: &World, who: &Person, words: &str) -> Vec<String> {
    found(world, who, &json!({ "words": words })).await
}

async fn listed(world: &World, who: &Person, query: &str) -> Vec<ConversationId> {
    let answer = world.get(who, &format!("/api/v1/conversations{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let rows = answer.json()["conversations"].clone();
    let id = |row: &Value| row["conversation"].as_str().unwrap().parse().unwrap();
    rows.as_array().unwrap().iter().map(id).collect()
}

/// A conversation that everything about it has arrived of.
async fn begun(vera: &Person, ann: &Person, text: &str) -> (ConversationId, MessageId) {
    let chat = vera.begins(text).await;
    vera.settles().await;
    ann.sees(chat, &[text]).await;
    (chat, vera.view(chat).await.messages[0].id)
}

#[tokio::test]
async fn rt51_agents_find_what_was_said_where_they_may_see_it() {
    let world = World::start().await;
    let other = world.another_site("Other");
    let (vera, walt) = (world.visitor("vera").await, world.visitor_of(other, "walt").await);
    let (ann, bo) = (world.agent("ann").await, world.agent("bo").await);
    let sam = world.with_role("sam", AgentRole::SupportAgent).await;
    let (chat, _) = begun(&vera, &ann, "Where is my Parcel 1234?").await;
    walt.begins("A parcel elsewhere").await;
    walt.settles().await;
    ann.claims(chat).await;
    ann.says(chat, "The parcel is on its way").await;
    ann.notes(chat, "PARCEL lost, Ärger").await;
    ann.settles().await;
    let all = ["PARCEL lost, Ärger", "The parcel is on its way", "Where is my Parcel 1234?"];
    assert_eq!(finds(&world, &bo, "parcel").await, all);
    assert_eq!(finds(&world, &bo, "1234 PARCEL").await, all[2..]);
    assert_eq!(finds(&world, &bo, "ÄRGER").await, all[..1]);
    assert_eq!(finds(&world, &bo, "parcel elephant").await, [""; 0]);
    // Ann has it now, so Sam, who follows nothing, does not see it.
    assert_eq!(finds(&world, &sam, "parcel").await, [""; 0]);
    let of_site = json!({"words": "parcel", "site": other});
    assert_eq!(found(&world, &bo, &of_site).await, [""; 0]);
    let waiting = json!({"words": "parcel", "status": "waiting_for_human"});
    assert_eq!(found(&world, &bo, &waiting).await, [""; 0]);
    let active = json!({"words": "parcel", "status": "active_human", "closed": false});
    assert_eq!(found(&world, &bo, &active).await.len(), 3);
    let hit = world.post(&bo, SEARCH, &json!({"words": "1234"})).await.json()["hits"][0].clone();
    assert_eq!((&hit["conversation"], &hit["document"]), (&json!(chat), &json!("timeline")));
    assert_eq!((&hit["kind"], &hit["seq"]), (&json!("visitor"), &json!(1)));
    assert_eq!(world.post(&vera, SEARCH, &json!({"words": "parcel"})).await.status, 403);
    for (words, code) in [("", "bad_search"), ("x", "bad_search"), ("  ", "bad_search")] {
        let wrong = world.post(&bo, SEARCH, &json!({ "words": words })).await;
        assert_eq!((wrong.status, &wrong.json()["error"]["code"]), (400, &json!(code)));
    }
}

#[tokio::test]
async fn rt51_a_search_goes_on_where_it_ended() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let mut expected = Vec::new();
    for n in 0..5 {
        let text = format!("Elephant number {n}");
        begun(&vera, &ann, &text).await;
        expected.insert(0, text);
    }
    let (mut seen, mut before) = (Vec::new(), Value::Null);
    loop {
        let query = json!({"words": "elephant", "limit": 2, "before": before});
        let answer = world.post(&ann, SEARCH, &query).await.json();
        let hits = answer["hits"].as_array().unwrap().clone();
        seen.extend(hits.iter().map(|hit| hit["excerpt"].as_str().unwrap().to_owned()));
        before = answer["next"].clone();
        if before.is_null() {
            break;
        }
    }
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn rt52_a_recalled_word_is_found_nowhere_at_once() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let (chat, first) = begun(&vera, &ann, "My password is rosebud").await;
    let note = ann.notes(chat, "rosebud, she says").await;
    let answer = ann.says(chat, "rosebud was read").await;
    ann.settles().await;
    assert_eq!(finds(&world, &ann, "rosebud").await.len(), 3);
    vera.recalls(chat, first).await;
    vera.settles().await;
    assert_eq!(finds(&world, &ann, "rosebud").await.len(), 2);
    ann.chat(chat).await.recall_note(note).await.unwrap();
    ann.settles().await;
    assert_eq!(finds(&world, &ann, "rosebud").await, ["rosebud was read"]);
    ann.edits(chat, answer, "it was read").await;
    ann.settles().await;
    assert_eq!(finds(&world, &ann, "rosebud").await, [""; 0]);
    assert_eq!(finds(&world, &ann, "it was read").await, ["it was read"]);
}

#[tokio::test]
async fn rt53_conversations_are_listed_by_what_they_are() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let sam = world.with_role("sam", AgentRole::SupportAgent).await;
    let mut chats = Vec::new();
    for n in 0..4 {
        chats.insert(0, begun(&vera, &ann, &format!("Number {n}")).await.0);
    }
    assert_eq!(listed(&world, &ann, "").await, chats);
    let (mine, closed) = (chats[1], chats[2]);
    for chat in [closed, mine] {
        ann.claims(chat).await;
        ann.settles().await;
    }
    ann.closes(closed).await;
    ann.settles().await;
    let order = [closed, mine, chats[0], chats[3]];
    let queries = [
        ("", &order[..]),
        ("?closed=true", &order[..1]),
        ("?closed=false&assignee=me", &order[1..2]),
        ("?assignee=none", &order[2..]),
        ("?status=waiting_for_human", &order[2..]),
        ("?status=active_human,waiting_for_human&closed=false", &order[1..]),
        ("?priority=urgent", &[]),
        ("?category=none&limit=2", &order[..2]),
        ("?until=1", &[]),
        ("?since=1", &order[..]),
    ];
    for (query, expected) in queries {
        assert_eq!(listed(&world, &ann, query).await, expected, "{query}");
    }
    let visitor = vera.principal().await.participant;
    assert_eq!(listed(&world, &ann, &format!("?visitor={visitor}")).await, order);
    let site = world.another_site("Other");
    assert_eq!(listed(&world, &ann, &format!("?site={site}")).await, []);
    // A support agent sees what is nobody's or theirs, on whole pages all the same.
    assert_eq!(listed(&world, &sam, "?limit=2").await, order[2..]);
    let page = world.get(&ann, "/api/v1/conversations?limit=3").await.json();
    let next = page["next"].as_u64().unwrap();
    assert_eq!(listed(&world, &ann, &format!("?before={next}")).await, order[3..]);
    for query in ["?status=x", "?assignee=bo", "?limit=-1", "?colour=red", "?site=1"] {
        let wrong = world.get(&ann, &format!("/api/v1/conversations{query}")).await;
        assert_eq!((wrong.status, &wrong.json()["error"]["code"]), (400, &json!("bad_query")));
    }
    assert_eq!(world.get(&vera, "/api/v1/conversations").await.status, 403);
}

#[tokio::test]
async fn rt54_a_transcript_has_a_notice_where_words_were_recalled() {
    let world = World::start().await;
    let vera = world.visitor("vera").await;
    let (ann, bo) = (world.agent("ann").await, world.agent("bo").await);
    let sue = world.supervisor("sue").await;
    let (chat, first) = begun(&vera, &ann, "My password is rosebud").await;
    ann.claims(chat).await;
    ann.settles().await;
    ann.says(chat, "Hello <b>Vera</b>,\nhow are you?").await;
    ann.notes(chat, "a regular").await;
    ann.settles().await;
    vera.recalls(chat, first).await;
    vera.settles().await;
    let path = |more: &str| format!("/api/v1/conversations/{chat}/transcript{more}");
    let text = world.get(&ann, &path("")).await;
    assert_eq!(text.status, 200);
    assert!(text.head.contains("text/plain") && text.head.contains("attachment"), "{}", text.head);
    assert!(text.text.contains("Visitor: [message removed]"), "{}", text.text);
    assert!(text.text.contains("ann: Hello <b>Vera</b>,\n    how are you?"), "{}", text.text);
    assert!(text.text.contains("System: taken by ann"), "{}", text.text);
    let page = world.get(&sue, &path("?format=html&notes=with")).await;
    assert!(page.head.contains("text/html") && page.text.contains("[message removed]"));
    assert!(page.text.contains("Hello &lt;b&gt;Vera&lt;/b&gt;,") && !page.text.contains("<b>"));
    assert!(page.text.contains("ann (internal note)") && page.text.contains("a regular"));
    let json = world.get(&sue, &path("?format=json")).await.json();
    assert_eq!(json["messages"][0]["is"], json!("recalled"));
    for answer in [&text, &page] {
        assert!(!answer.text.contains("rosebud"));
    }
    assert!(!text.text.contains("a regular") && !json.to_string().contains("a regular"));
    let refused = world.get(&bo, &path("")).await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (403, &json!("not_allowed")));
    let nobody = "00000000-0000-4000-8000-000000000000";
    // What is no id names nothing at all, here as everywhere (RT4).
    for (id, expected) in [(nobody, "unknown_conversation"), ("x", "not_found")] {
        let unknown = world.get(&sue, &format!("/api/v1/conversations/{id}/transcript")).await;
        let code = unknown.json()["error"]["code"].clone();
        assert_eq!((unknown.status, code), (404, json!(expected)));
    }
    let wrong = world.get(&sue, &path("?format=pdf")).await;
    assert_eq!((wrong.status, &wrong.json()["error"]["code"]), (400, &json!("bad_query")));
    let row = async || listed(&world, &ann, "").await;
    eventually("it is listed", row, |rows| rows == &[chat]).await;
}
