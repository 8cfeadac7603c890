//! A server with a site, and HTTP by hand: what was sent, to the byte, is what is tested.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{DeviceId, SiteId};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{self, ClientFrame, Credential, Hello, Keeping, ServerFrame};
use rejoinder_server::directory::{
    Agent, Directory, NewAgent, NewSite, Password, Rates, SiteChange,
};
use rejoinder_server::machine::Machine;
use rejoinder_server::server::{Parts, Server};
use rejoinder_server::storage::sqlite::Options;
use rejoinder_server::throttle::Allowed;
use rejoinder_server::web::{Asset, Bundle, Web};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

pub(crate) const PASSWORD: &str = "correct horse battery";
const RATES: Rates = Rates { new_visitors_per_hour: 1_000, passwords_per_minute: 1_000 };

const fn plain(path: &'static str, bytes: &'static [u8]) -> Asset {
    Asset { path, bytes, brotli: None, digest: "d1" }
}

const fn packed(path: &'static str, bytes: &'static [u8], brotli: &'static [u8]) -> Asset {
    Asset { path, bytes, brotli: Some(brotli), digest: "d2" }
}

pub(crate) const WIDGET: Bundle = Bundle::new(&[
    packed("widget.js", b"launch()", b"BR-launch"),
    packed("app/index.html", b"<p>widget", b"BR-widget"),
    packed("app/assets/core-1a2b.wasm", b"\0asm", b"BR-asm"),
    plain("app/assets/worker-1a2b.js", b"work()"),
]);
pub(crate) const DESK: Bundle = Bundle::new(&[
    packed("index.html", b"<p>desk", b"BR-desk"),
    plain("sw.js", b"serve()"),
    plain("manifest.webmanifest", b"{}"),
    plain("icon.svg", b"<svg/>"),
    plain("assets/index-3c.js", b"desk()"),
]);
pub(crate) const DEMO: Bundle = Bundle::new(&[
    plain("index.html", b"<p>demo"),
    plain("shop.html", b"<script src=/widget.js data-site=REJOINDER-SITE-ID></script>"),
    plain("assets/demo-4d.js", b"demo()"),
]);

/// Widget and desk.
pub(crate) fn web() -> Web {
    Web { widget: WIDGET, desk: DESK, ..Web::default() }
}

pub(crate) struct Stage {
    pub(crate) folder: TempDir,
    pub(crate) server: Server,
    pub(crate) site: SiteId,
}

/// An answer, as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (of, value) = line.split_once(": ")?;
            of.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"));
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn is_error(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{self:?}");
        let json = self.json();
        assert_eq!(json["error"]["code"], code);
        assert!(json["error"]["message"].as_str().unwrap().len() > 10);
        assert_eq!(json.as_object().unwrap().len(), 1);
    }
}

impl Stage {
    pub(crate) async fn set(web: impl FnOnce(SiteId, &TempDir) -> Web) -> Self {
        Self::set_on(Machine::default(), web).await
    }

    pub(crate) async fn set_on(
        machine: Machine,
        web: impl FnOnce(SiteId, &TempDir) -> Web,
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let directory = Directory::create_on(machine.clone(), folder.path(), RATES).unwrap();
        let site = NewSite { name: "Shop".to_owned(), settings: SiteChange::default() };
        let site = directory.add_site(site, Timestamp::from_millis(0)).unwrap().id;
        let web = web(site, &folder);
        let parts = Parts {
            storage: Options::new(folder.path()),
            directory,
            listen: "127.0.0.1:0".parse().unwrap(),
            new_conversations: 6,
            allowed: Allowed::default(),
            metrics: None,
        };
        Self { server: Server::start_with(parts, web).await.unwrap(), folder, site }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub(crate) fn directory(&self) -> &Directory {
        self.server.hub().directory()
    }

    pub(crate) fn add_site(&self, name: &str) -> SiteId {
        let site = NewSite { name: name.to_owned(), settings: SiteChange::default() };
        self.directory().add_site(site, Timestamp::from_millis(0)).unwrap().id
    }

    pub(crate) fn allow(&self, origins: &[&str]) {
        let origins = origins.iter().map(|origin| origin.parse().unwrap()).collect();
        let change = SiteChange { allowed_origins: Some(origins), ..SiteChange::default() };
        self.directory().change_site(self.site, change).unwrap();
    }

    pub(crate) fn add_agent(&self, name: &str, role: AgentRole, sites: &[SiteId]) -> Agent {
        let agent = NewAgent {
            email: format!("{name}@shop.example").parse().unwrap(),
            name: name.to_owned(),
            role,
            password: Some(Password::new(PASSWORD.to_owned()).unwrap()),
            sites: sites.iter().copied().collect::<BTreeSet<_>>(),
        };
        self.directory().add_agent(&agent, Timestamp::from_millis(0)).unwrap()
    }

    pub(crate) fn token(&self, agent: &Agent) -> String {
        self.directory().issue_token(agent.participant, Timestamp::from_millis(0)).unwrap()
    }

    /// A new visitor's token.
    pub(crate) fn visitor(&self, site: SiteId) -> String {
        let (device, now) = (device(), Timestamp::from_millis(0));
        let peer = self.address().ip();
        let credential = Credential::Visitor(site);
        self.directory().authenticate(&credential, device, peer, now).unwrap().token.unwrap()
    }

    /// Says anything, and reads until the server closes.
    pub(crate) async fn say(&self, request: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut said = Vec::new();
        stream.read_to_end(&mut said).await.unwrap();
        let end = said.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(said[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head, body: said[end + 4..].to_vec() }
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &[&str]) -> Answer {
        self.ask_as(method, path, &self.address().to_string(), headers).await
    }

    /// Asks under another host's name.
    pub(crate) async fn ask_as(
        &self,
        method: &str,
        path: &str,
        host: &str,
        headers: &[&str],
    ) -> Answer {
        let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
        self.say(&format!("{head}{headers}\r\n")).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[]).await
    }

    pub(crate) async fn get_as(&self, token: &str, path: &str) -> Answer {
        self.ask("GET", path, &[&format!("Authorization: Bearer {token}")]).await
    }

    /// Asks with a token, and sends JSON unless it is null.
    pub(crate) async fn send(&self, token: &str, method: &str, path: &str, json: &Value) -> Answer {
        let body = if json.is_null() { String::new() } else { json.to_string() };
        self.send_text(token, method, path, &body).await
    }

    pub(crate) async fn send_text(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: &str,
    ) -> Answer {
        let (host, length) = (self.address(), body.len());
        let bearer = match token {
            "" => String::new(),
            token => format!("Authorization: Bearer {token}\r\n"),
        };
        self.say(&format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{bearer}\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
        .await
    }

    /// What somebody reads there.
    pub(crate) async fn reads(&self, token: &str, path: &str) -> Value {
        let answer = self.send(token, "GET", path, &Value::Null).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// What becomes of it.
    pub(crate) async fn does(&self, token: &str, method: &str, path: &str, json: &Value) -> Value {
        let answer = self.send(token, method, path, json).await;
        match answer.status {
            204 => Value::Null,
            200 => answer.json(),
            _ => panic!("{method} {path}: {}", answer.text()),
        }
    }

    /// It is refused, and why.
    pub(crate) async fn refuses(
        &self,
        token: &str,
        (method, path): (&str, &str),
        json: &Value,
        (status, code): (u16, &str),
    ) {
        let answer = self.send(token, method, path, json).await;
        assert_eq!(answer.status, status, "{method} {path} {json}: {}", answer.text());
        answer.is_error(status, code);
    }

    pub(crate) async fn post(&self, path: &str, json: &str) -> Answer {
        let host = self.address();
        let length = json.len();
        self.say(&format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{json}"
        ))
        .await
    }

    /// The answer to `Hello` on a connection that a page of `origin` opened, and the connection,
    /// which lasts as long as it is kept.
    pub(crate) async fn greets(
        &self,
        origin: Option<&str>,
        credential: Credential,
    ) -> (ServerFrame, Line) {
        self.connects(origin, credential, None).await
    }

    /// The same, of a client that says what it is.
    pub(crate) async fn connects(
        &self,
        origin: Option<&str>,
        credential: Credential,
        client: Option<&str>,
    ) -> (ServerFrame, Line) {
        let url = format!("ws://{}/api/v1/sync", self.address());
        let mut request = url.into_client_request().unwrap();
        for (name, value) in [("origin", origin), ("user-agent", client)] {
            if let Some(value) = value {
                request.headers_mut().insert(name, value.parse().unwrap());
            }
        }
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        let hello = Hello {
            version: wire::VERSION,
            credential,
            device: device(),
            keeping: Keeping::Memory,
            snapshots: true,
            epoch: None,
            feed: 0,
            erasures: 0,
            scope: 0,
        };
        socket.send(Message::Binary(ClientFrame::Hello(hello).encode().into())).await.unwrap();
        let mut line = Line(socket);
        (line.frame().await, line)
    }
}

/// A connection, as long as it is kept.
pub(crate) struct Line(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Line {
    /// Says that nothing is left to be erased: the server goes on.
    pub(crate) async fn goes_on(&mut self) {
        let purged = ClientFrame::Purged { cursor: 0 };
        self.0.send(Message::Binary(purged.encode().into())).await.unwrap();
    }

    /// What the server says next.
    pub(crate) async fn frame(&mut self) -> ServerFrame {
        loop {
            if let Message::Binary(bytes) = self.0.next().await.unwrap().unwrap() {
                return ServerFrame::decode(&bytes).unwrap();
            }
        }
    }
}

pub(crate) fn password(name: &str) -> Credential {
    let email = format!("{name}@shop.example");
    Credential::Password { email, password: PASSWORD.to_owned(), code: None }
}

/// An id, as a client makes one.
pub(crate) fn id() -> String {
    device().to_string()
}

fn device() -> DeviceId {
    DeviceId::random(&mut Dice::from_seed(rejoinder_server::entropy::dice().bytes()))
}
