//! A server in a process of its own, and what the system says of that process.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::failure::{Failure, failed};

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    Rejoinder,
    Floor,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Rejoinder => "rejoinder",
            Self::Floor => "floor",
        }
    }
}

/// A running server. Dropping it ends it.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: String,
}

impl Process {
    /// Starts a server on a data folder and waits until it listens.
    pub(crate) fn start(kind: Kind, data: &Path) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--serve", kind.name(), "--data"])
            .arg(data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut address = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut address)?;
        }
        address.truncate(address.trim_end().len());
        if address.is_empty() {
            return failed("the server did not start");
        }
        Ok(Self { child, address })
    }

    /// Ends it in order, and waits until it has.
    pub(crate) fn end(mut self) -> Result<(), Failure> {
        drop(self.child.stdin.take());
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { failed(format!("the server ended with {status}")) }
    }

    /// Resident memory in KiB, from the kernel's exact count.
    pub(crate) fn resident_kib(&self) -> Result<f64, Failure> {
        let path = format!("/proc/{}/smaps_rollup", self.child.id());
        let text = std::fs::read_to_string(path)?;
        let line = text.lines().find_map(|line| line.strip_prefix("Rss:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
        kib.map_or_else(|| failed("no resident size"), Ok)
    }

    /// Processor time so far, in seconds.
    pub(crate) fn processor_seconds(&self) -> Result<f64, Failure> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name, in brackets, may hold spaces.
        let fields = text.rsplit(')').next().unwrap_or_default();
        let mut ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
        match (ticks.next(), ticks.next()) {
            // A tick is 10 ms on every Linux that matters.
            (Some(Ok(user)), Some(Ok(system))) => Ok((user + system) / 100.0),
            _ => failed("no processor time"),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Ended already, or nothing is lost: it is a copy for measuring.
        let _ended = self.child.kill();
        let _waited = self.child.wait();
    }
}

/// Lets this process and those it starts have this many files open, as far as the system allows,
/// and returns how many it may have.
pub(crate) fn allow_files(wanted: u64) -> u64 {
    let now = getrlimit(Resource::Nofile);
    let most = now.maximum.unwrap_or(u64::MAX);
    let may = now.current.unwrap_or(u64::MAX);
    if may >= wanted {
        return may;
    }
    let current = Some(wanted.min(most));
    match setrlimit(Resource::Nofile, Rlimit { current, maximum: now.maximum }) {
        Ok(()) => wanted.min(most),
        Err(_) => may,
    }
}
