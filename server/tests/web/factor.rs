//! Second factors, and the sessions that one has.

use core::time::Duration;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{Credential, Problem, ServerFrame};
use rejoinder_server::machine::Machine;
use serde_json::{Value, json};
use sha1::Sha1;

use crate::stage::{Line, PASSWORD, Stage, web};

/// What time it is: codes are for half a minute, and a busy machine may need longer for a story.
const MOMENT: i64 = 1_800_000_000_000;

/// A server whose clock stands still.
async fn stage() -> Stage {
    let clock = || Timestamp::from_millis(MOMENT);
    Stage::set_on(Machine::simulated([7; 32], Duration::ZERO, clock), |_, _| web()).await
}

/// The code that an authenticator shows, some steps from now.
fn code_of(secret: &str, steps: i64) -> String {
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let step = MOMENT / 30_000 + steps;
    let mut mac = Hmac::<Sha1>::new_from_slice(&secret).unwrap();
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let at = usize::from(hash[19] & 0x0f);
    let four: [u8; 4] = hash[at..at + 4].try_into().unwrap();
    format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
}

/// A connection that may go on is told to erase everything.
async fn is_wiped(mut line: Line) {
    loop {
        let said = tokio::time::timeout(Duration::from_secs(10), line.frame()).await;
        if said.unwrap() == ServerFrame::Wipe {
            return;
        }
    }
}

/// What a log-in is answered with.
async fn logs_in(stage: &Stage, name: &str, code: Option<&str>) -> Result<String, Problem> {
    let credential = Credential::Password {
        email: format!("{name}@shop.example"),
        password: PASSWORD.to_owned(),
        code: code.map(str::to_owned),
    };
    match stage.greets(None, credential).await.0 {
        ServerFrame::Welcome(welcome) => Ok(welcome.token.unwrap()),
        ServerFrame::Refused { document: None, reason } => Err(reason),
        other => panic!("{other:?}"),
    }
}

/// Turns a second factor on, and returns its secret and recovery codes.
async fn turns_on(stage: &Stage, token: &str) -> (String, Vec<String>) {
    let path = "/me/second-factor";
    let own = json!({ "password": PASSWORD });
    let begun = stage.does(token, "POST", path, &own).await;
    let secret = begun["secret"].as_str().unwrap().to_owned();
    // The step before is taken too, and leaves this one's code for a log-in.
    let code = json!({ "code": code_of(&secret, -1) });
    let confirmed = stage.does(token, "POST", &format!("{path}/confirm"), &code).await;
    let codes = confirmed["recovery_codes"].as_array().unwrap().iter();
    (secret, codes.map(|code| code.as_str().unwrap().to_owned()).collect())
}

#[tokio::test]
async fn rt58_a_log_in_asks_for_the_code_of_who_has_a_second_factor() {
    let stage = stage().await;
    let ann = stage.token(&stage.add_agent("Ann", AgentRole::Agent, &[stage.site]));
    let path = "/me/second-factor";
    let off = json!({"since": null, "recovery_codes": 0});
    assert_eq!(stage.reads(&ann, path).await, off);
    let wrong = json!({"password": "wrong horse battery"});
    stage.refuses(&ann, ("POST", path), &wrong, (422, "invalid")).await;
    let confirm = ("POST", "/me/second-factor/confirm");
    let code = json!({"code": "123456"});
    stage.refuses(&ann, confirm, &code, (409, "not_begun")).await;

    let own = json!({ "password": PASSWORD });
    let begun = stage.does(&ann, "POST", path, &own).await;
    let secret = begun["secret"].as_str().unwrap();
    let uri = format!(
        "otpauth://totp/Rejoinder:ann%40shop.example?secret={secret}&issuer=Rejoinder\
         &algorithm=SHA1&digits=6&period=30"
    );
    assert_eq!(begun["uri"], uri);
    assert_eq!(stage.reads(&ann, path).await, off, "it does not count before it is confirmed");
    assert!(logs_in(&stage, "Ann", None).await.is_ok());
    let wrong = json!({ "code": code_of(secret, 7) });
    stage.refuses(&ann, confirm, &wrong, (422, "invalid")).await;

    let (secret, recovery) = turns_on(&stage, &ann).await;
    let on = stage.reads(&ann, path).await;
    assert_eq!((on["since"].is_i64(), &on["recovery_codes"]), (true, &json!(10)));
    assert!(!on.to_string().contains(&secret));
    stage.refuses(&ann, ("POST", path), &own, (409, "second_factor_on")).await;
    stage.refuses(&ann, confirm, &json!({"code": "123456"}), (409, "second_factor_on")).await;

    assert_eq!(logs_in(&stage, "Ann", None).await, Err(Problem::CodeNeeded));
    let former = code_of(&secret, -1);
    assert_eq!(logs_in(&stage, "Ann", Some(&former)).await, Err(Problem::CodeNeeded));
    let code = code_of(&secret, 0);
    assert!(logs_in(&stage, "Ann", Some(&code)).await.unwrap().starts_with("rja_"));
    assert_eq!(logs_in(&stage, "Ann", Some(&code)).await, Err(Problem::CodeNeeded), "once");
    let typed = recovery[0].to_uppercase().replace('-', " ");
    assert!(logs_in(&stage, "Ann", Some(&typed)).await.is_ok());
    assert_eq!(logs_in(&stage, "Ann", Some(&recovery[0])).await, Err(Problem::CodeNeeded));
    assert_eq!(stage.reads(&ann, path).await["recovery_codes"], 9);
    // The password is asked for first: without it nobody learns that there is a second factor.
    let unknown = Credential::Password {
        email: "ann@shop.example".to_owned(),
        password: "wrong horse battery".to_owned(),
        code: None,
    };
    let said = stage.greets(None, unknown).await.0;
    assert!(matches!(said, ServerFrame::Refused { reason: Problem::Credential, .. }), "{said:?}");

    let remove = ("POST", "/me/second-factor/remove");
    let wrong = json!({"password": "wrong horse battery"});
    stage.refuses(&ann, remove, &wrong, (422, "invalid")).await;
    stage.does(&ann, remove.0, remove.1, &own).await;
    assert_eq!(stage.reads(&ann, path).await, off);
    assert!(logs_in(&stage, "Ann", None).await.is_ok());
}

#[tokio::test]
async fn rt58_codes_are_not_guessed() {
    let stage = stage().await;
    let ann = stage.token(&stage.add_agent("Ann", AgentRole::Agent, &[stage.site]));
    let (secret, _) = turns_on(&stage, &ann).await;
    // One was tried to confirm it.
    for _ in 1..10 {
        let wrong = code_of(&secret, 9);
        assert_eq!(logs_in(&stage, "Ann", Some(&wrong)).await, Err(Problem::CodeNeeded));
    }
    let credential = Credential::Password {
        email: "ann@shop.example".to_owned(),
        password: PASSWORD.to_owned(),
        code: Some(code_of(&secret, 0)),
    };
    let said = stage.greets(None, credential).await.0;
    let ServerFrame::Retry { after_millis, reason: Problem::TooMuch } = said else {
        panic!("{said:?}");
    };
    assert!((1..=900_000).contains(&after_millis), "{after_millis}");
}

#[tokio::test]
async fn rt58_an_admin_takes_a_second_factor_off_who_has_lost_it() {
    let stage = stage().await;
    let add = |name: &str, role| stage.add_agent(name, role, &[stage.site]);
    let (ann, olga) = (add("Ann", AgentRole::Agent), add("Olga", AgentRole::Owner));
    let (sue, ada) = (add("Sue", AgentRole::Supervisor), add("Ada", AgentRole::Admin));
    let of_ada = ada.participant;
    let [of_ann, of_olga] = [&ann, &olga].map(|who| who.participant);
    let [ann, olga, sue, ada] = [&ann, &olga, &sue, &ada].map(|agent| stage.token(agent));
    for who in [&ann, &olga, &ada] {
        turns_on(&stage, who).await;
    }
    let path = |of| format!("/agents/{of}/second-factor");
    let not_allowed = (403, "not_allowed");
    stage.refuses(&sue, ("DELETE", &path(of_ann)), &Value::Null, not_allowed).await;
    stage.refuses(&ada, ("DELETE", &path(of_olga)), &Value::Null, not_allowed).await;
    let own = (409, "own_second_factor");
    stage.refuses(&ada, ("DELETE", &path(of_ada)), &Value::Null, own).await;
    let listed = stage.reads(&ada, "/agents").await;
    let on = |list: &Value, id: &str| {
        let agents = list["agents"].as_array().unwrap();
        agents.iter().find(|agent| agent["id"] == id).unwrap()["second_factor"].clone()
    };
    assert_eq!(on(&listed, &of_ann.to_string()), true);
    stage.does(&ada, "DELETE", &path(of_ann), &Value::Null).await;
    stage.does(&ada, "DELETE", &path(of_ann), &Value::Null).await;
    assert_eq!(on(&stage.reads(&ada, "/agents").await, &of_ann.to_string()), false);
    assert!(logs_in(&stage, "Ann", None).await.is_ok());
    let log = stage.reads(&ada, "/audit").await;
    let told = |entry: &Value| json!([entry["action"], entry["by"], entry["subject"]]);
    assert_eq!(told(&log["entries"][0]), json!(["second_factor_off", of_ada, of_ann]));
    assert_eq!(told(&log["entries"][1]), json!(["second_factor_on", of_ada, of_ada]));
}

#[tokio::test]
async fn rt59_all_sessions_but_one_s_own_end_at_once() {
    let stage = stage().await;
    let ann = stage.add_agent("Ann", AgentRole::Agent, &[stage.site]);
    let program = stage.token(&ann);
    let sue = stage.token(&stage.add_agent("Sue", AgentRole::Supervisor, &[stage.site]));
    let ada = stage.token(&stage.add_agent("Ada", AgentRole::Admin, &[]));
    let log_in = || Credential::Password {
        email: "ann@shop.example".to_owned(),
        password: PASSWORD.to_owned(),
        code: None,
    };
    let (welcome, mut phone) = stage.connects(None, log_in(), Some("Phone/1.0 (a train)")).await;
    let ServerFrame::Welcome(welcome) = welcome else { panic!("{welcome:?}") };
    let own = welcome.token.unwrap();
    let (_, mut laptop) = stage.connects(None, log_in(), None).await;
    phone.goes_on().await;
    laptop.goes_on().await;

    let path = format!("/tokens?agent={}", ann.participant);
    let listed = stage.reads(&own, &path).await["tokens"].as_array().unwrap().clone();
    let mine: Vec<_> = listed.iter().filter(|token| token["current"] == true).collect();
    assert_eq!((listed.len(), mine.len()), (3, 1));
    assert_eq!(mine[0]["client"], "Phone/1.0 (a train)");
    assert!(mine[0]["heard_at"].is_i64() && mine[0]["connected"] == true);

    stage.refuses(&sue, ("DELETE", &path), &Value::Null, (403, "not_allowed")).await;
    stage.does(&own, "DELETE", "/tokens", &Value::Null).await;
    is_wiped(laptop).await;
    let left = stage.reads(&own, &path).await;
    assert_eq!(left["tokens"].as_array().unwrap().len(), 2);
    // A program's token is no session.
    stage.reads(&program, "/me").await;
    stage.does(&ada, "DELETE", &path, &Value::Null).await;
    is_wiped(phone).await;
    stage.refuses(&own, ("GET", "/me"), &Value::Null, (401, "revoked_token")).await;
    stage.reads(&program, "/me").await;
}
