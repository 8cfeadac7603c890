//! Attackers of several kinds beside honest people, who notice nothing.
//!
//! `REDTEAM_SECONDS=60` attacks for longer. It has a process of its own, so that nothing else is
//! measured.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{ConversationId, DeviceId, DocumentId, Seq, SiteId};
use rejoinder_core::wire::{
    ClientFrame, Credential, Hello, Keeping, ServerFrame, VERSION, Welcome,
};
use rejoinder_fuzz::{Pool, Roll, mutate};
use rejoinder_harness::client::Event;
use rejoinder_harness::{Forger, Letter, Person, World, memory};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Seconds of attacks that nobody has asked to be longer.
const SECONDS: u64 = 15;
/// Attackers of each kind.
const ATTACKERS: u64 = 3;
/// Pairs of an honest visitor and an agent.
const HONEST: usize = 3;
/// Longer than anybody waits for a message, also on a busy machine.
const SEEN: Duration = Duration::from_secs(3);
/// Bytes by which the process may grow; honest people and attackers are in it too.
const GROWTH: usize = 192 * 1024 * 1024;

static PANICS: AtomicU64 = AtomicU64::new(0);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Somebody who wants no good.
struct Attacker {
    address: SocketAddr,
    site: SiteId,
    until: Instant,
    dice: Dice,
    pool: Pool,
    said: u64,
}

impl Attacker {
    fn new(world: &World, until: Instant, seed: u64) -> Self {
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let (dice, pool) = (Dice::from_seed(bytes), Pool::default());
        Self { address: world.address(), site: world.site(), until, dice, pool, said: 0 }
    }

    fn goes_on(&self) -> bool {
        Instant::now() < self.until
    }

    /// A connection on which a new visitor was welcomed, if they were.
    async fn enters(&mut self) -> Option<(Socket, Box<Welcome>)> {
        let url = format!("ws://{}/api/v1/sync", self.address);
        let (mut socket, _) = connect_async(url).await.ok()?;
        let hello = ClientFrame::Hello(Hello {
            version: VERSION,
            credential: Credential::Visitor(self.site),
            device: DeviceId::random(&mut self.dice),
            keeping: Keeping::Memory,
            epoch: None,
            feed: 0,
            erasures: 0,
            snapshots: true,
            scope: 0,
        });
        socket.send(Message::Binary(hello.encode().into())).await.ok()?;
        let bytes = socket.next().await?.ok()?.into_data();
        let Ok(ServerFrame::Welcome(welcome)) = ServerFrame::decode(&bytes) else { return None };
        let purged = ClientFrame::Purged { cursor: welcome.cursor };
        socket.send(Message::Binary(purged.encode().into())).await.ok()?;
        Some((socket, welcome))
    }

    /// Frames that were tampered with, as fast as they go; whatever is answered is read or not.
    async fn tampers(mut self, reads: bool) -> u64 {
        while self.goes_on() {
            let Some((mut socket, welcome)) = self.enters().await else {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let document = DocumentId::timeline(ConversationId::random(&mut self.dice));
            let mut forger = Forger::new(welcome.principal, document);
            while self.goes_on() {
                let bytes = self.frame(&mut forger);
                let sending = socket.send(Message::Binary(bytes.into()));
                let sent = tokio::time::timeout(Duration::from_millis(500), sending).await;
                if !matches!(sent, Ok(Ok(()))) {
                    break;
                }
                self.said += 1;
                let answer = Duration::from_millis(if reads { 2 } else { 0 });
                match tokio::time::timeout(answer, socket.next()).await {
                    Ok(None | Some(Err(_) | Ok(Message::Close(_)))) if reads => break,
                    _ => {}
                }
            }
        }
        self.said
    }

    fn frame(&mut self, forger: &mut Forger) -> Vec<u8> {
        let document = forger.document();
        if self.dice.chance(20) {
            *forger = Forger::new(forger.principal.clone(), document);
        }
        let mut letters: Vec<Letter> = vec![forger.writes("Attack")];
        if self.dice.chance(30) {
            let message = letters[0].message();
            letters.push(forger.edits(message, "Attack again"));
            letters.push(forger.recalls(message));
        }
        let submissions = letters.iter().map(|letter| letter.submission.clone()).collect();
        let revisions = letters.into_iter().flat_map(|letter| letter.words).collect();
        let mut frame = match self.dice.index(10) {
            0 => ClientFrame::Open { document, cursor: Seq::START },
            1 => ClientFrame::Want { document, revisions: Vec::new() },
            _ => ClientFrame::Push { document, submissions, revisions },
        };
        self.pool.sees(&frame);
        if self.dice.chance(70) {
            mutate::fields(&self.pool, &mut self.dice, &mut frame);
        }
        let mut bytes = frame.encode();
        if self.dice.chance(20) {
            mutate::bytes(&self.pool, &mut self.dice, &mut bytes);
        }
        bytes
    }

    /// Connections that are held, and requests that are none.
    async fn holds(mut self) -> u64 {
        let mut held = Vec::new();
        while self.goes_on() {
            let Ok(mut stream) = TcpStream::connect(self.address).await else { continue };
            let request: &[u8] = match self.dice.index(5) {
                0 => b"GET /api/v1/sync HTTP/1.1\r\nHost: x\r\n",
                1 => b"POST /api/v1/search HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
                2 => b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                3 => {
                    b"PUT /api/v1/attachments/a/b/c/d HTTP/1.1\r\nHost: x\r\n\
                       Authorization: Bearer x\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n"
                }
                _ => b"",
            };
            let _gone = stream.write_all(request).await;
            held.push(stream);
            if held.len() > 100 {
                let mut first = held.remove(0);
                let mut all = [0; 512];
                let read = first.read(&mut all);
                let _closed = tokio::time::timeout(Duration::from_millis(1), read).await;
            }
            self.said += 1;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.said
    }
}

/// Two honest people talk, and measure how long their messages take.
async fn talks(visitor: &Person, agent: &Person, until: Instant) -> Vec<Duration> {
    let chat = visitor.begins("Hello?").await;
    // Whoever asks for it before it has begun is told that there is none.
    visitor.settles().await;
    agent.sees(chat, &["Hello?"]).await;
    let (mut said, mut took) = (vec!["Hello?".to_owned()], Vec::new());
    while Instant::now() < until {
        for (by, to) in [(visitor, agent), (agent, visitor)] {
            let text = format!("message {}", said.len());
            let begun = Instant::now();
            by.says(chat, &text).await;
            said.push(text);
            let expected: Vec<_> = said.iter().map(String::as_str).collect();
            to.sees(chat, &expected).await;
            took.push(begun.elapsed());
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }
    took
}

fn percentile(took: &mut [Duration], of: usize) -> Duration {
    took.sort_unstable();
    took[(took.len() * of / 100).min(took.len() - 1)]
}

async fn all_talk(people: &[(Arc<Person>, Arc<Person>)], until: Instant) -> Vec<Duration> {
    let pairs = people.iter().map(|(visitor, agent)| talks(visitor, agent, until));
    futures_util::future::join_all(pairs).await.concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn au17_wp2_wp31_honest_people_notice_no_attack() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        usual(panic);
    }));
    let seconds = std::env::var("REDTEAM_SECONDS").ok().map(|text| text.parse().unwrap());
    let long = Duration::from_secs(seconds.unwrap_or(SECONDS));
    let world = World::start_strict().await;
    let mut people = Vec::new();
    for number in 0..HONEST {
        let visitor = world.visitor(&format!("visitor-{number}")).await;
        people.push((visitor, world.agent(&format!("agent-{number}")).await));
    }
    let mut calm = all_talk(&people, Instant::now() + Duration::from_secs(3)).await;
    let before = memory();
    let until = Instant::now() + long;
    let mut attacks = JoinSet::new();
    for seed in 0..ATTACKERS {
        attacks.spawn(Attacker::new(&world, until, seed).tampers(true));
        attacks.spawn(Attacker::new(&world, until, 100 + seed).tampers(false));
        attacks.spawn(Attacker::new(&world, until, 200 + seed).holds());
    }
    let mut attacked = all_talk(&people, until).await;
    let said: u64 = attacks.join_all().await.into_iter().sum();
    let grown = memory().zip(before).map(|(after, before)| after.saturating_sub(before));
    for (visitor, agent) in &people {
        for person in [visitor, agent] {
            let wrong = person
                .events()
                .into_iter()
                .find(|event| matches!(event, Event::Problem { .. } | Event::Refused { .. }));
            assert!(wrong.is_none(), "{} is told {wrong:?}", person.name());
        }
    }
    let [p50, p99] = [50, 99].map(|of| (percentile(&mut calm, of), percentile(&mut attacked, of)));
    let figures = format!(
        "{said} attacks; {} honest messages, median {:?} (calm {:?}), p99 {:?} (calm {:?}), \
         grown by {grown:?} bytes",
        attacked.len(),
        p50.1,
        p50.0,
        p99.1,
        p99.0
    );
    assert!(said > 500 && attacked.len() > 20, "{figures}");
    assert!(p99.1 < SEEN, "{figures}");
    assert!(grown.is_none_or(|grown| grown < GROWTH), "{figures}");
    assert_eq!(PANICS.load(Ordering::Relaxed), 0, "panics, caught ones too");
    println!("{figures}");
}
