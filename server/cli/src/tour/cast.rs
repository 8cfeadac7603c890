//! The cast: a server and clients, each a process of its own, which end with the tour.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rejoinder_core::id::{ConversationId, MessageId, SiteId};

use crate::Failure;
use crate::participant::{Answer, Ask, View};

/// What everybody's password is, in a folder that goes with the tour.
pub(super) const PASSWORD: &str = "a tour for everybody";

/// A process that is ended with its handle.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended already is what was wanted.
        let _ended = self.0.kill();
        let _ended = self.0.wait();
    }
}

fn spawn(arguments: &[&str], log: &Path) -> Result<Process, Failure> {
    let log = std::fs::File::create(log)?;
    let child = Command::new(std::env::current_exe()?)
        .args(arguments)
        .env("REJOINDER_PASSWORD", PASSWORD)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()?;
    Ok(Process(child))
}

/// A server process.
pub(super) struct Server {
    process: Process,
    /// Where clients find it.
    pub(super) address: String,
}

impl Server {
    pub(super) fn start(data: &Path, log: &Path) -> Result<Self, Failure> {
        let folder = data.display().to_string();
        let arguments = [
            "serve",
            "--data",
            &folder,
            "--listen",
            "127.0.0.1:0",
            "--log-filter",
            "rejoinder=trace,rejoinder_server=trace,info",
        ];
        let mut process = spawn(&arguments, log)?;
        let out = process.0.stdout.take().ok_or("the server has no output")?;
        let line = BufReader::new(out).lines().next().ok_or("the server said nothing")??;
        let url = line.rsplit(' ').next().unwrap_or_default();
        Ok(Self { process, address: url.replacen("http", "ws", 1) })
    }

    /// Ends it as a supervisor would, and waits for it.
    pub(super) fn end(mut self) -> Result<(), Failure> {
        let pid = self.process.0.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status()?;
        let status = self.process.0.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("the server ended with {status}").into())
        }
    }
}

/// A client process.
pub(super) struct Participant {
    name: &'static str,
    process: Process,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

/// How a participant comes in.
pub(super) enum Entrance<'a> {
    Visitor(SiteId),
    Agent(&'a str),
}

impl Participant {
    pub(super) fn enter(
        name: &'static str,
        server: &Server,
        folder: &Path,
        entrance: &Entrance<'_>,
    ) -> Result<Self, Failure> {
        let data: PathBuf = folder.join(name);
        let (data, log) = (data.display().to_string(), folder.join(format!("{name}.log")));
        let (flag, value) = match entrance {
            Entrance::Visitor(site) => ("--site", site.to_string()),
            Entrance::Agent(email) => ("--email", (*email).to_owned()),
        };
        let arguments = ["participant", "--server", &server.address, "--data", &data, flag, &value];
        let mut process = spawn(&arguments, &log)?;
        let input = process.0.stdin.take();
        let output = process.0.stdout.take().ok_or("the client has no output")?;
        let output = BufReader::new(output).lines();
        let mut participant = Self { name, process, input, output };
        participant.answer()?;
        Ok(participant)
    }

    fn answer(&mut self) -> Result<Answer, Failure> {
        let line = self.output.next().ok_or(format!("{} has ended", self.name))??;
        match serde_json::from_str(&line)? {
            Answer::Failed { why } => Err(format!("{}: {why}", self.name).into()),
            answer => Ok(answer),
        }
    }

    pub(super) fn ask(&mut self, ask: &Ask) -> Result<Answer, Failure> {
        let mut line = serde_json::to_string(ask)?;
        line.push('\n');
        let input = self.input.as_mut().ok_or("the client has ended")?;
        input.write_all(line.as_bytes())?;
        input.flush()?;
        self.answer()
    }

    /// Asks what makes a message.
    pub(super) fn write(&mut self, ask: &Ask) -> Result<(ConversationId, MessageId), Failure> {
        match self.ask(ask)? {
            Answer::Sent { conversation, message } => Ok((conversation, message)),
            other => Err(format!("{} answered {other:?}", self.name).into()),
        }
    }

    pub(super) fn view(&mut self, conversation: ConversationId) -> Result<View, Failure> {
        match self.ask(&Ask::View { conversation })? {
            Answer::Seen(view) => Ok(*view),
            other => Err(format!("{} answered {other:?}", self.name).into()),
        }
    }

    /// Closes its input, upon which it ends, and waits for it.
    pub(super) fn end(mut self) -> Result<(), Failure> {
        drop(self.input.take());
        let status = self.process.0.wait()?;
        let ended = format!("{} ended with {status}", self.name);
        if status.success() { Ok(()) } else { Err(ended.into()) }
    }
}
