//! What the server itself does in a conversation, beside its answers to what others push.

use std::collections::BTreeSet;

use crate::authority::policy::Policy;
use crate::authority::{Admission, Authority, Setting};
use crate::conversation::layout::{Notice, Status};
use crate::conversation::operation::Operation;
use crate::dice::Dice;
use crate::id::{DocumentKind, ParticipantId};
use crate::limits;
use crate::principal::Principal;
use crate::time::Timestamp;

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
        let elsewhere = BTreeSet::new();
        let setting = Setting { principal: &Principal::SERVER, policy, elsewhere: &elsewhere, now };
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
        let elsewhere = BTreeSet::new();
        let setting = Setting { principal: &Principal::SERVER, policy, elsewhere: &elsewhere, now };
        let operation = Operation::Assign { assignee: None };
        self.write(admission, DocumentKind::Timeline, operation, setting, dice);
        self.announce(admission, Notice::Released, None, setting, dice);
        true
    }
}
