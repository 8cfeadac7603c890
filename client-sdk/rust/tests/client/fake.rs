//! A server that says what a test wants it to say, over real WebSockets.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rejoinder_client::core::conversation::compose::compose;
use rejoinder_client::core::conversation::history::History;
use rejoinder_client::core::conversation::operation::Submission;
use rejoinder_client::core::dice::Dice;
use rejoinder_client::core::wire::{
    ClientFrame, Hello, Limits, LogEntry, OperationFate, ServerFrame, Welcome,
};
use rejoinder_client::id::{DocumentId, Epoch, ParticipantId, SiteId};
use rejoinder_client::{
    Client, ClientOptions, Credential, Place, Principal, Problem, Role, Timestamp,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async};

/// Longer than anything here takes, even on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The token that [`Line::welcome`] gives to whoever comes without one.
pub(crate) const TOKEN: &str = "token-of-ann";

pub(crate) struct Fake {
    listener: TcpListener,
}

/// One connection.
pub(crate) struct Line {
    stream: WebSocketStream<TcpStream>,
    /// Frames that came before their turn, to be heard next.
    opened: VecDeque<ClientFrame>,
}

impl Fake {
    pub(crate) async fn new() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.unwrap() }
    }

    pub(crate) fn address(&self) -> String {
        format!("ws://{}", self.listener.local_addr().unwrap())
    }

    pub(crate) fn options(&self, place: Place) -> ClientOptions {
        ClientOptions::new(self.address(), Credential::Visitor(site()), place)
    }

    /// The next connection.
    pub(crate) async fn accept(&self) -> Line {
        let (stream, _) = timeout(PATIENCE, self.listener.accept()).await.unwrap().unwrap();
        Line { stream: accept_async(stream).await.unwrap(), opened: VecDeque::new() }
    }

    /// The next connection, welcomed.
    pub(crate) async fn welcome(&self) -> Line {
        let mut line = self.accept().await;
        let hello = line.hello().await;
        line.welcome(&hello).await;
        line
    }

    /// Whether nobody comes for a while.
    pub(crate) async fn is_left_alone(&self, millis: u64) -> bool {
        timeout(Duration::from_millis(millis), self.listener.accept()).await.is_err()
    }

    /// A visitor who has had a first contact, and the connection.
    pub(crate) async fn ann(&self, place: Place) -> (Client, Line) {
        let client = Client::open(self.options(place)).await.unwrap();
        let line = self.welcome().await;
        client.contact(PATIENCE).await.unwrap();
        (client, line)
    }
}

impl Line {
    /// The next frame, pings apart.
    pub(crate) async fn hear(&mut self) -> ClientFrame {
        self.next().await.expect("the client closed the connection")
    }

    /// The next frame; none when the client closes the connection.
    pub(crate) async fn next(&mut self) -> Option<ClientFrame> {
        if let Some(frame) = self.opened.pop_front() {
            return Some(frame);
        }
        loop {
            match timeout(PATIENCE, self.stream.next()).await.expect("the client is silent")? {
                Ok(Message::Binary(bytes)) => return Some(ClientFrame::decode(&bytes).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    pub(crate) async fn say(&mut self, frame: ServerFrame) {
        self.send(Message::binary(frame.encode())).await;
    }

    pub(crate) async fn send(&mut self, message: Message) {
        self.stream.send(message).await.unwrap();
    }

    pub(crate) async fn hello(&mut self) -> Hello {
        match self.hear().await {
            ClientFrame::Hello(hello) => hello,
            other => panic!("{other:?} instead of Hello"),
        }
    }

    /// Says who the client is, and hears that it has erased what it had to.
    pub(crate) async fn welcome(&mut self, hello: &Hello) {
        let known = matches!(&hello.credential, Credential::Token(token) if token == TOKEN);
        let welcome = Welcome {
            epoch: Epoch::from_bytes([1; 16]),
            principal: Principal::new(ann(), Role::Visitor),
            site: Some(site()),
            limits: Limits::default(),
            time: Timestamp::from_millis(0),
            token: (!known).then(|| TOKEN.to_owned()),
            cursor: 0,
            erasures: Vec::new(),
            scope: 0,
        };
        self.say(ServerFrame::Welcome(Box::new(welcome))).await;
        // What was opened right behind `Hello` comes first: WP30.
        let mut opened = VecDeque::new();
        loop {
            match self.hear().await {
                ClientFrame::Purged { cursor: 0 } => break,
                frame @ ClientFrame::Open { .. } => opened.push_back(frame),
                other => panic!("{other:?} before Purged"),
            }
        }
        self.opened = opened;
    }

    /// Hears that a new conversation is asked for, and does not know it.
    pub(crate) async fn open_unborn(&mut self) -> DocumentId {
        let ClientFrame::Open { document, .. } = self.hear().await else { panic!("no Open") };
        let reason = Problem::UnknownConversation;
        self.say(ServerFrame::Refused { document: Some(document), reason }).await;
        document
    }

    pub(crate) async fn push(&mut self) -> ClientFrame {
        let frame = self.hear().await;
        assert!(matches!(frame, ClientFrame::Push { .. }), "{frame:?} instead of Push");
        frame
    }
}

/// What a server that accepts everything makes of a push: fates and entries.
pub(crate) fn accept(push: &ClientFrame) -> (ServerFrame, ServerFrame) {
    let ClientFrame::Push { document, submissions, .. } = push else { panic!("no Push") };
    let document = *document;
    let mut history = History::new(document);
    let (mut fates, mut entries) = (Vec::new(), Vec::new());
    for Submission { id, operation, context, hash, .. } in submissions {
        let composed = compose(&history, operation, context).unwrap();
        assert_eq!(composed.entry.hash, *hash);
        let seq = history.record(composed.entry);
        let at = Timestamp::from_millis(i64::try_from(seq.0).unwrap());
        entries.push(LogEntry { seq, at, change: composed.bytes });
        let fate = rejoinder_client::core::authority::fate::Fate::Accepted { seq, at };
        fates.push(OperationFate { operation: *id, fate, words_gone: false });
    }
    let last = history.last();
    (ServerFrame::Fates { document, fates }, ServerFrame::Entries { document, entries, last })
}

fn ann() -> ParticipantId {
    ParticipantId::random(&mut Dice::from_seed([1; 32]))
}

fn site() -> SiteId {
    SiteId::random(&mut Dice::from_seed([2; 32]))
}
