//! Admitting: the way of an operation from a principal's push into the log.

use crate::authority::document::Document;
use crate::authority::elsewhere::Elsewhere;
use crate::authority::fate::{Fate, Refusal};
use crate::authority::log::{ActorRow, FateRow, Row, Tombstone};
use crate::authority::policy::Policy;
use crate::authority::{Admission, Authority, follow_up, judgement};
use crate::conversation::compose::{self, Composed};
use crate::conversation::layout::{Key, Notice, Status};
use crate::conversation::operation::{Context, Operation, Submission};
use crate::conversation::revision::Revision;
use crate::dice::Dice;
use crate::id::{Actor, ConversationId, DocumentKind, MessageId, OperationId};
use crate::principal::Principal;
use crate::time::Timestamp;
use crate::wire::OperationFate;

/// Operations of one principal for one document, in the order of their author's outbox.
#[derive(Clone, Copy, Debug)]
pub struct Push<'a> {
    /// Which document.
    pub kind: DocumentKind,
    /// The operations.
    pub submissions: &'a [Submission],
    /// The words that came with them.
    pub revisions: &'a [Revision],
}

/// Who pushes, and what holds at that moment.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// Who.
    pub principal: &'a Principal,
    /// What the site allows.
    pub policy: &'a Policy,
    /// What other documents have of it.
    pub elsewhere: &'a Elsewhere,
    /// The server's clock.
    pub now: Timestamp,
}

/// An operation that was judged acceptable, before it is recorded.
pub(super) struct Verdict {
    pub(super) composed: Composed,
    /// Words to keep, already checked.
    pub(super) words: Option<Revision>,
}

impl Authority {
    /// Decides what becomes of each operation of a push, and adds what follows to `admission`.
    ///
    /// The fates may be told once `admission` is durable, and not before.
    pub fn admit(
        &mut self,
        admission: &mut Admission,
        push: Push<'_>,
        setting: Setting<'_>,
        dice: &mut Dice,
    ) -> Vec<OperationFate> {
        let mut fates = Vec::with_capacity(push.submissions.len());
        for submission in push.submissions {
            let fate = self.admit_one(admission, push, submission, setting, dice);
            let words_gone = matches!(fate, Fate::Accepted { .. })
                && self.words_are_gone(push.kind, &submission.operation);
            fates.push(OperationFate { operation: submission.id, fate, words_gone });
        }
        fates
    }

    fn admit_one(
        &mut self,
        admission: &mut Admission,
        push: Push<'_>,
        submission: &Submission,
        setting: Setting<'_>,
        dice: &mut Dice,
    ) -> Fate {
        let (kind, principal) = (push.kind, setting.principal);
        if let Some(fate) = self.known_fate(kind, submission, principal) {
            return fate;
        }
        let actor = submission.context.actor;
        let taken = self.document(kind).accepted.contains_key(&submission.id);
        let elsewhere = setting.elsewhere.actors.contains(&actor)
            || self.document(other(kind)).actors.contains_key(&actor)
            || self.document(kind).own_actor == actor;
        match self.document(kind).actors.get(&actor) {
            // Closing it would close somebody else's actor.
            Some(row) if !principal.is(row.participant) => return foreign_actor(),
            None if elsewhere => return foreign_actor(),
            // Known from the log, so it needs no row of its own.
            Some(_) | None if taken => {
                self.close(admission, kind, actor, principal);
                return Fate::Refused { code: Refusal::IdTaken };
            }
            Some(row) if row.closed => return Fate::Void,
            Some(_) | None => {}
        }
        match judgement::judge(self, push, submission, setting) {
            Ok(verdict) => {
                self.bind(admission, kind, actor, principal);
                self.accept(admission, kind, submission, verdict, setting, dice)
            }
            Err(Fate::UnknownDependency) => Fate::UnknownDependency,
            Err(fate) => {
                self.turn_away(admission, kind, submission, principal, fate);
                fate
            }
        }
    }

    /// The fate that this very operation got before.
    fn known_fate(
        &self,
        kind: DocumentKind,
        submission: &Submission,
        principal: &Principal,
    ) -> Option<Fate> {
        let document = self.document(kind);
        if let Some(known) = document.accepted.get(&submission.id) {
            let same = principal.is(known.submitted_by) && known.hash == submission.hash;
            let at = document.accepted_at(known.seq).unwrap_or_default();
            return same.then_some(Fate::Accepted { seq: known.seq, at });
        }
        principal.ids().find_map(|id| document.fates.get(&(submission.id, id)).copied())
    }

    /// Refuses durably: the actor is closed, since nothing it composed after can be applied.
    fn turn_away(
        &mut self,
        admission: &mut Admission,
        kind: DocumentKind,
        submission: &Submission,
        principal: &Principal,
        fate: Fate,
    ) {
        self.close(admission, kind, submission.context.actor, principal);
        if fate.is_final() {
            let (id, hash) = (submission.id, submission.hash);
            let submitted_by = principal.participant;
            self.document_mut(kind).fates.insert((id, submitted_by), fate);
            admission.fates.push(FateRow { kind, id, submitted_by, hash, fate });
        }
        admission.follow_up |= fate == self.moved_on();
    }

    fn close(
        &mut self,
        admission: &mut Admission,
        kind: DocumentKind,
        actor: Actor,
        principal: &Principal,
    ) {
        // It stays bound to the id under which it was first used.
        let bound = self.document(kind).actors.get(&actor).map(|row| row.participant);
        let participant = bound.unwrap_or(principal.participant);
        let row = ActorRow { kind, actor, participant, closed: true };
        if self.document_mut(kind).actors.insert(actor, row) != Some(row) {
            admission.actors.push(row);
        }
    }

    fn bind(
        &mut self,
        admission: &mut Admission,
        kind: DocumentKind,
        actor: Actor,
        principal: &Principal,
    ) {
        let document = self.document_mut(kind);
        if document.actors.contains_key(&actor) {
            return;
        }
        let row = ActorRow { kind, actor, participant: principal.participant, closed: false };
        document.actors.insert(actor, row);
        admission.actors.push(row);
    }

    /// Records an operation, and writes what the server itself says to it.
    fn accept(
        &mut self,
        admission: &mut Admission,
        kind: DocumentKind,
        submission: &Submission,
        verdict: Verdict,
        setting: Setting<'_>,
        dice: &mut Dice,
    ) -> Fate {
        let (before, was_closed) = (self.status(), self.closed());
        let fate = self.record(admission, kind, submission, verdict, setting);
        self.prevail(admission, submission.operation, setting, dice);
        let operation = submission.operation;
        let recalled = |message| {
            self.document(kind).recalled.contains(&message)
                || setting.elsewhere.recalled.contains(&message)
        };
        let buried = operation.message().is_some_and(recalled);
        match operation {
            Operation::Send { message, .. } | Operation::Edit { message, .. }
                if submission.withheld || buried =>
            {
                self.bury(admission, kind, message, setting, dice);
            }
            Operation::Send { .. } if kind == DocumentKind::Timeline => {
                let human = setting.principal.role.agent().is_some();
                if human && before != Status::ActiveHuman {
                    self.set_status(admission, Status::ActiveHuman, setting, dice);
                }
            }
            Operation::Assign { assignee: Some(assignee) } => {
                if before != Status::ActiveHuman {
                    self.set_status(admission, Status::ActiveHuman, setting, dice);
                }
                self.announce(admission, Notice::Claimed, Some(assignee), setting, dice);
            }
            Operation::Assign { assignee: None } if before == Status::ActiveHuman => {
                self.set_status(admission, Status::WaitingForHuman, setting, dice);
                self.announce(admission, Notice::Released, None, setting, dice);
            }
            Operation::SetStatus { status: Status::ActiveAi } if before != Status::ActiveAi => {
                self.announce(admission, Notice::RestoredToAi, None, setting, dice);
            }
            Operation::Close if !was_closed => {
                let subject = Some(setting.principal.participant);
                self.announce(admission, Notice::Closed, subject, setting, dice);
            }
            _ => {}
        }
        fate
    }

    /// Whose move it is and who has it are judged at arrival, so what is accepted holds, although
    /// it was composed before what it comes after: then the server says it again, on top.
    fn prevail(
        &mut self,
        admission: &mut Admission,
        operation: Operation,
        setting: Setting<'_>,
        dice: &mut Dice,
    ) {
        let holds = match operation {
            Operation::Assign { assignee } => self.assignee() == assignee,
            Operation::SetStatus { status } => self.status() == status,
            _ => true,
        };
        if !holds {
            self.write(admission, DocumentKind::Timeline, operation, setting, dice);
        }
    }

    /// Recalls what was created and recalled together, or what was recalled in a life of the data
    /// that a backup has brought back from before the message.
    fn bury(
        &mut self,
        admission: &mut Admission,
        kind: DocumentKind,
        message: MessageId,
        setting: Setting<'_>,
        dice: &mut Dice,
    ) {
        if self.document(kind).history.has(Key::Recall(message)) {
            return;
        }
        self.write(admission, kind, Operation::Recall { message }, setting, dice);
        // The server writes it down, but it is the author who recalls and is told how far it is.
        let author = setting.principal.participant;
        for (tombstone, by) in &mut admission.recalled {
            if (tombstone.kind, tombstone.message) == (kind, message) {
                *by = author;
            }
        }
    }

    fn set_status(
        &mut self,
        admission: &mut Admission,
        status: Status,
        setting: Setting<'_>,
        dice: &mut Dice,
    ) {
        let operation = Operation::SetStatus { status };
        self.write(admission, DocumentKind::Timeline, operation, setting, dice);
    }

    pub(super) fn announce(
        &mut self,
        admission: &mut Admission,
        notice: Notice,
        subject: Option<crate::id::ParticipantId>,
        setting: Setting<'_>,
        dice: &mut Dice,
    ) {
        let message = MessageId::timed(setting.now, dice);
        let operation = Operation::Announce { message, notice, subject };
        self.write(admission, DocumentKind::Timeline, operation, setting, dice);
    }

    /// Writes as the server itself.
    pub(super) fn write(
        &mut self,
        admission: &mut Admission,
        kind: DocumentKind,
        operation: Operation,
        setting: Setting<'_>,
        dice: &mut Dice,
    ) {
        let document = self.document(kind);
        let actor = document.own_actor;
        let context = Context {
            author: Principal::SERVER.participant,
            actor,
            actor_seq: document.history.actor_seq(actor) + 1,
            dependencies: document.history.dependencies(actor),
            time: setting.now,
        };
        let Ok(composed) = compose::compose(&document.history, &operation, &context) else {
            unreachable!("a context made from a history has a place in it")
        };
        let submission = Submission {
            id: OperationId::random(dice),
            operation,
            context,
            hash: composed.entry.hash,
            seen: document.history.last(),
            withheld: false,
        };
        let setting = Setting { principal: &Principal::SERVER, ..setting };
        self.bind(admission, kind, actor, setting.principal);
        let verdict = Verdict { composed, words: None };
        self.record(admission, kind, &submission, verdict, setting);
    }

    /// Puts an accepted operation into the log.
    fn record(
        &mut self,
        admission: &mut Admission,
        kind: DocumentKind,
        submission: &Submission,
        verdict: Verdict,
        setting: Setting<'_>,
    ) -> Fate {
        let at = setting.now.max(self.last_at.plus_millis(1));
        self.last_at = at;
        let document = self.document_mut(kind);
        let message = submission.operation.message();
        let live_before = message.and_then(|message| document.history.live_revision(message));
        let seq = document.history.record(verdict.composed.entry);
        let row = Row {
            kind,
            seq,
            at,
            id: submission.id,
            submitted_by: setting.principal.participant,
            operation: submission.operation,
            context: submission.context.clone(),
            hash: submission.hash,
            change: verdict.composed.bytes,
        };
        document.remember(&row);
        admission.rows.push(row);
        if let (Operation::Edit { message, .. }, Some(before)) = (submission.operation, live_before)
            && document.history.live_revision(message) != Some(before)
        {
            // Words that came in the same batch never stood anywhere.
            let here = admission.words.iter().position(|(k, w)| (*k, w.id) == (kind, before));
            match here {
                Some(place) => admission.former.push(admission.words.remove(place)),
                None => admission.superseded.push((kind, before)),
            }
        }
        if let Operation::Recall { message } = submission.operation
            && document.recalled.insert(message)
        {
            for words in [&mut admission.words, &mut admission.former] {
                words.retain(|(k, words)| (*k, words.message) != (kind, message));
            }
            let by = setting.principal.participant;
            admission.recalled.push((Tombstone { kind, message }, by));
        }
        if let Some(words) = verdict.words
            && !document.recalled.contains(&words.message)
        {
            let live = document.history.live_revision(words.message) == Some(words.id);
            let kept = if live { &mut admission.words } else { &mut admission.former };
            kept.push((kind, words));
        }
        Fate::Accepted { seq, at }
    }

    /// Whether the words that an operation brought are kept nowhere any more.
    fn words_are_gone(&self, kind: DocumentKind, operation: &Operation) -> bool {
        let (Some(message), Some((revision, _))) = (operation.message(), operation.words()) else {
            return false;
        };
        let document = self.document(kind);
        document.recalled.contains(&message)
            || document.history.live_revision(message) != Some(revision)
    }

    /// Writes what a restored backup lacks: the recall of each message that was recalled in a life
    /// of the data which the backup rolled back.
    pub fn repair(
        &mut self,
        admission: &mut Admission,
        policy: &Policy,
        now: Timestamp,
        dice: &mut Dice,
    ) {
        let elsewhere = Elsewhere::NOTHING;
        let setting = Setting { principal: &Principal::SERVER, policy, elsewhere, now };
        for kind in [DocumentKind::Timeline, DocumentKind::Team] {
            let lacks = |document: &Document, message: &MessageId| {
                document.history.has(Key::Message(*message))
                    && !document.history.has(Key::Recall(*message))
            };
            let document = self.document(kind);
            let lacking: Vec<_> =
                document.recalled.iter().copied().filter(|id| lacks(document, id)).collect();
            for message in lacking {
                self.write(admission, kind, Operation::Recall { message }, setting, dice);
            }
        }
    }

    /// The conversation that words go to when this one is closed.
    #[must_use]
    pub fn follow_up(&self) -> ConversationId {
        follow_up(self.conversation)
    }

    /// The fate of words that go there.
    pub(super) fn moved_on(&self) -> Fate {
        Fate::Closed { follow_up: self.follow_up() }
    }
}

const fn foreign_actor() -> Fate {
    Fate::Refused { code: Refusal::ForeignActor }
}

const fn other(kind: DocumentKind) -> DocumentKind {
    match kind {
        DocumentKind::Timeline => DocumentKind::Team,
        DocumentKind::Team => DocumentKind::Timeline,
    }
}
