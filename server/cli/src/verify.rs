//! `rejoinder verify`: is everything there, and is it sound?

use rejoinder_server::storage::sqlite;
use serde::Serialize;

use crate::data::DataArgs;
use crate::{Failure, print};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    data: DataArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    ok: bool,
    conversations: u64,
    entries: u64,
    words: u64,
    former: u64,
    lost: u64,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct Problem {
    place: String,
    what: String,
}

/// Reads everything again, and changes nothing. Not sound is a failure.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let directory = args.data.directory()?;
    let found = sqlite::verify(&args.data.folder()?);
    let mut problems: Vec<Problem> = found
        .problems
        .into_iter()
        .map(|problem| Problem { place: problem.place, what: problem.what })
        .collect();
    problems.extend(
        directory
            .damages()?
            .into_iter()
            .map(|what| Problem { place: "directory.db".to_owned(), what }),
    );
    let report = Report {
        ok: problems.is_empty(),
        conversations: found.conversations,
        entries: found.entries,
        words: found.words,
        former: found.former,
        lost: found.lost,
        problems,
    };
    show(&report, args.json)?;
    match report.problems.len() {
        0 => Ok(()),
        1 => Err("1 problem was found".into()),
        many => Err(format!("{many} problems were found").into()),
    }
}

fn show(report: &Report, json: bool) -> Result<(), Failure> {
    if json {
        return print::json(report);
    }
    print::line(format_args!(
        "{} conversations, {} entries, {} words",
        report.conversations, report.entries, report.words
    ))?;
    if report.former > 0 {
        print::line(format_args!("{} former words, kept for the team", report.former))?;
    }
    if report.lost > 0 {
        print::line(format_args!(
            "{} messages lost their words in a restore: devices that hold them bring them back",
            report.lost
        ))?;
    }
    for problem in &report.problems {
        print::line(format_args!("{}: {}", problem.place, problem.what))?;
    }
    if report.ok {
        print::line("sound")?;
    }
    Ok(())
}
