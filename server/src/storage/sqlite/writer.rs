//! The one writer: what owns the connection that writes, changes the keyring and appends to the
//! ledger. Everything that waits for it is committed together.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use rejoinder_core::dice::Dice;
use rejoinder_core::keyring::Slot;
use rusqlite::Connection;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::erase::{Backlog, ROWS_WAIT};
use super::folder::Files;
use super::group::{Group, GroupFailure, Job};
use super::keys::Keys;
use super::read::Gate;
use super::rows::storage_error;
use super::schema;
use crate::machine::Machine;
use crate::storage::StorageError;
use crate::storage::ledger::Ledger;

/// Jobs in a group: enough that a slow disk is no bound, few enough that an answer comes soon.
const GROUP_JOBS: usize = 512;
/// Revisions in a group, which all wait for one flush of the keyring.
const GROUP_REVISIONS: usize = 4_096;

/// The steps of a group, after each of which tests try a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Keys put and flushed.
    Keys,
    /// Rows committed.
    Commit,
    /// The write-ahead log truncated, before anything beside it.
    Truncate,
    /// Keys overwritten and flushed.
    Shred,
    /// Recalls in the ledger.
    Ledger,
    /// The names of overwritten keys deleted.
    Delete,
}

/// The writer stops dead. Only tests ask for it.
#[derive(Debug)]
pub(super) struct Halt;

/// What the writer has done since it began.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Groups committed.
    pub(super) commits: AtomicU64,
    /// Batches in them.
    pub(super) batches: AtomicU64,
}

/// The writer and what it owns.
pub(super) struct Writer {
    pub(super) machine: Machine,
    pub(super) files: Files,
    pub(super) max_pages: Option<u32>,
    pub(super) halt_after: Option<Step>,
    pub(super) connection: Connection,
    /// The connection could not even roll back: another is opened before it is used again.
    pub(super) broken: bool,
    pub(super) keys: Arc<Keys>,
    pub(super) gate: Arc<Gate>,
    pub(super) ledger: Ledger,
    pub(super) dice: Dice,
    pub(super) erased: watch::Sender<u64>,
    pub(super) counters: Arc<Counters>,
    pub(super) backlog: Backlog,
}

impl Writer {
    /// Begins to work: in a thread that does nothing else or, where there are no others, in a task.
    pub(super) fn begin(self, jobs: UnboundedReceiver<Job>) -> io::Result<Option<JoinHandle<()>>> {
        if !self.machine.has_threads() {
            tokio::spawn(self.run(jobs));
            return Ok(None);
        }
        let clock = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let thread = thread::Builder::new().name("storage writer".to_owned());
        thread.spawn(move || clock.block_on(self.run(jobs))).map(Some)
    }

    /// Works until nobody can ask for anything any more.
    async fn run(mut self, mut jobs: UnboundedReceiver<Job>) {
        loop {
            let job = match self.backlog.due {
                None => Ok(jobs.recv().await),
                Some(due) => timeout_at(due, jobs.recv()).await,
            };
            let went_on = match job {
                Ok(Some(job)) => {
                    self.machine.passes().await;
                    let group = self.gather(job, &mut jobs).await;
                    self.commit(group)
                }
                Ok(None) => break,
                Err(_due) => self.finish(),
            };
            if let Err(Halt) = went_on {
                // As if the process had ended: SQLite must not tidy up on closing.
                core::mem::forget(self);
                return;
            }
        }
        self.rests();
    }

    /// Does what was left for an idle moment, so that the files are left at rest.
    pub(super) fn rests(mut self) {
        drop(self.finish());
    }

    /// Adds what waits behind a first job.
    async fn gather(&mut self, first: Job, jobs: &mut UnboundedReceiver<Job>) -> Group {
        let mut group = Group::default();
        let mut next = Some(first);
        while let Some(job) = next {
            #[cfg(test)]
            if let Job::MaxPages(pages) = job {
                self.max_pages = Some(pages);
                self.connection.pragma_update(None, "max_page_count", pages).unwrap();
            }
            #[cfg(test)]
            if matches!(job, Job::FailCommit) {
                group.add(job);
                next = jobs.recv().await;
                continue;
            }
            group.add(job);
            let full = group.len() >= GROUP_JOBS || group.revisions() >= GROUP_REVISIONS;
            next = if full { None } else { jobs.try_recv().ok() };
        }
        group
    }

    /// Steps 1 to 3 for a group; for one with recalls also the others.
    fn commit(&mut self, mut group: Group) -> Result<(), Halt> {
        if let Err(error) = self.mend() {
            group.fail(&error);
            return Ok(());
        }
        let sealed = group.seal(&self.keys, &mut self.dice);
        if let Err(error) = sealed {
            self.give_up(group, &error);
            return Ok(());
        }
        self.halt_after(Step::Keys)?;
        let tidy = self.backlog.may_tidy();
        let lazy = group.may_be_forgotten(&self.connection);
        let committed = if lazy {
            self.without_sync(|writer| group.transact(&writer.connection, tidy))
        } else {
            Ok(group.transact(&self.connection, tidy))
        };
        match committed.unwrap_or_else(|error| Err(GroupFailure::Before(error))) {
            Ok(tidied) => {
                if tidied {
                    self.backlog.tidied();
                    self.halt_after(Step::Delete)?;
                }
            }
            Err(GroupFailure::Before(error)) => {
                self.roll_back();
                self.give_up(group, &error);
                return Ok(());
            }
            Err(GroupFailure::Commit(error)) => {
                self.roll_back();
                // The commit may be on the disk after all, until the next one takes its place in
                // the write-ahead log. A start in between would find rows: they need their keys.
                self.backlog.doubts.extend(group.keys_put());
                tracing::error!(%error, "a commit failed: nothing of it was acknowledged");
                group.fail(&error);
                return Ok(());
            }
        }
        self.counters.commits.fetch_add(1, Ordering::Relaxed);
        self.counters.batches.fetch_add(group.batches() as u64, Ordering::Relaxed);
        self.halt_after(Step::Commit)?;
        self.shred_and_answer(group)
    }

    fn shred_and_answer(&mut self, group: Group) -> Result<(), Halt> {
        let (erased, recalls) = (group.erased(), group.recalls());
        let mut slots = group.unused();
        slots.extend(self.settled_doubts());
        slots.extend(&erased);
        if !erased.is_empty() {
            self.backlog.rows = true;
            self.backlog.log = true;
            self.backlog.finish_within(ROWS_WAIT);
        }
        if !recalls.is_empty() {
            return self.erase(group, slots, recalls);
        }
        let shredded = self.shred(&slots);
        self.halt_after(Step::Shred)?;
        group.answer(&shredded);
        let due = self.backlog.due.is_some_and(|due| due <= Instant::now());
        if due { self.finish() } else { Ok(()) }
    }

    /// Overwrites keys; those that could not be are tried again later.
    fn shred(&mut self, slots: &[Slot]) -> Result<(), StorageError> {
        if slots.is_empty() {
            return Ok(());
        }
        let shredded = self.keys.shred(slots);
        if let Err(error) = &shredded {
            tracing::error!(%error, keys = slots.len(), "keys could not be overwritten yet");
            self.backlog.unshredded.extend(slots);
            self.backlog.finish_within(ROWS_WAIT);
        }
        shredded
    }

    /// Nothing of a group is kept: its keys neither.
    fn give_up(&mut self, group: Group, error: &StorageError) {
        tracing::error!(%error, jobs = group.len(), "a group was not written");
        drop(self.shred(&group.keys_put()));
        group.fail(error);
    }

    /// The keys of a commit that failed, after another one has succeeded: by now it is certain
    /// whether their rows are there.
    fn settled_doubts(&mut self) -> Vec<Slot> {
        let connection = &self.connection;
        let has_row = |slot: Slot| {
            connection
                .prepare_cached(
                    "SELECT 1 FROM words WHERE slot = ?1 AND key = ?2 \
                     UNION ALL SELECT 1 FROM former WHERE slot = ?1 AND key = ?2",
                )?
                .exists(rusqlite::params![slot.index, slot.key.as_bytes()])
        };
        let doubts = core::mem::take(&mut self.backlog.doubts);
        let (mut settled, mut open) = (Vec::new(), Vec::new());
        for slot in doubts {
            match has_row(slot) {
                Ok(true) => {}
                Ok(false) => settled.push(slot),
                Err(_) => open.push(slot),
            }
        }
        self.backlog.doubts = open;
        settled
    }

    /// Runs commits that the next one that is synced, or the next checkpoint, makes durable.
    pub(super) fn without_sync<T>(
        &mut self,
        run: impl FnOnce(&mut Self) -> T,
    ) -> Result<T, StorageError> {
        let failed = |error: rusqlite::Error| storage_error("rejoinder.db", &error);
        self.connection.pragma_update(None, "synchronous", "NORMAL").map_err(failed)?;
        let done = run(self);
        // Inside a transaction that failed nothing would be set.
        self.roll_back();
        if let Err(error) = self.connection.pragma_update(None, "synchronous", "FULL") {
            // No commit may follow that is not synced.
            self.broken = true;
            return Err(failed(error));
        }
        Ok(done)
    }

    /// Leaves a transaction that failed.
    pub(super) fn roll_back(&mut self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a transaction could not be rolled back: opening anew");
            self.broken = true;
        }
    }

    /// Opens another connection in the place of a broken one.
    pub(super) fn mend(&mut self) -> Result<(), StorageError> {
        if self.broken {
            self.connection = schema::open_writer(&self.files.database, self.max_pages)
                .map_err(|error| storage_error("rejoinder.db", &error))?;
            self.broken = false;
        }
        Ok(())
    }

    /// Stops dead where a test asked for it.
    pub(super) fn halt_after(&self, step: Step) -> Result<(), Halt> {
        if self.halt_after == Some(step) { Err(Halt) } else { Ok(()) }
    }
}
