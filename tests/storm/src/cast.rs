//! A data folder with a site and agents, made once, and the server on a simulated host.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use rejoinder_core::dice::Dice;
use rejoinder_core::id::{DeviceId, SiteId};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::wire::Credential;
use rejoinder_harness::{ALLOWED, RATES};
use rejoinder_server::directory::{Directory, NewAgent, NewSite, Password, SiteChange};
use rejoinder_server::machine::Machine;
use rejoinder_server::server::{Listener, Parts, Server};
use rejoinder_server::storage::sqlite::Options;
use rejoinder_server::web::Web;
use tempfile::TempDir;
use turmoil::net::TcpListener;

use crate::sockets::{Socket, Sockets};
use crate::trace::BEGUN;

/// Where the server listens.
pub(crate) const SERVER: (&str, u16) = ("server", 80);

/// The agents.
pub(crate) const AGENTS: [&str; 2] = ["ann", "ben"];

const PASSWORD: &str = "correct horse battery";

/// A folder that nothing has happened in, and how people are let in there.
pub(crate) struct Template {
    folder: TempDir,
    pub(crate) site: SiteId,
    /// Tokens of the agents.
    tokens: Vec<String>,
}

impl Template {
    /// The one of this process: passwords are slow to hash.
    pub(crate) fn get() -> &'static Self {
        static TEMPLATE: OnceLock<Template> = OnceLock::new();
        TEMPLATE.get_or_init(Self::make)
    }

    fn make() -> Self {
        let folder = temporary();
        let machine = Machine::simulated([9; 32], Duration::ZERO, || BEGUN);
        let directory = Directory::create_on(machine, folder.path(), RATES).unwrap();
        let settings = SiteChange {
            visitor_edit: Some(true),
            visitor_recall: Some(true),
            ..SiteChange::default()
        };
        let name = "Shop".to_owned();
        let site = directory.add_site(NewSite { name, settings }, BEGUN).unwrap().id;
        let tokens = AGENTS.iter().map(|name| enrol(&directory, name, site)).collect();
        Self { folder, site, tokens }
    }

    /// A copy of the folder.
    pub(crate) fn copy(&self) -> TempDir {
        let copy = temporary();
        for entry in fs::read_dir(self.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
        }
        copy
    }

    /// How an agent is let in.
    pub(crate) fn agent(&self, number: usize) -> Credential {
        Credential::Token(self.tokens[number].clone())
    }
}

fn enrol(directory: &Directory, name: &str, site: SiteId) -> String {
    let email = format!("{name}@shop.example");
    let agent = NewAgent {
        email: email.parse().unwrap(),
        name: name.to_owned(),
        role: AgentRole::Agent,
        password: Some(Password::new(PASSWORD.to_owned()).unwrap()),
        sites: BTreeSet::from([site]),
    };
    directory.add_agent(&agent, BEGUN).unwrap();
    let proof = Credential::Password { email, password: PASSWORD.to_owned(), code: None };
    let (device, here) = (DeviceId::random(&mut Dice::from_seed([1; 32])), Ipv4Addr::LOCALHOST);
    let session = directory.authenticate(&proof, device, IpAddr::V4(here), BEGUN).unwrap();
    session.token.unwrap()
}

/// In memory where the system has such a place: what a disk does is not looked at here.
fn temporary() -> TempDir {
    let memory = Path::new("/dev/shm");
    let mut builder = tempfile::Builder::new();
    builder.prefix("rejoinder-storm-");
    if memory.is_dir() { builder.tempdir_in(memory) } else { builder.tempdir() }.unwrap()
}

/// A port of a simulated host.
struct Port(TcpListener, Sockets);

impl Listener for Port {
    type Io = Socket;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Socket, SocketAddr) {
        let (stream, peer) = self.0.accept().await.expect("a simulated port goes on");
        (self.1.add(stream), peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// Serves a folder on a simulated host, until that ends.
pub(crate) async fn serve(machine: Machine, sockets: Sockets, folder: &Path) -> turmoil::Result {
    let _life = sockets.lives();
    let listen = SocketAddr::from((Ipv4Addr::UNSPECIFIED, SERVER.1));
    let mut storage = Options::new(folder);
    storage.machine = machine.clone();
    let parts = Parts {
        storage,
        directory: Directory::open_on(machine, folder, RATES)?,
        listen,
        new_conversations: 1_000,
        allowed: ALLOWED,
        metrics: None,
    };
    let port = Port(TcpListener::bind(listen).await?, sockets);
    let _server = Server::start_on(parts, Web::default(), port).await?;
    std::future::pending().await
}
