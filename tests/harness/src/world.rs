//! The world: a server, its folder, and everybody in it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use rejoinder_client::{ClientOptions, Credential, Keeping, Place, Role};
use rejoinder_core::id::{ConversationId, SiteId};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::time::Timestamp;
use rejoinder_server::directory::{Directory, Email, NewAgent, NewSite, Password, SiteChange};
use rejoinder_server::storage::sqlite::Options;
use rejoinder_server::throttle::Allowed;
use tempfile::TempDir;
use tokio::runtime::Builder;

use crate::local::{Local, make_folder};
use crate::person::Person;
use crate::program::{PATIENT, Program};
use crate::search::{Needles, Trace};
use crate::wait::eventually;

/// What every agent logs in with.
pub const PASSWORD: &str = "correct horse battery";

/// Where nothing listens yet.
const ANYWHERE: &str = "127.0.0.1:0";

/// The server, wherever it runs.
#[derive(Debug)]
enum Host {
    Local(Local),
    Program(Program),
    Stopped,
}

/// A server with a site, and people.
#[derive(Debug)]
pub struct World {
    folder: TempDir,
    binary: Option<(PathBuf, Vec<String>)>,
    host: Host,
    address: SocketAddr,
    site: SiteId,
    allowed: Allowed,
    people: Mutex<Vec<Arc<Person>>>,
}

impl World {
    /// A server in this process.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start() -> Self {
        Self::begin(None).await
    }

    /// A server as a process of its own, with more flags for `rejoinder serve`.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_program(binary: &str, flags: &[&str]) -> Self {
        Self::begin_program(binary, &[&PATIENT, flags].concat()).await
    }

    /// The same, that allows everybody what it allows where nobody has set anything, except that
    /// many may come from one address.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_strict_program(binary: &str) -> Self {
        Self::begin_program(binary, &[]).await
    }

    async fn begin_program(binary: &str, flags: &[&str]) -> Self {
        let flags = flags.iter().map(|&flag| flag.to_owned()).collect();
        Self::begin(Some((binary.into(), flags))).await
    }

    /// A server in this process that allows everybody what it allows where nobody has set
    /// anything: for stories about that.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_strict() -> Self {
        let mut world = Self::begin(None).await;
        world.stop_server().await;
        world.allowed = Allowed::default();
        world.start_server().await;
        world
    }

    async fn begin(binary: Option<(PathBuf, Vec<String>)>) -> Self {
        let folder = tempfile::Builder::new().prefix("rejoinder-").tempdir().unwrap();
        let directory = make_folder(&folder.path().join("data"));
        let site = add_site(&directory, "Shop");
        // There must be somebody who may do everything.
        let owner = newcomer("olga", AgentRole::Owner, site);
        directory.add_agent(&owner, Timestamp::from_millis(0)).unwrap();
        drop(directory);
        let people = Mutex::default();
        let (host, address) = (Host::Stopped, ANYWHERE.parse().unwrap());
        let allowed = crate::local::ALLOWED;
        let mut world = Self { folder, binary, host, address, site, allowed, people };
        world.start_server().await;
        world
    }

    /// The server's data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A place beside the data folder, for a device or a backup.
    #[must_use]
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where the server listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The server's address as clients are given it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// The first site.
    #[must_use]
    pub const fn site(&self) -> SiteId {
        self.site
    }

    /// Another site. As on the first, visitors may edit and recall.
    ///
    /// # Panics
    /// When the directory does not take it.
    pub fn another_site(&self, name: &str) -> SiteId {
        add_site(&self.directory(), name)
    }

    /// The directory.
    ///
    /// # Panics
    /// When it does not open.
    #[must_use]
    pub fn directory(&self) -> Arc<Directory> {
        match &self.host {
            Host::Local(local) => local.directory(),
            Host::Program(_) | Host::Stopped => {
                Arc::new(Directory::open(&self.data(), crate::local::RATES).unwrap())
            }
        }
    }

    /// The server in this process.
    ///
    /// # Panics
    /// When it is not there.
    #[must_use]
    pub const fn local(&self) -> &Local {
        match &self.host {
            Host::Local(local) => local,
            Host::Program(_) | Host::Stopped => panic!("there is no server in this process"),
        }
    }

    /// The server in a process of its own.
    ///
    /// # Panics
    /// When it is not there.
    #[must_use]
    pub const fn program(&self) -> &Program {
        match &self.host {
            Host::Program(program) => program,
            Host::Local(_) | Host::Stopped => panic!("there is no server in another process"),
        }
    }

    /// Starts the server that was stopped, on the address that it had.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_server(&mut self) {
        self.start_server_with(Options::new(self.data())).await;
    }

    /// The same, with other options for its storage.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_server_with(&mut self, options: Options) {
        assert!(matches!(self.host, Host::Stopped), "the server runs already");
        self.host = match &self.binary {
            None => {
                let started = Local::start_allowing(options, self.address, self.allowed).await;
                Host::Local(started.unwrap())
            }
            Some((binary, flags)) => {
                let flags: Vec<_> = flags.iter().map(String::as_str).collect();
                Host::Program(Program::serve(binary, &self.data(), self.address, &flags).unwrap())
            }
        };
        self.address = match &self.host {
            Host::Local(local) => local.address(),
            Host::Program(program) => program.address(),
            Host::Stopped => self.address,
        };
    }

    /// Ends the server as it wants to be ended, and returns what a process of its own had logged.
    ///
    /// # Panics
    /// When it does not run, or fails.
    pub async fn stop_server(&mut self) -> Vec<u8> {
        match core::mem::replace(&mut self.host, Host::Stopped) {
            Host::Local(local) => {
                local.stop().await;
                Vec::new()
            }
            Host::Program(program) => {
                let (status, log) = program.ask_to_end();
                assert!(status.success(), "{status}: {}", String::from_utf8_lossy(&log));
                log
            }
            Host::Stopped => panic!("the server does not run"),
        }
    }

    /// Ends the server without its knowing.
    ///
    /// # Panics
    /// When it does not run.
    pub async fn kill_server(&mut self) {
        match core::mem::replace(&mut self.host, Host::Stopped) {
            Host::Local(local) => local.die().await,
            Host::Program(program) => drop(program.kill()),
            Host::Stopped => panic!("the server does not run"),
        }
    }

    /// Ends the server and starts it again.
    ///
    /// # Panics
    /// When that fails.
    pub async fn restart_server(&mut self) {
        self.stop_server().await;
        self.start_server().await;
    }

    /// What a client is opened with whose device keeps its things beside the data folder.
    #[must_use]
    pub fn options(&self, credential: Credential, device: &str) -> ClientOptions {
        ClientOptions::new(self.url(), credential, Place::Folder(self.beside(device)))
    }

    /// A visitor of the first site, with a device of their own.
    ///
    /// # Panics
    /// When they are not let in.
    pub async fn visitor(&self, name: &str) -> Arc<Person> {
        self.visitor_of(self.site, name).await
    }

    /// A visitor of a site.
    ///
    /// # Panics
    /// When they are not let in.
    pub async fn visitor_of(&self, site: SiteId, name: &str) -> Arc<Person> {
        self.arrives(name, Credential::Visitor(site), Keeping::Durable).await
    }

    /// A visitor of the first site whose device keeps nothing but in memory.
    ///
    /// # Panics
    /// When they are not let in.
    pub async fn forgetful_visitor(&self, name: &str) -> Arc<Person> {
        self.arrives(name, Credential::Visitor(self.site), Keeping::Memory).await
    }

    /// An agent of the first site, who has logged in on a device that keeps nothing but in memory.
    ///
    /// # Panics
    /// When they are not let in.
    pub async fn forgetful_agent(&self, name: &str) -> Arc<Person> {
        self.add_agent(name, AgentRole::Agent);
        self.arrives(name, credential(name), Keeping::Memory).await
    }

    /// Another tab or device of somebody who is here: it is given their token.
    ///
    /// # Panics
    /// When they are not let in.
    pub async fn second_device(&self, of: &Person) -> Arc<Person> {
        let proof = match of.principal().await.role {
            Role::Visitor => Credential::Token(of.client().token().await.unwrap().unwrap()),
            _ => credential(of.name()),
        };
        self.arrives(&self.device(of.name()), proof, Keeping::Durable).await
    }

    fn device(&self, name: &str) -> String {
        let number = (2..).find(|number| !self.beside(&format!("{name}-{number}")).exists());
        format!("{name}-{}", number.unwrap_or_default())
    }

    /// An agent of the first site, who has logged in.
    ///
    /// # Panics
    /// When they are not let in.
    pub async fn agent(&self, name: &str) -> Arc<Person> {
        self.with_role(name, AgentRole::Agent).await
    }

    /// A supervisor of the first site, who has logged in.
    ///
    /// # Panics
    /// When they are not let in.
    pub async fn supervisor(&self, name: &str) -> Arc<Person> {
        self.with_role(name, AgentRole::Supervisor).await
    }

    /// Somebody of the first site, who has logged in.
    ///
    /// # Panics
    /// When they are not let in.
    pub async fn with_role(&self, name: &str, role: AgentRole) -> Arc<Person> {
        self.add_agent(name, role);
        self.arrives(name, credential(name), Keeping::Durable).await
    }

    /// Adds an agent of the first site to the directory.
    ///
    /// # Panics
    /// When the directory does not take them.
    pub fn add_agent(&self, name: &str, role: AgentRole) {
        self.add_agent_of(name, role, self.site);
    }

    /// Adds an agent of a site to the directory.
    ///
    /// # Panics
    /// When the directory does not take them.
    pub fn add_agent_of(&self, name: &str, role: AgentRole, site: SiteId) {
        let agent = newcomer(name, role, site);
        self.directory().add_agent(&agent, Timestamp::from_millis(0)).unwrap();
    }

    async fn arrives(&self, name: &str, proof: Credential, keeps: Keeping) -> Arc<Person> {
        let person = Person::new(self.url(), name, (self.beside(name), keeps), proof);
        let person = Arc::new(person);
        person.opens().await;
        person.meets_the_server().await;
        self.people.lock().unwrap().push(Arc::clone(&person));
        person
    }

    fn everybody(&self) -> Vec<Arc<Person>> {
        self.people.lock().unwrap().clone()
    }

    /// Waits until everybody who is online has exchanged everything, and all who look at the same
    /// conversation see the same.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn settle(&self) {
        let mut online = Vec::new();
        for person in self.everybody() {
            if person.is_online() {
                person.settles().await;
                online.push(person);
            }
        }
        let chats: BTreeSet<ConversationId> = online.iter().flat_map(|p| p.followed()).collect();
        for chat in chats {
            let views = async || {
                let mut views = Vec::new();
                for person in online.iter().filter(|person| person.followed().contains(&chat)) {
                    views.push((person.device().to_owned(), person.shows(chat).await));
                }
                views
            };
            let same =
                |views: &Vec<(String, _)>| views.windows(2).all(|pair| pair[0].1 == pair[1].1);
            eventually("all see the same", views, same).await;
        }
    }

    /// Where in the files of the server and of everybody's devices these words stand.
    ///
    /// # Panics
    /// When a word is too short to be looked for.
    #[must_use]
    pub fn search_files(&self, words: &[String]) -> Vec<Trace> {
        Needles::new(words).search(self.folder.path())
    }

    /// The folder with everything in it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for World {
    /// Everybody goes, and the server ends; nothing is left over.
    fn drop(&mut self) {
        let people = self.everybody();
        let host = core::mem::replace(&mut self.host, Host::Stopped);
        let end = move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                for person in people {
                    person.leaves().await;
                }
                match host {
                    Host::Local(local) => local.stop().await,
                    Host::Program(program) => {
                        let (status, log) = program.ask_to_end();
                        assert!(status.success(), "{}", String::from_utf8_lossy(&log));
                    }
                    Host::Stopped => {}
                }
            });
        };
        let ended = thread::spawn(end).join();
        if !thread::panicking() {
            assert!(ended.is_ok(), "something is left over");
        }
    }
}

/// How an agent of this name logs in.
fn credential(name: &str) -> Credential {
    Credential::Password {
        email: email(name).to_string(),
        password: PASSWORD.to_owned(),
        code: None,
    }
}

fn newcomer(name: &str, role: AgentRole, site: SiteId) -> NewAgent {
    NewAgent {
        email: email(name),
        name: name.to_owned(),
        role,
        password: Some(Password::new(PASSWORD.to_owned()).unwrap()),
        sites: BTreeSet::from([site]),
    }
}

fn email(name: &str) -> Email {
    format!("{name}@shop.example").parse().unwrap()
}

fn add_site(directory: &Directory, name: &str) -> SiteId {
    let settings = SiteChange {
        visitor_edit: Some(true),
        visitor_recall: Some(true),
        ..SiteChange::default()
    };
    let site = NewSite { name: name.to_owned(), settings };
    directory.add_site(site, Timestamp::from_millis(0)).unwrap().id
}
