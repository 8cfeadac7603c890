//! Erasing, once it is committed. Of a recall, keys are overwritten, it is answered, and the ledger
//! gets its line; beside these the write-ahead log is truncated, for it waits for none of them and
//! none for it. Only after all of them it is reported. What could not be done is tried again later,
//! and with it the names of overwritten keys are deleted.

use std::panic::resume_unwind;
use std::thread::{self, ScopedJoinHandle, sleep};
use std::time::Duration;

use rejoinder_core::keyring::Slot;
use rusqlite::Connection;
use tokio::time::Instant;

use super::group::Group;
use super::keys::Keys;
use super::pending::delete_rows;
use super::read::Gate;
use super::rows::{medium_error, storage_error};
use super::writer::{Halt, Step, Writer};
use crate::storage::StorageError;
use crate::storage::ledger::{Ledger, Record};

/// How long the names of overwritten keys, and superseded words in the write-ahead log, may stay:
/// many go together then.
pub(super) const ROWS_WAIT: Duration = Duration::from_millis(250);

/// Microseconds to wait for readers before trying again, while the writer does nothing else. Most
/// reads take less than the first of these waits.
const READERS_MICROS: [u64; 7] = [0, 100, 200, 400, 800, 1_600, 3_200];
/// The first wait before erasures are tried again beside other work; doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(10);
/// The longest.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// What is committed and not yet carried out.
#[derive(Debug)]
pub(super) struct Backlog {
    /// Recalls that the ledger does not have.
    pub(super) recalls: Vec<Record>,
    /// Keys that could not be overwritten.
    pub(super) unshredded: Vec<Slot>,
    /// Keys of commits that failed: their rows may be there or not.
    pub(super) doubts: Vec<Slot>,
    /// Whether keys to erase are still named.
    pub(super) rows: bool,
    /// Whether the write-ahead log may hold words that were erased.
    pub(super) log: bool,
    /// The number of the newest recall.
    pub(super) newest: u64,
    /// When to go on.
    pub(super) due: Option<Instant>,
    wait: Duration,
}

impl Backlog {
    /// A backlog of everything that a start finds: `newest` recalls there are.
    pub(super) fn at_start(newest: u64, recalls: Vec<Record>, unshredded: Vec<Slot>) -> Self {
        let (doubts, due, wait) = (Vec::new(), None, FIRST_WAIT);
        Self { recalls, unshredded, doubts, rows: true, log: true, newest, due, wait }
    }

    /// Whether every key that is named among those to erase is overwritten.
    pub(super) const fn may_tidy(&self) -> bool {
        self.rows && self.unshredded.is_empty()
    }

    /// The names of overwritten keys went with another commit.
    pub(super) fn tidied(&mut self) {
        self.rows = false;
        if !self.log && self.unshredded.is_empty() && self.recalls.is_empty() {
            self.due = None;
        }
    }

    /// How long to wait for readers. Once one is known to stay, nobody else waits for it.
    fn waits(&self) -> &'static [u64] {
        if self.wait == FIRST_WAIT { &READERS_MICROS } else { &READERS_MICROS[..1] }
    }

    /// Goes on after `wait` at the latest.
    pub(super) fn finish_within(&mut self, wait: Duration) {
        let due = Instant::now() + wait;
        self.due = Some(self.due.map_or(due, |earlier| earlier.min(due)));
    }
}

/// Why erasures are not finished.
enum Unfinished {
    Halt,
    /// A reader still has an old snapshot of the database.
    Reader,
    Failed(StorageError),
}

impl From<Halt> for Unfinished {
    fn from(_: Halt) -> Self {
        Self::Halt
    }
}

impl Writer {
    /// Carries out a group with recalls, `slots` being the keys to overwrite, and answers it. What
    /// readers or the disk do not allow is tried again later.
    pub(super) fn erase(
        &mut self,
        group: Group,
        slots: Vec<Slot>,
        recalls: Vec<Record>,
    ) -> Result<(), Halt> {
        let newest = recalls.iter().map(|recall| recall.number).max();
        self.backlog.newest = self.backlog.newest.max(newest.unwrap_or_default());
        self.backlog.recalls.extend(recalls);
        self.backlog.unshredded.extend(slots);
        if self.halt_after == Some(Step::Truncate) {
            let _truncated = self.truncate();
            return Err(Halt);
        }
        let mut beside = Beside {
            keys: &self.keys,
            ledger: &mut self.ledger,
            backlog: &mut self.backlog,
            halt_after: self.halt_after,
            group: Some(group),
        };
        let waits = beside.backlog.waits();
        let (connection, gate) = (&self.connection, &self.gate);
        let threads = self.machine.has_threads();
        let (flushed, truncated) = thread::scope(|scope| {
            let thread = thread::Builder::new().name("storage flush".to_owned());
            let flushing = threads.then(|| thread.spawn_scoped(scope, || beside.flush()));
            let truncated = truncate(connection, gate, waits);
            let joined =
                |it: ScopedJoinHandle<'_, _>| it.join().unwrap_or_else(|it| resume_unwind(it));
            (flushing.and_then(Result::ok).map(joined), truncated)
        });
        // Where there is no other thread it is done here.
        let done = flushed.unwrap_or_else(|| beside.flush()).and(truncated);
        if done.is_ok() {
            self.backlog.log = false;
        }
        self.conclude(done)
    }

    /// Carries out what is committed, as far as readers and the disk allow; the rest is tried
    /// again later, and the writer goes on serving.
    pub(super) fn finish(&mut self) -> Result<(), Halt> {
        let done = self.carry_out();
        self.conclude(done)
    }

    fn conclude(&mut self, done: Result<(), Unfinished>) -> Result<(), Halt> {
        self.backlog.due = None;
        match done {
            Ok(()) => {
                if self.backlog.wait != FIRST_WAIT {
                    tracing::info!(erased = self.backlog.newest, "erasures are carried out again");
                }
                self.backlog.wait = FIRST_WAIT;
                self.erased.send_if_modified(|erased| {
                    let newer = *erased < self.backlog.newest;
                    *erased = self.backlog.newest;
                    newer
                });
                if self.backlog.rows {
                    self.backlog.finish_within(ROWS_WAIT);
                }
                Ok(())
            }
            Err(Unfinished::Halt) => Err(Halt),
            Err(Unfinished::Reader) => {
                tracing::debug!("a reader delays the truncation of the write-ahead log");
                self.try_again();
                Ok(())
            }
            Err(Unfinished::Failed(error)) => {
                if self.backlog.wait == FIRST_WAIT {
                    tracing::error!(%error, "erasures could not be finished: trying again");
                }
                self.try_again();
                Ok(())
            }
        }
    }

    fn try_again(&mut self) {
        let wait = self.backlog.wait;
        self.backlog.wait = LONGEST_WAIT.min(wait * 2);
        self.backlog.finish_within(wait);
    }

    fn carry_out(&mut self) -> Result<(), Unfinished> {
        self.mend().map_err(Unfinished::Failed)?;
        let mut beside = Beside {
            keys: &self.keys,
            ledger: &mut self.ledger,
            backlog: &mut self.backlog,
            halt_after: self.halt_after,
            group: None,
        };
        beside.flush()?;
        if self.backlog.rows {
            // The checkpoint that follows begins with a sync, and a crash before it leaves them to
            // the next start.
            let deleted = self.without_sync(|writer| delete_rows(&writer.connection));
            deleted.and_then(|deleted| deleted?).map_err(Unfinished::Failed)?;
            self.backlog.rows = false;
        }
        self.halt_after(Step::Delete)?;
        self.truncate()
    }

    fn truncate(&mut self) -> Result<(), Unfinished> {
        truncate(&self.connection, &self.gate, self.backlog.waits())?;
        self.backlog.log = false;
        Ok(())
    }
}

/// What is done beside the truncation of the write-ahead log.
struct Beside<'a> {
    keys: &'a Keys,
    ledger: &'a mut Ledger,
    backlog: &'a mut Backlog,
    halt_after: Option<Step>,
    /// Who waits for the keys to be overwritten.
    group: Option<Group>,
}

impl Beside<'_> {
    /// Overwrites keys, answers, and completes the ledger, in this order.
    fn flush(&mut self) -> Result<(), Unfinished> {
        let shredded = self.keys.shred(&self.backlog.unshredded);
        if self.halt_after == Some(Step::Shred) {
            return Err(Unfinished::Halt);
        }
        if let Some(group) = self.group.take() {
            group.answer(&shredded);
        }
        shredded.map_err(Unfinished::Failed)?;
        self.backlog.unshredded.clear();
        if !self.backlog.recalls.is_empty() {
            self.ledger
                .append(&self.backlog.recalls)
                .map_err(|error| Unfinished::Failed(medium_error("ledger", &error)))?;
            self.backlog.recalls.clear();
        }
        if self.halt_after == Some(Step::Ledger) { Err(Unfinished::Halt) } else { Ok(()) }
    }
}

/// Truncates the write-ahead log, with no reader before the gate.
fn truncate(connection: &Connection, gate: &Gate, waits: &[u64]) -> Result<(), Unfinished> {
    let _closed = gate.close();
    let truncated = truncate_log(connection, waits)
        .map_err(|error| Unfinished::Failed(storage_error("rejoinder.db", &error)))?;
    if truncated { Ok(()) } else { Err(Unfinished::Reader) }
}

/// Copies the write-ahead log into the database and truncates it, trying once after each of the
/// `waits`, in microseconds; false when a reader that holds an old snapshot is in the way.
pub(super) fn truncate_log(connection: &Connection, waits: &[u64]) -> rusqlite::Result<bool> {
    // Waiting is done here, in small steps, and not in SQLite: the writer has other work.
    connection.busy_timeout(Duration::ZERO)?;
    let mut truncated = Ok(false);
    for &micros in waits {
        sleep(Duration::from_micros(micros));
        truncated = connection
            .prepare_cached("PRAGMA wal_checkpoint(TRUNCATE)")
            .and_then(|mut statement| statement.query_row([], |row| row.get::<_, i64>(0)))
            .map(|busy| busy == 0);
        if !matches!(truncated, Ok(false)) {
            break;
        }
    }
    connection.busy_timeout(super::schema::BUSY)?;
    truncated
}
