//! What admins set: sites, agents, tokens.

use rejoinder_core::principal::AgentRole;
use rejoinder_core::wire::{Credential, Problem, ServerFrame};
use serde_json::{Value, json};

use crate::stage::{Stage, id, password, web};

async fn stage() -> Stage {
    Stage::set(|_, _| web()).await
}

#[tokio::test]
async fn rt12_admins_set_everything_of_a_site() {
    let stage = stage().await;
    let agent = |name: &str, role, sites: &[_]| stage.token(&stage.add_agent(name, role, sites));
    let ann = agent("Ann", AgentRole::Supervisor, &[stage.site]);
    let ada = agent("Ada", AgentRole::Admin, &[]);
    let path = format!("/sites/{}", id());
    stage.refuses(&ann, ("PUT", &path), &json!({"name": "Blog"}), (403, "not_allowed")).await;
    let blog = stage.does(&ada, "PUT", &path, &json!({"name": "Blog"})).await;
    assert_eq!(stage.does(&ada, "PUT", &path, &json!({"name": "Blog"})).await, blog);
    let settings = json!({
        "name": "The blog", "allowed_origins": ["https://blog.example"],
        "mode": "assistant_then_human", "human_support": false,
        "offline_message": "Back at nine", "routing": "automatic", "close_after_minutes": 30,
        "retention_days": 90, "keep_former_words": true,
        "edit": "minutes(15)", "recall": "last", "visitor_edit": true, "visitor_recall": true,
        "chat_limit": 3, "theme_color": "#aa0011", "greeting": "Good day!"
    });
    let mut change = settings.clone();
    change["version"] = json!(1);
    let changed = stage.does(&ada, "PATCH", &path, &change).await;
    for (field, value) in settings.as_object().unwrap() {
        assert_eq!(&changed[field], value, "{field}");
    }
    assert_eq!((&changed["version"], &changed["id"]), (&json!(2), &blog["id"]));
    // Somebody else's form, opened before.
    stage.refuses(&ada, ("PATCH", &path), &change, (409, "changed_meanwhile")).await;
    let never = stage.does(&ada, "PATCH", &path, &json!({"close_after_minutes": null})).await;
    assert_eq!(never["close_after_minutes"], Value::Null);

    stage.refuses(&ann, ("GET", &path), &Value::Null, (404, "not_found")).await;
    stage.refuses(&ann, ("PATCH", &path), &settings, (404, "not_found")).await;
    let own = format!("/sites/{}", stage.site);
    stage.refuses(&ann, ("PATCH", &own), &settings, (403, "not_allowed")).await;
    assert_eq!(stage.reads(&ann, &own).await["routing"], "pick_up");
    assert_eq!(stage.reads(&ann, "/sites").await["sites"].as_array().unwrap().len(), 1);
    assert_eq!(stage.reads(&ada, "/sites").await["sites"].as_array().unwrap().len(), 2);
    let widget = stage.reads("", &format!("{path}/widget")).await;
    assert_eq!(
        (&widget["greeting"], &widget["theme_color"], &widget["offline_message"]),
        (&json!("Good day!"), &json!("#aa0011"), &json!("Back at nine"))
    );
}

#[tokio::test]
async fn rt12_a_form_says_which_field_is_wrong() {
    let stage = stage().await;
    let ada = stage.token(&stage.add_agent("Ada", AgentRole::Admin, &[]));
    let path = format!("/sites/{}", stage.site);
    let before = stage.reads(&ada, &path).await;
    let long = "x".repeat(501);
    let many: Vec<_> = (0..51).map(|n| format!("https://{n}.example")).collect();
    for (field, value) in [
        ("name", json!("")),
        ("name", json!("x".repeat(101))),
        ("allowed_origins", json!(["shop.example"])),
        ("allowed_origins", json!(["https://shop.example/path"])),
        ("allowed_origins", json!(many)),
        ("offline_message", json!(long)),
        ("greeting", json!(long)),
        ("retention_days", json!(0)),
        ("retention_days", json!(3_651)),
        ("close_after_minutes", json!(4)),
        ("close_after_minutes", json!(10_081)),
        ("chat_limit", json!(0)),
        ("chat_limit", json!(101)),
        ("theme_color", json!("red;}")),
    ] {
        let answer = stage.send(&ada, "PATCH", &path, &json!({field: value})).await;
        answer.is_error(422, "invalid");
        assert_eq!(answer.json()["error"]["field"], field, "{value}");
    }
    for bad in [
        json!({"edit": "sometimes"}),
        json!({"mode": "robots"}),
        json!({"chat_limit": -1}),
        json!({"keep_edit_history": true}),
    ] {
        stage.refuses(&ada, ("PATCH", &path), &bad, (400, "malformed")).await;
    }
    let answer = stage.send(&ada, "PUT", &format!("/sites/{}", id()), &json!({})).await;
    answer.is_error(422, "invalid");
    assert_eq!(stage.reads(&ada, &path).await, before);
}

#[tokio::test]
async fn rt13_admins_look_after_agents_up_to_their_own_rank() {
    let stage = stage().await;
    let agent = |name: &str, role| stage.add_agent(name, role, &[stage.site]);
    let (sue, ada, olga) = (
        agent("Sue", AgentRole::Supervisor),
        agent("Ada", AgentRole::Admin),
        agent("Olga", AgentRole::Owner),
    );
    let [of_sue, of_ada, of_olga] = [&sue, &ada, &olga].map(|agent| stage.token(agent));
    let path = format!("/agents/{}", id());
    let new = json!({
        "name": "Bo", "email": "Bo@Shop.example", "role": "agent", "sites": [stage.site],
        "chat_limit": 2
    });
    stage.refuses(&of_sue, ("GET", "/agents"), &Value::Null, (403, "not_allowed")).await;
    stage.refuses(&of_sue, ("PUT", &path), &new, (403, "not_allowed")).await;
    let bo = stage.does(&of_ada, "PUT", &path, &new).await;
    assert_eq!(
        (&bo["email"], &bo["has_password"], &bo["chat_limit"], &bo["version"]),
        (&json!("bo@shop.example"), &json!(false), &json!(2), &json!(1))
    );
    assert_eq!(stage.does(&of_ada, "PUT", &path, &new).await, bo);
    let another = format!("/agents/{}", id());
    stage.refuses(&of_ada, ("PUT", &another), &new, (409, "email_taken")).await;
    let mut other = new.clone();
    other["email"] = json!("other@shop.example");
    stage.refuses(&of_ada, ("PUT", &path), &other, (409, "id_taken")).await;
    other["role"] = json!("owner");
    stage.refuses(&of_ada, ("PUT", &another), &other, (403, "not_allowed")).await;
    for (bad, code) in [
        (json!({"name": "X", "email": "none", "role": "agent"}), (422, "invalid")),
        (json!({"name": "", "email": "x@y.z", "role": "agent"}), (422, "invalid")),
        (json!({"name": "X", "email": "x@y.z", "role": "king"}), (400, "malformed")),
        (
            json!({"name": "X", "email": "x@y.z", "role": "agent", "chat_limit": 101}),
            (422, "invalid"),
        ),
        (
            json!({"name": "X", "email": "x@y.z", "role": "agent", "sites": [id()]}),
            (404, "unknown_site"),
        ),
    ] {
        stage.refuses(&of_ada, ("PUT", &another), &bad, code).await;
    }

    let change = json!({"version": 1, "role": "supervisor", "sites": [], "chat_limit": null});
    let changed = stage.does(&of_ada, "PATCH", &path, &change).await;
    assert_eq!((&changed["role"], &changed["version"]), (&json!("supervisor"), &json!(2)));
    stage.refuses(&of_ada, ("PATCH", &path), &change, (409, "changed_meanwhile")).await;
    let owner = json!({"role": "owner"});
    stage.refuses(&of_ada, ("PATCH", &path), &owner, (403, "not_allowed")).await;
    let of = |agent: &rejoinder_server::directory::Agent| format!("/agents/{}", agent.participant);
    let renamed = json!({"name": "X"});
    stage.refuses(&of_ada, ("PATCH", &of(&olga)), &renamed, (403, "not_allowed")).await;
    let nobody = format!("/agents/{}", id());
    stage.refuses(&of_ada, ("PATCH", &nobody), &renamed, (404, "not_found")).await;
    // Nobody shuts themselves out.
    for out in [json!({"disabled": true}), json!({"role": "agent"})] {
        stage.refuses(&of_olga, ("PATCH", &of(&olga)), &out, (409, "oneself")).await;
    }
    stage.does(&of_olga, "PATCH", &path, &owner).await;
    let disabled = stage.does(&of_olga, "PATCH", &of(&ada), &json!({"disabled": true})).await;
    assert_eq!(disabled["disabled"], true);
    stage.refuses(&of_ada, ("GET", "/agents"), &Value::Null, (401, "revoked_token")).await;
    assert_eq!(stage.reads(&of_olga, "/agents").await["agents"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn rt15_sessions_are_listed_and_ended() {
    let stage = stage().await;
    let ann = stage.add_agent("Ann", AgentRole::Agent, &[stage.site]);
    let bo = stage.add_agent("Bo", AgentRole::Agent, &[stage.site]);
    let ada = stage.token(&stage.add_agent("Ada", AgentRole::Admin, &[]));
    let olga = stage.token(&stage.add_agent("Olga", AgentRole::Owner, &[]));
    let (of_ann, of_bo) = (stage.token(&ann), stage.token(&bo));
    let (welcome, _socket) = stage.greets(None, password("ann")).await;
    let ServerFrame::Welcome(welcome) = welcome else { panic!("{welcome:?}") };
    let session = welcome.token.unwrap();

    let path = format!("/tokens?agent={}", ann.participant);
    let listed = stage.reads(&of_ann, &path).await;
    let tokens = listed["tokens"].as_array().unwrap();
    assert_eq!(tokens.len(), 2);
    let (program, desk) = tokens.iter().partition::<Vec<_>, _>(|token| token["kind"] == "program");
    assert_eq!((&program[0]["current"], &program[0]["connected"]), (&json!(true), &json!(false)));
    assert_eq!((&desk[0]["current"], &desk[0]["connected"]), (&json!(false), &json!(true)));
    assert!(!listed.to_string().contains("rja_"), "never what a token is");
    stage.refuses(&of_bo, ("GET", &path), &Value::Null, (403, "not_allowed")).await;
    stage.refuses(&of_bo, ("GET", "/tokens"), &Value::Null, (403, "not_allowed")).await;
    assert_eq!(stage.reads(&ada, "/tokens").await["tokens"].as_array().unwrap().len(), 5);

    let end = format!("/tokens/{}", desk[0]["id"].as_str().unwrap());
    stage.refuses(&of_bo, ("DELETE", &end), &Value::Null, (404, "not_found")).await;
    for _ in 0..2 {
        stage.does(&of_ann, "DELETE", &end, &Value::Null).await;
    }
    let (said, _) = stage.greets(None, Credential::Token(session)).await;
    assert!(matches!(said, ServerFrame::Wipe), "{said:?}");
    // Not even an admin ends an owner's.
    let owners = stage.reads(&ada, "/tokens").await["tokens"].clone();
    let owners = owners.as_array().unwrap();
    let me = stage.reads(&olga, "/me").await["id"].clone();
    let of_owner = owners.iter().find(|token| token["agent"] == me).unwrap();
    let end = format!("/tokens/{}", of_owner["id"].as_str().unwrap());
    stage.refuses(&ada, ("DELETE", &end), &Value::Null, (403, "not_allowed")).await;
    for name in ["x", &"0".repeat(32), &"0".repeat(33)] {
        let end = format!("/tokens/{name}");
        stage.refuses(&ada, ("DELETE", &end), &Value::Null, (404, "not_found")).await;
    }
    let (said, _) = stage.greets(None, password("nobody")).await;
    assert!(matches!(said, ServerFrame::Refused { reason: Problem::Credential, .. }));
}
