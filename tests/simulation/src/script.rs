//! What people do, at random.

use rejoinder_core::conversation::layout::{Key, Priority, Status};
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::conversation::revision::Body;
use rejoinder_core::conversation::view::{MessageView, Source, Words};
use rejoinder_core::id::{CategoryId, ConversationId, DocumentId, DocumentKind, MessageId, Seq};
use rejoinder_core::principal::{AgentRole, Role};
use rejoinder_core::replica::Intent;
use rejoinder_core::replica::record::Waiting;

use crate::diary::{Ending, Recalled};
use crate::mark::{Sort, text};
use crate::roll::Roll;
use crate::world::{Carried, World};

impl World {
    /// Somebody does something.
    pub(crate) fn act(&mut self, client: usize) {
        let known: Vec<ConversationId> =
            self.clients[client].session.inbox().map(|row| row.conversation).collect();
        let loaded = self.clients[client].conversations();
        let Some(conversation) = self.dice.pick(&loaded) else {
            return self.begin_or_open(client, &known);
        };
        if self.dice.chance(15) {
            return self.begin_or_open(client, &known);
        }
        let team = !self.clients[client].is_visitor();
        let kind = match team && self.dice.chance(35) {
            true => DocumentKind::Team,
            false => DocumentKind::Timeline,
        };
        let document = DocumentId { conversation, kind };
        if !self.clients[client].session.is_loaded(document) {
            return self.load(client, document);
        }
        match self.dice.index(100) {
            0..35 => self.say(client, document),
            35..55 => self.edit(client, document),
            55..70 => self.take_back(client, document),
            70..82 => self.intend(client, document),
            82..88 => self.type_a_draft(client, document),
            88..92 => self.see(client, document),
            92..94 => {
                let output = self.clients[client].session.leave(document);
                self.carry_out(client, output);
            }
            _ => drop(self.resolve(client)),
        }
    }

    fn begin_or_open(&mut self, client: usize, known: &[ConversationId]) {
        if let Some(conversation) = self.dice.pick(known) {
            for document in self.clients[client].session.documents_of(conversation) {
                if !self.clients[client].session.is_loaded(document) {
                    self.load(client, document);
                }
            }
            return;
        }
        let now = self.clients[client].clock(self.now);
        let may = self.clients[client].is_visitor() && self.dice.chance(40);
        if may && let Ok((conversation, output)) = self.clients[client].session.begin(now) {
            let name = self.clients[client].name;
            self.note(|| format!("{name} begins {conversation}"));
            self.diary.conversations.insert(conversation);
            self.carry_out(client, output);
        }
    }

    fn new_text(&mut self, sort: Sort) -> (String, Body) {
        let text = text(sort, self.diary.number());
        (text.clone(), Body::text(text))
    }

    pub(crate) fn say(&mut self, client: usize, document: DocumentId) {
        let (conversation, now) = (document.conversation, self.clients[client].clock(self.now));
        let (text, sent) = if document.kind == DocumentKind::Team {
            let (text, body) = self.new_text(Sort::Note);
            let noted = self.clients[client].session.note(conversation, &body, now);
            self.tally.notes += 1;
            (text, noted.map(|(message, output)| ((conversation, message), output)))
        } else {
            let (text, body) = self.new_text(Sort::Message);
            self.tally.sends += 1;
            (text, self.clients[client].session.send(conversation, &body, now))
        };
        let Ok(((conversation, message), output)) = sent else { return };
        let name = self.clients[client].name;
        self.note(|| format!("{name} says {text} as {message} in {conversation}"));
        if self.carry_out(client, output) == Carried::Durable {
            let document = DocumentId { conversation, kind: document.kind };
            self.diary.wrote(client, document, message, text);
        }
    }

    fn messages(&self, client: usize, document: DocumentId) -> Vec<MessageView> {
        let session = &self.clients[client].session;
        match document.kind {
            DocumentKind::Timeline => {
                session.timeline(document.conversation).map(|view| view.messages)
            }
            DocumentKind::Team => session.agent_view(document.conversation).map(|view| view.notes),
        }
        .unwrap_or_default()
    }

    fn a_message(&mut self, client: usize, document: DocumentId, any: bool) -> Option<MessageId> {
        let me = self.clients[client].session.identity()?.principal.participant;
        let messages: Vec<_> = self
            .messages(client, document)
            .into_iter()
            .filter(|message| any || message.author == me)
            .filter(|message| message.source != Source::System && message.words != Words::Recalled)
            .map(|message| message.id)
            .collect();
        // The newest are the most likely to be changed.
        let from = if self.dice.chance(60) { messages.len().saturating_sub(3) } else { 0 };
        self.dice.pick(&messages[from..])
    }

    fn edit(&mut self, client: usize, document: DocumentId) {
        let Some(message) = self.a_message(client, document, false) else { return };
        let team = document.kind == DocumentKind::Team;
        let (text, body) = self.new_text(if team { Sort::Note } else { Sort::Message });
        let now = self.clients[client].clock(self.now);
        let edited = self.clients[client].session.edit(document, message, &body, now);
        let Ok(output) = edited else { return };
        self.tally.edits += 1;
        let name = self.clients[client].name;
        self.note(|| format!("{name} edits {message} to {text}"));
        self.diary.texts.insert(text, message);
        self.carry_out(client, output);
    }

    pub(crate) fn take_back(&mut self, client: usize, document: DocumentId) {
        let supervisor = self.clients[client].role == Role::Agent(AgentRole::Supervisor);
        let Some(message) = self.a_message(client, document, supervisor) else { return };
        let now = self.clients[client].clock(self.now);
        let recalled = self.clients[client].session.recall(document, message, now);
        let Ok(output) = recalled else { return };
        let replica = self.clients[client].session.replica(document).unwrap();
        let unsent = !replica.shown().has(Key::Message(message));
        let name = self.clients[client].name;
        self.note(|| format!("{name} takes {message} back, unsent: {unsent}"));
        if self.carry_out(client, output) == Carried::Lost {
            return;
        }
        if unsent {
            self.tally.unsent += 1;
            self.diary.ends(message, Ending::Unsent);
        } else {
            self.tally.recalls += 1;
            self.diary.recalls.push(Recalled { message, refused: false });
        }
    }

    fn intend(&mut self, client: usize, document: DocumentId) {
        let me = self.clients[client].session.identity().map(|id| id.principal.participant);
        let intent = match (document.kind, self.dice.index(8)) {
            (DocumentKind::Timeline, 0..2) => Intent::Assign(me),
            (DocumentKind::Timeline, 2) => Intent::Assign(None),
            (DocumentKind::Timeline, 3) => Intent::Close,
            (DocumentKind::Timeline, n) => {
                let statuses = [Status::ActiveAi, Status::WaitingForHuman, Status::ActiveHuman];
                Intent::Status(statuses[n % 3])
            }
            (DocumentKind::Team, 0..3) => Intent::Priority(self.dice.pick(Priority::ALL).unwrap()),
            (DocumentKind::Team, 3..5) => {
                Intent::Category(Some(CategoryId::random(&mut self.dice)))
            }
            (DocumentKind::Team, n) => Intent::Collaborator(me.unwrap(), n % 2 == 0),
        };
        let now = self.clients[client].clock(self.now);
        let intended = self.clients[client].session.intend(document.conversation, intent, now);
        let Ok((_, output)) = intended else { return };
        self.tally.intents += 1;
        let name = self.clients[client].name;
        self.note(|| format!("{name} intends {intent:?}"));
        self.carry_out(client, output);
    }

    fn type_a_draft(&mut self, client: usize, document: DocumentId) {
        let message = match self.dice.chance(50) {
            true => self.a_message(client, document, false),
            false => None,
        };
        let team = document.kind == DocumentKind::Team;
        let sort = if team { Sort::NoteDraft } else { Sort::Draft };
        let text = text(sort, self.diary.number());
        let now = self.clients[client].clock(self.now);
        let drafted = self.clients[client].session.set_draft(document, message, &text, now);
        let Ok(output) = drafted else { return };
        self.tally.drafts += 1;
        self.note(|| format!("a draft {text} for {message:?}"));
        self.diary.drafts.insert(text, message);
        self.carry_out(client, output);
    }

    fn see(&mut self, client: usize, document: DocumentId) {
        let end = self.clients[client].session.replica(document).map(|replica| replica.cursor());
        let seq = Seq(self.dice.below(end.unwrap_or_default().0 + 1));
        let output = self.clients[client].session.mark_seen(document, seq);
        self.carry_out(client, output);
    }

    /// Decides on what is held back for its author; false when there is nothing.
    pub(crate) fn resolve(&mut self, client: usize) -> bool {
        let session = &self.clients[client].session;
        let mut held: Vec<(DocumentId, Waiting)> = Vec::new();
        for document in session.loaded() {
            let outbox = session.replica(document).map(|replica| replica.outbox());
            let of = outbox.unwrap_or_default().iter().filter(|w| !w.state.is_pushable());
            held.extend(of.map(|waiting| (document, waiting.clone())));
        }
        let any = !held.is_empty();
        let insists = if self.healed { 20 } else { 60 };
        for (document, waiting) in held {
            let insist = self.dice.chance(insists);
            self.decide(client, document, &waiting, insist);
        }
        any
    }

    fn decide(&mut self, client: usize, document: DocumentId, waiting: &Waiting, insist: bool) {
        self.tally.held += 1;
        let (operation, id) = (waiting.submission.operation, waiting.submission.id);
        match operation {
            Operation::Send { message, .. } => {
                if let Some(written) = self.diary.written.get_mut(&message) {
                    written.held = true;
                }
            }
            Operation::Recall { message } => {
                let of = self.diary.recalls.iter_mut().filter(|r| r.message == message);
                of.for_each(|recall| recall.refused = true);
            }
            _ => {}
        }
        let now = self.clients[client].clock(self.now);
        let session = &mut self.clients[client].session;
        let decided = match insist {
            true => session.send_anyway(document, id, now),
            false => session.discard(document, id, now),
        };
        let Ok(output) = decided else { return };
        let name = self.clients[client].name;
        let state = waiting.state;
        self.note(|| format!("{name} decides on {id} ({state:?}): send anyway {insist}"));
        let durable = self.carry_out(client, output) == Carried::Durable;
        match (durable, insist, operation) {
            (true, false, Operation::Send { message, .. }) => {
                self.tally.discarded += 1;
                self.diary.ends(message, Ending::Discarded);
            }
            (true, false, Operation::Edit { message, .. }) => {
                self.diary.edits_given_up.insert(message);
            }
            (true, true, _) => self.tally.sent_anyway += 1,
            _ => {}
        }
    }
}
