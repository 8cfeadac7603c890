//! A chat as an authority would append it: real operations, composed on real histories.

use rejoinder_core::authority::Admission;
use rejoinder_core::authority::fate::{Fate, Refusal};
use rejoinder_core::authority::follow_up;
use rejoinder_core::conversation::history::History;
use rejoinder_core::conversation::layout::{Kind, Status};
use rejoinder_core::conversation::operation::{Context, Operation};
use rejoinder_core::conversation::revision::{Body, Revision};
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{
    Actor, ConversationId, DocumentId, DocumentKind, MessageId, OperationId, ParticipantId,
    RevisionId, Seq, SiteId,
};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{NewestMessage, TeamRow};

use crate::storage::{
    ActorRow, AppendError, Appended, Batch, Boxed, FateRow, Header, Row, Storage, StorageError,
    Summary, Tombstone, Words,
};

/// Waits for a write.
pub(crate) fn wait<T>(write: Boxed<T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(write)
}

/// A conversation and everything that happened in it.
pub(crate) struct Chat {
    dice: Dice,
    pub(crate) header: Header,
    timeline: History,
    team: History,
    pub(crate) visitor: ParticipantId,
    pub(crate) agent: ParticipantId,
    /// The actors of visitor, agent in the timeline and agent in the team document.
    actors: [Actor; 3],
    at: i64,
    version: u64,
    pub(crate) summary: Summary,
    /// The newest revision of each message, in the order of sending.
    pub(crate) revisions: Vec<(DocumentKind, Revision)>,
    /// Every row so far.
    pub(crate) rows: Vec<Row>,
}

impl Chat {
    pub(crate) fn new(seed: u64) -> Self {
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        let mut dice = Dice::from_seed(bytes);
        let now = Timestamp::from_millis(1_700_000_000_000);
        let conversation = ConversationId::timed(now, &mut dice);
        let visitor = ParticipantId::random(&mut dice);
        let site = SiteId::random(&mut dice);
        Self {
            header: Header {
                conversation,
                site,
                visitor,
                follows: None,
                created_at: now,
                gone: false,
            },
            timeline: History::new(DocumentId::timeline(conversation)),
            team: History::new(DocumentId::team(conversation)),
            visitor,
            agent: ParticipantId::random(&mut dice),
            actors: core::array::from_fn(|_| Actor::random(&mut dice)),
            at: now.as_millis(),
            version: 0,
            summary: Summary {
                status: Status::INITIAL,
                closed: false,
                assignee: None,
                timeline: Seq::START,
                newest: None,
                at: now,
                team: TeamRow {
                    seq: Seq::START,
                    priority: None,
                    category: None,
                    collaborators: Vec::new(),
                },
            },
            revisions: Vec::new(),
            rows: Vec::new(),
            dice,
        }
    }

    pub(crate) fn id(&self) -> ConversationId {
        self.header.conversation
    }

    pub(crate) fn timeline(&self) -> DocumentId {
        DocumentId::timeline(self.id())
    }

    /// A batch in which nothing happens yet, at the version after the last one that was made.
    pub(crate) fn batch(&mut self) -> Batch {
        let header = (self.version == 0).then(|| self.header.clone());
        let expected_version = self.version;
        self.version += 1;
        Batch {
            conversation: self.id(),
            expected_version,
            header,
            admission: Admission::default(),
            summary: self.summary.clone(),
            notified: Vec::new(),
            former_since: None,
        }
    }

    /// The visitor writes.
    pub(crate) fn says(&mut self, text: &str) -> Batch {
        let mut batch = self.batch();
        self.write(&mut batch, Kind::Visitor, text);
        batch
    }

    /// Adds a message, or a note, to a batch.
    pub(crate) fn write(&mut self, batch: &mut Batch, kind: Kind, text: &str) -> MessageId {
        self.write_body(batch, kind, &Body::text(text))
    }

    /// The visitor writes under an id that is known elsewhere.
    pub(crate) fn says_again(&mut self, message: MessageId, text: &str) -> Batch {
        let mut batch = self.batch();
        self.write_as(&mut batch, message, Kind::Visitor, &Body::text(text));
        batch
    }

    /// The follow-up of this one, in which nothing happened yet.
    pub(crate) fn next(&self) -> Self {
        let conversation = follow_up(self.id());
        let seed = u64::from_be_bytes(core::array::from_fn(|n| conversation.as_bytes()[n]));
        let new = Self::new(seed);
        let header = Header { conversation, follows: Some(self.id()), ..self.header.clone() };
        Self {
            header,
            timeline: History::new(DocumentId::timeline(conversation)),
            team: History::new(DocumentId::team(conversation)),
            visitor: self.visitor,
            agent: self.agent,
            ..new
        }
    }

    /// The same, with attachments.
    pub(crate) fn write_body(&mut self, batch: &mut Batch, kind: Kind, body: &Body) -> MessageId {
        let message = MessageId::timed(Timestamp::from_millis(self.at), &mut self.dice);
        self.write_as(batch, message, kind, body)
    }

    fn write_as(
        &mut self,
        batch: &mut Batch,
        message: MessageId,
        kind: Kind,
        body: &Body,
    ) -> MessageId {
        let document = DocumentId { conversation: self.id(), kind: kind.document() };
        let author = if kind == Kind::Visitor { self.visitor } else { self.agent };
        let revision = Revision::new(message, author, body, &mut self.dice).unwrap();
        let commitment = revision.commitment(document);
        let id = revision.id;
        self.accept(
            batch,
            document.kind,
            author,
            Operation::Send { message, kind, revision: id, commitment },
        );
        if document.kind == DocumentKind::Timeline {
            self.summary.newest = Some(NewestMessage { message, kind, revision: id });
            batch.summary = self.summary.clone();
        }
        self.revisions.push((document.kind, revision.clone()));
        batch.admission.words.push((document.kind, revision));
        message
    }

    /// Its author edits the `index`th message.
    pub(crate) fn edits(&mut self, index: usize, text: &str) -> Batch {
        let mut batch = self.batch();
        let (kind, former) = self.revisions[index].clone();
        let body = Body::text(text);
        let revision = Revision::new(former.message, former.author, &body, &mut self.dice).unwrap();
        let document = DocumentId { conversation: self.id(), kind };
        let operation = Operation::Edit {
            message: former.message,
            revision: revision.id,
            commitment: revision.commitment(document),
        };
        self.accept(&mut batch, kind, former.author, operation);
        batch.admission.superseded.push((kind, former.id));
        batch.admission.words.push((kind, revision.clone()));
        self.revisions[index].1 = revision;
        batch
    }

    /// The same, on a site that has kept former words since a moment.
    pub(crate) fn edits_kept(&mut self, index: usize, text: &str, since: Timestamp) -> Batch {
        Batch { former_since: Some(since), ..self.edits(index, text) }
    }

    /// An edit of the `index`th message that loses to the newest one: its words are former ones
    /// from the first.
    pub(crate) fn loses(&mut self, index: usize, text: &str) -> (Batch, Revision) {
        let (kind, newest) = self.revisions[index].clone();
        let mut batch = self.edits(index, text);
        let (_, lost) = batch.admission.words.remove(0);
        batch.admission.superseded.clear();
        batch.admission.former.push((kind, lost.clone()));
        self.revisions[index].1 = newest;
        (batch, lost)
    }

    /// The texts of the former words of the `index`th message, in alphabetical order.
    pub(crate) fn former(
        &self,
        storage: &dyn Storage,
        index: usize,
        since: Timestamp,
    ) -> Vec<String> {
        let (kind, Revision { message, .. }) = &self.revisions[index];
        let document = DocumentId { conversation: self.id(), kind: *kind };
        let words = storage.former_words(document, *message, since).unwrap();
        let mut texts: Vec<_> = words.iter().map(|words| words.read().unwrap().text).collect();
        texts.sort();
        texts
    }

    /// Its author recalls the `index`th message.
    pub(crate) fn recalls(&mut self, index: usize) -> Batch {
        let mut batch = self.batch();
        self.recall(&mut batch, index);
        batch
    }

    /// Adds a recall to a batch.
    pub(crate) fn recall(&mut self, batch: &mut Batch, index: usize) {
        let (kind, Revision { message, author, .. }) = self.revisions[index].clone();
        self.accept(batch, kind, author, Operation::Recall { message });
        batch.admission.recalled.push((Tombstone { kind, message }, author));
    }

    /// Adds an accepted operation to a batch.
    pub(crate) fn accept(
        &mut self,
        batch: &mut Batch,
        kind: DocumentKind,
        author: ParticipantId,
        operation: Operation,
    ) {
        let actor = self.actors[match kind {
            DocumentKind::Timeline => usize::from(author == self.agent),
            DocumentKind::Team => 2,
        }];
        self.at += 1;
        let history = match kind {
            DocumentKind::Timeline => &mut self.timeline,
            DocumentKind::Team => &mut self.team,
        };
        let context = Context {
            author,
            actor,
            actor_seq: history.actor_seq(actor) + 1,
            dependencies: history.dependencies(actor),
            time: Timestamp::from_millis(self.at),
        };
        if context.actor_seq == 1 {
            batch.admission.actors.push(ActorRow {
                kind,
                actor,
                participant: author,
                closed: false,
            });
        }
        let composed =
            rejoinder_core::conversation::compose::compose(history, &operation, &context).unwrap();
        let hash = composed.entry.hash;
        let seq = history.record(composed.entry);
        let at = Timestamp::from_millis(self.at);
        match kind {
            DocumentKind::Timeline => self.summary.timeline = seq,
            DocumentKind::Team => self.summary.team.seq = seq,
        }
        self.summary.at = at;
        batch.summary = self.summary.clone();
        let row = Row {
            kind,
            seq,
            at,
            id: OperationId::random(&mut self.dice),
            submitted_by: author,
            operation,
            context,
            hash,
            change: composed.bytes,
        };
        self.rows.push(row.clone());
        batch.admission.rows.push(row);
    }

    /// A refusal to remember.
    pub(crate) fn refusal(&mut self) -> FateRow {
        FateRow {
            kind: DocumentKind::Timeline,
            id: OperationId::random(&mut self.dice),
            submitted_by: self.visitor,
            hash: rejoinder_core::id::ChangeHash([3; 32]),
            fate: Fate::Refused { code: Refusal::NotAllowed },
        }
    }

    /// Another id of whatever kind.
    pub(crate) fn random<T>(&mut self, id: impl FnOnce(&mut Dice) -> T) -> T {
        id(&mut self.dice)
    }

    /// What storage says of the `index`th message's newest words.
    pub(crate) fn words(&self, storage: &dyn Storage, index: usize) -> Result<Words, StorageError> {
        let (kind, revision) = &self.revisions[index];
        self.words_of(storage, *kind, revision.id)
    }

    pub(crate) fn words_of(
        &self,
        storage: &dyn Storage,
        kind: DocumentKind,
        revision: RevisionId,
    ) -> Result<Words, StorageError> {
        let document = DocumentId { conversation: self.id(), kind };
        storage.words(document, &[revision]).map(|mut words| words.remove(0))
    }

    /// The `index`th message's newest words are kept.
    pub(crate) fn kept(&self, index: usize) -> Words {
        Words::Kept(self.revisions[index].1.clone())
    }
}

/// Appends and expects success.
pub(crate) fn append(storage: &dyn Storage, batch: Batch) -> Appended {
    wait(storage.append(batch)).unwrap()
}

/// Appends and expects a refusal.
pub(crate) fn refused(storage: &dyn Storage, batch: Batch) -> AppendError {
    wait(storage.append(batch)).unwrap_err()
}

/// Waits until everything recalled so far is erased from the files.
pub(crate) fn erased(storage: &dyn Storage) {
    let newest = storage.newest_erasure().unwrap();
    let mut erased = storage.erased();
    let limit = std::time::Duration::from_secs(5);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let done = erased.wait_for(|&erased| erased >= newest);
        tokio::time::timeout(limit, done).await.unwrap().unwrap();
    });
}
