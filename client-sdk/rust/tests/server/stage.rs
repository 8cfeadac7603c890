//! The stage: a server in a temporary folder, and clients with stores of their own.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rejoinder_client::id::{ParticipantId, SiteId};
use rejoinder_client::{
    AgentRole, AgentView, Client, ClientOptions, Conversation, Credential, Event, Events,
    MessageView, Place, Timestamp, Words,
};
use rejoinder_server::directory::{
    AgentChange, Directory, NewAgent, NewSite, Password, Rates, SiteChange,
};
use rejoinder_server::server::{Parts, Server};
use rejoinder_server::storage::sqlite::Options;
use rejoinder_server::throttle::Allowed;
use tempfile::TempDir;

/// Longer than anything here takes, even on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

const PASSWORD: &str = "correct horse battery";
const RATES: Rates = Rates { new_visitors_per_hour: 1_000, passwords_per_minute: 1_000 };

/// A server with one site and two agents, bo and cy; olga owns it.
pub(crate) struct Stage {
    folder: TempDir,
    server: Option<Server>,
    address: SocketAddr,
    site: SiteId,
    agents: [ParticipantId; 3],
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = Directory::create(&folder.path().join("server"), RATES).unwrap();
        let settings = SiteChange {
            visitor_edit: Some(true),
            visitor_recall: Some(true),
            ..SiteChange::default()
        };
        let site = NewSite { name: "Shop".to_owned(), settings };
        let site = directory.add_site(site, Timestamp::from_millis(0)).unwrap().id;
        let agents = ["bo", "cy", "olga"].map(|name| {
            let agent = NewAgent {
                email: format!("{name}@shop.example").parse().unwrap(),
                name: name.to_owned(),
                role: if name == "olga" { AgentRole::Owner } else { AgentRole::Agent },
                password: Some(Password::new(PASSWORD.to_owned()).unwrap()),
                sites: BTreeSet::from([site]),
            };
            directory.add_agent(&agent, Timestamp::from_millis(0)).unwrap().participant
        });
        let address = "127.0.0.1:0".parse().unwrap();
        let mut stage = Self { folder, server: None, address, site, agents };
        stage.opens().await;
        stage
    }

    /// The server starts, where it was before.
    pub(crate) async fn opens(&mut self) {
        let folder = self.folder.path().join("server");
        let parts = Parts {
            directory: Directory::open(&folder, RATES).unwrap(),
            storage: Options::new(folder),
            listen: self.address,
            new_conversations: 6,
            allowed: Allowed::default(),
            metrics: None,
        };
        let server = Server::start(parts).await.unwrap();
        self.address = server.address();
        self.server = Some(server);
    }

    pub(crate) async fn closes(&mut self) {
        self.server.take().unwrap().shut_down().await;
    }

    pub(crate) fn disables_bo(&self) {
        let directory = self.server.as_ref().unwrap().hub().directory();
        let change = AgentChange { disabled: Some(true), ..AgentChange::default() };
        directory.change_agent(self.agents[0], &change).unwrap();
    }

    pub(crate) fn folder_of(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn options(&self, credential: Credential, name: &str) -> ClientOptions {
        let server = format!("ws://{}", self.address);
        ClientOptions::new(server, credential, Place::Folder(self.folder_of(name)))
    }

    /// A client that has reached the server.
    pub(crate) async fn client(&self, credential: Credential, name: &str) -> Client {
        let client = Client::open(self.options(credential, name)).await.unwrap();
        client.contact(PATIENCE).await.unwrap();
        client
    }

    /// A visitor, by the name of their folder.
    pub(crate) async fn visitor(&self, name: &str) -> Client {
        self.client(Credential::Visitor(self.site), name).await
    }

    /// A device of an agent who logs in.
    pub(crate) async fn agent(&self, name: &str, device: &str) -> Client {
        let email = format!("{name}@shop.example");
        let credential = Credential::Password { email, password: PASSWORD.to_owned(), code: None };
        self.client(credential, device).await
    }
}

/// What messages say, in order; what the system says is left out.
pub(crate) fn texts(messages: Vec<MessageView>) -> Vec<String> {
    let text = |message: MessageView| match message.words {
        Words::Said(body) => Some(body.text),
        Words::Absent => Some("(absent)".to_owned()),
        Words::Recalled => Some("(recalled)".to_owned()),
        Words::System { .. } => None,
    };
    messages.into_iter().filter_map(text).collect()
}

/// What a visitor sees said, in order.
pub(crate) async fn said(conversation: &Conversation) -> Vec<String> {
    texts(conversation.view().await.unwrap().messages)
}

/// Waits until a conversation shows what is expected.
pub(crate) async fn shows(conversation: &Conversation, expect: &[&str]) {
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

/// Waits until an agent's view is as expected.
pub(crate) async fn looks(conversation: &Conversation, as_expected: impl Fn(&AgentView) -> bool) {
    let mut changes = conversation.changes();
    let shown = async {
        loop {
            changes.next().await.unwrap();
            if as_expected(&conversation.agent_view().await.unwrap()) {
                return;
            }
        }
    };
    if tokio::time::timeout(PATIENCE, shown).await.is_err() {
        panic!("shown {:#?}", conversation.agent_view().await.unwrap());
    }
}

/// The next event that a story is about.
pub(crate) async fn told<T>(events: &mut Events, about: impl Fn(Event) -> Option<T>) -> T {
    let next = async {
        loop {
            if let Some(told) = about(events.next().await.expect("the client has ended")) {
                return told;
            }
        }
    };
    tokio::time::timeout(PATIENCE, next).await.expect("nothing was told")
}

/// How often a text stands in the files of a folder.
pub(crate) fn traces(folder: &Path, text: &str) -> usize {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let count = |path: PathBuf| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
    };
    files.filter(|path| path.is_file()).map(count).sum()
}
