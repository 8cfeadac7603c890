//! Opening a conversation of 1,000 messages from a server that has just started.

use std::time::Instant;

use rejoinder_core::id::Seq;
use rejoinder_core::limits;
use rejoinder_core::wire::{ClientFrame, ServerFrame};

use super::{agent, millis, visitor, write};
use crate::author::Author;
use crate::failure::Failure;
use crate::floor;
use crate::process::{Kind, Process};
use crate::report::{Report, Target, median};
use crate::stage::Stage;

pub(crate) const MESSAGES: usize = 1_000;
pub(crate) const ROUNDS: usize = 11;

pub(crate) async fn run(report: &mut Report) -> Result<(), Failure> {
    let floor = floor::load::opening().await?;
    let stage = Stage::new(2)?;
    let server = Process::start(Kind::Rejoinder, stage.path())?;
    let (mut client, mut author) = visitor(&server, &stage).await?;
    write(&mut client, &mut author, MESSAGES, 32, 4).await?;
    drop(client);
    server.end()?;

    let (mut document, mut words) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let server = Process::start(Kind::Rejoinder, stage.path())?;
        let (opened, with_words) = open(&server, &stage, &author).await?;
        document.push(opened);
        words.push(with_words);
        server.end()?;
    }
    let name = format!("open {MESSAGES} messages from a cold server");
    let target = Target::AtMost(15.0);
    report.check(&name, "ms", target, median(&mut document), Some(floor));
    let name = "the same, and the words of the newest 50";
    report.tell(name, "ms", median(&mut words), Some(floor));
    Ok(())
}

/// Milliseconds until the log is here, and until the newest words are.
async fn open(server: &Process, stage: &Stage, author: &Author) -> Result<(f64, f64), Failure> {
    let document = author.document;
    let mut client = agent(server, stage, 0).await?;
    // The feed comes after a greeting by itself.
    while !matches!(client.hear().await?, ServerFrame::Feed { .. }) {}
    let begun = Instant::now();
    client.say(&ClientFrame::Open { document, cursor: Seq::START }).await?;
    loop {
        if let ServerFrame::Entries { entries, last, .. } = client.hear().await?
            && (entries.is_empty() || entries.last().is_some_and(|entry| entry.seq == last))
        {
            break;
        }
    }
    let opened = millis(begun);
    let newest = author.written.iter().rev().take(limits::WINDOW_MESSAGES as usize);
    let revisions = newest.map(|(_, revision)| *revision).collect();
    client.say(&ClientFrame::Want { document, revisions }).await?;
    while !matches!(client.hear().await?, ServerFrame::Revisions { .. }) {}
    Ok((opened, millis(begun)))
}
