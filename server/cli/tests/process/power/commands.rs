//! The power goes in the middle of a command that writes: what was there is as it was, and the
//! command can be run again.
//!
//! A folder is filled and backed up, and more is said and taken back. Then each command is run on a
//! disk that remembers in which order everything came to it, and cut at many places.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use rejoinder_harness::core::attachment;
use rejoinder_harness::core::dice::Dice;
use rejoinder_harness::core::id::{ConversationId, DocumentId, DocumentKind, OperationId};
use rejoinder_harness::search::Needles;
use rejoinder_harness::server::directory::{Directory, Rates};
use rejoinder_harness::server::storage::Storage;
use rejoinder_harness::server::storage::sqlite::{Options, Sqlite, verify};
use rejoinder_harness::{PASSWORD, World};

use super::check::{Key, named};
use super::disk::Disk;
use super::medium::{Event, Image, Lie, Luck, Medium, ROOT};
use super::writer::{Attached, Writer};
use super::{MARKER, Wrong, asked, run};
use crate::command::PROGRAM;

const TEST: &str = "power::commands::st21_a_command_that_is_cut_can_be_run_again";

/// Cuts of all commands together, unless more are asked for.
const CUTS: usize = 24;

/// In the environment: words of the command that is looked at alone.
const COMMAND: &str = "POWER_COMMAND";

/// A command, in terms of a folder with `data`, a `backup` of it, and its `keys`.
#[derive(Debug)]
struct Case {
    arguments: &'static [&'static str],
    /// The folder that it changes, or copies.
    data: &'static str,
    /// What it says where it is run again and was done before, if it does not do it again.
    was_done: Option<&'static str>,
    /// A disk that is found out when it lies about this.
    lie: Option<Lie>,
}

const CASES: [Case; 8] = [
    Case {
        arguments: &["backup", "--data", "~data", "--to", "~again", "--keyring", "~again.keys"],
        data: "data",
        was_done: Some("is there already"),
        lie: Some(Lie::Named("rejoinder.db.partial")),
    },
    Case {
        arguments: &["restore", "--data", "~data", "--from", "~backup", "--keyring", "~keys"],
        data: "data",
        was_done: None,
        lie: Some(Lie::Named("rejoinder.db.restoring")),
    },
    Case {
        arguments: &["restore", "--data", "~data", "--from", "~backup", "--replace-directory"],
        data: "data",
        was_done: None,
        lie: Some(Lie::Named("directory.db.restoring")),
    },
    Case {
        arguments: &["restore", "--data", "~new", "--from", "~backup", "--keyring", "~keys"],
        data: "new",
        was_done: None,
        lie: Some(Lie::Named("rejoinder.keyring.restoring.partial")),
    },
    Case {
        arguments: &[
            "init",
            "--data",
            "~new",
            "--email",
            "olga@shop.example",
            "--name",
            "Olga",
            "--site",
            "Shop",
            "--password-stdin",
        ],
        data: "new",
        was_done: Some("there is a first owner already"),
        lie: Some(Lie::Named("directory.db")),
    },
    Case {
        arguments: &[
            "agent",
            "add",
            "--data",
            "~data",
            "--email",
            "new@shop.example",
            "--name",
            "New",
            "--role",
            "admin",
            "--password-stdin",
        ],
        data: "data",
        was_done: Some("exists already"),
        lie: None,
    },
    Case {
        arguments: &["site", "add", "--data", "~data", "Another"],
        data: "data",
        was_done: None,
        lie: None,
    },
    Case {
        arguments: &["export", "--data", "~data", "--to", "~", "#chat"],
        data: "data",
        was_done: Some("cannot be written"),
        lie: None,
    },
];

/// All that is kept in a data folder, in terms in which two can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Contents {
    rows: BTreeSet<(DocumentKind, u64, OperationId)>,
    words: BTreeSet<String>,
    people: BTreeSet<String>,
    has_the_file: bool,
}

/// What was prepared.
struct Stage {
    place: PathBuf,
    room: PathBuf,
    before: Image,
    chat: ConversationId,
    /// Where a file is, below the folder of files.
    file: (String, Attached),
    /// Keys of what was taken back since the backup.
    gone: Vec<Key>,
    dice: Dice,
}

impl Stage {
    async fn new(place: PathBuf, room: PathBuf, dice: Dice) -> Self {
        let mut world = World::start_program(PROGRAM, &[]).await;
        let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
        let chat = vera.begins(&format!("{MARKER} kept")).await;
        ann.chat(chat).await;
        ann.settles().await;
        let early = ann.says(chat, &format!("{MARKER} recalled before")).await;
        let late = ann.says(chat, &format!("{MARKER} recalled after")).await;
        let edited = ann.says(chat, &format!("{MARKER} edited after")).await;
        ann.notes(chat, &format!("{MARKER} noted")).await;
        ann.recalls(chat, early).await;
        world.settle().await;
        let (token, document) =
            (vera.client().token().await.unwrap().unwrap(), DocumentId::timeline(chat));
        let writer = Writer::new(token, vera.principal().await, document);
        let file = writer.attaches(world.address()).await;
        vera.settles().await;
        let in_world = |name| world.beside(name).display().to_string();
        let backup = ["backup", "--data", "~data", "--to", "~backup", "--keyring", "~keys"];
        let backup: Vec<_> = backup.iter().map(|it| it.replace('~', &in_world(""))).collect();
        let (done, said) = runs(&backup);
        assert!(done, "{said}");
        let known = named(&world.data());
        ann.recalls(chat, late).await;
        world.settle().await;
        let stay = named(&world.data());
        let gone: Vec<_> =
            known.iter().filter(|(id, _)| !stay.contains_key(*id)).map(|(_, key)| *key).collect();
        assert_eq!(gone.len(), 1);
        // A backup that is restored brings the words back that this replaces.
        ann.edits(chat, edited, &format!("{MARKER} other words")).await;
        vera.says(chat, &format!("{MARKER} said after")).await;
        world.add_agent("later", rejoinder_harness::core::principal::AgentRole::Agent);
        world.settle().await;
        vera.leaves().await;
        ann.leaves().await;
        // Killed, it leaves all that it has to a write-ahead log.
        world.kill_server().await;
        let mut before = Image::read(world.folder());
        let names = before.folders.get_mut(&ROOT).unwrap();
        names.retain(|name, _| ["data", "backup", "keys"].iter().any(|it| name == it));
        assert_eq!(names.len(), 3);
        Self { place, room, before, chat, file, gone, dice }
    }

    /// A command's arguments where everything lies in a folder.
    fn arguments(&self, case: &Case, base: &Path) -> Vec<String> {
        let base = format!("{}/", base.display());
        let chat = self.chat.to_string();
        case.arguments.iter().map(|it| it.replace('~', &base).replace("#chat", &chat)).collect()
    }

    /// What a data folder keeps; nothing where it has no conversations or no directory.
    fn contents(&self, data: &Path) -> Result<Option<Contents>, Wrong> {
        let failed = |what: &str, error: &dyn std::fmt::Display| format!("{what}: {error}");
        if !data.join("rejoinder.db").exists() {
            return Ok(None);
        }
        let storage = Sqlite::open(&Options::new(data)).map_err(|error| failed("open", &error))?;
        let stored = storage.load(self.chat).map_err(|error| failed("load", &error))?;
        let rows = stored.map(|stored| stored.rows).unwrap_or_default();
        let mut words = BTreeSet::new();
        for kind in [DocumentKind::Timeline, DocumentKind::Team] {
            let document = DocumentId { conversation: self.chat, kind };
            let messages = rows.iter().filter(|row| row.kind == kind);
            for message in messages.filter_map(|row| row.operation.message()) {
                let live = storage.message_words(document, message);
                let live = live.map_err(|error| failed("words", &error))?;
                words.extend(live.iter().map(|it| it.read().unwrap().text));
            }
        }
        drop(storage);
        let rows = rows.iter().map(|row| (row.kind, row.seq.0, row.id)).collect();
        let report = verify(data);
        if !report.is_sound() {
            return Err(format!("verify: {:?}", report.problems));
        }
        let people = match Directory::open(data, Rates::default()) {
            Ok(directory) => people(&directory)?,
            Err(_) => BTreeSet::new(),
        };
        let (at, file) = &self.file;
        let found = fs::read(data.join("attachments").join(at));
        let has_the_file = match found {
            Ok(sealed) => attachment::open(&file.described, &sealed).is_ok(),
            Err(_) => false,
        };
        Ok(Some(Contents { rows, words, people, has_the_file }))
    }

    /// Nothing of what was taken back is in a data folder that was opened, if its ledger knows.
    fn holds_nothing_gone(&self, data: &Path) -> Result<(), Wrong> {
        let gone = if data.ends_with("data") { &self.gone[..] } else { &[] };
        let traces = Needles::with_keys(&[MARKER.to_owned()], gone).search(data);
        if traces.is_empty() { Ok(()) } else { Err(format!("what is gone is there: {traces:?}")) }
    }

    /// Runs a command on a disk that remembers.
    fn records(&self, case: &Case) -> Vec<Event> {
        let disk = Disk::mount(self.before.clone(), &self.place).unwrap();
        let (done, said) = runs(&self.arguments(case, &self.place));
        assert!(done, "{case:?}: {said}");
        disk.unmount()
    }

    /// What there is before a command and after it.
    fn ends(&self, case: &Case, events: &[Event]) -> [Option<Contents>; 2] {
        let mut after = self.before.clone();
        events.iter().for_each(|event| after.apply(event));
        [&self.before, &after].map(|image| {
            let left = self.room.join("left");
            image.lay(&left);
            let found = self.contents(&left.join(case.data)).unwrap();
            fs::remove_dir_all(&left).unwrap();
            found
        })
    }

    /// Looks at what is left after one cut.
    fn look(
        &mut self,
        case: &Case,
        ends: &[Option<Contents>; 2],
        (medium, luck): (&Medium, Luck),
        was_done: bool,
    ) -> Result<(), Wrong> {
        let left = self.room.join("left");
        medium.left(luck, &mut self.dice).lay(&left);
        let looked = self.look_at(case, ends, &left, was_done);
        fs::remove_dir_all(&left).unwrap();
        looked
    }

    fn look_at(
        &self,
        case: &Case,
        [before, after]: &[Option<Contents>; 2],
        left: &Path,
        was_done: bool,
    ) -> Result<(), Wrong> {
        for file in ["backup/rejoinder.db", "backup/directory.db", "keys"] {
            let (from, to) = (self.bytes(file), fs::read(left.join(file)).unwrap());
            assert!(from == to, "{file} was changed");
        }
        let data = left.join(case.data);
        if was_done {
            is_same("done", &self.contents(&data)?, after)?;
        } else if let Some(found) = self.contents(&data)? {
            // Conversations are as they were or as they will be, whatever has come beside them.
            let is = |it: &Option<Contents>| {
                it.as_ref().is_none_or(|it| (&it.rows, &it.words) == (&found.rows, &found.words))
            };
            if !is(before) && !is(after) {
                return Err(format!("neither as before nor as after: {found:?}"));
            }
            let people = |it: &Option<Contents>| {
                it.as_ref().map_or_else(BTreeSet::new, |it| it.people.clone())
            };
            if ![before, after].iter().any(|it| people(it) == found.people) {
                return Err(format!("neither people as before nor as after: {found:?}"));
            }
        }
        self.holds_nothing_gone(&data)?;
        let (done, said) = runs(&self.arguments(case, left));
        let was_done = case.was_done.is_some_and(|what| said.contains(what));
        if !done && (!was_done || self.contents(&data)? != *after) {
            return Err(format!("run again: {said}"));
        }
        is_same("run again", &self.contents(&data)?, after)?;
        self.holds_nothing_gone(&data)?;
        match case.arguments[0] {
            "backup" => self.restores(left, after),
            "export" => self.is_exported(left),
            _ => Ok(()),
        }
    }

    /// A backup that was made is one.
    fn restores(&self, left: &Path, expected: &Option<Contents>) -> Result<(), Wrong> {
        let arguments =
            ["restore", "--data", "~new", "--from", "~again", "--keyring", "~again.keys"];
        let base = format!("{}/", left.display());
        let arguments: Vec<_> = arguments.iter().map(|it| it.replace('~', &base)).collect();
        let (done, said) = runs(&arguments);
        if !done {
            return Err(format!("restoring what was backed up: {said}"));
        }
        is_same("backed up and restored", &self.contents(&left.join("new"))?, expected)
    }

    /// What was written out is whole.
    fn is_exported(&self, left: &Path) -> Result<(), Wrong> {
        for ending in ["timeline.automerge", "team.automerge", "json"] {
            let path = left.join(format!("{}.{ending}", self.chat));
            let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let is_whole = match ending {
                "json" => String::from_utf8_lossy(&bytes).trim_end().ends_with('}'),
                _ => bytes.starts_with(&[0x85, 0x6f, 0x4a, 0x83]),
            };
            if !is_whole {
                return Err(format!("{} has {} bytes", path.display(), bytes.len()));
            }
        }
        Ok(())
    }

    fn bytes(&self, path: &str) -> &[u8] {
        let node = path
            .split('/')
            .fold(ROOT, |folder, name| self.before.named(folder, name.as_ref()).unwrap());
        &self.before.files[&node]
    }

    /// Cuts a command's record at so many places, and at its end.
    fn cut(&mut self, case: &Case, cuts: usize) -> Result<usize, Wrong> {
        let events = self.records(case);
        let ends = self.ends(case, &events);
        let synced = |at: &usize| matches!(events[*at], Event::Synced { .. });
        let syncs: Vec<_> = (0..events.len()).filter(synced).collect();
        // Half of them where something is about to be synced, and so is not yet.
        let mut at: Vec<_> = (0..cuts.saturating_sub(1))
            .map(|number| match number % 2 {
                0 => self.dice.below(events.len() as u64) as usize,
                _ => syncs[self.dice.below(syncs.len() as u64) as usize],
            })
            .collect();
        at.sort_unstable();
        let (mut medium, mut done) = (Medium::with(self.before.clone()), 0);
        for at in at {
            events[done..at].iter().for_each(|event| medium.apply(event));
            done = at;
            let luck = Luck::EVERY[self.dice.below(Luck::EVERY.len() as u64) as usize];
            let looked = self.look(case, &ends, (&medium, luck), false);
            looked
                .map_err(|wrong| format!("{:?} cut at {at}, {luck:?}: {wrong}", case.arguments))?;
        }
        events[done..].iter().for_each(|event| medium.apply(event));
        let looked = self.look(case, &ends, (&medium, Luck::Nothing), true);
        looked.map_err(|wrong| format!("{:?} done: {wrong}", case.arguments))?;
        let Some(lie) = case.lie else { return Ok(events.len()) };
        let lies = lie.about(&events);
        assert!(!lies.is_empty(), "{case:?}");
        let mut lying = Medium::with(self.before.clone());
        let told = |event: &&Event| !matches!(event, Event::Synced { node } if lies.contains(node));
        events.iter().filter(told).for_each(|event| lying.apply(event));
        let looked = self.look(case, &ends, (&lying, Luck::Nothing), true);
        assert!(looked.is_err(), "nobody finds out that {lie:?} is not synced");
        Ok(events.len())
    }
}

fn people(directory: &Directory) -> Result<BTreeSet<String>, Wrong> {
    let failed = |error: &dyn std::fmt::Display| format!("directory: {error}");
    let damages = directory.damages().map_err(|error| failed(&error))?;
    if !damages.is_empty() {
        return Err(format!("directory: {damages:?}"));
    }
    let agents = directory.agents().map_err(|error| failed(&error))?;
    let sites = directory.sites().map_err(|error| failed(&error))?;
    let agents = agents.into_iter().map(|agent| agent.email.to_string());
    Ok(agents.chain(sites.into_iter().map(|site| site.name)).collect())
}

fn is_same(when: &str, found: &Option<Contents>, expected: &Option<Contents>) -> Result<(), Wrong> {
    if found == expected { Ok(()) } else { Err(format!("{when}: {found:?}, not {expected:?}")) }
}

/// Runs the program, and says whether it succeeded and what it said.
fn runs(arguments: &[String]) -> (bool, String) {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Most do not ask for it.
    let _unread = child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes());
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

async fn story(place: PathBuf, room: PathBuf) {
    let (cuts, dice) = asked(CUTS);
    let mut stage = Stage::new(place, room, dice).await;
    let only = std::env::var(COMMAND).unwrap_or_default();
    let asked = |case: &&Case| case.arguments.join(" ").contains(&only);
    let cases: Vec<_> = CASES.iter().filter(asked).collect();
    let (began, each) = (Instant::now(), cuts.div_ceil(cases.len()));
    let mut happened = 0;
    for case in &cases {
        happened += stage.cut(case, each).unwrap();
    }
    println!(
        "{} power cuts in {} commands of {happened} events, {:?}: each could be run again",
        each * cases.len(),
        cases.len(),
        began.elapsed()
    );
}

#[test]
fn st21_a_command_that_is_cut_can_be_run_again() {
    run(TEST, false, story);
}
