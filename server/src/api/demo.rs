//! What the demo's page asks: who can log in, and what is stored of a word.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::id::{DocumentId, DocumentKind, MessageId, RevisionId};
use rejoinder_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ApiError, fault};
use crate::directory::Directory;
use crate::router::Served;
use crate::storage::{FeedScope, Storage, StorageError, Stored, Words};
use crate::traces;
use crate::web::LogIn;

/// Characters of a word: shorter ones stand in sealed words by chance, longer ones are none.
const CHARACTERS: core::ops::RangeInclusive<usize> = 5..=200;

/// Conversations read at once.
const PAGE: usize = 256;

/// `GET /demo/log-ins`
pub(crate) async fn log_ins(State(served): State<Arc<Served>>) -> Json<Vec<LogIn>> {
    let demo = served.web.demo.as_ref();
    Json(demo.map(|demo| demo.log_ins.clone()).unwrap_or_default())
}

/// What is looked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Search {
    word: String,
}

/// What is stored of it.
#[derive(Debug, Serialize)]
pub(crate) struct Found {
    /// Files that were searched, in UTF-8, UTF-16 and base64.
    files: usize,
    bytes: u64,
    /// Files in which it stands.
    traces: Vec<String>,
    /// What the sealed words say, opened with the keys there are.
    messages: Messages,
}

/// Messages, and notes, of all conversations.
#[derive(Debug, Default, Serialize)]
struct Messages {
    /// Whose words can be unsealed.
    readable: usize,
    /// Of these, those that hold the word.
    holding: usize,
    /// Whose keys were shredded, for they were recalled.
    recalled: usize,
    /// Former words of edited messages, whose keys were shredded too.
    superseded: usize,
}

/// `POST /demo/search` with `{"word": …}`
pub(crate) async fn search(
    State(served): State<Arc<Served>>,
    search: Result<Json<Search>, JsonRejection>,
) -> Result<Json<Found>, ApiError> {
    let Ok(Json(Search { word })) = search else { return Err(ApiError::Malformed) };
    let demo = served.web.demo.as_ref().ok_or(ApiError::Unknown)?;
    if !CHARACTERS.contains(&word.chars().count()) {
        return Err(ApiError::BadWord);
    }
    let (data, storage) = (demo.data.clone(), Arc::clone(served.hub.storage()));
    let directory = Arc::clone(served.hub.directory());
    let found = served.hub.blocking(move || {
        let (files, bytes, traces) = in_files(&data, &word)
            .map_err(|error| StorageError::Failed(format!("the data folder: {error}")))?;
        let messages = in_messages(storage.as_ref(), &directory, &word)?;
        Ok(Found { files, bytes, traces, messages })
    });
    found.await.map(Json).map_err(|error| fault(&error))
}

fn in_files(data: &Path, word: &str) -> std::io::Result<(usize, u64, Vec<String>)> {
    let files = traces::files(data)?;
    let bytes = files.iter().filter_map(|file| file.metadata().ok()).map(|it| it.len()).sum();
    let found = traces::search(&files, &[word.to_owned()])?;
    let name = |trace: &traces::Trace| {
        let file = trace.file.strip_prefix(data).unwrap_or(&trace.file);
        file.display().to_string()
    };
    Ok((files.len(), bytes, found.iter().map(name).collect()))
}

/// Reads every word there is a key for.
fn in_messages(
    storage: &dyn Storage,
    directory: &Directory,
    word: &str,
) -> Result<Messages, StorageError> {
    let unknown = |error| StorageError::Failed(format!("the directory: {error}"));
    let (mut messages, mut cursor) = (Messages::default(), 0);
    loop {
        let page = storage.feed(&FeedScope::All, cursor, PAGE)?;
        let Some(last) = page.last() else { return Ok(messages) };
        cursor = last.feed;
        for entry in page {
            let site = directory.site(entry.header.site).map_err(unknown)?;
            if let Some(stored) = storage.load(entry.header.conversation)? {
                let since = site.and_then(|site| site.former_since);
                count(storage, &stored, since, word, &mut messages)?;
            }
        }
    }
}

fn count(
    storage: &dyn Storage,
    stored: &Stored,
    former_since: Option<Timestamp>,
    word: &str,
    messages: &mut Messages,
) -> Result<(), StorageError> {
    let recalled: BTreeSet<_> = stored.tombstones.iter().map(|t| (t.kind, t.message)).collect();
    for ((kind, message), revisions) in revisions(stored) {
        if recalled.contains(&(kind, message)) {
            messages.recalled += 1;
            continue;
        }
        let document = DocumentId { conversation: stored.header.conversation, kind };
        // What a site keeps for its team can be unsealed as well.
        let former = former_since.map(|since| storage.former_words(document, message, since));
        let mut kept = former.transpose()?.unwrap_or_default();
        let live =
            storage.words(document, &revisions)?.into_iter().filter_map(|words| match words {
                Words::Kept(revision) => Some(revision),
                Words::Gone => None,
            });
        kept.extend(live);
        let readable = !kept.is_empty();
        let holds = |it: &&Revision| it.read().is_ok_and(|body| body.text.contains(word));
        messages.holding += kept.iter().filter(holds).count();
        messages.superseded += revisions.len().saturating_sub(kept.len());
        messages.readable += usize::from(readable);
    }
    Ok(())
}

/// The revisions that each message ever had.
fn revisions(stored: &Stored) -> BTreeMap<(DocumentKind, MessageId), Vec<RevisionId>> {
    let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in &stored.rows {
        if let Operation::Send { message, revision, .. }
        | Operation::Edit { message, revision, .. } = row.operation
        {
            all.entry((row.kind, message)).or_default().push(revision);
        }
    }
    all
}
