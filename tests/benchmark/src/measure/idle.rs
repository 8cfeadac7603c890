//! What an idle connection costs the server in memory.

use core::time::Duration;

use super::agent;
use crate::failure::Failure;
use crate::floor;
use crate::link::Client;
use crate::process::{Kind, Process, allow_files};
use crate::report::{Report, Target};
use crate::stage::{Stage, folder};

const CONNECTIONS: usize = 5_000;
/// Files beside connections.
const OTHER_FILES: usize = 200;
/// Connections made at once.
const AT_ONCE: usize = 50;
/// What a server may still be busy with after the last connection.
const SETTLE: Duration = Duration::from_secs(2);

pub(crate) async fn run(report: &mut Report) -> Result<(), Failure> {
    let files = allow_files((CONNECTIONS + OTHER_FILES) as u64);
    let room = usize::try_from(files).unwrap_or(usize::MAX).saturating_sub(OTHER_FILES);
    let connections = CONNECTIONS.min(room);
    if connections < CONNECTIONS {
        report.note(format!(
            "Only {connections} connections were measured: the system allows {files} open files."
        ));
    }
    let data = folder()?;
    let plain = Process::start(Kind::Floor, data.path())?;
    let floor = floor::load::idle(&plain, connections).await?;
    plain.end()?;

    // No participant may have more than 64 connections (WP32).
    let stage = Stage::new(100)?;
    let server = Process::start(Kind::Rejoinder, stage.path())?;
    // The first connections bring threads and caches with them.
    let mut clients = connect(&server, &stage, AT_ONCE).await?;
    tokio::time::sleep(SETTLE).await;
    let before = server.resident_kib()?;
    clients.extend(connect(&server, &stage, connections - AT_ONCE).await?);
    tokio::time::sleep(SETTLE).await;
    let each = each(server.resident_kib()? - before, connections - AT_ONCE);
    let name = format!("{connections} idle connections, each");
    report.check(&name, "KiB", Target::AtMost(24.0), each, Some(floor));
    drop(clients);
    server.end()
}

pub(crate) const fn settling() -> (usize, Duration) {
    (AT_ONCE, SETTLE)
}

pub(crate) fn each(kib: f64, connections: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "some thousand")]
    let connections = connections as f64;
    kib / connections
}

async fn connect(server: &Process, stage: &Stage, many: usize) -> Result<Vec<Client>, Failure> {
    let mut clients = Vec::with_capacity(many);
    while clients.len() < many {
        let next = (many - clients.len()).min(AT_ONCE);
        let first = clients.len();
        let greeted = (first..first + next).map(|number| agent(server, stage, number));
        let greeted = futures_util::future::try_join_all(greeted).await?;
        clients.extend(greeted);
    }
    Ok(clients)
}
