//! What no client of ours sends, at every route.

use rejoinder_core::principal::AgentRole;
use serde_json::{Value, json};

use crate::stage::{Stage, id, web};

async fn stage() -> Stage {
    Stage::set(|_, _| web()).await
}

/// Every route with a way to ask it, from the description: none is forgotten.
fn routes() -> Vec<(String, String, bool)> {
    let described = rejoinder_server::api::document::document();
    let described = serde_json::to_value(described).unwrap();
    let mut routes = Vec::new();
    for (path, methods) in described["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/api/v1").unwrap().to_owned();
        for (method, route) in methods.as_object().unwrap() {
            // Files are bytes: any are what they are.
            let takes = !route["requestBody"]["content"]["application/json"].is_null();
            routes.push((method.to_uppercase(), path.clone(), takes));
        }
    }
    assert!(routes.len() > 30);
    routes
}

fn filled(path: &str, text: &str) -> String {
    let ids = ["{id}", "{site}", "{conversation}", "{message}"];
    let path = path.replace("{kind}", "timeline");
    ids.iter().fold(path, |path, id| path.replace(id, text))
}

/// Asked without a token.
fn is_public(path: &str) -> bool {
    path.ends_with("/widget") || path.starts_with("/links/")
}

/// Told by visitors only.
const TOLD: [&str; 3] = ["/page", "/offline-info", "/prechat"];

#[tokio::test]
async fn rt2_nothing_is_done_without_a_token_or_with_anothers() {
    let stage = stage().await;
    let visitor = stage.visitor(stage.site);
    for (method, path, _) in routes() {
        if is_public(&path) {
            continue;
        }
        let path = filled(&path, &id());
        stage.refuses("", (&method, &path), &Value::Null, (401, "no_token")).await;
        stage.refuses("rja_x", (&method, &path), &Value::Null, (401, "invalid_token")).await;
        let asked = ["/people", "/unread"].contains(&path.as_str());
        let of_visitors = asked || TOLD.contains(&path.as_str());
        if !of_visitors && !path.starts_with("/attachments/") {
            stage.refuses(&visitor, (&method, &path), &Value::Null, (403, "agents_only")).await;
        }
    }
}

#[tokio::test]
async fn rt4_what_is_not_json_of_the_right_shape_is_malformed() {
    let stage = stage().await;
    let olga = stage.token(&stage.add_agent("Olga", AgentRole::Owner, &[]));
    let visitor = stage.visitor(stage.site);
    for (method, path, _) in routes().into_iter().filter(|(_, _, takes)| *takes) {
        let token = if TOLD.contains(&path.as_str()) { &visitor } else { &olga };
        let path = filled(&path, &id());
        let deep = "[".repeat(10_000);
        for body in ["", "{", "null", "[]", "7", "{\"\\ud800\":1}", "{\"surprise\":1}", &deep] {
            let answer = stage.send_text(token, &method, &path, body).await;
            assert_eq!(answer.status, 400, "{method} {path} {body:.20}: {}", answer.text());
            answer.is_error(400, "malformed");
        }
        let long = format!("{{\"text\": \"{}\"}}", "x".repeat(200 * 1024));
        let answer = stage.send_text(token, &method, &path, &long).await;
        assert_eq!(answer.status, 413, "{method} {path}: {}", answer.text());
        answer.is_error(413, "too_large");
    }
}

#[tokio::test]
async fn rt4_what_cannot_be_an_id_names_nothing() {
    let stage = stage().await;
    let olga = stage.token(&stage.add_agent("Olga", AgentRole::Owner, &[]));
    for (method, path, takes) in routes() {
        if !path.contains("{id}") || takes {
            continue;
        }
        for text in ["x", "%00", "..%2f..%2fdirectory.db", "1'--", &"9".repeat(2_000)] {
            let path = filled(&path, text);
            let answer = stage.send(&olga, &method, &path, &Value::Null).await;
            answer.is_error(404, "not_found");
        }
        let unknown = filled(&path, &id());
        let answer = stage.send(&olga, &method, &unknown, &Value::Null).await;
        // Removing what is not there is no error.
        let removes = path.starts_with("/categories") || path.starts_with("/canned");
        let expected = if method == "DELETE" && removes { 204 } else { 404 };
        assert_eq!(answer.status, expected, "{method} {unknown}");
    }
}

#[tokio::test]
async fn rt4_every_route_names_its_methods() {
    let stage = stage().await;
    let all = routes();
    for (_, path, _) in &all {
        let known = |method: &str| all.iter().any(|(m, p, _)| m == method && p == path);
        let path = filled(path, &id());
        for method in ["GET", "PUT", "POST", "PATCH", "DELETE"] {
            if !known(method) {
                let answer = stage.send("", method, &path, &Value::Null).await;
                answer.is_error(405, "wrong_method");
                assert!(answer.header("allow").is_some(), "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn rt3_an_id_stands_for_one_thing() {
    let stage = stage().await;
    let olga = stage.add_agent("Olga", AgentRole::Owner, &[]);
    let token = stage.token(&olga);
    // A visitor's id cannot become an agent's.
    let ann = stage.token(&stage.add_agent("Ann", AgentRole::Agent, &[stage.site]));
    let visitor = stage.visitor(stage.site);
    let found = stage.reads(&ann, "/visitors").await["visitors"][0]["id"].clone();
    let path = format!("/agents/{}", found.as_str().unwrap());
    let new = json!({"name": "Bo", "email": "bo@shop.example", "role": "agent"});
    stage.refuses(&token, ("PUT", &path), &new, (409, "id_taken")).await;
    let page = json!({"title": "Cart", "url": "https://shop.example/cart"});
    stage.does(&visitor, "POST", "/page", &page).await;
}
