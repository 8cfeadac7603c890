//! Somebody who wants no good.

use std::net::SocketAddr;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{ConversationId, DeviceId, DocumentId, Seq, SiteId};
use rejoinder_core::wire::{
    ClientFrame, Credential, Hello, Keeping, ServerFrame, VERSION, Welcome,
};
use rejoinder_fuzz::{Pool, Roll, mutate};
use rejoinder_harness::{Forger, Letter, World};
use rustix::process::setpriority_process;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

/// Attackers of each kind.
const ATTACKERS: u64 = 3;
/// From where they come, so that nothing which is counted by address keeps honest people out.
const ELSEWHERE: &str = "127.0.0.66:0";
/// How much nicer they are than honest people to whom they ask for a processor.
const NICE: i32 = 19;

type Socket = WebSocketStream<TcpStream>;

struct Attacker {
    address: SocketAddr,
    site: SiteId,
    until: Instant,
    dice: Dice,
    pool: Pool,
    said: u64,
}

impl Attacker {
    fn new((address, site): (SocketAddr, SiteId), until: Instant, seed: u64) -> Self {
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let (dice, pool) = (Dice::from_seed(bytes), Pool::default());
        Self { address, site, until, dice, pool, said: 0 }
    }

    fn goes_on(&self) -> bool {
        Instant::now() < self.until
    }

    async fn connects(&self) -> Option<TcpStream> {
        let socket = TcpSocket::new_v4().ok()?;
        socket.bind(ELSEWHERE.parse().unwrap()).ok()?;
        socket.connect(self.address).await.ok()
    }

    /// A connection on which a new visitor was welcomed, if they were.
    async fn enters(&mut self) -> Option<(Socket, Box<Welcome>)> {
        let stream = self.connects().await?;
        let (mut socket, _) = client_async("ws://server/api/v1/sync", stream).await.ok()?;
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
            let Some(mut stream) = self.connects().await else { continue };
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

/// Lets all attack until a moment, and says how often they did.
///
/// They share the machine with whom they attack, and have one thread, which is given a processor
/// only when nobody else wants it.
pub(crate) fn attack(world: &World, until: Instant, round: u32) -> JoinHandle<u64> {
    let place = (world.address(), world.site());
    thread::spawn(move || {
        // On Linux, of this thread alone.
        setpriority_process(None, NICE).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut attacks = JoinSet::new();
            let first = 1_000 * u64::from(round);
            for seed in first..first + ATTACKERS {
                attacks.spawn(Attacker::new(place, until, seed).tampers(true));
                attacks.spawn(Attacker::new(place, until, 100 + seed).tampers(false));
                attacks.spawn(Attacker::new(place, until, 200 + seed).holds());
            }
            attacks.join_all().await.into_iter().sum()
        })
    })
}
