//! Lists of conversations, newest first, and all live words of one.

use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::id::{ConversationId, DocumentId, DocumentKind, MessageId, RevisionId};
use rejoinder_core::keyring::Found;
use rejoinder_core::time::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, Result, params, params_from_iter};

use super::former;
use super::read::{Reads, WordsRow};
use super::rows::{Columns, ENTRY, entry, integer};
use crate::storage::{FeedEntry, Filter, StorageError, Words};

impl Reads {
    /// Conversations below a place in the feed, newest first.
    pub(super) fn conversations(
        &self,
        filter: &Filter,
        below: u64,
        at_most: usize,
    ) -> core::result::Result<Vec<FeedEntry>, StorageError> {
        let (condition, mut values) = condition(filter);
        values.push(Value::Integer(integer(below)));
        values.push(Value::Integer(integer(at_most as u64)));
        self.read("conversations", |connection| {
            connection
                .prepare_cached(&format!(
                    "SELECT {ENTRY} FROM conversation WHERE {condition} feed < ? \
                     ORDER BY feed DESC LIMIT ?"
                ))?
                .query_map(params_from_iter(values), |row| entry(row).map(|(_, entry)| entry))?
                .collect()
        })
    }

    /// All live words of a conversation, in no particular order. Words that do not open are left
    /// out: `verify` says where they are.
    pub(super) fn live_words(
        &self,
        conversation: ConversationId,
    ) -> core::result::Result<Vec<(DocumentKind, Revision)>, StorageError> {
        let what = format!("the words of conversation {conversation}");
        let rows = self.read(&what, |connection| words_of(connection, conversation))?;
        let slots: Vec<_> = rows.iter().map(|(_, row)| row.slot).collect();
        let found = self.keys().get_all(&slots)?;
        let open = |((kind, row), found): ((DocumentKind, WordsRow), Found)| match row
            .unseal_under(found, DocumentId { conversation, kind })
        {
            Ok(Words::Kept(revision)) => Some((kind, revision)),
            Ok(Words::Gone) | Err(_) => None,
        };
        Ok(rows.into_iter().zip(found).filter_map(open).collect())
    }

    /// The live words of one message.
    pub(super) fn message_words(
        &self,
        document: DocumentId,
        message: MessageId,
    ) -> core::result::Result<Vec<Revision>, StorageError> {
        let what = format!("the words of message {message} in {document}");
        let rows =
            self.read(&what, |connection| words_of_message(connection, document, message))?;
        self.opened(document, rows)
    }

    /// The former words of one message that were set aside since a moment.
    pub(super) fn former_words(
        &self,
        document: DocumentId,
        message: MessageId,
        since: Timestamp,
    ) -> core::result::Result<Vec<Revision>, StorageError> {
        let what = format!("the former words of message {message} in {document}");
        let rows = self
            .read(&what, |connection| former::of_message(connection, document, message, since))?;
        self.opened(document, rows)
    }

    /// Words, without those whose keys are gone.
    fn opened(
        &self,
        document: DocumentId,
        rows: Vec<WordsRow>,
    ) -> core::result::Result<Vec<Revision>, StorageError> {
        let open = |row: WordsRow| match row.unseal(self.keys(), document) {
            Ok(Words::Kept(revision)) => Some(Ok(revision)),
            Ok(Words::Gone) => None,
            Err(error) => Some(Err(error)),
        };
        rows.into_iter().filter_map(open).collect()
    }
}

/// What of `conversation` a filter lets through, each part ending in `AND`.
fn condition(filter: &Filter) -> (String, Vec<Value>) {
    let Filter { sites, status, closed, assignee, visitor, category, priority, since, until } =
        filter;
    let (mut sql, mut values) = (String::new(), Vec::new());
    let blob = |id: &[u8; 16]| Value::Blob(id.to_vec());
    if let Some(sites) = sites {
        let places = vec!["?"; sites.len()].join(", ");
        sql += &format!("site IN ({places}) AND ");
        values.extend(sites.iter().map(|site| blob(site.as_bytes())));
    }
    if !status.is_empty() {
        let places = vec!["?"; status.len()].join(", ");
        sql += &format!("status IN ({places}) AND ");
        values.extend(status.iter().map(|status| Value::Integer(status.code().into())));
    }
    let mut equal = |column: &str, value: Option<Value>| {
        if let Some(value) = value {
            sql += &format!("{column} ? AND ");
            values.push(value);
        }
    };
    equal("closed =", closed.map(|closed| Value::Integer(closed.into())));
    let nobody = |id: &Option<_>| id.map_or(Value::Null, |id: [u8; 16]| blob(&id));
    equal("assignee IS", assignee.map(|of| nobody(&of.map(|id| *id.as_bytes()))));
    equal("visitor =", visitor.map(|id| blob(id.as_bytes())));
    equal("category IS", category.map(|of| nobody(&of.map(|id| *id.as_bytes()))));
    equal("priority =", priority.map(|priority| Value::Integer(priority.code().into())));
    equal("at >=", since.map(|at| Value::Integer(at.as_millis())));
    equal("at <", until.map(|at| Value::Integer(at.as_millis())));
    (sql, values)
}

/// Rows of words, without those that are being erased.
fn words_of(
    connection: &Connection,
    conversation: ConversationId,
) -> Result<Vec<(DocumentKind, WordsRow)>> {
    connection
        .prepare_cached(
            "SELECT kind, revision, message, slot, key, sealed FROM words AS w \
             WHERE conversation = ?1 AND (NOT EXISTS (SELECT 1 FROM erasure_pending) \
             OR NOT EXISTS (SELECT 1 FROM erasure_pending AS p \
             WHERE p.conversation = ?1 AND p.kind = w.kind AND p.revision = w.revision))",
        )?
        .query_map([conversation.as_bytes()], WordsRow::of)?
        .collect()
}

/// Rows of a message's words, without those that are being erased.
fn words_of_message(
    connection: &Connection,
    document: DocumentId,
    message: MessageId,
) -> Result<Vec<WordsRow>> {
    connection
        .prepare_cached(
            "SELECT revision, slot, key, sealed FROM words AS w INDEXED BY words_message \
             WHERE conversation = ?1 AND kind = ?2 AND message = ?3 \
             AND NOT EXISTS (SELECT 1 FROM erasure_pending AS p \
             WHERE p.conversation = ?1 AND p.kind = ?2 AND p.revision = w.revision)",
        )?
        .query_map(
            params![document.conversation.as_bytes(), document.kind.code(), message.as_bytes()],
            |row| {
                let mut columns = Columns::of(row);
                let revision = columns.id(RevisionId::from_bytes)?;
                let slot = columns.slot()?;
                Ok(WordsRow { revision, message, slot, sealed: columns.plain()? })
            },
        )?
        .collect()
}
