//! What the server itself does in a conversation, beside its answers to what others push.

use std::collections::BTreeSet;

use crate::authority::elsewhere::Elsewhere;
use crate::authority::log::Row;
use crate::authority::policy::Policy;
use crate::authority::{Admission, Authority, Setting};
use crate::conversation::layout::{Content, Key, Kind, Notice, Status, Value};
use crate::conversation::operation::Operation;
use crate::dice::Dice;
use crate::id::{DocumentKind, MessageId, ParticipantId, Seq};
use crate::limits;
use crate::principal::Principal;
use crate::time::Timestamp;

/// Which messages the server takes back.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    /// Those of these authors; none: of everybody.
    pub authors: Option<&'a BTreeSet<ParticipantId>>,
    /// Those accepted until then; none: whenever.
    pub until: Option<Timestamp>,
}

impl Authority {
    /// Makes these participants follow the conversation. Who follows it already is left alone, and
    /// in a full document everybody.
    pub fn follow(
        &mut self,
        admission: &mut Admission,
        followers: &BTreeSet<ParticipantId>,
        policy: &Policy,
        now: Timestamp,
        dice: &mut Dice,
    ) {
        let elsewhere = Elsewhere::NOTHING;
        let setting = Setting { principal: &Principal::SERVER, policy, elsewhere, now };
        let known: BTreeSet<_> = self.collaborators().collect();
        for &participant in followers.difference(&known) {
            let changes = usize::try_from(self.team.history.last().0).unwrap_or(usize::MAX);
            if changes >= limits::DOCUMENT_CHANGES {
                return;
            }
            let operation = Operation::SetCollaborator { participant, follows: true };
            self.write(admission, DocumentKind::Team, operation, setting, dice);
        }
    }

    /// Takes a waiting conversation from an assignee who is not there, and says whether it was
    /// still theirs: judged now, as every claim is.
    pub fn release(
        &mut self,
        admission: &mut Admission,
        from: ParticipantId,
        policy: &Policy,
        now: Timestamp,
        dice: &mut Dice,
    ) -> bool {
        let waits = !self.closed() && self.status() == Status::WaitingForHuman;
        let changes = usize::try_from(self.timeline.history.last().0).unwrap_or(usize::MAX);
        if !waits || self.assignee() != Some(from) || changes >= limits::DOCUMENT_CHANGES {
            return false;
        }
        let elsewhere = Elsewhere::NOTHING;
        let setting = Setting { principal: &Principal::SERVER, policy, elsewhere, now };
        let operation = Operation::Assign { assignee: None };
        self.write(admission, DocumentKind::Timeline, operation, setting, dice);
        self.announce(admission, Notice::Released, None, setting, dice);
        true
    }

    /// Nobody was there when the conversation began: its visitor is asked how to be reached. Only
    /// what `admission` begins is moved, and only while nobody has moved or taken it.
    pub fn met_nobody(
        &mut self,
        admission: &mut Admission,
        policy: &Policy,
        now: Timestamp,
        dice: &mut Dice,
    ) -> bool {
        let first = |row: &Row| (row.kind, row.seq) == (DocumentKind::Timeline, Seq(1));
        let untouched = !self.closed()
            && self.assignee().is_none()
            && !self.timeline.history.has(Key::Status)
            && self.newest().is_some_and(|newest| newest.kind == Kind::Visitor);
        let begins = untouched && admission.rows.iter().any(first);
        if begins {
            self.stand(admission, Status::AwaitingOfflineInfo, policy, now, dice);
        }
        begins
    }

    /// The visitor has said how to be reached: the conversation waits for a human, unless somebody
    /// has it by now.
    pub fn told_offline(
        &mut self,
        admission: &mut Admission,
        policy: &Policy,
        now: Timestamp,
        dice: &mut Dice,
    ) {
        if !self.closed() && self.status() == Status::AwaitingOfflineInfo {
            self.stand(admission, Status::WaitingForHuman, policy, now, dice);
        }
    }

    fn stand(
        &mut self,
        admission: &mut Admission,
        status: Status,
        policy: &Policy,
        now: Timestamp,
        dice: &mut Dice,
    ) {
        let elsewhere = Elsewhere::NOTHING;
        let setting = Setting { principal: &Principal::SERVER, policy, elsewhere, now };
        let operation = Operation::SetStatus { status };
        self.write(admission, DocumentKind::Timeline, operation, setting, dice);
    }

    /// Recalls messages that are not recalled yet, in the name of the server, `at_most` of them.
    /// Returns whether none is left.
    pub fn recall_all(
        &mut self,
        admission: &mut Admission,
        which: Which<'_>,
        at_most: usize,
        policy: &Policy,
        now: Timestamp,
        dice: &mut Dice,
    ) -> bool {
        let elsewhere = Elsewhere::NOTHING;
        let setting = Setting { principal: &Principal::SERVER, policy, elsewhere, now };
        let mut left: Vec<_> = self.worded(which).take(at_most.saturating_add(1)).collect();
        let done = left.len() <= at_most;
        left.truncate(at_most);
        for (kind, message) in left {
            self.write(admission, kind, Operation::Recall { message }, setting, dice);
        }
        done
    }

    /// Messages whose words may be somewhere: neither notices nor recalled.
    fn worded(&self, which: Which<'_>) -> impl Iterator<Item = (DocumentKind, MessageId)> {
        let kinds = [DocumentKind::Timeline, DocumentKind::Team];
        kinds.into_iter().flat_map(move |kind| {
            let document = self.document(kind);
            document.history.entries().filter_map(move |(seq, entry)| {
                let (Key::Message(message), Value::Message(value)) = (entry.key, &entry.value)
                else {
                    return None;
                };
                let worded = matches!(value.content, Content::Words { .. });
                let theirs = which.authors.is_none_or(|authors| authors.contains(&value.author));
                let old = |until| document.accepted_at(seq).is_some_and(|at| at <= until);
                let meant = theirs && which.until.is_none_or(old);
                let left = worded && meant && !document.history.has(Key::Recall(message));
                left.then_some((kind, message))
            })
        })
    }
}
