//! Figures of conversations: how many, how fast, what was taken back. They are counted from the
//! logs each time, and hold no words.

mod calendar;
mod course;
mod sheet;

use std::collections::{BTreeMap, BTreeSet};

use rejoinder_core::id::{ParticipantId, SiteId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::storage::{Span, Storage, StorageError};

pub use calendar::{Calendar, CalendarError, LONGEST};
pub use course::{Event, Happened, events};
pub use sheet::{Line, sheet};

/// Conversations read at once: a transaction is as long as that takes, and recalls wait for it.
const PAGE: usize = 256;

/// Times of one kind. They are milliseconds; of a list of n, in order, the median is the one at
/// n / 2 and the 90th percentile the one at 9 n / 10, both rounded up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Spread {
    /// How many there are.
    pub count: u32,
    /// Half of them are at most this long.
    pub median: i64,
    /// Nine of ten are at most this long.
    pub p90: i64,
}

impl Spread {
    /// Of these; of none there is none.
    fn of(mut times: Vec<i64>) -> Option<Self> {
        times.sort_unstable();
        let at = |tenths: usize| {
            let place = (times.len() * tenths).div_ceil(10).checked_sub(1)?;
            times.get(place).copied()
        };
        let count = u32::try_from(times.len()).unwrap_or(u32::MAX);
        Some(Self { count, median: at(5)?, p90: at(9)? })
    }
}

/// What happened, counted. Of an agent: what they did; of conversations those that they were first
/// to answer, took, and had when they were closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Figures {
    /// Conversations that began.
    pub begun: u32,
    /// Conversations that were closed.
    pub closed: u32,
    /// From asking for a human to the first answer of one, on the day of the answer.
    pub first_response: Option<Spread>,
    /// From asking for a human until one took it, on the day of the taking.
    pub waiting: Option<Spread>,
    /// From the beginning to the close, on the day of the close.
    pub resolution: Option<Spread>,
    /// Messages that visitors, agents and the assistant wrote, recalled ones as well.
    pub messages: u32,
    /// Notes of agents.
    pub notes: u32,
    /// Edits of messages and notes.
    pub edits: u32,
    /// Recalls of messages and notes.
    pub recalls: u32,
}

/// What is added up.
#[derive(Clone, Debug, Default)]
struct Sums {
    begun: u32,
    messages: u32,
    notes: u32,
    edits: u32,
    recalls: u32,
    answers: Vec<i64>,
    waits: Vec<i64>,
    resolutions: Vec<i64>,
}

impl Sums {
    fn add(&mut self, event: Event) {
        match event {
            Event::Begun => self.begun += 1,
            Event::Answered(time) => self.answers.push(time),
            Event::Taken(time) => self.waits.push(time),
            Event::Closed(time) => self.resolutions.push(time),
            Event::Message => self.messages += 1,
            Event::Note => self.notes += 1,
            Event::Edit => self.edits += 1,
            Event::Recall => self.recalls += 1,
        }
    }

    fn figures(self) -> Figures {
        let Self { begun, messages, notes, edits, recalls, answers, waits, resolutions } = self;
        Figures {
            begun,
            closed: u32::try_from(resolutions.len()).unwrap_or(u32::MAX),
            first_response: Spread::of(answers),
            waiting: Spread::of(waits),
            resolution: Spread::of(resolutions),
            messages,
            notes,
            edits,
            recalls,
        }
    }
}

/// Of what there are to be figures.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Of which sites; none named: of all.
    pub sites: Option<Vec<SiteId>>,
    /// Of this agent alone.
    pub agent: Option<ParticipantId>,
    /// Everybody who counts as an agent.
    pub agents: &'a BTreeSet<ParticipantId>,
    /// Of which days.
    pub calendar: &'a Calendar,
}

/// Figures of some days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Of all.
    pub total: Figures,
    /// Of each day, in their order.
    pub days: Vec<Figures>,
    /// Of each site where something happened.
    pub sites: BTreeMap<SiteId, Figures>,
    /// Of each agent who did something.
    pub agents: BTreeMap<ParticipantId, Figures>,
}

/// Counts what happened. It reads every conversation of the days, and blocks as long as that
/// takes.
///
/// # Errors
/// What the storage says.
pub fn count(storage: &dyn Storage, asked: &Asked<'_>) -> Result<Counted, StorageError> {
    let Asked { sites, agent, agents, calendar } = asked;
    let span = Span { sites: sites.clone(), from: calendar.begins(), to: calendar.ends() };
    let mut total = Sums::default();
    let mut days = vec![Sums::default(); calendar.days().len()];
    let mut by_site: BTreeMap<SiteId, Sums> = BTreeMap::new();
    let mut by_agent: BTreeMap<ParticipantId, Sums> = BTreeMap::new();
    let mut after = None;
    loop {
        let (courses, next) = storage.courses(&span, after, PAGE)?;
        for course in &courses {
            for happened in events(course, agents) {
                let Some(day) = calendar.day_of(happened.at) else { continue };
                if agent.is_some() && *agent != happened.agent {
                    continue;
                }
                total.add(happened.event);
                if let Some(day) = days.get_mut(day) {
                    day.add(happened.event);
                }
                by_site.entry(course.site).or_default().add(happened.event);
                if let Some(agent) = happened.agent {
                    by_agent.entry(agent).or_default().add(happened.event);
                }
            }
        }
        after = next;
        if after.is_none() {
            break;
        }
    }
    Ok(Counted {
        total: total.figures(),
        days: days.into_iter().map(Sums::figures).collect(),
        sites: by_site.into_iter().map(|(site, sums)| (site, sums.figures())).collect(),
        agents: by_agent.into_iter().map(|(agent, sums)| (agent, sums.figures())).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn rt56_a_median_and_a_percentile_are_times_that_happened() {
        assert_eq!(Spread::of(vec![]), None);
        assert_eq!(Spread::of(vec![7]), Some(Spread { count: 1, median: 7, p90: 7 }));
        assert_eq!(Spread::of(vec![9, 1]), Some(Spread { count: 2, median: 1, p90: 9 }));
        let ten = Spread::of((1..=10).rev().collect());
        assert_eq!(ten, Some(Spread { count: 10, median: 5, p90: 9 }));
        let eleven = Spread::of((1..=11).collect());
        assert_eq!(eleven, Some(Spread { count: 11, median: 6, p90: 10 }));
    }
}
