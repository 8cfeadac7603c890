//! The values that golden bytes are of: ids whose bytes count up, as in `docs/wire.md`.

use rejoinder_core::conversation::layout::{Kind, Notice, Priority, Status};
use rejoinder_core::conversation::operation::{Context, Operation, Submission};
use rejoinder_core::conversation::revision::{Body, Revision};
use rejoinder_core::id::{
    Actor, CategoryId, ChangeHash, Commitment, ConversationId, DocumentId, MessageId, OperationId,
    ParticipantId, RevisionId, Seq,
};
use rejoinder_core::time::Timestamp;

/// Sixteen bytes that count up.
pub(crate) const fn up(from: u8) -> [u8; 16] {
    let mut bytes = [0; 16];
    let mut n = 0;
    while n < 16 {
        bytes[n] = from + n as u8;
        n += 1;
    }
    bytes
}

pub(crate) const CONVERSATION: ConversationId = ConversationId::from_bytes(up(0x10));
pub(crate) const TIMELINE: DocumentId = DocumentId::timeline(CONVERSATION);
pub(crate) const TEAM: DocumentId = DocumentId::team(CONVERSATION);
pub(crate) const ACTOR: Actor = Actor::from_bytes(up(0x40));
pub(crate) const AUTHOR: ParticipantId = ParticipantId::from_bytes(up(0x60));
pub(crate) const MESSAGE: MessageId = MessageId::from_bytes(up(0x70));
pub(crate) const OPERATION: OperationId = OperationId::from_bytes(up(0x80));
pub(crate) const REVISION: RevisionId = RevisionId::from_bytes(up(0x90));
pub(crate) const CATEGORY: CategoryId = CategoryId::from_bytes(up(0xa0));
pub(crate) const TIME: Timestamp = Timestamp::from_millis(1_776_000_000_000);

pub(crate) fn words() -> Revision {
    let body = Body::text("yes").encode().unwrap();
    Revision { id: REVISION, message: MESSAGE, author: AUTHOR, salt: [0xab; 32], body }
}

pub(crate) fn commitment() -> Commitment {
    words().commitment(TIMELINE)
}

/// One of each operation.
pub(crate) fn operations() -> [Operation; 12] {
    let (message, revision, commitment) = (MESSAGE, REVISION, commitment());
    let participant = AUTHOR;
    [
        Operation::Send { message, kind: Kind::Agent, revision, commitment },
        Operation::Edit { message, revision, commitment },
        Operation::Recall { message },
        Operation::SetStatus { status: Status::AwaitingOfflineInfo },
        Operation::Assign { assignee: Some(AUTHOR) },
        Operation::Assign { assignee: None },
        Operation::Close,
        Operation::SetPriority { priority: Priority::Urgent },
        Operation::SetCategory { category: Some(CATEGORY) },
        Operation::SetCollaborator { participant, follows: false },
        Operation::Announce { message, notice: Notice::Claimed, subject: Some(AUTHOR) },
        Operation::Announce { message, notice: Notice::RestoredToAi, subject: None },
    ]
}

pub(crate) fn context(dependencies: Vec<ChangeHash>) -> Context {
    Context { author: AUTHOR, actor: ACTOR, actor_seq: 1, dependencies, time: TIME }
}

pub(crate) fn submission(operation: Operation) -> Submission {
    Submission {
        id: OPERATION,
        operation,
        context: context(vec![ChangeHash([0xcd; 32])]),
        hash: ChangeHash([0xef; 32]),
        seen: Seq(300),
        withheld: false,
    }
}
