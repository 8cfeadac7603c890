//! An agent in a terminal.
//!
//! ```sh
//! REJOINDER_PASSWORD=… cargo run --example agent -- ws://127.0.0.1:8080 EMAIL [FOLDER]
//! ```
//! The password is for the first contact; afterwards the folder knows who it is.
#![expect(clippy::print_stdout, reason = "it is a program for a terminal")]

mod terminal;

use std::error::Error as StdError;
use std::path::PathBuf;
use std::time::Duration;

use rejoinder_client::id::ConversationId;
use rejoinder_client::{
    Client, ClientOptions, Conversation, Credential, Error, Event, MessageView, Place, Principal,
};
use terminal::{Screen, Teller};

const HELP: &str = "\
  /list         conversations; in one, everything again
  /open N       go to conversation N      /leave    back to the list
In a conversation, type to write. Or:
  /claim        take it                   /close    end it
  /note TEXT    write to the team only
  /edit N TEXT  put other words in place of message or note N
  /recall N     take message or note N back
  /again        send what was refused     /discard  give it up
Anywhere:
  /offline      leave the network         /online   come back
  /quit";

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(server), Some(email)) = (arguments.next(), arguments.next()) else {
        return Err("usage: agent ws://HOST:PORT EMAIL [FOLDER]".into());
    };
    let folder = arguments.next().unwrap_or_else(|| format!("rejoinder-{email}"));
    let password = std::env::var("REJOINDER_PASSWORD").unwrap_or_default();
    let credential = Credential::Password { email, password, code: None };
    let place = Place::Folder(PathBuf::from(folder));
    let client = Client::open(ClientOptions::new(server, credential, place)).await?;
    let me = client.contact(Duration::from_secs(30)).await?;
    println!("{HELP}");
    let teller = Teller::default();
    Desk { client, me, listed: Vec::new(), open: None, teller }.work().await?;
    Ok(())
}

struct Desk {
    client: Client,
    me: Principal,
    /// The conversations that the last list named, by their numbers.
    listed: Vec<ConversationId>,
    open: Option<Open>,
    teller: Teller,
}

struct Open {
    chat: Conversation,
    screen: Screen,
}

impl Desk {
    async fn work(mut self) -> Result<(), Error> {
        let (mut lines, mut events) = (terminal::lines(), self.client.events());
        self.list().await?;
        loop {
            tokio::select! {
                line = lines.recv() => {
                    let Some(line) = line.filter(|line| line.trim() != "/quit") else {
                        return terminal::quit(&self.client).await;
                    };
                    if let Err(error) = self.obey(&line).await {
                        println!("     ({error})");
                    }
                }
                event = events.next() => match event {
                    None | Some(Event::Wiped) => return Ok(()),
                    Some(event) => self.notice(&event).await?,
                }
            }
        }
    }

    async fn notice(&mut self, event: &Event) -> Result<(), Error> {
        let known = |id| self.listed.contains(id);
        match event {
            Event::Inbox(id) if !known(id) => {
                self.listed.push(*id);
                println!("     (conversation {} is new: /open {0})", self.listed.len());
            }
            Event::Changed(_) | Event::Recalled { .. } | Event::Missed(_) => {
                self.show(false).await?;
            }
            event => self.teller.tell(event),
        }
        Ok(())
    }

    async fn list(&mut self) -> Result<(), Error> {
        let rows = self.client.inbox().await?;
        self.listed = rows.iter().map(|row| row.conversation).collect();
        if rows.is_empty() {
            println!("     (no conversations yet)");
        }
        for (row, number) in rows.iter().zip(1..) {
            let state = match (row.closed, row.assignee) {
                (true, _) => "closed".to_owned(),
                (false, Some(who)) if self.me.is(who) => "yours".to_owned(),
                (false, Some(_)) => "a colleague's".to_owned(),
                (false, None) => format!("{:?}", row.status),
            };
            println!("{number:>3}  {}  {state}, {} entries", row.at, row.timeline);
        }
        Ok(())
    }

    /// Messages and notes, in the order that they were accepted in; what waits comes last.
    async fn show(&mut self, all: bool) -> Result<(), Error> {
        let Some(Open { chat, screen }) = &mut self.open else { return Ok(()) };
        let view = chat.agent_view().await?;
        let mut messages: Vec<MessageView> = view.timeline.messages;
        messages.extend(view.notes);
        messages.sort_by_key(|message| (message.at.is_none(), message.at));
        if all {
            screen.show_all(&messages, &self.me);
        } else {
            screen.show(&messages, &self.me);
        }
        chat.mark_seen(view.timeline.seq).await
    }

    async fn go_to(&mut self, number: &str) -> Result<(), Error> {
        let number: Option<usize> = number.parse().ok();
        let listed = number.and_then(|number| self.listed.get(number.checked_sub(1)?));
        let Some(&id) = listed else {
            println!("     (there is no conversation with that number: /list)");
            return Ok(());
        };
        let chat = self.client.conversation(id).await?;
        self.open = Some(Open { chat, screen: Screen::default() });
        self.show(true).await
    }

    async fn obey(&mut self, line: &str) -> Result<(), Error> {
        let (command, rest) = terminal::command(line);
        match (command, &self.open) {
            ("/open", _) => return self.go_to(rest).await,
            ("/leave", _) => {
                self.open = None;
                return self.list().await;
            }
            ("/list", None) => return self.list().await,
            ("/list", Some(_)) => return self.show(true).await,
            ("/offline", _) => return self.client.go_offline().await,
            ("/online", _) => return self.client.go_online().await,
            ("/help", _) => println!("{HELP}"),
            ("", _) if rest.is_empty() => {}
            (_, None) => println!("     (no conversation is open: /list, then /open N)"),
            (_, Some(open)) => return open.obey(command, rest).await,
        }
        Ok(())
    }
}

impl Open {
    async fn obey(&self, command: &str, rest: &str) -> Result<(), Error> {
        let Self { chat, screen } = self;
        match (command, screen.find(rest)) {
            ("", _) => drop(chat.send(rest).await?),
            ("/note", _) => drop(chat.note(rest).await?),
            ("/claim", _) => drop(chat.claim().await?),
            ("/close", _) => drop(chat.close().await?),
            ("/again", _) => terminal::decide(chat, true).await?,
            ("/discard", _) => terminal::decide(chat, false).await?,
            ("/edit" | "/recall", None) => println!("     (there is no message with that number)"),
            ("/edit", Some((id, text))) => {
                let notes = chat.agent_view().await?.notes;
                if notes.iter().any(|note| note.id == id) {
                    chat.edit_note(id, text).await?;
                } else {
                    chat.edit(id, text).await?;
                }
            }
            ("/recall", Some((id, _))) => {
                let notes = chat.agent_view().await?.notes;
                if notes.iter().any(|note| note.id == id) {
                    chat.recall_note(id).await?;
                } else {
                    chat.recall(id).await?;
                }
            }
            _ => println!("{HELP}"),
        }
        Ok(())
    }
}
