//! The server's clock. Only shells read it; everything below takes the time as an argument.

use std::time::{SystemTime, UNIX_EPOCH};

use rejoinder_core::time::Timestamp;

/// This moment, by the system's clock.
#[must_use]
pub fn now() -> Timestamp {
    let millis = |duration: std::time::Duration| i64::try_from(duration.as_millis());
    Timestamp::from_millis(match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => millis(since).unwrap_or(i64::MAX),
        Err(before) => millis(before.duration()).map_or(i64::MIN, |millis| -millis),
    })
}

#[cfg(test)]
mod tests {
    use super::now;

    #[test]
    fn documents_may_name_this_moment() {
        assert!(now().is_plausible());
    }
}
