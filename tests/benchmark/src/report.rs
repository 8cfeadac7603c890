//! What was measured, and how it is printed.

use core::fmt;
use std::io::{self, Write};

use serde::Serialize;

use crate::failure::Failure;

/// One figure.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) value: f64,
    pub(crate) target: Option<Target>,
    /// The same of the plain chat.
    pub(crate) floor: Option<f64>,
}

/// What a figure should reach.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
}

impl Target {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, ">= {bound}"),
            Self::AtMost(bound) => write!(f, "<= {bound}"),
        }
    }
}

/// All figures, and the machine they are of.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    machine: String,
    figures: Vec<Figure>,
    notes: Vec<String>,
}

impl Report {
    pub(crate) fn new() -> Result<Self, Failure> {
        let cores = std::thread::available_parallelism()?;
        let all = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = all.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let model = model.map_or("unknown processor", |(_, name)| name);
        let system = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let machine = format!("{cores} cores of {model}, Linux {}", system.trim());
        Ok(Self { machine, figures: Vec::new(), notes: Vec::new() })
    }

    /// A figure without a target.
    pub(crate) fn tell(&mut self, name: &str, unit: &'static str, value: f64, floor: Option<f64>) {
        self.figures.push(Figure { name: name.to_owned(), unit, value, target: None, floor });
    }

    /// A figure with a target.
    pub(crate) fn check(
        &mut self,
        name: &str,
        unit: &'static str,
        target: Target,
        value: f64,
        floor: Option<f64>,
    ) {
        let target = Some(target);
        self.figures.push(Figure { name: name.to_owned(), unit, value, target, floor });
    }

    /// Something that a reader of the figures should know.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    pub(crate) fn print_table(&self) -> Result<(), Failure> {
        let out = &mut io::stdout().lock();
        writeln!(out, "{}\n", self.machine)?;
        let head = ["figure", "Rejoinder", "unit", "target", "", "floor", "ratio"];
        let rows = self.figures.iter().map(|figure| {
            let Figure { name, unit, value, target, floor } = figure;
            let met = target.map_or("", |t| if t.is_met(*value) { "met" } else { "MISSED" });
            [
                name.clone(),
                number(*value),
                (*unit).to_owned(),
                target.map_or(String::new(), |target| target.to_string()),
                met.to_owned(),
                floor.map_or(String::new(), number),
                floor.map_or(String::new(), |floor| format!("{:.2}", value / floor)),
            ]
        });
        let rows: Vec<_> = core::iter::once(head.map(str::to_owned)).chain(rows).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
        let widths: [usize; 7] = core::array::from_fn(width);
        for row in &rows {
            let cell = |(text, width): (&String, usize)| format!("| {text:<width$} ");
            let line: String = row.iter().zip(widths).map(cell).collect();
            writeln!(out, "{line}|")?;
            if core::ptr::eq(row, &raw const rows[0]) {
                let line: String =
                    widths.iter().map(|w| format!("|{}", "-".repeat(w + 2))).collect();
                writeln!(out, "{line}|")?;
            }
        }
        for note in &self.notes {
            writeln!(out, "\n{note}")?;
        }
        Ok(())
    }

    pub(crate) fn print_json(&self) -> Result<(), Failure> {
        let out = &mut io::stdout().lock();
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)?;
        Ok(())
    }
}

fn number(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

/// Says what is being done, beside the report.
pub(crate) fn progress(what: fmt::Arguments<'_>) {
    // Nobody may be there to read it.
    let _closed = writeln!(io::stderr(), "{what}");
}

/// Says why it ended.
pub(crate) fn complain(failure: &(dyn core::error::Error + Send + Sync)) {
    progress(format_args!("error: {failure}"));
}

/// The value below which this share of them is.
pub(crate) fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in a list of some hundred values"
    )]
    let at = ((values.len() as f64 * share).ceil() as usize).clamp(1, values.len().max(1)) - 1;
    values.get(at).copied().unwrap_or(f64::NAN)
}

pub(crate) fn median(values: &mut [f64]) -> f64 {
    quantile(values, 0.5)
}
