//! A raw visitor in a conversation with an honest agent.

use rejoinder_core::authority::fate::{Fate, Refusal};
use rejoinder_core::id::{ConversationId, DocumentId, ParticipantId};
use rejoinder_core::time::Timestamp;
use rejoinder_harness::client::Credential;
use rejoinder_harness::{Forger, Letter, PASSWORD, Person, Raw, World, eventually};
use std::sync::Arc;

/// A raw visitor who said "Hello?", and an agent who sees it.
pub(crate) struct Desk {
    pub(crate) world: World,
    pub(crate) ann: Arc<Person>,
    pub(crate) chat: ConversationId,
    pub(crate) raw: Raw,
    pub(crate) forger: Forger,
}

/// A log-in of the agent of this name.
pub(crate) fn password(name: &str, password: &str) -> Credential {
    let email = format!("{name}@shop.example");
    Credential::Password { email, password: password.to_owned(), code: None }
}

/// A conversation that nobody has.
pub(crate) fn nowhere(forger: &mut Forger) -> ConversationId {
    ConversationId::timed(Timestamp::from_millis(1_776_000_000_000), &mut forger.dice)
}

impl Desk {
    pub(crate) async fn set() -> Self {
        let world = World::start().await;
        let ann = world.agent("ann").await;
        let credential = Credential::Visitor(world.site());
        let (mut raw, welcome) = Raw::enter(world.address(), credential).await;
        let visitor = ParticipantId::from_bytes([0; 16]);
        let somewhere = DocumentId::timeline(ConversationId::from_bytes(*visitor.as_bytes()));
        let chat = nowhere(&mut Forger::new(welcome.principal.clone(), somewhere));
        let mut forger = Forger::new(welcome.principal, DocumentId::timeline(chat));
        let hello = forger.writes("Hello?");
        let fates = raw.pushes(DocumentId::timeline(chat), &[hello]).await;
        assert!(matches!(fates[0].fate, Fate::Accepted { .. }), "{fates:?}");
        ann.sees(chat, &["Hello?"]).await;
        Self { world, ann, chat, raw, forger }
    }

    /// A raw connection of an agent, who has the timeline.
    pub(crate) async fn agent(&self, name: &str) -> (Raw, Forger) {
        let (mut raw, welcome) = Raw::enter(self.world.address(), password(name, PASSWORD)).await;
        let mut forger = Forger::new(welcome.principal, DocumentId::timeline(self.chat));
        forger.pulls(&mut raw).await;
        (raw, forger)
    }

    pub(crate) async fn push(&mut self, letter: Letter) -> Fate {
        self.raw.pushes(DocumentId::timeline(self.chat), &[letter]).await[0].fate
    }

    pub(crate) async fn refuses(&mut self, letter: Letter, code: Refusal) {
        let operation = letter.submission.operation;
        assert_eq!(self.push(letter).await, Fate::Refused { code }, "{operation:?}");
    }

    /// What was there is there, and the conversation goes on, for the same connection too.
    pub(crate) async fn goes_on(mut self) {
        self.forger.pulls(&mut self.raw).await;
        self.forger = self.forger.tab();
        let letter = self.forger.writes("And so on.");
        assert!(matches!(self.push(letter).await, Fate::Accepted { .. }));
        let whole = |seen: &Vec<String>| {
            seen.first().is_some_and(|first| first == "Hello?")
                && seen.last().is_some_and(|last| last == "And so on.")
                && !seen.contains(&"(absent)".to_owned())
        };
        eventually("it goes on", async || self.ann.reads(self.chat).await, whole).await;
    }
}
