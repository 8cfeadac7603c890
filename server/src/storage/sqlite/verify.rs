//! Looking for damage: everything that storage promises, read again and compared. Nothing is
//! changed, and a folder that is being served can be looked at as well.

mod conversation;
mod snapshot;

use std::collections::BTreeSet;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use rejoinder_core::id::{ConversationId, DocumentId, MessageId};
use rejoinder_core::keyring::{Keyring, Slot};
use rusqlite::Connection;

use self::conversation::{Checked, check};
use super::folder::Files;
use super::keys::Keys;
use super::open::{Meta, NAMED, State, meta, named_slots};
use super::rows::Columns;
use super::schema;
use crate::storage::keyring_file::KeyringFile;
use crate::storage::ledger::{self, Contents};

/// Lines of SQLite's own check that are reported.
const LINES: usize = 100;
/// Slots that are named in one problem.
const SLOTS: usize = 10;
/// How long a server may take from a commit to the end of its erasures, before what is found
/// half-way counts as a problem.
const UNDER_WAY: Duration = Duration::from_millis(700);

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// A file, or a conversation and what of it.
    pub place: String,
    /// What is wrong there, and what to do. Never words.
    pub what: String,
}

impl core::fmt::Display for Problem {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// What was looked at, and what is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Conversations there are.
    pub conversations: u64,
    /// Rows of their logs that were composed again.
    pub entries: u64,
    /// Words that were unsealed and compared with their commitments.
    pub words: u64,
    /// Former words that are kept for the team, looked at in the same way.
    pub former: u64,
    /// Messages whose words went with the keys that a restore did not bring back. They come back
    /// with devices that still hold them.
    pub lost: u64,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    fn problem(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.problems.push(Problem { place: place.into(), what: what.into() });
    }
}

/// The parts of a folder while it is looked at.
struct Looking {
    files: Files,
    connection: Connection,
    meta: Meta,
    restored_at: Option<i64>,
    keys: Option<Keys>,
    ledger: Option<BTreeSet<(DocumentId, MessageId)>>,
    /// Whether a process serves the folder.
    served: bool,
}

impl Looking {
    /// Reads keyring and ledger again: both grow while the folder is served. What is wrong with
    /// them was reported when they were read first.
    fn renew(&mut self) {
        let mut reported = Report::default();
        self.keys = open_keys(&self.files, self.meta, &mut reported);
        self.ledger = open_ledger(&self.files, self.meta, &mut reported);
    }
}

/// Looks at everything in a data folder.
#[must_use]
pub fn verify(folder: &Path) -> Report {
    let mut report = Report::default();
    let files = Files::of(folder);
    let Some(mut looking) = open(files, &mut report) else { return report };
    // Taken before any row is read: a key that comes later is no orphan.
    let before: Vec<Slot> =
        looking.keys.iter().flat_map(|keys| keys.ring().keys().collect::<Vec<_>>()).collect();
    check_pages(&looking.connection, &mut report);
    match conversations(&looking.connection) {
        Ok(ids) => check_conversations(&mut looking, &ids, &mut report),
        Err(error) => report.problem("rejoinder.db", format!("conversations: {error}: {RESTORE}")),
    }
    check_ring(&mut looking, &before, &mut report);
    report
}

/// What to do about damage that nothing here mends.
const RESTORE: &str = "restore a backup";
/// What to do about what a start finishes.
const START: &str = "start the server once, which finishes it";

fn open(files: Files, report: &mut Report) -> Option<Looking> {
    if !files.database.is_file() {
        report.problem("rejoinder.db", format!("is missing: put it back, or {RESTORE}"));
        return None;
    }
    let opened = schema::open_reader(&files.database).and_then(|connection| {
        let version = schema::version(&connection)?;
        let found = if version == schema::VERSION { Some(meta(&connection)?) } else { None };
        let restored_at = match found {
            Some(_) => {
                connection.query_row("SELECT restored_at FROM meta", [], |row| row.get(0))?
            }
            None => None,
        };
        Ok((connection, version, found, restored_at))
    });
    let (connection, meta, restored_at) = match opened {
        Ok((connection, _, Some(meta), restored_at)) => (connection, meta, restored_at),
        Ok((_, version, None, _)) => {
            let known = schema::VERSION;
            let what = format!("has format {version}, this program knows {known}: {START}");
            report.problem("rejoinder.db", what);
            return None;
        }
        Err(error) => {
            report.problem("rejoinder.db", format!("cannot be read: {error}: {RESTORE}"));
            return None;
        }
    };
    match meta.state {
        State::Live => {}
        State::Backup => report.problem("rejoinder.db", "is a backup: bring it in by a restore"),
        State::Restoring => report.problem("rejoinder.db", format!("is half restored: {START}")),
    }
    let keys = open_keys(&files, meta, report);
    let ledger = open_ledger(&files, meta, report);
    let served = is_served(&files);
    Some(Looking { files, connection, meta, restored_at, keys, ledger, served })
}

fn open_keys(files: &Files, meta: Meta, report: &mut Report) -> Option<Keys> {
    let place = "rejoinder.keyring";
    let file = match File::open(&files.keyring) {
        Ok(file) => KeyringFile::new(file),
        Err(error) => {
            report.problem(place, format!("cannot be read: {error}: put it back"));
            return None;
        }
    };
    match Keyring::open(file.clone(), meta.owner) {
        Ok(ring) => {
            let epoch = ring.owner().epoch;
            if epoch != meta.owner.epoch {
                let expected = meta.owner.epoch;
                let what = format!("is of epoch {epoch}, the database of {expected}");
                report.problem(place, format!("{what}: put the right one in place"));
            }
            Some(Keys::new(ring, file))
        }
        Err(error) => {
            report.problem(place, error.to_string());
            None
        }
    }
}

fn open_ledger(
    files: &Files,
    meta: Meta,
    report: &mut Report,
) -> Option<BTreeSet<(DocumentId, MessageId)>> {
    let place = "rejoinder.ledger";
    match ledger::read(&files.ledger) {
        Ok(Contents { database, .. }) if database != meta.owner.database => {
            report
                .problem(place, format!("belongs to database {database}: put the right one back"));
            None
        }
        Ok(Contents { records, .. }) => {
            Some(records.iter().map(|record| (record.document, record.message)).collect())
        }
        Err(error) => {
            report.problem(place, error.to_string());
            None
        }
    }
}

/// Whether a process serves the folder. The lock is only tried, and given back.
fn is_served(files: &Files) -> bool {
    File::open(&files.lock)
        .is_ok_and(|file| matches!(file.try_lock_shared(), Err(std::fs::TryLockError::WouldBlock)))
}

fn check_pages(connection: &Connection, report: &mut Report) {
    let mut lines = |pragma: &str, line: fn(&rusqlite::Row<'_>) -> rusqlite::Result<String>| {
        let checked = connection
            .prepare(pragma)
            .and_then(|mut it| it.query_map([], line)?.take(LINES).collect::<Result<Vec<_>, _>>());
        match checked {
            Ok(lines) => {
                for line in lines.iter().filter(|line| *line != "ok") {
                    report.problem("rejoinder.db", format!("{line}: {RESTORE}"));
                }
            }
            Err(error) => report.problem("rejoinder.db", format!("{error}: {RESTORE}")),
        }
    };
    lines("PRAGMA integrity_check", |row| row.get(0));
    lines("PRAGMA foreign_key_check", |row| {
        Ok(format!("a row of {} belongs to no conversation", row.get::<_, String>(0)?))
    });
}

fn conversations(connection: &Connection) -> rusqlite::Result<Vec<ConversationId>> {
    connection
        .prepare("SELECT id FROM conversation ORDER BY id")?
        .query_map([], |row| Columns::of(row).id(ConversationId::from_bytes))?
        .collect()
}

/// Checks conversations; while the folder is served, those in which something is wrong once more.
/// What was on its way is different by then, and what is damaged is the same.
fn check_conversations(looking: &mut Looking, ids: &[ConversationId], report: &mut Report) {
    let mut all: Vec<_> = ids.iter().map(|&id| (id, check_unharmed(looking, id))).collect();
    if looking.served && all.iter().any(|(_, checked)| !checked.problems.is_empty()) {
        std::thread::sleep(UNDER_WAY);
        looking.renew();
        for (id, checked) in all.iter_mut().filter(|(_, it)| !it.problems.is_empty()) {
            let again = check_unharmed(looking, *id).problems;
            checked.problems.retain(|problem| again.contains(problem));
        }
    }
    for (id, checked) in all {
        report.conversations += 1;
        report.entries += checked.entries;
        report.words += checked.words;
        report.former += checked.former;
        report.lost += checked.lost;
        for (part, what) in checked.problems {
            report.problem(format!("conversation {id}{part}"), what);
        }
    }
}

/// Damaged bytes may bring any decoder to panic: that is a problem of the conversation.
fn check_unharmed(looking: &Looking, id: ConversationId) -> Checked {
    catch_unwind(AssertUnwindSafe(|| check(looking, id))).unwrap_or_else(|_| {
        let mut checked = Checked::default();
        checked.problem("", format!("checking it panicked, so its rows are damaged: {RESTORE}"));
        checked
    })
}

/// Looks for keys that no row names, and for slots that are damaged.
fn check_ring(looking: &mut Looking, before: &[Slot], report: &mut Report) {
    let place = "rejoinder.keyring";
    let mut orphans: Vec<Slot> = before.to_vec();
    for attempt in 0..2 {
        let named = match named_slots(&looking.connection, NAMED) {
            Ok(named) => named,
            Err(error) => {
                report.problem("rejoinder.db", format!("words: {error}: {RESTORE}"));
                return;
            }
        };
        let there: BTreeSet<Slot> =
            looking.keys.iter().flat_map(|keys| keys.ring().keys().collect::<Vec<_>>()).collect();
        orphans.retain(|slot| !named.contains(slot) && there.contains(slot));
        if orphans.is_empty() || !looking.served || attempt > 0 {
            break;
        }
        std::thread::sleep(UNDER_WAY);
        looking.renew();
    }
    if !orphans.is_empty() {
        let slots: Vec<u32> = orphans.iter().map(|slot| slot.index).take(SLOTS).collect();
        let what = format!("{} keys that no row names (slots {slots:?}): {START}", orphans.len());
        report.problem(place, what);
    }
    if let Some(keys) = &looking.keys {
        let damaged: Vec<u32> = keys.ring().damaged().collect();
        if !damaged.is_empty() {
            let slots = &damaged[..damaged.len().min(SLOTS)];
            let what = format!("{} damaged slots ({slots:?}): {RESTORE} of it", damaged.len());
            report.problem(place, what);
        }
    }
}
