//! What the directory says, and what becomes of conversations by it.

use rejoinder_core::authority::fate::Refusal;
use rejoinder_core::id::ParticipantId;
use rejoinder_core::principal::AgentRole;
use rejoinder_core::time::Timestamp;
use rejoinder_harness::client::Event;
use rejoinder_harness::{World, eventually};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Asks over REST as an agent: the status, and what was answered.
async fn asks(
    world: &World,
    agent: ParticipantId,
    request: &str,
    json: Option<Value>,
) -> (u16, Value) {
    let token = world.directory().issue_token(agent, Timestamp::from_millis(0)).unwrap();
    let url = world.url();
    let host = url.trim_start_matches("ws://").trim_end_matches('/');
    let body = json.map(|json| json.to_string()).unwrap_or_default();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let said = format!(
        "{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Authorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(said.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_default())
}

#[tokio::test]
async fn rt11_nothing_is_taken_from_a_blocked_visitor_until_they_may_write_again() {
    let mut world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    let (who, agent) = (vera.principal().await.participant, ann.principal().await.participant);
    let blocks = async |world: &World, blocked: bool| {
        let request = format!("PUT /api/v1/visitors/{who}/blocked");
        let (status, _) = asks(world, agent, &request, Some(json!({"blocked": blocked}))).await;
        assert_eq!(status, 200);
    };
    let is_refused = async |times: usize| {
        let refused =
            |event: &Event| matches!(event, Event::Refused { code: Refusal::NotAllowed, .. });
        let count = async || vera.events().iter().filter(|event| refused(event)).count();
        eventually("it is refused", count, |count| *count == times).await;
    };
    blocks(&world, true).await;
    vera.says(chat, "Buy my pills").await;
    is_refused(1).await;
    // Nor does another conversation begin.
    vera.begins("Pills!").await;
    is_refused(2).await;
    ann.says(chat, "Good bye.").await;
    // Refused words stay with their author, after what the others say.
    let reads = async || vera.reads(chat).await;
    eventually("she reads on", reads, |all| all.contains(&"Good bye.".to_owned())).await;

    // It outlives a restart, and ends.
    world.restart_server().await;
    vera.says(chat, "More pills").await;
    is_refused(3).await;
    blocks(&world, false).await;
    vera.says(chat, "Sorry for that.").await;
    ann.sees(chat, &["Hello?", "Good bye.", "Sorry for that."]).await;
}

#[tokio::test]
async fn rt16_every_recall_is_in_the_audit_log_without_its_words() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let sue = world.supervisor("sue").await;
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    let (first, second) = (ann.says(chat, "markerOne").await, ann.says(chat, "markerTwo").await);
    sue.sees(chat, &["Hello?", "markerOne", "markerTwo"]).await;
    ann.recalls(chat, first).await;
    sue.recalls(chat, second).await;
    let by = [&ann, &sue];
    let by = [by[0].principal().await.participant, by[1].principal().await.participant];
    let log = async || {
        let (_, log) = asks(&world, by[1], "GET /api/v1/audit?limit=100", None).await;
        assert!(!log.to_string().contains("marker"));
        let entries = log["entries"].as_array().unwrap().clone();
        let recalls = entries.into_iter().filter(|entry| entry["action"] == "message_recalled");
        recalls.collect::<Vec<_>>()
    };
    let recalls = eventually("both are told", log, |log| log.len() == 2).await;
    for (agent, message) in [(by[0], first), (by[1], second)] {
        let entry = recalls.iter().find(|entry| entry["by"] == agent.to_string()).unwrap();
        let recalled = json!({
            "conversation": chat.to_string(), "document": "timeline", "message": message.to_string()
        });
        assert_eq!(entry["recalled"], recalled);
        assert_eq!(entry["site"], world.site().to_string());
    }
    // To a supervisor of other sites it does not show.
    let site = world.another_site("Other");
    let other = world.with_role("zoe", AgentRole::Supervisor).await;
    let zoe = other.principal().await.participant;
    let change = rejoinder_harness::server::directory::AgentChange {
        sites: Some([site].into()),
        ..Default::default()
    };
    world.directory().change_agent(zoe, &change).unwrap();
    let (_, log) = asks(&world, zoe, "GET /api/v1/audit", None).await;
    assert!(!log.to_string().contains("message_recalled"), "{log}");
}

#[tokio::test]
async fn rt8_a_ticket_leads_to_the_follow_up_of_its_conversation() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    let agent = ann.principal().await.participant;
    let path = format!("/api/v1/tickets/{chat}");
    let new = json!({"site": world.site(), "subject": "Zip", "conversation": chat.to_string()});
    let put = format!("PUT {path}");
    let (status, ticket) = asks(&world, agent, &put, Some(new)).await;
    assert_eq!((status, &ticket["follow_up"]), (200, &Value::Null), "{ticket}");
    assert_eq!(ticket["conversation"], chat.to_string());
    ann.closes(chat).await;
    // Who has not heard of it is sent to the follow-up later, and `next` would be the closed one.
    eventually("vera hears of it", async || vera.view(chat).await.closed, |closed| *closed).await;
    let next = vera.writes_on(chat, "One more thing").await;
    ann.sees(next, &["One more thing"]).await;
    let (_, ticket) = asks(&world, agent, &format!("GET {path}"), None).await;
    assert_eq!(ticket["follow_up"], next.to_string());
}
