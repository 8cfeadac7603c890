//! Honest people: a few who talk without a pause, and many who say something now and then.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rejoinder_core::id::OperationId;
use rejoinder_harness::client::Event;
use rejoinder_harness::{Crowd, Person, Talker, World};
use tokio::task::JoinSet;

/// Pairs of a visitor and an agent who talk without a pause, each with a store on the disk.
const EAGER: usize = 3;
/// Devices of one agent, each with a visitor to talk to.
const DEVICES: usize = 40;
/// How long the others are silent between two messages.
const SILENT: Duration = Duration::from_secs(3);

/// Everybody.
pub(crate) struct Honest {
    eager: Vec<(Arc<Person>, Arc<Person>)>,
    /// Connected for as long as this is there.
    _crowd: Crowd,
    calm: Vec<Talker>,
}

impl Honest {
    /// So many people, all of whom have met the server.
    pub(crate) async fn enter(world: &World, people: usize) -> Self {
        let mut eager = Vec::new();
        for number in 0..EAGER {
            let visitor = world.visitor(&format!("visitor-{number}")).await;
            eager.push((visitor, world.agent(&format!("agent-{number}")).await));
        }
        let (mut crowd, mut calm) = (Crowd::new(world), Vec::new());
        let visitors = crowd.visitors(world, people.saturating_sub(2 * EAGER) / 2).await;
        for (number, visitors) in visitors.chunks(DEVICES).enumerate() {
            let agent = crowd.agent(world, &format!("calm-{number}")).await;
            let chats: Vec<_> = visitors.iter().map(|visitor| visitor.chat).collect();
            let looking = crowd.look(&agent, &chats).await;
            calm.extend(visitors.iter().cloned().zip(looking).flat_map(<[_; 2]>::from));
        }
        Self { eager, _crowd: crowd, calm }
    }

    /// All talk until a moment: how long the messages of the eager took until they were seen, and
    /// those of the calm until they were accepted.
    pub(crate) async fn talk(&self, until: Instant) -> [Vec<Duration>; 2] {
        let mut calm = JoinSet::new();
        for (number, talker) in self.calm.iter().enumerate() {
            let late = SILENT.mul_f64(number as f64 / self.calm.len() as f64);
            calm.spawn(mumbles(talker.clone(), late, until));
        }
        let pairs = self.eager.iter().map(|(visitor, agent)| talks(visitor, agent, until));
        let eager = futures_util::future::join_all(pairs).await.concat();
        [eager, calm.join_all().await.concat()]
    }

    /// Asserts that nobody was told of anything wrong, and that what was said stands there.
    pub(crate) async fn noticed_nothing(&self) {
        for person in self.eager.iter().flat_map(|(visitor, agent)| [visitor, agent]) {
            let wrong =
                |event: &Event| matches!(event, Event::Problem { .. } | Event::Refused { .. });
            let told = person.events().into_iter().find(wrong);
            assert!(told.is_none(), "{} is told {told:?}", person.name());
        }
        for talker in &self.calm {
            talker.is_heard().await;
            let heard = talker.light.heard();
            assert!(heard.problems.is_empty() && heard.refused == 0, "{:?}", heard.problems);
            assert_eq!(heard.welcomes, 1, "nobody has lost their connection");
        }
        for pair in self.calm.chunks(2) {
            assert_eq!(pair[0].messages(), pair[1].messages(), "both see the same");
        }
    }

    /// How many they are.
    pub(crate) const fn len(&self) -> usize {
        2 * self.eager.len() + self.calm.len()
    }
}

/// Says something now and then.
async fn mumbles(talker: Talker, late: Duration, until: Instant) -> Vec<Duration> {
    let mut said: BTreeMap<OperationId, Instant> = BTreeMap::new();
    tokio::time::sleep(late).await;
    while Instant::now() < until {
        said.insert(talker.says(&format!("message {}", said.len())), Instant::now());
        tokio::time::sleep(SILENT).await;
    }
    talker.is_heard().await;
    let accepted = talker.light.heard().accepted;
    said.into_iter().map(|(operation, at)| accepted[&operation].into_std() - at).collect()
}

/// Two honest people talk, and measure how long their messages take.
async fn talks(visitor: &Person, agent: &Person, until: Instant) -> Vec<Duration> {
    let chat = visitor.begins("Hello?").await;
    // Whoever asks for it before it has begun is told that there is none.
    visitor.settles().await;
    agent.sees(chat, &["Hello?"]).await;
    let (mut said, mut took) = (vec!["Hello?".to_owned()], Vec::new());
    while Instant::now() < until {
        for (by, to) in [(visitor, agent), (agent, visitor)] {
            let text = format!("message {}", said.len());
            let begun = Instant::now();
            by.says(chat, &text).await;
            said.push(text);
            let expected: Vec<_> = said.iter().map(String::as_str).collect();
            to.sees(chat, &expected).await;
            took.push(begun.elapsed());
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }
    took
}
