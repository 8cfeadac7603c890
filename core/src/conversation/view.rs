//! The view: what is shown of a document, as plain data.
//!
//! A visitor's view is made from a timeline alone; there is no way from a note into it. An agent's
//! view adds the team document, in a type of its own.

use serde::{Deserialize, Serialize};

use crate::authority::fate::Refusal;
use crate::conversation::layout::{Content, Key, Kind, Notice, Priority, Status, Value};
use crate::conversation::operation::Operation;
use crate::conversation::revision::Body;
use crate::id::{
    CategoryId, ConversationId, DocumentKind, MessageId, OperationId, ParticipantId, Seq,
};
use crate::replica::Replica;
use crate::replica::record::WaitingState;
use crate::time::Timestamp;

/// Whose message it is, as a label says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The visitor's.
    Visitor,
    /// A human agent's.
    Agent,
    /// The AI's.
    Assistant,
    /// Nobody's: something happened.
    System,
    /// A human agent's, to the team only.
    Note,
}

impl From<Kind> for Source {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Visitor => Self::Visitor,
            Kind::Agent => Self::Agent,
            Kind::Assistant => Self::Assistant,
            Kind::Note => Self::Note,
        }
    }
}

/// How far a message, or a change to it, has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// In the outbox.
    Waiting,
    /// Accepted: on the server's disk.
    Sent,
    /// Seen by the other side.
    Seen,
    /// Refused: the words are kept until the author has dealt with it.
    Refused {
        /// The operation to send anyway or discard.
        operation: OperationId,
        /// Why.
        code: Refusal,
    },
    /// Somebody wrote what its author had not seen: send anyway, edit, or discard.
    Collided {
        /// The operation to decide on.
        operation: OperationId,
    },
}

/// What stands in a message's place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Words {
    /// What it says.
    Said(Body),
    /// Words that are not here: they need the network, or have newer ones.
    Absent,
    /// A neutral notice: it was taken back.
    Recalled,
    /// Something happened.
    System {
        /// What.
        notice: Notice,
        /// To or by whom.
        subject: Option<ParticipantId>,
    },
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    /// Which.
    pub id: MessageId,
    /// Who wrote it.
    pub author: ParticipantId,
    /// How it is labelled.
    pub source: Source,
    /// When it was written, by its author's clock.
    pub composed_at: Timestamp,
    /// When the server accepted it; none while it waits.
    pub at: Option<Timestamp>,
    /// Its place in the log; none while it waits.
    pub seq: Option<Seq>,
    /// What stands there.
    pub words: Words,
    /// When it was last edited.
    pub edited_at: Option<Timestamp>,
    /// How far it has come.
    pub delivery: Delivery,
    /// How far a change to it (an edit, a recall) has come, while that is not in the log.
    pub change: Option<Delivery>,
}

/// A timeline: all that a visitor sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineView {
    /// Of which conversation.
    pub conversation: ConversationId,
    /// Whose turn it is.
    pub status: Status,
    /// Whether it is over.
    pub closed: bool,
    /// Which agent has it.
    pub assignee: Option<ParticipantId>,
    /// The messages: accepted ones in the order of acceptance, then one's own waiting ones.
    pub messages: Vec<MessageView>,
    /// The end of the confirmed log.
    pub seq: Seq,
    /// Operations that wait for a fate.
    pub waiting: usize,
}

/// A conversation as agents see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentView {
    /// What the visitor sees too.
    pub timeline: TimelineView,
    /// Notes, in the order of acceptance. Times of acceptance are unique in a conversation, so
    /// notes and messages merge by them.
    pub notes: Vec<MessageView>,
    /// How urgent it is.
    pub priority: Option<Priority>,
    /// What it is about.
    pub category: Option<CategoryId>,
    /// Who follows it.
    pub collaborators: Vec<ParticipantId>,
    /// Operations in the team document that wait for a fate.
    pub waiting: usize,
}

impl TimelineView {
    /// The view of a timeline; none of a team document.
    #[must_use]
    pub fn of(replica: &Replica) -> Option<Self> {
        if replica.document().kind != DocumentKind::Timeline {
            return None;
        }
        let status = match replica.value(Key::Status) {
            Some(Value::Status(status)) => status,
            _ => Status::INITIAL,
        };
        let assignee = match replica.value(Key::Assignee) {
            Some(Value::Assignee(assignee)) => assignee,
            _ => None,
        };
        Some(Self {
            conversation: replica.document().conversation,
            status,
            closed: replica.value(Key::Closed).is_some(),
            assignee,
            messages: messages(replica),
            seq: replica.end(),
            waiting: waiting(replica),
        })
    }
}

impl AgentView {
    /// The view of a conversation, from its two documents.
    #[must_use]
    pub fn of(timeline: &Replica, team: &Replica) -> Option<Self> {
        if team.document().kind != DocumentKind::Team {
            return None;
        }
        let collaborators = team.shown().keys().filter_map(|key| match key {
            Key::Collaborator(id) if team.value(key) == Some(Value::Follows(true)) => Some(id),
            _ => None,
        });
        Some(Self {
            timeline: TimelineView::of(timeline)?,
            notes: messages(team),
            priority: match team.value(Key::Priority) {
                Some(Value::Priority(priority)) => Some(priority),
                _ => None,
            },
            category: match team.value(Key::Category) {
                Some(Value::Category(category)) => category,
                _ => None,
            },
            collaborators: collaborators.collect(),
            waiting: waiting(team),
        })
    }
}

fn waiting(replica: &Replica) -> usize {
    replica.outbox().iter().filter(|waiting| waiting.state.is_pushable()).count()
}

/// The messages of a replica: the order of its log is the order of acceptance, and what waits
/// stands at the end of the fork; what is held back for its author follows.
fn messages(replica: &Replica) -> Vec<MessageView> {
    let visitors = visitors(replica);
    let mut views: Vec<_> = replica
        .shown()
        .entries()
        .filter_map(|(seq, entry)| match entry.key {
            Key::Message(id) => Some((seq, id)),
            _ => None,
        })
        .filter_map(|(seq, id)| {
            message(replica, id, (seq <= replica.end()).then_some(seq), &visitors)
        })
        .collect();
    views.extend(held(replica));
    views
}

fn visitors(replica: &Replica) -> Vec<ParticipantId> {
    let mut visitors: Vec<_> = replica
        .confirmed()
        .history()
        .entries()
        .filter_map(|(_, entry)| match entry.value {
            Value::Message(message) => match message.content {
                Content::Words { kind: Kind::Visitor, .. } => Some(message.author),
                _ => None,
            },
            _ => None,
        })
        .collect();
    visitors.sort_unstable();
    visitors.dedup();
    visitors
}

fn message(
    replica: &Replica,
    id: MessageId,
    seq: Option<Seq>,
    visitors: &[ParticipantId],
) -> Option<MessageView> {
    let history = replica.shown();
    let value = history.message(id)?;
    let edit = match replica.value(Key::Edit(id)) {
        Some(Value::Edit(edit)) => Some(edit.composed_at),
        _ => None,
    };
    let (source, words) = match value.content {
        Content::System { notice, subject } => (Source::System, Words::System { notice, subject }),
        Content::Words { kind, .. } if replica.is_recalled(id) => (kind.into(), Words::Recalled),
        Content::Words { kind, .. } => {
            let live = history.live_revision(id).and_then(|revision| replica.words(revision));
            let said = live.and_then(|words| words.read().ok());
            (kind.into(), said.map_or(Words::Absent, Words::Said))
        }
    };
    let by_visitor = source == Source::Visitor;
    let seen = |seq| {
        replica.seen().iter().any(|(participant, &mark)| {
            let other_side = visitors.contains(participant) != by_visitor;
            mark >= seq && *participant != value.author && other_side
        })
    };
    let delivery = match seq {
        Some(seq) if seen(seq) => Delivery::Seen,
        Some(_) => Delivery::Sent,
        None if is_accepted(replica, id) => Delivery::Sent,
        None => Delivery::Waiting,
    };
    let recalled = words == Words::Recalled;
    Some(MessageView {
        id,
        author: value.author,
        source,
        composed_at: value.composed_at,
        at: seq.and_then(|seq| replica.confirmed().accepted_at(seq)),
        seq,
        words,
        edited_at: edit.filter(|_| !recalled),
        delivery,
        change: change(replica, id),
    })
}

/// Whether the acceptance of a message's send was told before its entry came.
fn is_accepted(replica: &Replica, id: MessageId) -> bool {
    replica.outbox().iter().any(|waiting| {
        let submission = &waiting.submission;
        matches!(submission.operation, Operation::Send { message, .. } if message == id)
            && replica.is_accepted(submission.id)
    })
}

/// The newest change to a message that is in the outbox.
fn change(replica: &Replica, id: MessageId) -> Option<Delivery> {
    replica.outbox().iter().rev().find_map(|waiting| {
        let submission = &waiting.submission;
        match submission.operation {
            Operation::Edit { message, .. } | Operation::Recall { message } if message == id => {
                Some(delivery(waiting.state, submission.id))
            }
            _ => None,
        }
    })
}

const fn delivery(state: WaitingState, operation: OperationId) -> Delivery {
    match state {
        WaitingState::Unsent | WaitingState::Pushed | WaitingState::Wordless => Delivery::Waiting,
        WaitingState::Refused(code) => Delivery::Refused { operation, code },
        WaitingState::Collided { .. } => Delivery::Collided { operation },
    }
}

/// Messages that are held back for their author: they stand in no document.
fn held(replica: &Replica) -> impl Iterator<Item = MessageView> {
    replica.outbox().iter().filter(|waiting| !waiting.state.is_pushable()).filter_map(|waiting| {
        let submission = &waiting.submission;
        let Operation::Send { message, kind, revision, .. } = submission.operation else {
            return None;
        };
        let words = replica.words(revision).or_else(|| replica.words_of(message));
        let said = words.and_then(|words| words.read().ok());
        Some(MessageView {
            id: message,
            author: submission.context.author,
            source: kind.into(),
            composed_at: submission.context.time,
            at: None,
            seq: None,
            words: said.map_or(Words::Absent, Words::Said),
            edited_at: None,
            delivery: delivery(waiting.state, submission.id),
            change: None,
        })
    })
}
