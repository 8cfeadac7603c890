//! REST, and what is wrong with what is asked.

use rejoinder_core::principal::AgentRole;
use rejoinder_server::directory::{AgentChange, SiteChange, TokenHash};
use serde_json::{Value, json};

use crate::stage::{Stage, password, web};

async fn stage() -> Stage {
    Stage::set(|_, _| web()).await
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn wp22_everybody_may_know_who_answers_on_a_site() {
    let stage = stage().await;
    let other = stage.add_site("Other");
    let ann = stage.add_agent("Ann", AgentRole::Agent, &[stage.site]);
    stage.add_agent("Olga", AgentRole::Owner, &[]);
    stage.add_agent("Zoe", AgentRole::Agent, &[other]);
    let gone = stage.add_agent("Gone", AgentRole::Agent, &[stage.site]);
    let disabled = AgentChange { disabled: Some(true), ..AgentChange::default() };
    stage.directory().change_agent(gone.participant, &disabled).unwrap();

    let path = format!("/api/v1/sites/{}/widget", stage.site);
    let answer = stage.get(&path).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some("*")));
    let id = ann.participant.to_string();
    let mut widget = answer.json();
    assert_eq!(names(&widget["agents"]), ["Ann", "Olga"]);
    assert_eq!(widget["agents"][0], json!({"id": id, "name": "Ann", "online": false}));
    widget["agents"] = json!([]);
    let site = stage.site.to_string();
    assert_eq!(
        widget,
        json!({
            "site": site, "name": "Shop", "mode": "live_chat", "human_support": true,
            "visitor_edit": false, "visitor_recall": false, "online": false, "agents": [],
            "offline_message": "", "offline_mode": "message", "prechat_fields": [],
            "theme_color": "#3350b4", "greeting": ""
        })
    );
    let change = SiteChange { visitor_recall: Some(true), ..SiteChange::default() };
    stage.directory().change_site(stage.site, change).unwrap();
    let widget = stage.get(&path).await.json();
    let allowed = (&widget["visitor_edit"], &widget["visitor_recall"]);
    assert_eq!(allowed, (&json!(false), &json!(true)));

    let (_, socket) = stage.greets(None, password("ann")).await;
    let widget = stage.get(&path).await.json();
    assert_eq!((&widget["online"], &widget["agents"][0]["online"]), (&json!(true), &json!(true)));
    let elsewhere = stage.get(&format!("/api/v1/sites/{other}/widget")).await.json();
    assert_eq!(elsewhere["online"], false);
    // Who left less than a minute ago counts as online.
    drop(socket);
    while !stage.server.hub().registry().is_empty() {
        tokio::time::sleep(core::time::Duration::from_millis(5)).await;
    }
    assert_eq!(stage.get(&path).await.json()["online"], true);
    let registry = stage.server.hub().registry();
    let soon = tokio::time::Instant::now() + rejoinder_server::hub::ONLINE;
    assert!(registry.online(soon + core::time::Duration::from_secs(1)).is_empty());
}

#[tokio::test]
async fn wp22_a_site_that_is_none_is_not_found() {
    let stage = stage().await;
    let nobody = "00000000-0000-4000-8000-000000000000";
    for site in [nobody, "x", "%2e%2e", "1' OR '1'='1".replace(' ', "%20").as_str()] {
        let answer = stage.get(&format!("/api/v1/sites/{site}/widget")).await;
        answer.is_error(404, "unknown_site");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
}

#[tokio::test]
async fn wp23_people_are_those_whom_one_may_know() {
    let stage = stage().await;
    let other = stage.add_site("Other");
    let ann = stage.add_agent("Ann", AgentRole::Supervisor, &[stage.site]);
    let olga = stage.add_agent("Olga", AgentRole::Owner, &[]);
    let zoe = stage.add_agent("Zoe", AgentRole::Agent, &[other]);
    let lone = stage.add_agent("Lone", AgentRole::Agent, &[]);
    let visitor = stage.visitor(stage.site);
    let all = [
        (visitor, vec!["Ann", "Olga"], vec!["Shop"]),
        (stage.token(&ann), vec!["Ann", "Olga"], vec!["Shop"]),
        (stage.token(&zoe), vec!["Olga", "Zoe"], vec!["Other"]),
        (stage.token(&lone), vec!["Lone", "Olga"], vec![]),
        (stage.token(&olga), vec!["Ann", "Lone", "Olga", "Zoe"], vec!["Other", "Shop"]),
    ];
    for (token, agents, sites) in all {
        let answer = stage.get_as(&token, "/api/v1/people").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert!(!answer.text().contains('@'), "no e-mail addresses");
        let people = answer.json();
        assert_eq!((names(&people["agents"]), names(&people["sites"])), (agents, sites));
        assert_eq!(people.as_object().unwrap().len(), 2);
    }
    let people = stage.get_as(&stage.token(&ann), "/api/v1/people").await.json();
    let (id, site) = (ann.participant.to_string(), stage.site.to_string());
    let person = json!({
        "id": id, "name": "Ann", "role": {"agent": "supervisor"}, "online": false,
        "availability": "online", "available": false
    });
    assert_eq!(people["agents"][0], person);
    assert_eq!(people["sites"][0], json!({"id": site, "name": "Shop"}));
}

#[tokio::test]
async fn wp24_unread_is_for_visitors() {
    let stage = stage().await;
    let ann = stage.add_agent("Ann", AgentRole::Agent, &[stage.site]);
    let visitor = stage.visitor(stage.site);
    let answer = stage.get_as(&visitor, "/api/v1/unread").await;
    let nothing = json!({"unread": false, "open": false});
    assert_eq!((answer.status, answer.json()), (200, nothing));
    stage.get_as(&stage.token(&ann), "/api/v1/unread").await.is_error(403, "visitors_only");
}

#[tokio::test]
async fn wp25_a_request_without_a_valid_token_is_told_so() {
    let stage = stage().await;
    let visitor = stage.visitor(stage.site);
    stage.directory().log_out(TokenHash::of(&visitor)).unwrap();
    for path in ["/api/v1/people", "/api/v1/unread"] {
        let answer = stage.get(path).await;
        answer.is_error(401, "no_token");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        stage.get_as(&visitor, path).await.is_error(401, "revoked_token");
        stage.get_as("rjv_nobodys", path).await.is_error(401, "invalid_token");
        for header in [
            "Authorization: Bearer ",
            "Authorization: Basic dXNlcjpwYXNz",
            "Authorization: Bearer a\r\nAuthorization: Bearer b",
        ] {
            stage.ask("GET", path, &[header]).await.is_error(401, "no_token");
        }
        // A token in an address is none.
        let query = format!("{path}?token={visitor}&access_token={visitor}");
        stage.get(&query).await.is_error(401, "no_token");
    }
}

#[tokio::test]
async fn wp25_pages_of_any_origin_may_ask_with_a_token() {
    let stage = stage().await;
    let asks = [
        "Origin: https://shop.example",
        "Access-Control-Request-Method: GET",
        "Access-Control-Request-Headers: authorization",
    ];
    for path in ["/api/v1/people", "/api/v1/unread"] {
        let answer = stage.ask("OPTIONS", path, &asks).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.header("access-control-allow-headers"), Some("authorization"));
        assert_eq!(answer.header("access-control-allow-methods"), Some("GET"));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
    }
}

#[tokio::test]
async fn wp25_what_is_asked_wrongly_is_told_so_in_the_envelope() {
    let stage = stage().await;
    for path in ["/api", "/api/", "/api/v1", "/api/v1/nothing", "/api/v2/people", "/api/../x"] {
        stage.get(path).await.is_error(404, "unknown");
    }
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let answer = stage.ask(method, "/api/v1/people", &["Content-Length: 0"]).await;
        answer.is_error(405, "wrong_method");
        assert!(answer.header("allow").unwrap().contains("GET"));
    }
    let huge = format!("Authorization: Bearer {}", "x".repeat(10_000));
    stage.ask("GET", "/api/v1/people", &[&huge]).await.is_error(401, "no_token");
    let head = format!("X-Large: {}", "x".repeat(64 * 1024));
    assert_eq!(stage.ask("GET", "/api/v1/people", &[&head]).await.status, 431);
    assert_eq!(stage.get("/healthz").await.status, 200);
}
