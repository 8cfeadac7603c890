//! What must hold at the end of a run.
//!
//! The server's rows are the truth; Automerge itself reads the document that they make. What each
//! client shows, keeps and counts is compared with that, and with the diary of what people did.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{Automerge, ROOT, ReadDoc};
use rejoinder_core::authority::fate::Fate;
use rejoinder_core::authority::log::Row;
use rejoinder_core::conversation::history::History;
use rejoinder_core::conversation::layout::{Content, Key, Status, Value};
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::conversation::view::{MessageView, Source, Words};
use rejoinder_core::id::{ConversationId, DocumentId, DocumentKind, MessageId, RevisionId, Seq};
use rejoinder_core::wire::{ClientFrame, ServerFrame};

use crate::client::Client;
use crate::diary::Ending;
use crate::disk::Erasure;
use crate::mark;
use crate::server::{heads, save};
use crate::world::World;

/// A line of a view, as every participant sees it: who shows it makes no difference.
fn line(message: &MessageView) -> String {
    let MessageView { id, author, source, composed_at, at, seq, words, edited_at, .. } = message;
    let words = match words {
        Words::Said(body) => body.text.clone(),
        other => format!("{other:?}"),
    };
    let (at, seq) = (at.unwrap_or_default(), seq.unwrap_or_default());
    format!("{seq} {id} {author} {source:?} {composed_at} {at} {words} {edited_at:?}")
}

/// A document as Automerge reads it.
struct Reading<'a> {
    world: &'a World,
    document: DocumentId,
    loaded: Automerge,
}

impl<'a> Reading<'a> {
    fn of(world: &'a World, document: DocumentId) -> Self {
        let log = world.server.disk.log(document).map(|row| row.change.clone());
        let bytes = save(document, log);
        let loaded = Automerge::load(&bytes).expect("OP8: a saved document loads");
        let reading = Self { world, document, loaded };
        reading.compare_index();
        reading
    }

    fn get(&self, key: Key) -> Option<Value> {
        let (value, _) = self.loaded.get(ROOT, key.to_string()).unwrap()?;
        let value = Value::from_scalar(key, value.as_scalar().unwrap());
        Some(value.expect("OP2: every value is one of the layout"))
    }

    /// OP8: the index has the heads, the visible values and the winners that Automerge has.
    fn compare_index(&self) {
        let mut history = History::new(self.document);
        for row in self.world.server.disk.log(self.document) {
            history.replay(&row.operation, &row.context, row.hash).expect("ST9: a row replays");
        }
        assert_eq!(history.heads(), heads(&self.loaded), "OP8: the same heads");
        for key in history.keys() {
            let all = self.loaded.get_all(ROOT, key.to_string()).unwrap();
            let mut visible: Vec<String> = all
                .iter()
                .map(|(value, _)| Value::from_scalar(key, value.as_scalar().unwrap()))
                .map(|value| format!("{:?}", value.unwrap()))
                .collect();
            let now = history.now();
            let mut indexed: Vec<_> =
                history.visible(key, &now).iter().map(|e| format!("{:?}", e.value)).collect();
            visible.sort();
            indexed.sort();
            assert_eq!(visible, indexed, "OP8: the same visible values of {key}");
            let winner = history.current(key).map(|entry| entry.value);
            assert_eq!(winner, self.get(key), "OP9: the same winner of {key}");
        }
    }

    fn messages(&self) -> Vec<(MessageId, String)> {
        let mut lines = Vec::new();
        for row in self.world.server.disk.log(self.document) {
            let Key::Message(id) = row.operation.key() else { continue };
            let Some(Value::Message(value)) = self.get(Key::Message(id)) else { panic!("{id}") };
            let edit = match self.get(Key::Edit(id)) {
                Some(Value::Edit(edit)) => Some(edit),
                _ => None,
            };
            let recalled = self.get(Key::Recall(id)).is_some();
            let (source, words) = match value.content {
                Content::System { notice, subject } => {
                    (Source::System, Words::System { notice, subject })
                }
                Content::Words { kind, .. } if recalled => (kind.into(), Words::Recalled),
                Content::Words { kind, revision, .. } => {
                    let live = edit.map_or(revision, |edit| edit.revision);
                    let kept = self.world.server.disk.words(self.document, live);
                    let kept = kept.map(|words| words.read().unwrap());
                    // What a restore took away comes back with an edit that its author can give up.
                    let restored = self.world.server.tally.restores > 0;
                    let diary = &self.world.diary;
                    let given_up = diary.edits_given_up.contains(&id)
                        || diary.recalls.iter().any(|recall| recall.message == id);
                    let may_lack = restored && given_up;
                    assert!(
                        kept.is_some() || may_lack,
                        "SE14: the words of {id} ({live}) are lost"
                    );
                    (kind.into(), kept.map_or(Words::Absent, Words::Said))
                }
            };
            let view = MessageView {
                id,
                author: value.author,
                source,
                composed_at: value.composed_at,
                at: Some(row.at),
                seq: Some(row.seq),
                words,
                edited_at: edit.filter(|_| !recalled).map(|edit| edit.composed_at),
                delivery: rejoinder_core::conversation::view::Delivery::Sent,
                change: None,
            };
            lines.push((id, line(&view)));
        }
        lines
    }

    /// The revisions that won.
    fn live(&self) -> impl Iterator<Item = RevisionId> {
        let rows = self.world.server.disk.log(self.document);
        let message = |row: &Row| match row.operation.key() {
            Key::Message(id) => Some(id),
            _ => None,
        };
        rows.filter_map(message).filter_map(|id| {
            match (self.get(Key::Message(id)), self.get(Key::Edit(id))) {
                (_, Some(Value::Edit(edit))) => Some(edit.revision),
                (Some(Value::Message(value)), _) => match value.content {
                    Content::Words { revision, .. } => Some(revision),
                    Content::System { .. } => None,
                },
                _ => None,
            }
        })
    }

    fn header(&self) -> String {
        let status = match self.get(Key::Status) {
            Some(Value::Status(status)) => status,
            _ => Status::INITIAL,
        };
        let assignee = match self.get(Key::Assignee) {
            Some(Value::Assignee(assignee)) => assignee,
            _ => None,
        };
        let closed = self.get(Key::Closed).is_some();
        format!("{status:?} {assignee:?} {closed}")
    }
}

impl World {
    /// Looks at everything.
    pub(crate) fn check(&mut self) {
        let conversations: Vec<ConversationId> =
            self.server.disk.database.conversations.keys().copied().collect();
        for conversation in conversations {
            self.check_views(conversation);
        }
        self.check_repeats();
        self.check_what_was_written();
        self.check_order();
        self.check_recalls();
        self.check_traces();
        self.check_progress();
        self.check_seen();
        for client in 0..self.clients.len() {
            self.check_reopened(client);
        }
    }

    /// WP9: whoever follows a document was told of its last entry, also who opened it before it was
    /// begun elsewhere.
    pub(crate) fn check_news(&self) {
        for client in &self.clients {
            let session = &client.session;
            let waits = |of| session.replica(of).is_none_or(|replica| !replica.outbox().is_empty());
            let follows =
                |of: &DocumentId| session.is_live(*of) || (session.is_welcome() && !waits(*of));
            for document in session.loaded().filter(follows) {
                let known = client.session.replica(document).map(|replica| replica.cursor());
                let last = self.server.last(document);
                assert_eq!(known, Some(last), "WP9: {} follows {document}", client.name);
            }
        }
    }

    /// RE22: a device that says how far it has erased has none of those words that it was told.
    pub(crate) fn check_erased(&self, client: usize, frame: &ClientFrame) {
        let visitor = self.clients[client].is_visitor();
        let cursor = match frame {
            // It counts recalls that this life of the data may not have.
            ClientFrame::Hello(it) if visitor && it.epoch != Some(self.server.disk.epoch) => return,
            ClientFrame::Hello(hello) => hello.erasures,
            ClientFrame::Purged { cursor } => *cursor,
            _ => return,
        };
        let of = &self.clients[client];
        let identity = of.session.identity();
        let number = identity.map_or(0, |me| self.server.number(&me.principal, cursor));
        let ledger = self.server.disk.ledger.iter().filter(|erasure| erasure.number <= number);
        let erased: BTreeSet<MessageId> = ledger.map(|erasure| erasure.message).collect();
        for text in mark::found(&of.everything()).intersection(&of.told) {
            let kept = self.diary.texts.get(text).is_some_and(|message| erased.contains(message));
            assert!(!kept, "RE22: {} has erased up to {cursor}, and has {text}", of.name);
        }
    }

    /// WP39: a visitor is told no number in which others' recalls, or those of notes, are counted.
    pub(crate) fn check_cursor(&self, client: usize, frame: &ServerFrame) {
        let cursor = match frame {
            ServerFrame::Welcome(welcome) => welcome.cursor,
            ServerFrame::Erasures { cursor, .. } => *cursor,
            _ => return,
        };
        let timeline = |e: &&Erasure| e.document.kind == DocumentKind::Timeline;
        let most = self.server.disk.ledger.iter().filter(timeline).count() as u64;
        let Client { name, .. } = self.clients[client];
        let visitor = self.clients[client].is_visitor();
        assert!(!visitor || cursor <= most, "WP39: {name} is told {cursor} recalls of {most}");
    }

    /// SE14: every replica shows what the server's rows say, as Automerge reads them.
    fn check_views(&mut self, conversation: ConversationId) {
        let timeline = Reading::of(self, DocumentId::timeline(conversation));
        let team = Reading::of(self, DocumentId::team(conversation));
        let (messages, notes) = (timeline.messages(), team.messages());
        let expected: Vec<_> = messages.iter().map(|(_, line)| line.clone()).collect();
        let expected_notes: Vec<_> = notes.iter().map(|(_, line)| line.clone()).collect();
        let live: BTreeSet<RevisionId> = timeline.live().chain(team.live()).collect();
        let kept = self.server.disk.readable().filter(|(of, _)| of.conversation == conversation);
        for (_, words) in kept {
            assert!(live.contains(&words.id), "RE9: the server has superseded {}", words.id);
        }
        for words in self.server.disk.former() {
            assert!(!live.contains(&words.id), "RE26: {} stands, and is set aside", words.id);
        }
        let header = timeline.header();
        // Some may still have words that a restored server lacks.
        let lacks = |lines: &[String], shown: &[String]| {
            let mut shown = shown.to_vec();
            for (shown, line) in shown.iter_mut().zip(lines).filter(|(_, l)| l.contains("Absent")) {
                shown.clone_from(line);
            }
            shown
        };
        for client in &self.clients {
            let name = client.name;
            let Some(view) = client.session.timeline(conversation) else {
                assert!(expected.is_empty(), "SE14: {name} does not know {conversation}");
                continue;
            };
            let shown: Vec<_> = view.messages.iter().map(line).collect();
            assert_eq!(
                lacks(&expected, &shown),
                expected,
                "SE14: what {name} shows of {conversation}"
            );
            let state = format!("{:?} {:?} {}", view.status, view.assignee, view.closed);
            assert_eq!(state, header, "SE14: what {name} shows of {conversation}");
            if !client.is_visitor() {
                let view = client.session.agent_view(conversation).expect("agents see the team's");
                let shown: Vec<_> = view.notes.iter().map(line).collect();
                let shown = lacks(&expected_notes, &shown);
                assert_eq!(shown, expected_notes, "SE14: notes that {name} shows");
            }
        }
        self.tally.messages += (expected.len() + expected_notes.len()) as u64;
    }

    /// AU4: what was accepted is told its first fate when it is said again, also after a restart,
    /// and changes nothing.
    fn check_repeats(&mut self) {
        let conversations = self.server.begun();
        for conversation in conversations {
            for kind in [DocumentKind::Timeline, DocumentKind::Team] {
                let document = DocumentId { conversation, kind };
                let (told, nothing) = self.server.say_again(document);
                for (row, fate) in told {
                    let first = Fate::Accepted { seq: row.seq, at: row.at };
                    assert_eq!(fate, first, "AU4: the fate of a repeat is the first one");
                }
                assert!(nothing, "AU4: what is said again changes something in {document}");
            }
        }
    }

    /// Every message that is in a log, with where it is.
    fn logged(&self) -> BTreeMap<MessageId, Vec<DocumentId>> {
        let mut logged: BTreeMap<MessageId, Vec<DocumentId>> = BTreeMap::new();
        for &conversation in self.server.disk.database.conversations.keys() {
            for kind in [DocumentKind::Timeline, DocumentKind::Team] {
                let document = DocumentId { conversation, kind };
                for row in self.server.disk.log(document) {
                    if let Operation::Send { message, .. } = row.operation {
                        logged.entry(message).or_default().push(document);
                    }
                }
            }
        }
        logged
    }

    /// SE14: nothing is lost and nothing is doubled.
    fn check_what_was_written(&self) {
        let logged = self.logged();
        let restored = self.server.tally.restores > 0;
        for (message, written) in &self.diary.written {
            let found = logged.get(message).map_or(0, Vec::len);
            let client = self.clients[written.client].name;
            let taken_back = self.diary.recalls.iter().any(|recall| recall.message == *message);
            match written.ending {
                // Refused, and taken back before that was known.
                Ending::Accepted if taken_back => assert!(found <= 1, "SE14: {message} doubled"),
                Ending::Accepted if self.is_aside(*message) => {
                    assert!(found <= 1, "SE14: {message} doubled");
                }
                Ending::Accepted => {
                    assert_eq!(found, 1, "SE14: {message} of {client} is lost or doubled");
                }
                // What one device gave up another may have offered again.
                Ending::Discarded if restored => assert!(found <= 1, "SE14: {message} doubled"),
                Ending::Discarded => assert_eq!(found, 0, "SE7: {message} was given up"),
                Ending::Unsent => assert_eq!(found, 0, "RE3: {message} was never sent"),
            }
        }
    }

    /// What one device wrote stands in the order in which it was written.
    fn check_order(&self) {
        if self.server.tally.restores > 0 {
            // What was offered again comes when its author's device does.
            return;
        }
        for &conversation in self.server.disk.database.conversations.keys() {
            for kind in [DocumentKind::Timeline, DocumentKind::Team] {
                let mut last: BTreeMap<(usize, DocumentId), (usize, MessageId)> = BTreeMap::new();
                for row in self.server.disk.log(DocumentId { conversation, kind }) {
                    let Operation::Send { message, .. } = row.operation else { continue };
                    let Some(written) = self.diary.written.get(&message) else { continue };
                    if written.held {
                        continue;
                    }
                    let here = (written.place, message);
                    let from = (written.client, written.document);
                    let before = last.insert(from, here);
                    let name = self.clients[written.client].name;
                    assert!(
                        before.is_none_or(|before| before < here),
                        "SE4: {name} wrote {before:?} after {here:?}"
                    );
                }
            }
        }
    }

    /// RE1: what was taken back, and not refused, is taken back at the server.
    fn check_recalls(&self) {
        let logged = self.logged();
        for recall in &self.diary.recalls {
            let buried =
                self.server.disk.ledger.iter().any(|erasure| erasure.message == recall.message);
            let written = self.diary.written.get(&recall.message);
            let never = written.is_none_or(|written| written.ending != Ending::Accepted)
                || !logged.contains_key(&recall.message);
            let message = recall.message;
            assert!(buried || recall.refused || never, "RE1: the recall of {message} is lost");
        }
    }

    /// RE22: no recalled or superseded words anywhere, and nothing of the team's at a visitor.
    fn check_traces(&mut self) {
        let buried: BTreeSet<MessageId> =
            self.server.disk.ledger.iter().map(|erasure| erasure.message).collect();
        let live: BTreeSet<String> =
            self.server.disk.readable().flat_map(|(_, words)| mark::found(&words.body)).collect();
        for text in &live {
            let message = self.diary.texts.get(text);
            let buried = message.is_some_and(|message| buried.contains(message));
            assert!(!buried, "RE22: {text} was taken back, the server has it");
        }
        for words in self.server.disk.former() {
            let buried = buried.contains(&words.message);
            assert!(!buried, "RE27: former words of {} are kept", words.message);
        }
        for client in 0..self.clients.len() {
            let name = self.clients[client].name;
            let kept = mark::found(&self.clients[client].everything());
            let drafts = self.drafts_of(client);
            for text in &kept {
                let is_draft = drafts.contains(text);
                let message = self.diary.texts.get(text).copied();
                let message = message.or_else(|| self.diary.drafts.get(text).copied().flatten());
                let buried = message.is_some_and(|message| buried.contains(&message));
                assert!(!buried, "RE22: {text} was taken back, {name} has it");
                assert!(
                    is_draft || live.contains(text) || message.is_some_and(|m| self.is_aside(m)),
                    "RE9: {name} keeps {text} (of {message:?})"
                );
                let for_team = mark::holds_note(text.as_bytes());
                let visitor = self.clients[client].is_visitor();
                assert!(!(visitor && for_team), "WP19: {name} has the note {text}");
            }
        }
    }

    /// Whether a message was written in a conversation that a restored server does not know, where
    /// it waits at its author's until the visitor begins it again, or whose words it lacks.
    fn is_aside(&self, message: MessageId) -> bool {
        let written = self.diary.written.get(&message);
        let known = &self.server.disk.database.conversations;
        let words = self.server.disk.readable().any(|(_, words)| words.message == message);
        self.server.tally.restores > 0
            && (!words || written.is_some_and(|w| !known.contains_key(&w.document.conversation)))
    }

    fn drafts_of(&mut self, client: usize) -> BTreeSet<String> {
        let documents = self.clients[client].saved().documents;
        let mut drafts = BTreeSet::new();
        for (document, _) in documents {
            drafts.extend(self.clients[client].stored(document).drafts.into_iter().map(|d| d.1));
        }
        drafts
    }

    /// RE19: every device has carried every recall out.
    fn check_progress(&self) {
        for erasure in &self.server.disk.ledger {
            let progress = self.server.progress(erasure);
            assert_eq!(progress.done, progress.devices, "RE19: the recall of {}", erasure.message);
        }
    }

    /// WP15: everybody knows how far everybody has seen.
    fn check_seen(&self) {
        if self.server.tally.restores > 0 {
            return;
        }
        for client in &self.clients {
            for (&(document, participant), seq) in &self.server.disk.database.seen {
                let Some(replica) = client.session.replica(document) else { continue };
                let known = replica.seen().get(&participant).copied().unwrap_or_default();
                assert_eq!(known, *seq, "WP15: {} of {document}", client.name);
            }
        }
    }

    /// SE5: what a client shows is what its store has.
    fn check_reopened(&mut self, client: usize) {
        let views = |world: &Self| {
            let session = &world.clients[client].session;
            let shown = |conversation: &ConversationId| {
                let timeline = session.timeline(*conversation)?;
                let notes = session.agent_view(*conversation).map(|view| view.notes);
                let messages = timeline.messages.iter().chain(notes.iter().flatten());
                let lines: Vec<_> = messages.map(line).collect();
                // One that was opened and in which nothing happened is not kept.
                (timeline.seq > Seq::START || !lines.is_empty()).then_some(())?;
                Some((lines, timeline.status, timeline.closed, timeline.seq))
            };
            let all = world.server.disk.database.conversations.keys();
            let all: Vec<_> = all.map(|id| format!("{:?}", shown(id))).collect();
            all
        };
        let before = views(self);
        self.cut(client);
        self.clients[client].restart(&mut self.dice);
        for (document, _) in self.clients[client].saved().documents {
            for document in self.clients[client].session.documents_of(document.conversation) {
                self.load(client, document);
            }
        }
        let after = views(self);
        let name = self.clients[client].name;
        assert_eq!(after, before, "SE5: what {name} shows after it was started again");
    }
}
