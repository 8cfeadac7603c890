//! A group: what waited for the writer, committed together. Here are the steps up to the answer.

use std::collections::BTreeSet;

use rejoinder_core::dice::Dice;
use rejoinder_core::id::{ConversationId, DeviceId, DocumentId, ParticipantId, Seq, SiteId};
use rejoinder_core::keyring::Slot;
use rejoinder_core::sealing::{Sealed, SealingKey, seal};
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, ErrorCode};
use tokio::sync::oneshot;

use super::append::{self, Applied, Failure, SealedWords};
use super::keys::Keys;
use super::rows::{plain_bytes, storage_error};
use super::{devices, documents, former, lasting, notifications, pending};
use crate::storage::ledger::Record;
use crate::storage::{AppendError, Appended, Batch, Device, Snapshot, StorageError};

/// Where an answer goes. Nobody may be waiting for it any more.
pub(super) type Answer<T, E> = oneshot::Sender<Result<T, E>>;

/// What the writer is asked to do.
#[derive(Debug)]
pub(super) enum Job {
    /// Append a batch.
    Append(Box<Batch>, Answer<Appended, AppendError>),
    /// Write something that needs no key and no check.
    Write(Write, Answer<(), StorageError>),
    /// Allow the database this many pages: how tests fill a disk and free it again.
    #[cfg(test)]
    MaxPages(u32),
    /// Make the commit of the next job fail.
    #[cfg(test)]
    FailCommit,
}

/// Writes beside batches.
#[derive(Debug)]
pub(super) enum Write {
    /// [`crate::storage::Storage::keep_snapshot`].
    Snapshot(DocumentId, Snapshot),
    /// [`crate::storage::Storage::keep_seen`].
    Seen(DocumentId, ParticipantId, Seq),
    /// [`crate::storage::Storage::keep_device`].
    Device(Device),
    /// [`crate::storage::Storage::keep_holdings`].
    Holdings(DeviceId, Vec<DocumentId>),
    /// [`crate::storage::Storage::forget_holdings`].
    ForgetHoldings(DeviceId, Vec<DocumentId>),
    /// [`crate::storage::Storage::keep_read`].
    Read(ParticipantId, Vec<u64>),
    /// [`crate::storage::Storage::keep_gone`].
    Gone(ConversationId, Timestamp),
    /// [`crate::storage::Storage::keep_expiring`].
    Expiring(ConversationId, Option<Timestamp>),
    /// [`crate::storage::Storage::forget_former`].
    ForgetFormer(SiteId, Timestamp),
}

/// Jobs on their way through the steps.
#[derive(Default)]
pub(super) struct Group {
    appends: Vec<Append>,
    writes: Vec<Beside>,
    #[cfg(test)]
    fails: bool,
}

struct Append {
    batch: Batch,
    answer: Answer<Appended, AppendError>,
    words: Vec<SealedWords>,
    outcome: Result<Applied, AppendError>,
}

/// A write beside batches.
struct Beside {
    write: Write,
    answer: Answer<(), StorageError>,
    /// The keys of the words that it erases.
    outcome: Result<Vec<Slot>, StorageError>,
}

/// Why a group is not committed.
pub(super) enum GroupFailure {
    /// Before the commit: surely nothing is kept.
    Before(StorageError),
    /// By the commit itself: the disk may have more than SQLite says.
    Commit(StorageError),
}

impl Group {
    pub(super) fn add(&mut self, job: Job) {
        match job {
            Job::Append(batch, answer) => self.appends.push(Append {
                batch: *batch,
                answer,
                words: Vec::new(),
                outcome: Err(AppendError::Conflict),
            }),
            Job::Write(write, answer) => {
                self.writes.push(Beside { write, answer, outcome: Ok(Vec::new()) });
            }
            #[cfg(test)]
            Job::MaxPages(_) => {}
            #[cfg(test)]
            Job::FailCommit => self.fails = true,
        }
    }

    /// How many jobs.
    pub(super) fn len(&self) -> usize {
        self.appends.len() + self.writes.len()
    }

    /// How many batches.
    pub(super) fn batches(&self) -> usize {
        self.appends.len()
    }

    /// How many revisions come with them.
    pub(super) fn revisions(&self) -> usize {
        let all = self.appends.iter().map(|append| &append.batch.admission);
        all.map(|admission| admission.words.len() + admission.former.len()).sum()
    }

    /// Step 1: seals words and puts their keys, durably.
    pub(super) fn seal(&mut self, keys: &Keys, dice: &mut Dice) -> Result<(), StorageError> {
        for append in &mut self.appends {
            let batch = &append.batch;
            let recalled: BTreeSet<_> =
                batch.admission.recalled.iter().map(|(it, _)| (it.kind, it.message)).collect();
            let superseded: BTreeSet<_> = batch.admission.superseded.iter().copied().collect();
            let live = batch.admission.words.iter().map(|words| (words, None));
            let live = live.filter(|((kind, it), _)| !superseded.contains(&(*kind, it.id)));
            // Where the site keeps none, no key is made for them.
            let since = batch.former_since.into_iter();
            let former = since
                .flat_map(|since| batch.admission.former.iter().map(move |it| (it, Some(since))));
            for ((kind, revision), former_since) in live.chain(former) {
                if recalled.contains(&(*kind, revision.message)) {
                    continue;
                }
                let document = DocumentId { conversation: batch.conversation, kind: *kind };
                let (id, message) = (revision.id, revision.message);
                let place = Sealed::Revision { document, message, revision: id };
                let key = SealingKey::random(dice);
                let slot = keys.put(&key, dice)?;
                let sealed = seal(&key, place, &plain_bytes(revision), dice);
                append.words.push(SealedWords {
                    kind: *kind,
                    revision: id,
                    message,
                    slot,
                    sealed,
                    former_since,
                });
            }
        }
        if self.keys_put().is_empty() { Ok(()) } else { keys.settle() }
    }

    /// The keys put by [`seal`](Self::seal).
    pub(super) fn keys_put(&self) -> Vec<Slot> {
        self.appends.iter().flat_map(|append| &append.words).map(|words| words.slot).collect()
    }

    /// Whether all of it may be forgotten when the power fails: devices only, whose marks do not
    /// fall. One with a lower mark than it deserves is asked to erase again, and answers again.
    pub(super) fn may_be_forgotten(&self, connection: &Connection) -> bool {
        self.appends.is_empty()
            && self.writes.iter().all(|Beside { write, .. }| match write {
                Write::Device(device) => devices::device(connection, device.device)
                    .is_ok_and(|known| known.is_some_and(|known| rises(&known, device))),
                _ => false,
            })
    }

    /// Step 2: one transaction, committed and synced. A batch that is refused is left out of it.
    /// Where `tidy`, every key named among those to erase is overwritten, and the names go too; the
    /// result says whether all did.
    pub(super) fn transact(
        &mut self,
        connection: &Connection,
        tidy: bool,
    ) -> Result<bool, GroupFailure> {
        let before = |error| GroupFailure::Before(storage_error("rejoinder.db", &error));
        connection.execute_batch("BEGIN IMMEDIATE").map_err(before)?;
        let tidied = tidy
            && alone(connection, "rejoinder.db", || Ok(pending::forget_pending(connection)?))
                .map_err(GroupFailure::Before)?
                .unwrap_or(false);
        for append in &mut self.appends {
            let what = format!("conversation {}", append.batch.conversation);
            append.outcome = alone(connection, &what, || {
                append::apply(connection, &append.batch, &append.words)
            })
            .map_err(GroupFailure::Before)?;
        }
        for Beside { write, outcome, .. } in &mut self.writes {
            *outcome = alone(connection, "rejoinder.db", || Ok(keep(connection, write)?))
                .map_err(GroupFailure::Before)?
                .map_err(|error| match error {
                    AppendError::Storage(error) => error,
                    other => StorageError::Failed(other.to_string()),
                });
        }
        #[cfg(test)]
        if self.fails {
            // A violation that SQLite finds only when it commits.
            let violation = "PRAGMA defer_foreign_keys = ON; \
                             INSERT INTO seen VALUES (x'', 0, x'', 0)";
            connection.execute_batch(violation).unwrap();
        }
        connection
            .execute_batch("COMMIT")
            .map(|()| tidied)
            .map_err(|error| GroupFailure::Commit(storage_error("rejoinder.db", &error)))
    }

    /// Keys of recalled and superseded words, and of former ones that are not kept any more.
    pub(super) fn erased(&self) -> Vec<Slot> {
        let beside = self.writes.iter().filter_map(|beside| beside.outcome.as_ref().ok()).flatten();
        self.applied().flat_map(|applied| &applied.erased).chain(beside).copied().collect()
    }

    /// Keys of words that were not kept.
    pub(super) fn unused(&self) -> Vec<Slot> {
        let mut unused = Vec::new();
        for append in &self.appends {
            match &append.outcome {
                Ok(applied) => unused.extend(&applied.unused),
                Err(_) => unused.extend(append.words.iter().map(|words| words.slot)),
            }
        }
        unused
    }

    /// Recalls, for the ledger.
    pub(super) fn recalls(&self) -> Vec<Record> {
        self.applied().flat_map(|applied| applied.recalls.iter().copied()).collect()
    }

    fn applied(&self) -> impl Iterator<Item = &Applied> {
        self.appends.iter().filter_map(|append| append.outcome.as_ref().ok())
    }

    /// Step 3's end: tells everybody. Batches that erased something hear `shredded` instead of
    /// success when that failed.
    pub(super) fn answer(self, shredded: &Result<(), StorageError>) {
        for append in self.appends {
            let outcome = append.outcome.and_then(|applied| match shredded {
                Err(error) if !applied.erased.is_empty() => Err(error.clone().into()),
                _ => Ok(applied.appended),
            });
            // Nobody waits any more where a caller was cancelled; what is committed stays.
            drop(append.answer.send(outcome));
        }
        for Beside { answer, outcome, .. } in self.writes {
            let outcome = outcome.and_then(|erased| match shredded {
                Err(error) if !erased.is_empty() => Err(error.clone()),
                _ => Ok(()),
            });
            drop(answer.send(outcome));
        }
    }

    /// Tells everybody that nothing was kept.
    pub(super) fn fail(self, error: &StorageError) {
        for append in self.appends {
            drop(append.answer.send(Err(error.clone().into())));
        }
        for Beside { answer, .. } in self.writes {
            drop(answer.send(Err(error.clone())));
        }
    }
}

/// Runs one job of a group so that its failure is its own: damaged rows of one conversation must
/// not refuse the others. The outer error is the whole group's.
pub(super) fn alone<T>(
    connection: &Connection,
    what: &str,
    job: impl FnOnce() -> Result<T, Failure>,
) -> Result<Result<T, AppendError>, StorageError> {
    let whole = |error: &rusqlite::Error| storage_error("rejoinder.db", error);
    let run = |sql| -> Result<(), StorageError> {
        let statement = connection.prepare_cached(sql);
        statement.and_then(|mut it| it.execute([])).map(drop).map_err(|error| whole(&error))
    };
    run("SAVEPOINT one")?;
    let refused = match job() {
        Ok(done) => {
            run("RELEASE one")?;
            return Ok(Ok(done));
        }
        Err(Failure::Refused(error)) => error,
        Err(Failure::Sql(error)) => {
            if connection.is_autocommit() || !is_one_s_own(&error) {
                return Err(whole(&error));
            }
            storage_error(what, &error).into()
        }
    };
    run("ROLLBACK TO one")?;
    run("RELEASE one")?;
    Ok(Err(refused))
}

/// Whether an error comes from the rows that a job touches, not from the medium.
pub(super) fn is_one_s_own(error: &rusqlite::Error) -> bool {
    match error.sqlite_error_code() {
        None => true,
        Some(code) => matches!(
            code,
            ErrorCode::ConstraintViolation | ErrorCode::DatabaseCorrupt | ErrorCode::TooBig
        ),
    }
}

/// Whether a device is known by everything but when it was heard from, and its mark does not fall.
fn rises(known: &Device, device: &Device) -> bool {
    let Device { participant, keeping, erasures, .. } = *known;
    (participant, keeping) == (device.participant, device.keeping) && erasures <= device.erasures
}

/// Carries out a write, and returns the keys of the words that it erases.
fn keep(connection: &Connection, write: &Write) -> rusqlite::Result<Vec<Slot>> {
    match write {
        Write::ForgetFormer(site, since) => return former::forget(connection, *site, *since),
        Write::Snapshot(document, snapshot) => {
            documents::keep_snapshot(connection, *document, snapshot)
        }
        Write::Seen(document, participant, seq) => {
            documents::keep_seen(connection, *document, *participant, *seq)
        }
        Write::Device(device) => devices::keep_device(connection, device),
        Write::Holdings(device, documents) => {
            devices::keep_holdings(connection, *device, documents)
        }
        Write::ForgetHoldings(device, documents) => {
            devices::forget_holdings(connection, *device, documents)
        }
        Write::Read(participant, numbers) => {
            notifications::mark_read(connection, *participant, numbers)
        }
        Write::Gone(conversation, at) => lasting::keep_gone(connection, *conversation, *at),
        Write::Expiring(conversation, until) => {
            lasting::keep_expiring(connection, *conversation, *until)
        }
    }
    .map(|()| Vec::new())
}

#[cfg(test)]
mod tests {
    use rejoinder_core::dice::Dice;
    use rejoinder_core::id::{ConversationId, DeviceId, DocumentId, ParticipantId};
    use rejoinder_core::time::Timestamp;
    use rejoinder_core::wire::Keeping;
    use rusqlite::Connection;
    use tokio::sync::oneshot;

    use super::{Group, Job, Write};
    use crate::storage::Device;
    use crate::storage::sqlite::schema;

    fn may_be_forgotten(connection: &Connection, writes: Vec<Write>) -> bool {
        let mut group = Group::default();
        for write in writes {
            group.add(Job::Write(write, oneshot::channel().0));
        }
        let forgotten = group.may_be_forgotten(connection);
        assert!(group.transact(connection, false).is_ok());
        forgotten
    }

    #[test]
    fn st18_nothing_but_the_rise_of_a_device_s_cursor_may_be_forgotten() {
        let dice = &mut Dice::from_seed([1; 32]);
        let mut connection = Connection::open_in_memory().unwrap();
        assert!(schema::migrate(&mut connection, |_| Ok(())).is_ok());
        let (device, participant) = (DeviceId::random(dice), ParticipantId::random(dice));
        let heard_at = Timestamp::from_millis(0);
        let at = |erasures| {
            let keeping = Keeping::Durable;
            Write::Device(Device { device, participant, keeping, erasures, heard_at })
        };
        let document = DocumentId::timeline(ConversationId::from_bytes([1; 16]));
        let holding = || Write::Holdings(device, vec![document]);
        assert!(!may_be_forgotten(&connection, vec![at(3)]), "it comes for the first time");
        assert!(may_be_forgotten(&connection, vec![at(3)]));
        assert!(may_be_forgotten(&connection, vec![at(5)]));
        assert!(!may_be_forgotten(&connection, vec![at(4)]), "its profile was restored");
        assert!(!may_be_forgotten(&connection, vec![holding()]));
        assert!(!may_be_forgotten(&connection, vec![at(6), holding()]));
    }
}
