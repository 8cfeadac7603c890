//! The same loads on the plain chat.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures_util::future::try_join_all;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Bytes;

use super::{Hears, NewMessage, Says};
use crate::author::text;
use crate::failure::{Failure, failed};
use crate::link::Link;
use crate::measure::{fanout, idle, opening, recall};
use crate::process::{Kind, Process};
use crate::report::median;
use crate::stage::folder;

async fn connect(server: &Process) -> Result<Link, Failure> {
    Link::connect(&server.address, "/chat").await
}

async fn say(link: &mut Link, says: &Says) -> Result<(), Failure> {
    link.send_text(serde_json::to_string(says)?).await
}

async fn hear(link: &mut Link) -> Result<Hears, Failure> {
    Ok(serde_json::from_slice(&link.next().await?)?)
}

fn messages(from: usize, many: usize) -> Says {
    let message = |number| NewMessage { author: "a visitor".to_owned(), text: text(number) };
    Says::Write((from..from + many).map(message).collect())
}

/// Writes messages in pushes of this many, of which a few are under way at once.
async fn write(
    link: &mut Link,
    messages: usize,
    push: usize,
    under_way: usize,
) -> Result<(), Failure> {
    let (mut written, mut kept) = (0, 0);
    while kept < messages {
        while written < messages && written - kept + push <= push * under_way {
            let many = push.min(messages - written);
            say(link, &self::messages(written, many)).await?;
            written += many;
        }
        if let Hears::Kept(many) = hear(link).await? {
            kept += many;
        }
    }
    Ok(())
}

/// What frames hold, worked out by the first reader that receives each.
type Counts = Arc<Mutex<HashMap<(usize, Vec<u8>), usize>>>;

fn count(counts: &Counts, bytes: &Bytes) -> Result<usize, Failure> {
    let key = (bytes.len(), bytes[bytes.len().saturating_sub(96)..].to_vec());
    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(count) = counts.get(&key) {
        return Ok(*count);
    }
    let count = match serde_json::from_slice(bytes)? {
        Hears::Messages(messages) => messages.len(),
        Hears::Kept(_) | Hears::TakenBack(_) => 0,
    };
    counts.insert(key, count);
    Ok(count)
}

/// Messages a second to a hundred readers.
pub(crate) async fn fanout(server: &Process) -> Result<fanout::Load, Failure> {
    let counts = Counts::default();
    let mut readers = JoinSet::new();
    for _ in 0..fanout::READERS {
        let (mut link, counts) = (connect(server).await?, Arc::clone(&counts));
        readers.spawn(async move {
            let mut missing = fanout::MESSAGES;
            while missing > 0 {
                missing -= count(&counts, &link.next().await?)?;
            }
            Ok::<_, Failure>(())
        });
    }
    let mut link = connect(server).await?;
    let (begun, before) = (Instant::now(), server.processor_seconds()?);
    write(&mut link, fanout::MESSAGES, fanout::PUSH, fanout::UNDER_WAY).await?;
    while let Some(read) = readers.join_next().await {
        read??;
    }
    Ok(fanout::load(begun, server.processor_seconds()? - before))
}

/// KiB of an idle connection.
pub(crate) async fn idle(server: &Process, connections: usize) -> Result<f64, Failure> {
    let (at_once, settle) = idle::settling();
    let (mut links, mut before) = (Vec::new(), 0.0);
    while links.len() < connections {
        let next = (connections - links.len()).min(at_once);
        links.extend(try_join_all((0..next).map(|_| connect(server))).await?);
        if links.len() == next {
            tokio::time::sleep(settle).await;
            before = server.resident_kib()?;
        }
    }
    tokio::time::sleep(settle).await;
    Ok(idle::each(server.resident_kib()? - before, connections - at_once))
}

/// Milliseconds until 1,000 messages are here, from a server that has just started.
pub(crate) async fn opening() -> Result<f64, Failure> {
    let data = folder()?;
    let server = Process::start(Kind::Floor, data.path())?;
    write(&mut connect(&server).await?, opening::MESSAGES, 32, 4).await?;
    server.end()?;
    let mut times = Vec::new();
    for _ in 0..opening::ROUNDS {
        let server = Process::start(Kind::Floor, data.path())?;
        let mut link = connect(&server).await?;
        let begun = Instant::now();
        say(&mut link, &Says::Open).await?;
        let bytes = link.next().await?;
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
        if !matches!(serde_json::from_slice(&bytes)?, Hears::Messages(all) if all.len() == 1_000) {
            return failed("the plain chat did not open");
        }
        server.end()?;
    }
    Ok(median(&mut times))
}

/// Milliseconds until each of some messages is deleted.
pub(crate) async fn taking_back(server: &Process) -> Result<Vec<f64>, Failure> {
    let mut link = connect(server).await?;
    write(&mut link, recall::RECALLS, 32, 4).await?;
    let mut times = Vec::new();
    for id in 1..=recall::RECALLS as u64 {
        let begun = Instant::now();
        say(&mut link, &Says::TakeBack(id)).await?;
        while !matches!(hear(&mut link).await?, Hears::TakenBack(gone) if gone == id) {}
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(times)
}
