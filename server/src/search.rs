//! Searching what was said: a scan that unseals, newest conversations first.
//!
//! No index of words exists, at rest or in memory, so there is nothing that a recall could forget
//! to empty: what is found is unsealed from the rows that a recall deletes, and looked at once more
//! before it is told. A scan ends at its deadline and says from where to go on.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use rejoinder_core::conversation::layout::Kind;
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::id::{
    ConversationId, DocumentId, DocumentKind, MessageId, ParticipantId, Seq, SiteId,
};
use rejoinder_core::principal::Principal;
use rejoinder_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::schema::{Document, Id, MessageKind, Moment};
use crate::directory::Scope;
use crate::hub::{Rights, may_see};
use crate::storage::{FeedEntry, Filter, Storage, StorageError, Words};

/// Conversations whose words are looked through between two looks at the list.
const PAGE: usize = 512;

/// Characters of a message that are shown, and of them before the word.
const EXCERPT: usize = 160;
const BEFORE: usize = 40;

/// Messages told of one conversation.
const PER_CONVERSATION: usize = 20;

/// What is looked for, and by whom.
#[derive(Debug)]
pub struct Query<'a> {
    /// All of these must stand in a message, in any order: see [`words`].
    pub words: &'a [String],
    /// In which conversations.
    pub filter: &'a Filter,
    /// Who asks: they find only what they may see.
    pub principal: &'a Principal,
    /// Where they work.
    pub scope: &'a Scope,
    /// Below which place in the feed.
    pub below: u64,
    /// Messages after which it ends, at the end of a conversation.
    pub at_most: usize,
    /// When it ends.
    pub deadline: Instant,
    /// Threads that unseal. 1 at least.
    pub threads: usize,
}

/// What was found.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Found {
    /// Newest conversation first, in each the newest message first.
    pub hits: Vec<Hit>,
    /// From where to go on; none when everything was looked through.
    pub next: Option<u64>,
    /// Messages looked through.
    pub messages: usize,
}

/// A message that says it.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "each is what its name says, for readers of JSON")]
pub struct Hit {
    #[schema(value_type = Id)]
    pub conversation: ConversationId,
    #[schema(value_type = Id)]
    pub site: SiteId,
    #[schema(value_type = Document)]
    pub document: DocumentKind,
    #[schema(value_type = Id)]
    pub message: MessageId,
    #[schema(value_type = MessageKind)]
    pub kind: Kind,
    #[schema(value_type = Id)]
    pub author: ParticipantId,
    #[schema(value_type = u64)]
    pub seq: Seq,
    #[schema(value_type = Moment)]
    pub at: Timestamp,
    /// A part of its text, around what was looked for.
    pub excerpt: String,
}

/// The words of a search: small letters, each once; none when there is nothing to look for.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.sort();
    words.dedup();
    words
}

/// Looks for words.
///
/// # Errors
/// [`StorageError`].
pub fn search(storage: &dyn Storage, query: &Query<'_>) -> Result<Found, StorageError> {
    let (mut found, mut below) = (Found::default(), query.below);
    loop {
        let page = storage.conversations(query.filter, below, PAGE)?;
        let Some(last) = page.last() else { return Ok(found) };
        let end = last.feed;
        let scanned = scan(storage, query, &page, query.at_most.saturating_sub(found.hits.len()))?;
        found.messages += scanned.messages;
        for (entry, hits) in scanned.hits {
            found.hits.extend(still_there(storage, entry, hits)?);
        }
        below = match page.get(scanned.done) {
            // The first that was not looked through is the next.
            Some(undone) => undone.feed + 1,
            None => end,
        };
        if scanned.done < page.len() || found.hits.len() >= query.at_most {
            found.next = Some(below);
            return Ok(found);
        }
    }
}

/// A page, looked through up to a place.
struct Scanned<'a> {
    hits: Vec<(&'a FeedEntry, Vec<Candidate>)>,
    messages: usize,
    done: usize,
}

/// A message that says it, as far as was read.
struct Candidate {
    kind: DocumentKind,
    revision: Revision,
    excerpt: String,
}

fn scan<'a>(
    storage: &dyn Storage,
    query: &Query<'_>,
    page: &'a [FeedEntry],
    wanted: usize,
) -> Result<Scanned<'a>, StorageError> {
    let (next, found) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let messages = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    // Places are taken in order and finished by whoever took them: what is done has no gap.
    let work = || -> Result<BTreeMap<usize, Vec<Candidate>>, StorageError> {
        let mut mine = BTreeMap::new();
        while !failed.load(Ordering::Relaxed)
            && found.load(Ordering::Relaxed) < wanted
            && (Instant::now() < query.deadline || next.load(Ordering::Relaxed) == 0)
        {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(entry) = page.get(place) else { break };
            if !visible(query, entry) {
                continue;
            }
            let live = storage
                .live_words(entry.header.conversation)
                .inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
            messages.fetch_add(live.len(), Ordering::Relaxed);
            let hits: Vec<_> =
                live.into_iter().filter_map(|words| candidate(query.words, words)).collect();
            if !hits.is_empty() {
                found.fetch_add(hits.len().min(PER_CONVERSATION), Ordering::Relaxed);
                mine.insert(place, hits);
            }
        }
        Ok(mine)
    };
    let mut all = BTreeMap::new();
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..query.threads).map(|_| scope.spawn(work)).collect();
        all.extend(work()?);
        for other in others {
            let theirs = other.join().map_err(|_| {
                StorageError::Failed("searching was broken off: try again".to_owned())
            })?;
            all.extend(theirs?);
        }
        Ok::<_, StorageError>(())
    })?;
    let hits = all.into_iter().filter_map(|(place, hits)| Some((page.get(place)?, hits)));
    Ok(Scanned {
        hits: hits.collect(),
        messages: messages.into_inner(),
        done: next.into_inner().min(page.len()),
    })
}

fn visible(query: &Query<'_>, entry: &FeedEntry) -> bool {
    let rights = Rights::of(entry);
    may_see(query.principal, query.scope, &rights)
}

fn candidate(words: &[String], (kind, revision): (DocumentKind, Revision)) -> Option<Candidate> {
    let text = revision.text()?;
    let small = text.to_lowercase();
    if !words.iter().all(|word| small.contains(word.as_str())) {
        return None;
    }
    let first = words.iter().filter_map(|word| small.find(word.as_str())).min()?;
    let excerpt = excerpt(text, small[..first].chars().count());
    Some(Candidate { kind, revision, excerpt })
}

/// A part of a text around its `at`th character.
fn excerpt(text: &str, at: usize) -> String {
    let all = text.chars().count();
    let from = if all <= EXCERPT { 0 } else { at.saturating_sub(BEFORE).min(all - EXCERPT) };
    let mut part: String = text.chars().skip(from).take(EXCERPT).collect();
    if from > 0 {
        part.insert(0, '…');
    }
    if from + EXCERPT < all {
        part.push('…');
    }
    part
}

/// What of a conversation's messages still says it, now: words that were recalled or replaced while
/// others were looked through are not told.
fn still_there(
    storage: &dyn Storage,
    entry: &FeedEntry,
    candidates: Vec<Candidate>,
) -> Result<Vec<Hit>, StorageError> {
    let conversation = entry.header.conversation;
    let Some(stored) = storage.load(conversation)? else { return Ok(Vec::new()) };
    let mut hits = Vec::new();
    for Candidate { kind, revision, excerpt } in candidates {
        let sent = stored.rows.iter().find(|row| {
            let sends = |operation: &Operation| matches!(operation, Operation::Send { .. });
            let message = row.operation.message();
            row.kind == kind && sends(&row.operation) && message == Some(revision.message)
        });
        let Some(sent) = sent else { continue };
        let Operation::Send { kind: of, .. } = sent.operation else { continue };
        let (seq, at) = (sent.seq, sent.at);
        let Revision { message, author, .. } = revision;
        let hit = Hit {
            conversation,
            site: entry.header.site,
            document: kind,
            message,
            kind: of,
            author,
            seq,
            at,
            excerpt,
        };
        hits.push((revision.id, hit));
    }
    hits.sort_by_key(|(_, hit)| core::cmp::Reverse(hit.at));
    hits.truncate(PER_CONVERSATION);
    // The last look, after everything else.
    let mut told = Vec::new();
    for (revision, hit) in hits {
        let document = DocumentId { conversation, kind: hit.document };
        if matches!(storage.words(document, &[revision])?.pop(), Some(Words::Kept(_))) {
            told.push(hit);
        }
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::{EXCERPT, excerpt, words};

    #[test]
    fn a_search_is_its_words() {
        assert_eq!(words("  Refund the  ORDER order "), ["order", "refund", "the"]);
        assert_eq!(words(" \n"), Vec::<String>::new());
    }

    #[test]
    fn an_excerpt_shows_the_word_in_its_place() {
        assert_eq!(excerpt("short", 3), "short");
        let long = format!("{}word{}", "a".repeat(500), "ä".repeat(500));
        let part = excerpt(&long, 500);
        assert!(part.starts_with('…') && part.ends_with('…') && part.contains("word"));
        assert_eq!(part.chars().count(), EXCERPT + 2);
        assert!(excerpt(&long, 0).starts_with('a') && excerpt(&long, 1_003).ends_with('ä'));
    }
}
