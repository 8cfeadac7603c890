//! What is played.

use core::time::Duration;
use std::collections::BTreeSet;
use std::time::Instant;

use rejoinder_client::Words;
use rejoinder_core::id::{ConversationId, MessageId, SiteId};
use rejoinder_core::principal::AgentRole;
use rejoinder_server::directory::{Directory, NewAgent, NewSite, Password, Rates, SiteChange};
use rejoinder_server::{clock, entropy, traces};

use super::cast::{Entrance, PASSWORD, Participant, Server};
use super::{Narrator, Summary};
use crate::Failure;
use crate::participant::{Answer, Ask, View};

/// How long everybody may take to see the same.
const CONVERGE: Duration = Duration::from_secs(20);

/// Everybody, and what has been written.
struct Stage {
    folder: tempfile::TempDir,
    server: Option<Server>,
    vera: Participant,
    ann: Participant,
    ann_phone: Participant,
    bo: Participant,
    /// Words that must be nowhere in the end.
    gone: Vec<String>,
    /// Words that stay: sealed on every disk, and seen by everybody.
    kept: Vec<String>,
    conversation: ConversationId,
}

/// Plays a step and tells of it; the tour goes on only while all goes well.
macro_rules! step {
    ($narrator:expr, $text:expr, $run:expr) => {{
        let since = Instant::now();
        let done: Result<String, Failure> = (|| $run)();
        $narrator.tell($text, since, &done)?;
        done?;
    }};
}

/// A word that stands nowhere else.
fn marker(what: &str) -> String {
    let bytes: [u8; 12] = entropy::dice().bytes();
    let letters: String = bytes.iter().map(|byte| char::from(b'a' + byte % 26)).collect();
    format!("{what}{letters}")
}

const fn nothing() -> Result<String, Failure> {
    Ok(String::new())
}

pub(super) fn play(narrator: &mut Narrator, summary: &mut Summary) -> Result<(), Failure> {
    let since = Instant::now();
    let stage = Stage::set();
    let told = match &stage {
        Ok(stage) => Ok(format!("in {}", stage.folder.path().display())),
        Err(error) => Err(error.to_string().into()),
    };
    narrator.tell("a server, a visitor, an agent with two devices, another agent", since, &told)?;
    let mut stage = stage?;
    let (first, second, third) = stage.talk(narrator)?;
    stage.drift_apart(narrator, first, second, third)?;
    let follow_up = stage.come_together(narrator)?;
    stage.agree(narrator, summary, follow_up)?;
    stage.report(narrator, summary, third)?;
    stage.search(narrator, summary)
}

impl Stage {
    fn set() -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("rejoinder-tour-").tempdir()?;
        let data = folder.path().join("server");
        let site = directory(&data)?;
        let server = Server::start(&data, &folder.path().join("server.log"))?;
        let enter = |name, entrance: Entrance<'_>| {
            Participant::enter(name, &server, folder.path(), &entrance)
        };
        Ok(Self {
            vera: enter("vera", Entrance::Visitor(site))?,
            ann: enter("ann", Entrance::Agent("ann@tour.example"))?,
            ann_phone: enter("ann-phone", Entrance::Agent("ann@tour.example"))?,
            bo: enter("bo", Entrance::Agent("bo@tour.example"))?,
            folder,
            server: Some(server),
            gone: Vec::new(),
            kept: Vec::new(),
            conversation: ConversationId::from_bytes([0; 16]),
        })
    }

    fn gone(&mut self, text: &str) -> String {
        let word = marker("gone");
        self.gone.push(word.clone());
        format!("{text} {word}")
    }

    fn kept(&mut self, text: &str) -> String {
        let word = marker("kept");
        self.kept.push(word.clone());
        format!("{text} {word}")
    }

    fn team(&mut self) -> [&mut Participant; 3] {
        [&mut self.ann, &mut self.ann_phone, &mut self.bo]
    }

    /// Waits until somebody sees so many messages with words.
    fn until_seen(
        who: &mut Participant,
        conversation: ConversationId,
        words: usize,
    ) -> Result<View, Failure> {
        let since = Instant::now();
        loop {
            let view = who.view(conversation)?;
            let said = view.messages.iter().filter(|m| matches!(m.words, Words::Said(_))).count();
            if said >= words {
                return Ok(view);
            }
            if since.elapsed() > CONVERGE {
                return Err(format!("saw {said} messages, not {words}").into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A visitor writes; two agents answer.
    fn talk(
        &mut self,
        narrator: &mut Narrator,
    ) -> Result<(MessageId, MessageId, MessageId), Failure> {
        let hello = self.kept("Hello, where is my parcel?");
        step!(narrator, "the visitor writes", {
            (self.conversation, _) = self.vera.write(&Ask::Begin { text: hello })?;
            self.vera.ask(&Ask::Settle)?;
            let conversation = self.conversation;
            for agent in self.team() {
                agent.ask(&Ask::Open { conversation })?;
                Self::until_seen(agent, conversation, 1)?;
            }
            nothing()
        });
        let (mut first, mut second, mut third) = (None, None, None);
        let texts =
            [self.gone("It comes on Mnday."), self.gone("At ten."), self.gone("It costs 5.")];
        step!(narrator, "two agents answer", {
            let conversation = self.conversation;
            let [monday, ten, costs] = texts;
            self.ann.ask(&Ask::Claim { conversation })?;
            for (message, text) in [(&mut first, monday), (&mut second, ten)] {
                *message = Some(self.ann.write(&Ask::Send { conversation, text })?.1);
            }
            self.ann.ask(&Ask::Settle)?;
            Self::until_seen(&mut self.bo, conversation, 3)?;
            third = Some(self.bo.write(&Ask::Send { conversation, text: costs })?.1);
            self.bo.ask(&Ask::Settle)?;
            for who in [&mut self.vera, &mut self.ann, &mut self.ann_phone] {
                Self::until_seen(who, conversation, 4)?;
            }
            nothing()
        });
        Ok((
            first.ok_or("no first answer")?,
            second.ok_or("no second answer")?,
            third.ok_or("no third answer")?,
        ))
    }

    /// Everybody loses the network and goes on.
    fn drift_apart(
        &mut self,
        narrator: &mut Narrator,
        first: MessageId,
        second: MessageId,
        third: MessageId,
    ) -> Result<(), Failure> {
        let conversation = self.conversation;
        let monday = self.kept("It comes on Monday.");
        step!(narrator, "an agent edits while the visitor is offline", {
            self.vera.ask(&Ask::Offline)?;
            self.ann.ask(&Ask::Edit { conversation, message: first, text: monday })?;
            self.ann.ask(&Ask::Settle)?;
            nothing()
        });
        // One of them wins, and nobody knows which before they meet.
        let (laptop, phone) = (marker("gone"), marker("gone"));
        let texts = [format!("At eleven. {laptop}"), format!("At noon. {phone}")];
        self.gone.extend([laptop, phone]);
        step!(narrator, "two devices of one agent edit the same message, both offline", {
            for (device, text) in [&mut self.ann, &mut self.ann_phone].into_iter().zip(texts) {
                device.ask(&Ask::Offline)?;
                device.ask(&Ask::Edit { conversation, message: second, text })?;
            }
            nothing()
        });
        let secret = self.kept("Between us: the driver is ill.");
        step!(narrator, "an agent recalls offline, and writes a note", {
            self.bo.ask(&Ask::Offline)?;
            self.bo.ask(&Ask::Recall { conversation, message: third })?;
            self.bo.write(&Ask::Note { conversation, text: secret })?;
            nothing()
        });
        Ok(())
    }

    /// The conversation is closed meanwhile, and everybody comes back.
    fn come_together(&mut self, narrator: &mut Narrator) -> Result<ConversationId, Failure> {
        let conversation = self.conversation;
        let question = self.kept("And the other parcel?");
        step!(narrator, "a visitor writes offline into what is closed meanwhile", {
            self.vera.write(&Ask::Send { conversation, text: question })?;
            for device in [&mut self.ann, &mut self.ann_phone] {
                device.ask(&Ask::Online)?;
                device.ask(&Ask::Settle)?;
            }
            self.ann.ask(&Ask::Close { conversation })?;
            self.ann.ask(&Ask::Settle)?;
            nothing()
        });
        let follow_up = rejoinder_core::authority::follow_up(conversation);
        step!(narrator, "everybody reconnects", {
            self.vera.ask(&Ask::Online)?;
            self.bo.ask(&Ask::Online)?;
            self.vera.ask(&Ask::Open { conversation: follow_up })?;
            self.vera.ask(&Ask::Settle)?;
            self.bo.ask(&Ask::Settle)?;
            for agent in self.team() {
                agent.ask(&Ask::Open { conversation: follow_up })?;
                agent.ask(&Ask::Settle)?;
            }
            Ok("the visitor's words went into the conversation's one follow-up".to_owned())
        });
        Ok(follow_up)
    }

    /// All views are the same.
    fn agree(
        &mut self,
        narrator: &mut Narrator,
        summary: &mut Summary,
        follow_up: ConversationId,
    ) -> Result<(), Failure> {
        let conversation = self.conversation;
        step!(narrator, "all views are compared", {
            let since = Instant::now();
            loop {
                let agreed = self.compare(conversation, 3).and_then(|_| self.compare(follow_up, 1));
                match agreed {
                    Ok(_) => break,
                    Err(error) if since.elapsed() > CONVERGE => return Err(error),
                    Err(_) => std::thread::sleep(Duration::from_millis(50)),
                }
            }
            let drafts =
                self.ann.view(conversation)?.drafts + self.ann_phone.view(conversation)?.drafts;
            if drafts != 1 {
                return Err(format!("{drafts} drafts of the edit that lost, not 1").into());
            }
            summary.converged = true;
            Ok("the edit that lost is a draft on the device that made it".to_owned())
        });
        Ok(())
    }

    /// Whether everybody sees the same, with so many messages that say something.
    fn compare(&mut self, conversation: ConversationId, said: usize) -> Result<View, Failure> {
        let vera = self.vera.view(conversation)?;
        let words = vera.messages.iter().filter(|m| matches!(m.words, Words::Said(_))).count();
        if words != said {
            return Err(format!("the visitor sees {words} messages, not {said}").into());
        }
        if !vera.notes.is_empty() {
            return Err("the visitor sees a note".into());
        }
        let mut notes = None;
        for agent in self.team() {
            let view = agent.view(conversation)?;
            if (&view.messages, view.closed) != (&vera.messages, vera.closed) {
                return Err(format!("views differ: {view:?} and {vera:?}").into());
            }
            if notes.get_or_insert_with(|| view.notes.clone()) != &view.notes {
                return Err("notes differ".into());
            }
        }
        Ok(vera)
    }

    /// The recall's report: who has carried it out.
    fn report(
        &mut self,
        narrator: &mut Narrator,
        summary: &mut Summary,
        message: MessageId,
    ) -> Result<(), Failure> {
        let conversation = self.conversation;
        step!(narrator, "the recall is carried out on every device", {
            let since = Instant::now();
            loop {
                let answer = self.bo.ask(&Ask::Progress { conversation, message })?;
                let Answer::Progress { progress } = answer else {
                    return Err("no progress".into());
                };
                if let Some(progress) = progress {
                    summary.erased_on = Some((progress.done, progress.devices));
                    if progress.server && progress.done == progress.devices {
                        return Ok(format!("removed on {} devices", progress.devices));
                    }
                }
                if since.elapsed() > CONVERGE {
                    return Err(format!("carried out on {:?} devices", summary.erased_on).into());
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        Ok(())
    }

    /// Every file of every participant is searched, once all have left.
    fn search(self, narrator: &mut Narrator, summary: &mut Summary) -> Result<(), Failure> {
        // Held to the end: the folder goes with its handle.
        let Self { folder, server, vera, ann, ann_phone, bo, gone, kept, .. } = self;
        let control = folder.path().join("control");
        step!(narrator, "the search finds what is there", {
            std::fs::write(&control, traces::encodings(&gone[0]).concat())?;
            let found = traces::search(core::slice::from_ref(&control), &gone[..1])?;
            std::fs::remove_file(&control)?;
            if found.is_empty() { Err("it does not".into()) } else { nothing() }
        });
        step!(narrator, "everybody leaves", {
            for participant in [vera, ann, ann_phone, bo] {
                participant.end()?;
            }
            server.map_or(Ok(()), Server::end)?;
            nothing()
        });
        step!(narrator, "every file is searched for every recalled and superseded word", {
            let files = traces::files(folder.path())?;
            let found = traces::search(&files, &gone)?;
            (summary.traces, summary.files, summary.words) = (found.len(), files.len(), gone.len());
            match found.first() {
                Some(trace) => {
                    Err(format!("'{}' stands in {}", trace.word, trace.file.display()).into())
                }
                None => Ok(format!("{} files: nothing", files.len())),
            }
        });
        step!(narrator, "words that stay are sealed on every disk", {
            let found = traces::search(&traces::files(folder.path())?, &kept)?;
            let found: BTreeSet<_> = found.into_iter().map(|trace| trace.file).collect();
            if found.is_empty() {
                nothing()
            } else {
                Err(format!("in the clear: {found:?}").into())
            }
        });
        Ok(())
    }
}

/// The site and its agents.
fn directory(data: &std::path::Path) -> Result<SiteId, Failure> {
    let directory = Directory::create(data, Rates::default())?;
    let agent = |email: &str, name: &str, role, sites| -> Result<NewAgent, Failure> {
        let (email, name) = (email.parse()?, name.to_owned());
        let password = Some(Password::new(PASSWORD.to_owned())?);
        Ok(NewAgent { email, name, role, password, sites })
    };
    let owner = agent("sue@tour.example", "Sue", AgentRole::Owner, BTreeSet::new())?;
    let site = NewSite { name: "Tour".to_owned(), settings: SiteChange::default() };
    let (_, site) = directory.begin(&owner, site, clock::now())?;
    for (email, name) in [("ann@tour.example", "Ann"), ("bo@tour.example", "Bo")] {
        let sites = BTreeSet::from([site.id]);
        directory.add_agent(&agent(email, name, AgentRole::Agent, sites)?, clock::now())?;
    }
    Ok(site.id)
}
