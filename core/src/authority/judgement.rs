//! Judging one operation: every check, in the order in which they are made.
//!
//! Facts about messages (whose it is, recalled or not, the windows) are judged at the operation's
//! own dependencies: what its author could see. Claim, status, assignee, closure and roles are
//! judged at arrival.

use crate::authority::Authority;
use crate::authority::admission::{Push, Setting, Verdict};
use crate::authority::document::Document;
use crate::authority::fate::{Fate, Refusal};
use crate::authority::policy::{Window, may_move};
use crate::conversation::compose;
use crate::conversation::history::{Entry, Past};
use crate::conversation::layout::{Content, Key, Kind, MessageValue, Status, Value};
use crate::conversation::operation::{Operation, Submission};
use crate::conversation::revision::{BodyError, Revision};
use crate::id::{Commitment, DocumentKind, MessageId, ParticipantId, RevisionId, Seq};
use crate::limits;
use crate::principal::{AgentRole, Role};

type Judged = Result<(), Fate>;

const fn refused(code: Refusal) -> Fate {
    Fate::Refused { code }
}

fn require(holds: bool, code: Refusal) -> Judged {
    if holds { Ok(()) } else { Err(refused(code)) }
}

/// One operation, with everything that its judgement looks at.
struct Case<'a> {
    authority: &'a Authority,
    document: &'a Document,
    kind: DocumentKind,
    submission: &'a Submission,
    revisions: &'a [Revision],
    setting: Setting<'a>,
    past: Past,
}

pub(super) fn judge(
    authority: &Authority,
    push: Push<'_>,
    submission: &Submission,
    setting: Setting<'_>,
) -> Result<Verdict, Fate> {
    let (operation, context) = (&submission.operation, &submission.context);
    let document = authority.document(push.kind);
    require(setting.principal.is(context.author), Refusal::NotYou)?;
    require(
        operation.key().belongs_to(push.kind)
            && (push.kind == DocumentKind::Timeline || setting.principal.role.reads_team()),
        Refusal::NotAllowed,
    )?;
    require(context.time.is_plausible(), Refusal::ImplausibleTime)?;
    let place = document.history.place(context)?;
    let past = place.past.clone();
    let composed = compose::compose_at(&document.history, operation, context, place);
    require(composed.entry.hash == submission.hash, Refusal::HashDiffers)?;
    let case = Case {
        authority,
        document,
        kind: push.kind,
        submission,
        revisions: push.revisions,
        setting,
        past,
    };
    case.room()?;
    case.beside()?;
    case.visibility()?;
    case.operation()?;
    let words = case.words()?;
    Ok(Verdict { composed, words })
}

impl Case<'_> {
    fn room(&self) -> Judged {
        let operation = self.submission.operation;
        let taking_back = matches!(operation, Operation::Recall { .. } | Operation::Close);
        if taking_back && !self.document.history.has(operation.key()) {
            // Nobody can fill a document so that words in it cannot be taken back.
            return Ok(());
        }
        let essential = taking_back || self.submission.withheld;
        let reserved = if essential { limits::RESERVED_CHANGES } else { 0 };
        let bound = (limits::DOCUMENT_CHANGES + reserved) as u64;
        require(self.document.history.last().0 < bound, Refusal::DocumentFull)
    }

    /// Each of the values that stand side by side is named by the change that takes their place,
    /// and looked at by whoever judges it. Who has pulled takes the place of all of them.
    fn beside(&self) -> Judged {
        let key = self.submission.operation.key();
        if matches!(key, Key::Recall(_) | Key::Closed) {
            // Put again, they change nothing: a further one is refused, where it is judged.
            return Ok(());
        }
        let beside = self.document.history.beside(key, &self.past);
        let many = beside.take(limits::SIDE_BY_SIDE).count() == limits::SIDE_BY_SIDE;
        if many { Err(Fate::Void) } else { Ok(()) }
    }

    /// A Support Agent works on own, unassigned and followed conversations; a visitor on their own.
    fn visibility(&self) -> Judged {
        let (authority, principal) = (self.authority, self.setting.principal);
        let visible = match principal.role {
            Role::Visitor => principal.is(authority.visitor),
            Role::Agent(AgentRole::SupportAgent) => {
                authority.assignee().is_none_or(|assignee| principal.is(assignee))
                    || authority.collaborators().any(|follower| principal.is(follower))
            }
            Role::Agent(_) | Role::Assistant | Role::Server => true,
        };
        // Somebody else was first, which the agent could not see.
        let claiming = matches!(self.submission.operation, Operation::Assign { .. });
        let code = if claiming { Refusal::AlreadyClaimed } else { Refusal::NotAllowed };
        require(visible, code)
    }

    fn operation(&self) -> Judged {
        match self.submission.operation {
            Operation::Send { message, kind, revision, .. } => self.send(message, kind, revision),
            Operation::Edit { message, revision, .. } => self.edit(message, revision),
            Operation::Recall { message } => self.recall(message),
            Operation::SetStatus { status } => self.set_status(status),
            Operation::Assign { assignee } => self.assign(assignee),
            Operation::Close => self.close(),
            Operation::SetPriority { .. } | Operation::SetCollaborator { .. } => {
                require(self.setting.principal.role.agent().is_some(), Refusal::NotAllowed)
            }
            Operation::SetCategory { .. } => {
                let role = self.setting.principal.role.agent();
                require(role.is_some_and(AgentRole::sets_category), Refusal::NotAllowed)
            }
            Operation::Announce { .. } => Err(refused(Refusal::NotAllowed)),
        }
    }

    fn send(&self, message: MessageId, kind: Kind, revision: RevisionId) -> Judged {
        let role = self.setting.principal.role;
        let speaks = match (role, self.kind) {
            (Role::Visitor, DocumentKind::Timeline) => Some(Kind::Visitor),
            (Role::Agent(_), DocumentKind::Timeline) => Some(Kind::Agent),
            (Role::Agent(_), DocumentKind::Team) => Some(Kind::Note),
            (Role::Assistant, DocumentKind::Timeline) => Some(Kind::Assistant),
            _ => None,
        };
        require(speaks == Some(kind), Refusal::NotAllowed)?;
        // Unused at arrival covers unused at the dependencies: the log only grows.
        require(!self.document.history.has(Key::Message(message)), Refusal::IdTaken)?;
        require(!self.document.revisions.contains(&revision), Refusal::IdTaken)?;
        if self.kind == DocumentKind::Team {
            return Ok(());
        }
        let elsewhere = self.setting.elsewhere.said.get(&message);
        if let Some(&follow_up) = elsewhere.filter(|_| role == Role::Visitor) {
            // Another device brought it there, in this life of the data.
            return Err(Fate::Closed { follow_up });
        }
        let moved = self.authority.moved_on();
        if self.submission.withheld {
            // Another device may have brought the message to where words have gone.
            let follows = role == Role::Visitor && self.document.was_fated(moved);
            return if follows { Err(moved) } else { Ok(()) };
        }
        if self.authority.closed() {
            return Err(match role {
                Role::Visitor => moved,
                _ => refused(Refusal::ConversationClosed),
            });
        }
        let silent = self.authority.status() == Status::ActiveHuman;
        require(role != Role::Assistant || !silent, Refusal::HumanActive)?;
        if role.agent().is_some() {
            self.nothing_unseen(|value| {
                matches!(value.content, Content::Words { kind: Kind::Agent, .. })
                    && !self.setting.principal.is(value.author)
            })?;
        }
        Ok(())
    }

    /// Asks the author again when a message came that they had not seen.
    fn nothing_unseen(&self, concerns: impl Fn(&MessageValue) -> bool) -> Judged {
        let unseen = self.document.history.entries().rev();
        let newest = unseen.take_while(|(seq, _)| *seq > self.submission.seen).find_map(
            |(seq, entry)| match (entry.key, &entry.value) {
                (Key::Message(message), Value::Message(value)) => {
                    let recalled = self.document.recalled.contains(&message);
                    (!recalled && concerns(value)).then_some(seq)
                }
                _ => None,
            },
        );
        newest.map_or(Ok(()), |newest| Err(Fate::Collision { newest }))
    }

    /// The message as the author of the operation could see it.
    fn target(&self, message: MessageId) -> Result<(&Entry, MessageValue), Fate> {
        let entry = self.document.history.winner(Key::Message(message), &self.past);
        match entry.map(|entry| (entry, entry.value)) {
            Some((entry, Value::Message(value))) => Ok((entry, value)),
            _ => Err(refused(Refusal::UnknownMessage)),
        }
    }

    fn recalled_before(&self, message: MessageId) -> bool {
        self.document.history.winner(Key::Recall(message), &self.past).is_some()
    }

    fn edit(&self, message: MessageId, revision: RevisionId) -> Judged {
        let (entry, value) = self.target(message)?;
        let Content::Words { kind, .. } = value.content else {
            return Err(refused(Refusal::NotYours));
        };
        let (role, policy) = (self.setting.principal.role, self.setting.policy);
        let own = self.setting.principal.is(value.author);
        require(own && kind != Kind::Assistant, Refusal::NotYours)?;
        require(!self.recalled_before(message), Refusal::Recalled)?;
        require(!self.document.revisions.contains(&revision), Refusal::IdTaken)?;
        require(role != Role::Visitor || policy.visitor_edits, Refusal::NotAllowed)?;
        if self.submission.withheld {
            return self.may_recall(message, entry, value);
        }
        if self.kind == DocumentKind::Timeline {
            require(!self.authority.closed(), Refusal::ConversationClosed)?;
        }
        self.inside(policy.edit, entry, value)
    }

    fn recall(&self, message: MessageId) -> Judged {
        let (entry, value) = self.target(message)?;
        let puts = self.document.history.puts(Key::Recall(message)).count();
        require(
            !self.recalled_before(message) && puts < limits::SIDE_BY_SIDE,
            Refusal::AlreadyRecalled,
        )?;
        self.may_recall(message, entry, value)
    }

    fn may_recall(&self, message: MessageId, entry: &Entry, value: MessageValue) -> Judged {
        let (principal, policy) = (self.setting.principal, self.setting.policy);
        let Content::Words { kind, .. } = value.content else {
            return Err(refused(Refusal::NotAllowed));
        };
        let any = principal.role.agent().is_some_and(AgentRole::recalls_any);
        let own = principal.is(value.author);
        match kind {
            // A recall that has happened, such as of words that were withheld, may be repeated.
            Kind::Visitor | Kind::Agent | Kind::Note
                if own && self.document.recalled.contains(&message) =>
            {
                Ok(())
            }
            Kind::Visitor if own => {
                require(policy.visitor_recalls, Refusal::NotAllowed)?;
                self.inside(policy.recall, entry, value)
            }
            Kind::Visitor => Err(refused(Refusal::NotYours)),
            Kind::Agent | Kind::Note if own && !any => self.inside(policy.recall, entry, value),
            Kind::Agent | Kind::Note => require(any, Refusal::NotYours),
            Kind::Assistant => {
                let has_it = self.authority.assignee().is_some_and(|id| principal.is(id));
                require(any || has_it || own, Refusal::NotYours)
            }
        }
    }

    /// Whether the site's window for changing messages is still open for this one.
    fn inside(&self, window: Window, entry: &Entry, value: MessageValue) -> Judged {
        match window {
            Window::Any => Ok(()),
            Window::Last => {
                let later = self.document.history.entries().any(|(seq, other)| {
                    let Value::Message(message) = other.value else { return false };
                    message.author == value.author
                        && (other.op, other.actor) > (entry.op, entry.actor)
                        && self.past.holds(u32::try_from(seq.0).unwrap_or(u32::MAX))
                });
                require(!later, Refusal::NotTheLast)
            }
            Window::Minutes(minutes) => {
                let seq = self.document.history.seq_of(&entry.hash).unwrap_or(Seq::START);
                let sent = self.document.accepted_at(seq).unwrap_or(value.composed_at);
                let age = self.submission.context.time.millis_since(sent);
                require(age <= i64::from(minutes) * 60_000, Refusal::TooLate)
            }
        }
    }

    fn set_status(&self, to: Status) -> Judged {
        require(!self.authority.closed(), Refusal::ConversationClosed)?;
        let role = self.setting.principal.role;
        require(may_move(self.authority.status(), to, role), Refusal::StatusNotAllowed)?;
        if role.agent().is_some() && matches!(to, Status::ActiveAi | Status::WaitingForHuman) {
            // Handing back what the visitor has just asked.
            self.no_unseen_visitor()?;
        }
        Ok(())
    }

    fn no_unseen_visitor(&self) -> Judged {
        self.nothing_unseen(|value| {
            matches!(value.content, Content::Words { kind: Kind::Visitor, .. })
        })
    }

    fn assign(&self, to: Option<ParticipantId>) -> Judged {
        require(!self.authority.closed(), Refusal::ConversationClosed)?;
        let principal = self.setting.principal;
        let role = principal.role.agent().ok_or(refused(Refusal::NotAllowed))?;
        let (now, own) = (self.authority.assignee(), |id| principal.is(id));
        let seen = match self.document.history.winner(Key::Assignee, &self.past) {
            Some(Entry { value: Value::Assignee(assignee), .. }) => *assignee,
            _ => None,
        };
        match (now, to) {
            // What somebody else has taken meanwhile stays theirs.
            (Some(holder), _) if seen != now && !own(holder) => {
                Err(refused(Refusal::AlreadyClaimed))
            }
            (Some(holder), _) if own(holder) => {
                require(to.is_none_or(|id| own(id) || role.reassigns_own()), Refusal::NotAllowed)
            }
            (Some(_), _) => require(role.reassigns_any(), Refusal::AlreadyClaimed),
            (None, Some(to)) => require(own(to) || role.reassigns_any(), Refusal::NotAllowed),
            (None, None) => Ok(()),
        }?;
        if to.is_none() { self.no_unseen_visitor() } else { Ok(()) }
    }

    fn close(&self) -> Judged {
        let role = self.setting.principal.role;
        require(matches!(role, Role::Visitor | Role::Agent(_)), Refusal::NotAllowed)?;
        let seen = self.document.history.winner(Key::Closed, &self.past).is_some();
        let puts = self.document.history.puts(Key::Closed).count();
        require(!seen && puts < limits::SIDE_BY_SIDE, Refusal::ConversationClosed)?;
        if role.agent().is_some() && !self.authority.closed() {
            self.no_unseen_visitor()?;
        }
        Ok(())
    }

    /// The words that the operation commits to, checked; none where there are none to keep.
    fn words(&self) -> Result<Option<Revision>, Fate> {
        let operation = &self.submission.operation;
        let (Some((id, commitment)), Some(message)) = (operation.words(), operation.message())
        else {
            return Ok(None);
        };
        let recalled = self.document.recalled.contains(&message)
            || self.setting.elsewhere.recalled.contains(&message);
        if self.submission.withheld || recalled {
            return Ok(None);
        }
        let words = self.revisions.iter().find(|revision| revision.id == id);
        let words = words.ok_or(refused(Refusal::WordsMissing))?;
        self.check(words, message, commitment)?;
        Ok(Some(words.clone()))
    }

    fn check(&self, words: &Revision, message: MessageId, commitment: Commitment) -> Judged {
        let document = self.document.history.document();
        require(
            words.message == message
                && words.author == self.submission.context.author
                && words.commitment(document) == commitment,
            Refusal::WordsDiffer,
        )?;
        match words.read() {
            Ok(_) => Ok(()),
            Err(BodyError::TextTooLong { .. }) => Err(refused(Refusal::TextTooLong)),
            Err(_) => Err(refused(Refusal::MalformedWords)),
        }
    }
}
