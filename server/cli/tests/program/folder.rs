//! Runs the real program on a folder of its own.
#![expect(clippy::unwrap_used, reason = "it serves tests only")]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) const OWNER: &str = "olga@example.com";
pub(crate) const PASSWORD: &str = "correct horse battery\n";

pub(crate) struct Folder(TempDir);

/// What the program said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Folder {
    /// A place for a data folder, which is not there yet.
    pub(crate) fn empty() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// A data folder with an owner and a site called Shop.
    pub(crate) fn begun() -> Self {
        let folder = Self::empty();
        folder.init().succeeds();
        folder
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    /// The name of something beside the data folder.
    pub(crate) fn beside(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn init(&self) -> Said {
        let who = ["init", "--email", OWNER, "--name=Olga", "--site=Shop"];
        self.run_with(PASSWORD, &[&who[..], &["--password-stdin", "--json"]].concat())
    }

    /// Runs a command on the data folder, with nothing to read.
    pub(crate) fn run(&self, command: &[&str]) -> Said {
        self.run_with("", command)
    }

    /// Runs a command on the data folder, with something to read.
    pub(crate) fn run_with(&self, input: &str, command: &[&str]) -> Said {
        let data = self.data();
        start(input, &[command, &["--data", data.to_str().unwrap()]].concat())
    }

    /// Runs a command that is not told of the data folder.
    pub(crate) fn bare(&self, command: &[&str]) -> Said {
        start("", command)
    }
}

impl Said {
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        assert_eq!(self.status, 0, "{self:?}");
        self
    }

    /// Ended with `status`, said why, and printed no result.
    #[track_caller]
    pub(crate) fn fails(self, status: i32, why: &str) {
        assert_eq!(self.out, "");
        self.fails_with_result(status, why);
    }

    /// Ended with `status` and said why.
    #[track_caller]
    pub(crate) fn fails_with_result(self, status: i32, why: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert!(self.err.contains(why), "not '{why}' but: {}", self.err);
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

fn start(input: &str, arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rejoinder"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("REJOINDER_") {
            command.env_remove(name);
        }
    }
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.args(arguments).spawn().unwrap();
    // A program that refuses its arguments does not read.
    let _closed = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Said {
        status: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
