//! Rejoinder's figures, side by side with a plain chat as the floor.
//!
//! `cargo run --release -p rejoinder-benchmark` measures everything once, in under three minutes,
//! on loopback and in a temporary folder beside the program, and prints a table. Every server is a
//! process of its own, this program started again with `--serve`, so that its memory and its
//! processor time are its own.

mod author;
mod failure;
mod floor;
mod link;
mod measure;
mod process;
mod reader;
mod report;
mod serve;
mod stage;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::failure::Failure;
use crate::process::Kind;
use crate::report::Report;

/// Measures Rejoinder beside a plain chat.
#[derive(Parser)]
#[command(name = "rejoinder-benchmark")]
struct Args {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Measure only these.
    #[arg(value_enum)]
    only: Vec<Part>,
    /// Serve a data folder until standard input ends: what this program starts itself with.
    #[arg(long, value_name = "KIND", requires = "data", hide = true)]
    serve: Option<Kind>,
    /// The data folder to serve.
    #[arg(long, hide = true)]
    data: Option<PathBuf>,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Compose and admit one operation.
    Admission,
    /// Operations a second with 100 readers.
    Fanout,
    /// Memory of an idle connection.
    Idle,
    /// Opening a long conversation from a cold server.
    Opening,
    /// A recall until it is erased.
    Recall,
}

impl Part {
    const ALL: [Self; 5] = [Self::Admission, Self::Fanout, Self::Opening, Self::Recall, Self::Idle];
}

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            report::complain(failure.as_ref());
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let (Some(kind), Some(data)) = (args.serve, args.data) {
        return runtime.block_on(serve::serve(kind, &data));
    }
    let parts = if args.only.is_empty() { Part::ALL.to_vec() } else { args.only };
    let mut report = Report::new()?;
    for part in parts {
        report::progress(format_args!("measuring {part:?}"));
        match part {
            Part::Admission => measure::admission::run(&mut report)?,
            Part::Fanout => runtime.block_on(measure::fanout::run(&mut report))?,
            Part::Idle => runtime.block_on(measure::idle::run(&mut report))?,
            Part::Opening => runtime.block_on(measure::opening::run(&mut report))?,
            Part::Recall => runtime.block_on(measure::recall::run(&mut report))?,
        }
    }
    if args.json { report.print_json() } else { report.print_table() }
}
