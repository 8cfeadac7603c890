//! Admitting a batch: judge, commit, publish.

use std::collections::BTreeSet;
use std::sync::Arc;

use rejoinder_core::authority::elsewhere::{Elsewhere, visitors_messages};
use rejoinder_core::authority::fate::{Fate, Refusal};
use rejoinder_core::authority::{Admission, Authority, Push, Setting, follow_up};
use rejoinder_core::conversation::operation::Submission;
use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{Actor, ConversationId, DocumentId, DocumentKind, ParticipantId, Seq};
use rejoinder_core::limits;
use rejoinder_core::principal::{Principal, Role};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{OperationFate, Problem, ServerFrame};

use crate::directory::Scope;
use crate::hub::conversation::live::Live;
use crate::hub::conversation::{Absent, Follower, State, Task};
use crate::hub::{Connected, UnderWay, entries, snapshot};
use crate::load::Burden;
use crate::storage::{
    AppendError, Appended, Batch, Filter, Header, Storage, StorageError, Summary,
};
use crate::throttle::Wait;

/// Milliseconds after which a client tries again when storage does not take anything.
const STORAGE_RETRY_MILLIS: u64 = 5_000;

/// Milliseconds after which a client tries again when something else came in between.
const CONFLICT_RETRY_MILLIS: u64 = 100;

/// A visitor's closed conversations among which the one that goes on is looked for: it is the last.
const CLOSED_LOOKED_AT: usize = 16;

/// One push, and by whom.
pub(super) struct Pushed {
    pub(super) by: Arc<Connected>,
    pub(super) kind: DocumentKind,
    pub(super) submissions: Vec<Submission>,
    pub(super) revisions: Vec<Revision>,
    /// Given back when the push is carried out and its memory free again.
    pub(super) under_way: UnderWay,
}

/// The visitor's closed conversation that this one goes on from: who knew that it was closed begins
/// the follow-up without being sent there.
fn followed(
    storage: &dyn Storage,
    visitor: ParticipantId,
    conversation: ConversationId,
) -> Result<Option<ConversationId>, StorageError> {
    let filter = Filter { visitor: Some(visitor), closed: Some(true), ..Filter::default() };
    let closed = storage.conversations(&filter, u64::MAX, CLOSED_LOOKED_AT)?;
    let mut ids = closed.into_iter().map(|entry| entry.header.conversation);
    Ok(ids.find(|&closed| follow_up(closed) == conversation))
}

struct Answer {
    to: Arc<Connected>,
    kind: DocumentKind,
    fates: Vec<OperationFate>,
    /// Dropped when it is told.
    _under_way: UnderWay,
}

impl Task {
    pub(super) async fn admit(&mut self, pushes: Vec<Pushed>) {
        let (mut admission, mut answers) = (Admission::default(), Vec::new());
        for push in pushes {
            let newest = self.hub.registry().of_device(push.by.device);
            if newest.is_some_and(|newest| newest.id != push.by.id) {
                // The device's new connection pushes it again.
                continue;
            }
            if self.hub.directory().is_blocked(&push.by.principal) {
                self.turn_away(&push, Refusal::NotAllowed);
                continue;
            }
            if !self.ready_for(&push).await {
                continue;
            }
            match self.judge(&mut admission, &push).await {
                Ok(fates) => {
                    let Pushed { by: to, kind, under_way, .. } = push;
                    answers.push(Answer { to, kind, fates, _under_way: under_way });
                }
                Err(error) => self.put_off(&push.by, &error.into()),
            }
        }
        if answers.is_empty() {
            return;
        }
        self.meet(&mut admission).await;
        let committed = self.commit(&mut admission).await;
        match committed {
            Ok(appended) => self.tell(admission, appended.as_ref(), &answers),
            Err(error) => {
                tracing::warn!(conversation = %self.conversation, %error, "a batch was not kept");
                self.state = State::Unloaded;
                // What may be on disk all the same comes when they open it again.
                self.reopen();
                for answer in &answers {
                    self.put_off(&answer.to, &error);
                }
            }
        }
    }

    fn put_off(&self, to: &Connected, error: &AppendError) {
        let (after_millis, reason) = match error {
            AppendError::Conflict | AppendError::ActorTaken(_) => {
                (CONFLICT_RETRY_MILLIS, Problem::Busy)
            }
            AppendError::Storage(_) => (STORAGE_RETRY_MILLIS, Problem::Storage),
        };
        to.outbound.send(&ServerFrame::Retry { after_millis, reason });
    }

    /// Whether the conversation is here and this principal may write into it. A visitor's first
    /// push begins it.
    async fn ready_for(&mut self, push: &Pushed) -> bool {
        match self.ensure().await {
            Ok(()) => {}
            Err(Absent::Unknown) => match self.begin(push).await {
                Ok(true) => return true,
                Ok(false) => return false,
                Err(absent) => {
                    self.refuse(&push.by, push.kind, &absent);
                    return false;
                }
            },
            Err(absent) => {
                self.refuse(&push.by, push.kind, &absent);
                return false;
            }
        }
        // What an agent could not see any more has its fate too: the authority refuses it.
        let seen = matches!(&self.state, State::Live(live) if live.may_be_reached_by(&push.by));
        if !seen {
            self.refuse(&push.by, push.kind, &Absent::Unknown);
        }
        seen
    }

    /// Refuses all of a push, unjudged: nothing of it is kept, and what comes later is judged anew.
    fn turn_away(&self, push: &Pushed, code: Refusal) {
        let fate = Fate::Refused { code };
        let refused = push.submissions.iter();
        let fates =
            refused.map(|s| OperationFate { operation: s.id, fate, words_gone: false }).collect();
        let document = self.document(push.kind);
        push.by.outbound.send(&ServerFrame::Fates { document, fates });
    }

    /// Begins a conversation, unless the visitor has begun too many: then every operation is
    /// refused, and the person told.
    async fn begin(&mut self, push: &Pushed) -> Result<bool, Absent> {
        let Scope::Visitor { site } = push.by.scope else { return Err(Absent::Unknown) };
        let principal = &push.by.principal;
        if principal.role != Role::Visitor || push.kind != DocumentKind::Timeline {
            return Err(Absent::Unknown);
        }
        let (now, visitor) = (self.hub.now(), principal.participant);
        let since = now.plus_millis(-limits::NEW_CONVERSATIONS_MILLIS);
        let storage = self.hub.storage().clone();
        let begun = self.hub.blocking(move || storage.conversations_since(visitor, since)).await;
        if begun.map_err(|error| self.failed(&error))? >= self.hub.0.new_conversations {
            self.turn_away(push, Refusal::TooMany);
            return Ok(false);
        }
        if let Err(Wait(after_millis)) = self.hub.load().admits(Burden::Beginning) {
            let reason = Problem::Busy;
            push.by.outbound.send(&ServerFrame::Retry { after_millis, reason });
            return Ok(false);
        }
        let (storage, conversation) = (self.hub.storage().clone(), self.conversation);
        // A life of the data that a backup rolled back may have known it.
        let known = self.hub.blocking(move || {
            let tombstones = storage.tombstones(conversation)?;
            Ok((tombstones, followed(storage.as_ref(), visitor, conversation)?))
        });
        let (tombstones, follows) = known.await.map_err(|error| self.failed(&error))?;
        let header = Header { conversation, site, visitor, follows, created_at: now, gone: false };
        let live = Live::begin(header, tombstones, &mut self.dice)
            .map_err(|_| Absent::Problem(Problem::DamagedConversation))?;
        self.state = State::Live(Box::new(live));
        Ok(true)
    }

    async fn judge(
        &mut self,
        admission: &mut Admission,
        push: &Pushed,
    ) -> Result<Vec<OperationFate>, StorageError> {
        if !push.revisions.is_empty() {
            // A device holds the words that were written on it, too.
            self.remember_holding(&push.by, push.kind).await?;
        }
        let document = self.document(push.kind);
        let State::Live(live) = &mut self.state else { return Ok(Vec::new()) };
        let actors = push.submissions.iter().map(|submission| submission.context.actor);
        let unknown: Vec<Actor> =
            live.authority.unknown_actors(push.kind, actors).into_iter().collect();
        let said: Vec<_> = visitors_messages(&push.submissions).collect();
        let mut elsewhere = Elsewhere::default();
        if !unknown.is_empty() || !said.is_empty() {
            let (storage, by) = (self.hub.storage().clone(), push.by.principal.clone());
            let found = move || storage.elsewhere(document, &by, &unknown, &said);
            elsewhere = self.hub.blocking(found).await?;
        }
        let policy = self.hub.policy(live.header.site).await.map_err(|error| {
            StorageError::Failed(format!("the directory does not answer: {error}"))
        })?;
        let setting = Setting {
            principal: &push.by.principal,
            policy: &policy,
            elsewhere: &elsewhere,
            now: self.hub.now(),
        };
        let (submissions, revisions) = (&push.submissions, &push.revisions);
        let pushed = Push { kind: push.kind, submissions, revisions };
        metrics::counter!("rejoinder_operations_total").increment(push.submissions.len() as u64);
        Ok(live.authority.admit(admission, pushed, setting, &mut self.dice))
    }

    /// Commits what was admitted, and makes sure that a follow-up exists before it is told of.
    async fn commit(&mut self, admission: &mut Admission) -> Result<Option<Appended>, AppendError> {
        let notified = self.derive(admission).await?;
        let State::Live(live) = &mut self.state else { return Ok(None) };
        if admission.follow_up {
            let header = Header {
                conversation: live.authority.follow_up(),
                follows: Some(self.conversation),
                created_at: self.hub.now(),
                ..live.header.clone()
            };
            match self.hub.storage().append(empty(header, &mut self.dice)).await {
                // Another message of the visitor has made it, or another tab.
                Ok(_) | Err(AppendError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        if admission.is_empty() {
            return Ok(None);
        }
        let former_since = if admission.superseded.is_empty() && admission.former.is_empty() {
            None
        } else {
            self.hub.former_since(live.header.site).await.map_err(|error| {
                StorageError::Failed(format!("the directory does not answer: {error}"))
            })?
        };
        let batch = Batch {
            conversation: self.conversation,
            expected_version: live.version,
            header: (live.version == 0).then(|| live.header.clone()),
            admission: admission.clone(),
            summary: live.authority.summary(),
            notified,
            former_since,
        };
        let appended = self.hub.storage().append(batch).await?;
        live.version = appended.version;
        Ok(Some(appended))
    }

    /// What was committed goes out: entries to everybody who follows, fates to their authors.
    fn tell(&mut self, admission: Admission, appended: Option<&Appended>, answers: &[Answer]) {
        let conversation = self.conversation;
        let State::Live(live) = &mut self.state else { return };
        let visitor = live.header.visitor;
        for &(kind, revision) in &admission.superseded {
            live.hot.forget(kind, revision);
        }
        let edited: &[_] = if admission.superseded.is_empty() { &[] } else { &admission.words };
        let changed: Vec<_> = admission
            .recalled
            .iter()
            .map(|(tombstone, _)| (tombstone.kind, tombstone.message))
            .chain(edited.iter().map(|(kind, words)| (*kind, words.message)))
            .map(|(kind, message)| (DocumentId { conversation, kind }, message))
            .collect();
        self.hub.tidy_attachments(changed);
        for (tombstone, _) in &admission.recalled {
            live.hot.forget_message(tombstone.kind, tombstone.message);
        }
        for (kind, words) in admission.words {
            live.hot.keep(kind, words);
        }
        let before = [DocumentKind::Timeline, DocumentKind::Team].map(|kind| live.last(kind));
        let kinds = live.committed(admission.rows);
        let mut publish = Vec::new();
        for kind in kinds {
            let document = DocumentId { conversation, kind };
            let new = live.entries_after(kind, before[usize::from(kind.code())]);
            publish.push((kind, entries::entries_frames(document, new, live.last(kind))));
        }
        for (kind, frames) in publish {
            self.publish(kind, &frames);
            self.make_snapshot(kind);
        }
        for Answer { to, kind, fates, .. } in answers {
            let document = self.document(*kind);
            to.outbound.send(&ServerFrame::Fates { document, fates: fates.clone() });
        }
        let Some(appended) = appended else { return };
        let mut by_server = BTreeSet::new();
        for ((tombstone, by), number) in admission.recalled.iter().zip(&appended.erasures) {
            let document = self.document(tombstone.kind);
            if *by == Principal::SERVER.participant {
                by_server.insert(document);
            } else {
                self.hub.carry_out(document, visitor, tombstone.message, *number);
            }
        }
        by_server.into_iter().for_each(|document| self.hub.wake_holders(document, visitor));
        self.hub.tell_notified(appended.notified.clone());
        self.hub.feed_changed();
        self.let_go();
    }

    /// Nobody follows a conversation any longer that is gone, and no Support Agent one that has
    /// become somebody else's.
    pub(super) fn let_go(&mut self) {
        let State::Live(live) = &self.state else { return };
        let conversation = self.conversation;
        self.followers.retain(|Follower { connected, kind }| {
            let seen = live.may_be_seen_by(connected);
            if !seen {
                let document = Some(DocumentId { conversation, kind: *kind });
                let reason = Problem::UnknownConversation;
                connected.outbound.send(&ServerFrame::Refused { document, reason });
            }
            seen
        });
    }

    /// Makes another snapshot once the log is far enough beyond the newest.
    fn make_snapshot(&mut self, kind: DocumentKind) {
        let document = self.document(kind);
        let State::Live(live) = &mut self.state else { return };
        let (last, newest) = (live.last(kind), &mut live.snapshots[usize::from(kind.code())]);
        if !snapshot::is_due(*newest, last) {
            return;
        }
        *newest = last;
        let entries = live.entries_after(kind, Seq::START).to_vec();
        let heads = live.authority.history(kind).heads();
        let hub = self.hub.clone();
        tokio::spawn(async move {
            let reading = Arc::clone(hub.storage());
            let made = hub.blocking(move || {
                // After a start nothing is known yet of what was made before. One that does not
                // read is as good as none.
                let newest = reading.snapshot(document).ok().flatten();
                let newest = newest.map_or(Seq::START, |found| found.seq);
                let due = snapshot::is_due(newest, last);
                due.then(|| snapshot::make(document, &entries, &heads)).transpose()
            });
            let kept = match made.await {
                Ok(Some(snapshot)) => hub.storage().keep_snapshot(document, snapshot).await,
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            if let Err(error) = kept {
                // The log remains the truth; opening takes a little longer.
                tracing::warn!(%document, %error, "no new snapshot");
            }
        });
    }

    /// Takes the conversation from an assignee who is not there, if it still waits under their
    /// name.
    pub(super) async fn release(&mut self, from: ParticipantId) {
        if self.ensure().await.is_err() {
            // Routing asks again as long as it stands like that.
            return;
        }
        let State::Live(live) = &mut self.state else { return };
        let mut admission = Admission::default();
        let policy = self.hub.policy(live.header.site).await.unwrap_or_default();
        if !live.authority.release(&mut admission, from, &policy, self.hub.now(), &mut self.dice) {
            return;
        }
        self.carry_through(admission, "released").await;
    }

    /// Commits and tells what the server itself has written, and says whether that went well.
    pub(super) async fn carry_through(&mut self, mut admission: Admission, what: &str) -> bool {
        match self.commit(&mut admission).await {
            Ok(appended) => {
                self.tell(admission, appended.as_ref(), &[]);
                true
            }
            Err(error) => {
                tracing::warn!(conversation = %self.conversation, %error, "not {what} yet");
                self.state = State::Unloaded;
                self.reopen();
                false
            }
        }
    }

    /// Writes what a restored backup lacks, as soon as the conversation is loaded, and says whether
    /// nothing is lacking now.
    pub(super) async fn repair(&mut self) -> bool {
        let State::Live(live) = &mut self.state else { return true };
        let mut admission = Admission::default();
        let policy = self.hub.policy(live.header.site).await.unwrap_or_default();
        live.authority.repair(&mut admission, &policy, self.hub.now(), &mut self.dice);
        if admission.is_empty() {
            return true;
        }
        match self.commit(&mut admission).await {
            Ok(appended) => {
                self.tell(admission, appended.as_ref(), &[]);
                true
            }
            Err(error) => {
                tracing::warn!(conversation = %self.conversation, %error, "not repaired yet");
                false
            }
        }
    }
}

/// A conversation in which nothing has happened yet.
fn empty(header: Header, dice: &mut Dice) -> Batch {
    let at: Timestamp = header.created_at;
    let nothing = rejoinder_core::authority::Rows::default();
    let summary = Authority::load(header.conversation, header.visitor, &nothing, dice)
        .map(|authority| authority.summary());
    let Ok(summary) = summary else { unreachable!("no rows fit together") };
    Batch {
        conversation: header.conversation,
        expected_version: 0,
        header: Some(header),
        admission: Admission::default(),
        summary: Summary { at, ..summary },
        notified: Vec::new(),
        former_since: None,
    }
}
