//! `rejoinder participant`: a client that another program drives, a JSON line at a time. The tour
//! plays with these; tests and bots may.

use core::time::Duration;
use std::collections::HashMap;
use std::path::PathBuf;

use rejoinder_client::id::{ConversationId, MessageId, SiteId};
use rejoinder_client::{
    Client, ClientOptions, Conversation, Credential, Delivery, Place, Progress, Role,
};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::{Failure, print};

/// How long a client may take to be up to date.
const SETTLE: Duration = Duration::from_secs(20);

/// A client that is driven by JSON lines on standard input.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The server, such as ws://127.0.0.1:8080.
    #[arg(long)]
    server: String,
    /// The folder with everything the client keeps.
    #[arg(long)]
    data: PathBuf,
    /// The site to be a visitor of; without it, an agent logs in.
    #[arg(long)]
    site: Option<SiteId>,
    /// The agent's e-mail address. The password comes from REJOINDER_PASSWORD.
    #[arg(long, required_unless_present = "site")]
    email: Option<String>,
}

/// What a participant is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub(crate) enum Ask {
    /// Begin a conversation with a message.
    Begin { text: String },
    /// Open conversations, so that they are here.
    Open { conversation: ConversationId },
    /// Write.
    Send { conversation: ConversationId, text: String },
    /// Write to the team.
    Note { conversation: ConversationId, text: String },
    /// Put other words in place.
    Edit { conversation: ConversationId, message: MessageId, text: String },
    /// Take back.
    Recall { conversation: ConversationId, message: MessageId },
    /// Take the conversation.
    Claim { conversation: ConversationId },
    /// End it.
    Close { conversation: ConversationId },
    /// Cut the network.
    Offline,
    /// Restore it.
    Online,
    /// Wait until everything is exchanged; what collided is sent anyway.
    Settle,
    /// Everything there is to see of a conversation.
    View { conversation: ConversationId },
    /// How far a recall is carried out.
    Progress { conversation: ConversationId, message: MessageId },
}

/// What a participant answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub(crate) enum Answer {
    /// Done.
    Done,
    /// A message stands in a conversation.
    Sent { conversation: ConversationId, message: MessageId },
    /// What is seen.
    Seen(Box<View>),
    /// How far a recall is carried out; none while the server has not said.
    Progress { progress: Option<Progress> },
    /// It was not done.
    Failed { why: String },
}

/// What a participant sees of a conversation, in the terms in which all must agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct View {
    pub(crate) closed: bool,
    pub(crate) messages: Vec<Seen>,
    /// Of agents only.
    pub(crate) notes: Vec<Seen>,
    /// Drafts that lost to a concurrent edit, by message.
    pub(crate) drafts: usize,
}

/// One message as everybody must see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) id: MessageId,
    pub(crate) source: rejoinder_client::Source,
    pub(crate) words: rejoinder_client::Words,
    pub(crate) edited: bool,
    pub(crate) at: Option<rejoinder_client::Timestamp>,
}

impl From<&rejoinder_client::MessageView> for Seen {
    fn from(view: &rejoinder_client::MessageView) -> Self {
        Self {
            id: view.id,
            source: view.source,
            words: view.words.clone(),
            edited: view.edited_at.is_some(),
            at: view.at,
        }
    }
}

pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(drive(args))
}

async fn drive(args: Args) -> Result<(), Failure> {
    let credential = match (args.site, args.email) {
        (Some(site), _) => Credential::Visitor(site),
        (None, email) => Credential::Password {
            email: email.unwrap_or_default(),
            password: std::env::var("REJOINDER_PASSWORD").unwrap_or_default(),
            code: None,
        },
    };
    let options = ClientOptions::new(args.server, credential, Place::Folder(args.data));
    let client = Client::open(options).await?;
    client.contact(SETTLE).await?;
    let mut participant = Participant { client, open: HashMap::new() };
    answer(&Answer::Done)?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let said = match serde_json::from_str(&line) {
            Ok(ask) => participant.handle(ask).await,
            Err(error) => Err(error.into()),
        };
        answer(&said.unwrap_or_else(|error| Answer::Failed { why: error.to_string() }))?;
    }
    participant.client.close().await;
    Ok(())
}

fn answer(answer: &Answer) -> Result<(), Failure> {
    Ok(print::line(serde_json::to_string(answer)?)?)
}

struct Participant {
    client: Client,
    open: HashMap<ConversationId, Conversation>,
}

impl Participant {
    async fn at(&mut self, id: ConversationId) -> Result<Conversation, Failure> {
        if let Some(conversation) = self.open.get(&id) {
            return Ok(conversation.clone());
        }
        let conversation = self.client.conversation(id).await?;
        self.open.insert(id, conversation.clone());
        Ok(conversation)
    }

    async fn handle(&mut self, ask: Ask) -> Result<Answer, Failure> {
        match ask {
            Ask::Begin { text } => {
                let begun = self.client.begin().await?;
                let sent = begun.send(text).await?;
                self.open.insert(begun.id(), begun);
                return Ok(sent_to(sent.conversation, sent.message));
            }
            Ask::Open { conversation } => drop(self.at(conversation).await?),
            Ask::Send { conversation, text } => {
                let sent = self.at(conversation).await?.send(text).await?;
                return Ok(sent_to(sent.conversation, sent.message));
            }
            Ask::Note { conversation, text } => {
                let message = self.at(conversation).await?.note(text).await?;
                return Ok(sent_to(conversation, message));
            }
            Ask::Edit { conversation, message, text } => {
                self.at(conversation).await?.edit(message, text).await?;
            }
            Ask::Recall { conversation, message } => {
                self.at(conversation).await?.recall(message).await?;
            }
            Ask::Claim { conversation } => drop(self.at(conversation).await?.claim().await?),
            Ask::Close { conversation } => drop(self.at(conversation).await?.close().await?),
            Ask::Offline => self.client.go_offline().await?,
            Ask::Online => self.client.go_online().await?,
            Ask::Settle => self.settle().await?,
            Ask::View { conversation } => {
                return Ok(Answer::Seen(Box::new(self.view(conversation).await?)));
            }
            Ask::Progress { conversation, message } => {
                let progress = self.at(conversation).await?.progress(message).await?;
                return Ok(Answer::Progress { progress });
            }
        }
        Ok(Answer::Done)
    }

    async fn settle(&self) -> Result<(), Failure> {
        self.client.settled(SETTLE).await?;
        for conversation in self.open.values() {
            for pending in conversation.outbox().await? {
                if matches!(pending.delivery, Delivery::Collided { .. }) {
                    conversation.send_anyway(pending.operation).await?;
                }
            }
        }
        Ok(self.client.settled(SETTLE).await?)
    }

    async fn view(&mut self, id: ConversationId) -> Result<View, Failure> {
        let conversation = self.at(id).await?;
        let agent = self.client.principal().await?.is_some_and(|p| p.role != Role::Visitor);
        let timeline = conversation.view().await?;
        let notes = match agent {
            true => conversation.agent_view().await?.notes,
            false => Vec::new(),
        };
        let mut drafts = 0;
        for message in &timeline.messages {
            let place = rejoinder_client::Composer::Edit(message.id);
            drafts += usize::from(conversation.draft(place).await?.is_some());
        }
        let messages = timeline.messages.iter().map(Seen::from).collect();
        let notes = notes.iter().map(Seen::from).collect();
        Ok(View { closed: timeline.closed, messages, notes, drafts })
    }
}

const fn sent_to(conversation: ConversationId, message: MessageId) -> Answer {
    Answer::Sent { conversation, message }
}
