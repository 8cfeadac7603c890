//! One device of somebody: what they do, and what they see.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use rejoinder_client::{
    AgentView, Client, ClientOptions, Connection, Conversation, Credential, Error, Event, Keeping,
    MessageView, Network, Place, Principal, TimelineView, Words,
};
use rejoinder_core::id::{ConversationId, MessageId, OperationId};
use tokio::task::JoinHandle;

use crate::wait::{PATIENCE, eventually};

/// One device of somebody.
#[derive(Debug)]
pub struct Person {
    server: String,
    device: String,
    folder: PathBuf,
    keeps: Keeping,
    credential: Credential,
    state: Mutex<State>,
    events: Arc<Mutex<Vec<Event>>>,
}

#[derive(Debug, Default)]
struct State {
    client: Option<Client>,
    listening: Option<JoinHandle<()>>,
    chats: BTreeMap<ConversationId, Conversation>,
    offline: bool,
}

/// What somebody sees of a conversation that others see too.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shown {
    closed: bool,
    status: rejoinder_client::Status,
    messages: Vec<(MessageId, Words, bool)>,
}

impl Person {
    pub(crate) fn new(
        server: String,
        device: &str,
        (folder, keeps): (PathBuf, Keeping),
        credential: Credential,
    ) -> Self {
        let (state, events) = (Mutex::default(), Arc::default());
        Self { server, device: device.to_owned(), folder, keeps, credential, state, events }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The name of the device.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.device
    }

    /// The name of whoever has it.
    ///
    /// # Panics
    /// Never: there is always a first part.
    #[must_use]
    pub fn name(&self) -> &str {
        self.device.split('-').next().unwrap()
    }

    /// Where the device keeps its things.
    #[must_use]
    pub const fn folder(&self) -> &PathBuf {
        &self.folder
    }

    /// The client on it.
    ///
    /// # Panics
    /// When it is switched off.
    #[must_use]
    pub fn client(&self) -> Client {
        self.state().client.clone().expect("the device is switched on")
    }

    /// Who they are.
    ///
    /// # Panics
    /// Before the first contact.
    pub async fn principal(&self) -> Principal {
        self.client().principal().await.unwrap().unwrap()
    }

    /// Switches the device on: the client goes on with what is in its store.
    ///
    /// # Panics
    /// When the store does not open.
    pub async fn opens(&self) {
        let place = match self.keeps {
            Keeping::Durable => Place::Folder(self.folder.clone()),
            Keeping::Memory => Place::Memory,
        };
        let mut options = ClientOptions::new(self.server.clone(), self.credential.clone(), place);
        if self.state().offline {
            options.network = Network::Offline;
        }
        let client = Client::open(options).await.unwrap();
        let (mut told, events) = (client.events(), Arc::clone(&self.events));
        let listen = async move {
            while let Some(event) = told.next().await {
                events.lock().unwrap().push(event);
            }
        };
        let mut state = self.state();
        state.client = Some(client);
        state.listening = Some(tokio::spawn(listen));
    }

    /// Switches the device on where there is no network.
    ///
    /// # Panics
    /// When the store does not open.
    pub async fn opens_offline(&self) {
        self.state().offline = true;
        self.opens().await;
    }

    /// Waits for the first contact.
    ///
    /// # Panics
    /// When there is none in time.
    pub async fn meets_the_server(&self) {
        self.client().contact(PATIENCE).await.unwrap();
    }

    /// Switches the device off; the store stays.
    ///
    /// # Panics
    /// When the client does not end.
    pub async fn leaves(&self) {
        let (client, listening) = {
            let mut state = self.state();
            state.chats.clear();
            (state.client.take(), state.listening.take())
        };
        let Some(client) = client else { return };
        tokio::time::timeout(PATIENCE, client.close()).await.expect("the client ends");
        if let Some(listening) = listening {
            // It ends with the client; its runtime may have ended before.
            listening.abort();
        }
    }

    /// Switches the device off and on again.
    ///
    /// # Panics
    /// When the store does not open.
    pub async fn restarts(&self) {
        self.leaves().await;
        self.opens().await;
    }

    /// The network goes.
    ///
    /// # Panics
    /// When the client has ended.
    pub async fn goes_offline(&self) {
        self.state().offline = true;
        self.client().go_offline().await.unwrap();
    }

    /// The network comes back; nothing is waited for.
    ///
    /// # Panics
    /// When the client has ended.
    pub async fn reconnects(&self) {
        self.state().offline = false;
        self.client().go_online().await.unwrap();
    }

    /// The network comes back, and everything is exchanged.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn comes_back(&self) {
        self.reconnects().await;
        self.settles().await;
    }

    pub(crate) fn is_online(&self) -> bool {
        let state = self.state();
        state.client.is_some() && !state.offline
    }

    /// Waits until everything is exchanged.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn settles(&self) {
        let client = self.client();
        if *client.connection().borrow() == Connection::Offline {
            // It may be waiting to try again; nobody here wants to wait.
            client.go_online().await.unwrap();
        }
        if let Err(error) = client.settled(PATIENCE).await {
            panic!("{}: {error}", self.device);
        }
    }

    /// The conversations that are before their eyes.
    pub(crate) fn followed(&self) -> BTreeSet<ConversationId> {
        self.state().chats.keys().copied().collect()
    }

    /// A conversation, which is followed from now on.
    ///
    /// # Panics
    /// When it cannot be followed.
    pub async fn chat(&self, chat: ConversationId) -> Conversation {
        if let Some(known) = self.state().chats.get(&chat) {
            return known.clone();
        }
        let found = self.client().conversation(chat).await.unwrap();
        self.state().chats.insert(chat, found.clone());
        found
    }

    /// Begins a conversation with these words.
    ///
    /// # Panics
    /// When the client refuses.
    pub async fn begins(&self, text: &str) -> ConversationId {
        let chat = self.client().begin().await.unwrap();
        chat.send(text).await.unwrap();
        let id = chat.id();
        self.state().chats.insert(id, chat);
        id
    }

    /// Sends a message.
    ///
    /// # Panics
    /// When the client refuses.
    pub async fn says(&self, chat: ConversationId, text: &str) -> MessageId {
        self.chat(chat).await.send(text).await.unwrap().message
    }

    /// Sends a message, wherever it goes.
    ///
    /// # Panics
    /// When the client refuses.
    pub async fn writes_on(&self, chat: ConversationId, text: &str) -> ConversationId {
        self.chat(chat).await.send(text).await.unwrap().conversation
    }

    /// Edits a message.
    ///
    /// # Panics
    /// When the client refuses.
    pub async fn edits(&self, chat: ConversationId, message: MessageId, text: &str) {
        self.chat(chat).await.edit(message, text).await.unwrap();
    }

    /// Recalls a message.
    ///
    /// # Panics
    /// When the client refuses.
    pub async fn recalls(&self, chat: ConversationId, message: MessageId) {
        self.chat(chat).await.recall(message).await.unwrap();
    }

    /// Writes a note.
    ///
    /// # Panics
    /// When the client refuses.
    pub async fn notes(&self, chat: ConversationId, text: &str) -> MessageId {
        self.chat(chat).await.note(text).await.unwrap()
    }

    /// Claims a conversation.
    ///
    /// # Panics
    /// When the client refuses.
    pub async fn claims(&self, chat: ConversationId) -> OperationId {
        self.chat(chat).await.claim().await.unwrap()
    }

    /// Closes a conversation.
    ///
    /// # Panics
    /// When the client refuses.
    pub async fn closes(&self, chat: ConversationId) -> OperationId {
        self.chat(chat).await.close().await.unwrap()
    }

    /// What visitors see of a conversation, on this device.
    ///
    /// # Panics
    /// When there is nothing to see.
    pub async fn view(&self, chat: ConversationId) -> TimelineView {
        self.chat(chat).await.view().await.unwrap()
    }

    /// What agents see of a conversation, on this device.
    ///
    /// # Panics
    /// When there is nothing to see.
    pub async fn agent_view(&self, chat: ConversationId) -> AgentView {
        self.chat(chat).await.agent_view().await.unwrap()
    }

    /// A message as it is seen on this device.
    ///
    /// # Panics
    /// When it is not seen.
    pub async fn message(&self, chat: ConversationId, message: MessageId) -> MessageView {
        let view = self.view(chat).await;
        view.messages.into_iter().find(|seen| seen.id == message).expect("the message is there")
    }

    /// What is said in a conversation, system messages left out.
    ///
    /// # Panics
    /// When there is nothing to see.
    pub async fn reads(&self, chat: ConversationId) -> Vec<String> {
        texts(&self.view(chat).await.messages)
    }

    pub(crate) async fn shows(&self, chat: ConversationId) -> Option<Shown> {
        let view = self.chat(chat).await.view().await.ok()?;
        let settled = view.messages.into_iter().filter(|message| message.seq.is_some());
        let shown = settled.map(|m| (m.id, m.words, m.edited_at.is_some())).collect();
        Some(Shown { closed: view.closed, status: view.status, messages: shown })
    }

    /// Waits until a conversation reads so.
    ///
    /// # Panics
    /// When it does not in time.
    pub async fn sees(&self, chat: ConversationId, expected: &[&str]) {
        let what = format!("{} sees {expected:?}", self.device);
        eventually(&what, async || self.reads(chat).await, |seen| seen == expected).await;
    }

    /// Waits until the notes of a conversation read so.
    ///
    /// # Panics
    /// When they do not in time.
    pub async fn sees_notes(&self, chat: ConversationId, expected: &[&str]) {
        let what = format!("{} sees the notes {expected:?}", self.device);
        let notes = async || texts(&self.agent_view(chat).await.notes);
        eventually(&what, notes, |seen| seen == expected).await;
    }

    /// Waits until the client refuses to show a conversation.
    ///
    /// # Panics
    /// When it shows it for too long.
    pub async fn no_longer_sees(&self, chat: ConversationId) {
        let what = format!("{} no longer sees it", self.device);
        let chat = self.chat(chat).await;
        eventually(&what, async || chat.view().await.err(), Option::is_some).await;
    }

    /// Everything that the client has told since the device was first switched on.
    ///
    /// # Panics
    /// Never: the lock is held for moments.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    /// Waits until the client has told something, and returns it.
    ///
    /// # Panics
    /// When it does not in time.
    pub async fn is_told<T>(&self, what: &str, expected: impl Fn(&Event) -> Option<T>) -> T {
        let what = format!("{} is told {what}", self.device);
        let found = |events: &Vec<Event>| events.iter().any(|event| expected(event).is_some());
        let events = eventually(&what, async || self.events(), found).await;
        events.iter().find_map(expected).expect("it was found")
    }

    /// Waits until everything on this device was erased.
    ///
    /// # Panics
    /// When it is not in time.
    pub async fn is_wiped(&self) {
        let what = format!("{} is wiped", self.device);
        let client = self.client();
        let wiped = |answer: &Result<_, Error>| matches!(answer, Err(Error::Wiped));
        drop(eventually(&what, async || client.unsent().await, wiped).await);
    }
}

fn texts(messages: &[MessageView]) -> Vec<String> {
    let text = |message: &MessageView| match &message.words {
        Words::Said(body) => Some(body.text.clone()),
        Words::Absent => Some("(absent)".to_owned()),
        Words::Recalled => Some("(recalled)".to_owned()),
        Words::System { .. } => None,
    };
    messages.iter().filter_map(text).collect()
}
