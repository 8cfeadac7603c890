//! Links by which agents choose a password.

use rejoinder_core::principal::AgentRole;
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{Credential, ServerFrame};
use rejoinder_server::directory::By;
use serde_json::{Value, json};

use crate::stage::{PASSWORD, Stage, id, password, web};

const ANOTHER: &str = "another horse battery";

async fn stage() -> Stage {
    Stage::set(|_, _| web()).await
}

async fn may_log_in(stage: &Stage, email: &str, password: &str) -> bool {
    let (email, password) = (email.to_owned(), password.to_owned());
    let (said, _socket) =
        stage.greets(None, Credential::Password { email, password, code: None }).await;
    matches!(said, ServerFrame::Welcome(_))
}

#[tokio::test]
async fn rt14_an_invite_lets_somebody_choose_their_first_password() {
    let stage = stage().await;
    let ada = stage.token(&stage.add_agent("Ada", AgentRole::Admin, &[]));
    let path = format!("/agents/{}", id());
    let new = json!({"name": "Bo", "email": "bo@shop.example", "role": "agent"});
    stage.does(&ada, "PUT", &path, &new).await;
    let link = stage.does(&ada, "POST", &format!("{path}/link"), &Value::Null).await;
    assert_eq!(link["kind"], "invite");
    let agents = stage.reads(&ada, "/agents").await["agents"].clone();
    let bo = agents.as_array().unwrap().iter().find(|agent| agent["name"] == "Bo").unwrap();
    assert_eq!(bo["link_expires_at"], link["expires_at"]);

    let token = link["token"].as_str().unwrap();
    let looked = stage.does("", "POST", "/links/look", &json!({"token": token})).await;
    assert_eq!((&looked["name"], &looked["email"]), (&json!("Bo"), &json!("bo@shop.example")));
    let weak = json!({"token": token, "password": "short"});
    let answer = stage.send("", "POST", "/links/use", &weak).await;
    answer.is_error(422, "invalid");
    assert_eq!(answer.json()["error"]["field"], "password");
    assert!(!may_log_in(&stage, "bo@shop.example", ANOTHER).await);
    let chosen = json!({"token": token, "password": ANOTHER});
    stage.does("", "POST", "/links/use", &chosen).await;
    assert!(may_log_in(&stage, "bo@shop.example", ANOTHER).await);
    // Once.
    stage.refuses("", ("POST", "/links/use"), &chosen, (404, "unknown_link")).await;
    for entry in std::fs::read_dir(stage.folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let held = bytes.windows(token.len()).any(|window| window == token.as_bytes());
        assert!(!held, "only the hash of a link is stored");
    }
}

#[tokio::test]
async fn rt14_a_reset_puts_out_whoever_had_the_former_password() {
    let stage = stage().await;
    let ann = stage.add_agent("Ann", AgentRole::Agent, &[stage.site]);
    let ada = stage.token(&stage.add_agent("Ada", AgentRole::Admin, &[]));
    let (welcome, _socket) = stage.greets(None, password("ann")).await;
    let ServerFrame::Welcome(welcome) = welcome else { panic!("{welcome:?}") };
    let session = welcome.token.unwrap();
    let path = format!("/agents/{}/link", ann.participant);
    let former = stage.does(&ada, "POST", &path, &Value::Null).await["token"].clone();
    let link = stage.does(&ada, "POST", &path, &Value::Null).await;
    assert_eq!(link["kind"], "reset");
    let look = json!({"token": former});
    stage.refuses("", ("POST", "/links/look"), &look, (404, "unknown_link")).await;
    let chosen = json!({"token": link["token"], "password": ANOTHER});
    stage.does("", "POST", "/links/use", &chosen).await;
    stage.refuses(&session, ("GET", "/me"), &Value::Null, (401, "revoked_token")).await;
    assert!(!may_log_in(&stage, "ann@shop.example", PASSWORD).await);
    assert!(may_log_in(&stage, "ann@shop.example", ANOTHER).await);
}

#[tokio::test]
async fn rt14_a_link_ends_with_time_with_its_agent_and_when_it_is_revoked() {
    let stage = stage().await;
    let ann = stage.add_agent("Ann", AgentRole::Agent, &[stage.site]);
    let sue = stage.token(&stage.add_agent("Sue", AgentRole::Supervisor, &[stage.site]));
    let ada = stage.token(&stage.add_agent("Ada", AgentRole::Admin, &[]));
    let olga = stage.add_agent("Olga", AgentRole::Owner, &[]);
    let path = format!("/agents/{}/link", ann.participant);
    stage.refuses(&sue, ("POST", &path), &Value::Null, (403, "not_allowed")).await;
    let owners = format!("/agents/{}/link", olga.participant);
    stage.refuses(&ada, ("POST", &owners), &Value::Null, (403, "not_allowed")).await;
    let nobody = format!("/agents/{}/link", id());
    stage.refuses(&ada, ("POST", &nobody), &Value::Null, (404, "not_found")).await;

    let (directory, agent) = (stage.directory(), ann.participant);
    let made = directory.make_link(By::CommandLine, agent, Timestamp::from_millis(0)).unwrap();
    let hours = |hours: i64| Timestamp::from_millis(hours * 3_600_000);
    assert!(directory.link(&made.token, hours(23)).unwrap().is_some());
    assert!(directory.link(&made.token, hours(24)).unwrap().is_none());

    let look = async |json: &Value| stage.send("", "POST", "/links/look", json).await.status;
    let link = stage.does(&ada, "POST", &path, &Value::Null).await;
    let token = json!({"token": link["token"]});
    assert_eq!(look(&token).await, 200);
    for _ in 0..2 {
        stage.does(&ada, "DELETE", &path, &Value::Null).await;
    }
    assert_eq!(look(&token).await, 404);
    let link = stage.does(&ada, "POST", &path, &Value::Null).await;
    let agent = format!("/agents/{}", ann.participant);
    stage.does(&ada, "PATCH", &agent, &json!({"disabled": true})).await;
    assert_eq!(look(&json!({"token": link["token"]})).await, 404);
    stage.refuses(&ada, ("POST", &path), &Value::Null, (409, "disabled")).await;
}
