//! Tampering with honest frames: field by field, as somebody does who has read the protocol, and
//! byte by byte.

use std::collections::VecDeque;

use rejoinder_core::conversation::layout::{Kind, Notice, Priority, Status};
use rejoinder_core::conversation::operation::{Operation, Submission};
use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{
    Actor, CategoryId, ChangeHash, Commitment, ConversationId, DocumentId, DocumentKind, MessageId,
    OperationId, ParticipantId, RevisionId, Seq,
};
use rejoinder_core::limits;
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{ClientFrame, Credential, Signal};

use crate::roll::Roll;

/// Frames that are remembered, to be said again.
const FRAMES: usize = 256;
/// Ids of one sort that are remembered.
const IDS: usize = 512;

/// What an attacker has seen: ids of everybody and everything, and former frames.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    /// Documents.
    pub documents: Vec<DocumentId>,
    /// Participants.
    pub participants: Vec<ParticipantId>,
    /// Actors.
    pub actors: Vec<Actor>,
    /// Messages and notes.
    pub messages: Vec<MessageId>,
    /// Revisions.
    pub revisions: Vec<RevisionId>,
    /// Operations.
    pub operations: Vec<OperationId>,
    /// Changes.
    pub hashes: Vec<ChangeHash>,
    /// Words of others.
    pub words: Vec<Revision>,
    frames: VecDeque<Vec<u8>>,
}

impl Pool {
    /// Remembers everything that stands in a frame.
    pub fn sees(&mut self, frame: &ClientFrame) {
        self.frames.push_back(frame.encode());
        if self.frames.len() > FRAMES {
            self.frames.pop_front();
        }
        let ClientFrame::Push { document, submissions, revisions } = frame else { return };
        keep(&mut self.documents, *document);
        for submission in submissions {
            let context = &submission.context;
            keep(&mut self.operations, submission.id);
            keep(&mut self.actors, context.actor);
            keep(&mut self.participants, context.author);
            keep(&mut self.hashes, submission.hash);
            submission.operation.message().into_iter().for_each(|id| keep(&mut self.messages, id));
            let words = submission.operation.words();
            words.into_iter().for_each(|(id, _)| keep(&mut self.revisions, id));
        }
        for words in revisions {
            keep(&mut self.words, words.clone());
        }
    }

    /// A former frame, to the byte.
    pub fn former(&self, dice: &mut Dice) -> Option<Vec<u8>> {
        if self.frames.is_empty() {
            return None;
        }
        self.frames.get(dice.index(self.frames.len())).cloned()
    }
}

fn keep<T: PartialEq>(of: &mut Vec<T>, one: T) {
    if !of.contains(&one) {
        if of.len() >= IDS {
            of.remove(0);
        }
        of.push(one);
    }
}

/// Numbers at the ends of what they can be, and beside bounds.
const NUMBERS: [u64; 12] =
    [0, 1, 2, 63, 255, 1_000, 10_000, 1 << 31, 1 << 32, 1 << 53, u64::MAX - 1, u64::MAX];

/// Clocks at the ends of what they can say.
const TIMES: [i64; 9] = [
    i64::MIN,
    i64::MIN + 1,
    -1,
    0,
    1,
    253_402_300_799_999,
    253_402_300_800_000,
    i64::MAX - 1,
    i64::MAX,
];

fn number(dice: &mut Dice) -> u64 {
    if dice.chance(20) { dice.below(200) } else { dice.one(&NUMBERS) }
}

macro_rules! or_random {
    ($($name:ident: $of:ident -> $id:ident;)*) => {$(
        fn $name(pool: &Pool, dice: &mut Dice) -> $id {
            let known = dice.pick(&pool.$of).filter(|_| dice.chance(80));
            known.unwrap_or_else(|| $id::random(dice))
        }
    )*};
}

or_random! {
    participant: participants -> ParticipantId;
    actor: actors -> Actor;
    message: messages -> MessageId;
    revision: revisions -> RevisionId;
    operation_id: operations -> OperationId;
}

fn document(pool: &Pool, dice: &mut Dice) -> DocumentId {
    let kind = dice.one(&[DocumentKind::Timeline, DocumentKind::Team]);
    match dice.pick(&pool.documents) {
        Some(known) if dice.chance(60) => known,
        Some(known) if dice.chance(80) => DocumentId { kind, ..known },
        _ => DocumentId { conversation: ConversationId::random(dice), kind },
    }
}

fn hash(pool: &Pool, dice: &mut Dice) -> ChangeHash {
    let known = dice.pick(&pool.hashes).filter(|_| dice.chance(80));
    known.unwrap_or_else(|| ChangeHash(dice.bytes()))
}

/// Changes one thing of a frame, or several.
pub fn fields(pool: &Pool, dice: &mut Dice, frame: &mut ClientFrame) {
    for _ in 0..=dice.index(3) {
        field(pool, dice, frame);
    }
}

fn field(pool: &Pool, dice: &mut Dice, frame: &mut ClientFrame) {
    match frame {
        ClientFrame::Hello(hello) => match dice.index(6) {
            0 => hello.version = u16::try_from(number(dice) & 0xffff).unwrap(),
            1 => hello.credential = credential(dice),
            2 => hello.feed = number(dice),
            3 => hello.erasures = number(dice),
            4 => hello.epoch = Some(rejoinder_core::id::Epoch::random(dice)),
            _ => hello.snapshots = !hello.snapshots,
        },
        ClientFrame::Purged { cursor } => *cursor = number(dice),
        ClientFrame::Open { document: of, cursor } => match dice.index(2) {
            0 => *of = document(pool, dice),
            _ => *cursor = Seq(number(dice)),
        },
        ClientFrame::Leave { document: of } => *of = document(pool, dice),
        ClientFrame::Want { document: of, revisions } => match dice.index(3) {
            0 => *of = document(pool, dice),
            1 => revisions.push(revision(pool, dice)),
            _ => {
                let many = limits::WANT_REVISIONS + dice.index(2);
                *revisions = (0..many).map(|_| revision(pool, dice)).collect();
            }
        },
        ClientFrame::Signal { document: of, signal } => match dice.index(3) {
            0 => *of = document(pool, dice),
            1 => *signal = dice.one(&[Signal::Viewing, Signal::Typing, Signal::Idle]),
            _ => *signal = Signal::Seen(Seq(number(dice))),
        },
        ClientFrame::Push { document: of, submissions, revisions } => match dice.index(12) {
            0 => *of = document(pool, dice),
            1 => repeat(dice, submissions, revisions),
            2..=3 => words(pool, dice, revisions),
            _ => {
                if !submissions.is_empty() {
                    let which = dice.index(submissions.len());
                    submission(pool, dice, &mut submissions[which]);
                }
            }
        },
        ClientFrame::Holding { documents } => match dice.index(2) {
            0 => documents.push(document(pool, dice)),
            _ => {
                let many = limits::HOLDING_DOCUMENTS + dice.index(2);
                *documents = (0..many).map(|_| document(pool, dice)).collect();
            }
        },
        ClientFrame::LogOut => {}
    }
}

fn credential(dice: &mut Dice) -> Credential {
    let size = dice.one(&[0, 1, 43, 64, 4_000]);
    let text: String = (0..size).map(|_| char::from(b'!' + dice.bytes::<1>()[0] % 90)).collect();
    match dice.index(3) {
        0 => Credential::Token(text),
        1 => Credential::Password { email: text.clone(), password: text, code: None },
        _ => Credential::Visitor(rejoinder_core::id::SiteId::random(dice)),
    }
}

/// More than there were, fewer, or in another order.
fn repeat(dice: &mut Dice, submissions: &mut Vec<Submission>, revisions: &mut Vec<Revision>) {
    let many = limits::PUSH_OPERATIONS + dice.index(2);
    match dice.index(6) {
        0 => submissions.clear(),
        1 => submissions.reverse(),
        2 => {
            if let Some(first) = submissions.first().cloned() {
                submissions.resize(many, first);
            }
        }
        3 => revisions.clear(),
        4 => {
            if let Some(first) = revisions.first().filter(|one| one.body.len() < 2_000).cloned() {
                revisions.resize(many, first);
            }
        }
        _ => revisions.reverse(),
    }
}

fn words(pool: &Pool, dice: &mut Dice, revisions: &mut Vec<Revision>) {
    if revisions.is_empty() || dice.chance(10) {
        revisions.extend(dice.pick(&pool.words));
        return;
    }
    let which = dice.index(revisions.len());
    let words = &mut revisions[which];
    match dice.index(6) {
        0 => words.id = revision(pool, dice),
        1 => words.message = message(pool, dice),
        2 => words.author = participant(pool, dice),
        3 => words.salt = dice.bytes(),
        4 => {
            let size = dice.one(&[0, 1, 40_010, limits::BODY_BYTES, limits::BODY_BYTES + 1]);
            words.body.resize(size, b'x');
        }
        _ => bytes(pool, dice, &mut words.body),
    }
}

fn operation(pool: &Pool, dice: &mut Dice, former: Operation) -> Operation {
    let (words, commitment) =
        former.words().unwrap_or_else(|| (RevisionId::random(dice), Commitment(dice.bytes())));
    let (of, to) = (message(pool, dice), Some(participant(pool, dice)));
    let to = to.filter(|_| dice.chance(80));
    let own = former.message().unwrap_or(of);
    let kind = dice.one(&[Kind::Visitor, Kind::Agent, Kind::Assistant, Kind::Note]);
    match dice.index(12) {
        0 => Operation::Send { message: own, kind, revision: words, commitment },
        1 => Operation::Send { message: of, kind, revision: words, commitment },
        2 => Operation::Edit { message: of, revision: words, commitment },
        3 => Operation::Edit { message: own, revision: revision(pool, dice), commitment },
        4..=5 => Operation::Recall { message: of },
        6 => Operation::SetStatus { status: dice.one(Status::ALL) },
        7 => Operation::Assign { assignee: to },
        8 => Operation::SetPriority { priority: dice.one(Priority::ALL) },
        9 => Operation::SetCategory { category: Some(CategoryId::random(dice)) },
        10 => {
            let participant = participant(pool, dice);
            Operation::SetCollaborator { participant, follows: dice.chance(50) }
        }
        _ => match dice.chance(30) {
            true => Operation::Close,
            false => {
                Operation::Announce { message: of, notice: dice.one(Notice::ALL), subject: to }
            }
        },
    }
}

fn submission(pool: &Pool, dice: &mut Dice, one: &mut Submission) {
    let context = &mut one.context;
    match dice.index(10) {
        0 => one.id = operation_id(pool, dice),
        1..=2 => one.operation = operation(pool, dice, one.operation),
        3 => one.hash = hash(pool, dice),
        4 => one.seen = Seq(number(dice)),
        5 => one.withheld = !one.withheld,
        6 => context.author = participant(pool, dice),
        7 => context.actor = actor(pool, dice),
        8 => match dice.chance(50) {
            true => context.actor_seq = number(dice),
            false => context.time = Timestamp::from_millis(dice.one(&TIMES)),
        },
        _ => dependencies(pool, dice, &mut context.dependencies),
    }
}

fn dependencies(pool: &Pool, dice: &mut Dice, named: &mut Vec<ChangeHash>) {
    match dice.index(7) {
        0 => named.clear(),
        1 => named.push(hash(pool, dice)),
        2 => named.reverse(),
        3 => named.extend(named.clone()),
        4 => {
            let many = limits::DEPENDENCIES + dice.index(2);
            *named = (0..many).map(|_| hash(pool, dice)).collect();
            named.sort_unstable();
            named.dedup();
        }
        5 => {
            *named = (0..=dice.index(4)).map(|_| hash(pool, dice)).collect();
            named.sort_unstable();
            named.dedup();
        }
        _ => named.truncate(dice.index(3)),
    }
}

/// Changes some bytes.
pub fn bytes(pool: &Pool, dice: &mut Dice, bytes: &mut Vec<u8>) {
    for _ in 0..=dice.index(4) {
        let at = if bytes.is_empty() { 0 } else { dice.index(bytes.len()) };
        match dice.index(8) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << dice.index(8),
            1 if !bytes.is_empty() => bytes[at] = dice.one(&[0, 0x1f, 0x7f, 0x80, 0x9f, 0xff]),
            2 => bytes.truncate(at),
            3 => bytes.insert(at, dice.bytes::<1>()[0]),
            4 => {
                // A length that no memory holds: of bytes, text, an array, a map.
                let head = dice.one(&[0x5b, 0x7b, 0x9b, 0xbb, 0x5a, 0x9a]);
                let huge = [head, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
                let end = (at + huge.len()).min(bytes.len());
                bytes.splice(at..end, huge);
            }
            5 => {
                // The beginning of this and the end of another.
                if let Some(other) = pool.former(dice) {
                    let from = dice.index(other.len());
                    bytes.truncate(at);
                    bytes.extend(&other[from..]);
                }
            }
            6 => {
                let nested = dice.one(&[1, 64, 5_000]);
                let open = dice.one(&[0x81, 0x9f, 0xc1, 0xa1]);
                let deep = core::iter::repeat_n(open, nested);
                bytes.splice(at..at, deep);
            }
            _ => {
                let end = (at + dice.index(64)).min(bytes.len());
                let piece: Vec<u8> = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
}
