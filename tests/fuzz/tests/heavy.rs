//! Pushes that are as heavy as somebody can make them who knows how documents are judged: each was
//! found by looking for the most work that one frame can ask for.
#![expect(clippy::unwrap_used, reason = "it serves tests only")]

use std::time::Duration;

use rejoinder_core::authority::elsewhere::Elsewhere;
use rejoinder_core::authority::fate::Fate;
use rejoinder_core::authority::policy::Policy;
use rejoinder_core::authority::{Admission, Authority, Push, Rows, Setting};
use rejoinder_core::conversation::compose::compose;
use rejoinder_core::conversation::layout::Kind;
use rejoinder_core::conversation::operation::{Context, Operation, Submission};
use rejoinder_core::conversation::revision::{Body, Revision};
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{
    Actor, ChangeHash, ConversationId, DocumentKind, MessageId, OperationId, ParticipantId, Seq,
};
use rejoinder_core::limits;
use rejoinder_core::principal::{Principal, Role};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::ClientFrame;
use rejoinder_fuzz::cpu;

const KIND: DocumentKind = DocumentKind::Timeline;
const NOON: Timestamp = Timestamp::from_millis(1_776_000_000_000);

/// How long a frame may take a processor; where the program is not optimised, ten times as long.
const SLOWEST: Duration = Duration::from_millis(if cfg!(debug_assertions) { 200 } else { 20 });

/// A visitor who knows how documents are judged.
struct Attacker {
    authority: Authority,
    principal: Principal,
    dice: Dice,
    slowest: Duration,
    longest_change: usize,
}

impl Attacker {
    fn new() -> Self {
        let mut dice = Dice::from_seed([5; 32]);
        let visitor = ParticipantId::random(&mut dice);
        let conversation = ConversationId::random(&mut dice);
        let authority =
            Authority::load(conversation, visitor, &Rows::default(), &mut dice).unwrap();
        let principal = Principal::new(visitor, Role::Visitor);
        let (slowest, longest_change) = (Duration::ZERO, 0);
        Self { authority, principal, dice, slowest, longest_change }
    }

    fn submission(
        &mut self,
        operation: Operation,
        actor: Actor,
        dependencies: Vec<ChangeHash>,
    ) -> Submission {
        let history = self.authority.history(KIND);
        let context = Context {
            author: self.principal.participant,
            actor,
            actor_seq: history.actor_seq(actor) + 1,
            dependencies,
            time: NOON,
        };
        let hash = compose(history, &operation, &context).unwrap().entry.hash;
        let id = OperationId::random(&mut self.dice);
        Submission { id, operation, context, hash, seen: Seq(u64::MAX), withheld: false }
    }

    fn words(&mut self, message: MessageId) -> Revision {
        let body = Body { text: "x".to_owned(), ..Body::default() };
        Revision::new(message, self.principal.participant, &body, &mut self.dice).unwrap()
    }

    fn edit(&mut self, message: MessageId, on: Vec<ChangeHash>) -> (Submission, Revision) {
        let (words, actor) = (self.words(message), Actor::random(&mut self.dice));
        let commitment = words.commitment(self.authority.history(KIND).document());
        let operation = Operation::Edit { message, revision: words.id, commitment };
        (self.submission(operation, actor, on), words)
    }

    fn send(&mut self, actor: Actor, on: Vec<ChangeHash>) -> (Submission, Revision) {
        let message = MessageId::random(&mut self.dice);
        let words = self.words(message);
        let commitment = words.commitment(self.authority.history(KIND).document());
        let kind = Kind::Visitor;
        let operation = Operation::Send { message, kind, revision: words.id, commitment };
        (self.submission(operation, actor, on), words)
    }

    /// Pushes all of it in one frame, and counts what was accepted.
    fn push(&mut self, letters: Vec<(Submission, Revision)>) -> usize {
        let (submissions, revisions): (Vec<_>, Vec<_>) = letters.into_iter().unzip();
        let document = self.authority.history(KIND).document();
        let frame = ClientFrame::Push {
            document,
            submissions: submissions.clone(),
            revisions: revisions.clone(),
        };
        assert!(frame.encode().len() <= limits::FRAME_BYTES, "no frame: {}", frame.encode().len());
        let policy = Policy { visitor_edits: true, ..Policy::default() };
        let setting = Setting {
            principal: &self.principal,
            policy: &policy,
            elsewhere: Elsewhere::NOTHING,
            now: NOON,
        };
        let push = Push { kind: KIND, submissions: &submissions, revisions: &revisions };
        let (mut admission, begun) = (Admission::default(), cpu::used_here());
        let fates = self.authority.admit(&mut admission, push, setting, &mut self.dice);
        self.slowest = self.slowest.max(cpu::used_here() - begun);
        let longest = admission.rows.iter().map(|row| row.change.len()).max().unwrap_or(0);
        self.longest_change = self.longest_change.max(longest);
        fates.iter().filter(|fate| matches!(fate.fate, Fate::Accepted { .. })).count()
    }

    /// Pushes as much as fits into a frame, each operation on all of these.
    fn names(&mut self, mut named: Vec<ChangeHash>) {
        named.sort_unstable();
        let mut letters = Vec::new();
        for _ in 0..limits::PUSH_OPERATIONS {
            let actor = Actor::random(&mut self.dice);
            letters.push(self.send(actor, named.clone()));
        }
        assert!(self.push(letters) > 0);
        self.is_no_burden();
    }

    fn heads(&self) -> Vec<ChangeHash> {
        self.authority.history(KIND).heads()
    }

    /// Brings everything that stands side by side together again.
    fn merges(&mut self) {
        let (actor, heads) = (Actor::random(&mut self.dice), self.heads());
        let letter = self.send(actor, heads);
        assert_eq!(self.push(vec![letter]), 1);
    }

    fn is_no_burden(&self) {
        assert!(self.slowest < SLOWEST, "a frame took {:?}", self.slowest);
        let longest = self.longest_change;
        assert!(longest < 32 * 1024, "one operation became a change of {longest} bytes");
    }
}

#[test]
fn au38_edits_side_by_side_do_not_pile_up() {
    let mut attacker = Attacker::new();
    let actor = Actor::random(&mut attacker.dice);
    let genesis = attacker.heads();
    let (sent, words) = attacker.send(actor, genesis);
    let (message, first) = (words.message, vec![sent.hash]);
    assert_eq!(attacker.push(vec![(sent, words)]), 1);
    let mut accepted = 0;
    for _ in 0..20 {
        for _ in 0..3 {
            let letters = (0..limits::PUSH_OPERATIONS)
                .map(|_| attacker.edit(message, first.clone()))
                .collect();
            accepted += attacker.push(letters);
        }
        attacker.merges();
    }
    assert_eq!(accepted, limits::SIDE_BY_SIDE, "so many devices may edit at once");
    let heads = attacker.heads();
    let letters =
        (0..limits::PUSH_OPERATIONS).map(|_| attacker.edit(message, heads.clone())).collect();
    assert!(attacker.push(letters) > 0, "who has pulled edits on");
    attacker.is_no_burden();
}

#[test]
fn au10_dependencies_with_long_pasts_cost_little() {
    let mut attacker = Attacker::new();
    let genesis = attacker.heads();
    // Something that the chain does not have in its past, so that its past is no prefix.
    let aside = Actor::random(&mut attacker.dice);
    let letter = attacker.send(aside, genesis.clone());
    assert_eq!(attacker.push(vec![letter]), 1);
    let (chain, mut on) = (Actor::random(&mut attacker.dice), genesis);
    let mut hashes = Vec::new();
    for _ in 0..limits::OUTBOX_OPERATIONS - 1 {
        let letter = attacker.send(chain, on.clone());
        on = vec![letter.0.hash];
        hashes.push(letter.0.hash);
        assert_eq!(attacker.push(vec![letter]), 1);
    }
    let named = hashes.split_off(hashes.len() - 100);
    attacker.names(named);
}

#[test]
fn au10_dependencies_side_by_side_with_long_pasts_cost_little() {
    let mut attacker = Attacker::new();
    let genesis = attacker.heads();
    let aside = Actor::random(&mut attacker.dice);
    let letter = attacker.send(aside, genesis.clone());
    assert_eq!(attacker.push(vec![letter]), 1);
    let (chain, mut on) = (Actor::random(&mut attacker.dice), genesis);
    for _ in 0..limits::OUTBOX_OPERATIONS - 110 {
        let letter = attacker.send(chain, on.clone());
        on = vec![letter.0.hash];
        assert_eq!(attacker.push(vec![letter]), 1);
    }
    // Each has the whole chain in its past, and none another.
    let mut named = Vec::new();
    for _ in 0..60 {
        let actor = Actor::random(&mut attacker.dice);
        let letter = attacker.send(actor, on.clone());
        named.push(letter.0.hash);
        assert_eq!(attacker.push(vec![letter]), 1);
    }
    attacker.names(named);
}
