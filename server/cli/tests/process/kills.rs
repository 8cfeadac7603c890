//! Killed a hundred times under load, or as often as is asked for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rejoinder_harness::client::id::{ConversationId, MessageId, Seq};
use rejoinder_harness::client::{MessageView, Words};
use rejoinder_harness::{Person, World};

use crate::command::{PROGRAM, is_sound};

/// In the environment: how often it is killed.
const KILLS: &str = "KILLS";

/// Kills before others begin to write elsewhere: a document takes 10,000 changes.
const IN_A_LOT: u64 = 100;

/// With more than this unsent, somebody waits before they write on.
const UNSENT: usize = 400;

/// What one of the writers did, and what their client has told to be accepted.
#[derive(Debug, Default)]
struct Record {
    /// Messages in the order of writing, with the words that they have in the end.
    written: Vec<(MessageId, Option<String>)>,
    accepted: BTreeMap<MessageId, Seq>,
}

/// Where somebody writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Timeline,
    Team,
}

/// Numbers without a pattern.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

async fn messages(person: &Person, chat: ConversationId, place: Place) -> Vec<MessageView> {
    match place {
        Place::Timeline => person.view(chat).await.messages,
        Place::Team => person.agent_view(chat).await.notes,
    }
}

/// Writes, edits and recalls until told to stop.
async fn write(
    person: Arc<Person>,
    chat: ConversationId,
    place: Place,
    stop: Arc<AtomicBool>,
) -> Record {
    let (desk, mut record) = (person.chat(chat).await, Record::default());
    let mut dice = Dice(person.device().bytes().map(u64::from).sum::<u64>() | 1 << 40);
    while !stop.load(Ordering::Relaxed) {
        let number = record.written.len();
        let text = format!("{} {place:?} {number}", person.device());
        let message = match place {
            Place::Timeline => person.says(chat, &text).await,
            Place::Team => person.notes(chat, &text).await,
        };
        record.written.push((message, Some(text)));
        let (former, words) = {
            let at = usize::try_from(dice.below(number as u64 + 1)).unwrap();
            &mut record.written[at]
        };
        match (dice.below(8), words.is_some(), place) {
            (0, true, Place::Timeline) => {
                let text = format!("{} edited {number}", person.device());
                desk.edit(*former, text.as_str()).await.unwrap();
                *words = Some(text);
            }
            (1, true, Place::Timeline) => {
                desk.recall(*former).await.unwrap();
                *words = None;
            }
            _ => {}
        }
        if number.is_multiple_of(16) {
            note_accepted(&mut record, &messages(&person, chat, place).await);
        }
        tokio::time::sleep(Duration::from_millis(40 + dice.below(40))).await;
        // On a busy machine a server is slow to start, and an outbox is full some day.
        while person.client().unsent().await.unwrap() > UNSENT {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    record
}

/// Keeps what the client says was accepted, and where.
fn note_accepted(record: &mut Record, seen: &[MessageView]) {
    let own: BTreeMap<_, _> = seen.iter().filter_map(|m| Some((m.id, m.seq?))).collect();
    for (message, _) in &record.written {
        if let Some(seq) = own.get(message) {
            let before = record.accepted.insert(*message, *seq);
            assert!(before.is_none_or(|before| before == *seq), "{message} has moved");
        }
    }
}

/// Nothing of a record is lost, doubled or out of order.
fn holds(record: &Record, seen: &[MessageView]) {
    let by_id: BTreeMap<_, _> = seen.iter().map(|message| (message.id, message)).collect();
    assert_eq!(by_id.len(), seen.len(), "nothing is doubled");
    for (message, seq) in &record.accepted {
        assert_eq!(by_id.get(message).and_then(|m| m.seq), Some(*seq), "accepted, and kept");
    }
    let mut last = Seq::START;
    for (message, words) in &record.written {
        let Some(seen) = by_id.get(message) else {
            // Taken back before it was ever sent, it vanished.
            assert!(words.is_none(), "{message} is lost");
            continue;
        };
        let seq = seen.seq.expect("everything was accepted in the end");
        assert!(seq > last, "{message} is out of order");
        last = seq;
        match (words, &seen.words) {
            (Some(text), Words::Said(body)) => assert_eq!(&body.text, text),
            (None, Words::Recalled) => {}
            other => panic!("{message}: {other:?}"),
        }
    }
}

/// Three visitors come, everybody writes, the server is killed again and again, and nothing is
/// lost. How much was written, and how much of it somebody knew to be accepted, comes back.
async fn lot(
    world: &mut World,
    team: &[Arc<Person>; 3],
    dice: &mut Dice,
    (number, kills): (u64, u64),
) -> (usize, usize) {
    let visitors = [
        world.visitor(&format!("vera-{number}")).await,
        world.visitor(&format!("paul-{number}")).await,
        world.forgetful_visitor(&format!("mem-{number}")).await,
    ];
    let [ann, bo, phone] = team;
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = Vec::new();
    let mut begin = |person: &Arc<Person>, chat, place| {
        let task = tokio::spawn(write(Arc::clone(person), chat, place, Arc::clone(&stop)));
        writers.push((chat, place, task));
    };
    let mut chats = Vec::new();
    for (number, visitor) in visitors.iter().enumerate() {
        let chat = visitor.begins("Hello?").await;
        let agent = if number == 0 { ann } else { bo };
        agent.sees(chat, &["Hello?"]).await;
        chats.push((visitor, agent, chat));
    }
    for (visitor, agent, chat) in &chats {
        begin(visitor, *chat, Place::Timeline);
        begin(agent, *chat, Place::Timeline);
    }
    for person in team {
        begin(person, chats[0].2, Place::Team);
    }
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(50 + dice.below(500))).await;
        world.kill_server().await;
        world.start_server().await;
        // Nobody waits until the next try is due: the server is to be busy when it dies.
        for person in team.iter().chain(&visitors) {
            person.client().go_online().await.unwrap();
        }
    }
    stop.store(true, Ordering::Relaxed);
    let mut records = Vec::new();
    for (chat, place, task) in writers {
        records.push((chat, place, task.await.unwrap()));
    }
    for (visitor, agent, chat) in &chats {
        for person in [visitor, agent] {
            person.chat(*chat).await.widen(10_000).await.unwrap();
        }
    }
    phone.chat(chats[0].2).await.widen(10_000).await.unwrap();
    bo.chat(chats[0].2).await.widen(10_000).await.unwrap();
    world.settle().await;
    let witness = world.supervisor(&format!("sue-{number}")).await;
    let (mut written, mut told) = (0, 0);
    for (chat, place, record) in &records {
        witness.chat(*chat).await.widen(10_000).await.unwrap();
        witness.settles().await;
        holds(record, &messages(&witness, *chat, *place).await);
        (written, told) = (written + record.written.len(), told + record.accepted.len());
    }
    (written, told)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn st8_killed_a_hundred_times_it_loses_doubles_and_disorders_nothing() {
    let asked = std::env::var(KILLS).map_or(IN_A_LOT, |kills| kills.parse().unwrap());
    let (mut world, began) = (World::start_program(PROGRAM, &[]).await, Instant::now());
    let (ann, bo) = (world.agent("ann").await, world.agent("bo").await);
    let phone = world.second_device(&ann).await;
    let team = [ann, bo, phone];
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut written, mut told, mut killed) = (0, 0, 0);
    for number in 0.. {
        let kills = IN_A_LOT.min(asked - killed);
        let more = lot(&mut world, &team, &mut dice, (number, kills)).await;
        (written, told, killed) = (written + more.0, told + more.1, killed + kills);
        if killed == asked {
            break;
        }
    }
    println!("{killed} kills, {written} messages, {told} known as accepted, {:?}", began.elapsed());
    let enough = usize::try_from(10 * asked).unwrap();
    assert!(written > enough && told > written / 4, "{written} written, {told} known as accepted");
    world.stop_server().await;
    is_sound(&world);
}
