//! The audit log.

use rejoinder_core::principal::AgentRole;
use serde_json::{Value, json};

use crate::stage::{Stage, id, web};

fn actions(page: &Value) -> Vec<String> {
    let entries = page["entries"].as_array().unwrap();
    entries.iter().map(|entry| entry["action"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn rt16_what_was_set_is_told_without_what_was_said() {
    let stage = Stage::set(|_, _| web()).await;
    let other = stage.add_site("Other");
    let agent = |name: &str, role, sites: &[_]| stage.token(&stage.add_agent(name, role, sites));
    let ann = agent("Ann", AgentRole::Agent, &[stage.site]);
    let sue = agent("Sue", AgentRole::Supervisor, &[stage.site]);
    let ada = agent("Ada", AgentRole::Admin, &[]);
    stage.add_agent("Olga", AgentRole::Owner, &[]);
    let me = stage.reads(&ada, "/me").await["id"].clone();
    stage.refuses(&ann, ("GET", "/audit"), &Value::Null, (403, "not_allowed")).await;

    let words = "markerQ7vX2kPz";
    let greeting = json!({"greeting": words, "chat_limit": 9});
    stage.does(&ada, "PATCH", &format!("/sites/{}", stage.site), &greeting).await;
    stage.does(&ada, "PATCH", &format!("/sites/{other}"), &greeting).await;
    // What changes nothing is not told.
    stage.does(&ada, "PATCH", &format!("/sites/{other}"), &greeting).await;
    let canned = json!({"site": stage.site, "shortcut": "hi", "text": words});
    stage.does(&ada, "PUT", &format!("/canned-responses/{}", id()), &canned).await;
    let own = json!({"site": null, "shortcut": "hi", "text": words});
    stage.does(&ada, "PUT", &format!("/canned-responses/{}", id()), &own).await;
    let category = format!("/categories/{}", id());
    stage.does(&ada, "PUT", &category, &json!({"site": other, "name": words})).await;
    let path = format!("/agents/{}", id());
    let new = json!({"name": words, "email": "bo@shop.example", "role": "agent"});
    stage.does(&ada, "PUT", &path, &new).await;
    stage.does(&ada, "POST", &format!("{path}/link"), &Value::Null).await;
    stage.does(&ada, "PATCH", &path, &json!({"disabled": true, "role": "supervisor"})).await;

    let all = stage.reads(&ada, "/audit").await;
    let newest = [
        "agent_disabled",
        "agent_changed",
        "link_made",
        "agent_added",
        "category_added",
        "canned_response_added",
        "site_changed",
        "site_changed",
        "agent_added",
    ];
    assert_eq!(actions(&all)[..9], newest);
    assert!(!all.to_string().contains(words) && !all.to_string().contains("bo@"));
    let changed = &all["entries"][6];
    assert_eq!(changed["fields"], json!(["chat_limit", "greeting"]));
    assert_eq!((&changed["by"], &changed["site"]), (&me, &json!(other)));
    assert_eq!(all["entries"][8]["by"], Value::Null);

    // A supervisor is shown what concerns their sites.
    let own = stage.reads(&sue, "/audit").await;
    assert_eq!(actions(&own), ["canned_response_added", "site_changed", "site_added"]);
    let mut paged = Vec::new();
    let mut path = "/audit?limit=4".to_owned();
    loop {
        let page = stage.reads(&ada, &path).await;
        paged.extend(page["entries"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/audit?limit=4&cursor={next}");
    }
    assert_eq!(&json!(paged), &all["entries"]);
    for bad in ["cursor=x", "cursor=1", "cursor=-1-2", "limit=0"] {
        let path = format!("/audit?{bad}");
        stage.refuses(&ada, ("GET", &path), &Value::Null, (422, "invalid")).await;
    }
}
