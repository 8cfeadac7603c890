//! Connections that are held and not used, and sessions that end.

use std::time::{Duration, Instant};

use rejoinder_core::id::DocumentId;
use rejoinder_core::limits;
use rejoinder_core::principal::AgentRole;
use rejoinder_core::wire::{Credential, Problem, ServerFrame};
use rejoinder_harness::server::directory::AgentChange;
use rejoinder_harness::{PASSWORD, Raw, World};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Slow connections at a time.
const SLOW: usize = 1_000;

/// Files that the other tests beside it hold.
const OTHERS: usize = 256;

/// Within how long all of them are closed.
const CLOSED: Duration = Duration::from_millis(limits::HEADER_MILLIS + 1_000);

/// Within how long a session that ended is told so.
const REVOKED: Duration = Duration::from_secs(1);

/// How somebody holds a connection.
#[derive(Clone, Copy, Debug)]
enum Held {
    /// By saying nothing.
    Silent,
    /// By the beginning of a request.
    Cut,
    /// By a header a moment.
    Dripping,
    /// By a WebSocket without a first frame.
    Greeting,
}

const HELD: [Held; 4] = [Held::Silent, Held::Cut, Held::Dripping, Held::Greeting];

/// Holds a connection, and returns after how long it was closed.
async fn holds(mut stream: TcpStream, how: Held) -> Duration {
    let begun = Instant::now();
    let head: &[u8] = match how {
        Held::Silent => b"",
        Held::Cut | Held::Dripping => b"GET /api/v1/sync HTTP/1.1\r\nHost: localhost\r\n",
        Held::Greeting => {
            b"GET /api/v1/sync HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
              Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
              Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        }
    };
    stream.write_all(head).await.unwrap();
    let mut bytes = [0; 1_024];
    loop {
        let drip = matches!(how, Held::Dripping);
        let patience = if drip { Duration::from_millis(500) } else { Duration::from_secs(30) };
        match tokio::time::timeout(patience, stream.read(&mut bytes)).await {
            Ok(Ok(0) | Err(_)) => return begun.elapsed(),
            Ok(Ok(_)) => {}
            Err(_) if !drip || begun.elapsed() > Duration::from_secs(30) => {
                panic!("{how:?} is held for ever")
            }
            Err(_) => {
                if stream.write_all(b"x: y\r\n").await.is_err() {
                    return begun.elapsed();
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wp6_a_thousand_slow_connections_are_closed_and_nobody_waits_for_them() {
    // Both ends of each are in this process.
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let room = limit.maximum.map_or(usize::MAX, |files| usize::try_from(files).unwrap());
    let count = SLOW.min(room.saturating_sub(OTHERS) / 2);
    if count < SLOW {
        eprintln!("NOT RUN with {SLOW} connections but with {count}: files are limited to {room}");
    }
    let world = World::start_strict().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    let (mut slow, begun) = (JoinSet::new(), Instant::now());
    for number in 0..count {
        // One by one: a system that is asked for all of them at once forgets some, of which the
        // server never hears, and nor does who says nothing.
        let stream = TcpStream::connect(world.address()).await.unwrap();
        slow.spawn(holds(stream, HELD[number % HELD.len()]));
    }
    // Meanwhile others talk.
    ann.says(chat, "Good day!").await;
    vera.sees(chat, &["Hello?", "Good day!"]).await;
    let talked = begun.elapsed();
    let mut longest = Duration::ZERO;
    while let Some(held) = slow.join_next().await {
        longest = longest.max(held.unwrap());
    }
    assert!(talked < Duration::from_secs(4), "they waited {talked:?} for slow connections");
    assert!(longest < CLOSED, "one was held for {longest:?}");
}

#[tokio::test]
async fn wp6_a_connection_that_has_been_answered_is_not_kept_for_nothing() {
    let world = World::start_strict().await;
    let mut stream = TcpStream::connect(world.address()).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let begun = Instant::now();
    let mut all = Vec::new();
    let ended = tokio::time::timeout(2 * CLOSED, stream.read_to_end(&mut all)).await;
    assert!(ended.is_ok(), "an idle connection is kept");
    assert!(String::from_utf8_lossy(&all).contains("alive"), "after {:?}", begun.elapsed());
}

/// Somebody who has logged in, by hand.
async fn agent(world: &World, name: &str) -> (Raw, String) {
    let (email, password) = (format!("{name}@shop.example"), PASSWORD.to_owned());
    let proof = Credential::Password { email, password, code: None };
    let (raw, welcome) = Raw::enter(world.address(), proof).await;
    (raw, welcome.token.unwrap())
}

/// Waits for the end of a connection, and returns what it was told and when.
async fn end(raw: &mut Raw, begun: Instant) -> (Option<ServerFrame>, Duration) {
    let mut last = None;
    loop {
        match raw.next().await {
            Some(
                frame @ (ServerFrame::Wipe
                | ServerFrame::Retry { .. }
                | ServerFrame::Refused { document: None, .. }),
            ) => last = Some((frame, begun.elapsed())),
            Some(_) => {}
            None => break,
        }
        if last.is_some() {
            break;
        }
    }
    last.map_or((None, begun.elapsed()), |(frame, after)| (Some(frame), after))
}

#[tokio::test]
async fn wp33_a_session_that_ends_is_told_so_within_a_second() {
    let world = World::start_strict().await;
    let vera = world.visitor("vera").await;
    let chat = vera.begins("Hello?").await;
    vera.settles().await;
    let directory = world.directory();
    let change = |name: &str, change: AgentChange| {
        let email = format!("{name}@shop.example").parse().unwrap();
        let agent = directory.agent_by_email(&email).unwrap().unwrap();
        directory.change_agent(agent.participant, &change).unwrap();
    };
    for name in ["disabled", "demoted", "moved", "left"] {
        world.add_agent(name, AgentRole::Supervisor);
    }
    let document = DocumentId::timeline(chat);
    for name in ["disabled", "demoted", "moved", "left"] {
        let (mut raw, token) = agent(&world, name).await;
        raw.open(document).await;
        raw.until(|f| matches!(f, ServerFrame::Entries { .. }).then_some(())).await;
        let blog = world.another_site(name);
        let begun = Instant::now();
        match name {
            "disabled" => change(name, AgentChange { disabled: Some(true), ..nothing() }),
            "demoted" => change(name, AgentChange { role: Some(AgentRole::Agent), ..nothing() }),
            "moved" => change(name, AgentChange { sites: Some([blog].into()), ..nothing() }),
            _ => {
                directory
                    .log_out(rejoinder_harness::server::directory::TokenHash::of(&token))
                    .unwrap();
            }
        }
        let (told, after) = end(&mut raw, begun).await;
        let expected = match name {
            "disabled" | "left" => Some(ServerFrame::Wipe),
            _ => Some(ServerFrame::Retry { after_millis: 0, reason: Problem::Replaced }),
        };
        assert_eq!(told, expected, "{name}");
        assert!(after < REVOKED, "{name}: told after {after:?}");
        let rest = world.ask_as(&token, "GET", "/api/v1/sites", None).await;
        let expected = if matches!(name, "disabled" | "left") { 401 } else { 200 };
        assert_eq!(rest.status, expected, "{name}");
    }
}

fn nothing() -> AgentChange {
    AgentChange::default()
}
