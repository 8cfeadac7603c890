//! Days, as they begin and end where somebody is.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rejoinder_core::time::Timestamp;

/// Days of a report at most: a year.
pub const LONGEST: usize = 366;

/// Days that follow each other, in one time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    zone: String,
    /// Each day and its beginning.
    days: Vec<(Date, Timestamp)>,
    ends: Timestamp,
}

/// Why these are no days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The first is none.
    #[error("the first day is no day")]
    From,
    /// The last is none.
    #[error("the last day is no day")]
    To,
    /// The last comes before the first, or more than [`LONGEST`] days after it.
    #[error("the last day does not follow the first within {LONGEST} days")]
    Range,
    /// There is no such time zone.
    #[error("there is no such time zone")]
    Zone,
}

impl Calendar {
    /// The days from `from` to `to`, both of them too, each as `2026-11-30`.
    ///
    /// # Errors
    /// [`CalendarError`].
    pub fn new(from: &str, to: &str, zone: &str) -> Result<Self, CalendarError> {
        let tz = time_zone(zone)?;
        let from = day(from).ok_or(CalendarError::From)?;
        let to = day(to).ok_or(CalendarError::To)?;
        if to < from {
            return Err(CalendarError::Range);
        }
        Self::of(from, to, zone, &tz)
    }

    /// The day on which a moment lies.
    ///
    /// # Errors
    /// [`CalendarError::Zone`].
    pub fn day_at(now: Timestamp, zone: &str) -> Result<Self, CalendarError> {
        let tz = time_zone(zone)?;
        let now = jiff::Timestamp::from_millisecond(now.as_millis());
        let today = tz.to_datetime(now.map_err(|_| CalendarError::Range)?).date();
        Self::of(today, today, zone, &tz)
    }

    fn of(from: Date, to: Date, zone: &str, tz: &TimeZone) -> Result<Self, CalendarError> {
        let mut days = Vec::new();
        let mut next = from;
        while next <= to {
            if days.len() == LONGEST {
                return Err(CalendarError::Range);
            }
            days.push((next, begins(next, tz)?));
            next = next.tomorrow().map_err(|_| CalendarError::Range)?;
        }
        Ok(Self { zone: zone.to_owned(), days, ends: begins(next, tz)? })
    }

    /// The time zone's name.
    #[must_use]
    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// Each day, as `2026-11-30`.
    pub fn days(&self) -> impl ExactSizeIterator<Item = String> {
        self.days.iter().map(|(day, _)| day.to_string())
    }

    /// When the first begins.
    #[must_use]
    pub fn begins(&self) -> Timestamp {
        self.days.first().map_or(self.ends, |(_, begins)| *begins)
    }

    /// When the last is over.
    #[must_use]
    pub const fn ends(&self) -> Timestamp {
        self.ends
    }

    /// On which of the days a moment lies, counted from 0.
    #[must_use]
    pub fn day_of(&self, at: Timestamp) -> Option<usize> {
        let begun = self.days.partition_point(|(_, begins)| *begins <= at);
        if at < self.ends { begun.checked_sub(1) } else { None }
    }
}

/// What is no more than a day: a time beside it would be left out.
fn day(text: &str) -> Option<Date> {
    let day: Date = text.parse().ok()?;
    (day.to_string() == text).then_some(day)
}

fn time_zone(name: &str) -> Result<TimeZone, CalendarError> {
    TimeZone::get(name).map_err(|_| CalendarError::Zone)
}

/// Midnight, or the first moment after it where clocks are put forward then.
fn begins(day: Date, zone: &TimeZone) -> Result<Timestamp, CalendarError> {
    let midnight = day.to_zoned_datetime(zone.clone()).map_err(|_| CalendarError::Range)?;
    Ok(Timestamp::from_millis(midnight.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use rejoinder_core::time::Timestamp;

    use super::{Calendar, CalendarError};

    #[test]
    fn rt56_days_are_as_long_as_they_are_in_their_zone() {
        let berlin = Calendar::new("2026-10-24", "2026-10-26", "Europe/Berlin").unwrap();
        let hours: Vec<_> =
            berlin.days.windows(2).map(|two| two[1].1.millis_since(two[0].1)).collect();
        assert_eq!(hours, [24 * 3_600_000, 25 * 3_600_000], "clocks were put back");
        let utc = Calendar::new("2026-10-24", "2026-10-26", "UTC").unwrap();
        assert_eq!(utc.begins().millis_since(berlin.begins()), 2 * 3_600_000);
        assert_eq!(utc.ends().millis_since(berlin.ends()), 3_600_000);
        let kathmandu = Calendar::new("2026-10-24", "2026-10-24", "Asia/Kathmandu").unwrap();
        assert_eq!(utc.begins().millis_since(kathmandu.begins()), 345 * 60_000);
    }

    #[test]
    fn rt56_a_moment_lies_on_one_day_or_on_none() {
        let days = Calendar::new("2026-02-28", "2026-03-01", "America/New_York").unwrap();
        let (begins, ends) = (days.begins(), days.ends());
        assert_eq!(days.days().collect::<Vec<_>>(), ["2026-02-28", "2026-03-01"]);
        assert_eq!(days.day_of(begins.plus_millis(-1)), None);
        assert_eq!(days.day_of(begins), Some(0));
        assert_eq!(days.day_of(begins.plus_millis(24 * 3_600_000)), Some(1));
        assert_eq!(days.day_of(ends.plus_millis(-1)), Some(1));
        assert_eq!(days.day_of(ends), None);
        let today = Calendar::day_at(begins.plus_millis(5), "America/New_York").unwrap();
        assert_eq!((today.begins(), today.days().len()), (begins, 1));
    }

    #[test]
    fn rt56_what_are_no_days_is_said() {
        let bad = |from, to, zone| Calendar::new(from, to, zone).unwrap_err();
        assert_eq!(bad("2026-02-30", "2026-03-01", "UTC"), CalendarError::From);
        assert_eq!(bad("20260201", "2026-03-01", "UTC"), CalendarError::From);
        assert_eq!(bad("2026-02-01", "2026-02-01T10:00", "UTC"), CalendarError::To);
        assert_eq!(bad("2026-02-02", "2026-02-01", "UTC"), CalendarError::Range);
        assert_eq!(bad("2025-01-01", "2026-01-02", "UTC"), CalendarError::Range);
        assert_eq!(bad("2026-02-01", "2026-02-01", "Mars/Base"), CalendarError::Zone);
        assert_eq!(bad("9999-12-31", "9999-12-31", "UTC"), CalendarError::Range);
        assert_eq!(Calendar::new("2024-01-01", "2024-12-31", "UTC").unwrap().days().len(), 366);
        let far = Timestamp::from_millis(i64::MAX);
        assert_eq!(Calendar::day_at(far, "UTC"), Err(CalendarError::Range));
    }
}
