//! What TypeScript knows of the core: codes and bounds as it has them, and samples of what it
//! shows, which only compile while the shapes written by hand are the core's.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rejoinder_core::attachment;
use rejoinder_core::authority::fate::Refusal;
use rejoinder_core::conversation::layout::{Kind, Notice, Priority, Status};
use rejoinder_core::conversation::revision::{Attachment, Body};
use rejoinder_core::conversation::view::{Delivery, MessageView, Source, TimelineView, Words};
use rejoinder_core::id::{
    AttachmentId, CategoryId, ConversationId, DocumentId, DocumentKind, MessageId, OperationId,
    ParticipantId, RevisionId, Seq, SiteId,
};
use rejoinder_core::limits;
use rejoinder_core::principal::{AgentRole, Principal, Role};
use rejoinder_core::routing::Reason;
use rejoinder_core::sealing::SealingKey;
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{
    FeedRow, NewestMessage, Notification, NotificationKind, Offer, ParticipantSignal, Problem,
    Progress, Signal, TeamRow,
};
use rejoinder_wasm::command::Fault;
use rejoinder_wasm::show::{
    ConversationView, Draft, Freshness, IdentityView, InboxRow, Pending, Preview, TeamView,
};
use serde::Serialize;

const HEAD: &str = "// Written by `BLESS=1 cargo test -p rejoinder-wasm`, which fails when it is \
                    out of date.\n\n";

/// Compares with a file of the package, or writes it when blessed.
#[track_caller]
fn check(path: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../js").join(path);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    assert!(known == text, "{} is out of date: {HEAD}", path.display());
}

fn union<T: Serialize>(text: &mut String, about: &str, name: &str, all: &[T]) {
    let codes: Vec<String> = all.iter().map(|one| serde_json::to_string(one).unwrap()).collect();
    let codes = codes.join("\n  | ");
    writeln!(text, "/** {about} */\nexport type {name} =\n  | {codes};\n").unwrap();
}

#[test]
fn codes_and_bounds_are_the_cores() {
    let mut text = HEAD.to_owned();
    let out = &mut text;
    union(out, "An agent's role, from the narrowest to the widest.", "AgentRole", &AgentRole::ALL);
    union(out, "Whose turn it is.", "Status", Status::ALL);
    union(out, "How urgent a conversation is.", "Priority", Priority::ALL);
    union(out, "What a system message announces.", "Notice", Notice::ALL);
    let sources = [Source::Visitor, Source::Agent, Source::Assistant, Source::System, Source::Note];
    union(out, "How a message is labelled.", "Source", &sources);
    let kinds = [Kind::Visitor, Kind::Agent, Kind::Assistant, Kind::Note];
    union(out, "Who speaks in a message with words.", "Kind", &kinds);
    union(out, "Why an operation is refused.", "Refusal", Refusal::ALL);
    union(out, "Why a frame is refused or put off.", "Problem", Problem::ALL);
    union(out, "Why an agent is notified.", "NotificationKind", NotificationKind::ALL);
    union(out, "Why a waiting conversation is not offered.", "Reason", Reason::ALL);
    union(out, "Why a command was not carried out.", "CommandCode", &Fault::CODES);
    writeln!(out, "/** Bounds that applications show. */\nexport const LIMITS = {{").unwrap();
    let bounds = [
        ("text_characters", limits::TEXT_CHARACTERS),
        ("attachments", limits::ATTACHMENTS),
        ("attachment_bytes", limits::ATTACHMENT_BYTES as usize),
        ("window_messages", limits::WINDOW_MESSAGES as usize),
        ("outbox_operations", limits::OUTBOX_OPERATIONS),
        ("open_documents", limits::OPEN_DOCUMENTS),
    ];
    for (name, bound) in bounds {
        writeln!(out, "  {name}: {bound},").unwrap();
    }
    writeln!(out, "}} as const;").unwrap();
    writeln!(out, "\n/** How the names of files end that may be attached. */").unwrap();
    writeln!(out, "export const FILE_ENDINGS: readonly string[] = [").unwrap();
    for ending in attachment::endings() {
        writeln!(out, "  \"{ending}\",").unwrap();
    }
    writeln!(out, "];").unwrap();
    check("src/generated.ts", &text);
}

fn sample<T: Serialize>(text: &mut String, of: &str, name: &str, value: &T) {
    let value = serde_json::to_string_pretty(value).unwrap();
    writeln!(text, "export const {name}: {of} = {value};\n").unwrap();
}

const ID: [u8; 16] = [7; 16];

fn message(words: Words, delivery: Delivery) -> MessageView {
    MessageView {
        id: MessageId::from_bytes(ID),
        author: ParticipantId::from_bytes(ID),
        source: Source::Agent,
        composed_at: Timestamp::from_millis(1),
        at: Some(Timestamp::from_millis(2)),
        seq: Some(Seq(3)),
        words,
        edited_at: Some(Timestamp::from_millis(4)),
        delivery,
        change: Some(Delivery::Waiting),
    }
}

fn messages() -> Vec<MessageView> {
    let operation = OperationId::from_bytes(ID);
    let attachment = Attachment {
        id: AttachmentId::from_bytes(ID),
        name: "a.png".to_owned(),
        media_type: "image/png".to_owned(),
        bytes: 5,
        digest: [1; 32],
        key: SealingKey::from_bytes([7; 32]),
    };
    let said = Body { text: "said".to_owned(), attachments: vec![attachment] };
    let subject = Some(ParticipantId::from_bytes(ID));
    vec![
        message(Words::Said(said), Delivery::Sent),
        message(Words::Said(Body::text("plain")), Delivery::Seen),
        message(Words::Absent, Delivery::Waiting),
        message(Words::Recalled, Delivery::Refused { operation, code: Refusal::NotYours }),
        message(
            Words::System { notice: Notice::Claimed, subject },
            Delivery::Collided { operation },
        ),
        MessageView { at: None, seq: None, edited_at: None, change: None, ..messages_first() },
    ]
}

fn messages_first() -> MessageView {
    message(Words::System { notice: Notice::Closed, subject: None }, Delivery::Sent)
}

fn row() -> FeedRow {
    let team = TeamRow {
        seq: Seq(1),
        priority: Some(Priority::High),
        category: Some(CategoryId::from_bytes(ID)),
        collaborators: vec![ParticipantId::from_bytes(ID)],
    };
    FeedRow {
        conversation: ConversationId::from_bytes(ID),
        site: SiteId::from_bytes(ID),
        visitor: ParticipantId::from_bytes(ID),
        status: Status::ActiveHuman,
        closed: false,
        assignee: Some(ParticipantId::from_bytes(ID)),
        timeline: Seq(9),
        newest: Some(NewestMessage {
            message: MessageId::from_bytes(ID),
            kind: Kind::Visitor,
            revision: RevisionId::from_bytes(ID),
        }),
        at: Timestamp::from_millis(3),
        follows: Some(ConversationId::from_bytes(ID)),
        team: Some(team),
    }
}

fn view() -> ConversationView {
    let (conversation, participant) =
        (ConversationId::from_bytes(ID), ParticipantId::from_bytes(ID));
    let operation = OperationId::from_bytes(ID);
    let signal = |signal| ParticipantSignal { participant, signal };
    let pending = |what, delivery| Pending {
        operation,
        kind: DocumentKind::Team,
        what,
        message: Some(MessageId::from_bytes(ID)),
        delivery,
    };
    let timeline = TimelineView {
        conversation,
        status: Status::ActiveAi,
        closed: true,
        assignee: None,
        messages: messages(),
        seq: Seq(6),
        waiting: 1,
    };
    let team = TeamView {
        notes: messages(),
        priority: Some(Priority::Low),
        category: None,
        collaborators: vec![participant],
        waiting: 0,
    };
    let message = MessageId::from_bytes(ID);
    ConversationView {
        timeline,
        team: Some(team),
        freshness: Freshness::AsOf(Some(Timestamp::from_millis(5))),
        drafts: vec![Draft {
            kind: DocumentKind::Timeline,
            message: None,
            text: "typed".to_owned(),
        }],
        active: vec![signal(Signal::Typing), signal(Signal::Seen(Seq(2)))],
        recalls: vec![Progress {
            document: DocumentId::timeline(conversation),
            message,
            server: true,
            done: 1,
            devices: 2,
            longest_away: None,
        }],
        outbox: ["edit", "recall", "status", "assign", "close", "priority", "category"]
            .map(|what| pending(what, Delivery::Waiting))
            .to_vec(),
        unread: 1,
        row: Some(row()),
    }
}

#[test]
fn shapes_in_typescript_are_those_of_the_core() {
    let mut text = HEAD.to_owned();
    let out = &mut text;
    let shapes = ["ConversationView", "Freshness", "Identity", "InboxRow", "Notification", "Offer"];
    writeln!(out, "import type {{ {} }} from \"./shapes.ts\";\n", shapes.join(", ")).unwrap();
    sample(out, "ConversationView", "view", &view());
    let of_visitor = ConversationView { team: None, row: None, ..view() };
    sample(out, "ConversationView", "viewOfAVisitor", &of_visitor);
    for (name, freshness) in [("live", Freshness::Live), ("checking", Freshness::Checking)] {
        sample(out, "Freshness", name, &freshness);
    }
    for (name, role) in [
        ("visitor", Role::Visitor),
        ("agent", Role::Agent(AgentRole::Supervisor)),
        ("assistant", Role::Assistant),
    ] {
        let principal = Principal::new(ParticipantId::from_bytes(ID), role);
        let site = Some(SiteId::from_bytes(ID));
        sample(out, "Identity", name, &IdentityView { principal, site });
    }
    let inbox = |row: Option<FeedRow>, preview| InboxRow {
        conversation: ConversationId::from_bytes(ID),
        row,
        status: Status::WaitingForHuman,
        closed: false,
        assignee: None,
        at: Timestamp::from_millis(1),
        preview,
        unread: 0,
        waiting: 0,
        attention: 0,
    };
    let preview = Preview { source: Source::Visitor, words: "said", text: "x".to_owned() };
    sample(out, "InboxRow", "inboxRow", &inbox(Some(row()), Some(preview)));
    sample(out, "InboxRow", "inboxRowBegunHere", &inbox(None, None));
    let conversation = ConversationId::from_bytes(ID);
    let at = Timestamp::from_millis(1);
    sample(out, "Offer", "offer", &Offer { conversation, until: Some(at) });
    sample(out, "Offer", "offerToAll", &Offer { conversation, until: None });
    let (kind, message) = (NotificationKind::Mention, Some(MessageId::from_bytes(ID)));
    let notification = Notification { number: 1, conversation, kind, message, at };
    sample(out, "Notification", "notification", &notification);
    check("tests/samples.ts", &text);
}
