//! A recall, until it is accepted and until it is erased from the server's files.

use std::time::Instant;

use rejoinder_core::authority::fate::Fate;
use rejoinder_core::id::Seq;
use rejoinder_core::wire::{ClientFrame, ServerFrame};

use super::{agent, millis, visitor, write};
use crate::failure::{Failure, failed};
use crate::floor;
use crate::link::Client;
use crate::process::{Kind, Process};
use crate::report::{Report, Target, quantile};
use crate::stage::{Stage, folder};

pub(crate) const RECALLS: usize = 400;

pub(crate) async fn run(report: &mut Report) -> Result<(), Failure> {
    let data = folder()?;
    let plain = Process::start(Kind::Floor, data.path())?;
    let mut floors = floor::load::taking_back(&plain).await?;
    plain.end()?;

    let stage = Stage::new(2)?;
    let server = Process::start(Kind::Rejoinder, stage.path())?;
    let (mut client, mut author) = visitor(&server, &stage).await?;
    write(&mut client, &mut author, RECALLS, 32, 4).await?;
    let document = author.document;
    // A device that holds the words, and carries the recalls out.
    let mut holder = agent(&server, &stage, 0).await?;
    holder.say(&ClientFrame::Open { document, cursor: Seq::START }).await?;
    let revisions = author.written.iter().rev().take(50).map(|(_, revision)| *revision).collect();
    holder.say(&ClientFrame::Want { document, revisions }).await?;
    let holder = tokio::spawn(carry_out(holder));
    let (mut accepted, mut erased) = (Vec::new(), Vec::new());
    for (message, _) in author.written.clone() {
        let push = author.recall(message)?.push(document);
        let begun = Instant::now();
        client.say(&push).await?;
        let mut told = false;
        loop {
            match client.hear().await? {
                ServerFrame::Fates { fates, .. } => {
                    let all = fates.iter().all(|it| matches!(it.fate, Fate::Accepted { .. }));
                    if !all {
                        return failed("a recall was not accepted");
                    }
                    accepted.push(millis(begun));
                    told = true;
                }
                ServerFrame::Progress(it) if it.message == message && it.server && told => break,
                _ => {}
            }
        }
        erased.push(millis(begun));
    }
    holder.abort();
    let floor = |floors: &mut Vec<f64>, share| Some(quantile(floors, share));
    let name = "a recall until it is accepted, median";
    report.tell(name, "ms", quantile(&mut accepted, 0.5), floor(&mut floors, 0.5));
    let name = "a recall until it is accepted, 99 of 100";
    report.tell(name, "ms", quantile(&mut accepted, 0.99), floor(&mut floors, 0.99));
    let name = "a recall until it is erased, median";
    report.tell(name, "ms", quantile(&mut erased, 0.5), floor(&mut floors, 0.5));
    let name = "a recall until it is erased, 99 of 100";
    let (target, value) = (Target::AtMost(10.0), quantile(&mut erased, 0.99));
    report.check(name, "ms", target, value, floor(&mut floors, 0.99));
    server.end()
}

/// Erases what it is told to erase.
async fn carry_out(mut client: Client) -> Result<(), Failure> {
    loop {
        if let ServerFrame::Erasures { cursor, .. } = client.hear().await? {
            client.say(&ClientFrame::Purged { cursor }).await?;
        }
    }
}
