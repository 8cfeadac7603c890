//! A visitor in a terminal.
//!
//! ```sh
//! cargo run --example visitor -- ws://127.0.0.1:8080 SITE [FOLDER]
//! ```
#![expect(clippy::print_stdout, reason = "it is a program for a terminal")]

mod terminal;

use std::error::Error as StdError;
use std::path::PathBuf;
use std::time::Duration;

use rejoinder_client::{
    Client, ClientOptions, Conversation, Credential, Error, Event, Place, Status,
};
use terminal::{Screen, Teller};

const HELP: &str = "\
Type to write. Or:
  /edit N TEXT  put other words in place of message N
  /recall N     take message N back
  /human        ask for a human
  /offline      leave the network      /online   come back
  /again        send what was refused  /discard  give it up
  /list         show everything again
  /close        end the conversation
  /quit";

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(server), Some(site)) = (arguments.next(), arguments.next()) else {
        return Err("usage: visitor ws://HOST:PORT SITE [FOLDER]".into());
    };
    let folder = arguments.next().unwrap_or_else(|| "rejoinder-visitor".to_owned());
    let place = Place::Folder(PathBuf::from(folder));
    let options = ClientOptions::new(server, Credential::Visitor(site.parse()?), place);
    let client = Client::open(options).await?;
    client.contact(Duration::from_secs(30)).await?;
    println!("{HELP}");

    // The newest conversation goes on; a closed one is followed up by what is written into it.
    let newest = client.inbox().await?.first().map(|row| row.conversation);
    let chat = match newest {
        Some(id) => client.conversation(id).await?,
        None => client.begin().await?,
    };
    talk(&client, chat).await?;
    Ok(())
}

async fn talk(client: &Client, mut chat: Conversation) -> Result<(), Error> {
    let me = client.contact(Duration::ZERO).await?;
    let (mut lines, mut screen) = (terminal::lines(), Screen::default());
    let (mut changes, mut events) = (chat.changes(), client.events());
    let mut teller = Teller::default();
    loop {
        tokio::select! {
            line = lines.recv() => {
                let Some(line) = line.filter(|line| line.trim() != "/quit") else {
                    return terminal::quit(client).await;
                };
                match obey(client, &chat, &mut screen, &line).await {
                    Ok(Some(moved)) => {
                        (changes, screen) = (moved.changes(), Screen::default());
                        chat = moved;
                    }
                    Ok(None) => {}
                    Err(error) => println!("     ({error})"),
                }
            }
            Some(()) = changes.next() => {
                let view = chat.view().await?;
                screen.show(&view.messages, &me);
                chat.mark_seen(view.seq).await?;
            }
            event = events.next() => match event {
                None | Some(Event::Wiped) => return Ok(()),
                Some(Event::Moved { from, to }) if from == chat.id() => {
                    teller.tell(&Event::Moved { from, to });
                    chat = client.conversation(to).await?;
                    (changes, screen) = (chat.changes(), Screen::default());
                }
                Some(event) => teller.tell(&event),
            }
        }
    }
}

/// Returns the conversation that goes on in this one's place, if one does.
async fn obey(
    client: &Client,
    chat: &Conversation,
    screen: &mut Screen,
    line: &str,
) -> Result<Option<Conversation>, Error> {
    let (command, rest) = terminal::command(line);
    match (command, screen.find(rest)) {
        ("", _) if rest.is_empty() => {}
        ("", _) => {
            let sent = chat.send(rest).await?;
            if sent.conversation != chat.id() {
                return client.conversation(sent.conversation).await.map(Some);
            }
        }
        ("/edit", Some((message, text))) => chat.edit(message, text).await?,
        ("/recall", Some((message, _))) => chat.recall(message).await?,
        ("/edit" | "/recall", None) => println!("     (there is no message with that number)"),
        ("/human", _) => drop(chat.set_status(Status::WaitingForHuman).await?),
        ("/close", _) => drop(chat.close().await?),
        ("/offline", _) => client.go_offline().await?,
        ("/online", _) => client.go_online().await?,
        ("/again", _) => terminal::decide(chat, true).await?,
        ("/discard", _) => terminal::decide(chat, false).await?,
        ("/list", _) => {
            let me = client.contact(Duration::ZERO).await?;
            screen.show_all(&chat.view().await?.messages, &me);
        }
        _ => println!("{HELP}"),
    }
    Ok(None)
}
