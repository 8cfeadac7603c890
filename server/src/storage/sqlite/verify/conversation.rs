//! Looking at one conversation.

use std::collections::{BTreeMap, BTreeSet};

use rejoinder_core::conversation::history::History;
use rejoinder_core::conversation::layout::{Content, Key, Value};
use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::id::{
    ChangeHash, Commitment, ConversationId, DocumentId, DocumentKind, MessageId, RevisionId, Seq,
};
use rejoinder_core::keyring::{Found, Slot};
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, Result};

use super::{Looking, RESTORE, START, snapshot};
use crate::storage::sqlite::documents::{self, SnapshotRow};
use crate::storage::sqlite::keys::Keys;
use crate::storage::sqlite::read::{self, WordsRow};
use crate::storage::sqlite::rows::Columns;
use crate::storage::{FeedEntry, Row, Stored, Words};

/// What is wrong with words that are another's.
const OTHERS: &str = "the document does not commit to these words";

const KINDS: [DocumentKind; 2] = [DocumentKind::Timeline, DocumentKind::Team];

/// What was found in a conversation.
#[derive(Default)]
pub(super) struct Checked {
    pub(super) entries: u64,
    pub(super) words: u64,
    pub(super) former: u64,
    pub(super) lost: u64,
    /// Which part of the conversation, and what is wrong with it.
    pub(super) problems: Vec<(String, String)>,
}

impl Checked {
    pub(super) fn problem(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.problems.push((place.into(), what.into()));
    }
}

/// Everything of a conversation, as one moment's readers see it.
struct Rows {
    stored: Stored,
    entry: FeedEntry,
    words: Vec<(DocumentKind, WordsRow)>,
    former: Vec<(DocumentKind, WordsRow)>,
    pending: BTreeMap<(DocumentKind, RevisionId), Slot>,
    snapshots: Vec<(DocumentKind, SnapshotRow)>,
}

/// Checks a conversation.
pub(super) fn check(looking: &Looking, id: ConversationId) -> Checked {
    let mut checked = Checked::default();
    let rows = match rows(&looking.connection, id) {
        Ok(Some(rows)) => rows,
        Ok(None) => return checked,
        Err(error) => {
            checked.problem("", format!("its rows cannot be read: {error}: {RESTORE}"));
            return checked;
        }
    };
    check_times(&rows.stored.rows, &mut checked);
    for kind in KINDS {
        let document = Document::replay(DocumentId { conversation: id, kind }, &rows, &mut checked);
        if let Some(document) = document {
            document.check_snapshot(&rows, &mut checked);
            document.check_recalls(looking, &rows, &mut checked);
            document.check_words(looking, &rows, &mut checked);
            document.check_former(looking, &rows, &mut checked);
        }
    }
    checked
}

fn rows(connection: &Connection, id: ConversationId) -> Result<Option<Rows>> {
    let transaction = connection.unchecked_transaction()?;
    let (Some(stored), Some((_, entry))) =
        (read::load(&transaction, id)?, read::conversation(&transaction, id)?)
    else {
        return Ok(None);
    };
    let (words, former) = (words(&transaction, id, "words")?, words(&transaction, id, "former")?);
    let pending = transaction
        .prepare_cached(
            "SELECT kind, revision, slot, key FROM erasure_pending WHERE conversation = ?1",
        )?
        .query_map([id.as_bytes()], |row| {
            let mut columns = Columns::of(row);
            let place = (columns.kind()?, columns.id(RevisionId::from_bytes)?);
            Ok((place, columns.slot()?))
        })?
        .collect::<Result<_>>()?;
    let mut snapshots = Vec::new();
    for kind in KINDS {
        let found = documents::snapshot(&transaction, DocumentId { conversation: id, kind })?;
        snapshots.extend(found.map(|found| (kind, found)));
    }
    transaction.finish()?;
    Ok(Some(Rows { stored, entry, words, former, pending, snapshots }))
}

/// A conversation's rows of one of the tables in which words stand.
fn words(
    connection: &Connection,
    id: ConversationId,
    table: &str,
) -> Result<Vec<(DocumentKind, WordsRow)>> {
    connection
        .prepare_cached(&format!(
            "SELECT kind, revision, message, slot, key, sealed FROM {table} \
             WHERE conversation = ?1"
        ))?
        .query_map([id.as_bytes()], WordsRow::of)?
        .collect()
}

/// Times of acceptance are unique and rise, over both documents.
fn check_times(rows: &[Row], checked: &mut Checked) {
    let mut times: Vec<(Timestamp, DocumentKind, Seq)> =
        rows.iter().map(|row| (row.at, row.kind, row.seq)).collect();
    times.sort_unstable();
    let twice = times.windows(2).any(|pair| pair[0].0 == pair[1].0);
    let falls = KINDS.iter().any(|&kind| {
        let seqs = times.iter().filter(|(_, of, _)| *of == kind).map(|(_, _, seq)| seq);
        !seqs.is_sorted()
    });
    if twice || falls {
        checked.problem("", format!("times of acceptance do not rise: {RESTORE}"));
    }
}

/// A document, composed again from its rows.
struct Document {
    id: DocumentId,
    history: History,
    /// When each place of the log was accepted.
    times: Vec<Timestamp>,
    /// The heads at the snapshot's place.
    heads: Option<Vec<ChangeHash>>,
    /// Which message and commitment each revision has, and when it was accepted.
    revisions: BTreeMap<RevisionId, (MessageId, Commitment, Timestamp)>,
    recalled: BTreeSet<MessageId>,
}

impl Document {
    /// Composes every row again and compares; none when one is damaged.
    fn replay(id: DocumentId, rows: &Rows, checked: &mut Checked) -> Option<Self> {
        let snapshot = rows.snapshots.iter().find(|(kind, _)| *kind == id.kind);
        let recalled = rows.stored.tombstones.iter().filter(|it| it.kind == id.kind);
        let mut document = Self {
            id,
            history: History::new(id),
            times: vec![rows.stored.header.created_at],
            heads: None,
            revisions: BTreeMap::new(),
            recalled: recalled.map(|it| it.message).collect(),
        };
        for row in rows.stored.rows.iter().filter(|row| row.kind == id.kind) {
            let place = format!(", {} row {}", name(id.kind), row.seq);
            if row.seq != document.history.last().next() {
                checked.problem(place, format!("a row before it is missing: {RESTORE}"));
                return None;
            }
            match document.history.replay(&row.operation, &row.context, row.hash) {
                Err(error) => {
                    checked.problem(place, format!("{error}: {RESTORE}"));
                    return None;
                }
                Ok(composed) if composed.bytes != row.change => {
                    checked.problem(place, format!("its change is damaged: {RESTORE}"));
                    return None;
                }
                Ok(_) => {}
            }
            if !row.operation.key().belongs_to(id.kind) {
                checked.problem(place, format!("it belongs to the other document: {RESTORE}"));
            }
            if let (Some(message), Some((revision, commitment))) =
                (row.operation.message(), row.operation.words())
            {
                document.revisions.insert(revision, (message, commitment, row.at));
            }
            document.times.push(row.at);
            if snapshot.is_some_and(|(_, snapshot)| snapshot.seq() == row.seq) {
                document.heads = Some(document.history.heads());
            }
            checked.entries += 1;
        }
        let summary = &rows.entry.summary;
        let end =
            if id.kind == DocumentKind::Timeline { summary.timeline } else { summary.team.seq };
        if end != document.history.last() {
            let what = format!("the list of conversations ends it at {end}: {RESTORE}");
            checked.problem(format!(", {}", name(id.kind)), what);
        }
        Some(document)
    }

    fn place(&self) -> String {
        format!(", {}", name(self.id.kind))
    }

    fn check_snapshot(&self, rows: &Rows, checked: &mut Checked) {
        let Some((_, row)) = rows.snapshots.iter().find(|(kind, _)| *kind == self.id.kind) else {
            return;
        };
        let heads = match &self.heads {
            Some(heads) => Some(heads.clone()),
            None if row.seq() == Seq::START => Some(History::new(self.id).heads()),
            None => None,
        };
        let wrong = match (row.check(self.id), heads) {
            (Err(error), _) => Some(error.to_string()),
            (Ok(_), None) => Some(format!("it stands for row {}, which is not there", row.seq())),
            (Ok(snapshot), Some(heads)) => match snapshot::heads(&snapshot.bytes) {
                Err(error) => Some(error),
                Ok(found) => (found != heads).then(|| "its heads are not the log's".to_owned()),
            },
        };
        if let Some(wrong) = wrong {
            let what = format!("{wrong}: the next snapshot takes its place; the log is sound");
            checked.problem(format!("{} snapshot", self.place()), what);
        }
    }

    /// Every recall has its tombstone, in the ledger as well; no words are left of it.
    fn check_recalls(&self, looking: &Looking, rows: &Rows, checked: &mut Checked) {
        for message in self.messages(|key| matches!(key, Key::Recall(_))) {
            if !self.recalled.contains(&message) {
                let place = format!("{} message {message}", self.place());
                checked.problem(place, format!("it is recalled without a tombstone: {RESTORE}"));
            }
        }
        for &message in &self.recalled {
            let place = format!("{} message {message}", self.place());
            let known = looking.ledger.as_ref();
            if known.is_some_and(|ledger| !ledger.contains(&(self.id, message))) {
                checked.problem(place.clone(), format!("its recall is not in the ledger: {START}"));
            }
            let left = rows
                .words
                .iter()
                .chain(&rows.former)
                .any(|(kind, words)| *kind == self.id.kind && words.message == message);
            if left {
                checked.problem(place, format!("it is recalled and not yet erased: {START}"));
            }
        }
    }

    fn messages(&self, is_it: impl Fn(&Key) -> bool) -> Vec<MessageId> {
        let message = |key: Key| match key {
            Key::Message(id) | Key::Edit(id) | Key::Recall(id) => Some(id),
            _ => None,
        };
        self.history.keys().filter(|key| is_it(key)).filter_map(message).collect()
    }

    /// The revision that stands in a message's place, and since when.
    fn winner(&self, message: MessageId) -> Option<(RevisionId, Timestamp)> {
        let key = [Key::Edit(message), Key::Message(message)];
        let entry = key.iter().find_map(|&key| self.history.current(key))?;
        let revision = match entry.value {
            Value::Edit(edit) => edit.revision,
            Value::Message(value) => match value.content {
                Content::Words { revision, .. } => revision,
                Content::System { .. } => return None,
            },
            _ => return None,
        };
        let seq = self.history.seq_of(&entry.hash)?;
        let at = self.times.get(usize::try_from(seq.0).ok()?)?;
        Some((revision, *at))
    }

    /// Every word opens and is what the document commits to; every message has its words.
    fn check_words(&self, looking: &Looking, rows: &Rows, checked: &mut Checked) {
        let Some(keys) = &looking.keys else { return };
        let mut winners: BTreeMap<RevisionId, (MessageId, Timestamp)> = BTreeMap::new();
        for message in self.messages(|key| matches!(key, Key::Message(_))) {
            if !self.recalled.contains(&message)
                && let Some((revision, at)) = self.winner(message)
            {
                winners.insert(revision, (message, at));
            }
        }
        for (_, row) in rows.words.iter().filter(|(kind, _)| *kind == self.id.kind) {
            let place = format!("{} revision {}", self.place(), row.revision);
            let pending = rows.pending.contains_key(&(self.id.kind, row.revision));
            match self.open(keys, row, pending, &place, checked) {
                Some(Words::Kept(revision)) => {
                    checked.words += 1;
                    if !self.commits_to(&revision) {
                        checked.problem(place, format!("{OTHERS}: {RESTORE}"));
                    } else if winners.remove(&row.revision).is_none() {
                        checked.problem(place, "newer words took its place and it is still there");
                    }
                }
                Some(Words::Gone) | None => {}
            }
        }
        for ((_, revision), slot) in
            rows.pending.iter().filter(|((kind, _), _)| *kind == self.id.kind)
        {
            let has_row = rows
                .words
                .iter()
                .chain(&rows.former)
                .any(|(kind, row)| (*kind, row.revision) == (self.id.kind, *revision));
            if !has_row && matches!(keys.get(*slot), Ok(Found::Key(_))) {
                let place = format!("{} revision {revision}", self.place());
                checked.problem(place, format!("its key is not yet overwritten: {START}"));
            }
        }
        for (revision, (message, at)) in winners {
            if looking.restored_at.is_some_and(|restored| at.as_millis() <= restored) {
                checked.lost += 1;
            } else {
                let place = format!("{} message {message}", self.place());
                let what = format!("the words of its revision {revision} are gone: {RESTORE}");
                checked.problem(place, what);
            }
        }
    }

    /// The words of a row, or none where that is a problem already.
    fn open(
        &self,
        keys: &Keys,
        row: &WordsRow,
        pending: bool,
        place: &str,
        checked: &mut Checked,
    ) -> Option<Words> {
        let mut problem = |what: String| checked.problem(place.to_owned(), what);
        if self.recalled.contains(&row.message) && !pending {
            problem(format!("words of a recalled message: {RESTORE}"));
        }
        match row.unseal(keys, self.id) {
            Err(error) => problem(format!("{error}: {RESTORE}")),
            Ok(Words::Kept(_)) if pending => {
                problem(format!("its key is not yet overwritten: {START}"));
            }
            Ok(words) => return Some(words),
        }
        None
    }

    /// Whether the document names these words, as those of their message.
    fn commits_to(&self, words: &Revision) -> bool {
        self.revisions.get(&words.id).is_some_and(|&(message, commitment, _)| {
            (message, commitment) == (words.message, words.commitment(self.id))
        })
    }

    /// Every former word opens, is what the document commits to, and is none that stands.
    fn check_former(&self, looking: &Looking, rows: &Rows, checked: &mut Checked) {
        let Some(keys) = &looking.keys else { return };
        for (_, row) in rows.former.iter().filter(|(kind, _)| *kind == self.id.kind) {
            let place = format!("{} former revision {}", self.place(), row.revision);
            let pending = rows.pending.contains_key(&(self.id.kind, row.revision));
            match self.open(keys, row, pending, &place, checked) {
                None => {}
                Some(Words::Kept(revision)) if !self.commits_to(&revision) => {
                    checked.problem(place, format!("{OTHERS}: {RESTORE}"));
                }
                Some(Words::Kept(_))
                    if self.winner(row.message).map(|it| it.0) == Some(row.revision) =>
                {
                    let what = "these words stand in their message's place, and are set aside";
                    checked.problem(place, format!("{what}: {RESTORE}"));
                }
                Some(Words::Kept(_)) => checked.former += 1,
                // Its key was overwritten, or a restore did not bring it back.
                Some(Words::Gone) if pending || self.is_from_before_a_restore(looking, row) => {}
                Some(Words::Gone) => {
                    checked.problem(place, format!("its key is gone: {RESTORE}"));
                }
            }
        }
    }

    fn is_from_before_a_restore(&self, looking: &Looking, row: &WordsRow) -> bool {
        let at = self.revisions.get(&row.revision).map(|&(_, _, at)| at.as_millis());
        looking.restored_at.is_some_and(|restored| at.is_some_and(|at| at <= restored))
    }
}

const fn name(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Timeline => "timeline",
        DocumentKind::Team => "team document",
    }
}
