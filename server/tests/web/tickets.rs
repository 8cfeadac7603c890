//! Tickets.

use rejoinder_core::principal::AgentRole;
use rejoinder_server::directory::AgentChange;
use serde_json::{Value, json};

use crate::stage::{Stage, id, web};

async fn stage() -> Stage {
    Stage::set(|_, _| web()).await
}

fn subjects(page: &Value) -> Vec<&str> {
    page["tickets"].as_array().unwrap().iter().map(|t| t["subject"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn rt8_a_ticket_is_made_once_and_changed_by_version() {
    let stage = stage().await;
    let ann = stage.add_agent("Ann", AgentRole::Agent, &[stage.site]);
    let token = stage.token(&ann);
    let path = format!("/tickets/{}", id());
    let new = json!({"site": stage.site, "subject": " Broken zip ", "priority": "high"});
    let ticket = stage.does(&token, "PUT", &path, &new).await;
    assert_eq!(
        (&ticket["subject"], &ticket["status"], &ticket["priority"], &ticket["version"]),
        (&json!("Broken zip"), &json!("open"), &json!("high"), &json!(1))
    );
    assert_eq!(ticket["created_by"], ann.participant.to_string());
    assert_eq!(stage.does(&token, "PUT", &path, &new).await, ticket);

    let solved = json!({"version": 1, "status": "solved", "assignee": ann.participant});
    let changed = stage.does(&token, "PATCH", &path, &solved).await;
    assert_eq!((&changed["status"], &changed["version"]), (&json!("solved"), &json!(2)));
    let late = json!({"version": 1, "subject": "Something else"});
    stage.refuses(&token, ("PATCH", &path), &late, (409, "changed_meanwhile")).await;
    let same = stage.does(&token, "PATCH", &path, &json!({"status": "solved"})).await;
    assert_eq!(same, changed);
    // The repeat of a push that was thought lost takes nothing back.
    assert_eq!(stage.does(&token, "PUT", &path, &new).await, changed);
    let nobody = stage.does(&token, "PATCH", &path, &json!({"assignee": null})).await;
    assert_eq!(nobody["assignee"], Value::Null);
    assert_eq!(stage.reads(&token, &path).await, nobody);
}

#[tokio::test]
async fn rt8_tickets_are_seen_where_one_works() {
    let stage = stage().await;
    let other = stage.add_site("Other");
    let ann = stage.add_agent("Ann", AgentRole::Agent, &[stage.site]);
    let sue = stage.add_agent("Sue", AgentRole::SupportAgent, &[stage.site]);
    let zoe = stage.add_agent("Zoe", AgentRole::Supervisor, &[other]);
    stage.add_agent("Olga", AgentRole::Owner, &[]);
    let gone = stage.add_agent("Gone", AgentRole::Agent, &[stage.site]);
    let disabled = AgentChange { disabled: Some(true), ..AgentChange::default() };
    stage.directory().change_agent(gone.participant, &disabled).unwrap();
    let [of_ann, of_sue, of_zoe] = [&ann, &sue, &zoe].map(|agent| stage.token(agent));
    let path = format!("/tickets/{}", id());
    let new = json!({"site": stage.site, "subject": "Ann's", "assignee": ann.participant});
    stage.refuses(&of_zoe, ("PUT", &path), &new, (404, "not_found")).await;
    stage.does(&of_ann, "PUT", &path, &new).await;
    let change = json!({"status": "pending"});
    for token in [&of_zoe, &of_sue] {
        stage.refuses(token, ("GET", &path), &Value::Null, (404, "not_found")).await;
        stage.refuses(token, ("PATCH", &path), &change, (404, "not_found")).await;
        assert!(subjects(&stage.reads(token, "/tickets").await).is_empty());
    }
    stage.refuses(&of_sue, ("PUT", &path), &new, (409, "id_taken")).await;
    for assignee in [zoe.participant, gone.participant] {
        let answer = stage.send(&of_ann, "PATCH", &path, &json!({"assignee": assignee})).await;
        answer.is_error(422, "invalid");
        assert_eq!(answer.json()["error"]["field"], "assignee");
    }
    // Nobody's are everybody's, and one's own as well.
    stage.does(&of_ann, "PATCH", &path, &json!({"assignee": null})).await;
    assert_eq!(subjects(&stage.reads(&of_sue, "/tickets").await), ["Ann's"]);
    let nowhere = json!({"site": stage.site, "subject": "x", "conversation": id()});
    let answer = stage.send(&of_ann, "PUT", &format!("/tickets/{}", id()), &nowhere).await;
    answer.is_error(422, "invalid");
    assert_eq!(answer.json()["error"]["field"], "conversation");
}

#[tokio::test]
async fn rt8_tickets_come_in_pages_and_by_filters() {
    let stage = stage().await;
    let ann = stage.add_agent("Ann", AgentRole::Agent, &[stage.site]);
    let token = stage.token(&ann);
    for number in 0..7 {
        let priority = if number % 2 == 0 { "urgent" } else { "low" };
        let subject = format!("Number {number}");
        let new = json!({"site": stage.site, "subject": subject, "priority": priority});
        stage.does(&token, "PUT", &format!("/tickets/{}", id()), &new).await;
    }
    let mut path = "/tickets?limit=3".to_owned();
    let mut all = Vec::new();
    loop {
        let page = stage.reads(&token, &path).await;
        all.extend(subjects(&page).into_iter().map(str::to_owned));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/tickets?limit=3&cursor={next}");
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 7);
    for (filter, count) in [
        ("priority=urgent".to_owned(), 4),
        ("status=solved".to_owned(), 0),
        ("assignee=none&status=open".to_owned(), 7),
        (format!("assignee={}", ann.participant), 0),
        (format!("site={}", stage.site), 7),
        (format!("conversation={}", id()), 0),
    ] {
        let page = stage.reads(&token, &format!("/tickets?{filter}")).await;
        assert_eq!(subjects(&page).len(), count, "{filter}");
    }
    for bad in ["limit=0", "limit=101", "cursor=x", "assignee=everybody"] {
        let path = format!("/tickets?{bad}");
        stage.refuses(&token, ("GET", &path), &Value::Null, (422, "invalid")).await;
    }
    for bad in ["limit=x", "status=done", "site=x", "colour=red"] {
        let path = format!("/tickets?{bad}");
        stage.refuses(&token, ("GET", &path), &Value::Null, (400, "malformed")).await;
    }
}
