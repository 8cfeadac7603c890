//! Attachments' sealed bytes, as files of the data folder.
//!
//! Their keys stand in the words that describe them, so erasing those is enough, and no order of
//! steps has to hold here: a file whose words are gone is noise. It is removed soon after, and at
//! the latest when the server starts.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rejoinder_core::conversation::revision::{Attachment, Revision};
use rejoinder_core::id::{
    AttachmentId, ConversationId, DocumentId, DocumentKind, MessageId, ParticipantId, RevisionId,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::machine::Machine;
use crate::storage::sqlite::folder;
use crate::storage::sqlite::rows::medium_error;
use crate::storage::{Storage, StorageError};

/// The folder, in a data folder and in a backup.
const FOLDER: &str = "attachments";

/// Where files are until they are whole.
const COMING: &str = "coming";

/// How the note of a file ends that was not taken, in the place where it would be.
const REFUSED: &str = ".refused";

/// Files that are received at a time: each is held in memory, and judged whole.
const RECEIVED_AT_ONCE: usize = 8;

/// Files that are sent at a time: a piece of each is held in memory.
const SENT_AT_ONCE: usize = 64;

/// Files that one participant sends and fetches at a time.
const OF_ONE: usize = 4;

/// Where attachments' bytes are kept.
#[derive(Clone, Debug)]
pub struct Attachments {
    folder: PathBuf,
    machine: Machine,
    receiving: Arc<Semaphore>,
    sending: Arc<Semaphore>,
    of: Arc<Mutex<HashMap<ParticipantId, usize>>>,
    /// Held while files of a message come or go, so that neither undoes the other.
    changing: Arc<Mutex<()>>,
}

/// A turn: while it is held, a file is received or sent.
#[derive(Debug)]
pub(crate) struct Turn {
    of: Arc<Mutex<HashMap<ParticipantId, usize>>>,
    who: ParticipantId,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut of = lock(&self.of);
        if let Some(count) = of.get_mut(&self.who) {
            *count -= 1;
            if *count == 0 {
                of.remove(&self.who);
            }
        }
    }
}

/// A message in its document.
pub(crate) type Place = (DocumentId, MessageId);

impl Attachments {
    /// Those of a data folder.
    #[must_use]
    pub fn of(data: &Path) -> Self {
        Self::of_on(Machine::default(), data)
    }

    /// The same, on another machine.
    #[must_use]
    pub fn of_on(machine: Machine, data: &Path) -> Self {
        Self {
            machine,
            folder: data.join(FOLDER),
            receiving: Arc::new(Semaphore::new(RECEIVED_AT_ONCE)),
            sending: Arc::new(Semaphore::new(SENT_AT_ONCE)),
            of: Arc::default(),
            changing: Arc::default(),
        }
    }

    /// A turn to send the server a file; none when too many do, or this one does too often.
    pub(crate) fn receive(&self, who: ParticipantId) -> Option<Turn> {
        self.turn(&self.receiving, who)
    }

    /// A turn to fetch a file.
    pub(crate) fn send(&self, who: ParticipantId) -> Option<Turn> {
        self.turn(&self.sending, who)
    }

    fn turn(&self, turns: &Arc<Semaphore>, who: ParticipantId) -> Option<Turn> {
        let mut of = lock(&self.of);
        if of.get(&who).is_some_and(|count| *count >= OF_ONE) {
            return None;
        }
        let permit = Arc::clone(turns).try_acquire_owned().ok()?;
        *of.entry(who).or_default() += 1;
        Some(Turn { of: Arc::clone(&self.of), who, _permit: permit })
    }

    /// Keeps sealed bytes, durably, in the place of what may be there.
    pub(crate) fn keep(&self, place: Place, id: AttachmentId, sealed: &[u8]) -> io::Result<()> {
        let _alone = lock(&self.changing);
        self.write(place, &id.to_string(), sealed)?;
        folder::remove(&self.refusal(place, id))
    }

    /// Notes, durably, that a file was not taken, unless it is there: who waits for it is told.
    pub(crate) fn refuse(&self, place: Place, id: AttachmentId) -> io::Result<()> {
        let _alone = lock(&self.changing);
        if self.has(place, id) || self.is_refused(place, id) {
            return Ok(());
        }
        self.write(place, &format!("{id}{REFUSED}"), &[])
    }

    /// Whether the last that is known of a file is that it was not taken.
    pub(crate) fn is_refused(&self, place: Place, id: AttachmentId) -> bool {
        !self.has(place, id) && self.refusal(place, id).exists()
    }

    fn refusal(&self, place: Place, id: AttachmentId) -> PathBuf {
        self.message(place).join(format!("{id}{REFUSED}"))
    }

    /// Puts a file of a message in its place, whole and durably.
    fn write(&self, place: Place, name: &str, bytes: &[u8]) -> io::Result<()> {
        let message = self.message(place);
        folder::make(&message)?;
        // Its name is its own: another try of the same file may be under way.
        let coming = self.folder.join(COMING);
        folder::make(&coming)?;
        let partial = coming.join(RevisionId::random(&mut self.machine.dice()).to_string());
        let written = folder::new_file(&partial)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
            .and_then(|()| folder::rename(&partial, &message.join(name)));
        if let Err(error) = written {
            drop(folder::remove(&partial));
            return Err(error);
        }
        Ok(())
    }

    /// The file with the sealed bytes, if it is there.
    pub(crate) fn find(&self, place: Place, id: AttachmentId) -> io::Result<Option<File>> {
        there(File::open(self.message(place).join(id.to_string())))
    }

    /// Whether they are there.
    pub(crate) fn has(&self, place: Place, id: AttachmentId) -> bool {
        self.message(place).join(id.to_string()).exists()
    }

    /// Whether anything is kept for a message.
    pub(crate) fn has_any(&self, place: Place) -> bool {
        self.message(place).exists()
    }

    /// Bytes of all that is kept for a conversation.
    pub(crate) fn bytes_of(&self, conversation: ConversationId) -> io::Result<u64> {
        let mut bytes = 0;
        for file in files_under(&self.folder.join(conversation.to_string()))? {
            bytes += there(fs::metadata(&file))?.map_or(0, |it| it.len());
        }
        Ok(bytes)
    }

    /// Removes what no live words of a message describe any more. Where nothing is known of the
    /// message nothing is removed: a restore may bring it back.
    pub(crate) fn tidy(&self, storage: &dyn Storage, place: Place) -> Result<(), StorageError> {
        let message = self.message(place);
        let Some(files) = there(fs::read_dir(&message)).map_err(failed)? else { return Ok(()) };
        let _alone = lock(&self.changing);
        let (document, id) = place;
        let tombstones = storage.tombstones(document.conversation)?;
        let words = storage.message_words(document, id)?;
        let recalled = tombstones.iter().any(|it| it.kind == document.kind && it.message == id);
        if words.is_empty() && !recalled {
            return Ok(());
        }
        let described: BTreeSet<String> = attachments(&words).map(|it| it.id.to_string()).collect();
        for file in files {
            let file = file.map_err(failed)?;
            let name = file.file_name();
            let name = name.to_str().map(|name| name.strip_suffix(REFUSED).unwrap_or(name));
            if !name.is_some_and(|name| described.contains(name)) {
                folder::remove(&file.path()).map_err(failed)?;
            }
        }
        if described.is_empty() {
            drop(fs::remove_dir(&message));
        }
        Ok(())
    }

    /// Removes what a crash, or the ledger of a restore, left without words.
    pub(crate) fn sweep(&self, storage: &dyn Storage) -> Result<(), StorageError> {
        {
            // The server serves already: what is coming now is not what a crash has left.
            let _alone = lock(&self.changing);
            for partial in files_under(&self.folder.join(COMING)).map_err(failed)? {
                folder::remove(&partial).map_err(failed)?;
            }
        }
        for file in files_under(&self.folder).map_err(failed)? {
            let Some(place) = place_of(&file) else { continue };
            self.tidy(storage, place)?;
        }
        Ok(())
    }

    /// Copies all that is kept for a data folder or a backup into another. What is there already is
    /// the same: bytes are never changed.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn copy(from: &Path, to: &Path) -> io::Result<u64> {
        let (from, to) = (from.join(FOLDER), to.join(FOLDER));
        let mut copied = 0;
        for file in files_under(&from)? {
            let Ok(name) = file.strip_prefix(&from) else { continue };
            // What is still coming has no place yet.
            if place_of(&file).is_none() {
                continue;
            }
            let copy = to.join(name);
            if copy.exists() {
                continue;
            }
            // A recall may have removed it a moment ago.
            let Some(sealed) = there(fs::read(&file))? else { continue };
            copy.parent().map_or(Ok(()), folder::make)?;
            folder::write_whole(&copy, &sealed)?;
            copied += 1;
        }
        Ok(copied)
    }

    fn message(&self, (document, message): Place) -> PathBuf {
        self.folder
            .join(document.conversation.to_string())
            .join(kind_name(document.kind))
            .join(message.to_string())
    }
}

/// What words describe.
pub(crate) fn attachments(words: &[Revision]) -> impl Iterator<Item = Attachment> {
    words.iter().filter_map(|it| it.read().ok()).flat_map(|body| body.attachments)
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The name of a kind of document, in paths and in addresses.
pub(crate) const fn kind_name(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Timeline => "timeline",
        DocumentKind::Team => "team",
    }
}

/// The kind of document of that name.
pub(crate) fn kind_of(name: &str) -> Option<DocumentKind> {
    [DocumentKind::Timeline, DocumentKind::Team].into_iter().find(|it| kind_name(*it) == name)
}

/// What the path of a file says: `…/conversation/kind/message/attachment`.
fn place_of(file: &Path) -> Option<Place> {
    let mut names = file.parent()?.iter().rev().map(|name| name.to_str());
    let mut next = || names.next().flatten();
    let (message, kind, conversation) = (next()?, next()?, next()?);
    let kind = kind_of(kind)?;
    let conversation = conversation.parse().ok()?;
    Some((DocumentId { conversation, kind }, message.parse().ok()?))
}

/// All files below a folder; none where there is no folder.
fn files_under(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for found in there(fs::read_dir(&folder))?.into_iter().flatten() {
            let found = found?;
            let kind = there(found.file_type())?;
            match kind {
                Some(kind) if kind.is_dir() => folders.push(found.path()),
                Some(kind) if kind.is_file() => files.push(found.path()),
                _ => {}
            }
        }
    }
    Ok(files)
}

/// What is not there is no error.
fn there<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// What the medium says.
#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
fn failed(error: io::Error) -> StorageError {
    medium_error("attachments", &error)
}
