//! What the server itself does in a conversation because it is time to.

use rejoinder_core::authority::Admission;
use rejoinder_core::time::Timestamp;
use tokio::sync::oneshot;

use crate::hub::Upkeep;
use crate::hub::conversation::{State, Task};

impl Task {
    /// Does what is due, and answers when to ask again, if nothing happens until then. What could
    /// not be done is not answered.
    pub(super) async fn keep_up(
        &mut self,
        what: Upkeep,
        now: Timestamp,
        answer: oneshot::Sender<Option<Timestamp>>,
    ) {
        if self.ensure().await.is_err() {
            // Whoever asked asks again.
            return;
        }
        let State::Live(live) = &mut self.state else { return };
        let mut admission = Admission::default();
        let policy = self.hub.policy(live.header.site).await.unwrap_or_default();
        let next = match what {
            Upkeep::Lapse { silence } => {
                live.authority.lapse(&mut admission, silence, &policy, now, &mut self.dice)
            }
        };
        if admission.is_empty() || self.carry_through(admission, "kept up").await {
            // Nobody may be waiting for it any more.
            let _gone = answer.send(next);
        }
    }
}
