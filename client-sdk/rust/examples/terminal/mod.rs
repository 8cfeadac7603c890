//! What both terminal clients share: lines from the keyboard, and messages on the screen.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, BufRead as _};
use std::thread;

use rejoinder_client::id::MessageId;
use rejoinder_client::{
    Client, Connection, Delivery, Error, Event, MessageView, Notice, Principal, Problem, Progress,
    Source, Words,
};
use tokio::sync::mpsc;

/// Lines that somebody types. A thread reads them, so that nothing else waits for the keyboard.
pub(crate) fn lines() -> mpsc::Receiver<String> {
    let (typed, lines) = mpsc::channel(16);
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if typed.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// A line, split into a command and what follows it. What is no command is text to send.
pub(crate) fn command(line: &str) -> (&str, &str) {
    let line = line.trim();
    if !line.starts_with('/') {
        return ("", line);
    }
    line.split_once(' ').map_or((line, ""), |(command, rest)| (command, rest.trim()))
}

/// The messages that are on the screen, with the numbers that commands name them by.
#[derive(Default)]
pub(crate) struct Screen {
    numbers: Vec<MessageId>,
    lines: BTreeMap<MessageId, String>,
}

impl Screen {
    /// Prints the messages that are new, or look different than before.
    pub(crate) fn show(&mut self, messages: &[MessageView], me: &Principal) {
        for message in messages {
            let number = self.number(message.id);
            let line = line(number, message, me);
            if self.lines.get(&message.id) != Some(&line) {
                println!("{line}");
                self.lines.insert(message.id, line);
            }
        }
        let gone = |id: &MessageId| messages.iter().all(|message| message.id != *id);
        let vanished: Vec<_> = self.lines.keys().copied().filter(gone).collect();
        for id in vanished {
            println!("{:>3}  (taken back before it was sent)", self.number(id));
            self.lines.remove(&id);
        }
    }

    /// Prints everything again.
    pub(crate) fn show_all(&mut self, messages: &[MessageView], me: &Principal) {
        self.lines.clear();
        self.show(messages, me);
    }

    fn number(&mut self, id: MessageId) -> usize {
        let known = self.numbers.iter().position(|known| *known == id);
        let at = known.unwrap_or_else(|| {
            self.numbers.push(id);
            self.numbers.len() - 1
        });
        at + 1
    }

    /// The message that `text` begins with the number of, and the rest of the text.
    pub(crate) fn find<'t>(&self, text: &'t str) -> Option<(MessageId, &'t str)> {
        let (number, rest) = text.split_once(' ').unwrap_or((text, ""));
        let number: usize = number.trim_start_matches('#').parse().ok()?;
        Some((*self.numbers.get(number.checked_sub(1)?)?, rest.trim()))
    }
}

fn line(number: usize, message: &MessageView, me: &Principal) -> String {
    let who = match message.source {
        _ if me.is(message.author) && message.source == Source::Note => "you, to the team",
        _ if me.is(message.author) => "you",
        Source::Visitor => "visitor",
        Source::Agent => "agent",
        Source::Assistant => "assistant",
        Source::Note => "note",
        Source::System => "-",
    };
    let mut line = format!("{number:>3}  {who}: ");
    match &message.words {
        Words::Said(body) => line.push_str(&body.text),
        Words::Absent => line.push_str("(words are on their way)"),
        Words::Recalled => line.push_str("(taken back)"),
        Words::System { notice, .. } => line.push_str(wording(*notice)),
    }
    if message.edited_at.is_some() {
        line.push_str(" (edited)");
    }
    if me.is(message.author) {
        line.push_str(&state(message));
    }
    line
}

fn state(message: &MessageView) -> String {
    let mut state = match message.delivery {
        Delivery::Waiting => " [waiting]".to_owned(),
        Delivery::Sent => String::new(),
        Delivery::Seen => " [seen]".to_owned(),
        Delivery::Refused { code, .. } => format!(" [refused: {code}; /again or /discard]"),
        Delivery::Collided { .. } => {
            " [somebody else has answered meanwhile; /again or /discard]".to_owned()
        }
    };
    match message.change {
        Some(Delivery::Waiting) => state.push_str(" [change not yet sent]"),
        Some(Delivery::Refused { code, .. }) => {
            // Writing to a string cannot fail.
            let _ = write!(state, " [change refused: {code}; /again or /discard]");
        }
        _ => {}
    }
    state
}

const fn wording(notice: Notice) -> &'static str {
    match notice {
        Notice::Claimed => "an agent has taken the conversation",
        Notice::Released => "the conversation waits for an agent",
        Notice::Closed => "the conversation is closed",
        Notice::Closing => "the conversation will be closed unless somebody writes",
        Notice::RestoredToAi => "the assistant answers again",
    }
}

/// Prints what has happened, if it is not on the screen anyway.
#[derive(Default)]
pub(crate) struct Teller {
    online: bool,
}

impl Teller {
    pub(crate) fn tell(&mut self, event: &Event) {
        match event {
            // It is up to date again after everything that was sent; that is no news.
            Event::Connection(Connection::Live) if !self.online => {
                self.online = true;
                println!("     -- up to date --");
            }
            Event::Connection(Connection::Offline) => {
                self.online = false;
                println!("     -- offline --");
            }
            event => tell(event),
        }
    }
}

fn tell(event: &Event) {
    match event {
        Event::Unreachable { reason } => println!("     (no server: {reason}; still trying)"),
        Event::Problem { reason, .. } if *reason != Problem::UnknownConversation => {
            println!("     ({reason})");
        }
        Event::Progress(progress) => println!("     ({})", carried_out(progress)),
        Event::EditSuperseded { .. } => {
            println!("     (your edit lost to a newer one; its words are kept as a draft)");
        }
        Event::Moved { .. } => println!("     (closed meanwhile: your words start a new one)"),
        Event::Store(error) => println!("     ({error})"),
        Event::Wiped => println!("     (logged out: everything here is erased)"),
        _ => {}
    }
}

fn carried_out(progress: &Progress) -> String {
    let Progress { server, done, devices, longest_away, .. } = progress;
    match (server, devices.saturating_sub(*done), longest_away) {
        (false, ..) => "taken back; the server is erasing it".to_owned(),
        (true, 0, _) => "taken back, and erased everywhere".to_owned(),
        (true, away, Some(since)) => {
            format!("taken back; {away} of {devices} devices to go, one last heard from at {since}")
        }
        (true, away, None) => format!("taken back; {away} of {devices} devices to go"),
    }
}

/// Decides on whatever waits for a decision.
pub(crate) async fn decide(
    chat: &rejoinder_client::Conversation,
    again: bool,
) -> Result<(), Error> {
    let mut none = true;
    for pending in chat.outbox().await? {
        let held = matches!(pending.delivery, Delivery::Refused { .. } | Delivery::Collided { .. });
        if held && again {
            chat.send_anyway(pending.operation).await?;
        } else if held {
            chat.discard(pending.operation).await?;
        }
        none &= !held;
    }
    if none {
        println!("     (nothing waits for a decision)");
    }
    Ok(())
}

/// Says farewell.
pub(crate) async fn quit(client: &Client) -> Result<(), Error> {
    let waiting = client.unsent().await?;
    if waiting > 0 {
        println!("     ({waiting} not sent yet: they are kept, and sent the next time)");
    }
    client.close().await;
    Ok(())
}
