//! Tests of this program that mount something: each is run again where nobody else sees its mounts.
#![expect(clippy::print_stdout, reason = "figures are for whoever runs it")]

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// A command before another: nobody else sees its mounts, and they end with it, as do all
/// processes that it started.
pub(crate) fn privately() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]);
    command
}

/// Runs a test of this program again, privately, with more in its environment. All its temporary
/// files are to be in `place`.
pub(crate) fn run_again(test: &str, place: &Path, (name, value): (&str, &OsStr)) {
    let mut command = privately();
    command.arg(std::env::current_exe().unwrap()).args(["--exact", test, "--nocapture"]);
    command.env(name, value).env("TMPDIR", place);
    let done = command.stderr(Stdio::inherit()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    println!("{said}");
    assert!(done.status.success(), "it failed on the disk");
    assert!(said.contains("1 passed"), "there is no test of this name");
}

/// Says that a test was not run, past what the test runner captures: who reads "ok" is to know.
pub(crate) fn not_run(test: &str, why: &str) {
    let _closed = writeln!(std::io::stderr(), "NOT RUN: {test}: {why}");
}

/// What a command complained of.
pub(crate) fn succeeds(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let done = command.output().map_err(|error| format!("{name}: {error}"))?;
    let said = String::from_utf8_lossy(&done.stderr);
    if done.status.success() { Ok(()) } else { Err(format!("{name}: {}", said.trim())) }
}
