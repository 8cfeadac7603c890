//! The stage: a server in a temporary folder, and clients with stores of their own.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use rejoinder_client::id::SiteId;
use rejoinder_client::{AgentRole, Client, ClientOptions, Credential, Place, Timestamp};

use rejoinder_server::directory::{Directory, NewAgent, NewSite, Password, Rates, SiteChange};
use rejoinder_server::server::{Parts, Server};
use rejoinder_server::storage::sqlite::Options;
use tempfile::TempDir;

/// Longer than anything here takes, even on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

const PASSWORD: &str = "correct horse battery";

/// A server with one site.
pub(crate) struct Stage {
    folder: TempDir,
    server: Server,
    site: SiteId,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options::new(folder.path().join("server"));
        let rates = Rates { new_visitors_per_hour: 1_000, passwords_per_minute: 1_000 };
        let directory = Directory::create(&options.folder, rates).unwrap();
        let settings = SiteChange {
            visitor_edit: Some(true),
            visitor_recall: Some(true),
            ..SiteChange::default()
        };
        let site = NewSite { name: "Shop".to_owned(), settings };
        let site = directory.add_site(site, Timestamp::from_millis(0)).unwrap().id;
        let parts = Parts {
            storage: options,
            directory,
            listen: "127.0.0.1:0".parse().unwrap(),
            new_conversations: 6,
            metrics: None,
        };
        let server = Server::start(parts).await.unwrap();
        for name in ["bo", "cy"] {
            let agent = NewAgent {
                email: format!("{name}@shop.example").parse().unwrap(),
                name: name.to_owned(),
                role: AgentRole::Agent,
                password: Some(Password::new(PASSWORD.to_owned()).unwrap()),
                sites: BTreeSet::from([site]),
            };
            let directory = server.hub().directory();
            directory.add_agent(&agent, Timestamp::from_millis(0)).unwrap();
        }
        Self { folder, server, site }
    }

    pub(crate) fn folder_of(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn options(&self, credential: Credential, name: &str) -> ClientOptions {
        let server = format!("ws://{}", self.server.address());
        ClientOptions::new(server, credential, Place::Folder(self.folder_of(name)))
    }

    /// A visitor, by the name of their folder.
    pub(crate) async fn visitor(&self, name: &str) -> Client {
        let options = self.options(Credential::Visitor(self.site), name);
        let client = Client::open(options).await.unwrap();
        client.contact(PATIENCE).await.unwrap();
        client
    }

    /// A device of an agent who has logged in.
    pub(crate) async fn agent(&self, name: &str, device: &str) -> Client {
        let email = format!("{name}@shop.example");
        let credential = Credential::Password { email, password: PASSWORD.to_owned() };
        let client = Client::open(self.options(credential, device)).await.unwrap();
        client.contact(PATIENCE).await.unwrap();
        client
    }
}
