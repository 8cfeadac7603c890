//! What the server itself does in a conversation because it is time to.

use std::collections::BTreeSet;

use rejoinder_core::authority::{Admission, Which};
use rejoinder_core::id::{DocumentKind, ParticipantId, Seq};
use rejoinder_core::limits;
use rejoinder_core::time::Timestamp;
use tokio::sync::oneshot;

use crate::hub::conversation::{State, Task};
use crate::hub::{Then, Upkeep};
use crate::storage::Row;

impl Task {
    /// Does what is due, and answers when to ask again, if nothing happens until then. What could
    /// not be done is not answered.
    pub(super) async fn keep_up(
        &mut self,
        what: Upkeep,
        now: Timestamp,
        answer: oneshot::Sender<Option<Timestamp>>,
    ) {
        let done = match what {
            Upkeep::Lapse { silence } => self.lapse(silence, now).await,
            Upkeep::Told => self.told_offline(now).await.then_some(None),
            Upkeep::Erase { authors, then } => {
                match self.erase(authors.as_ref(), then, now).await {
                    Some(true) if then != Then::Gone || self.go(now).await => Some(None),
                    // There is more.
                    Some(false) => Some(Some(now)),
                    Some(true) | None => None,
                }
            }
        };
        if let Some(next) = done {
            // Nobody may be waiting for it any more.
            let _gone = answer.send(next);
        }
    }

    /// Announces the end of a silent conversation, or closes it.
    async fn lapse(&mut self, silence: Option<i64>, now: Timestamp) -> Option<Option<Timestamp>> {
        self.ensure().await.ok()?;
        let State::Live(live) = &mut self.state else { return None };
        let mut admission = Admission::default();
        let policy = self.hub.policy(live.header.site).await.unwrap_or_default();
        let dice = &mut self.dice;
        let next = live.authority.lapse(&mut admission, silence, &policy, now, dice);
        (admission.is_empty() || self.carry_through(admission, "closed").await).then_some(next)
    }

    /// Who is expected to say how to be reached has said so.
    async fn told_offline(&mut self, now: Timestamp) -> bool {
        if self.ensure().await.is_err() {
            return false;
        }
        let State::Live(live) = &mut self.state else { return false };
        let mut admission = Admission::default();
        let policy = self.hub.policy(live.header.site).await.unwrap_or_default();
        live.authority.told_offline(&mut admission, &policy, now, &mut self.dice);
        admission.is_empty() || self.carry_through(admission, "waiting").await
    }

    /// Whoever begins a conversation while nobody is there is asked how to be reached.
    pub(super) async fn meet(&mut self, admission: &mut Admission) {
        let begins = |row: &Row| (row.kind, row.seq) == (DocumentKind::Timeline, Seq(1));
        let State::Live(live) = &mut self.state else { return };
        let site = live.header.site;
        if !admission.rows.iter().any(begins) || !self.hub.asks_how_to_reach(site).await {
            return;
        }
        let policy = self.hub.policy(site).await.unwrap_or_default();
        if let State::Live(live) = &mut self.state {
            live.authority.met_nobody(admission, &policy, self.hub.now(), &mut self.dice);
        }
    }

    /// Takes words back, some at a time: what others ask of the conversation comes in between. Says
    /// whether none is left; none: it could not be done.
    async fn erase(
        &mut self,
        authors: Option<&BTreeSet<ParticipantId>>,
        then: Then,
        now: Timestamp,
    ) -> Option<bool> {
        self.ensure().await.ok()?;
        let State::Live(live) = &mut self.state else { return None };
        let mut admission = Admission::default();
        let policy = self.hub.policy(live.header.site).await.unwrap_or_default();
        let (authority, dice) = (&mut live.authority, &mut self.dice);
        let until = match then {
            Then::Stays { until, .. } => Some(until),
            Then::Closed | Then::Gone => {
                authority.end(&mut admission, &policy, now, dice);
                None
            }
        };
        let (which, most) = (Which { authors, until }, limits::ERASED_AT_ONCE);
        let done = authority.recall_all(&mut admission, which, most, &policy, now, dice);
        // Taking back is the newest that happens in it. Before some of it is gone, it is written
        // down how old it was, or what is left would be young after a crash.
        if let (Then::Stays { until, begun: false }, false) = (then, done)
            && !self.expires(Some(until)).await
        {
            self.state = State::Unloaded;
            self.reopen();
            return None;
        }
        if !admission.is_empty() && !self.carry_through(admission, "erased").await {
            return None;
        }
        if matches!(then, Then::Stays { begun: true, .. }) && done && !self.expires(None).await {
            return None;
        }
        Some(done)
    }

    /// Writes down that what is as old as that is being taken back, or that none of it is left.
    async fn expires(&self, until: Option<Timestamp>) -> bool {
        let kept = self.hub.storage().keep_expiring(self.conversation, until).await;
        kept.inspect_err(|error| {
            tracing::warn!(conversation = %self.conversation, %error, "not taken back yet");
        })
        .is_ok()
    }

    /// From now on nobody sees it any more.
    async fn go(&mut self, now: Timestamp) -> bool {
        if let Err(error) = self.hub.storage().keep_gone(self.conversation, now).await {
            tracing::warn!(conversation = %self.conversation, %error, "not gone yet");
            return false;
        }
        if let State::Live(live) = &mut self.state {
            live.header.gone = true;
        }
        self.let_go();
        true
    }
}
