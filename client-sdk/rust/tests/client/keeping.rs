//! What a client does when its store does not do its part.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rejoinder_client::core::replica::record::{Saved, SavedDocument, Write};
use rejoinder_client::core::wire::ServerFrame;
use rejoinder_client::id::DocumentId;
use rejoinder_client::store::Store;
use rejoinder_client::{Error, Event, Keeping, MemoryStore, Place, Problem, StoreError};

use crate::fake::{Fake, PATIENCE};

/// A store on a disk that is full while a test says so.
#[derive(Clone)]
struct Disk {
    memory: MemoryStore,
    full: Arc<AtomicBool>,
}

impl Disk {
    fn new() -> Self {
        Self { memory: MemoryStore::from_seed([3; 32]), full: Arc::default() }
    }

    fn place(&self) -> Place {
        Place::Store(Box::new(self.clone()), Keeping::Durable)
    }

    fn fill(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }
}

impl Store for Disk {
    fn saved(&mut self) -> Result<Saved, StoreError> {
        self.memory.saved()
    }

    fn document(&mut self, document: DocumentId) -> Result<SavedDocument, StoreError> {
        self.memory.document(document)
    }

    fn commit(&mut self, writes: Vec<Write>) -> Result<(), StoreError> {
        if self.full.load(Ordering::SeqCst) {
            return Err(StoreError::Full);
        }
        self.memory.commit(writes)
    }
}

#[tokio::test]
async fn st17_a_command_that_the_store_does_not_keep_fails_and_leaves_nothing() {
    let (fake, disk) = (Fake::new().await, Disk::new());
    let (ann, mut line) = fake.ann(disk.place()).await;
    let mut events = ann.events();
    let chat = ann.begin().await.unwrap();
    line.open_unborn().await;
    chat.send("Kept.").await.unwrap();
    line.push().await;

    disk.fill(true);
    assert_eq!(chat.send("Lost?").await, Err(Error::Store(StoreError::Full)));
    while events.next().await != Some(Event::Store(StoreError::Full)) {}
    assert_eq!(chat.view().await.unwrap().messages.len(), 1, "shown, though it is not kept");
    disk.fill(false);

    chat.send("Kept too.").await.unwrap();
    assert_eq!(ann.unsent().await, Ok(2));
    // What was thought of the former connection is gone with the session: another one begins.
    let mut line = fake.welcome().await;
    line.open_unborn().await;
    let push = line.push().await;
    let (fates, entries) = crate::fake::accept(&push);
    line.say(fates).await;
    line.hear().await;
    line.say(entries).await;
    ann.settled(PATIENCE).await.unwrap();
    assert_eq!(chat.view().await.unwrap().messages.len(), 2);
}

#[tokio::test]
async fn st17_what_a_connection_brings_and_the_store_does_not_keep_comes_again() {
    let (fake, disk) = (Fake::new().await, Disk::new());
    let (ann, mut line) = fake.ann(disk.place()).await;
    let chat = ann.begin().await.unwrap();
    line.open_unborn().await;
    chat.send("Kept.").await.unwrap();
    let push = line.push().await;
    disk.fill(true);
    let (fates, entries) = crate::fake::accept(&push);
    line.say(fates).await;
    line.hear().await;
    line.say(entries).await;
    assert_eq!(line.next().await, None, "nothing may be built on what was not kept");
    disk.fill(false);
    let mut line = fake.welcome().await;
    line.open_unborn().await;
    assert_eq!(line.push().await.encode(), push.encode());
}

#[tokio::test]
async fn re21_no_event_or_error_says_words() {
    let (fake, disk) = (Fake::new().await, Disk::new());
    let (ann, mut line) = fake.ann(disk.place()).await;
    let mut events = ann.events();
    let chat = ann.begin().await.unwrap();
    line.open_unborn().await;
    disk.fill(true);
    let error = chat.send("grapefruit").await.unwrap_err();
    disk.fill(false);
    let sent = chat.send("grapefruit").await.unwrap();
    let mut line = fake.welcome().await;
    line.say(ServerFrame::Refused { document: None, reason: Problem::Busy }).await;
    let mut said = format!("{error} {error:?} {sent:?} {chat:?} {ann:?}");
    while let Ok(Some(event)) =
        tokio::time::timeout(std::time::Duration::from_millis(300), events.next()).await
    {
        said.push_str(&format!("{event:?}"));
    }
    assert!(said.contains("Problem") && !said.contains("grapefruit"), "{said}");
}
