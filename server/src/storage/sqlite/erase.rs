//! Steps 4 and 5: recalls into the ledger, rows of erased words deleted, the write-ahead log
//! truncated, and only then reported.

use std::thread::sleep;
use std::time::{Duration, Instant};

use rejoinder_core::id::{DocumentId, RevisionId};
use rejoinder_core::keyring::Slot;
use rusqlite::{Connection, params};

use super::group::alone;
use super::rows::{Columns, medium_error, storage_error};
use super::writer::{Halt, Step, Writer};
use crate::storage::ledger::Record;
use crate::storage::{AppendError, StorageError};

/// How long rows of superseded words may stay after their keys are gone: many go together then.
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
    /// Whether rows of erased words wait.
    pub(super) rows: bool,
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
        Self { recalls, unshredded, doubts, rows: true, newest, due, wait }
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
    /// Carries out what is committed, as far as readers and the disk allow; the rest is tried
    /// again later, and the writer goes on serving.
    pub(super) fn finish(&mut self) -> Result<(), Halt> {
        self.backlog.due = None;
        match self.carry_out() {
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
        let slots = core::mem::take(&mut self.backlog.unshredded);
        if let Err(error) = self.keys.shred(&slots) {
            self.backlog.unshredded = slots;
            return Err(Unfinished::Failed(error));
        }
        if !self.backlog.recalls.is_empty() {
            self.ledger
                .append(&self.backlog.recalls)
                .map_err(|error| Unfinished::Failed(medium_error("ledger", &error)))?;
            self.backlog.recalls.clear();
        }
        self.halt_after(Step::Ledger)?;
        if self.backlog.rows {
            self.delete_rows().map_err(Unfinished::Failed)?;
            self.backlog.rows = false;
        }
        self.halt_after(Step::Delete)?;
        // Once a reader is known to stay, nobody else waits for it.
        let patient = self.backlog.wait == FIRST_WAIT;
        let waits = if patient { &READERS_MICROS[..] } else { &READERS_MICROS[..1] };
        let _closed = self.gate.close();
        if truncate_log(&self.connection, waits)
            .map_err(|error| Unfinished::Failed(storage_error("rejoinder.db", &error)))?
        {
            Ok(())
        } else {
            Err(Unfinished::Reader)
        }
    }
}

impl Writer {
    /// Deletes rows without a sync of their own: the checkpoint that follows begins with one, and
    /// a crash before it leaves them to the next start.
    fn delete_rows(&mut self) -> Result<(), StorageError> {
        let failed = |error: rusqlite::Error| storage_error("rejoinder.db", &error);
        self.connection.pragma_update(None, "synchronous", "NORMAL").map_err(failed)?;
        let deleted = delete_rows(&self.connection);
        if deleted.is_err() {
            self.roll_back();
        }
        if let Err(error) = self.connection.pragma_update(None, "synchronous", "FULL") {
            // No commit may follow that is not synced.
            self.broken = true;
            return Err(failed(error));
        }
        deleted?
    }
}

/// The keys of words that are to be erased.
pub(super) fn pending_keys(connection: &Connection) -> rusqlite::Result<Vec<Slot>> {
    connection
        .prepare_cached("SELECT slot, key FROM erasure_pending")?
        .query_map([], |row| Columns::of(row).slot())?
        .collect()
}

/// Deletes the rows of words whose keys are gone, in one transaction, which the caller rolls back
/// when it fails. Rows that are damaged stay, and hold up no others; the second result says so.
fn delete_rows(connection: &Connection) -> Result<Result<(), StorageError>, StorageError> {
    let failed = |error: rusqlite::Error| storage_error("rejoinder.db", &error);
    connection.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
    let mut all = Ok(());
    for (document, revision) in pending(connection).map_err(failed)? {
        let what = format!("revision {revision} in {document}");
        let deleted = alone(connection, &what, || {
            for sql in DELETE {
                connection.prepare_cached(sql)?.execute(params![
                    document.conversation.as_bytes(),
                    document.kind.code(),
                    revision.as_bytes()
                ])?;
            }
            Ok(())
        })?;
        if let Err(AppendError::Storage(error)) = deleted {
            all = Err(error);
        }
    }
    connection.execute_batch("COMMIT").map_err(failed)?;
    Ok(all)
}

const DELETE: [&str; 2] = [
    "DELETE FROM words WHERE conversation = ?1 AND kind = ?2 AND revision = ?3",
    "DELETE FROM erasure_pending WHERE conversation = ?1 AND kind = ?2 AND revision = ?3",
];

fn pending(connection: &Connection) -> rusqlite::Result<Vec<(DocumentId, RevisionId)>> {
    connection
        .prepare_cached("SELECT conversation, kind, revision FROM erasure_pending")?
        .query_map([], |row| {
            let mut columns = Columns::of(row);
            Ok((columns.document()?, columns.id(RevisionId::from_bytes)?))
        })?
        .collect()
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
