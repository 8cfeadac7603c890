//! Accepted, durable operations a second on one conversation with a hundred readers.

use std::time::Instant;

use rejoinder_core::id::Seq;
use rejoinder_core::wire::ClientFrame;
use tokio::task::JoinSet;

use super::{accepted, agent, visitor, write};
use crate::failure::Failure;
use crate::floor;
use crate::process::{Kind, Process};
use crate::reader::{Fetch, Read, Shared, follow};
use crate::report::{Report, Target, median};
use crate::stage::{Stage, folder};

pub(crate) const READERS: usize = 100;
pub(crate) const MESSAGES: usize = 6_000;
pub(crate) const PUSH: usize = 32;
pub(crate) const UNDER_WAY: usize = 4;
const ROUNDS: usize = 3;

/// How a load went.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Until every reader has everything.
    pub(crate) per_second: f64,
    /// Processor time of the server for one operation.
    pub(crate) processor_micros: f64,
}

pub(crate) async fn run(report: &mut Report) -> Result<(), Failure> {
    let mut floors = Vec::new();
    let data = folder()?;
    let plain = Process::start(Kind::Floor, data.path())?;
    for _ in 0..ROUNDS {
        floors.push(floor::load::fanout(&plain).await?);
    }
    plain.end()?;
    let floor = middle(&floors);
    let stage = Stage::new(20)?;
    let server = Process::start(Kind::Rejoinder, stage.path())?;
    for (fetch, name) in [(Fetch::Words, "with their words"), (Fetch::Nothing, "without words")] {
        let (mut loads, mut reopened) = (Vec::new(), 0);
        for _ in 0..ROUNDS {
            let (load, again) = measure(&server, &stage, fetch).await?;
            loads.push(load);
            reopened += again;
        }
        let load = middle(&loads);
        let what = format!("messages to {READERS} readers, {name}");
        match fetch {
            Fetch::Words => {
                let target = Target::AtLeast(2_000.0);
                report.check(&what, "1/s", target, load.per_second, Some(floor.per_second));
            }
            Fetch::Nothing => {
                report.tell(&what, "1/s", load.per_second, Some(floor.per_second));
            }
        }
        let micros = floor.processor_micros;
        let what = format!("processor time of the server for one, {name}");
        report.tell(&what, "us", load.processor_micros, Some(micros));
        if reopened > 0 {
            report.note(format!("Readers {name} were told to open again {reopened} times."));
        }
    }
    server.end()
}

fn middle(loads: &[Load]) -> Load {
    let of = |field: fn(&Load) -> f64| median(&mut loads.iter().map(field).collect::<Vec<_>>());
    Load {
        per_second: of(|load| load.per_second),
        processor_micros: of(|load| load.processor_micros),
    }
}

async fn measure(server: &Process, stage: &Stage, fetch: Fetch) -> Result<(Load, u32), Failure> {
    let (mut client, mut author) = visitor(server, stage).await?;
    let document = author.document;
    client.say(&author.write(1)?.push(document)).await?;
    accepted(&mut client, 1).await?;
    let shared = Shared::new(document, fetch);
    let mut readers = JoinSet::new();
    for number in 0..READERS {
        let mut reader = agent(server, stage, number).await?;
        reader.say(&ClientFrame::Open { document, cursor: Seq::START }).await?;
        readers.spawn(follow(reader, shared.clone(), Seq(MESSAGES as u64 + 1)));
    }
    let (begun, before) = (Instant::now(), server.processor_seconds()?);
    write(&mut client, &mut author, MESSAGES, PUSH, UNDER_WAY).await?;
    let mut reopened = 0;
    while let Some(read) = readers.join_next().await {
        let Read { reopened: again } = read??;
        reopened += again;
    }
    let load = load(begun, server.processor_seconds()? - before);
    Ok((load, reopened))
}

/// How it went since then, all messages being there now.
pub(crate) fn load(begun: Instant, processor_seconds: f64) -> Load {
    #[expect(clippy::cast_precision_loss, reason = "some thousand")]
    let messages = MESSAGES as f64;
    Load {
        per_second: messages / begun.elapsed().as_secs_f64(),
        processor_micros: processor_seconds * 1e6 / messages,
    }
}
