//! Somebody who follows a timeline and fetches its words, as the SDK does.
//!
//! A hundred readers share a machine with the server here, where in life each has their own. So
//! what they would all work out in the same way, which words a frame calls for, is worked out by
//! the first of them; every frame is still sent to, and received by, each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use automerge::Change;
use rejoinder_core::conversation::compose;
use rejoinder_core::conversation::history::History;
use rejoinder_core::conversation::layout::{Content, Value};
use rejoinder_core::id::{DocumentId, RevisionId, Seq};
use rejoinder_core::limits;
use rejoinder_core::wire::{ClientFrame, LogEntry, ServerFrame};
use tokio_tungstenite::tungstenite::Bytes;

use crate::failure::{Failure, failed};
use crate::link::Client;

/// Whether readers fetch words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fetch {
    Words,
    Nothing,
}

/// What a frame means to every reader.
#[derive(Clone)]
enum Meaning {
    Entries { last: Seq, words: usize, want: Vec<Bytes> },
    Words(usize),
    Reopen,
    Nothing,
}

/// What readers of one timeline have worked out together.
pub(crate) struct Shared {
    document: DocumentId,
    fetch: Fetch,
    known: Mutex<Known>,
}

struct Known {
    history: History,
    frames: HashMap<(usize, Vec<u8>), Arc<Meaning>>,
    words: HashMap<Seq, RevisionId>,
}

impl Shared {
    pub(crate) fn new(document: DocumentId, fetch: Fetch) -> Arc<Self> {
        let history = History::new(document);
        let known = Known { history, frames: HashMap::new(), words: HashMap::new() };
        Arc::new(Self { document, fetch, known: Mutex::new(known) })
    }

    fn meaning(&self, bytes: &Bytes) -> Result<Arc<Meaning>, Failure> {
        // The end of a frame holds hashes and places: no two different frames share it.
        let key = (bytes.len(), bytes[bytes.len().saturating_sub(96)..].to_vec());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(meaning) = known.frames.get(&key) {
            return Ok(Arc::clone(meaning));
        }
        let meaning = match ServerFrame::decode(bytes)? {
            ServerFrame::Entries { entries, .. } => {
                let last = entries.last().map_or(Seq::START, |entry| entry.seq);
                let revisions = known.read(entries)?;
                let wanted = match self.fetch {
                    Fetch::Words => revisions.chunks(limits::WANT_REVISIONS),
                    Fetch::Nothing => [].chunks(1),
                };
                let document = self.document;
                let want = wanted.map(|revisions| {
                    let revisions = revisions.to_vec();
                    ClientFrame::Want { document, revisions }.encode().into()
                });
                Meaning::Entries { last, want: want.collect(), words: revisions.len() }
            }
            ServerFrame::Revisions { records, gone, .. } => {
                Meaning::Words(records.len() + gone.len())
            }
            ServerFrame::Reopen { .. } => Meaning::Reopen,
            ServerFrame::Retry { reason, .. } => return failed(format!("put off: {reason}")),
            ServerFrame::Refused { reason, .. } => return failed(format!("refused: {reason}")),
            ServerFrame::Snapshot { .. } => return failed("a reader fell too far behind"),
            _ => Meaning::Nothing,
        };
        let meaning = Arc::new(meaning);
        known.frames.insert(key, Arc::clone(&meaning));
        Ok(meaning)
    }
}

impl Known {
    /// The revisions that entries name, reading those that nobody has read yet.
    fn read(&mut self, entries: Vec<LogEntry>) -> Result<Vec<RevisionId>, Failure> {
        let mut revisions = Vec::new();
        for entry in entries {
            if entry.seq == self.history.last().next() {
                let change = Change::from_bytes(entry.change)?;
                let read = compose::read(&self.history, &change)?;
                if let Value::Message(message) = read.value
                    && let Content::Words { revision, .. } = message.content
                {
                    self.words.insert(entry.seq, revision);
                }
                self.history.record(read);
            }
            revisions.extend(self.words.get(&entry.seq));
        }
        Ok(revisions)
    }
}

/// What a reader has been through.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Read {
    /// How often the server told it that it reads too slowly.
    pub(crate) reopened: u32,
}

/// Follows the timeline until `until`, and has all words by then.
pub(crate) async fn follow(
    mut client: Client,
    shared: Arc<Shared>,
    until: Seq,
) -> Result<Read, Failure> {
    let (mut cursor, mut missing, mut read) = (Seq::START, 0, Read::default());
    while cursor < until || missing > 0 {
        match &*shared.meaning(&client.link.next().await?)? {
            Meaning::Entries { last, words, want } => {
                if *last <= cursor {
                    continue;
                }
                cursor = *last;
                for frame in want {
                    client.link.send(frame.clone()).await?;
                }
                if !want.is_empty() {
                    missing += words;
                }
            }
            Meaning::Words(words) => missing -= words,
            Meaning::Reopen => {
                read.reopened += 1;
                let document = shared.document;
                client.say(&ClientFrame::Open { document, cursor }).await?;
            }
            Meaning::Nothing => {}
        }
    }
    Ok(read)
}
