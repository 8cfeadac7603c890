//! Visitors, as agents know them.

use std::collections::BTreeMap;

use rejoinder_core::limits;
use rejoinder_core::principal::AgentRole;
use rejoinder_server::directory::TokenHash;
use serde_json::{Value, json};

use crate::stage::{Stage, id, web};

async fn stage() -> Stage {
    Stage::set(|_, _| web()).await
}

fn who(stage: &Stage, token: &str) -> String {
    let session = stage.directory().standing(TokenHash::of(token)).unwrap();
    session.principal.participant.to_string()
}

#[tokio::test]
async fn rt9_agents_set_the_address_and_account_managers_the_rest() {
    let stage = stage().await;
    let other = stage.add_site("Other");
    let agent = |name: &str, role, sites: &[_]| stage.token(&stage.add_agent(name, role, sites));
    let sue = agent("Sue", AgentRole::SupportAgent, &[stage.site]);
    let mia = agent("Mia", AgentRole::AccountManager, &[stage.site]);
    let zoe = agent("Zoe", AgentRole::Supervisor, &[other]);
    let vera = stage.visitor(stage.site);
    let path = format!("/visitors/{}", who(&stage, &vera));
    let email = json!({"email": "Vera@Example.com"});
    let changed = stage.does(&sue, "PATCH", &path, &email).await;
    assert_eq!(changed["email"], "vera@example.com");
    let details = json!({"name": "Vera", "attributes": {"plan": "gold"}});
    stage.refuses(&sue, ("PATCH", &path), &details, (403, "not_allowed")).await;
    let changed = stage.does(&mia, "PATCH", &path, &details).await;
    assert_eq!((&changed["name"], &changed["email"]), (&json!("Vera"), &json!("vera@example.com")));
    assert_eq!((&changed["verified"], &changed["blocked"]), (&json!(false), &json!(false)));
    assert_eq!(changed["attributes"], json!({"plan": "gold"}));
    let changed = stage.does(&mia, "PATCH", &path, &json!({"name": null, "email": null})).await;
    assert_eq!((&changed["name"], &changed["email"]), (&Value::Null, &Value::Null));

    let many: BTreeMap<_, _> = (0..31).map(|n| (n.to_string(), "x")).collect();
    for (bad, field) in [
        (json!({"email": "nobody"}), "email"),
        (json!({"name": "x".repeat(101)}), "name"),
        (json!({"attributes": {"": "x"}}), "attributes"),
        (json!({"attributes": {"x": "x".repeat(301)}}), "attributes"),
        (json!({"attributes": many}), "attributes"),
    ] {
        let answer = stage.send(&mia, "PATCH", &path, &bad).await;
        answer.is_error(422, "invalid");
        assert_eq!(answer.json()["error"]["field"], field);
    }
    stage.refuses(&zoe, ("GET", &path), &Value::Null, (404, "not_found")).await;
    stage.refuses(&zoe, ("PATCH", &path), &email, (404, "not_found")).await;
    stage.refuses(&vera, ("GET", &path), &Value::Null, (403, "agents_only")).await;
    let nobody = format!("/visitors/{}", id());
    stage.refuses(&mia, ("GET", &nobody), &Value::Null, (404, "not_found")).await;
}

#[tokio::test]
async fn rt9_visitors_are_found_by_the_beginning_of_their_address() {
    let stage = stage().await;
    let mia = stage.token(&stage.add_agent("Mia", AgentRole::AccountManager, &[stage.site]));
    let sue = stage.token(&stage.add_agent("Sue", AgentRole::SupportAgent, &[stage.site]));
    for name in ["vera", "veronica", "walt"] {
        let path = format!("/visitors/{}", who(&stage, &stage.visitor(stage.site)));
        let email = json!({"email": format!("{name}@example.com")});
        stage.does(&mia, "PATCH", &path, &email).await;
    }
    let count = async |query: &str| {
        let page = stage.reads(&mia, &format!("/visitors{query}")).await;
        page["visitors"].as_array().unwrap().len()
    };
    assert_eq!(count("").await, 3);
    assert_eq!(count("?email=VER").await, 2);
    assert_eq!(count("?email=walt%40example.com").await, 1);
    assert_eq!(count("?email=%25").await, 0);
    assert_eq!(count("?blocked=true").await, 0);
    let first = stage.reads(&mia, "/visitors?limit=2").await;
    let next = format!("?cursor={}", first["next"].as_str().unwrap());
    assert_eq!(count(&next).await, 1);
    stage.refuses(&sue, ("GET", "/visitors"), &Value::Null, (403, "not_allowed")).await;
}

#[tokio::test]
async fn rt10_agents_see_the_newest_twenty_pages_of_a_visitor() {
    let stage = stage().await;
    let ann = stage.token(&stage.add_agent("Ann", AgentRole::Agent, &[stage.site]));
    let vera = stage.visitor(stage.site);
    let visit = |number: usize| {
        let url = format!("https://shop.example/{number}#x");
        json!({"title": format!("Page {number}"), "url": url})
    };
    for number in 0..25 {
        stage.does(&vera, "POST", "/page", &visit(number)).await;
    }
    // The same page again in a row is one.
    stage.does(&vera, "POST", "/page", &visit(24)).await;
    let path = format!("/visitors/{}", who(&stage, &vera));
    let pages = stage.reads(&ann, &path).await["pages"].clone();
    let urls: Vec<&str> =
        pages.as_array().unwrap().iter().map(|page| page["url"].as_str().unwrap()).collect();
    assert_eq!(
        (urls.len(), urls[0], urls[19]),
        (20, "https://shop.example/24", "https://shop.example/5")
    );
    assert_eq!(pages[0]["title"], "Page 24");

    stage.refuses(&ann, ("POST", "/page"), &visit(0), (403, "visitors_only")).await;
    for url in ["javascript:alert(1)", "/cart", &format!("https://a.b/{}", "x".repeat(2_000))] {
        let bad = json!({"title": "x", "url": url});
        stage.refuses(&vera, ("POST", "/page"), &bad, (422, "invalid")).await;
    }
    let bad = json!({"title": "x", "url": "https://a.b", "more": 1});
    stage.refuses(&vera, ("POST", "/page"), &bad, (400, "malformed")).await;
    // 26 were taken and three refused: the 31st is too much, of this visitor only.
    stage.does(&vera, "POST", "/page", &visit(0)).await;
    let answer = stage.send(&vera, "POST", "/page", &visit(1)).await;
    answer.is_error(429, "too_many");
    assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() <= 60);
    let walt = stage.visitor(stage.site);
    stage.does(&walt, "POST", "/page", &visit(1)).await;
}

#[tokio::test]
async fn rt10_a_customers_page_may_tell_where_a_visitor_is() {
    let stage = stage().await;
    let asks = [
        "Origin: https://shop.example",
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: authorization,content-type",
    ];
    let answer = stage.ask("OPTIONS", "/api/v1/page", &asks).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some("*")));
    assert_eq!(answer.header("access-control-allow-methods"), Some("POST"));
    // What agents do, they do from the server's own pages; so do visitors, in the widget's frame.
    for path in ["/api/v1/agents", "/api/v1/prechat", "/api/v1/offline-info"] {
        let answer = stage.ask("OPTIONS", path, &asks).await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
}

#[tokio::test]
async fn rt11_agents_block_visitors_of_their_sites() {
    let stage = stage().await;
    let other = stage.add_site("Other");
    let agent = |name: &str, role, sites: &[_]| stage.token(&stage.add_agent(name, role, sites));
    let sue = agent("Sue", AgentRole::SupportAgent, &[stage.site]);
    let ann = agent("Ann", AgentRole::Agent, &[stage.site]);
    let zoe = agent("Zoe", AgentRole::Supervisor, &[other]);
    let vera = stage.visitor(stage.site);
    let path = format!("/visitors/{}/blocked", who(&stage, &vera));
    let (block, unblock) = (json!({"blocked": true}), json!({"blocked": false}));
    stage.refuses(&sue, ("PUT", &path), &block, (403, "not_allowed")).await;
    stage.refuses(&zoe, ("PUT", &path), &block, (404, "not_found")).await;
    for _ in 0..2 {
        assert_eq!(stage.does(&ann, "PUT", &path, &block).await["blocked"], true);
    }
    let page = json!({"title": "Cart", "url": "https://shop.example/cart"});
    stage.refuses(&vera, ("POST", "/page"), &page, (403, "blocked")).await;
    let found = stage.reads(&ann, "/visitors?blocked=true").await;
    assert_eq!(found["visitors"].as_array().unwrap().len(), 1);
    stage.does(&ann, "PUT", &path, &unblock).await;
    stage.does(&vera, "POST", "/page", &page).await;
}

#[tokio::test]
async fn lc5_an_owner_erases_a_visitor_once_and_for_all() {
    let stage = stage().await;
    let (agent, all) = (|name: &str, role| stage.token(&stage.add_agent(name, role, &[])), &[]);
    let (olga, ada) = (agent("Olga", AgentRole::Owner), agent("Ada", AgentRole::Admin));
    let zoe = stage.token(&stage.add_agent("Zoe", AgentRole::Supervisor, all));
    let vera = stage.visitor(stage.site);
    let page = json!({"title": "Shoes", "url": "https://shop.example/shoes"});
    assert_eq!(stage.send(&vera, "POST", "/page", &page).await.status, 204);
    let path = format!("/visitors/{}", who(&stage, &vera));
    let details = json!({"name": "Vera", "email": "vera@example.com", "attributes": {"a": "b"}});
    stage.does(&olga, "PATCH", &path, &details).await;

    let erased = format!("{path}/erased");
    stage.refuses(&ada, ("PUT", &erased), &Value::Null, (403, "not_allowed")).await;
    stage.refuses(&zoe, ("PUT", &erased), &Value::Null, (404, "not_found")).await;
    stage.refuses(&vera, ("PUT", &erased), &Value::Null, (403, "agents_only")).await;
    let first = stage.does(&olga, "PUT", &erased, &Value::Null).await;
    for field in ["name", "email"] {
        assert_eq!(first[field], Value::Null, "{field}");
    }
    assert_eq!((&first["attributes"], &first["pages"]), (&json!({}), &json!([])));
    assert!(first["erased_at"].is_i64());
    assert_eq!(stage.does(&olga, "PUT", &erased, &Value::Null).await, first, "again is nothing");

    stage.send(&vera, "POST", "/page", &page).await.is_error(401, "revoked_token");
    let details = json!({"email": "vera@example.com"});
    stage.refuses(&olga, ("PATCH", &path), &details, (409, "erased")).await;
    let blocked = json!({"blocked": false});
    let path = format!("{path}/blocked");
    stage.refuses(&olga, ("PUT", &path), &blocked, (409, "erased")).await;
    assert_eq!(stage.reads(&olga, "/visitors").await["visitors"], json!([]));
    let log = stage.reads(&olga, "/audit").await;
    let told = log["entries"].as_array().unwrap();
    let told: Vec<_> = told.iter().filter(|it| it["action"] == "visitor_erased").collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["subject"], first["id"]);
    assert!(told[0]["by"].is_string() && told[0]["fields"] == json!([]));
}

#[tokio::test]
async fn lc9_what_a_visitor_answers_before_they_begin_is_kept_with_them() {
    let stage = stage().await;
    let ada = stage.token(&stage.add_agent("Ada", AgentRole::Admin, &[]));
    let site = format!("/sites/{}", stage.site);
    let fields = json!([
        {"label": "Order", "kind": "text", "required": false, "options": []},
        {"label": "E-mail", "kind": "email", "required": true, "options": []},
        {"label": "Topic", "kind": "choice", "required": true, "options": ["Sales", "Help"]},
    ]);
    let bad = json!({"prechat_fields": [{"label": "", "kind": "text", "required": false}]});
    let answer = stage.send(&ada, "PATCH", &site, &bad).await;
    answer.is_error(422, "invalid");
    assert_eq!(answer.json()["error"]["field"], "prechat_fields");
    let set = stage.does(&ada, "PATCH", &site, &json!({"prechat_fields": fields})).await;
    assert_eq!(set["prechat_fields"], fields);
    assert_eq!(stage.reads("", &format!("{site}/widget")).await["prechat_fields"], fields);

    let vera = stage.visitor(stage.site);
    for wrong in [
        json!({}),
        json!({"E-mail": "vera@example.com"}),
        json!({"E-mail": "vera", "Topic": "Help"}),
        json!({"E-mail": "vera@example.com", "Topic": "Other"}),
        json!({"E-mail": "vera@example.com", "Topic": "Help", "Plan": "gold"}),
    ] {
        let answer = stage.send(&vera, "POST", "/prechat", &json!({"answers": wrong})).await;
        answer.is_error(422, "invalid");
        assert_eq!(answer.json()["error"]["field"], "answers");
    }
    let answers = json!({"answers": {"E-mail": " vera@example.com ", "Topic": "Help"}});
    assert_eq!(stage.send(&vera, "POST", "/prechat", &answers).await.status, 204);
    stage.refuses(&ada, ("POST", "/prechat"), &answers, (403, "visitors_only")).await;
    let known = stage.reads(&ada, &format!("/visitors/{}", who(&stage, &vera))).await;
    assert_eq!(known["email"], "vera@example.com");
    assert_eq!(known["attributes"], json!({"E-mail": "vera@example.com", "Topic": "Help"}));
}

#[tokio::test]
async fn rt10_lc9_what_a_visitor_tells_is_counted_together() {
    let stage = stage().await;
    let vera = stage.visitor(stage.site);
    let page = json!({"title": "Shoes", "url": "https://shop.example/shoes"});
    let answers = json!({"answers": {}});
    for number in 0..limits::TOLD_PER_MINUTE {
        let (path, body) = if number % 2 == 0 { ("/page", &page) } else { ("/prechat", &answers) };
        assert_eq!(stage.send(&vera, "POST", path, body).await.status, 204, "{number}");
    }
    for (path, body) in [("/page", &page), ("/prechat", &answers)] {
        stage.send(&vera, "POST", path, body).await.is_error(429, "too_many");
    }
}
