//! Storage in one SQLite database with a keyring and a ledger beside it: the embedded default.
//!
//! One thread writes, or, on a machine that has no others, one task: it drains what waits and
//! commits it together, so that many conversations share the few flushes that a commit takes.
//! Readers have connections of their own and never wait for it. A data folder holds
//!
//! | file | |
//! |---|---|
//! | `rejoinder.db`, `-wal`, `-shm` | everything, words sealed |
//! | `rejoinder.keyring` | the keys of the words; see [`rejoinder_core::keyring`] |
//! | `rejoinder.ledger` | the recalls, which no backup rolls back |
//! | `rejoinder.lock` | locked by the process that serves |

mod append;
mod backup;
mod course;
mod devices;
mod documents;
mod erase;
pub(crate) mod folder;
mod former;
mod group;
mod keys;
mod lasting;
mod list;
mod notifications;
mod open;
mod options;
mod pending;
mod read;
mod recalls;
mod restore;
pub(crate) mod rows;
mod said;
mod schema;
mod unread;
mod verify;
mod writer;

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use rejoinder_core::conversation::layout::Status;
use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::id::{
    Actor, ConversationId, DeviceId, DocumentId, DocumentKind, Epoch, MessageId, ParticipantId,
    RevisionId, Seq, SiteId,
};
use rejoinder_core::principal::Principal;
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::Notification;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::sync::{oneshot, watch};

pub use self::backup::{Backup, BackupError, Unfinished, backup, begin_backup};
use self::group::{Job, Write};
pub use self::open::OpenError;
pub use self::options::Options;
use self::read::Reads;
pub use self::restore::{RestoreError, Restored, RestoredKeys, restore};
pub use self::verify::{Problem, Report, verify};
use self::writer::Counters;
pub(crate) use self::writer::Step;
pub use super::ledger::LedgerError;
use super::{
    AppendError, Appended, Batch, Boxed, Course, Device, Elsewhere, Erasure, ErasureProgress,
    Expired, FeedEntry, FeedScope, Filter, Kept, ProgressOf, Recall, Snapshot, Span, Storage,
    StorageError, Stored, Tombstone, Words,
};

/// What the writer has done since the folder was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Groups of jobs committed, each with one sync of the database.
    pub commits: u64,
    /// Batches in them.
    pub batches: u64,
}

/// An open data folder. Dropping it finishes what waits, and then closes it.
#[derive(Debug)]
pub struct Sqlite {
    epoch: Epoch,
    reads: Reads,
    erased: watch::Receiver<u64>,
    counters: Arc<Counters>,
    // Unbounded: each live conversation has one batch under way, and its task waits for it.
    jobs: Option<UnboundedSender<Job>>,
    /// None where it is a task: that ends with what it runs on, or has nothing left to do.
    writer: Option<JoinHandle<()>>,
    // The last to go: until then nobody else may open the folder.
    _lock: File,
}

impl Sqlite {
    /// Opens a data folder, and finishes first what a crash or a restore left unfinished in it.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(options: &Options) -> Result<Self, OpenError> {
        let opened = open::open(options)?;
        let counters = Arc::clone(&opened.writer.counters);
        let gate = Arc::clone(&opened.writer.gate);
        let (jobs, receiver) = mpsc::unbounded_channel();
        let failed = |source| OpenError::Folder { folder: options.folder.clone(), source };
        let writer = opened.writer.begin(receiver).map_err(failed)?;
        Ok(Self {
            epoch: opened.epoch,
            reads: Reads::new(opened.files.database, opened.keys, gate),
            erased: opened.erased,
            counters,
            jobs: Some(jobs),
            writer,
            _lock: opened.lock,
        })
    }

    /// What the writer has done so far.
    #[must_use]
    pub fn figures(&self) -> Figures {
        Figures {
            commits: self.counters.commits.load(Ordering::Relaxed),
            batches: self.counters.batches.load(Ordering::Relaxed),
        }
    }

    /// Fills the disk, or frees some of it.
    #[cfg(test)]
    pub(crate) fn set_max_pages(&self, pages: u32) {
        self.send(Job::MaxPages(pages));
    }

    /// Makes the commit of the next job fail.
    #[cfg(test)]
    pub(crate) fn fail_next_commit(&self) {
        self.send(Job::FailCommit);
    }

    /// Makes the keyring's file fail, or work again.
    #[cfg(test)]
    pub(crate) fn fail_keyring(&self, fails: bool) {
        self.reads.keys().fail(fails);
    }

    /// Hands a job to the writer. If the writer is gone the job is dropped, and with it the place
    /// for its answer, which its future notices.
    fn send(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            drop(jobs.send(job));
        }
    }

    fn write(&self, write: Write) -> Boxed<Result<(), StorageError>> {
        let (answer, outcome) = oneshot::channel();
        self.send(Job::Write(write, answer));
        Box::pin(async move { outcome.await.unwrap_or_else(|_| Err(stopped())) })
    }
}

/// What is answered when the writer ended before it could answer.
fn stopped() -> StorageError {
    StorageError::Failed("the writer has stopped: restart the server".to_owned())
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        // Readers first: the connection that closes last tidies up, and must be the writer's.
        self.reads.close();
        drop(self.jobs.take());
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the storage writer panicked");
        }
    }
}

impl Storage for Sqlite {
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn append(&self, batch: Batch) -> Boxed<Result<Appended, AppendError>> {
        let (answer, outcome) = oneshot::channel();
        self.send(Job::Append(Box::new(batch), answer));
        Box::pin(async move { outcome.await.unwrap_or_else(|_| Err(stopped().into())) })
    }

    fn erased(&self) -> watch::Receiver<u64> {
        self.erased.clone()
    }

    fn load(&self, conversation: ConversationId) -> Result<Option<Stored>, StorageError> {
        self.reads.load(conversation)
    }

    fn tombstones(&self, conversation: ConversationId) -> Result<Vec<Tombstone>, StorageError> {
        let what = format!("conversation {conversation}");
        self.reads.read(&what, |connection| read::tombstones(connection, conversation))
    }

    fn elsewhere(
        &self,
        document: DocumentId,
        by: &Principal,
        actors: &[Actor],
        messages: &[MessageId],
    ) -> Result<Elsewhere, StorageError> {
        self.reads.read("the line", |it| said::elsewhere(it, document, by, actors, messages))
    }

    fn words(
        &self,
        document: DocumentId,
        revisions: &[RevisionId],
    ) -> Result<Vec<Words>, StorageError> {
        self.reads.words(document, revisions)
    }

    fn snapshot(&self, document: DocumentId) -> Result<Option<Snapshot>, StorageError> {
        let what = format!("the snapshot of {document}");
        let row = self.reads.read(&what, |connection| documents::snapshot(connection, document))?;
        row.map(|row| row.check(document)).transpose()
    }

    fn keep_snapshot(
        &self,
        document: DocumentId,
        snapshot: Snapshot,
    ) -> Boxed<Result<(), StorageError>> {
        self.write(Write::Snapshot(document, snapshot))
    }

    fn keep_seen(
        &self,
        document: DocumentId,
        participant: ParticipantId,
        seq: Seq,
    ) -> Boxed<Result<(), StorageError>> {
        self.write(Write::Seen(document, participant, seq))
    }

    fn feed(
        &self,
        scope: &FeedScope,
        after: u64,
        at_most: usize,
    ) -> Result<Vec<FeedEntry>, StorageError> {
        self.reads.feed(scope, after, at_most)
    }

    fn feed_entry(&self, conversation: ConversationId) -> Result<Option<FeedEntry>, StorageError> {
        let what = format!("conversation {conversation}");
        let row =
            self.reads.read(&what, |connection| read::conversation(connection, conversation))?;
        Ok(row.map(|(_, entry)| entry))
    }

    fn conversations(
        &self,
        filter: &Filter,
        below: u64,
        at_most: usize,
    ) -> Result<Vec<FeedEntry>, StorageError> {
        self.reads.conversations(filter, below, at_most)
    }

    fn courses(
        &self,
        span: &Span,
        after: Option<ConversationId>,
        at_most: usize,
    ) -> Result<(Vec<Course>, Option<ConversationId>), StorageError> {
        self.reads.courses(span, after, at_most)
    }

    fn open_ones(
        &self,
        sites: Option<&[SiteId]>,
    ) -> Result<Vec<(SiteId, Status, u32)>, StorageError> {
        self.reads.open_ones(sites)
    }

    fn silent(
        &self,
        site: SiteId,
        status: Status,
        before: Timestamp,
    ) -> Result<Vec<(ConversationId, u64)>, StorageError> {
        self.reads.read("silent conversations", |connection| {
            lasting::silent(connection, site, status, before)
        })
    }

    fn expired(
        &self,
        site: SiteId,
        before: Timestamp,
        but_for: usize,
        at_most: usize,
    ) -> Result<Vec<Expired>, StorageError> {
        self.reads.read("expired conversations", |connection| {
            lasting::expired(connection, site, before, but_for, at_most)
        })
    }

    fn keep_expiring(
        &self,
        conversation: ConversationId,
        until: Option<Timestamp>,
    ) -> Boxed<Result<(), StorageError>> {
        self.write(Write::Expiring(conversation, until))
    }

    fn there(
        &self,
        site: SiteId,
        but_for: usize,
        at_most: usize,
    ) -> Result<Vec<ConversationId>, StorageError> {
        self.reads
            .read("conversations", |connection| lasting::there(connection, site, but_for, at_most))
    }

    fn keep_gone(
        &self,
        conversation: ConversationId,
        at: Timestamp,
    ) -> Boxed<Result<(), StorageError>> {
        self.write(Write::Gone(conversation, at))
    }

    fn newest_gone(&self) -> Result<Option<Timestamp>, StorageError> {
        self.reads.read("conversations", lasting::newest_gone)
    }

    fn live_words(
        &self,
        conversation: ConversationId,
    ) -> Result<Vec<(DocumentKind, Revision)>, StorageError> {
        self.reads.live_words(conversation)
    }

    fn message_words(
        &self,
        document: DocumentId,
        message: MessageId,
    ) -> Result<Vec<Revision>, StorageError> {
        self.reads.message_words(document, message)
    }

    fn former_words(
        &self,
        document: DocumentId,
        message: MessageId,
        since: Timestamp,
    ) -> Result<Vec<Revision>, StorageError> {
        self.reads.former_words(document, message, since)
    }

    fn former_beginnings(&self) -> Result<Vec<(SiteId, Timestamp)>, StorageError> {
        self.reads.read("former words", former::beginnings)
    }

    fn former_left(&self, site: SiteId, since: Timestamp) -> Result<bool, StorageError> {
        self.reads.read("former words", |connection| former::are_left(connection, site, since))
    }

    fn forget_former(&self, site: SiteId, since: Timestamp) -> Boxed<Result<(), StorageError>> {
        self.write(Write::ForgetFormer(site, since))
    }

    fn notifications(
        &self,
        participant: ParticipantId,
        kept: Kept,
        below: u64,
        at_most: usize,
    ) -> Result<Vec<(Notification, bool)>, StorageError> {
        self.reads.read("notifications", |connection| {
            notifications::list(connection, participant, kept, below, at_most)
        })
    }

    fn keep_read(
        &self,
        participant: ParticipantId,
        numbers: Vec<u64>,
    ) -> Boxed<Result<(), StorageError>> {
        self.write(Write::Read(participant, numbers))
    }

    fn unread(&self, visitor: &[ParticipantId]) -> Result<bool, StorageError> {
        self.reads.unread(visitor)
    }

    fn has_open(&self, visitor: &[ParticipantId]) -> Result<bool, StorageError> {
        self.reads.has_open(visitor)
    }

    fn conversations_since(
        &self,
        visitor: ParticipantId,
        since: Timestamp,
    ) -> Result<u32, StorageError> {
        self.reads.conversations_since(visitor, since)
    }

    fn keep_device(&self, device: Device) -> Boxed<Result<(), StorageError>> {
        self.write(Write::Device(device))
    }

    fn device(&self, device: DeviceId) -> Result<Option<Device>, StorageError> {
        self.reads.read("devices", |connection| devices::device(connection, device))
    }

    fn keep_holdings(
        &self,
        device: DeviceId,
        documents: Vec<DocumentId>,
    ) -> Boxed<Result<(), StorageError>> {
        self.write(Write::Holdings(device, documents))
    }

    fn holdings(&self, device: DeviceId) -> Result<Vec<DocumentId>, StorageError> {
        self.reads.read("devices", |connection| devices::holdings(connection, device))
    }

    fn forget_holdings(
        &self,
        device: DeviceId,
        documents: Vec<DocumentId>,
    ) -> Boxed<Result<(), StorageError>> {
        self.write(Write::ForgetHoldings(device, documents))
    }

    fn newest_erasure(&self) -> Result<u64, StorageError> {
        self.reads.read("recalls", devices::newest_erasure)
    }

    fn erasures_for(&self, device: DeviceId, after: u64) -> Result<Vec<Erasure>, StorageError> {
        self.reads.read("recalls", |connection| devices::erasures_for(connection, device, after))
    }

    fn erasures_near(
        &self,
        device: DeviceId,
        has: &[ConversationId],
        after: u64,
    ) -> Result<Vec<Erasure>, StorageError> {
        self.reads.read("recalls", |it| devices::erasures_near(it, device, has, after))
    }

    fn own_erasures(&self, visitor: &[ParticipantId]) -> Result<Vec<Erasure>, StorageError> {
        self.reads.read("recalls", |connection| devices::own_erasures(connection, visitor))
    }

    fn recalls(
        &self,
        scope: &FeedScope,
        before: u64,
        at_most: usize,
    ) -> Result<Vec<Recall>, StorageError> {
        self.reads.read("recalls", |connection| recalls::of(connection, scope, before, at_most))
    }

    fn holders(&self, document: DocumentId) -> Result<Vec<DeviceId>, StorageError> {
        self.reads.read("devices", |connection| devices::holders(connection, document))
    }

    fn progress(&self, of: ProgressOf) -> Result<Vec<ErasureProgress>, StorageError> {
        self.reads.read("recalls", |connection| devices::progress(connection, of))
    }
}
