//! A conversation written out for people: its two Automerge documents, and its words as JSON.
//!
//! What is written out leaves the server's care: no recall reaches it any more. What was recalled
//! before appears only as recalled.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use rejoinder_core::conversation::history::{Entry, History};
use rejoinder_core::conversation::layout::{Content, Key, Kind, Notice, Status, Value};
use rejoinder_core::conversation::revision::{Body, Revision};
use rejoinder_core::id::{
    AttachmentId, ConversationId, DocumentId, DocumentKind, MessageId, ParticipantId, RevisionId,
    Seq, SiteId,
};
use rejoinder_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::schema::{ConversationStatus, Document, Id, MessageKind, NoticeCode};
use crate::snapshot;
use crate::storage::{Row, Storage, StorageError, Stored, Words};

/// A conversation, written out.
#[derive(Clone, Debug)]
pub struct Export {
    /// The timeline as any Automerge reads it. It holds no words.
    pub timeline: Vec<u8>,
    /// The team document likewise.
    pub team: Vec<u8>,
    /// Everything that people see, with the words.
    pub transcript: Transcript,
}

/// What people see of a conversation. Times are UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "each is what its name says, for readers of JSON")]
pub struct Transcript {
    #[schema(value_type = Id)]
    pub conversation: ConversationId,
    #[schema(value_type = Id)]
    pub site: SiteId,
    #[schema(value_type = Id)]
    pub visitor: ParticipantId,
    #[schema(value_type = Option<Id>)]
    pub follows: Option<ConversationId>,
    pub created_at: String,
    #[schema(value_type = ConversationStatus)]
    pub status: Status,
    pub closed: bool,
    #[schema(value_type = Option<Id>)]
    pub assignee: Option<ParticipantId>,
    /// The names of agents, by their ids.
    #[schema(value_type = BTreeMap<String, String>)]
    pub agents: BTreeMap<ParticipantId, String>,
    /// Messages and notes, in the order of acceptance.
    pub messages: Vec<Message>,
}

/// A message, a note or a notice of the system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "each is what its name says, for readers of JSON")]
#[schema(as = TranscriptMessage)]
pub struct Message {
    #[schema(value_type = Id)]
    pub id: MessageId,
    #[schema(value_type = Document)]
    pub document: DocumentKind,
    #[schema(value_type = u64)]
    pub seq: Seq,
    #[schema(value_type = Id)]
    pub author: ParticipantId,
    pub composed_at: String,
    pub accepted_at: String,
    #[serde(flatten)]
    pub content: Said,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "is")]
#[expect(missing_docs, reason = "each is what its name says, for readers of JSON")]
pub enum Said {
    /// Words, the newest ones.
    Words {
        #[schema(value_type = MessageKind)]
        kind: Kind,
        #[serde(skip_serializing_if = "Option::is_none")]
        edited_at: Option<String>,
        text: String,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<Attachment>,
    },
    /// It was taken back.
    Recalled {
        #[schema(value_type = MessageKind)]
        kind: Kind,
    },
    /// Its words are not on this server: they were erased, or never came.
    Gone {
        #[schema(value_type = MessageKind)]
        kind: Kind,
    },
    /// Something happened.
    Notice {
        #[schema(value_type = NoticeCode)]
        notice: Notice,
        #[schema(value_type = Option<Id>)]
        subject: Option<ParticipantId>,
    },
}

/// A file that came with a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "each is what its name says, for readers of JSON")]
pub struct Attachment {
    #[schema(value_type = Id)]
    pub id: AttachmentId,
    pub name: String,
    pub media_type: String,
    pub bytes: u64,
}

/// Why a conversation cannot be written out.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// No such conversation.
    #[error("there is no conversation {0}")]
    Unknown(ConversationId),
    /// Its rows or its words are damaged.
    #[error("conversation {0} is damaged: run `rejoinder verify`: {1}")]
    Damaged(ConversationId, String),
    /// Storage does not answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Writes a conversation out. `names` says what agents are called.
///
/// # Errors
/// [`ExportError`].
pub fn export<E: From<ExportError>>(
    storage: &dyn Storage,
    conversation: ConversationId,
    names: impl FnOnce(&BTreeSet<ParticipantId>) -> Result<BTreeMap<ParticipantId, String>, E>,
) -> Result<Export, E> {
    let stored = stored(storage, conversation)?;
    let (timeline, team) = logs(&stored)?;
    let transcript = written(storage, &stored, &timeline, &team, names)?;
    Ok(Export { timeline: timeline.saved()?, team: team.saved()?, transcript })
}

/// Only what people see of it.
///
/// # Errors
/// [`ExportError`].
pub fn transcript<E: From<ExportError>>(
    storage: &dyn Storage,
    conversation: ConversationId,
    names: impl FnOnce(&BTreeSet<ParticipantId>) -> Result<BTreeMap<ParticipantId, String>, E>,
) -> Result<Transcript, E> {
    let stored = stored(storage, conversation)?;
    let (timeline, team) = logs(&stored)?;
    written(storage, &stored, &timeline, &team, names)
}

fn stored(storage: &dyn Storage, conversation: ConversationId) -> Result<Stored, ExportError> {
    storage.load(conversation)?.ok_or(ExportError::Unknown(conversation))
}

fn logs(stored: &Stored) -> Result<(Log<'_>, Log<'_>), ExportError> {
    let conversation = stored.header.conversation;
    let read = |kind| Log::read(DocumentId { conversation, kind }, stored);
    Ok((read(DocumentKind::Timeline)?, read(DocumentKind::Team)?))
}

fn written<E: From<ExportError>>(
    storage: &dyn Storage,
    stored: &Stored,
    timeline: &Log<'_>,
    team: &Log<'_>,
    names: impl FnOnce(&BTreeSet<ParticipantId>) -> Result<BTreeMap<ParticipantId, String>, E>,
) -> Result<Transcript, E> {
    let mut messages = timeline.messages(storage, stored)?;
    messages.extend(team.messages(storage, stored)?);
    messages.sort_by(|a, b| a.accepted_at.cmp(&b.accepted_at));
    let state = |key| timeline.history.current(key).map(|entry| entry.value);
    Ok(Transcript {
        conversation: stored.header.conversation,
        site: stored.header.site,
        visitor: stored.header.visitor,
        follows: stored.header.follows,
        created_at: stored.header.created_at.to_string(),
        status: match state(Key::Status) {
            Some(Value::Status(status)) => status,
            _ => Status::INITIAL,
        },
        closed: timeline.history.has(Key::Closed),
        assignee: match state(Key::Assignee) {
            Some(Value::Assignee(assignee)) => assignee,
            _ => None,
        },
        agents: names(&messages.iter().flat_map(named).collect())?,
        messages,
    })
}

/// Whom a message names.
fn named(message: &Message) -> impl Iterator<Item = ParticipantId> + use<> {
    let subject = match message.content {
        Said::Notice { subject, .. } => subject,
        Said::Words { .. } | Said::Recalled { .. } | Said::Gone { .. } => None,
    };
    core::iter::once(message.author).chain(subject)
}

/// One document's log, read again.
struct Log<'a> {
    document: DocumentId,
    rows: Vec<&'a Row>,
    history: History,
}

impl<'a> Log<'a> {
    fn read(document: DocumentId, stored: &'a Stored) -> Result<Self, ExportError> {
        let rows: Vec<&Row> = stored.rows.iter().filter(|row| row.kind == document.kind).collect();
        let mut history = History::new(document);
        for row in &rows {
            history.replay(&row.operation, &row.context, row.hash).map_err(|error| {
                damaged(document, &format!("row {} of the {:?}: {error}", row.seq, document.kind))
            })?;
        }
        Ok(Self { document, rows, history })
    }

    fn saved(&self) -> Result<Vec<u8>, ExportError> {
        let changes = self.rows.iter().map(|row| row.change.as_slice());
        snapshot::save(self.document, changes, &self.history.heads())
            .map_err(|error| damaged(self.document, &error.to_string()))
    }

    fn accepted_at(&self, seq: Seq) -> Timestamp {
        let row = self.rows.iter().find(|row| row.seq == seq);
        row.map(|row| row.at).unwrap_or_default()
    }

    fn messages(
        &self,
        storage: &dyn Storage,
        stored: &Stored,
    ) -> Result<Vec<Message>, ExportError> {
        let mut messages = Vec::new();
        for (seq, entry) in self.history.entries() {
            let (Key::Message(id), Value::Message(value)) = (entry.key, entry.value) else {
                continue;
            };
            let buried = |tombstone: &crate::storage::Tombstone| {
                (tombstone.kind, tombstone.message) == (self.document.kind, id)
            };
            let recalled =
                self.history.has(Key::Recall(id)) || stored.tombstones.iter().any(buried);
            let content = match value.content {
                Content::System { notice, subject } => Said::Notice { notice, subject },
                Content::Words { kind, .. } if recalled => Said::Recalled { kind },
                Content::Words { kind, .. } => self.words(storage, id, kind)?,
            };
            messages.push(Message {
                id,
                document: self.document.kind,
                seq,
                author: value.author,
                composed_at: value.composed_at.to_string(),
                accepted_at: self.accepted_at(seq).to_string(),
                content,
            });
        }
        Ok(messages)
    }

    fn words(
        &self,
        storage: &dyn Storage,
        message: MessageId,
        kind: Kind,
    ) -> Result<Said, ExportError> {
        let Some(live) = self.history.live_revision(message) else {
            return Ok(Said::Gone { kind });
        };
        let revision = match storage.words(self.document, &[live])?.pop() {
            Some(Words::Kept(revision)) => revision,
            Some(Words::Gone) | None => return Ok(Said::Gone { kind }),
        };
        let Body { text, attachments } = self.checked(message, live, &revision)?;
        let attachments = attachments
            .into_iter()
            .map(|file| Attachment {
                id: file.id,
                name: file.name,
                media_type: file.media_type,
                bytes: file.bytes,
            })
            .collect();
        let edit = self.history.current(Key::Edit(message)).map(|winner| winner.hash);
        let edited_at = self
            .history
            .puts(Key::Edit(message))
            .find(|(_, entry)| Some(entry.hash) == edit)
            .map(|(seq, _)| self.accepted_at(seq).to_string());
        Ok(Said::Words { kind, edited_at, text, attachments })
    }

    /// What the words say, if they are those that the document committed itself to.
    fn checked(
        &self,
        message: MessageId,
        live: RevisionId,
        revision: &Revision,
    ) -> Result<Body, ExportError> {
        let commits = |entry: &Entry| match entry.value {
            Value::Message(value) => match value.content {
                Content::Words { revision, commitment, .. } => Some((revision, commitment)),
                Content::System { .. } => None,
            },
            Value::Edit(edit) => Some((edit.revision, edit.commitment)),
            _ => None,
        };
        let newest = self.history.current(Key::Edit(message));
        let committed = newest.or_else(|| self.history.current(Key::Message(message)));
        if committed.and_then(commits) != Some((live, revision.commitment(self.document))) {
            let what = format!("the words of message {message} are not those of the document");
            return Err(damaged(self.document, &what));
        }
        revision.read().map_err(|error| damaged(self.document, &error.to_string()))
    }
}

fn damaged(document: DocumentId, what: &str) -> ExportError {
    ExportError::Damaged(document.conversation, what.to_owned())
}
