//! What applications show: plain data, as it goes to JavaScript.

use rejoinder_core::conversation::layout::{Key, Kind, Status};
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::conversation::view::{
    AgentView, Delivery, MessageView, Source, TimelineView, Words,
};
use rejoinder_core::id::{
    ConversationId, DocumentId, DocumentKind, MessageId, OperationId, ParticipantId, SiteId,
};
use rejoinder_core::principal::Principal;
use rejoinder_core::replica::Replica;
use rejoinder_core::replica::record::WaitingState;
use rejoinder_core::session::client::Session;
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{FeedRow, ParticipantSignal, Progress};
use serde::Serialize;

/// Characters of a message that an inbox previews: a line of it.
const PREVIEW_CHARACTERS: usize = 160;

/// Who a client is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IdentityView {
    /// The participant, and what it may do.
    pub principal: Principal,
    /// The site of a visitor.
    pub site: Option<SiteId>,
}

/// How old what is shown may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    /// Everything that the server has is here.
    Live,
    /// The server is being asked: words from before are not to be shown yet.
    Checking,
    /// There is no network, or a slow one: as of then, if ever.
    AsOf(Option<Timestamp>),
}

/// A draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Draft {
    /// In which of the two documents it would be sent.
    pub kind: DocumentKind,
    /// Whose words it would replace, or was before it lost to a newer edit.
    pub message: Option<MessageId>,
    /// What was typed.
    pub text: String,
}

/// An operation in the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Pending {
    /// Which.
    pub operation: OperationId,
    /// In which of the two documents.
    pub kind: DocumentKind,
    /// What it intends.
    pub what: &'static str,
    /// Of which message, if of one.
    pub message: Option<MessageId>,
    /// How far it has come.
    pub delivery: Delivery,
}

/// What of a conversation only agents see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TeamView {
    /// Notes, in the order of acceptance.
    pub notes: Vec<MessageView>,
    /// How urgent it is.
    pub priority: Option<rejoinder_core::conversation::layout::Priority>,
    /// What it is about.
    pub category: Option<rejoinder_core::id::CategoryId>,
    /// Who follows it.
    pub collaborators: Vec<ParticipantId>,
    /// Operations in the team document that wait for a fate.
    pub waiting: usize,
}

/// A conversation, with everything that is shown around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConversationView {
    /// What its visitor sees.
    pub timeline: TimelineView,
    /// For agents.
    pub team: Option<TeamView>,
    /// How old it may be.
    pub freshness: Freshness,
    /// What was typed and not sent.
    pub drafts: Vec<Draft>,
    /// Who else is typing or viewing.
    pub active: Vec<ParticipantSignal>,
    /// How far recalls are carried out.
    pub recalls: Vec<Progress>,
    /// What waits for a fate or for a decision.
    pub outbox: Vec<Pending>,
    /// Messages of others after the last one that this participant has seen.
    pub unread: usize,
    /// What the server last said of it.
    pub row: Option<FeedRow>,
}

/// What an inbox shows of a conversation's newest message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// Who speaks.
    pub source: Source,
    /// Whether its words are here.
    pub words: &'static str,
    /// Its beginning, where they are.
    pub text: String,
}

/// One conversation in an inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InboxRow {
    /// Which.
    pub conversation: ConversationId,
    /// What the server last said of it; none of one that was begun here and has not arrived.
    pub row: Option<FeedRow>,
    /// Whose turn it is.
    pub status: Status,
    /// Whether it is over.
    pub closed: bool,
    /// Who has it.
    pub assignee: Option<ParticipantId>,
    /// When something last happened.
    pub at: Timestamp,
    /// Its newest message.
    pub preview: Option<Preview>,
    /// Messages of others that this participant has not seen.
    pub unread: usize,
    /// Operations that wait for a fate.
    pub waiting: usize,
    /// Operations that wait for a decision of their author.
    pub attention: usize,
}

/// Who this client is.
#[must_use]
pub fn identity(session: &Session) -> Option<IdentityView> {
    session
        .identity()
        .map(|identity| IdentityView { principal: identity.principal.clone(), site: identity.site })
}

/// A conversation; none that is not loaded.
#[must_use]
pub fn conversation(
    session: &Session,
    id: ConversationId,
    freshness: Freshness,
    now: Timestamp,
) -> Option<ConversationView> {
    let at = DocumentId::timeline(id);
    let replicas: Vec<&Replica> = replicas(session, id).collect();
    let (timeline, team) = match session.agent_view(id) {
        Some(AgentView { timeline, notes, priority, category, collaborators, waiting }) => {
            (timeline, Some(TeamView { notes, priority, category, collaborators, waiting }))
        }
        None => (session.timeline(id)?, None),
    };
    let notes = team.iter().flat_map(|team| &team.notes);
    let recalled = timeline.messages.iter().chain(notes).filter(|m| m.words == Words::Recalled);
    let recalls = recalled.filter_map(|message| {
        let kind = if message.source == Source::Note { DocumentKind::Team } else { at.kind };
        session.progress(DocumentId { conversation: id, kind }, message.id).cloned()
    });
    let active = session.active(at, now);
    Some(ConversationView {
        recalls: recalls.collect(),
        unread: session.replica(at).map_or(0, |replica| unread(session, replica, &timeline)),
        freshness,
        drafts: replicas.iter().flat_map(|replica| drafts(replica)).collect(),
        active: active
            .map(|(participant, signal)| ParticipantSignal { participant, signal })
            .collect(),
        outbox: replicas
            .iter()
            .flat_map(|replica| pending(replica))
            .filter(|pending| pending.what != "send")
            .collect(),
        row: session.feed_row(id).cloned(),
        timeline,
        team,
    })
}

/// Every conversation that the feed has told of, or that was begun here; newest first.
#[must_use]
pub fn inbox(session: &Session) -> Vec<InboxRow> {
    let begun = session.loaded().filter(|document| document.kind == DocumentKind::Timeline);
    let begun = begun.map(|document| document.conversation).filter(|id| {
        let replica = session.replica(DocumentId::timeline(*id));
        session.feed_row(*id).is_none() && replica.is_some_and(|r| r.shown().entries().count() > 0)
    });
    let known = session.inbox().map(|row| row.conversation);
    let mut rows: Vec<_> = known.chain(begun).map(|id| inbox_row(session, id)).collect();
    rows.sort_by_key(|row| core::cmp::Reverse((row.at, row.conversation)));
    rows
}

fn inbox_row(session: &Session, id: ConversationId) -> InboxRow {
    let row = session.feed_row(id).cloned();
    let view = session.timeline(id);
    let status = row.as_ref().map_or(Status::INITIAL, |row| row.status);
    let last = view.as_ref().and_then(|view| view.messages.last());
    let at = row.as_ref().map(|row| row.at).max(last.map(|last| last.composed_at));
    let replica = session.replica(DocumentId::timeline(id));
    let pending: Vec<_> = replicas(session, id).flat_map(pending).collect();
    let decides =
        |p: &&Pending| matches!(p.delivery, Delivery::Refused { .. } | Delivery::Collided { .. });
    InboxRow {
        conversation: id,
        status: view.as_ref().map_or(status, |view| view.status),
        closed: view.as_ref().map_or_else(|| row.as_ref().is_some_and(|r| r.closed), |v| v.closed),
        assignee: view
            .as_ref()
            .map_or_else(|| row.as_ref().and_then(|row| row.assignee), |view| view.assignee),
        at: at.unwrap_or_default(),
        preview: match &view {
            Some(view) => view.messages.iter().rev().find_map(preview),
            None => row.as_ref().and_then(absent),
        },
        unread: match (replica, &view) {
            (Some(replica), Some(view)) => unread(session, replica, view),
            _ => 0,
        },
        waiting: pending.iter().filter(|pending| pending.delivery == Delivery::Waiting).count(),
        attention: pending.iter().filter(decides).count(),
        row,
    }
}

fn preview(message: &MessageView) -> Option<Preview> {
    let (words, text) = match &message.words {
        Words::Said(body) => ("said", body.text.chars().take(PREVIEW_CHARACTERS).collect()),
        Words::Absent => ("absent", String::new()),
        Words::Recalled => ("recalled", String::new()),
        Words::System { .. } => return None,
    };
    Some(Preview { source: message.source, words, text })
}

fn absent(row: &FeedRow) -> Option<Preview> {
    let newest = row.newest?;
    Some(Preview { source: Kind::into(newest.kind), words: "absent", text: String::new() })
}

/// The documents of a conversation that are loaded.
fn replicas(session: &Session, id: ConversationId) -> impl Iterator<Item = &Replica> {
    let documents = [DocumentId::timeline(id), DocumentId::team(id)];
    documents.into_iter().filter_map(|document| session.replica(document))
}

/// How many operations of every loaded document wait for a fate.
#[must_use]
pub fn waiting(session: &Session) -> usize {
    let replicas = session.loaded().filter_map(|document| session.replica(document));
    replicas.flat_map(pending).filter(|pending| pending.delivery == Delivery::Waiting).count()
}

/// Messages of others after the last one that this participant has seen: what was recalled does
/// not count. Having written after them says nothing: it may have waited in the outbox meanwhile.
fn unread(session: &Session, replica: &Replica, view: &TimelineView) -> usize {
    let Some(identity) = session.identity() else { return 0 };
    let me = &identity.principal;
    let seen = me.ids().filter_map(|id| replica.seen().get(&id)).max().copied().unwrap_or_default();
    let new = |message: &&MessageView| {
        let words = matches!(message.words, Words::Said(_) | Words::Absent);
        words && !me.is(message.author) && message.seq.is_some_and(|seq| seq > seen)
    };
    view.messages.iter().filter(new).count()
}

fn drafts(replica: &Replica) -> impl Iterator<Item = Draft> {
    let kind = replica.document().kind;
    replica.drafts().iter().map(move |(message, text)| Draft {
        kind,
        message: *message,
        text: text.clone(),
    })
}

fn pending(replica: &Replica) -> impl Iterator<Item = Pending> {
    replica.outbox().iter().map(|waiting| {
        let operation = waiting.submission.id;
        let intended = &waiting.submission.operation;
        let delivery = match waiting.state {
            WaitingState::Refused(code) => Delivery::Refused { operation, code },
            WaitingState::Collided { .. } => Delivery::Collided { operation },
            WaitingState::Unsent | WaitingState::Pushed | WaitingState::Wordless => {
                if replica.is_accepted(operation) { Delivery::Sent } else { Delivery::Waiting }
            }
        };
        let (what, message) = (what(intended), intended.message());
        Pending { operation, kind: replica.document().kind, what, message, delivery }
    })
}

const fn what(operation: &Operation) -> &'static str {
    match operation.key() {
        Key::Message(_) | Key::Format => "send",
        Key::Edit(_) => "edit",
        Key::Recall(_) => "recall",
        Key::Status => "status",
        Key::Assignee => "assign",
        Key::Closed => "close",
        Key::Priority => "priority",
        Key::Category => "category",
        Key::Collaborator(_) => "collaborator",
    }
}
