//! What agents work with: availability, categories, canned responses.

use rejoinder_core::principal::AgentRole;
use rejoinder_server::directory::DirectoryEvent;
use serde_json::{Value, json};

use crate::stage::{Stage, id, password, web};

async fn stage() -> Stage {
    Stage::set(|_, _| web()).await
}

#[tokio::test]
async fn rt5_who_set_themselves_online_is_available_while_connected() {
    let stage = stage().await;
    let ann = stage.add_agent("Ann", AgentRole::Agent, &[stage.site]);
    let token = stage.token(&ann);
    let me = stage.reads(&token, "/me").await;
    assert_eq!(
        me,
        json!({
            "id": ann.participant.to_string(), "name": "Ann", "email": "ann@shop.example",
            "role": "agent", "sites": [{"id": stage.site.to_string(), "name": "Shop"}],
            "availability": "online", "available": false, "chat_limit": null
        })
    );
    let (_, _socket) = stage.greets(None, password("ann")).await;
    assert_eq!(stage.reads(&token, "/me").await["available"], true);
    let widget = format!("/sites/{}/widget", stage.site);
    assert_eq!(stage.reads("", &widget).await["online"], true);

    let mut events = stage.directory().events();
    for (availability, available) in [("away", false), ("offline", false), ("online", true)] {
        let set = json!({"availability": availability});
        let me = stage.does(&token, "PUT", "/me/availability", &set).await;
        assert_eq!(
            (&me["availability"], &me["available"]),
            (&json!(availability), &json!(available))
        );
        let person = stage.reads(&token, "/people").await["agents"][0].clone();
        assert_eq!(person["availability"], availability);
        assert_eq!((&person["available"], &person["online"]), (&json!(available), &json!(true)));
        assert_eq!(stage.reads("", &widget).await["online"], available);
        assert_eq!(events.try_recv(), Ok(DirectoryEvent::AgentChanged(ann.participant)));
    }
    let visitor = stage.visitor(stage.site);
    stage.refuses(&visitor, ("GET", "/me"), &Value::Null, (403, "agents_only")).await;
    let set = json!({"availability": "busy"});
    stage.refuses(&token, ("PUT", "/me/availability"), &set, (400, "malformed")).await;
}

#[tokio::test]
async fn rt6_categories_are_a_sites_own() {
    let stage = stage().await;
    let other = stage.add_site("Other");
    let agent = |name: &str, role, sites: &[_]| stage.token(&stage.add_agent(name, role, sites));
    let ann = agent("Ann", AgentRole::Agent, &[stage.site]);
    let mia = agent("Mia", AgentRole::AccountManager, &[stage.site]);
    let olga = agent("Olga", AgentRole::Owner, &[]);
    let (orders, path) = (id(), |id: &str| format!("/categories/{id}"));
    let new = json!({"site": stage.site, "name": "Orders"});
    let put = ("PUT", path(&orders));
    stage.refuses(&ann, (put.0, &put.1), &new, (403, "not_allowed")).await;
    let added = stage.does(&mia, "PUT", &put.1, &new).await;
    assert_eq!(added, json!({"id": orders, "site": stage.site, "name": "Orders"}));
    // A repeat doubles nothing.
    assert_eq!(stage.does(&mia, "PUT", &put.1, &new).await, added);
    let again = path(&id());
    let taken = json!({"site": stage.site, "name": "orders"});
    stage.refuses(&mia, ("PUT", &again), &taken, (409, "name_taken")).await;
    let elsewhere = json!({"site": other, "name": "Orders"});
    stage.refuses(&mia, ("PUT", &again), &elsewhere, (404, "not_found")).await;
    stage.refuses(&olga, (put.0, &put.1), &elsewhere, (409, "id_taken")).await;
    stage.does(&olga, "PUT", &again, &elsewhere).await;
    let nowhere = json!({"site": id(), "name": "Orders"});
    stage.refuses(&olga, ("PUT", &path(&id())), &nowhere, (404, "unknown_site")).await;

    let renamed = json!({"site": stage.site, "name": "Deliveries"});
    stage.does(&mia, "PUT", &put.1, &renamed).await;
    let names = async |token: &str, path: &str| -> Vec<String> {
        let all = stage.reads(token, path).await["categories"].clone();
        all.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().into()).collect()
    };
    assert_eq!(names(&ann, "/categories").await, ["Deliveries"]);
    assert_eq!(names(&olga, "/categories").await, ["Deliveries", "Orders"]);
    assert_eq!(names(&olga, &format!("/categories?site={other}")).await, ["Orders"]);
    assert!(names(&ann, &format!("/categories?site={other}")).await.is_empty());

    // What is removed keeps its name for the conversations that it was given to.
    stage.refuses(&ann, ("DELETE", &put.1), &Value::Null, (403, "not_allowed")).await;
    stage.refuses(&mia, ("DELETE", &again), &Value::Null, (404, "not_found")).await;
    for _ in 0..2 {
        stage.does(&mia, "DELETE", &put.1, &Value::Null).await;
    }
    assert!(names(&ann, "/categories").await.is_empty());
    let all = stage.reads(&ann, "/categories?removed=true").await;
    let known = (&all["categories"][0]["name"], &all["categories"][0]["removed"]);
    assert_eq!(known, (&json!("Deliveries"), &json!(true)));
    stage.does(&mia, "PUT", &path(&id()), &renamed).await;
}

#[tokio::test]
async fn rt7_a_canned_response_is_a_sites_or_ones_own() {
    let stage = stage().await;
    let other = stage.add_site("Other");
    let agent = |name: &str, role, sites: &[_]| stage.token(&stage.add_agent(name, role, sites));
    let ann = agent("Ann", AgentRole::SupportAgent, &[stage.site]);
    let bo = agent("Bo", AgentRole::Agent, &[stage.site]);
    let mia = agent("Mia", AgentRole::AccountManager, &[stage.site]);
    let zoe = agent("Zoe", AgentRole::AccountManager, &[other]);
    let (own, ours) =
        (format!("/canned-responses/{}", id()), format!("/canned-responses/{}", id()));
    let personal = |text: &str| json!({"site": null, "shortcut": "hi", "text": text});
    let shared = |text: &str| json!({"site": stage.site, "shortcut": "hi", "text": text});
    stage.does(&ann, "PUT", &own, &personal("Hello from Ann")).await;
    stage.refuses(&bo, ("PUT", &ours), &shared("Hello"), (403, "not_allowed")).await;
    stage.refuses(&zoe, ("PUT", &ours), &shared("Hello"), (404, "not_found")).await;
    let put = stage.does(&mia, "PUT", &ours, &shared("Hello")).await;
    // A repeat changes nothing, not even when it became so.
    assert_eq!(stage.does(&mia, "PUT", &ours, &shared("Hello")).await, put);

    let texts = async |token: &str| -> Vec<String> {
        let all = stage.reads(token, "/canned-responses").await["canned_responses"].clone();
        let text = |one: &Value| one["text"].as_str().unwrap().to_owned();
        let mut all: Vec<_> = all.as_array().unwrap().iter().map(text).collect();
        all.sort();
        all
    };
    assert_eq!(texts(&ann).await, ["Hello", "Hello from Ann"]);
    assert_eq!(texts(&bo).await, ["Hello"]);
    assert!(texts(&zoe).await.is_empty());

    // Once of each site and each agent, in capitals or not.
    let another = format!("/canned-responses/{}", id());
    let taken = json!({"site": stage.site, "shortcut": "HI", "text": "Hi"});
    stage.refuses(&mia, ("PUT", &another), &taken, (409, "shortcut_taken")).await;
    let refused = stage.send(&ann, "PUT", &another, &personal("Again")).await.json();
    assert_eq!(refused["error"]["field"], "shortcut");
    stage.does(&mia, "PUT", &another, &personal("Hello from Mia")).await;

    // Another agent's own is not there.
    stage.refuses(&mia, ("DELETE", &own), &Value::Null, (404, "not_found")).await;
    stage.refuses(&mia, ("PUT", &own), &personal("Mine now"), (409, "id_taken")).await;
    stage.refuses(&bo, ("DELETE", &ours), &Value::Null, (403, "not_allowed")).await;
    let longest = "\u{1f600}".repeat(10_000);
    stage.does(&ann, "PUT", &own, &personal(&longest)).await;
    for text in [" ".to_owned(), format!("{longest}x")] {
        stage.refuses(&ann, ("PUT", &own), &personal(&text), (422, "invalid")).await;
    }
    for shortcut in ["", "two words", "a/b", &"x".repeat(41)] {
        let bad = json!({"site": null, "shortcut": shortcut, "text": "Hi"});
        let answer = stage.send(&ann, "PUT", &own, &bad).await;
        answer.is_error(422, "invalid");
        assert_eq!(answer.json()["error"]["field"], "shortcut");
    }
    for _ in 0..2 {
        stage.does(&ann, "DELETE", &own, &Value::Null).await;
    }
    assert_eq!(texts(&ann).await, ["Hello"]);
}

#[tokio::test]
async fn rt40_routing_follows_what_agents_and_sites_have_set() {
    let stage = stage().await;
    let ann = stage.token(&stage.add_agent("Ann", AgentRole::Agent, &[stage.site]));
    let ada = stage.token(&stage.add_agent("Ada", AgentRole::Admin, &[]));
    let (_, _socket) = stage.greets(None, password("ann")).await;
    let set = json!({"routing": "automatic", "chat_limit": 3});
    stage.does(&ada, "PATCH", &format!("/sites/{}", stage.site), &set).await;
    stage.does(&ann, "PUT", "/me/availability", &json!({"availability": "away"})).await;
    let expected = json!(["away", "automatic", 3]);
    for _ in 0..400 {
        let now = stage.reads(&ann, "/me/routing").await;
        let site = &now["sites"][0];
        if json!([now["presence"], site["mode"], site["limit"]]) == expected {
            return;
        }
        tokio::time::sleep(core::time::Duration::from_millis(10)).await;
    }
    panic!("{}", stage.reads(&ann, "/me/routing").await);
}
