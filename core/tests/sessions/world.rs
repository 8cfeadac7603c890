//! A cast of clients around a server, with connections that come and go.

use std::collections::VecDeque;

use rejoinder_core::conversation::revision::Body;
use rejoinder_core::conversation::view::{MessageView, TimelineView, Words};
use rejoinder_core::id::{ConversationId, DeviceId, DocumentId, MessageId, ParticipantId, Seq};
use rejoinder_core::principal::{AgentRole, Principal, Role};
use rejoinder_core::replica::Event;
use rejoinder_core::session::client::{Output, Session, SessionEvent};
use rejoinder_core::session::server::{self, Due, Fault, Request};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{
    ClientFrame, Credential, Keeping, Limits, Problem, ServerFrame, Signal, Welcome,
};

use crate::server::Server;
use crate::store::Store;

pub(crate) const NOON: Timestamp = Timestamp::from_millis(1_776_000_000_000);

pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) clients: Vec<Client>,
    started: u8,
}

pub(crate) struct Client {
    pub(crate) session: Session,
    pub(crate) store: Store,
    pub(crate) events: Vec<SessionEvent>,
    /// Every frame that was handed to a connection.
    pub(crate) sent: Vec<ClientFrame>,
    pub(crate) clock: Timestamp,
    pub(crate) last: Vec<rejoinder_core::replica::record::Write>,
    principal: Principal,
    device: DeviceId,
    line: Option<Line>,
}

#[derive(Default)]
struct Line {
    session: server::Session,
    up: VecDeque<ClientFrame>,
    down: VecDeque<ServerFrame>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { server: Server::new(NOON), clients: Vec::new(), started: 0 }
    }

    fn client(&mut self, principal: Principal) -> usize {
        let device = DeviceId::random(&mut self.server.dice);
        let store = Store::default();
        let session = Session::new(store.saved(device), Keeping::Durable, self.seed());
        let (events, sent, last) = (Vec::new(), Vec::new(), Vec::new());
        let (clock, line) = (NOON, None);
        let client = Client { session, store, events, sent, clock, last, principal, device, line };
        self.clients.push(client);
        self.clients.len() - 1
    }

    fn seed(&mut self) -> [u8; 32] {
        self.started += 1;
        [self.started; 32]
    }

    pub(crate) fn visitor(&mut self) -> usize {
        self.somebody(Role::Visitor)
    }

    pub(crate) fn agent(&mut self, role: AgentRole) -> usize {
        self.somebody(Role::Agent(role))
    }

    fn somebody(&mut self, role: Role) -> usize {
        let principal = Principal::new(ParticipantId::random(&mut self.server.dice), role);
        let who = self.client(principal);
        self.connects(who);
        who
    }

    /// Another device or tab of somebody.
    pub(crate) fn device_of(&mut self, who: usize) -> usize {
        let other = self.client(self.clients[who].principal.clone());
        self.connects(other);
        other
    }

    pub(crate) fn id(&self, who: usize) -> ParticipantId {
        self.clients[who].principal.participant
    }

    /// Does what a shell does with an output.
    pub(crate) fn carry_out(&mut self, who: usize, output: Output) {
        let client = &mut self.clients[who];
        client.store.commit(&output.writes);
        client.last = output.writes;
        client.events.extend(output.events);
        if let Some(line) = &mut client.line {
            client.sent.extend(output.frames.iter().cloned());
            line.up.extend(output.frames);
        }
        for document in output.load {
            self.load(who, document);
        }
        if output.disconnect {
            self.cut(who);
        }
    }

    pub(crate) fn load(&mut self, who: usize, document: DocumentId) {
        let client = &mut self.clients[who];
        let saved = client.store.document(document);
        let (output, fits) = client.session.load(document, saved);
        fits.unwrap();
        self.carry_out(who, output);
    }

    /// Loads both documents of a conversation, as far as they are for this participant.
    pub(crate) fn opens(&mut self, who: usize, conversation: ConversationId) {
        for document in self.clients[who].session.documents_of(conversation) {
            self.load(who, document);
        }
        self.settle();
    }

    pub(crate) fn connects(&mut self, who: usize) {
        self.dials(who);
        self.settle();
    }

    /// A connection is made, and `Hello` is on its way.
    pub(crate) fn dials(&mut self, who: usize) {
        let client = &mut self.clients[who];
        client.line = Some(Line::default());
        let credential = Credential::Token("first".to_owned());
        let output = client.session.handle_connected(Some(credential));
        self.carry_out(who, output);
    }

    /// The connection is gone, with everything that is under way on it.
    pub(crate) fn cut(&mut self, who: usize) {
        if self.clients[who].line.take().is_some() {
            let output = self.clients[who].session.handle_disconnected();
            self.carry_out(who, output);
        }
    }

    /// The program ends and starts again with what its store has.
    pub(crate) fn crashes(&mut self, who: usize) {
        let seed = self.seed();
        let client = &mut self.clients[who];
        client.line = None;
        let saved = client.store.saved(client.device);
        let loaded: Vec<_> = client.store.documents.keys().copied().collect();
        client.session = Session::new(saved, Keeping::Durable, seed);
        for document in loaded {
            self.load(who, document);
        }
    }

    /// Carries frames until nothing is under way.
    pub(crate) fn settle(&mut self) {
        for _ in 0..1_000 {
            let busy: Vec<_> = (0..self.clients.len()).filter(|who| self.step(*who)).collect();
            if busy.is_empty() {
                return;
            }
        }
        panic!("frames go to and fro without an end");
    }

    /// One frame up, and one down.
    fn step(&mut self, who: usize) -> bool {
        let up = self.clients[who].line.as_mut().and_then(|line| line.up.pop_front());
        let moved = up.is_some();
        if let Some(frame) = up {
            self.deliver_up(who, &frame);
        }
        self.step_down(who) || moved
    }

    pub(crate) fn step_down(&mut self, who: usize) -> bool {
        let down = self.clients[who].line.as_mut().and_then(|line| line.down.pop_front());
        let Some(frame) = down else { return false };
        let frame = ServerFrame::decode(&frame.encode()).unwrap();
        let client = &mut self.clients[who];
        let output = client.session.handle_frame(frame, client.clock);
        self.carry_out(who, output);
        true
    }

    /// The server takes what a client has sent; what it answers is not delivered yet.
    pub(crate) fn server_takes(&mut self, who: usize) {
        while let Some(frame) = self.clients[who].line.as_mut().and_then(|l| l.up.pop_front()) {
            self.deliver_up(who, &frame);
        }
    }

    pub(crate) fn tells(&mut self, who: usize, frame: ServerFrame) {
        if let Some(line) = &mut self.clients[who].line {
            line.down.push_back(frame);
        }
    }

    fn deliver_up(&mut self, who: usize, frame: &ClientFrame) {
        self.handle(who, ClientFrame::decode(&frame.encode()).unwrap());
    }

    fn handle(&mut self, who: usize, frame: ClientFrame) {
        let line = self.clients[who].line.as_mut().unwrap();
        match line.session.handle(frame) {
            Ok(request) => self.answer(who, request),
            Err(Fault::Fatal(problem)) => panic!("{problem}"),
            Err(Fault::Document(document, reason)) => {
                self.tells(who, ServerFrame::Refused { document: Some(document), reason });
            }
        }
    }

    fn answer(&mut self, who: usize, request: Request) {
        match request {
            Request::Authenticate(hello) => {
                let principal = self.clients[who].principal.clone();
                let known = usize::try_from(hello.erasures).unwrap();
                let cursor = self.server.erasures.len() as u64;
                let welcome = Welcome {
                    epoch: self.server.epoch,
                    principal: principal.clone(),
                    site: None,
                    limits: Limits::default(),
                    time: self.server.now,
                    token: Some("kept".to_owned()),
                    cursor,
                    erasures: self.server.erasures[known..].to_vec(),
                    scope: self.server.scope,
                };
                let due = match hello.epoch == Some(self.server.epoch) {
                    true if welcome.erasures.is_empty() => Due::Nothing,
                    true => Due::Erasures,
                    false => Due::Anew,
                };
                self.clients[who].line.as_mut().unwrap().session.welcomed(principal, cursor, due);
                self.tells(who, ServerFrame::Welcome(Box::new(welcome)));
            }
            Request::Open(document, cursor) => match self.server.entries(document, cursor) {
                Some(entries) => {
                    let last = entries.last().map_or(cursor, |entry| entry.seq);
                    self.tells(who, ServerFrame::Entries { document, entries, last });
                }
                None => {
                    let reason = Problem::UnknownConversation;
                    self.clients[who].line.as_mut().unwrap().session.closed(document);
                    self.tells(who, ServerFrame::Refused { document: Some(document), reason });
                }
            },
            Request::Push(document, submissions, revisions) => {
                self.push(who, document, &submissions, &revisions);
            }
            Request::Want(document, revisions) => {
                let room = &self.server.rooms[&document.conversation];
                let find = |id| room.words.get(&(document.kind, id)).cloned();
                let records: Vec<_> = revisions.iter().filter_map(|id| find(*id)).collect();
                let gone = revisions.into_iter().filter(|id| find(*id).is_none()).collect();
                self.tells(who, ServerFrame::Revisions { document, records, gone });
            }
            Request::Signal(document, signal @ Signal::Seen(_)) => {
                let participant = self.id(who);
                let told = rejoinder_core::wire::ParticipantSignal { participant, signal };
                for other in self.readers(document).into_iter().filter(|other| *other != who) {
                    self.tells(other, ServerFrame::Signals { document, signals: vec![told] });
                }
            }
            Request::Purged(_) => {
                let line = self.clients[who].line.as_mut().unwrap();
                for frame in line.session.release() {
                    self.handle(who, frame);
                }
            }
            Request::Held
            | Request::Holding(_)
            | Request::Leave(_)
            | Request::Signal(..)
            | Request::LogOut => {}
        }
    }

    fn push(
        &mut self,
        who: usize,
        document: DocumentId,
        submissions: &[rejoinder_core::conversation::operation::Submission],
        revisions: &[rejoinder_core::conversation::revision::Revision],
    ) {
        let before = self.server.entries(document, Seq::START).map_or(0, |entries| entries.len());
        let principal = self.clients[who].principal.clone();
        let pushed = self.server.push(document, &principal, submissions, revisions);
        let Some((fates, orders)) = pushed else { return };
        self.tells(who, ServerFrame::Fates { document, fates });
        let cursor = self.server.erasures.len() as u64;
        let news = self.server.entries(document, Seq(before as u64)).unwrap();
        for other in self.readers(document) {
            if let Some(last) = news.last().map(|entry| entry.seq) {
                let entries = news.clone();
                self.tells(other, ServerFrame::Entries { document, entries, last });
            }
            if !orders.is_empty() {
                let orders = orders.clone();
                self.tells(other, ServerFrame::Erasures { cursor, orders });
            }
        }
    }

    fn readers(&self, document: DocumentId) -> Vec<usize> {
        let reads = |client: &Client| {
            client.line.as_ref().is_some_and(|line| line.session.opened().any(|d| d == document))
        };
        (0..self.clients.len()).filter(|who| reads(&self.clients[*who])).collect()
    }

    // What people do.

    pub(crate) fn begins(&mut self, who: usize) -> ConversationId {
        let client = &mut self.clients[who];
        let (conversation, output) = client.session.begin(client.clock).unwrap();
        self.carry_out(who, output);
        conversation
    }

    pub(crate) fn sends(&mut self, who: usize, to: ConversationId, text: &str) -> MessageId {
        let client = &mut self.clients[who];
        let sent = client.session.send(to, &Body::text(text), client.clock);
        let ((_, message), output) = sent.unwrap();
        self.carry_out(who, output);
        message
    }

    pub(crate) fn edits(&mut self, who: usize, at: DocumentId, message: MessageId, text: &str) {
        let client = &mut self.clients[who];
        let output = client.session.edit(at, message, &Body::text(text), client.clock).unwrap();
        self.carry_out(who, output);
    }

    pub(crate) fn recalls(&mut self, who: usize, at: DocumentId, message: MessageId) {
        let client = &mut self.clients[who];
        let output = client.session.recall(at, message, client.clock).unwrap();
        self.carry_out(who, output);
    }

    pub(crate) fn intends(
        &mut self,
        who: usize,
        at: ConversationId,
        intent: rejoinder_core::replica::Intent,
    ) {
        let client = &mut self.clients[who];
        let (_, output) = client.session.intend(at, intent, client.clock).unwrap();
        self.carry_out(who, output);
    }

    // What people see.

    pub(crate) fn view(&self, who: usize, conversation: ConversationId) -> TimelineView {
        self.clients[who].session.timeline(conversation).unwrap()
    }

    pub(crate) fn message(
        &self,
        who: usize,
        at: ConversationId,
        message: MessageId,
    ) -> MessageView {
        let view = self.view(who, at);
        view.messages.into_iter().find(|shown| shown.id == message).unwrap()
    }

    /// The texts of a timeline as somebody sees it; a recalled message reads `(recalled)`.
    pub(crate) fn reads(&self, who: usize, conversation: ConversationId) -> Vec<String> {
        let text = |message: MessageView| match message.words {
            Words::Said(body) => Some(body.text),
            Words::Recalled => Some("(recalled)".to_owned()),
            Words::Absent => Some("(absent)".to_owned()),
            Words::System { .. } => None,
        };
        self.view(who, conversation).messages.into_iter().filter_map(text).collect()
    }

    /// What a document's events told somebody.
    pub(crate) fn told(&self, who: usize) -> Vec<Event> {
        let events = self.clients[who].events.iter();
        let of_documents = events.filter_map(|event| match event {
            SessionEvent::Document(Event::Changed(_)) => None,
            SessionEvent::Document(event) => Some(event.clone()),
            _ => None,
        });
        of_documents.collect()
    }

    /// A visitor and an agent in a conversation with one message, both up to date.
    pub(crate) fn begun() -> (Self, usize, usize, ConversationId) {
        let mut world = Self::new();
        let (ann, bo) = (world.visitor(), world.agent(AgentRole::Agent));
        let conversation = world.begins(ann);
        world.settle();
        world.sends(ann, conversation, "hello");
        world.settle();
        world.opens(bo, conversation);
        (world, ann, bo, conversation)
    }
}
