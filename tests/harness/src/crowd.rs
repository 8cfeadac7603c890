//! Honest people in a number.

use std::net::SocketAddr;
use std::time::Duration;

use rejoinder_client::{Body, Credential, Keeping};
use rejoinder_core::id::{ConversationId, DocumentId, OperationId};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::session::client::Session;
use rejoinder_core::wire::Signal;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::light::Light;
use crate::wait::PATIENCE;
use crate::world::{PASSWORD, World};

/// How often is looked.
const LOOK: Duration = Duration::from_millis(1);

/// Somebody with one conversation.
#[derive(Clone, Debug)]
pub struct Talker {
    /// Their client.
    pub light: Light,
    /// The conversation.
    pub chat: ConversationId,
}

impl Talker {
    /// Writes a message, and says which operation that is.
    ///
    /// # Panics
    /// When the session refuses.
    pub fn says(&self, text: &str) -> OperationId {
        let body = Body::text(text);
        self.light.does(|session, now| session.send(self.chat, &body, now)).unwrap();
        let timeline = DocumentId::timeline(self.chat);
        self.light.sees(|session| {
            let outbox = session.replica(timeline).unwrap().outbox();
            outbox.last().unwrap().submission.id
        })
    }

    /// Tells others that they are typing.
    ///
    /// # Panics
    /// Never: presence is not refused.
    pub fn types(&self) {
        let timeline = DocumentId::timeline(self.chat);
        let typing = |session: &mut Session| session.signal(timeline, Signal::Typing);
        self.light.does(|session, _| Ok(((), typing(session)))).unwrap();
    }

    /// How many messages they see, their own that wait included, once the conversation is there.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.light.sees(|session| session.timeline(self.chat).map_or(0, |v| v.messages.len()))
    }

    /// Waits until everything that they wrote is accepted.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn is_heard(&self) {
        let begun = Instant::now();
        while !self.light.is_settled() {
            assert!(begun.elapsed() < PATIENCE, "not heard: {:?}", self.light.heard().problems);
            sleep(LOOK).await;
        }
    }
}

/// Waits until the server has said who somebody is.
async fn is_known(light: &Light) {
    let begun = Instant::now();
    while light.sees(|session| session.identity().is_none()) {
        assert!(begun.elapsed() < PATIENCE, "not let in: {:?}", light.heard().problems);
        sleep(LOOK).await;
    }
}

/// Honest people in a number, each connected for as long as this is there.
#[derive(Debug)]
pub struct Crowd {
    address: SocketAddr,
    seed: u64,
    connected: JoinSet<()>,
}

impl Crowd {
    /// Nobody yet.
    #[must_use]
    pub fn new(world: &World) -> Self {
        Self { address: world.address(), seed: 0, connected: JoinSet::new() }
    }

    /// Somebody, once the server knows them.
    ///
    /// # Panics
    /// When it does not.
    pub async fn enters(&mut self, credential: Credential) -> Light {
        let light = self.connects(credential);
        is_known(&light).await;
        light
    }

    fn connects(&mut self, credential: Credential) -> Light {
        self.seed += 1;
        let (light, address) = (Light::new(credential, Keeping::Memory, self.seed), self.address);
        self.connected.spawn(light.clone().keeps_connected(move || TcpStream::connect(address)));
        light
    }

    /// A visitor who has begun a conversation.
    ///
    /// # Panics
    /// When they are not let in.
    pub async fn visitor(&mut self, world: &World) -> Talker {
        let mut one = self.visitors(world, 1).await;
        one.remove(0)
    }

    /// Visitors who come at once, and each of whom has begun a conversation.
    ///
    /// # Panics
    /// When they are not let in.
    pub async fn visitors(&mut self, world: &World, many: usize) -> Vec<Talker> {
        let proof = || Credential::Visitor(world.site());
        let lights: Vec<_> = (0..many).map(|_| self.connects(proof())).collect();
        let mut talkers = Vec::new();
        for light in lights {
            is_known(&light).await;
            talkers.push(Self::begins(light));
        }
        for talker in &talkers {
            talker.is_heard().await;
        }
        talkers
    }

    fn begins(light: Light) -> Talker {
        let chat = light.does(|session, now| session.begin(now)).unwrap();
        let talker = Talker { light, chat };
        talker.says("Hello?");
        talker
    }

    /// An agent, who has logged in.
    ///
    /// # Panics
    /// When they are not let in.
    pub async fn agent(&mut self, world: &World, name: &str) -> Light {
        world.add_agent(name, AgentRole::Agent);
        let (email, password) = (format!("{name}@shop.example"), PASSWORD.to_owned());
        self.enters(Credential::Password { email, password, code: None }).await
    }

    /// Another device of somebody, which looks at a conversation.
    ///
    /// # Panics
    /// When it cannot.
    pub async fn looks(&mut self, of: &Light, chat: ConversationId) -> Talker {
        self.look(of, &[chat]).await.remove(0)
    }

    /// Other devices of somebody, each of which looks at one of these conversations.
    ///
    /// # Panics
    /// When they cannot.
    pub async fn look(&mut self, of: &Light, chats: &[ConversationId]) -> Vec<Talker> {
        let token = of.sees(|session| session.identity().unwrap().token.clone());
        let lights: Vec<_> =
            chats.iter().map(|_| self.connects(Credential::Token(token.clone()))).collect();
        let talkers: Vec<_> =
            lights.into_iter().zip(chats).map(|(light, &chat)| Talker { light, chat }).collect();
        for Talker { light, chat } in &talkers {
            is_known(light).await;
            light.opens(*chat);
        }
        for Talker { light, chat } in &talkers {
            let begun = Instant::now();
            while !light.sees(|session| session.is_live(DocumentId::timeline(*chat))) {
                assert!(begun.elapsed() < PATIENCE, "not told: {:?}", light.heard().problems);
                sleep(LOOK).await;
            }
        }
        talkers
    }
}
