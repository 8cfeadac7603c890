//! Waiting until something holds.

use std::time::Duration;

use rejoinder_core::session::client::Connection;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{Engine, State};
use crate::error::Error;
use crate::event::Event;

type Ask = Box<dyn FnMut(&Engine, bool) -> bool + Send>;

/// Somebody who waits. Asked after every input, and once when the time is over; answers whether
/// the waiting is over.
pub(crate) struct Waiter {
    until: Instant,
    ask: Ask,
}

impl Waiter {
    /// Answers as soon as `ready` does, or with what `late` says when the time is over.
    pub(crate) fn new<T: Send + 'static>(
        timeout: Duration,
        answer: oneshot::Sender<Result<T, Error>>,
        mut ready: impl FnMut(&Engine) -> Option<Result<T, Error>> + Send + 'static,
        late: impl Fn(&Engine) -> Error + Send + 'static,
    ) -> Self {
        let mut answer = Some(answer);
        let ask = move |engine: &Engine, over: bool| {
            let result = ready(engine).or_else(|| over.then(|| Err(late(engine))));
            let gone = answer.as_ref().is_none_or(oneshot::Sender::is_closed);
            match result {
                Some(result) => {
                    if let Some(answer) = answer.take() {
                        drop(answer.send(result));
                    }
                    true
                }
                None => gone,
            }
        };
        // A time beyond what a clock can say is no limit.
        let now = Instant::now();
        let far = Duration::from_secs(365 * 86_400);
        let until = now.checked_add(timeout).unwrap_or_else(|| now + far);
        Self { until, ask: Box::new(ask) }
    }
}

impl Engine {
    pub(crate) fn wait(&mut self, waiter: Waiter) {
        self.waiters.push(waiter);
    }

    /// Asks everybody who waits.
    pub(super) fn ask_waiters(&mut self) {
        let mut waiters = core::mem::take(&mut self.waiters);
        let now = Instant::now();
        waiters.retain_mut(|waiter| !(waiter.ask)(self, waiter.until <= now));
        self.waiters = waiters;
    }

    /// Says where somebody has stopped typing without saying so.
    pub(super) fn tell_quiet(&mut self) {
        let now = Instant::now();
        let quiet = self.quiet.extract_if(.., |_, at| *at <= now);
        for document in quiet.map(|(document, _)| document).collect::<Vec<_>>() {
            self.publisher.tell(Event::Signals(document));
        }
    }

    /// When the next one who waits loses patience, or somebody has stopped typing.
    pub(super) fn next_wake(&self) -> Option<Instant> {
        let patience = self.waiters.iter().map(|waiter| waiter.until);
        patience.chain(self.quiet.values().copied()).min()
    }

    pub(crate) fn is_wiped(&self) -> bool {
        matches!(self.state, State::Wiped)
    }

    /// The state of the connection, how many operations wait for a fate, and how many words that
    /// are to be here are not.
    pub(crate) fn unsettled(&self) -> (Connection, usize, usize) {
        let Some(session) = self.present() else { return (Connection::Offline, 0, 0) };
        let mut unsettled = (session.connection(), 0, self.asked.len());
        for document in session.loaded() {
            let Some(replica) = session.replica(document) else { continue };
            let pushable =
                |waiting: &&rejoinder_core::replica::record::Waiting| waiting.state.is_pushable();
            unsettled.1 += replica.outbox().iter().filter(pushable).count();
        }
        unsettled
    }
}
