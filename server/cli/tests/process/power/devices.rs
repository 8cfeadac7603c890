//! Clients whose disk loses its power: what a person was told is kept, and what was taken back on
//! a device is gone from it.
//!
//! A visitor and an agent have their stores on one such disk; the server has another, on which
//! nothing happens. They write, edit, recall, note, draft, and lose the network; some moments are
//! quiet. Each life is cut afterwards at many places more.

mod book;
mod look;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rejoinder_harness::client::id::ConversationId;
use rejoinder_harness::client::{
    Client, ClientOptions, Composer, Connection, Conversation, Credential, Error, Place, Role,
};
use rejoinder_harness::core::dice::Dice;
use rejoinder_harness::core::principal::AgentRole;
use rejoinder_harness::{PASSWORD, PATIENCE, World, eventually};
use tokio::time::timeout;

use self::book::Book;
use self::look::{Seen, look, views};
use super::disk::Disk;
use super::medium::{Event, Image, Lie, Luck, Medium};
use super::{MARKER, Moment, Wrong, asked, run};

const TEST: &str = "power::devices::st22_a_power_cut_on_a_device_takes_nothing_that_was_told";

/// Cuts that are looked at in one round, and without being asked for more.
const IN_A_ROUND: usize = 20;
const CUTS: usize = 40;

/// Cuts in which a disk that lies is found out.
const LIES: usize = 20;

/// How long people write before all is quiet, and after it.
const LOAD: Duration = Duration::from_millis(500);

/// Conversations that are begun, one a round.
const BEGUN: usize = 5;

const NAMES: [&str; 2] = ["vera", "ann"];

/// Somebody's device.
struct Person {
    number: usize,
    credential: Credential,
    folder: PathBuf,
    client: Option<Client>,
    chats: Vec<Conversation>,
    online: bool,
    dice: Dice,
    written: u64,
}

/// Where and when somebody does something.
#[derive(Clone, Copy)]
struct Scene<'a> {
    disk: &'a Disk,
    book: &'a Book,
    round: usize,
}

impl Scene<'_> {
    fn now(self) -> Moment {
        (self.round, self.disk.events())
    }
}

impl Person {
    fn client(&self) -> Client {
        self.client.clone().expect("it is open")
    }

    const fn is_agent(&self) -> bool {
        self.number == 1
    }

    /// Switches the device on, where all that it shows is looked at.
    async fn opens(&mut self, server: &str, chats: &[ConversationId], scene: Scene<'_>) {
        let place = Place::Folder(self.folder.clone());
        let options = ClientOptions::new(server, self.credential.clone(), place);
        let client = Client::open(options).await.unwrap();
        client.contact(PATIENCE).await.unwrap();
        scene.book.pages().known.entry(self.number).or_insert(scene.now());
        (self.client, self.online) = (Some(client), true);
        for chat in chats {
            self.follows(*chat).await;
        }
    }

    /// Follows a conversation with all words in it, not the newest only.
    async fn follows(&mut self, chat: ConversationId) {
        let chat = self.client().conversation(chat).await.unwrap();
        chat.widen(10_000).await.unwrap();
        self.chats.push(chat);
    }

    async fn begins(&mut self, scene: Scene<'_>) -> ConversationId {
        let chat = self.client().begin().await.unwrap();
        self.chats.push(chat.clone());
        // The server knows none in which nothing was said.
        self.writes_in(&chat, scene, false).await.unwrap();
        chat.id()
    }

    /// Does one thing after the other, until a moment or until there is no power.
    async fn works(&mut self, scene: Scene<'_>, until: Instant) {
        while scene.disk.has_power() && Instant::now() < until {
            if let Err(error) = self.acts(scene).await {
                assert!(!scene.disk.has_power(), "{error}");
                return;
            }
        }
    }

    async fn acts(&mut self, scene: Scene<'_>) -> Result<(), Error> {
        let is_note = self.is_agent() && self.dice.below(3) == 0;
        match self.dice.below(20) {
            0..9 => self.writes(scene, is_note).await,
            9..12 => self.edits(scene, is_note).await,
            12..16 => self.recalls(scene, is_note).await,
            16..18 => self.types(scene).await,
            18 => self.goes(!self.online).await,
            _ => self.sees(scene).await,
        }
    }

    fn text(&mut self) -> String {
        self.written += 1;
        let words = "and so on ".repeat(self.dice.below(40) as usize);
        format!("{MARKER} {} {} {words}", self.number, self.written)
    }

    fn chat(&mut self) -> Conversation {
        let chosen = self.dice.below(self.chats.len() as u64) as usize;
        self.chats[chosen].clone()
    }

    async fn writes(&mut self, scene: Scene<'_>, is_note: bool) -> Result<(), Error> {
        let chat = self.chat();
        self.writes_in(&chat, scene, is_note).await
    }

    async fn writes_in(
        &mut self,
        chat: &Conversation,
        scene: Scene<'_>,
        is_note: bool,
    ) -> Result<(), Error> {
        let text = self.text();
        let message = match is_note {
            true => chat.note(&text).await?,
            false => chat.send(&text).await?.message,
        };
        scene.book.said(self.number, (chat.id(), is_note), message, (text, scene.now()));
        Ok(())
    }

    async fn edits(&mut self, scene: Scene<'_>, is_note: bool) -> Result<(), Error> {
        let Some((chat, message)) = self.stands(scene, is_note) else { return Ok(()) };
        let text = self.text();
        scene.book.changes(message, Some(text.clone()), scene.now());
        match is_note {
            true => chat.edit_note(message, text).await?,
            false => chat.edit(message, text).await?,
        }
        scene.book.changed(message, scene.now());
        Ok(())
    }

    async fn recalls(&mut self, scene: Scene<'_>, is_note: bool) -> Result<(), Error> {
        let Some((chat, message)) = self.stands(scene, is_note) else { return Ok(()) };
        scene.book.changes(message, None, scene.now());
        match is_note {
            true => chat.recall_note(message).await?,
            false => chat.recall(message).await?,
        }
        scene.book.changed(message, scene.now());
        Ok(())
    }

    fn stands(
        &mut self,
        scene: Scene<'_>,
        is_note: bool,
    ) -> Option<(Conversation, rejoinder_harness::client::id::MessageId)> {
        let standing = scene.book.standing(self.number, is_note);
        let chosen = self.dice.below(standing.len().max(1) as u64) as usize;
        let message = *standing.get(chosen)?;
        let id = scene.book.pages().messages[&message].chat;
        let chat = self.chats.iter().find(|chat| chat.id() == id)?;
        Some((chat.clone(), message))
    }

    async fn types(&mut self, scene: Scene<'_>) -> Result<(), Error> {
        let (chat, text) = (self.chat(), self.text());
        let text = if self.dice.below(4) == 0 { String::new() } else { text };
        let state = (!text.is_empty()).then(|| text.clone());
        scene.book.types(self.number, chat.id(), state);
        chat.set_draft(Composer::Message, &text).await?;
        scene.book.typed(self.number, chat.id(), scene.now());
        Ok(())
    }

    async fn goes(&mut self, online: bool) -> Result<(), Error> {
        self.online = online;
        if online { self.client().go_online().await } else { self.client().go_offline().await }
    }

    async fn sees(&mut self, scene: Scene<'_>) -> Result<(), Error> {
        let role = self.client().principal().await?.map_or(Role::Visitor, |it| it.role);
        for chat in &self.chats {
            let shown = views(chat, role).await;
            scene.book.shown(self.number, &shown, scene.now());
        }
        Ok(())
    }

    async fn settles(&mut self) {
        self.goes(true).await.unwrap();
        if *self.client().connection().borrow() == Connection::Offline {
            self.client().go_online().await.unwrap();
        }
        self.client().settled(PATIENCE).await.unwrap();
        for chat in &self.chats {
            assert_eq!(chat.outbox().await.unwrap(), [], "nothing is refused");
        }
    }

    /// What is seen of everything, but for notes.
    async fn timelines(&self) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for chat in &self.chats {
            for it in views(chat, Role::Visitor).await {
                all.insert(format!("{} {:?} {:?} {:?}", it.id, it.seq, it.words, it.edited_at));
            }
        }
        all
    }

    /// Switches the device off, whether its disk answers or not.
    async fn leaves(&mut self) {
        self.chats.clear();
        let client = self.client.take().unwrap();
        timeout(PATIENCE, client.close()).await.expect("the client ends");
    }
}

/// A server, two devices, and their disk.
struct Stage {
    world: World,
    place: PathBuf,
    room: PathBuf,
    before: Image,
    people: [Person; 2],
    chats: Vec<ConversationId>,
    book: Book,
    seen: [Seen; 2],
    dice: Dice,
}

impl Stage {
    async fn new(place: PathBuf, room: PathBuf, mut dice: Dice) -> Self {
        let world = World::start().await;
        world.add_agent("ann", AgentRole::Agent);
        let (email, password) = ("ann@shop.example".to_owned(), PASSWORD.to_owned());
        let agent = Credential::Password { email, password, code: None };
        let mut person = |number: usize, credential| Person {
            number,
            credential,
            folder: place.join("devices").join(NAMES[number]),
            client: None,
            chats: Vec::new(),
            online: true,
            dice: Dice::from_seed(dice.bytes()),
            written: 0,
        };
        let people = [person(0, Credential::Visitor(world.site())), person(1, agent)];
        let (before, chats) = (Image::empty(), Vec::new());
        let (book, seen) = (Book::default(), <[Seen; 2]>::default());
        Self { world, place, room, before, people, chats, book, seen, dice }
    }

    /// One round: everybody begins again, writes, has a quiet moment, writes, and the power goes.
    async fn round(&mut self, round: usize) -> Vec<Event> {
        let disk = Arc::new(Disk::mount(self.before.clone(), &self.place).unwrap());
        let server = self.world.url();
        let scene = Scene { disk: &disk, book: &self.book, round };
        let [vera, ann] = &mut self.people;
        vera.opens(&server, &self.chats, scene).await;
        ann.opens(&server, &self.chats, scene).await;
        // More conversations than these would be refused to one visitor.
        if round < BEGUN {
            let begun = vera.begins(scene).await;
            self.chats.push(begun);
            vera.settles().await;
            ann.follows(begun).await;
        }
        let until = Instant::now() + LOAD;
        tokio::join!(vera.works(scene, until), ann.works(scene, until));
        vera.settles().await;
        ann.settles().await;
        let differ = async || {
            let (vera, ann) = (vera.timelines().await, ann.timelines().await);
            vera.symmetric_difference(&ann).cloned().collect::<Vec<_>>()
        };
        eventually("both see the same", differ, Vec::is_empty).await;
        vera.sees(scene).await.unwrap();
        ann.sees(scene).await.unwrap();
        self.book.pages().quiet.push(scene.now());
        let more = Duration::from_millis(self.dice.below(LOAD.as_millis() as u64));
        let until = Instant::now() + 10 * LOAD;
        let cut = async {
            tokio::time::sleep(more).await;
            disk.loses_power();
        };
        tokio::join!(vera.works(scene, until), ann.works(scene, until), cut);
        vera.leaves().await;
        ann.leaves().await;
        Arc::into_inner(disk).unwrap().unmount()
    }

    /// The power comes back, on a disk that kept some of what was not synced.
    fn comes_back(&mut self, events: &[Event]) -> Luck {
        let mut medium = Medium::with(self.before.clone());
        events.iter().for_each(|event| medium.apply(event));
        let luck = Luck::EVERY[self.dice.below(Luck::EVERY.len() as u64) as usize];
        self.before = medium.left(luck, &mut self.dice);
        luck
    }

    /// Keeps in mind which keys there are.
    fn see(&mut self, image: &Image, quiet: Option<Moment>) {
        let all = self.room.join("all");
        image.lay(&all);
        for (seen, name) in self.seen.iter_mut().zip(NAMES) {
            let folder = all.join("devices").join(name);
            if folder.join("client.db").exists() {
                match quiet {
                    Some(when) => seen.look_when_quiet(&folder, when),
                    None => seen.look(&folder),
                }
            }
        }
        fs::remove_dir_all(&all).unwrap();
    }

    /// Looks at what is left after one cut.
    async fn look(&mut self, medium: &Medium, luck: Luck, by: Moment) -> Result<(), Wrong> {
        let left = self.room.join("left");
        medium.left(luck, &mut self.dice).lay(&left);
        let mut found = Ok(());
        for (device, name) in NAMES.into_iter().enumerate() {
            let folder = left.join("devices").join(name);
            let looked = look(&folder, &self.book, &self.seen[device], device, by).await;
            found = found.and(looked.map_err(|wrong| format!("{by:?}, {luck:?}, {name}: {wrong}")));
        }
        fs::remove_dir_all(&left).unwrap();
        found
    }

    /// Cuts a recorded round at so many places, and looks at its keys wherever some go.
    async fn cut(&mut self, round: usize, events: &[Event], cuts: usize) -> Result<(), Wrong> {
        let (looks, quiet) = {
            let pages = self.book.pages();
            let of = |moments: &[Moment]| -> Vec<usize> {
                moments.iter().filter(|it| it.0 == round).map(|it| it.1).collect()
            };
            (of(&pages.looks), of(&pages.quiet))
        };
        let below = |dice: &mut Dice| dice.below(events.len() as u64 + 1) as usize;
        let cuts: Vec<_> = (0..cuts).map(|_| below(&mut self.dice)).collect();
        let mut places: Vec<_> = [&looks, &quiet, &cuts].into_iter().flatten().copied().collect();
        places.sort_unstable();
        places.dedup();
        let (mut medium, mut image) = (Medium::with(self.before.clone()), self.before.clone());
        let mut done = 0;
        for at in places {
            for event in &events[done..at] {
                medium.apply(event);
                image.apply(event);
            }
            done = at;
            self.see(&image, quiet.contains(&at).then_some((round, at)));
            for _ in cuts.iter().filter(|cut| **cut == at) {
                let luck = Luck::EVERY[self.dice.below(Luck::EVERY.len() as u64) as usize];
                self.look(&medium, luck, (round, at)).await?;
            }
        }
        Ok(())
    }

    /// A disk that keeps nothing of what it says it has synced of a file, in the first round's
    /// second half, is known by some cut.
    async fn is_found_out(&mut self, events: &[Event], lies: Lie) {
        let about = lies.about(events);
        assert!(!about.is_empty(), "it was made in this round");
        let half = events.len() / 2;
        let (mut medium, mut done) = (Medium::with(self.before.clone()), 0);
        for place in (half..=events.len()).step_by((events.len() - half).div_ceil(LIES)) {
            for (at, event) in events.iter().enumerate().take(place).skip(done) {
                if at < half || !matches!(event, Event::Synced { node } if about.contains(node)) {
                    medium.apply(event);
                }
            }
            done = place;
            if self.look(&medium, Luck::Nothing, (0, place)).await.is_err() {
                return;
            }
        }
        panic!("nobody finds out that {lies:?} is not synced");
    }
}

async fn story(place: PathBuf, room: PathBuf) {
    let (cuts, dice) = asked(CUTS);
    let mut stage = Stage::new(place, room, dice).await;
    let (began, mut looked, mut happened, mut round) = (Instant::now(), 0, 0, 0);
    while looked < cuts {
        let events = stage.round(round).await;
        let now = IN_A_ROUND.min(cuts - looked);
        stage.cut(round, &events, now).await.unwrap();
        if round == 0 {
            stage.is_found_out(&events, Lie::Named("client.db-wal")).await;
            stage.is_found_out(&events, Lie::Named("client.keyring")).await;
        }
        let luck = stage.comes_back(&events);
        println!("round {round}: {} events, then {luck:?} of what was not synced", events.len());
        (looked, happened, round) = (looked + now, happened + events.len(), round + 1);
    }
    let pages = stage.book.pages();
    let states: usize = pages.messages.values().map(|it| it.states.len()).sum();
    let keys: usize = stage.seen.iter().map(Seen::count).sum();
    println!(
        "{looked} power cuts of {happened} events in {round} lives of two devices, {states} \
         messages, edits and recalls, {keys} keys, {:?}: nothing that was told is lost",
        began.elapsed()
    );
}

#[test]
fn st22_a_power_cut_on_a_device_takes_nothing_that_was_told() {
    run(TEST, false, story);
}
