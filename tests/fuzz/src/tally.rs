//! What frames came to, and what they cost.

use std::collections::BTreeMap;
use std::time::Duration;

use rejoinder_core::authority::fate::Fate;

use crate::way::Answer;

/// What frames came to, and what they cost.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Frames, those of honest people too.
    pub frames: u64,
    /// Operations that were accepted although somebody had tampered with their frame.
    pub tampered: u64,
    /// Honest operations that were accepted after one of these.
    pub honest: u64,
    /// How often each answer and each fate came.
    pub answers: BTreeMap<String, u64>,
    /// The slowest frame, in a processor's time.
    pub slowest: Duration,
    /// The most bytes that one frame held at a time.
    pub peak: usize,
    /// The sum of all frames' times, likewise.
    pub busy: Duration,
}

impl Tally {
    /// Counts an answer.
    pub(crate) fn counts(&mut self, answer: &Answer) {
        match answer {
            Answer::Ended(problem) => self.count(format!("ended: {problem:?}")),
            Answer::About(_, problem) => self.count(format!("about: {problem:?}")),
            Answer::Wiped => self.count("wiped".to_owned()),
            Answer::Told(_) => self.count("told".to_owned()),
            Answer::Nothing => self.count("nothing".to_owned()),
            Answer::Fates(_, fates) => {
                for fate in fates {
                    self.count(match fate.fate {
                        Fate::Accepted { .. } => "accepted".to_owned(),
                        Fate::Refused { code } => format!("refused: {code:?}"),
                        Fate::Void => "void".to_owned(),
                        Fate::UnknownDependency => "unknown dependency".to_owned(),
                        Fate::Collision { .. } => "collision".to_owned(),
                        Fate::Closed { .. } => "closed".to_owned(),
                    });
                }
            }
        }
    }

    fn count(&mut self, what: String) {
        *self.answers.entry(what).or_default() += 1;
    }

    /// How often this came.
    #[must_use]
    pub fn of(&self, what: &str) -> u64 {
        self.answers.get(what).copied().unwrap_or_default()
    }

    /// How many different refusals came.
    #[must_use]
    pub fn refusals(&self) -> usize {
        self.answers.keys().filter(|what| what.starts_with("refused: ")).count()
    }

    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        self.frames += other.frames;
        self.tampered += other.tampered;
        self.honest += other.honest;
        self.busy += other.busy;
        self.slowest = self.slowest.max(other.slowest);
        self.peak = self.peak.max(other.peak);
        for (what, count) in &other.answers {
            *self.answers.entry(what.clone()).or_default() += count;
        }
    }
}
