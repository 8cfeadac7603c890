//! Mentions in notes, and what comes of them.

use rejoinder_core::conversation::mention::mention;
use rejoinder_core::id::{ConversationId, MessageId};
use rejoinder_core::principal::AgentRole;
use rejoinder_harness::client::NotificationKind;
use rejoinder_harness::{Person, World, eventually};
use serde_json::json;

const LIST: &str = "/api/v1/me/notifications";

async fn of(who: &Person, name: &str) -> String {
    mention(name, who.principal().await.participant)
}

async fn is_notified(who: &Person, expected: &[(ConversationId, Option<MessageId>)]) {
    let what = format!("{} is notified of {expected:?}", who.device());
    let unread = async || {
        let all = who.client().notifications().await.unwrap();
        all.into_iter().map(|it| (it.conversation, it.message)).collect::<Vec<_>>()
    };
    eventually(&what, unread, |unread| unread == expected).await;
}

#[tokio::test]
async fn rt47_a_mention_notifies_and_makes_follow() {
    let world = World::start().await;
    let vera = world.visitor("vera").await;
    let (ann, bo) = (world.agent("ann").await, world.agent("bo").await);
    let sue = world.with_role("sue", AgentRole::SupportAgent).await;
    let chat = vera.begins("My order is broken").await;
    ann.sees(chat, &["My order is broken"]).await;
    ann.claims(chat).await;
    ann.settles().await;
    let text = format!(
        "{} {} {} please look",
        of(&bo, "Bo").await,
        of(&sue, "Sue").await,
        of(&ann, "Ann").await
    );
    let note = ann.notes(chat, &text).await;
    is_notified(&bo, &[(chat, Some(note))]).await;
    // A support agent sees what they follow.
    is_notified(&sue, &[(chat, Some(note))]).await;
    sue.sees_notes(chat, &[&text]).await;
    let (bo_id, sue_id) = (bo.principal().await.participant, sue.principal().await.participant);
    let mut expected = [bo_id, sue_id];
    expected.sort();
    let row = async || {
        let rows = ann.client().inbox().await.unwrap();
        rows.into_iter().find(|row| row.conversation == chat).and_then(|row| row.team)
    };
    eventually("the feed says who follows", row, |team| {
        team.as_ref().is_some_and(|team| team.collaborators == expected)
    })
    .await;
    is_notified(&ann, &[]).await;
    assert_eq!(world.get(&vera, LIST).await.status, 403);
}

#[tokio::test]
async fn rt49_an_edit_derives_anew_and_rt50_a_recall_withdraws() {
    let mut world = World::start().await;
    let vera = world.visitor("vera").await;
    let (ann, bo, cy) =
        (world.agent("ann").await, world.agent("bo").await, world.agent("cy").await);
    let chat = vera.begins("My order is broken").await;
    ann.sees(chat, &["My order is broken"]).await;
    let note = ann.notes(chat, &format!("{} look", of(&bo, "Bo").await)).await;
    is_notified(&bo, &[(chat, Some(note))]).await;
    let text = format!("{} look", of(&cy, "Cy").await);
    ann.chat(chat).await.edit_note(note, text).await.unwrap();
    is_notified(&cy, &[(chat, Some(note))]).await;
    is_notified(&bo, &[]).await;
    // It is told again to who comes back.
    world.restart_server().await;
    cy.restarts().await;
    is_notified(&cy, &[(chat, Some(note))]).await;
    assert_eq!(world.get(&cy, LIST).await.json()["notifications"][0]["message"], json!(note));
    ann.chat(chat).await.recall_note(note).await.unwrap();
    is_notified(&cy, &[]).await;
    assert_eq!(world.get(&cy, LIST).await.json(), json!({"notifications": [], "next": null}));
}

#[tokio::test]
async fn rt48_what_was_read_is_told_no_more() {
    let world = World::start().await;
    let vera = world.visitor("vera").await;
    let (ann, bo) = (world.agent("ann").await, world.agent("bo").await);
    let chat = vera.begins("My order is broken").await;
    ann.sees(chat, &["My order is broken"]).await;
    ann.claims(chat).await;
    ann.settles().await;
    let one = ann.notes(chat, &of(&bo, "Bo").await).await;
    let two = ann.notes(chat, &of(&bo, "Bo").await).await;
    is_notified(&bo, &[(chat, Some(two)), (chat, Some(one))]).await;
    // Given by somebody else, it notifies too; taken by oneself it does not.
    let to = bo.principal().await.participant;
    ann.chat(chat).await.assign(Some(to)).await.unwrap();
    is_notified(&bo, &[(chat, None), (chat, Some(two)), (chat, Some(one))]).await;
    is_notified(&ann, &[]).await;
    let all = bo.client().notifications().await.unwrap();
    assert_eq!(all[0].kind, NotificationKind::Assigned);
    let numbers = json!({"numbers": [all[0].number, all[2].number]});
    // Others' are not one's own to read.
    assert_eq!(world.post(&ann, &format!("{LIST}/read"), &numbers).await.status, 204);
    is_notified(&bo, &[(chat, None), (chat, Some(two)), (chat, Some(one))]).await;
    assert_eq!(world.post(&bo, &format!("{LIST}/read"), &numbers).await.status, 204);
    is_notified(&bo, &[(chat, Some(two))]).await;
    let listed = world.get(&bo, &format!("{LIST}?limit=2")).await.json();
    let read: Vec<_> = listed["notifications"].as_array().unwrap().iter().collect();
    assert_eq!((read[0]["read"].clone(), read[1]["read"].clone()), (json!(true), json!(false)));
    let next = listed["next"].as_u64().unwrap();
    let rest = world.get(&bo, &format!("{LIST}?before={next}")).await.json();
    assert_eq!(rest["notifications"].as_array().unwrap().len(), 1);
    let wrong = world.post(&bo, &format!("{LIST}/read"), &json!({"all": true})).await;
    assert_eq!((wrong.status, &wrong.json()["error"]["code"]), (400, &json!("malformed")));
    let wrong = world.get(&bo, &format!("{LIST}?limit=many")).await;
    assert_eq!((wrong.status, &wrong.json()["error"]["code"]), (400, &json!("bad_query")));
}

#[tokio::test]
async fn rt47_nobody_outside_of_the_site_is_notified() {
    let world = World::start().await;
    let other = world.another_site("Other");
    let vera = world.visitor("vera").await;
    let (ann, bo) = (world.agent("ann").await, world.agent("bo").await);
    let away = bo.principal().await.participant;
    let change = rejoinder_harness::server::directory::AgentChange {
        sites: Some([other].into()),
        ..Default::default()
    };
    world.directory().change_agent(away, &change).unwrap();
    let chat = vera.begins("My order is broken").await;
    ann.sees(chat, &["My order is broken"]).await;
    let visitor = of(&vera, "Vera").await;
    ann.notes(chat, &format!("{visitor} and {}", of(&bo, "Bo").await)).await;
    ann.settles().await;
    let view = ann.agent_view(chat).await;
    assert_eq!(view.collaborators, []);
    bo.settles().await;
    is_notified(&bo, &[]).await;
}
