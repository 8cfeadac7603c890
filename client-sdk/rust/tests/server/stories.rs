//! What people do with each other.

use rejoinder_client::{Conversation, Delivery, Words};

use crate::stage::{PATIENCE, Stage};

/// What a visitor sees said, in order.
async fn said(conversation: &Conversation) -> Vec<String> {
    let view = conversation.view().await.unwrap();
    let texts = view.messages.into_iter().filter_map(|message| match message.words {
        Words::Said(body) => Some(body.text),
        Words::Absent => Some("(absent)".to_owned()),
        Words::Recalled => Some("(recalled)".to_owned()),
        Words::System { .. } => None,
    });
    texts.collect()
}

/// Waits until a conversation shows what is expected.
async fn shows(conversation: &Conversation, expect: &[&str]) {
    let mut changes = conversation.changes();
    let shown = async {
        loop {
            changes.next().await.unwrap();
            if said(conversation).await == expect {
                return;
            }
        }
    };
    if tokio::time::timeout(PATIENCE, shown).await.is_err() {
        panic!("expected {expect:?}, shown {:?}", said(conversation).await);
    }
}

#[tokio::test]
async fn se1_a_visitor_writes_offline_and_an_agent_answers() {
    let stage = Stage::set().await;
    let ann = stage.visitor("ann").await;
    ann.go_offline().await.unwrap();
    let chat = ann.begin().await.unwrap();
    let first = chat.send("Is it in stock?").await.unwrap();
    assert_eq!(chat.view().await.unwrap().messages[0].delivery, Delivery::Waiting);
    ann.go_online().await.unwrap();
    ann.settled(PATIENCE).await.unwrap();

    let bo = stage.agent("bo", "bo-1").await;
    let desk = bo.conversation(chat.id()).await.unwrap();
    shows(&desk, &["Is it in stock?"]).await;
    assert_eq!(bo.inbox().await.unwrap().len(), 1);
    desk.claim().await.unwrap();
    desk.send("It is.").await.unwrap();
    shows(&chat, &["Is it in stock?", "It is."]).await;

    chat.recall(first.message).await.unwrap();
    shows(&desk, &["(recalled)", "It is."]).await;
}
