//! What a client does without a network, over restarts.

use std::path::Path;

use rejoinder_client::{
    Client, ClientOptions, CommandError, Composer, Conversation, Credential, Delivery, Error,
    Network, Place, StoreError, Words,
};

use crate::fake::Fake;

/// A client without a network, on a store that had a first contact.
async fn away(folder: &Path) -> Client {
    let credential = Credential::Token("not looked at".to_owned());
    let place = Place::Folder(folder.to_owned());
    let mut options = ClientOptions::new("ws://127.0.0.1:9", credential, place);
    options.network = Network::Offline;
    Client::open(options).await.unwrap()
}

async fn first_contact(folder: &Path) {
    let fake = Fake::new().await;
    let (client, _line) = fake.ann(Place::Folder(folder.to_owned())).await;
    client.close().await;
}

async fn shown(chat: &Conversation) -> Vec<(String, Delivery)> {
    let text = |words| match words {
        Words::Said(body) => body.text,
        other => format!("{other:?}"),
    };
    let messages = chat.view().await.unwrap().messages;
    messages.into_iter().map(|message| (text(message.words), message.delivery)).collect()
}

#[tokio::test]
async fn se1_what_is_written_offline_is_there_after_restarts() {
    let folder = tempfile::tempdir().unwrap();
    first_contact(folder.path()).await;

    let client = away(folder.path()).await;
    let chat = client.begin().await.unwrap();
    let (id, first) = (chat.id(), chat.send("First.").await.unwrap().message);
    let second = chat.send("Second.").await.unwrap().message;
    chat.set_draft(Composer::Message, "Thi").await.unwrap();
    client.close().await;

    let client = away(folder.path()).await;
    assert_eq!(client.unsent().await, Ok(2));
    let chat = client.conversation(id).await.unwrap();
    let waiting = |text: &str| (text.to_owned(), Delivery::Waiting);
    assert_eq!(shown(&chat).await, [waiting("First."), waiting("Second.")]);
    assert_eq!(chat.draft(Composer::Message).await, Ok(Some("Thi".to_owned())));
    chat.edit(second, "Second, better.").await.unwrap();
    chat.recall(first).await.unwrap();
    chat.set_draft(Composer::Message, "").await.unwrap();
    client.close().await;

    let client = away(folder.path()).await;
    let chat = client.conversation(id).await.unwrap();
    assert_eq!(shown(&chat).await, [waiting("Second, better.")]);
    assert_eq!(chat.draft(Composer::Message).await, Ok(None));
    assert_eq!(chat.outbox().await.unwrap().len(), 1);
}

#[tokio::test]
async fn se1_before_the_first_contact_a_call_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let client = away(folder.path()).await;
    assert_eq!(client.begin().await.err(), Some(Error::Command(CommandError::NoIdentity)));
    assert_eq!(client.principal().await, Ok(None));
    assert_eq!(client.inbox().await, Ok(Vec::new()));
}

#[tokio::test]
async fn se17_a_call_over_a_bound_says_so_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    first_contact(folder.path()).await;
    let client = away(folder.path()).await;
    let chat = client.begin().await.unwrap();
    let error = chat.send("x".repeat(10_001)).await.unwrap_err().to_string();
    assert!(error.contains("10001 characters, at most 10000"), "{error}");
    let error = chat.send("").await.unwrap_err().to_string();
    assert!(error.contains("empty"), "{error}");
    assert_eq!(chat.note("For whom?").await, Err(Error::Command(CommandError::NotOpen)));
    assert_eq!(shown(&chat).await, []);
}

#[tokio::test]
async fn st6_a_folder_that_is_in_use_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let _first = away(folder.path()).await;
    let place = Place::Folder(folder.path().to_owned());
    let credential = Credential::Token(String::new());
    let second = Client::open(ClientOptions::new("ws://127.0.0.1:9", credential, place)).await;
    let Err(Error::Store(StoreError::InUse(named))) = second else { panic!("{second:?}") };
    assert_eq!(named, folder.path().display().to_string());
}

#[tokio::test]
async fn se1_every_handle_of_a_closed_client_says_that_it_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    first_contact(folder.path()).await;
    let client = away(folder.path()).await;
    let chat = client.begin().await.unwrap();
    client.close().await;
    client.close().await;
    assert_eq!(chat.send("Too late.").await, Err(Error::Closed));
    assert_eq!(chat.view().await, Err(Error::Closed));
    assert_eq!(client.events().next().await, None);
}

#[tokio::test]
async fn wp12_no_more_is_followed_than_a_connection_may_and_what_nobody_uses_makes_room() {
    let fake = Fake::new().await;
    let (client, _line) = fake.ann(Place::Memory).await;
    client.go_offline().await.unwrap();
    let mut chats = Vec::new();
    for _ in 0..256 {
        chats.push(client.begin().await.unwrap());
    }
    assert_eq!(client.begin().await.err(), Some(Error::TooManyOpen));
    let kept = chats.split_off(255).remove(0);
    kept.send("Not to be forgotten.").await.unwrap();
    let id = kept.id();
    drop((kept, chats.pop()));
    client.begin().await.unwrap();
    let kept = client.conversation(id).await.unwrap();
    assert_eq!(shown(&kept).await.len(), 1);
    assert_eq!(client.unsent().await, Ok(1));
}
