//! The server as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

/// Flags of a server that lets many come from one address, which everybody here shares.
pub(crate) const CROWDED: [&str; 2] =
    ["--new-visitors-per-hour=10000", "--passwords-per-minute=10000"];
/// Flags of one that also lets everybody do as much as a story likes.
pub(crate) const PATIENT: [&str; 2] =
    ["--operations-per-second=100000", "--requests-per-second=100000"];

/// A running `rejoinder serve`. Dropped, it is killed and waited for.
#[derive(Debug)]
pub struct Program {
    child: Child,
    address: SocketAddr,
    log: Option<JoinHandle<Vec<u8>>>,
}

/// A program that ended before it served.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub status: ExitStatus,
    /// What it said.
    pub log: String,
}

impl Program {
    /// Starts the program and waits until it serves.
    ///
    /// # Errors
    /// [`Ended`] when it ends instead.
    ///
    /// # Panics
    /// When it cannot be started at all.
    pub fn serve(
        binary: &Path,
        data: &Path,
        listen: SocketAddr,
        more: &[&str],
    ) -> Result<Self, Ended> {
        let mut command = plain(binary);
        command.arg("serve").arg("--data").arg(data).arg("--listen").arg(listen.to_string());
        command.args(CROWDED).args(more);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut log = Vec::new();
            // A process that is killed closes its end.
            let _ended = stderr.read_to_end(&mut log);
            log
        });
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        let address = line.trim().rsplit_once("//").and_then(|(_, address)| address.parse().ok());
        let Some(address) = address else {
            let (status, log) = (child.wait().unwrap(), log.join().unwrap());
            return Err(Ended { status, log: String::from_utf8_lossy(&log).into_owned() });
        };
        Ok(Self { child, address, log: Some(log) })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the system calls it.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it, as nothing can prevent, and returns what it had logged.
    ///
    /// # Panics
    /// When it had ended before.
    pub fn kill(mut self) -> Vec<u8> {
        assert!(self.child.try_wait().unwrap().is_none(), "the server has ended by itself");
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.log.take().unwrap().join().unwrap()
    }

    /// Asks it to end, and returns how it did and what it had logged.
    ///
    /// # Panics
    /// When it cannot be asked.
    pub fn ask_to_end(mut self) -> (ExitStatus, Vec<u8>) {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(asked.success());
        let status = self.child.wait().unwrap();
        (status, self.log.take().unwrap().join().unwrap())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Ended already, most likely.
        let _ended = self.child.kill();
        let _waited = self.child.wait();
    }
}

/// A command that hears nothing of this program's environment.
fn plain(binary: &Path) -> Command {
    let mut command = Command::new(PathBuf::from(binary));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("REJOINDER_") {
            command.env_remove(name);
        }
    }
    command
}
