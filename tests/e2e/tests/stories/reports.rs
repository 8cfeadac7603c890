//! What supervisors see at once, and what they count afterwards.

use rejoinder_core::principal::AgentRole;
use rejoinder_harness::{Person, World, eventually};
use rejoinder_server::clock::now;
use rejoinder_server::report::Calendar;
use serde_json::{Value, json};

/// Figures of today, and of tomorrow should the story go on past midnight.
async fn report(world: &World, who: &Person, narrowed: &str) -> Value {
    let day = |after| Calendar::day_at(now().plus_millis(after), "UTC").unwrap().days().next();
    let (from, to) = (day(-60_000).unwrap(), day(86_400_000).unwrap());
    let path = format!("/api/v1/reports?from={from}&to={to}{narrowed}");
    let answer = world.get(who, &path).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(!answer.text.contains("rosebud"));
    answer.json()
}

async fn live(world: &World, who: &Person) -> Value {
    let answer = world.get(who, "/api/v1/live").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[tokio::test]
async fn rt56_what_was_done_is_counted_without_what_was_said() {
    let mut world = World::start().await;
    let (vera, walt) = (world.visitor("vera").await, world.visitor("walt").await);
    let (ann, bo) = (world.agent("ann").await, world.agent("bo").await);
    let sue = world.with_role("sue", AgentRole::Supervisor).await;
    let chat = vera.begins("rosebud").await;
    vera.settles().await;
    walt.begins("rosebud?").await;
    walt.settles().await;
    ann.sees(chat, &["rosebud"]).await;
    ann.claims(chat).await;
    let answer = ann.says(chat, "rosebud is here").await;
    ann.notes(chat, "rosebud, again").await;
    ann.settles().await;
    ann.edits(chat, answer, "rosebud is there").await;
    ann.settles().await;
    bo.sees(chat, &["rosebud", "rosebud is there"]).await;
    bo.notes(chat, "rosebud!").await;
    bo.settles().await;
    ann.recalls(chat, answer).await;
    ann.closes(chat).await;
    ann.settles().await;

    let told = report(&world, &sue, "").await;
    let total = &told["total"];
    let count = |of: &Value, names: &[&str]| names.iter().map(|n| of[n].clone()).collect();
    let counted: Vec<Value> =
        count(total, &["begun", "closed", "messages", "notes", "edits", "recalls"]);
    assert_eq!(json!(counted), json!([2, 1, 3, 2, 1, 1]));
    for time in ["first_response", "waiting", "resolution"] {
        assert_eq!(total[time]["count"], 1, "{time}");
        assert!(total[time]["median"].as_i64().unwrap() >= 1);
        assert_eq!(total[time]["median"], total[time]["p90"]);
    }
    assert_eq!(&told["sites"][0]["figures"], total);
    let of = |name: &str| {
        let agents = told["agents"].as_array().unwrap();
        agents.iter().find(|one| one["name"] == name).unwrap()["figures"].clone()
    };
    let (by_ann, by_bo) = (of("ann"), of("bo"));
    let counted: Vec<Value> =
        count(&by_ann, &["begun", "closed", "messages", "notes", "edits", "recalls"]);
    assert_eq!(json!(counted), json!([1, 1, 1, 1, 1, 1]));
    let counted: Vec<Value> = count(&by_bo, &["begun", "closed", "messages", "notes"]);
    assert_eq!(json!(counted), json!([0, 0, 0, 1]));

    let agent = ann.principal().await.participant;
    assert_eq!(report(&world, &sue, &format!("&agent={agent}")).await["total"], by_ann);
    // What happened is counted from the logs: a server that starts again counts nothing twice.
    world.restart_server().await;
    sue.meets_the_server().await;
    let again = report(&world, &sue, "").await;
    assert_eq!((&again["total"], &again["days"]), (total, &told["days"]));
}

#[tokio::test]
async fn rt55_a_supervisor_sees_what_waits_and_who_answers() {
    let world = World::start().await;
    let (vera, walt) = (world.visitor("vera").await, world.visitor("walt").await);
    let ann = world.agent("ann").await;
    let sue = world.with_role("sue", AgentRole::Supervisor).await;
    let chat = vera.begins("rosebud").await;
    vera.settles().await;
    walt.begins("rosebud").await;
    walt.settles().await;
    ann.sees(chat, &["rosebud"]).await;
    let board = || live(&world, &sue);
    eventually("both wait", board, |told| {
        told["total"]["waiting"] == 2 && told["total"]["waiting_since"].is_i64()
    })
    .await;
    ann.claims(chat).await;
    ann.says(chat, "here").await;
    ann.settles().await;
    let told = eventually("one is answered", board, |told| {
        let total = &told["total"];
        let agents = told["agents"].as_array().unwrap();
        let of_ann = agents.iter().find(|one| one["name"] == "ann").unwrap();
        total["waiting"] == 1
            && total["active_human"] == 1
            && total["first_response"]["count"] == 1
            && total["waiting_time"]["count"] == 1
            && of_ann["active"] == 1
    })
    .await;
    let site = &told["sites"][0];
    assert_eq!((&site["standing"], &site["online"]), (&told["total"], &json!(true)));
    assert!(!told.to_string().contains("rosebud"));
}
