//! One conversation's course, told as events that are counted.

use std::collections::BTreeSet;

use rejoinder_core::conversation::layout::{Kind, Status};
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::{DocumentKind, MessageId, ParticipantId};
use rejoinder_core::time::Timestamp;

use crate::storage::{Course, Step};

/// Something that is counted. Times are milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The conversation began.
    Begun,
    /// A human answered for the first time, so long after one was asked for.
    Answered(i64),
    /// A human took it, so long after one was asked for.
    Taken(i64),
    /// It was closed, so long after it began.
    Closed(i64),
    /// Something was said.
    Message,
    /// A note was written.
    Note,
    /// Words were replaced.
    Edit,
    /// Words were taken back.
    Recall,
}

/// An event, when it was and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Happened {
    /// What.
    pub event: Event,
    /// When.
    pub at: Timestamp,
    /// Which agent did it, or had the conversation.
    pub agent: Option<ParticipantId>,
}

/// What is known on the way through a course.
#[derive(Default)]
struct Told {
    begun: Option<Timestamp>,
    status: Option<Status>,
    /// Since when a human is asked for, and has not taken it.
    waits: Option<Timestamp>,
    /// Since when a human is asked for, and has not answered yet.
    asked: Option<Timestamp>,
    answered_by: Option<ParticipantId>,
    assignee: Option<ParticipantId>,
    closed: bool,
    recalled: BTreeSet<(DocumentKind, MessageId)>,
    events: Vec<Happened>,
}

/// What a conversation's course counts for. `agents` says who is one.
#[must_use]
pub fn events(course: &Course, agents: &BTreeSet<ParticipantId>) -> Vec<Happened> {
    let mut told = Told::default();
    for step in &course.steps {
        told.step(step, |who| Some(who).filter(|who| agents.contains(who)));
    }
    if let Some(at) = told.begun {
        let agent = told.answered_by;
        told.events.push(Happened { event: Event::Begun, at, agent });
    }
    told.events
}

impl Told {
    fn step(&mut self, step: &Step, agent: impl Fn(ParticipantId) -> Option<ParticipantId>) {
        let (at, by) = (step.at, agent(step.by));
        match step.operation {
            Operation::Send { kind, .. } => self.said(kind, at, by),
            Operation::Edit { .. } => self.tell(Event::Edit, at, by),
            Operation::Recall { message } => {
                // Two who take back the same have taken back one.
                if self.recalled.insert((step.kind, message)) {
                    self.tell(Event::Recall, at, by);
                }
            }
            Operation::SetStatus { status } => self.stands(status, at),
            Operation::Assign { assignee } => self.assignee = assignee.and_then(agent),
            Operation::Close => {
                if let (Some(begun), false) = (self.begun, self.closed) {
                    self.tell(Event::Closed(at.millis_since(begun)), at, self.assignee);
                }
                self.closed = true;
            }
            Operation::SetPriority { .. }
            | Operation::SetCategory { .. }
            | Operation::SetCollaborator { .. }
            | Operation::Announce { .. } => {}
        }
    }

    fn tell(&mut self, event: Event, at: Timestamp, agent: Option<ParticipantId>) {
        self.events.push(Happened { event, at, agent });
    }

    fn said(&mut self, kind: Kind, at: Timestamp, by: Option<ParticipantId>) {
        if kind == Kind::Note {
            return self.tell(Event::Note, at, by);
        }
        if self.begun.is_none() {
            self.begun = Some(at);
            self.stands(self.status.unwrap_or(Status::INITIAL), at);
        }
        if kind != Kind::Agent {
            return self.tell(Event::Message, at, None);
        }
        self.tell(Event::Message, at, by);
        if self.answered_by.is_none() {
            self.answered_by = by;
            if let Some(asked) = self.asked.take() {
                self.tell(Event::Answered(at.millis_since(asked)), at, by);
            }
        }
    }

    fn stands(&mut self, status: Status, at: Timestamp) {
        self.status = Some(status);
        // A follow-up is there before anybody has said something in it.
        if self.begun.is_none() {
            return;
        }
        match status {
            Status::WaitingForHuman => {
                self.waits.get_or_insert(at);
                if self.answered_by.is_none() {
                    self.asked.get_or_insert(at);
                }
            }
            Status::ActiveHuman => {
                if let Some(since) = self.waits.take() {
                    let who = self.assignee.or(self.answered_by);
                    self.tell(Event::Taken(at.millis_since(since)), at, who);
                }
            }
            // Nobody waits for a human any more.
            Status::ActiveAi | Status::AwaitingOfflineInfo => {
                self.waits = None;
                self.asked = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rejoinder_core::conversation::layout::{Kind, Status};
    use rejoinder_core::conversation::operation::Operation;
    use rejoinder_core::id::{
        Commitment, ConversationId, DocumentKind, MessageId, ParticipantId, RevisionId, SiteId,
    };
    use rejoinder_core::time::Timestamp;

    use super::{Event, Happened, events};
    use crate::storage::{Course, Step};

    const VERA: ParticipantId = ParticipantId::from_bytes([1; 16]);
    const ANN: ParticipantId = ParticipantId::from_bytes([2; 16]);
    const BO: ParticipantId = ParticipantId::from_bytes([3; 16]);
    const SERVER: ParticipantId = ParticipantId::from_bytes([4; 16]);

    fn message(n: u8) -> MessageId {
        MessageId::from_bytes([n; 16])
    }

    fn says(kind: Kind) -> Operation {
        let (revision, commitment) = (RevisionId::from_bytes([9; 16]), Commitment([9; 32]));
        Operation::Send { message: message(9), kind, revision, commitment }
    }

    fn edits(n: u8) -> Operation {
        let (revision, commitment) = (RevisionId::from_bytes([8; 16]), Commitment([8; 32]));
        Operation::Edit { message: message(n), revision, commitment }
    }

    const fn stands(status: Status) -> Operation {
        Operation::SetStatus { status }
    }

    const fn given(assignee: ParticipantId) -> Operation {
        Operation::Assign { assignee: Some(assignee) }
    }

    /// What counts of these steps.
    fn counts(
        steps: &[(i64, ParticipantId, Operation)],
    ) -> Vec<(i64, Event, Option<ParticipantId>)> {
        let step = |&(at, by, operation): &(i64, ParticipantId, Operation)| Step {
            kind: match operation {
                Operation::Send { kind, .. } => kind.document(),
                _ => DocumentKind::Timeline,
            },
            at: Timestamp::from_millis(at),
            by,
            operation,
        };
        let course = Course {
            conversation: ConversationId::from_bytes([5; 16]),
            site: SiteId::from_bytes([6; 16]),
            steps: steps.iter().map(step).collect(),
        };
        let told = events(&course, &BTreeSet::from([ANN, BO])).into_iter();
        told.map(|Happened { event, at, agent }| (at.as_millis(), event, agent)).collect()
    }

    #[test]
    fn rt56_a_conversation_counts_from_its_beginning_to_its_close() {
        let told = counts(&[
            (10, VERA, says(Kind::Visitor)),
            (15, VERA, says(Kind::Visitor)),
            (20, ANN, given(ANN)),
            (21, SERVER, stands(Status::ActiveHuman)),
            (30, ANN, says(Kind::Agent)),
            (31, ANN, says(Kind::Note)),
            (32, ANN, edits(9)),
            (40, ANN, given(BO)),
            (50, BO, says(Kind::Agent)),
            (60, VERA, Operation::Close),
            (61, ANN, Operation::Recall { message: message(9) }),
            (62, BO, Operation::Recall { message: message(9) }),
        ]);
        let expected = [
            (10, Event::Message, None),
            (15, Event::Message, None),
            (21, Event::Taken(11), Some(ANN)),
            (30, Event::Message, Some(ANN)),
            (30, Event::Answered(20), Some(ANN)),
            (31, Event::Note, Some(ANN)),
            (32, Event::Edit, Some(ANN)),
            (50, Event::Message, Some(BO)),
            (60, Event::Closed(50), Some(BO)),
            (61, Event::Recall, Some(ANN)),
            (10, Event::Begun, Some(ANN)),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn rt56_nobody_waits_for_a_human_while_the_assistant_answers() {
        let told = counts(&[
            (10, SERVER, stands(Status::ActiveAi)),
            (11, VERA, says(Kind::Visitor)),
            (12, SERVER, says(Kind::Assistant)),
            (20, VERA, stands(Status::WaitingForHuman)),
            (50, ANN, given(ANN)),
            (50, SERVER, stands(Status::ActiveHuman)),
            (60, ANN, stands(Status::WaitingForHuman)),
            (70, BO, given(BO)),
            (71, SERVER, stands(Status::ActiveHuman)),
            (80, BO, says(Kind::Agent)),
        ]);
        let times: Vec<_> = told.into_iter().filter(|(_, e, _)| *e != Event::Message).collect();
        let expected = [
            (50, Event::Taken(30), Some(ANN)),
            (71, Event::Taken(11), Some(BO)),
            (80, Event::Answered(60), Some(BO)),
            (11, Event::Begun, Some(BO)),
        ];
        assert_eq!(times, expected);
        let handed_back = counts(&[
            (10, VERA, says(Kind::Visitor)),
            (20, ANN, stands(Status::ActiveAi)),
            (30, ANN, says(Kind::Agent)),
        ]);
        assert!(!handed_back.iter().any(|(_, event, _)| matches!(event, Event::Answered(_))));
    }

    #[test]
    fn rt56_a_follow_up_begins_with_what_is_said_in_it() {
        assert_eq!(counts(&[(1, SERVER, stands(Status::WaitingForHuman))]), []);
        let told = counts(&[
            (1, SERVER, stands(Status::WaitingForHuman)),
            (100, VERA, says(Kind::Visitor)),
            (110, ANN, says(Kind::Agent)),
            (110, SERVER, Operation::Close),
            (120, SERVER, Operation::Close),
        ]);
        let expected = [
            (100, Event::Message, None),
            (110, Event::Message, Some(ANN)),
            (110, Event::Answered(10), Some(ANN)),
            (110, Event::Closed(10), None),
            (100, Event::Begun, Some(ANN)),
        ];
        assert_eq!(told, expected);
    }
}
