//! What is said, and where: results on standard output, everything else on standard error.

use core::fmt::{Display, Write as _};
use std::error::Error;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::Failure;

/// A line of the result.
pub(crate) fn line(text: impl Display) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// The whole result, for programs.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    Ok(())
}

/// Rows in columns, the first row their titles.
pub(crate) fn table<const N: usize>(titles: [&str; N], rows: &[[String; N]]) -> io::Result<()> {
    let titles = titles.map(str::to_owned);
    let all = || core::iter::once(&titles).chain(rows);
    let width = |column: usize| all().map(|row| row[column].chars().count()).max();
    let widths: [usize; N] = core::array::from_fn(|column| width(column).unwrap_or_default());
    for row in all() {
        let mut text = String::new();
        for (cell, width) in row.iter().zip(widths) {
            // Writing to a String does not fail.
            let _ = write!(text, "{cell:width$}  ");
        }
        line(text.trim_end())?;
    }
    Ok(())
}

/// Something worth knowing that is not the result.
pub(crate) fn note(text: impl Display) {
    // Whoever closed standard error does not want to know.
    let _closed = writeln!(io::stderr().lock(), "rejoinder: {text}");
}

/// Why it was not done, with everything behind it. Says nothing to a reader that went away.
pub(crate) fn failure(failure: &(dyn Error + 'static)) {
    let gone = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    if failure.downcast_ref::<io::Error>().is_some_and(gone) {
        return;
    }
    let mut text = failure.to_string();
    let mut behind = failure.source();
    while let Some(source) = behind {
        let source_text = source.to_string();
        // Some errors say what is behind them themselves.
        if !text.contains(&source_text) {
            let _ = write!(text, ": {source_text}");
        }
        behind = source.source();
    }
    note(text);
}

/// Asks the person at the terminal; `flag` says it without one.
pub(crate) fn ask(question: &str, flag: &str) -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        return Err(format!("{flag} is missing, and there is no terminal to ask on").into());
    }
    write!(io::stderr().lock(), "{question}: ")?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}
