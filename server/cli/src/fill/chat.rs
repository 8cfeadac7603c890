//! One conversation of the past, decided by a real authority at the moments when it was.

use std::collections::BTreeMap;

use rejoinder_core::authority::elsewhere::Elsewhere;
use rejoinder_core::authority::fate::Fate;
use rejoinder_core::authority::policy::Policy;
use rejoinder_core::authority::{Admission, Authority, Push, Rows, Setting};
use rejoinder_core::conversation::compose::compose;
use rejoinder_core::conversation::layout::Kind;
use rejoinder_core::conversation::operation::{Context, Operation, Submission};
use rejoinder_core::conversation::revision::{Body, Revision};
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{Actor, DocumentId, DocumentKind, MessageId, OperationId, ParticipantId};
use rejoinder_core::principal::Principal;
use rejoinder_core::time::Timestamp;
use rejoinder_server::storage::{Batch, Header};

use crate::Failure;

/// A conversation that is being played.
pub(super) struct Chat {
    authority: Authority,
    header: Header,
    policy: Policy,
    actors: BTreeMap<(ParticipantId, DocumentKind), Actor>,
    admission: Admission,
    version: u64,
    now: Timestamp,
}

impl Chat {
    /// One in which nothing has happened yet.
    pub(super) fn begin(header: Header, policy: Policy, dice: &mut Dice) -> Result<Self, Failure> {
        let nothing = Rows::default();
        let authority = Authority::load(header.conversation, header.visitor, &nothing, dice)?;
        let (actors, admission, now) = (BTreeMap::new(), Admission::default(), header.created_at);
        Ok(Self { authority, header, policy, actors, admission, version: 0, now })
    }

    /// Time goes by.
    pub(super) const fn waits(&mut self, millis: i64) {
        self.now = self.now.plus_millis(millis);
    }

    /// Somebody says something, or notes it.
    pub(super) fn says(
        &mut self,
        who: &Principal,
        kind: Kind,
        text: &str,
        dice: &mut Dice,
    ) -> Result<MessageId, Failure> {
        let message = MessageId::timed(self.now, dice);
        let words = Revision::new(message, who.participant, &Body::text(text), dice)?;
        let document = self.document(kind.document());
        let (revision, commitment) = (words.id, words.commitment(document));
        let sends = Operation::Send { message, kind, revision, commitment };
        self.pushes(who, document, sends, Some(words), dice)?;
        Ok(message)
    }

    /// The author of a message says it otherwise.
    pub(super) fn edits(
        &mut self,
        who: &Principal,
        message: MessageId,
        text: &str,
        dice: &mut Dice,
    ) -> Result<(), Failure> {
        let words = Revision::new(message, who.participant, &Body::text(text), dice)?;
        let document = self.document(DocumentKind::Timeline);
        let (revision, commitment) = (words.id, words.commitment(document));
        let edits = Operation::Edit { message, revision, commitment };
        self.pushes(who, document, edits, Some(words), dice)
    }

    /// Somebody does something else.
    pub(super) fn does(
        &mut self,
        who: &Principal,
        operation: Operation,
        dice: &mut Dice,
    ) -> Result<(), Failure> {
        let team = !operation.key().belongs_to(DocumentKind::Timeline);
        let kind = if team { DocumentKind::Team } else { DocumentKind::Timeline };
        self.pushes(who, self.document(kind), operation, None, dice)
    }

    /// What has happened since the last batch.
    pub(super) fn batch(&mut self) -> Batch {
        let expected_version = self.version;
        self.version += 1;
        Batch {
            conversation: self.header.conversation,
            expected_version,
            header: (expected_version == 0).then(|| self.header.clone()),
            admission: core::mem::take(&mut self.admission),
            summary: self.authority.summary(),
            notified: Vec::new(),
            former_since: None,
        }
    }

    const fn document(&self, kind: DocumentKind) -> DocumentId {
        DocumentId { conversation: self.header.conversation, kind }
    }

    /// Composes it as a client would, and has it judged.
    fn pushes(
        &mut self,
        who: &Principal,
        document: DocumentId,
        operation: Operation,
        words: Option<Revision>,
        dice: &mut Dice,
    ) -> Result<(), Failure> {
        let (kind, author) = (document.kind, who.participant);
        let actor = *self.actors.entry((author, kind)).or_insert_with(|| Actor::random(dice));
        let history = self.authority.history(kind);
        let context = Context {
            author,
            actor,
            actor_seq: history.actor_seq(actor) + 1,
            dependencies: history.dependencies(actor),
            time: self.now,
        };
        let hash = compose(history, &operation, &context)?.entry.hash;
        let submission = Submission {
            id: OperationId::random(dice),
            operation,
            context,
            hash,
            seen: self.authority.history(DocumentKind::Timeline).last(),
            withheld: false,
        };
        let revisions: Vec<Revision> = words.into_iter().collect();
        let push = Push { kind, submissions: &[submission], revisions: &revisions };
        let setting = Setting {
            principal: who,
            policy: &self.policy,
            elsewhere: Elsewhere::NOTHING,
            now: self.now,
        };
        for fate in self.authority.admit(&mut self.admission, push, setting, dice) {
            if !matches!(fate.fate, Fate::Accepted { .. }) {
                return Err(format!("{operation:?} was not accepted: {:?}", fate.fate).into());
            }
        }
        Ok(())
    }
}
