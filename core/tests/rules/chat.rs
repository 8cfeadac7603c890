//! A conversation's authority, with a cast that composes on what it has pulled.

use std::collections::BTreeMap;

use rejoinder_core::authority::elsewhere::Elsewhere;
use rejoinder_core::authority::fate::{Fate, Refusal};
use rejoinder_core::authority::log::Row;
use rejoinder_core::authority::policy::Policy;
use rejoinder_core::authority::{Admission, Authority, Push, Rows, Setting};
use rejoinder_core::conversation::compose::compose;
use rejoinder_core::conversation::history::History;
use rejoinder_core::conversation::layout::{Key, Kind, Status};
use rejoinder_core::conversation::operation::{Context, Operation, Submission};
use rejoinder_core::conversation::revision::{Body, Revision};
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{
    Actor, ChangeHash, ConversationId, DocumentId, DocumentKind, MessageId, OperationId,
    ParticipantId, RevisionId, Seq,
};
use rejoinder_core::principal::{AgentRole, Principal, Role};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::OperationFate;

/// A message that nobody wrote.
pub(crate) const NOTHING: MessageId = MessageId::from_bytes([1; 16]);

/// Where the clocks of the stories start.
pub(crate) const NOON: Timestamp = Timestamp::from_millis(1_776_000_000_000);

/// A conversation on the server, and what its storage keeps.
pub(crate) struct Chat {
    pub(crate) authority: Authority,
    pub(crate) dice: Dice,
    pub(crate) policy: Policy,
    pub(crate) elsewhere: Elsewhere,
    pub(crate) now: Timestamp,
    pub(crate) stored: Rows,
    pub(crate) words: BTreeMap<(DocumentKind, RevisionId), Revision>,
    /// What the last push came to.
    pub(crate) last: Admission,
    visitor: Principal,
}

/// Somebody with one session in one document.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) principal: Principal,
    pub(crate) history: History,
    pub(crate) actor: Actor,
    /// How much of the timeline is before their eyes.
    pub(crate) seen: Seq,
    pub(crate) clock: Timestamp,
}

/// An operation on its way, with its words.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    pub(crate) submission: Submission,
    pub(crate) words: Vec<Revision>,
}

impl Letter {
    pub(crate) fn message(&self) -> MessageId {
        self.submission.operation.message().unwrap()
    }

    pub(crate) fn revision(&self) -> RevisionId {
        self.submission.operation.words().unwrap().0
    }

    pub(crate) fn withheld(mut self) -> Self {
        self.submission.withheld = true;
        self.words.clear();
        self
    }
}

impl Chat {
    pub(crate) fn new() -> Self {
        Self::seeded(1)
    }

    pub(crate) fn seeded(seed: u8) -> Self {
        let mut dice = Dice::from_seed([seed; 32]);
        let visitor = Principal::new(ParticipantId::random(&mut dice), Role::Visitor);
        let conversation = ConversationId::timed(NOON, &mut dice);
        let stored = Rows::default();
        let authority =
            Authority::load(conversation, visitor.participant, &stored, &mut dice).unwrap();
        Self {
            authority,
            policy: Policy { visitor_edits: true, visitor_recalls: true, ..Policy::default() },
            elsewhere: Elsewhere::default(),
            now: NOON,
            words: BTreeMap::new(),
            last: Admission::default(),
            dice,
            stored,
            visitor,
        }
    }

    /// The visitor, in another tab or on another device each time.
    pub(crate) fn visitor(&mut self) -> Person {
        self.person(self.visitor.clone(), DocumentKind::Timeline)
    }

    pub(crate) fn agent(&mut self, role: AgentRole) -> Person {
        self.somebody(Role::Agent(role))
    }

    pub(crate) fn assistant(&mut self) -> Person {
        self.somebody(Role::Assistant)
    }

    pub(crate) fn server(&mut self) -> Person {
        self.person(Principal::SERVER, DocumentKind::Timeline)
    }

    fn somebody(&mut self, role: Role) -> Person {
        let principal = Principal::new(ParticipantId::random(&mut self.dice), role);
        self.person(principal, DocumentKind::Timeline)
    }

    /// A new session of somebody in one of the documents, up to date.
    pub(crate) fn person(&mut self, principal: Principal, kind: DocumentKind) -> Person {
        let actor = Actor::random(&mut self.dice);
        let history = self.authority.history(kind).clone();
        let mut person = Person { principal, history, actor, seen: Seq::START, clock: self.now };
        person.pulls(self);
        person
    }

    pub(crate) fn pushes(&mut self, person: &Person, letters: &[&Letter]) -> Vec<OperationFate> {
        let submissions: Vec<_> = letters.iter().map(|l| l.submission.clone()).collect();
        let revisions: Vec<_> = letters.iter().flat_map(|l| l.words.clone()).collect();
        let kind = person.history.document().kind;
        let push = Push { kind, submissions: &submissions, revisions: &revisions };
        let setting = Setting {
            principal: &person.principal,
            policy: &self.policy,
            elsewhere: &self.elsewhere,
            now: self.now,
        };
        let mut admission = Admission::default();
        let fates = self.authority.admit(&mut admission, push, setting, &mut self.dice);
        self.commit(admission);
        fates
    }

    pub(crate) fn push(&mut self, person: &Person, letter: &Letter) -> Fate {
        self.pushes(person, &[letter])[0].fate
    }

    #[track_caller]
    pub(crate) fn accepts(&mut self, person: &Person, letter: &Letter) -> Seq {
        match self.push(person, letter) {
            Fate::Accepted { seq, .. } => seq,
            other => panic!("{:?} got {other:?}", letter.submission.operation),
        }
    }

    #[track_caller]
    pub(crate) fn refuses(&mut self, person: &Person, letter: &Letter, code: Refusal) {
        let fate = self.push(person, letter);
        assert_eq!(fate, Fate::Refused { code }, "{:?}", letter.submission.operation);
    }

    /// Does what storage does with an admission.
    pub(crate) fn commit(&mut self, admission: Admission) {
        self.stored.rows.extend(admission.rows.iter().cloned());
        self.stored.fates.extend(admission.fates.iter().cloned());
        for row in &admission.actors {
            self.stored.actors.retain(|known| (known.kind, known.actor) != (row.kind, row.actor));
            self.stored.actors.push(*row);
        }
        for (kind, words) in &admission.words {
            let kept = self.words.insert((*kind, words.id), words.clone());
            assert_eq!(kept, None, "words are kept once");
        }
        for (kind, revision) in &admission.superseded {
            self.words.remove(&(*kind, *revision));
        }
        for (tombstone, _) in &admission.recalled {
            self.stored.tombstones.push(*tombstone);
            self.words.retain(|(kind, _), words| {
                (*kind, words.message) != (tombstone.kind, tombstone.message)
            });
        }
        self.last = admission;
    }

    /// The server dies and comes back with what its storage keeps.
    pub(crate) fn restarts(&mut self) {
        let (conversation, visitor) = (self.authority.conversation(), self.visitor.participant);
        self.authority =
            Authority::load(conversation, visitor, &self.stored, &mut self.dice).unwrap();
    }

    /// The rows that the last push added beyond its own.
    pub(crate) fn written_by_server(&self) -> Vec<Operation> {
        let own = |row: &&Row| row.submitted_by == Principal::SERVER.participant;
        self.last.rows.iter().filter(own).map(|row| row.operation).collect()
    }

    /// The server itself moves the conversation.
    pub(crate) fn has_status(&mut self, status: Status) {
        let server = self.server();
        let letter = server.clone().does(self, Operation::SetStatus { status });
        self.accepts(&server, &letter);
    }

    /// The texts that storage keeps, in the order of their revisions' ids.
    pub(crate) fn texts(&self) -> Vec<String> {
        let mut texts: Vec<_> = self.words.values().map(|w| w.read().unwrap().text).collect();
        texts.sort();
        texts
    }
}

impl Person {
    /// Takes everything that the server has. What was composed and not accepted is forgotten.
    pub(crate) fn pulls(&mut self, chat: &Chat) {
        self.history = chat.authority.history(self.history.document().kind).clone();
        self.seen = chat.authority.history(DocumentKind::Timeline).last();
    }

    /// The same person in the team document.
    pub(crate) fn on_team(&self, chat: &mut Chat) -> Self {
        chat.person(self.principal.clone(), DocumentKind::Team)
    }

    /// The same person in another session, up to date.
    pub(crate) fn tab(&self, chat: &mut Chat) -> Self {
        chat.person(self.principal.clone(), self.history.document().kind)
    }

    pub(crate) fn id(&self) -> ParticipantId {
        self.principal.participant
    }

    pub(crate) fn document(&self) -> DocumentId {
        self.history.document()
    }

    pub(crate) fn context(&self) -> Context {
        Context {
            author: self.id(),
            actor: self.actor,
            actor_seq: self.history.actor_seq(self.actor) + 1,
            dependencies: self.history.dependencies(self.actor),
            time: self.clock,
        }
    }

    /// Composes an operation and puts it on what this session has.
    pub(crate) fn does(&mut self, chat: &mut Chat, operation: Operation) -> Letter {
        let context = self.context();
        self.does_in(chat, operation, context)
    }

    pub(crate) fn does_in(
        &mut self,
        chat: &mut Chat,
        operation: Operation,
        context: Context,
    ) -> Letter {
        let composed = compose(&self.history, &operation, &context).unwrap();
        let hash = composed.entry.hash;
        self.history.record(composed.entry);
        self.letter(chat, operation, context, hash)
    }

    /// A letter of parts that need not fit together.
    pub(crate) fn letter(
        &self,
        chat: &mut Chat,
        operation: Operation,
        context: Context,
        hash: ChangeHash,
    ) -> Letter {
        let (id, seen) = (OperationId::random(&mut chat.dice), self.seen);
        let submission = Submission { id, operation, context, hash, seen, withheld: false };
        Letter { submission, words: Vec::new() }
    }

    pub(crate) fn kind(&self) -> Kind {
        match (self.principal.role, self.document().kind) {
            (_, DocumentKind::Team) => Kind::Note,
            (Role::Visitor | Role::Server, _) => Kind::Visitor,
            (Role::Agent(_), _) => Kind::Agent,
            (Role::Assistant, _) => Kind::Assistant,
        }
    }

    pub(crate) fn revision(&self, chat: &mut Chat, message: MessageId, text: &str) -> Revision {
        Revision::new(message, self.id(), &Body::text(text), &mut chat.dice).unwrap()
    }

    pub(crate) fn writes(&mut self, chat: &mut Chat, text: &str) -> Letter {
        let message = MessageId::timed(self.clock, &mut chat.dice);
        let words = self.revision(chat, message, text);
        self.sends(chat, self.kind(), words)
    }

    pub(crate) fn sends(&mut self, chat: &mut Chat, kind: Kind, words: Revision) -> Letter {
        let commitment = words.commitment(self.document());
        let (message, revision) = (words.message, words.id);
        let operation = Operation::Send { message, kind, revision, commitment };
        let letter = self.does(chat, operation);
        Letter { words: vec![words], ..letter }
    }

    pub(crate) fn edits(&mut self, chat: &mut Chat, message: MessageId, text: &str) -> Letter {
        let words = self.revision(chat, message, text);
        let (revision, commitment) = (words.id, words.commitment(self.document()));
        let letter = self.does(chat, Operation::Edit { message, revision, commitment });
        Letter { words: vec![words], ..letter }
    }

    pub(crate) fn recalls(&mut self, chat: &mut Chat, message: MessageId) -> Letter {
        self.does(chat, Operation::Recall { message })
    }

    pub(crate) fn claims(&mut self, chat: &mut Chat) -> Letter {
        let assignee = Some(self.id());
        self.does(chat, Operation::Assign { assignee })
    }

    pub(crate) fn closes(&mut self, chat: &mut Chat) -> Letter {
        self.does(chat, Operation::Close)
    }

    /// Writes, and is accepted, and up to date after.
    #[track_caller]
    pub(crate) fn said(&mut self, chat: &mut Chat, text: &str) -> MessageId {
        self.pulls(chat);
        let letter = self.writes(chat, text);
        chat.accepts(self, &letter);
        self.pulls(chat);
        letter.message()
    }

    /// Does something, and is accepted, and up to date after.
    #[track_caller]
    pub(crate) fn did(&mut self, chat: &mut Chat, operation: Operation) {
        self.pulls(chat);
        let letter = self.does(chat, operation);
        chat.accepts(self, &letter);
        self.pulls(chat);
    }

    /// Tries something on what the server has now.
    pub(crate) fn tries(&mut self, chat: &mut Chat, operation: Operation) -> Fate {
        let mut session = self.tab(chat);
        let letter = session.does(chat, operation);
        chat.push(&session, &letter)
    }
}

/// Whether a message is shown as recalled by the server's own log.
pub(crate) fn is_recalled(chat: &Chat, kind: DocumentKind, message: MessageId) -> bool {
    chat.authority.history(kind).has(Key::Recall(message))
}
