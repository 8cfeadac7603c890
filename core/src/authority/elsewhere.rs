//! What stands elsewhere, and where that may be: a visitor's words go from a closed conversation
//! into its follow-up, so that in different lives of the data one message may have been known in
//! several conversations of a line.

use std::collections::{BTreeMap, BTreeSet};

use crate::authority::follow_up;
use crate::conversation::layout::Kind;
use crate::conversation::operation::{Operation, Submission};
use crate::id::{Actor, ConversationId, MessageId};
use crate::limits;

/// What other documents have of what is pushed into one.
#[derive(Clone, Debug, Default)]
pub struct Elsewhere {
    /// Actors that are bound to other documents.
    pub actors: BTreeSet<Actor>,
    /// Messages that stand in another conversation of the line, and in which.
    pub said: BTreeMap<MessageId, ConversationId>,
    /// Messages that were recalled in another conversation of the line.
    pub recalled: BTreeSet<MessageId>,
}

impl Elsewhere {
    /// Nothing stands anywhere else.
    pub const NOTHING: &'static Self =
        &Self { actors: BTreeSet::new(), said: BTreeMap::new(), recalled: BTreeSet::new() };
}

/// Visitors' messages that are sent here: those that may stand elsewhere.
pub fn visitors_messages(submissions: &[Submission]) -> impl Iterator<Item = MessageId> {
    submissions.iter().filter_map(|submission| match submission.operation {
        Operation::Send { message, kind: Kind::Visitor, .. } => Some(message),
        _ => None,
    })
}

/// The conversations that words may go on into from here, the next one first.
pub fn follow_ups(conversation: ConversationId) -> impl Iterator<Item = ConversationId> {
    let line = core::iter::successors(Some(conversation), |last| Some(follow_up(*last)));
    line.skip(1).take(limits::FOLLOW_UPS)
}

/// Whether two conversations are of one line: the words of one may have gone on into the other.
#[must_use]
pub fn are_kin(one: ConversationId, other: ConversationId) -> bool {
    follow_ups(one).any(|next| next == other) || follow_ups(other).any(|next| next == one)
}

/// Some conversations, to be found by others of their lines.
#[derive(Clone, Debug, Default)]
pub struct Kin {
    known: BTreeSet<ConversationId>,
    /// Those of which these are follow-ups.
    earlier: BTreeMap<ConversationId, Vec<ConversationId>>,
}

impl Kin {
    /// Of these.
    pub fn among(known: impl IntoIterator<Item = ConversationId>) -> Self {
        let known: BTreeSet<_> = known.into_iter().collect();
        let mut earlier: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for &conversation in &known {
            for next in follow_ups(conversation) {
                earlier.entry(next).or_default().push(conversation);
            }
        }
        Self { known, earlier }
    }

    /// Those that are of one line with a conversation, itself excepted.
    pub fn of(&self, conversation: ConversationId) -> impl Iterator<Item = ConversationId> {
        let later = follow_ups(conversation).filter(|next| self.known.contains(next));
        later.chain(self.earlier.get(&conversation).into_iter().flatten().copied())
    }
}
