//! Honest people of every role, whose frames are tampered with.

use std::collections::BTreeMap;

use rejoinder_core::conversation::compose::compose;
use rejoinder_core::conversation::history::History;
use rejoinder_core::conversation::layout::{Content, Key, Kind, Priority, Status, Value};
use rejoinder_core::conversation::operation::{Context, Operation, Submission};
use rejoinder_core::conversation::revision::{Body, Revision};
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{
    Actor, ConversationId, DeviceId, DocumentId, DocumentKind, Epoch, MessageId, OperationId,
    ParticipantId, RevisionId, Seq, SiteId,
};
use rejoinder_core::principal::{AgentRole, Principal, Role};
use rejoinder_core::wire::{self, ClientFrame, Credential, Hello, Keeping, Signal};
use rejoinder_server::directory::Scope;

use crate::roll::Roll;
use crate::way::{Line, Way};

/// Visitors of each of the two sites.
const VISITORS: usize = 2;

/// Somebody with a connection.
#[derive(Debug)]
pub struct Member {
    /// Who.
    pub principal: Principal,
    /// Their connection.
    pub line: Line,
    token: String,
    device: DeviceId,
    actors: BTreeMap<DocumentId, Actor>,
}

/// Everybody.
#[derive(Debug)]
pub struct Crowd {
    /// Visitors first, the owner last.
    pub members: Vec<Member>,
    /// Conversations, and who of the members began them.
    pub chats: Vec<(ConversationId, usize)>,
}

impl Crowd {
    /// Visitors of two sites, agents of the first of every role, and the assistant.
    pub fn new(way: &mut Way, dice: &mut Dice) -> Self {
        let sites = [SiteId::random(dice), SiteId::random(dice)];
        let mut members = Vec::new();
        for site in sites {
            for _ in 0..VISITORS {
                members.push((Role::Visitor, Scope::Visitor { site }));
            }
        }
        members.push((Role::Assistant, Scope::All));
        for role in AgentRole::ALL {
            let all = role.sees_all_sites();
            let scope = if all { Scope::All } else { Scope::Sites(vec![sites[0]]) };
            members.push((Role::Agent(role), scope));
        }
        let mut lets_in = |(role, scope)| {
            let principal = Principal::new(ParticipantId::random(dice), role);
            let token = principal.participant.to_string();
            way.knows(&token, principal.clone(), scope);
            let (device, actors) = (DeviceId::random(dice), BTreeMap::new());
            Member { principal, line: Line::default(), token, device, actors }
        };
        let members = members.into_iter().map(&mut lets_in).collect();
        Self { members, chats: Vec::new() }
    }

    /// What a member's client says first.
    #[must_use]
    pub fn greeting(&self, member: usize, epoch: Epoch) -> Vec<ClientFrame> {
        let Member { token, device, .. } = &self.members[member];
        let hello = Hello {
            version: wire::VERSION,
            credential: Credential::Token(token.clone()),
            device: *device,
            keeping: Keeping::Memory,
            epoch: (!member.is_multiple_of(3)).then_some(epoch),
            feed: 0,
            erasures: u64::from(member % 3 == 1),
            snapshots: true,
            scope: 0,
        };
        let known = hello.epoch.is_some();
        let mut frames = vec![ClientFrame::Hello(hello)];
        if !known {
            let documents = self.chats.iter().map(|(id, _)| DocumentId::timeline(*id));
            frames.push(ClientFrame::Holding { documents: documents.collect() });
        }
        frames.push(ClientFrame::Purged { cursor: 0 });
        frames
    }

    /// A document that a member might write in: a visitor's own, or any.
    pub fn somewhere(&mut self, member: usize, dice: &mut Dice) -> Option<DocumentId> {
        let visitor = self.members[member].principal.role == Role::Visitor;
        let own: Vec<_> =
            self.chats.iter().filter(|(_, by)| !visitor || *by == member).copied().collect();
        let (conversation, _) = dice.pick(&own)?;
        let team = !visitor && dice.chance(40);
        let kind = if team { DocumentKind::Team } else { DocumentKind::Timeline };
        Some(DocumentId { conversation, kind })
    }

    /// A visitor's next conversation.
    pub fn begins(&mut self, dice: &mut Dice) -> (usize, DocumentId) {
        let member = dice.index(2 * VISITORS);
        let conversation = ConversationId::random(dice);
        self.chats.push((conversation, member));
        (member, DocumentId::timeline(conversation))
    }

    /// The actor was closed, or is to be another.
    pub fn takes_another_actor(&mut self, member: usize, document: DocumentId) {
        self.members[member].actors.remove(&document);
    }

    /// An honest frame of a member.
    pub fn frame(
        &mut self,
        way: &mut Way,
        member: usize,
        document: DocumentId,
        dice: &mut Dice,
    ) -> ClientFrame {
        match dice.index(20) {
            0 => ClientFrame::Open { document, cursor: Seq::START },
            1 => ClientFrame::Leave { document },
            2 => ClientFrame::Want { document, revisions: vec![RevisionId::random(dice)] },
            3 => ClientFrame::Signal { document, signal: Signal::Seen(Seq(dice.below(9))) },
            4 => ClientFrame::Signal { document, signal: Signal::Typing },
            _ => {
                let many = if dice.chance(10) { 1 + dice.index(64) } else { 1 + dice.index(3) };
                self.push(way, member, document, many, dice)
            }
        }
    }

    /// So many operations on what the server has.
    pub fn push(
        &mut self,
        way: &mut Way,
        member: usize,
        document: DocumentId,
        many: usize,
        dice: &mut Dice,
    ) -> ClientFrame {
        let known = way.authority(document.conversation);
        let history = known.map(|authority| authority.history(document.kind).clone());
        let history = history.unwrap_or_else(|| History::new(document));
        let Member { principal, actors, .. } = &mut self.members[member];
        let actor = *actors.entry(document).or_insert_with(|| Actor::random(dice));
        let mut composer = Composer { principal, actor, history, way_now: way.now, dice };
        let (mut submissions, mut revisions) = (Vec::new(), Vec::new());
        for _ in 0..many {
            let (submission, words) = composer.next();
            submissions.push(submission);
            revisions.extend(words);
        }
        ClientFrame::Push { document, submissions, revisions }
    }

    /// One honest operation that nothing stands against: the visitor writes on, or, where the
    /// conversation is closed, the owner notes something.
    pub fn honest(
        &mut self,
        way: &mut Way,
        conversation: ConversationId,
        dice: &mut Dice,
    ) -> Option<(usize, ClientFrame)> {
        let authority = way.authority(conversation)?;
        // Whoever pushed first under an id has begun it, whose id it was before or not.
        let (closed, visitor) = (authority.closed(), authority.visitor());
        let by = self.members.iter().position(|member| member.principal.is(visitor));
        let owner = self.members.len() - 1;
        let (member, document) = match by {
            Some(visitor) if !closed => (visitor, DocumentId::timeline(conversation)),
            _ => (owner, DocumentId::team(conversation)),
        };
        let history = way.authority(conversation)?.history(document.kind).clone();
        let actor = Actor::random(dice);
        let principal = &self.members[member].principal;
        let mut composer = Composer { principal, actor, history, way_now: way.now, dice };
        let (submission, words) = composer.says();
        let (submissions, revisions) = (vec![submission], words.into_iter().collect());
        Some((member, ClientFrame::Push { document, submissions, revisions }))
    }
}

struct Composer<'a> {
    principal: &'a Principal,
    actor: Actor,
    history: History,
    way_now: rejoinder_core::time::Timestamp,
    dice: &'a mut Dice,
}

impl Composer<'_> {
    fn next(&mut self) -> (Submission, Option<Revision>) {
        let own = self.own();
        match (self.dice.index(10), own) {
            (0..=2, Some(message)) => self.edits(message),
            (3..=4, Some(message)) => (self.submits(Operation::Recall { message }), None),
            (5..=6, _) => {
                let operation = self.states();
                (self.submits(operation), None)
            }
            _ => self.says(),
        }
    }

    /// A message of one's own.
    fn own(&mut self) -> Option<MessageId> {
        let own: Vec<_> = self
            .history
            .entries()
            .filter_map(|(_, entry)| match (entry.key, entry.value) {
                (Key::Message(message), Value::Message(value)) => {
                    let mine = self.principal.is(value.author);
                    (mine && matches!(value.content, Content::Words { .. })).then_some(message)
                }
                _ => None,
            })
            .collect();
        self.dice.pick(&own)
    }

    fn words(&mut self, message: MessageId) -> Revision {
        let long = if self.dice.chance(3) { 9_999 } else { self.dice.index(40) };
        let text = format!("{} {}", "words ".repeat(long / 6), self.dice.below(1_000));
        let author = self.principal.participant;
        Revision::new(message, author, &Body { text, ..Body::default() }, self.dice).unwrap()
    }

    fn says(&mut self) -> (Submission, Option<Revision>) {
        let message = MessageId::random(self.dice);
        let words = self.words(message);
        let kind = match (self.principal.role, self.history.document().kind) {
            (_, DocumentKind::Team) => Kind::Note,
            (Role::Visitor, _) => Kind::Visitor,
            (Role::Assistant, _) => Kind::Assistant,
            (Role::Agent(_) | Role::Server, _) => Kind::Agent,
        };
        let commitment = words.commitment(self.history.document());
        let operation = Operation::Send { message, kind, revision: words.id, commitment };
        (self.submits(operation), Some(words))
    }

    fn edits(&mut self, message: MessageId) -> (Submission, Option<Revision>) {
        let words = self.words(message);
        let commitment = words.commitment(self.history.document());
        let operation = Operation::Edit { message, revision: words.id, commitment };
        (self.submits(operation), Some(words))
    }

    fn states(&mut self) -> Operation {
        let me = self.principal.participant;
        let rolled = self.dice.index(20);
        match self.history.document().kind {
            DocumentKind::Team if rolled < 10 => {
                Operation::SetPriority { priority: self.dice.one(Priority::ALL) }
            }
            DocumentKind::Team => {
                Operation::SetCollaborator { participant: me, follows: rolled < 15 }
            }
            DocumentKind::Timeline => match rolled {
                0 => Operation::Close,
                1..=6 => Operation::Assign { assignee: Some(me) },
                7..=9 => Operation::Assign { assignee: None },
                _ => Operation::SetStatus { status: self.dice.one(Status::ALL) },
            },
        }
    }

    fn submits(&mut self, operation: Operation) -> Submission {
        let behind = self.history.actor_seq(self.actor) == 0 && self.dice.chance(15);
        let dependencies = if behind {
            // Composed without what came since.
            let last = self.history.last().0;
            let at = Seq(self.dice.below(last + 1));
            vec![self.history.at(at).unwrap().hash]
        } else {
            self.history.dependencies(self.actor)
        };
        let context = Context {
            author: self.principal.participant,
            actor: self.actor,
            actor_seq: self.history.actor_seq(self.actor) + 1,
            dependencies,
            time: self.way_now,
        };
        let seen = if self.dice.chance(90) { Seq(u64::MAX) } else { Seq::START };
        let id = OperationId::random(self.dice);
        let composed = compose(&self.history, &operation, &context).unwrap();
        let hash = composed.entry.hash;
        self.history.record(composed.entry);
        Submission { id, operation, context, hash, seen, withheld: false }
    }
}
