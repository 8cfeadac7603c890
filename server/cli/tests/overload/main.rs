//! More than the server can do: honest people ask for five times as much.
//!
//! The server is a process of its own that may run for a tenth of the time, so that those who
//! ask have processors left. It stands in a test of its own, so that nothing else is measured.
#![expect(clippy::unwrap_used, reason = "it serves tests only")]

mod leash;

use std::time::Duration;

use rejoinder_harness::core::id::OperationId;
use rejoinder_harness::core::limits;
use rejoinder_harness::{Crowd, Talker, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use leash::{Leash, used};

const PROGRAM: &str = env!("CARGO_BIN_EXE_rejoinder");

/// Visitors: first each writes one message after another, then without waiting.
const VISITORS: usize = 120;
/// Agents, who answer some of them.
const AGENTS: usize = 8;
/// How many times as much as it can do is asked for.
const TIMES: f64 = 5.0;

const CALM: Duration = Duration::from_secs(3);
const STORM: Duration = Duration::from_secs(6);
/// How often an agent answers.
const ANSWERS: Duration = Duration::from_millis(500);
/// What is done at least of what it can do when everybody waits for one answer at a time, while
/// others use the machine too. More than all of it is usual, for those who were put off push what
/// gathered meanwhile at once; for a second of its processor's time at least 0.8 is asked.
const AT_LEAST: f64 = 0.5;
/// When agents are answered at once again, with others on the machine; 5 s are the aim.
const RECOVERED: Duration = Duration::from_secs(15);

/// What was accepted in a while, and what it took.
#[derive(Debug)]
struct Done {
    accepted: f64,
    seconds: f64,
    processor: f64,
}

impl Done {
    fn a_second(&self) -> f64 {
        self.accepted / self.seconds
    }

    fn a_processor_second(&self) -> f64 {
        self.accepted / self.processor
    }
}

/// Counts what of some people's is accepted in a while.
struct Watch<'a> {
    process: u32,
    people: &'a [Talker],
    begun: Instant,
    used: Duration,
}

impl<'a> Watch<'a> {
    fn begin(world: &World, people: &'a [Talker]) -> Self {
        let process = world.program().id();
        Self { process, people, begun: Instant::now(), used: used(process) }
    }

    fn end(self) -> Done {
        let (end, used) = (Instant::now(), used(self.process) - self.used);
        let of = |talker: &Talker| {
            let accepted = talker.light.heard().accepted;
            accepted.into_values().filter(|at| (self.begun..end).contains(at)).count()
        };
        let accepted: usize = self.people.iter().map(of).sum();
        let seconds = (end - self.begun).as_secs_f64();
        Done { accepted: accepted as f64, seconds, processor: used.as_secs_f64() }
    }
}

fn percentile(took: &mut [Duration], of: usize) -> Duration {
    took.sort_unstable();
    took[(took.len() * of / 100).min(took.len() - 1)]
}

/// Writes one message after another, each once the one before is accepted.
async fn talks(talker: Talker, until: Instant) {
    while Instant::now() < until {
        talker.says("one after another");
        talker.is_heard().await;
    }
}

/// Somebody, and what they wrote when.
type Poured = (Talker, Vec<(OperationId, Instant)>);

/// Writes so often, whatever becomes of it.
async fn pours(talker: Talker, every: Duration, until: Instant) -> Poured {
    let part = f64::from(talker.chat.as_bytes()[15]) / 256.0;
    let (mut next, mut said) = (Instant::now() + every.mul_f64(part), Vec::new());
    while next < until {
        tokio::time::sleep_until(next).await;
        if said.len() % 4 == 0 {
            talker.types();
        }
        said.push((talker.says("without waiting"), Instant::now()));
        next += every;
    }
    (talker, said)
}

/// How much of something the server says that it has shed.
async fn shed(world: &World, what: &str) -> u64 {
    let mut stream = TcpStream::connect(world.address()).await.unwrap();
    let question = b"GET /metrics HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
    stream.write_all(question).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let name = format!("rejoinder_shed_total{{what=\"{what}\"}} ");
    let line = answer.lines().find_map(|line| line.strip_prefix(&name));
    line.map_or(0, |count| count.parse().unwrap())
}

/// What it can do: one message of each at a time.
async fn capacity(world: &World, visitors: &[Talker]) -> Done {
    let until = Instant::now() + CALM + Duration::from_secs(1);
    let mut talking = JoinSet::new();
    for talker in visitors {
        talking.spawn(talks(talker.clone(), until));
    }
    sleep(Duration::from_secs(1)).await;
    let watch = Watch::begin(world, visitors);
    sleep(CALM).await;
    let done = watch.end();
    talking.join_all().await;
    done
}

/// Much more than that: what was done of it in each quarter of the time, and what visitors and
/// agents wrote.
async fn storm(
    world: &World,
    (visitors, agents): (&[Talker], &[Talker]),
    every: Duration,
) -> (Vec<Done>, Vec<Poured>, Vec<Poured>) {
    let until = Instant::now() + STORM;
    let (mut pouring, mut answering) = (JoinSet::new(), JoinSet::new());
    for visitor in visitors {
        pouring.spawn(pours(visitor.clone(), every, until));
    }
    for agent in agents {
        answering.spawn(pours(agent.clone(), ANSWERS, until));
    }
    let everybody: Vec<_> = visitors.iter().chain(agents).cloned().collect();
    let mut quarters = Vec::new();
    for _ in 0..4 {
        let watch = Watch::begin(world, &everybody);
        sleep(STORM / 4).await;
        quarters.push(watch.end());
    }
    (quarters, pouring.join_all().await, answering.join_all().await)
}

/// Waits until an agent's message is accepted before anything is shed.
async fn answers_at_once(agent: &Talker) {
    loop {
        agent.is_heard().await;
        let begun = Instant::now();
        agent.says("again");
        agent.is_heard().await;
        if begun.elapsed() < Duration::from_millis(limits::SHED_PRESENCE_MILLIS) {
            return;
        }
    }
}

/// Asserts that everything stands where it was written, once, and that nobody was told otherwise.
async fn all_is_there(visitors: &[Poured], agents: &[Poured], before: &[usize]) {
    for (number, ((visitor, said), before)) in visitors.iter().zip(before).enumerate() {
        visitor.light.hurries();
        visitor.is_heard().await;
        let of_agents = agents.iter().filter(|(agent, _)| agent.chat == visitor.chat);
        let expected = before + said.len() + of_agents.map(|(_, said)| said.len()).sum::<usize>();
        let seen = || visitor.messages();
        rejoinder_harness::eventually(
            &format!("visitor {number} sees all"),
            async || seen(),
            |seen| *seen == expected,
        )
        .await;
        assert_eq!(visitor.light.heard().refused, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wp37_of_five_times_too_much_visitors_wait_and_agents_do_not() {
    let world = World::start_program(PROGRAM, &[]).await;
    let mut crowd = Crowd::new(&world);
    let mut visitors = crowd.visitors(&world, VISITORS).await;
    let (ann, mut agents) = (crowd.agent(&world, "ann").await, Vec::new());
    for visitor in &visitors[..AGENTS] {
        agents.push(crowd.looks(&ann, visitor.chat).await);
    }
    let tried = crowd.visitor(&world).await;
    let leash = Leash::on(world.program().id());
    let calm = capacity(&world, &visitors).await;
    visitors.sort_by_key(|visitor| visitor.chat);
    let before: Vec<_> = visitors.iter().map(Talker::messages).collect();
    let every = Duration::from_secs_f64(VISITORS as f64 / (TIMES * calm.a_second()));
    let (quarters, mut poured, answered) = storm(&world, (&visitors, &agents), every).await;
    let ended = Instant::now();
    // In a conversation of their own.
    answers_at_once(&crowd.looks(&ann, tried.chat).await).await;
    let recovered = ended.elapsed();
    crowd.visitor(&world).await;
    let welcome = ended.elapsed();
    drop(leash);
    poured.sort_by_key(|(visitor, _)| visitor.chat);
    all_is_there(&poured, &answered, &before).await;
    let mut waited = Vec::new();
    for (agent, said) in &answered {
        agent.is_heard().await;
        let heard = agent.light.heard();
        assert!(heard.problems.is_empty(), "an agent is told {:?}", heard.problems);
        waited.extend(said.iter().map(|(operation, at)| heard.accepted[operation] - *at));
    }
    let asked: usize = poured.iter().map(|(_, said)| said.len()).sum();
    let done: f64 = quarters.iter().map(|quarter| quarter.accepted).sum();
    let goodput = done / quarters.iter().map(|quarter| quarter.seconds).sum::<f64>();
    let efficient = done / quarters.iter().map(|quarter| quarter.processor).sum::<f64>();
    let mut shed_of = Vec::new();
    for what in ["presence", "visitors", "teams"] {
        shed_of.push(shed(&world, what).await);
    }
    let figures = [
        format!("capacity {:.0}/s", calm.a_second()),
        format!("asked for {:.0}/s", asked as f64 / STORM.as_secs_f64()),
        format!("done {goodput:.0}/s, {:.2} of capacity", goodput / calm.a_second()),
        format!("by quarters {:.0?}", quarters.iter().map(Done::a_second).collect::<Vec<_>>()),
        format!("a processor second {efficient:.0}, calm {:.0}", calm.a_processor_second()),
        format!("agents waited {:?} at the median", percentile(&mut waited, 50)),
        format!("{:?} at most", percentile(&mut waited, 100)),
        format!("presence, visitors, teams shed {shed_of:?}"),
        format!("agents are answered at once after {recovered:?}, somebody new after {welcome:?}"),
    ]
    .join("; ");
    println!("{figures}");
    assert!(goodput >= AT_LEAST * calm.a_second(), "{figures}");
    assert!(efficient >= 0.8 * calm.a_processor_second(), "{figures}");
    assert!(recovered < RECOVERED, "{figures}");
    assert!(shed_of[0] > 0 && shed_of[1] > 0 && shed_of[2] == 0, "{figures}");
}
