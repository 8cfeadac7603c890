//! Stories of what leaves the server.

use std::collections::{BTreeMap, BTreeSet};

use rejoinder_core::authority::Admission;
use rejoinder_core::conversation::compose::compose;
use rejoinder_core::conversation::history::History;
use rejoinder_core::conversation::layout::{Kind, Notice, Status};
use rejoinder_core::conversation::operation::{Context, Operation};
use rejoinder_core::conversation::revision::{Body, Revision};
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{
    Actor, ConversationId, DocumentId, DocumentKind, MessageId, OperationId, ParticipantId, Seq,
    SiteId,
};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::TeamRow;
use tempfile::TempDir;

use super::{Export, ExportError, Said, export};
use crate::storage::sqlite::{Options, Sqlite};
use crate::storage::{Batch, Header, Row, Storage, Summary, Tombstone};

/// A conversation between a visitor and one agent, appended to storage step by step.
struct Chat {
    folder: TempDir,
    storage: Sqlite,
    dice: Dice,
    header: Header,
    agent: ParticipantId,
    histories: [History; 2],
    actors: [Actor; 2],
    version: u64,
    at: i64,
}

impl Chat {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let storage = Sqlite::open(&Options::new(folder.path())).unwrap();
        let mut dice = Dice::from_seed([1; 32]);
        let at = 1_700_000_000_000;
        let conversation = ConversationId::random(&mut dice);
        let header = Header {
            conversation,
            site: SiteId::random(&mut dice),
            visitor: ParticipantId::random(&mut dice),
            follows: None,
            created_at: Timestamp::from_millis(at),
            gone: false,
        };
        let histories = [DocumentId::timeline(conversation), DocumentId::team(conversation)];
        Self {
            folder,
            storage,
            agent: ParticipantId::random(&mut dice),
            histories: histories.map(History::new),
            actors: [Actor::random(&mut dice), Actor::random(&mut dice)],
            header,
            dice,
            version: 0,
            at,
        }
    }

    fn does(
        &mut self,
        kind: DocumentKind,
        operation: Operation,
        words: Option<Revision>,
        superseded: Option<Revision>,
    ) {
        let history = &mut self.histories[usize::from(kind.code())];
        let actor = self.actors[usize::from(kind.code())];
        self.at += 60_000;
        let at = Timestamp::from_millis(self.at);
        let context = Context {
            author: self.agent,
            actor,
            actor_seq: history.actor_seq(actor) + 1,
            dependencies: history.dependencies(actor),
            time: at,
        };
        let composed = compose(history, &operation, &context).unwrap();
        let hash = composed.entry.hash;
        let seq = history.record(composed.entry);
        let recalled = match operation {
            Operation::Recall { message } => vec![(Tombstone { kind, message }, self.agent)],
            _ => Vec::new(),
        };
        let id = OperationId::random(&mut self.dice);
        let change = composed.bytes;
        let submitted_by = self.agent;
        let row = Row { kind, seq, at, id, submitted_by, operation, context, hash, change };
        let batch = Batch {
            notified: Vec::new(),
            former_since: None,
            conversation: self.header.conversation,
            expected_version: self.version,
            header: (self.version == 0).then(|| self.header.clone()),
            admission: Admission {
                rows: vec![row],
                words: words.into_iter().map(|words| (kind, words)).collect(),
                recalled,
                superseded: superseded.into_iter().map(|words| (kind, words.id)).collect(),
                ..Admission::default()
            },
            summary: Summary {
                status: Status::INITIAL,
                closed: false,
                assignee: None,
                timeline: Seq::START,
                newest: None,
                at,
                team: TeamRow {
                    seq: Seq::START,
                    priority: None,
                    category: None,
                    collaborators: Vec::new(),
                },
            },
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(self.storage.append(batch)).unwrap();
        self.version += 1;
    }

    fn says(&mut self, kind: Kind, text: &str) -> Revision {
        let message = MessageId::random(&mut self.dice);
        let words = Revision::new(message, self.agent, &Body::text(text), &mut self.dice).unwrap();
        let document = DocumentId { conversation: self.header.conversation, kind: kind.document() };
        let commitment = words.commitment(document);
        let send = Operation::Send { message, kind, revision: words.id, commitment };
        self.does(kind.document(), send, Some(words.clone()), None);
        words
    }

    fn edits(&mut self, former: Revision, text: &str) {
        let body = Body::text(text);
        let words = Revision::new(former.message, self.agent, &body, &mut self.dice).unwrap();
        let commitment = words.commitment(DocumentId::timeline(self.header.conversation));
        let edit = Operation::Edit { message: former.message, revision: words.id, commitment };
        self.does(DocumentKind::Timeline, edit, Some(words), Some(former));
    }

    fn export(&self) -> Export {
        let names = |agents: &BTreeSet<ParticipantId>| -> Result<_, ExportError> {
            assert_eq!(agents, &BTreeSet::from([self.agent]));
            Ok(BTreeMap::from([(self.agent, "Bo".to_owned())]))
        };
        export(&self.storage, self.header.conversation, names).unwrap()
    }
}

fn text(said: &Said) -> Option<&str> {
    match said {
        Said::Words { text, .. } => Some(text),
        Said::Recalled { .. } | Said::Gone { .. } | Said::Notice { .. } => None,
    }
}

#[test]
fn re25_an_export_holds_a_recalled_message_only_as_recalled() {
    let mut chat = Chat::new();
    chat.says(Kind::Visitor, "is it in stock?");
    let kiwi = chat.says(Kind::Agent, "we have kiwis");
    let note = chat.says(Kind::Note, "a note about mangos");
    let message = kiwi.message;
    chat.does(DocumentKind::Timeline, Operation::Recall { message }, None, None);
    let message = note.message;
    chat.does(DocumentKind::Team, Operation::Recall { message }, None, None);

    let export = chat.export();
    let said: Vec<_> = export.transcript.messages.iter().map(|message| &message.content).collect();
    assert_eq!(text(said[0]), Some("is it in stock?"));
    assert_eq!(
        said[1..],
        [&Said::Recalled { kind: Kind::Agent }, &Said::Recalled { kind: Kind::Note }]
    );
    let json = serde_json::to_string(&export.transcript).unwrap();
    for bytes in [json.as_bytes(), &export.timeline, &export.team] {
        for word in ["kiwi", "mango"] {
            assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()));
        }
    }
}

#[test]
fn an_export_tells_what_people_see_in_the_order_they_see_it() {
    let mut chat = Chat::new();
    let first = chat.says(Kind::Agent, "helo");
    let notice = Operation::Announce {
        message: MessageId::random(&mut chat.dice),
        notice: Notice::Claimed,
        subject: Some(chat.agent),
    };
    chat.does(DocumentKind::Timeline, notice, None, None);
    chat.says(Kind::Note, "he is new");
    chat.edits(first, "hello");
    chat.does(DocumentKind::Timeline, Operation::Close, None, None);

    let transcript = chat.export().transcript;
    let json = serde_json::to_value(&transcript).unwrap();
    assert_eq!(json["agents"][chat.agent.to_string()], "Bo");
    assert_eq!((&json["closed"], &json["status"]), (&true.into(), &"waiting_for_human".into()));
    let messages = json["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 3);
    assert_eq!((&messages[0]["text"], &messages[0]["is"]), (&"hello".into(), &"words".into()));
    assert_eq!(messages[0]["accepted_at"], "2023-11-14T22:14:20.000Z");
    assert_eq!(messages[0]["edited_at"], "2023-11-14T22:17:20.000Z");
    assert_eq!(messages[1]["notice"], "claimed");
    assert_eq!(
        (&messages[2]["text"], &messages[2]["document"]),
        (&"he is new".into(), &"team".into())
    );
}

#[test]
fn op8_an_exported_document_is_one_that_any_automerge_reads() {
    let mut chat = Chat::new();
    chat.says(Kind::Visitor, "hello");
    chat.does(DocumentKind::Timeline, Operation::Close, None, None);
    let document = automerge::AutoCommit::load(&chat.export().timeline).unwrap();
    let keys: Vec<String> = automerge::ReadDoc::keys(&document, automerge::ROOT).collect();
    assert!(keys.contains(&"closed".to_owned()), "{keys:?}");
    assert!(keys.iter().any(|key| key.starts_with("message/")), "{keys:?}");
}

#[test]
fn a_conversation_that_is_not_there_is_named() {
    let chat = Chat::new();
    let nowhere = ConversationId::random(&mut crate::entropy::dice());
    let exported = export(&chat.storage, nowhere, |_| Err(ExportError::Unknown(nowhere)));
    assert_eq!(exported.unwrap_err().to_string(), format!("there is no conversation {nowhere}"));
    assert!(chat.folder.path().exists());
}
