//! Logs and metrics.
//!
//! # The rule
//! Neither ever holds words of a conversation, nor what leads to a person: no text, preview, name,
//! e-mail address, network address, token, file name, page or query. What may stand in them: ids,
//! codes, roles, kinds, counts, sizes, durations and places in a log. Errors obey the same rule, so
//! that they can be logged as they are.
//!
//! Libraries do not know the rule: WebSocket and HTTP libraries log what they carry when they are
//! asked for details. So whatever the filter says, details (`DEBUG` and `TRACE`) are taken from
//! this project's own modules only.

use std::io;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::config::LogFormat;

/// What the targets of this project's own modules begin with.
const OWN: &str = "rejoinder";

/// Upper bounds in seconds of the buckets of every histogram: from an append that found the disk
/// idle to one that waited for others.
const BUCKETS: &[f64] = &[
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

/// Why there is no log or no metrics.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not one.
    #[error("'{filter}' is not a log filter: expected one such as info or rejoinder_server=debug")]
    Filter {
        /// What was asked for.
        filter: String,
        /// What is wrong with it.
        source: tracing_subscriber::filter::ParseError,
    },
    /// This process has logging or metrics already.
    #[error("logging or metrics are set up already: do it once a process")]
    Twice,
}

/// Begins to log to standard error: once a process, and first of all.
///
/// # Errors
/// [`TelemetryError::Filter`] and [`TelemetryError::Twice`].
pub fn start_log(format: LogFormat, filter: &str) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(filter)
        .map_err(|source| TelemetryError::Filter { filter: filter.to_owned(), source })?;
    let lines = fmt::layer().with_writer(io::stderr);
    let layer = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(layer.with_filter(filter_fn(may_be_logged)))
        .try_init()
        .map_err(|_| TelemetryError::Twice)
}

/// Details come from this project's own modules only; see [the rule](self#the-rule).
fn may_be_logged(event: &Metadata<'_>) -> bool {
    *event.level() <= Level::INFO || event.target().starts_with(OWN)
}

/// The metrics of this process.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Begins to count: once a process.
    ///
    /// # Errors
    /// [`TelemetryError::Twice`].
    pub fn start() -> Result<Self, TelemetryError> {
        PrometheusBuilder::new()
            .set_buckets(BUCKETS)
            .and_then(PrometheusBuilder::install_recorder)
            .map(Self)
            .map_err(|_| TelemetryError::Twice)
    }

    /// All of them, in the text format of Prometheus. Labels hold what the rule allows, and of that
    /// only what has few values: never an id.
    #[must_use]
    pub fn render(&self) -> String {
        // Without its own listener the recorder relies on this: it folds samples into buckets.
        self.0.run_upkeep();
        self.0.render()
    }
}

impl core::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Metrics")
    }
}

#[cfg(test)]
mod tests {
    use super::{Metrics, TelemetryError, may_be_logged, start_log};
    use crate::config::LogFormat;
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::Layer;
    use tracing_subscriber::filter::filter_fn;
    use tracing_subscriber::fmt::{self, MakeWriter};
    use tracing_subscriber::layer::SubscriberExt;

    /// A log that a test can read.
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Paper {
        type Writer = Self;

        fn make_writer(&'a self) -> Self::Writer {
            self.clone()
        }
    }

    #[test]
    fn re21_what_a_library_carries_is_not_logged_whatever_the_filter_says() {
        let paper = Paper::default();
        let layer = fmt::layer().with_writer(paper.clone()).with_filter(filter_fn(may_be_logged));
        let everything = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(everything, || {
            tracing::trace!(target: "tungstenite::protocol", "received the words 'kiwi'");
            tracing::debug!(target: "hyper::proto", "read the words 'kiwi'");
            tracing::warn!(target: "hyper::proto", "a connection broke");
            tracing::debug!(target: "rejoinder_server::hub", "a batch of 3");
        });
        let log = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
        assert!(!log.contains("kiwi"), "{log}");
        assert!(log.contains("a connection broke") && log.contains("a batch of 3"), "{log}");
    }

    #[test]
    fn a_filter_that_is_none_is_named() {
        let error = start_log(LogFormat::Text, "rejoinder=loud").unwrap_err();
        assert!(matches!(error, TelemetryError::Filter { .. }), "{error}");
        assert!(error.to_string().contains("'rejoinder=loud' is not a log filter"));
    }

    #[test]
    fn what_was_counted_is_rendered() {
        let metrics = Metrics::start().unwrap();
        metrics::counter!("rejoinder_tests_total").increment(2);
        metrics::histogram!("rejoinder_test_seconds").record(0.002);
        let text = metrics.render();
        assert!(text.contains("rejoinder_tests_total 2"), "{text}");
        assert!(text.contains("rejoinder_test_seconds_bucket{le=\"0.0025\"} 1"), "{text}");
        assert!(matches!(Metrics::start(), Err(TelemetryError::Twice)));
    }
}
