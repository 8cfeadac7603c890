//! `rejoinder tour`: a chat between real processes, with what is hard about it.

mod cast;
mod story;

use std::time::Instant;

use serde::Serialize;

use crate::{Failure, print};

/// Start a server and clients as real processes, play what is hard, and search every file for
/// recalled words.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Print a JSON object a line, and a summary as the last one.
    #[arg(long)]
    json: bool,
}

/// A step that was played.
#[derive(Serialize)]
struct Step<'a> {
    step: &'a str,
    ok: bool,
    millis: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// How it ended.
#[derive(Debug, Default, Serialize)]
struct Summary {
    /// All views agreed.
    converged: bool,
    /// Places where a recalled or superseded word was found.
    traces: usize,
    /// Files that were searched.
    files: usize,
    /// Words that were searched for, each in several encodings.
    words: usize,
    /// Devices that carried the recall out, and all of them.
    erased_on: Option<(u32, u32)>,
    steps: usize,
    ok: bool,
}

/// Says what happens, as it happens.
struct Narrator {
    json: bool,
    steps: usize,
    failed: bool,
}

impl Narrator {
    /// Tells of a step that was played.
    fn tell(
        &mut self,
        step: &str,
        since: Instant,
        done: &Result<String, Failure>,
    ) -> Result<(), Failure> {
        self.steps += 1;
        let millis = since.elapsed().as_millis();
        self.failed |= done.is_err();
        if self.json {
            let why = done.as_ref().err().map(ToString::to_string);
            let line = serde_json::to_string(&Step { step, ok: done.is_ok(), millis, why })?;
            return Ok(print::line(line)?);
        }
        let (mark, more) = match done {
            Ok(more) => ("ok  ", more.clone()),
            Err(error) => ("FAIL", error.to_string()),
        };
        print::line(format_args!("{mark} {millis:>6} ms  {step}"))?;
        if !more.is_empty() {
            print::line(format_args!("                 {more}"))?;
        }
        Ok(())
    }
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut narrator = Narrator { json: args.json, steps: 0, failed: false };
    let mut summary = Summary::default();
    let played = story::play(&mut narrator, &mut summary);
    summary.steps = narrator.steps;
    summary.ok = played.is_ok() && !narrator.failed && summary.converged && summary.traces == 0;
    if args.json {
        print::line(serde_json::to_string(&summary)?)?;
    } else {
        print::line("")?;
        let end = if summary.converged { "everybody sees the same" } else { "views differ" };
        let Summary { traces, files, words, .. } = summary;
        print::line(format_args!(
            "{end}; {traces} traces of {words} recalled and superseded words in {files} files"
        ))?;
    }
    played?;
    if summary.ok { Ok(()) } else { Err("the tour did not go as it should".into()) }
}
