//! Random histories over clients that are offline most of the time.

use automerge::{Automerge, Change, ReadDoc, ScalarValue, Value as Read};
use proptest::prelude::{Strategy, prop};
use proptest::{prop_assert, prop_assert_eq, proptest};
use rejoinder_core::conversation::compose::{compose, genesis, read};
use rejoinder_core::conversation::history::{Entry, History, Past};
use rejoinder_core::conversation::layout::{Key, Kind, Status, Value};
use rejoinder_core::conversation::operation::{Context, Operation};
use rejoinder_core::id::{
    Actor, ChangeHash, Commitment, ConversationId, DocumentId, MessageId, ParticipantId, RevisionId,
};
use rejoinder_core::time::Timestamp;

const CLIENTS: usize = 4;

/// What one client does next.
#[derive(Clone, Copy, Debug)]
enum Step {
    Write(u8),
    Edit(u8),
    Recall(u8),
    Status(u8),
    Assign(u8),
    /// Pushes what waits and pulls what is there.
    Connect,
    /// Starts again, with another actor.
    Restart,
}

fn steps(most: usize) -> impl Strategy<Value = Vec<(usize, Step)>> {
    let id = 0..6_u8;
    let step = proptest::prop_oneof![
        3 => id.clone().prop_map(Step::Write),
        3 => id.clone().prop_map(Step::Edit),
        1 => id.clone().prop_map(Step::Recall),
        2 => (0..4_u8).prop_map(Step::Status),
        1 => id.prop_map(Step::Assign),
        2 => proptest::prelude::Just(Step::Connect),
        1 => proptest::prelude::Just(Step::Restart),
    ];
    prop::collection::vec((0..CLIENTS, step), 1..most)
}

fn document() -> DocumentId {
    DocumentId::timeline(ConversationId::from_bytes([7; 16]))
}

struct Client {
    history: History,
    actor: Actor,
    waiting: Vec<(Operation, Context, ChangeHash)>,
}

/// A server's log, with the changes in it, and clients around it.
struct World {
    log: History,
    rows: Vec<(Operation, Context, ChangeHash)>,
    changes: Vec<Vec<u8>>,
    clients: Vec<Client>,
    /// Ids and actors are drawn by counting.
    drawn: u64,
}

impl World {
    fn new() -> Self {
        let client = |n: usize| Client {
            history: History::new(document()),
            actor: Actor::from_bytes([u8::try_from(n).unwrap() + 1; 16]),
            waiting: Vec::new(),
        };
        Self {
            log: History::new(document()),
            rows: Vec::new(),
            changes: vec![genesis(document()).bytes],
            clients: (0..CLIENTS).map(client).collect(),
            drawn: 0,
        }
    }

    fn draw(&mut self) -> [u8; 16] {
        self.drawn += 1;
        // Scattered, so that no order of actors is the order of time.
        let scattered = self.drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&scattered.to_be_bytes());
        bytes
    }

    fn step(&mut self, at: usize, step: Step) {
        let message = |n: u8| MessageId::from_bytes([n; 16]);
        let commitment = Commitment([9; 32]);
        let operation = match step {
            Step::Connect => return self.connect(at),
            Step::Restart => {
                self.clients[at].actor = Actor::from_bytes(self.draw());
                return;
            }
            Step::Write(n) => {
                let (revision, kind) = (RevisionId::from_bytes(self.draw()), Kind::Agent);
                Operation::Send { message: message(n), kind, revision, commitment }
            }
            Step::Edit(n) => {
                let revision = RevisionId::from_bytes(self.draw());
                Operation::Edit { message: message(n), revision, commitment }
            }
            Step::Recall(n) => Operation::Recall { message: message(n) },
            Step::Status(n) => Operation::SetStatus { status: Status::from_code(n).unwrap() },
            Step::Assign(n) => {
                let assignee = (n > 2).then(|| ParticipantId::from_bytes([n; 16]));
                Operation::Assign { assignee }
            }
        };
        let time = Timestamp::from_millis(i64::try_from(self.drawn).unwrap());
        let client = &mut self.clients[at];
        let context = Context {
            author: ParticipantId::from_bytes([u8::try_from(at).unwrap(); 16]),
            actor: client.actor,
            actor_seq: client.history.actor_seq(client.actor) + 1,
            dependencies: client.history.dependencies(client.actor),
            time,
        };
        let composed = compose(&client.history, &operation, &context).unwrap();
        let hash = composed.entry.hash;
        client.history.record(composed.entry);
        client.waiting.push((operation, context, hash));
    }

    /// The server composes what waits; the client takes the log and puts nothing of its own on it.
    fn connect(&mut self, at: usize) {
        for row in core::mem::take(&mut self.clients[at].waiting) {
            let composed = self.log.replay(&row.0, &row.1, row.2).unwrap();
            self.changes.push(composed.bytes);
            self.rows.push(row);
        }
        self.clients[at].history = self.log.clone();
    }

    fn play(steps: &[(usize, Step)]) -> Self {
        let mut world = Self::new();
        for &(at, step) in steps {
            world.step(at, step);
        }
        for at in 0..CLIENTS {
            world.connect(at);
        }
        world
    }

    fn automerge(&self) -> Automerge {
        let changes = self.changes.iter().map(|bytes| Change::from_bytes(bytes.clone()).unwrap());
        let mut doc = Automerge::new();
        doc.apply_changes(changes).unwrap();
        doc
    }
}

fn value(key: Key, read: &Read<'_>) -> Value {
    let Read::Scalar(scalar) = read else { panic!("{key}: {read:?}") };
    let scalar: &ScalarValue = scalar;
    Value::from_scalar(key, scalar).unwrap()
}

fn op_ids(entries: &[&Entry]) -> Vec<(u64, Actor)> {
    let mut ids: Vec<_> = entries.iter().map(|entry| (entry.op, entry.actor)).collect();
    ids.sort_unstable();
    ids
}

fn read_ids(all: &[(Read<'_>, automerge::ObjId)]) -> Vec<(u64, Actor)> {
    let id = |id: &automerge::ObjId| match id {
        automerge::ObjId::Id(op, actor, _) => {
            (*op, Actor::from_bytes(actor.to_bytes().try_into().unwrap()))
        }
        automerge::ObjId::Root => panic!("a put has an id"),
    };
    let mut ids: Vec<_> = all.iter().map(|(_, obj)| id(obj)).collect();
    ids.sort_unstable();
    ids
}

fn heads(doc: &Automerge) -> Vec<ChangeHash> {
    let mut heads: Vec<_> = doc.get_heads().iter().map(|hash| ChangeHash(hash.0)).collect();
    heads.sort_unstable();
    heads
}

/// The past that dependencies stand for: found by composing on them.
fn past_at(log: &History, dependencies: &[ChangeHash]) -> Past {
    let context = Context {
        author: ParticipantId::from_bytes([0; 16]),
        actor: Actor::from_bytes([0xee; 16]),
        actor_seq: 1,
        dependencies: dependencies.to_vec(),
        time: Timestamp::default(),
    };
    log.place(&context).unwrap().past
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig {
        cases: 256,
        failure_persistence: None,
        ..Default::default()
    })]

    // `replay` fails unless the server composes the hash that the client did.
    #[test]
    fn op6_both_sides_compose_the_same_and_op8_every_save_reloads(steps in steps(80)) {
        let world = World::play(&steps);
        let doc = world.automerge();
        prop_assert_eq!(heads(&doc), world.log.heads());
        let loaded = Automerge::load(&doc.save()).unwrap();
        prop_assert_eq!(heads(&loaded), world.log.heads());
        prop_assert_eq!(loaded.get_changes(&[]).len(), world.changes.len());
    }

    #[test]
    fn op8_the_index_sees_what_automerge_sees(steps in steps(80)) {
        let world = World::play(&steps);
        let (doc, log) = (world.automerge(), &world.log);
        for key in log.keys() {
            let all = doc.get_all(automerge::ROOT, key.to_string()).unwrap();
            prop_assert_eq!(op_ids(&log.visible(key, &log.now())), read_ids(&all));
            let (winner, _) = doc.get(automerge::ROOT, key.to_string()).unwrap().unwrap();
            prop_assert_eq!(log.current(key).unwrap().value, value(key, &winner));
            let winner = log.winner(key, &log.now()).unwrap().hash;
            prop_assert_eq!(log.current(key).unwrap().hash, winner);
        }
    }

    #[test]
    fn op8_at_any_dependencies_too(
        steps in steps(60),
        picks in prop::collection::vec(prop::collection::vec(0..1_000_usize, 1..4), 1..6),
    ) {
        let world = World::play(&steps);
        let (doc, log) = (world.automerge(), &world.log);
        let genesis = genesis(document()).entry.hash;
        let hashes: Vec<_> =
            [genesis].into_iter().chain(log.entries().map(|(_, entry)| entry.hash)).collect();
        for pick in picks {
            let mut at: Vec<_> = pick.iter().map(|n| hashes[n % hashes.len()]).collect();
            at.sort_unstable();
            at.dedup();
            let past = past_at(log, &at);
            let at: Vec<_> = at.iter().map(|hash| automerge::ChangeHash(hash.0)).collect();
            for key in log.keys() {
                let all = doc.get_all_at(automerge::ROOT, key.to_string(), &at).unwrap();
                prop_assert_eq!(op_ids(&log.visible(key, &past)), read_ids(&all));
                let winner = doc.get_at(automerge::ROOT, key.to_string(), &at).unwrap();
                let ours = log.winner(key, &past).map(|entry| entry.value);
                prop_assert_eq!(ours, winner.map(|(read, _)| value(key, &read)));
            }
        }
    }

    // A replica reads what the server made into the same index.
    #[test]
    fn op6_a_replica_reads_what_was_composed(steps in steps(60)) {
        let world = World::play(&steps);
        let mut replica = History::new(document());
        for bytes in &world.changes[1..] {
            let change = Change::from_bytes(bytes.clone()).unwrap();
            let entry = read(&replica, &change).unwrap();
            replica.record(entry);
        }
        prop_assert_eq!(replica.heads(), world.log.heads());
        for ((_, ours), (_, theirs)) in replica.entries().zip(world.log.entries()) {
            prop_assert_eq!((ours.op, ours.key, ours.value), (theirs.op, theirs.key, theirs.value));
            prop_assert_eq!(&ours.past, &theirs.past);
        }
    }

    // Whatever the order in which devices connect, they converge; and a recall stays.
    #[test]
    fn op10_every_order_of_arrival_converges(
        edits in prop::collection::vec((0..3_usize, 0..3_u8), 1..12),
        order in proptest::sample::subsequence(vec![0_usize, 1, 2], 3).prop_shuffle(),
    ) {
        let play = |order: &[usize]| {
            let mut world = World::new();
            world.step(3, Step::Write(1));
            world.connect(3);
            (0..3).for_each(|at| world.connect(at));
            for &(at, deed) in &edits {
                let step = if deed == 0 { Step::Recall(1) } else { Step::Edit(1) };
                world.step(at, step);
            }
            order.iter().for_each(|&at| world.connect(at));
            world
        };
        let (one, other) = (play(&[0, 1, 2]), play(&order));
        let (edit, recall) = (
            Key::Edit(MessageId::from_bytes([1; 16])),
            Key::Recall(MessageId::from_bytes([1; 16])),
        );
        prop_assert_eq!(one.log.heads(), other.log.heads());
        let hash = |world: &World, key| world.log.current(key).map(|entry| entry.hash);
        prop_assert_eq!(hash(&one, edit), hash(&other, edit));
        let recalled = edits.iter().any(|&(_, deed)| deed == 0);
        prop_assert!(one.log.has(recall) == recalled && other.log.has(recall) == recalled);
        prop_assert_eq!(one.automerge().get_heads(), other.automerge().get_heads());
    }
}
