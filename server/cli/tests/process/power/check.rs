//! What must be so after a power cut, whatever the disk had and had not.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rejoinder_harness::core::attachment;
use rejoinder_harness::core::id::{DatabaseId, Epoch, KeyId, RevisionId};
use rejoinder_harness::core::keyring::{
    Blocks, Found, Keyring, MemoryBlocks, Owner, SLOT_BYTES, Slot,
};
use rejoinder_harness::search::Needles;
use rejoinder_harness::server::storage::sqlite::{Options, Sqlite, verify};
use rejoinder_harness::server::storage::{Storage, Words};
use rejoinder_harness::{Local, PATIENCE};
use tokio::time::timeout;

use super::writer::{MARKER, Moment, Pages, Said, Writer, sends};

/// A key of words.
pub(crate) type Key = [u8; 32];

/// Files that are sent again after a cut, at most.
const SENT: usize = 2;

/// What is wrong.
pub(crate) type Wrong = String;

/// The keys of words, as far as they were ever seen.
#[derive(Debug, Default)]
pub(crate) struct Seen(BTreeMap<RevisionId, Key>);

impl Seen {
    /// Looks into a folder in which everything is that the server has written by now.
    pub(crate) fn look(&mut self, data: &Path) {
        self.0.extend(named(data));
    }

    /// The keys of what was taken back or replaced, acknowledged by a moment.
    fn shredded(&self, pages: &[Pages], by: Moment) -> Vec<Key> {
        let mut keys = Vec::new();
        for said in pages.iter().flat_map(|pages| &pages.said) {
            let former = said.acknowledged(by).saturating_sub(1);
            let revisions = said.steps[..former].iter().filter_map(|step| step.revision);
            keys.extend(revisions.filter_map(|revision| self.0.get(&revision)));
        }
        keys
    }
}

/// The keys that the rows of a server's words name.
pub(crate) fn named(data: &Path) -> BTreeMap<RevisionId, Key> {
    let (database, keyring) = (data.join("rejoinder.db"), data.join("rejoinder.keyring"));
    let Some(mut ring) = open_ring(&keyring) else { return BTreeMap::new() };
    let connection = rusqlite::Connection::open(database).unwrap();
    let Ok(mut rows) = connection.prepare("SELECT revision, slot, key FROM words") else {
        return BTreeMap::new();
    };
    let row = |row: &rusqlite::Row<'_>| {
        let slot = Slot { index: row.get(1)?, key: KeyId::from_bytes(row.get(2)?) };
        Ok((RevisionId::from_bytes(row.get(0)?), slot))
    };
    let rows: Vec<_> = rows.query_map([], row).unwrap().map(Result::unwrap).collect();
    let key = |(revision, slot)| match ring.get(slot).unwrap() {
        Found::Key(key) => Some((revision, *key.as_bytes())),
        Found::Erased | Found::Damaged => None,
    };
    rows.into_iter().filter_map(key).collect()
}

/// The keys in a keyring's file, if that is there.
pub(crate) fn open_ring(path: &Path) -> Option<Keyring<MemoryBlocks>> {
    let bytes = std::fs::read(path).ok().filter(|bytes| bytes.len() > SLOT_BYTES)?;
    let id = |at: usize| bytes[at..at + 16].try_into().unwrap();
    let (database, epoch) = (DatabaseId::from_bytes(id(32)), Epoch::from_bytes(id(48)));
    let mut blocks = MemoryBlocks::default();
    blocks.write(0, &bytes).unwrap();
    Some(Keyring::open(blocks, Owner { database, epoch }).unwrap())
}

/// Files of messages whose words describe them, and of messages whose words do not (AT11).
#[derive(Debug, Default)]
struct Files<'a> {
    live: Vec<(&'a Pages, &'a Said)>,
    gone: Vec<(&'a Pages, &'a Said)>,
}

impl Files<'_> {
    /// What is acknowledged is there, whole.
    fn are_kept(&self, data: &Path, by: Moment) -> Result<(), Wrong> {
        let kept = self.live.iter().filter(|(_, said)| said.has_sent(by));
        kept.copied().try_for_each(|(pages, said)| is_whole(data, pages, said))
    }

    /// What was not acknowledged is sent again, some of it, and taken.
    async fn are_sent(&self, server: SocketAddr, data: &Path, by: Moment) -> Result<(), Wrong> {
        let half = self.live.iter().filter(|(_, said)| !said.has_sent(by));
        for (pages, said) in half.rev().take(SENT).copied() {
            let file = said.file.as_ref().unwrap();
            let at = pages.path(said.message, &file.described);
            match sends(server, &pages.token, &at, &file.sealed).await {
                Some(204) => is_whole(data, pages, said)?,
                answer => return Err(format!("a file sent again: {answer:?}")),
            }
        }
        Ok(())
    }

    /// Those that no words describe are nowhere.
    fn are_removed(&self, data: &Path) -> Result<(), Wrong> {
        for (pages, said) in &self.gone {
            let at = place(data, pages, said);
            if at.exists() {
                return Err(format!("{} is still there", at.display()));
            }
        }
        Ok(())
    }
}

fn place(data: &Path, pages: &Pages, said: &Said) -> PathBuf {
    let file = said.file.as_ref().unwrap();
    data.join("attachments").join(pages.path(said.message, &file.described))
}

fn is_whole(data: &Path, pages: &Pages, said: &Said) -> Result<(), Wrong> {
    let at = place(data, pages, said);
    let found = std::fs::read(&at).map_err(|error| error.to_string());
    let described = &said.file.as_ref().unwrap().described;
    let opened = found.and_then(|it| attachment::open(described, &it).map_err(|e| e.to_string()));
    opened.map(drop).map_err(|error| format!("an acknowledged file, {}: {error}", at.display()))
}

/// Whether a disk after a power cut, on which nothing was done yet, gives nobody what was taken
/// back, and a server opens it, has everything acknowledged, and goes on.
pub(crate) async fn check(
    data: PathBuf,
    pages: &[Pages],
    seen: &Seen,
    by: Moment,
    next: Option<Writer>,
) -> Result<(), Wrong> {
    let shredded = seen.shredded(pages, by);
    let files = pages.iter().flat_map(|pages| &pages.said).filter_map(|said| said.file.as_ref());
    // Keys of files stand in sealed words only.
    let files = files.map(|file| *file.described.key.as_bytes());
    let keys: Vec<_> = shredded.iter().copied().chain(files).collect();
    let needles = Needles::with_keys(&[MARKER.to_owned()], &keys);
    let traces = needles.search(&data);
    if !traces.is_empty() {
        return Err(format!("of {} shredded keys and all words: {traces:?}", shredded.len()));
    }
    let options = Options::new(&data);
    let storage = Sqlite::open(&options).map_err(|error| error.to_string())?;
    let mut files = Files::default();
    for pages in pages {
        kept(&storage, pages, by, &mut files)?;
    }
    drop(storage);
    files.are_kept(&data, by)?;
    let report = verify(&data);
    if !report.is_sound() {
        return Err(format!("verify: {:?}", report.problems));
    }
    let server = Local::start(options, ([127, 0, 0, 1], 0).into()).await;
    let server = server.map_err(|error| error.to_string())?;
    let address = server.address();
    let sent = files.are_sent(address, &data, by).await;
    // Before anything was acknowledged it may be that nobody and nothing is known.
    let answered = match next {
        Some(next) => tokio::spawn(timeout(PATIENCE, next.goes_on(address))).await,
        None => Ok(Ok(())),
    };
    server.stop().await;
    sent?;
    files.are_kept(&data, by)?;
    files.are_removed(&data)?;
    match answered {
        Ok(Ok(())) => Ok(()),
        wrong => Err(format!("another operation: {wrong:?}")),
    }
}

/// Everything that was acknowledged is there, as it was acknowledged, and what was not is there as
/// it was pushed or not at all.
fn kept<'a>(
    storage: &Sqlite,
    pages: &'a Pages,
    by: Moment,
    files: &mut Files<'a>,
) -> Result<(), Wrong> {
    let (document, conversation) = (pages.document, pages.document.conversation);
    let stored = storage.load(conversation).map_err(|error| error.to_string())?;
    let rows = stored.map(|stored| stored.rows).unwrap_or_default();
    let rows: BTreeMap<_, _> = rows
        .iter()
        .filter(|row| row.kind == document.kind)
        .map(|row| (row.id, (row.seq, row.at)))
        .collect();
    for said in &pages.said {
        let (done, message) = (said.acknowledged(by), said.message);
        for step in &said.steps[..done] {
            let expected = step.acknowledged.map(|(_, seq, at)| (seq, at));
            let found = rows.get(&step.operation).copied();
            if found != expected {
                return Err(format!("{message}: acknowledged {expected:?}, found {found:?}"));
            }
        }
        // One step more may have come to the disk, whose answer did not come.
        let last = said.steps.iter().rposition(|step| rows.contains_key(&step.operation));
        let expected = last.and_then(|last| said.steps[last].revision);
        for revision in said.steps.iter().filter_map(|step| step.revision) {
            let words = storage.words(document, &[revision]).map_err(|error| error.to_string())?;
            let is_there = matches!(words[0], Words::Kept(_));
            if is_there != (expected == Some(revision)) {
                return Err(format!("{message}: {words:?} for {revision}, {done} steps done"));
            }
        }
        let live = storage.message_words(document, message).map_err(|error| error.to_string())?;
        if live.len() != usize::from(expected.is_some()) {
            return Err(format!("{message}: {} words, {done} steps done", live.len()));
        }
        match (last, &said.file) {
            (Some(0), Some(_)) => files.live.push((pages, said)),
            (Some(_), Some(_)) => files.gone.push((pages, said)),
            _ => {}
        }
    }
    Ok(())
}
