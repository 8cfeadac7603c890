//! Conditions of a query, and pages of its answer.

use core::fmt;
use core::str::FromStr;

use rejoinder_core::id::SiteId;
use rejoinder_core::time::Timestamp;
use rusqlite::types::Value;

use super::Scope;

/// Conditions that all hold.
pub(super) struct Filter {
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl Filter {
    pub(super) const fn new() -> Self {
        Self { conditions: Vec::new(), values: Vec::new() }
    }

    /// One more, with a value for each `?` in it.
    pub(super) fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        self.conditions.push(condition.to_owned());
        self.values.extend(values);
    }

    /// The column `site` is one that somebody may see.
    pub(super) fn sites(&mut self, scope: &Scope) {
        let sites = match scope {
            Scope::All => return,
            Scope::Sites(sites) => sites.as_slice(),
            Scope::Visitor { .. } => &[],
        };
        let places = vec!["?"; sites.len()].join(", ");
        self.and(&format!("site IN ({places})"), sites.iter().map(|site| blob(site.as_bytes())));
    }

    /// The column `site` is this one.
    pub(super) fn site(&mut self, site: Option<SiteId>) {
        if let Some(site) = site {
            self.and("site = ?", [blob(site.as_bytes())]);
        }
    }

    /// What stands after `WHERE`, and its values.
    pub(super) fn parts(self) -> (String, Vec<Value>) {
        let all = if self.conditions.is_empty() { vec!["1".to_owned()] } else { self.conditions };
        (all.join(" AND "), self.values)
    }
}

pub(super) fn blob(bytes: &[u8; 16]) -> Value {
    Value::Blob(bytes.to_vec())
}

/// Where a page of a list ended that is ordered by a time and then an id, latest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    at: Timestamp,
    id: [u8; 16],
}

/// A text that is no place in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not where a page ended")]
pub struct NoPlace;

impl Place {
    pub(super) const fn new(at: Timestamp, id: [u8; 16]) -> Self {
        Self { at, id }
    }

    /// The values for `(time, id) < (?, ?)`.
    pub(super) fn values(self) -> [Value; 2] {
        [self.at.as_millis().into(), blob(&self.id)]
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:032x}", self.at.as_millis(), u128::from_be_bytes(self.id))
    }
}

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (at, id) = text.rsplit_once('-').ok_or(NoPlace)?;
        let hex = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let id = u128::from_str_radix(id, 16).ok().filter(|_| hex).ok_or(NoPlace)?;
        let at = at.parse().map_err(|_| NoPlace)?;
        Ok(Self { at: Timestamp::from_millis(at), id: id.to_be_bytes() })
    }
}

/// A part of a list, and where it ended if there is more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// In the list's order.
    pub items: Vec<T>,
    /// Where the next page begins; none after the last.
    pub next: Option<Place>,
}

impl<T> Page<T> {
    /// Of what was read: one more than asked for says that there is more.
    pub(super) fn of(mut items: Vec<T>, at_most: usize, place: impl Fn(&T) -> Place) -> Self {
        let more = items.len() > at_most;
        items.truncate(at_most);
        let next = items.last().filter(|_| more).map(place);
        Self { items, next }
    }
}

/// The limit for a query whose answer becomes a page of `at_most`.
pub(super) fn one_more(at_most: usize) -> Value {
    i64::try_from(at_most.saturating_add(1)).unwrap_or(i64::MAX).into()
}

#[cfg(test)]
mod tests {
    use super::{Place, Timestamp};

    #[test]
    fn a_place_reads_back_and_anything_else_is_none() {
        for at in [-5, 0, 1_700_000_000_000] {
            let place = Place::new(Timestamp::from_millis(at), [0xa7; 16]);
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        for text in ["", "-", "5", "5-", "x-00", "5-+0000000000000000000000000000000", "5-00"] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }
}
