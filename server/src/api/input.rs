//! What handlers extract: who asks, and what they send.

use core::fmt::Display;
use core::str::FromStr;

use rejoinder_core::id::SiteId;
use serde::de::{Deserialize, Deserializer, Error};

use super::schema::Id;

/// Of which site.
#[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfSite {
    /// Left out: of all that one works on.
    #[param(value_type = Option<Id>)]
    pub(super) site: Option<SiteId>,
}

/// Reads a field whose null says something else than its absence.
pub(super) fn set<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// Reads a field by its text.
pub(super) fn text<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: FromStr,
    T::Err: Display,
    D: Deserializer<'de>,
{
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse().map_err(D::Error::custom)).transpose()
}
