//! Erasure, as whoever takes the disk out of the machine would test it: a thousand messages are
//! recalled, and the raw disk below server and clients is searched, free blocks and the file
//! system's own journal included.
#![expect(clippy::print_stdout, reason = "figures are for whoever runs it")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rejoinder_harness::client::Composer;
use rejoinder_harness::client::id::{ConversationId, DatabaseId, Epoch, MessageId};
use rejoinder_harness::core::keyring::{Blocks, Found, Keyring, MemoryBlocks, Owner};
use rejoinder_harness::search::Needles;
use rejoinder_harness::{Person, World, eventually};

use crate::command::{PROGRAM, is_sound};
use crate::image::{Disk, run_on_a_disk};

const TEST: &str = "erasure::re22_st2_a_raw_disk_holds_no_recalled_word_and_no_shredded_key";

/// Messages of the visitor, of the agent, and notes: a thousand.
const WRITTEN: [(By, usize); 3] = [(By::Visitor, 320), (By::Agent, 340), (By::Note, 340)];

/// Messages that the visitor writes without a network; every other one is recalled before it was
/// ever sent.
const OFFLINE: usize = 20;

/// One message of so many is edited before it is recalled.
const EDITED: usize = 10;

/// Words that nobody recalls, one message a conversation.
const KEPT: [&str; 2] = ["marker-kept-0000-stays", "marker-kept-0001-stays"];

/// Words in a file that was removed, for the search to find.
const REMOVED: &str = "marker-in-a-removed-file";

/// The first bytes of what is sealed: its nonce, and some of the ciphertext.
type Beginning = [u8; 32];
type Key = [u8; 32];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Visitor,
    Agent,
    Note,
}

/// A message that was written to be recalled.
#[derive(Clone, Copy, Debug)]
struct Said {
    by: By,
    chat: ConversationId,
    message: MessageId,
}

/// The keyring files of everybody, and every key that was ever seen in them.
struct Rings {
    files: Vec<PathBuf>,
    seen: Arc<Mutex<BTreeSet<Key>>>,
    stop: Arc<AtomicBool>,
    watching: Option<JoinHandle<()>>,
}

impl Rings {
    /// Looks into them again and again, for keys that are there for a moment only.
    fn watch(files: Vec<PathBuf>) -> Self {
        let (seen, stop) = (Arc::<Mutex<BTreeSet<Key>>>::default(), Arc::<AtomicBool>::default());
        let (paths, all, end) = (files.clone(), Arc::clone(&seen), Arc::clone(&stop));
        let watching = std::thread::spawn(move || {
            while !end.load(Ordering::Relaxed) {
                let held: Vec<_> = paths.iter().flat_map(|path| keys(path)).collect();
                all.lock().unwrap().extend(held);
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        Self { files, seen, stop, watching: Some(watching) }
    }

    /// The keys that are in them now.
    fn held(&self) -> BTreeSet<Key> {
        let held: BTreeSet<_> = self.files.iter().flat_map(|path| keys(path)).collect();
        self.seen.lock().unwrap().extend(&held);
        held
    }

    /// The keys that were there once, and those that still are. They are watched no longer.
    fn end(mut self) -> (Vec<Key>, BTreeSet<Key>) {
        self.stop.store(true, Ordering::Relaxed);
        self.watching.take().unwrap().join().unwrap();
        let held = self.held();
        let seen = self.seen.lock().unwrap();
        (seen.difference(&held).copied().collect(), held)
    }
}

impl Drop for Rings {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// The keys in a keyring's file.
fn keys(path: &Path) -> Vec<Key> {
    let bytes = fs::read(path).unwrap();
    let id = |at: usize| bytes[at..at + 16].try_into().unwrap();
    let (database, epoch) = (DatabaseId::from_bytes(id(32)), Epoch::from_bytes(id(48)));
    let mut blocks = MemoryBlocks::default();
    blocks.write(0, &bytes).unwrap();
    let mut ring = Keyring::open(blocks, Owner { database, epoch }).unwrap();
    let slots: Vec<_> = ring.keys().collect();
    let key = |found| match found {
        Found::Key(key) => Some(*key.as_bytes()),
        // It was being written.
        Found::Damaged | Found::Erased => None,
    };
    ring.get_all(&slots).unwrap().into_iter().filter_map(key).collect()
}

/// How all sealed words in the server's database begin.
fn sealed(database: &Path) -> Vec<Beginning> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = rusqlite::Connection::open_with_flags(database, flags).unwrap();
    let mut rows = connection.prepare("SELECT substr(sealed, 1, 32) FROM words").unwrap();
    rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// A server, a visitor and an agent, and all words that will have been taken back.
struct Stage {
    world: World,
    vera: Arc<Person>,
    ann: Arc<Person>,
    chats: Vec<ConversationId>,
    markers: Mutex<Vec<String>>,
}

impl Stage {
    async fn new() -> Self {
        let world = World::start_program(PROGRAM, &[]).await;
        let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
        let mut chats = Vec::new();
        for kept in KEPT {
            let chat = vera.begins(kept).await;
            ann.sees(chat, &[kept]).await;
            // Everybody has all words, not the newest 50 only.
            for person in [&vera, &ann] {
                person.chat(chat).await.widen(10_000).await.unwrap();
            }
            chats.push(chat);
        }
        Self { world, vera, ann, chats, markers: Mutex::default() }
    }

    const fn author(&self, by: By) -> &Arc<Person> {
        match by {
            By::Visitor => &self.vera,
            By::Agent | By::Note => &self.ann,
        }
    }

    /// Words that are found wherever they go.
    fn marker(&self, kind: &str) -> String {
        let mut markers = self.markers.lock().unwrap();
        let marker = format!("marker-{kind}-{:05}-gone", markers.len());
        markers.push(marker.clone());
        marker
    }

    fn words(&self) -> Vec<String> {
        self.markers.lock().unwrap().clone()
    }

    async fn writes(&self, by: By, count: usize) -> Vec<Said> {
        let mut written = Vec::new();
        for number in 0..count {
            let (chat, author) = (self.chats[number % self.chats.len()], self.author(by));
            let message = match by {
                By::Visitor | By::Agent => author.says(chat, &self.marker("said")).await,
                By::Note => author.notes(chat, &self.marker("note")).await,
            };
            written.push(Said { by, chat, message });
        }
        written
    }

    async fn edits(&self, said: &[Said]) {
        for Said { by, chat, message } in said.iter().step_by(EDITED).copied() {
            let (chat, words) = (self.author(by).chat(chat).await, self.marker("edited"));
            match by {
                By::Visitor | By::Agent => chat.edit(message, words).await.unwrap(),
                By::Note => chat.edit_note(message, words).await.unwrap(),
            }
        }
    }

    async fn recalls(&self, said: &[Said]) {
        for Said { by, chat, message } in said.iter().copied() {
            let chat = self.author(by).chat(chat).await;
            match by {
                By::Visitor | By::Agent => chat.recall(message).await.unwrap(),
                By::Note => chat.recall_note(message).await.unwrap(),
            }
        }
    }

    /// Drafts that are changed, and stay until [`Self::drops_drafts`] or a recall.
    async fn drafts(&self, of: Said) {
        let (vera, ann) = (self.vera.chat(of.chat).await, self.ann.chat(of.chat).await);
        for _ in 0..3 {
            let (new, edit) = (self.marker("typed"), self.marker("retyped"));
            vera.set_draft(Composer::Message, &new).await.unwrap();
            ann.set_draft(Composer::Edit(of.message), &edit).await.unwrap();
        }
    }

    async fn drops_drafts(&self, of: Said) {
        let (vera, ann) = (self.vera.chat(of.chat).await, self.ann.chat(of.chat).await);
        vera.set_draft(Composer::Message, "").await.unwrap();
        let draft = ann.draft(Composer::Edit(of.message)).await.unwrap();
        assert_eq!(draft, None, "it went with the message");
    }

    /// Recalls everything: half of it while the visitor is away, half while the agent is.
    async fn takes_all_back(&self, said: &[Said]) {
        let (first, second): (Vec<_>, Vec<_>) =
            said.iter().enumerate().partition(|(number, _)| number % 2 == 0);
        let [first, second] = [first, second].map(|half| half.into_iter().map(|(_, said)| *said));
        let (first, mut second): (Vec<_>, Vec<_>) = (first.collect(), second.collect());
        self.vera.goes_offline().await;
        let unsent = self.writes(By::Visitor, OFFLINE).await;
        let (never_sent, late) = unsent.split_at(OFFLINE / 2);
        self.recalls(never_sent).await;
        self.recalls(&first).await;
        self.ann.settles().await;
        self.vera.comes_back().await;
        self.world.settle().await;
        second.extend(late);
        self.ann.goes_offline().await;
        self.recalls(&second).await;
        self.vera.settles().await;
        self.ann.comes_back().await;
        self.world.settle().await;
        for Said { by, chat, message } in first.iter().chain(&second).copied() {
            let chat = self.author(by).chat(chat).await;
            let devices = if by == By::Note { 1 } else { 2 };
            let look = async || chat.progress(message).await.unwrap();
            let what = format!("it is erased by the server and on {devices} devices");
            eventually(&what, look, |told| {
                let told = told.as_ref();
                told.is_some_and(|it| it.server && (it.done, it.devices) == (devices, devices))
            })
            .await;
        }
    }

    fn rings(&self) -> Vec<PathBuf> {
        let clients = [&self.vera, &self.ann].map(|person| person.folder().join("client.keyring"));
        clients.into_iter().chain([self.world.data().join("rejoinder.keyring")]).collect()
    }
}

/// How many of these the disk holds, each counted once.
fn count(disk: &Disk, sought: impl IntoIterator<Item = Key>) -> usize {
    let (bytes, sought): (_, Vec<_>) = (disk.bytes(), sought.into_iter().collect());
    let needles = Needles::with_keys(&[], &sought);
    needles.find(&bytes).into_iter().map(|(_, name, _)| name).collect::<BTreeSet<_>>().len()
}

/// Asserts that none of this is on the disk, by a search that sees what files no longer hold.
fn holds_none(disk: &Disk, words: &[String], keys: &[Key], when: &str) {
    let (bytes, words) = (disk.bytes(), [words, &[REMOVED.to_owned()]].concat());
    let needles = Needles::with_keys(&words, keys);
    let (control, traces): (Vec<_>, Vec<_>) =
        needles.find(&bytes).into_iter().partition(|found| found.1 == REMOVED);
    assert!(!control.is_empty(), "{when}: the words of a removed file are not found");
    assert_eq!(traces, [], "{when}: what was taken back is on the disk, at these bytes");
}

async fn story(mut disk: Disk) {
    let mut stage = Stage::new().await;
    assert!(stage.world.data().starts_with(disk.place()), "all of it is on the disk");
    let database = stage.world.data().join("rejoinder.db");
    let rings = Rings::watch(stage.rings());
    let [visitor, agent, note] = WRITTEN.map(|(by, count)| stage.writes(by, count));
    let (visitor, agent) = tokio::join!(visitor, async { (agent.await, note.await) });
    let said = [visitor, agent.0, agent.1].concat();
    assert_eq!(said.len(), 1_000);
    stage.world.settle().await;
    let mine = said.iter().find(|said| said.by == By::Agent).copied().unwrap();
    stage.drafts(mine).await;
    let held = rings.held();
    assert!(held.len() > 2_600, "{} keys", held.len());
    assert_eq!(count(&disk, held.iter().copied()), held.len(), "keys in use are on the disk");
    disk.removes_a_file(REMOVED);
    holds_none(&disk, &stage.words(), &[], "sealed");
    let written = sealed(&database);
    stage.edits(&said).await;
    stage.world.settle().await;
    // Those of the new words are noted before they go.
    rings.held();

    stage.takes_all_back(&said).await;
    stage.drops_drafts(mine).await;
    let kept = keys(&stage.world.data().join("rejoinder.keyring"));
    assert_eq!(kept.len(), KEPT.len(), "the keys of words that nobody recalled");
    let (shredded, held) = rings.end();
    assert!(shredded.len() > 2_900, "{} keys were shredded", shredded.len());
    let (words, living) = (stage.words(), sealed(&database));
    disk.removes_a_file(REMOVED);
    // Nothing is asked to be written out before: what was reported is so.
    holds_none(&disk, &words, &shredded, "reported as erased");
    for person in [&stage.vera, &stage.ann] {
        person.leaves().await;
    }
    stage.world.stop_server().await;
    is_sound(&stage.world);
    disk.removes_a_file(REMOVED);
    disk.unmount();
    holds_none(&disk, &words, &shredded, "unmounted");
    assert_eq!(count(&disk, kept), KEPT.len(), "the keys of what stays are found");
    assert_eq!(count(&disk, held.iter().copied()), held.len(), "and so are all others in use");
    let noise: Vec<_> = written.into_iter().filter(|it| !living.contains(it)).collect();
    println!(
        "{} words and {} keys are nowhere on the disk; {} keys in use are, and of {} ciphertexts \
         without a key {}",
        words.len(),
        shredded.len(),
        held.len(),
        noise.len(),
        count(&disk, noise.iter().copied())
    );
}

#[test]
fn re22_st2_a_raw_disk_holds_no_recalled_word_and_no_shredded_key() {
    let Some(disk) = Disk::mount() else { return run_on_a_disk(TEST) };
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().build().unwrap().block_on(story(disk));
}
