//! Where the server keeps things.
//!
//! The write is *append if the log still is where I think it is*. The order of its steps is part of
//! the contract, and one suite of tests runs on every implementation:
//!
//! 1. keys of new words: put into the keyring and flushed;
//! 2. one transaction: rows, fates, actors, sealed words, tombstones, the list of keys to erase,
//!    derived rows, the deletion of erased words' rows, and the moving aside of former ones where
//!    their site keeps them; committed and synced;
//! 3. keys of recalled words, and of superseded ones that are not kept as former ones: overwritten
//!    and flushed; then [`Storage::append`]
//!    returns, and the news may go out;
//! 4. recalls: appended to the erasure ledger and synced;
//! 5. the write-ahead log truncated, after step 2 and beside the others; once all are done,
//!    [`Storage::erased`] rises.
//!
//! A crash between any two is finished when the storage is opened again.

mod batch;
mod course;
mod devices;
mod error;
mod expired;
mod filter;
mod keyring_file;
mod ledger;
pub mod sqlite;
#[cfg(test)]
mod tests;

use core::future::Future;
use core::pin::Pin;

pub use self::batch::{Appended, Batch, Notified};
pub use self::course::{Course, Span, Step};
pub use self::devices::{Device, Erasure, ErasureProgress, ProgressOf, Recall};
pub use self::error::{AppendError, StorageError};
pub use self::expired::Expired;
pub use self::filter::Filter;
pub use rejoinder_core::authority::elsewhere::Elsewhere;
pub use rejoinder_core::authority::log::{ActorRow, FateRow, Row, Summary, Tombstone};
use rejoinder_core::conversation::layout::Status;
use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::id::{
    Actor, ConversationId, DeviceId, DocumentId, DocumentKind, Epoch, MessageId, ParticipantId,
    RevisionId, Seq, SiteId,
};
use rejoinder_core::principal::Principal;
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::Notification;
use tokio::sync::watch;

/// A future that a trait object can return.
pub type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// What a conversation is: from its first moment on, but for its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Which.
    pub conversation: ConversationId,
    /// On which site.
    pub site: SiteId,
    /// Whose.
    pub visitor: ParticipantId,
    /// The closed conversation it follows up.
    pub follows: Option<ConversationId>,
    /// When the server first heard of it.
    pub created_at: Timestamp,
    /// Whether its site was deleted: nobody sees it any more.
    pub gone: bool,
}

/// Which notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// All.
    All,
    /// Those that were not read.
    Unread,
}

/// Everything there is of one conversation, words excepted.
#[derive(Clone, Debug)]
pub struct Stored {
    /// What it is.
    pub header: Header,
    /// How many batches it has had.
    pub version: u64,
    /// Its place in the feed.
    pub feed: u64,
    /// Both logs, in the order of acceptance.
    pub rows: Vec<Row>,
    /// Fates without rows.
    pub fates: Vec<FateRow>,
    /// Its actors.
    pub actors: Vec<ActorRow>,
    /// Its recalled messages.
    pub tombstones: Vec<Tombstone>,
    /// How far participants have seen its documents.
    pub seen: Vec<(DocumentKind, ParticipantId, Seq)>,
}

/// Words as storage finds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    /// Here they are, unsealed.
    Kept(Revision),
    /// They were erased, or never came.
    Gone,
}

/// A row of the feed, with what decides who may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedEntry {
    /// Its place in the feed.
    pub feed: u64,
    /// What it is.
    pub header: Header,
    /// How it is.
    pub summary: Summary,
}

/// Which part of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedScope {
    /// A visitor's own conversations.
    Visitor(Vec<ParticipantId>),
    /// Conversations of these sites.
    Sites(Vec<SiteId>),
    /// All.
    All,
}

/// A document's snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The place in the log it stands for.
    pub seq: Seq,
    /// The saved Automerge document.
    pub bytes: Vec<u8>,
}

/// Where the server keeps things.
///
/// Methods that return a future are writes: they are durable when it resolves, one mark
/// [excepted](Self::keep_device). The others read, take milliseconds at most, and block: call them
/// where blocking is allowed.
pub trait Storage: Send + Sync + 'static {
    /// The life of this data. A restore begins another.
    fn epoch(&self) -> Epoch;

    /// Appends a batch, if the conversation still is where the caller thinks it is.
    fn append(&self, batch: Batch) -> Boxed<Result<Appended, AppendError>>;

    /// The number of the newest recall that is erased from the server's own files, with all before
    /// it.
    fn erased(&self) -> watch::Receiver<u64>;

    /// Everything there is of a conversation, words excepted.
    ///
    /// # Errors
    /// [`StorageError`].
    fn load(&self, conversation: ConversationId) -> Result<Option<Stored>, StorageError>;

    /// The recalled messages of a conversation, also of one that [`load`](Self::load) does not
    /// know: after a restore the ledger names recalls of conversations that began later than the
    /// backup, and that come back with their authors' devices.
    ///
    /// # Errors
    /// [`StorageError`].
    fn tombstones(&self, conversation: ConversationId) -> Result<Vec<Tombstone>, StorageError>;

    /// Which of these actors are bound to another document or to somebody else, and which of these
    /// visitor's messages stand, or were recalled, in another conversation of the line.
    ///
    /// # Errors
    /// [`StorageError`].
    fn elsewhere(
        &self,
        document: DocumentId,
        by: &Principal,
        actors: &[Actor],
        messages: &[MessageId],
    ) -> Result<Elsewhere, StorageError>;

    /// Words, in the order asked for.
    ///
    /// # Errors
    /// [`StorageError`].
    fn words(
        &self,
        document: DocumentId,
        revisions: &[RevisionId],
    ) -> Result<Vec<Words>, StorageError>;

    /// The newest snapshot of a document.
    ///
    /// # Errors
    /// [`StorageError`].
    fn snapshot(&self, document: DocumentId) -> Result<Option<Snapshot>, StorageError>;

    /// Puts a snapshot in place of the document's former one. The caller has loaded it again and
    /// compared its heads.
    fn keep_snapshot(
        &self,
        document: DocumentId,
        snapshot: Snapshot,
    ) -> Boxed<Result<(), StorageError>>;

    /// Raises how far a participant has seen a document.
    fn keep_seen(
        &self,
        document: DocumentId,
        participant: ParticipantId,
        seq: Seq,
    ) -> Boxed<Result<(), StorageError>>;

    /// The newest state of conversations after a place in the feed, oldest first.
    ///
    /// # Errors
    /// [`StorageError`].
    fn feed(
        &self,
        scope: &FeedScope,
        after: u64,
        at_most: usize,
    ) -> Result<Vec<FeedEntry>, StorageError>;

    /// The feed entry of one conversation.
    ///
    /// # Errors
    /// [`StorageError`].
    fn feed_entry(&self, conversation: ConversationId) -> Result<Option<FeedEntry>, StorageError>;

    /// Conversations below a place in the feed, the newest first.
    ///
    /// # Errors
    /// [`StorageError`].
    fn conversations(
        &self,
        filter: &Filter,
        below: u64,
        at_most: usize,
    ) -> Result<Vec<FeedEntry>, StorageError>;

    /// What happened in conversations, in the order of their ids, and after which one to go on:
    /// none at the end. Damaged ones are left out.
    ///
    /// # Errors
    /// [`StorageError`].
    fn courses(
        &self,
        span: &Span,
        after: Option<ConversationId>,
        at_most: usize,
    ) -> Result<(Vec<Course>, Option<ConversationId>), StorageError>;

    /// How many conversations of each site are begun and not closed, in each status: of these
    /// sites, or of all.
    ///
    /// # Errors
    /// [`StorageError`].
    fn open_ones(
        &self,
        sites: Option<&[SiteId]>,
    ) -> Result<Vec<(SiteId, Status, u32)>, StorageError>;

    /// Open conversations of a site in a status, in which nothing has happened since a moment, with
    /// their places in the feed.
    ///
    /// # Errors
    /// [`StorageError`].
    fn silent(
        &self,
        site: SiteId,
        status: Status,
        before: Timestamp,
    ) -> Result<Vec<(ConversationId, u64)>, StorageError>;

    /// Closed conversations of a site, in which nothing has happened since a moment, of which words
    /// are left: those that were begun first, then the oldest, but for so many.
    ///
    /// # Errors
    /// [`StorageError`].
    fn expired(
        &self,
        site: SiteId,
        before: Timestamp,
        but_for: usize,
        at_most: usize,
    ) -> Result<Vec<Expired>, StorageError>;

    /// Words of a conversation that were accepted until then are being taken back for their age;
    /// none: no longer. What was said of it first counts until then.
    fn keep_expiring(
        &self,
        conversation: ConversationId,
        until: Option<Timestamp>,
    ) -> Boxed<Result<(), StorageError>>;

    /// Conversations of a site that are not gone with it, but for so many.
    ///
    /// # Errors
    /// [`StorageError`].
    fn there(
        &self,
        site: SiteId,
        but_for: usize,
        at_most: usize,
    ) -> Result<Vec<ConversationId>, StorageError>;

    /// A conversation is gone with its site, from a moment on.
    fn keep_gone(
        &self,
        conversation: ConversationId,
        at: Timestamp,
    ) -> Boxed<Result<(), StorageError>>;

    /// When a conversation was gone with its site the last time.
    ///
    /// # Errors
    /// [`StorageError`].
    fn newest_gone(&self) -> Result<Option<Timestamp>, StorageError>;

    /// All words of a conversation that were neither recalled nor replaced, unsealed. Those that
    /// are damaged are left out.
    ///
    /// # Errors
    /// [`StorageError`].
    fn live_words(
        &self,
        conversation: ConversationId,
    ) -> Result<Vec<(DocumentKind, Revision)>, StorageError>;

    /// The words of one message that were neither recalled nor replaced, unsealed.
    ///
    /// # Errors
    /// [`StorageError`].
    fn message_words(
        &self,
        document: DocumentId,
        message: MessageId,
    ) -> Result<Vec<Revision>, StorageError>;

    /// The former words of one message, in no particular order: those that were set aside since the
    /// site began to keep them.
    ///
    /// # Errors
    /// [`StorageError`].
    fn former_words(
        &self,
        document: DocumentId,
        message: MessageId,
        since: Timestamp,
    ) -> Result<Vec<Revision>, StorageError>;

    /// Under which beginnings of keeping them, of which sites, former words were set aside.
    ///
    /// # Errors
    /// [`StorageError`].
    fn former_beginnings(&self) -> Result<Vec<(SiteId, Timestamp)>, StorageError>;

    /// Whether a site has former words that were set aside under a beginning.
    ///
    /// # Errors
    /// [`StorageError`].
    fn former_left(&self, site: SiteId, since: Timestamp) -> Result<bool, StorageError>;

    /// Erases some of these, as words are erased: their keys are overwritten when it returns.
    fn forget_former(&self, site: SiteId, since: Timestamp) -> Boxed<Result<(), StorageError>>;

    /// Notifications of a participant below a number, the newest first, and whether each was read.
    ///
    /// # Errors
    /// [`StorageError`].
    fn notifications(
        &self,
        participant: ParticipantId,
        kept: Kept,
        below: u64,
        at_most: usize,
    ) -> Result<Vec<(Notification, bool)>, StorageError>;

    /// Marks notifications of a participant as read. Others' numbers change nothing.
    fn keep_read(
        &self,
        participant: ParticipantId,
        numbers: Vec<u64>,
    ) -> Boxed<Result<(), StorageError>>;

    /// Whether some conversation of a visitor has messages of others, not recalled, after what the
    /// visitor has seen of it. System messages hold no words and do not count.
    ///
    /// # Errors
    /// [`StorageError`].
    fn unread(&self, visitor: &[ParticipantId]) -> Result<bool, StorageError>;

    /// Whether some conversation of a visitor is open.
    ///
    /// # Errors
    /// [`StorageError`].
    fn has_open(&self, visitor: &[ParticipantId]) -> Result<bool, StorageError>;

    /// How many conversations a visitor has begun since a moment.
    ///
    /// # Errors
    /// [`StorageError`].
    fn conversations_since(
        &self,
        visitor: ParticipantId,
        since: Timestamp,
    ) -> Result<u32, StorageError>;

    /// Remembers a device: that it was heard from, and how far it has carried erasures out. A lower
    /// cursor lowers the mark. A mark that rises need not be durable before another write is: if
    /// the power fails the device counts as not done until it comes back and says so again.
    fn keep_device(&self, device: Device) -> Boxed<Result<(), StorageError>>;

    /// What the server knows of a device.
    ///
    /// # Errors
    /// [`StorageError`].
    fn device(&self, device: DeviceId) -> Result<Option<Device>, StorageError>;

    /// Remembers, before the first words go out, that a device is sent words of documents.
    fn keep_holdings(
        &self,
        device: DeviceId,
        documents: Vec<DocumentId>,
    ) -> Boxed<Result<(), StorageError>>;

    /// Documents whose words a device was ever sent, unless it has dropped them since.
    ///
    /// # Errors
    /// [`StorageError`].
    fn holdings(&self, device: DeviceId) -> Result<Vec<DocumentId>, StorageError>;

    /// Forgets that a device holds documents, after it has dropped them.
    fn forget_holdings(
        &self,
        device: DeviceId,
        documents: Vec<DocumentId>,
    ) -> Boxed<Result<(), StorageError>>;

    /// The number of the newest recall.
    ///
    /// # Errors
    /// [`StorageError`].
    fn newest_erasure(&self) -> Result<u64, StorageError>;

    /// Recalls after `after` in the documents that a device holds, oldest first.
    ///
    /// # Errors
    /// [`StorageError`].
    fn erasures_for(&self, device: DeviceId, after: u64) -> Result<Vec<Erasure>, StorageError>;

    /// Recalls after `after` in other conversations of the lines of what a device holds, and of
    /// timelines that it has without being remembered to, and in these: oldest first, each told as
    /// one of the document that it has. This goes through all recalls.
    ///
    /// # Errors
    /// [`StorageError`].
    fn erasures_near(
        &self,
        device: DeviceId,
        has: &[ConversationId],
        after: u64,
    ) -> Result<Vec<Erasure>, StorageError>;

    /// All recalls in a visitor's own timelines, oldest first.
    ///
    /// # Errors
    /// [`StorageError`].
    fn own_erasures(&self, visitor: &[ParticipantId]) -> Result<Vec<Erasure>, StorageError>;

    /// Recalls numbered before `before`, newest first: who recalled what, and when.
    ///
    /// # Errors
    /// [`StorageError`].
    fn recalls(
        &self,
        scope: &FeedScope,
        before: u64,
        at_most: usize,
    ) -> Result<Vec<Recall>, StorageError>;

    /// Devices that hold a document.
    ///
    /// # Errors
    /// [`StorageError`].
    fn holders(&self, document: DocumentId) -> Result<Vec<DeviceId>, StorageError>;

    /// How far recalls are carried out: one by its message, or all of a participant's that some
    /// device has not carried out.
    ///
    /// # Errors
    /// [`StorageError`].
    fn progress(&self, of: ProgressOf) -> Result<Vec<ErasureProgress>, StorageError>;
}
