//! Which frame may come when, and how much of it.

use rejoinder_core::conversation::operation::Submission;
use rejoinder_core::id::{ConversationId, DeviceId, DocumentId, ParticipantId, RevisionId, Seq};
use rejoinder_core::limits;
use rejoinder_core::principal::{AgentRole, Principal, Role};
use rejoinder_core::session::server::{Due, Fault, Request, Session};
use rejoinder_core::wire::{ClientFrame, Credential, Hello, Keeping, Problem, Signal, VERSION};

use crate::world::World;

fn hello(version: u16) -> ClientFrame {
    ClientFrame::Hello(Hello {
        version,
        credential: Credential::Token("t".to_owned()),
        device: DeviceId::from_bytes([1; 16]),
        keeping: Keeping::Durable,
        epoch: None,
        feed: 0,
        erasures: 0,
        snapshots: true,
        scope: 0,
    })
}

fn document(n: u16) -> DocumentId {
    let mut id = [0; 16];
    id[..2].copy_from_slice(&n.to_be_bytes());
    DocumentId::timeline(ConversationId::from_bytes(id))
}

/// One of each frame.
fn frames(document: DocumentId) -> Vec<ClientFrame> {
    vec![
        hello(VERSION),
        ClientFrame::Purged { cursor: 7 },
        ClientFrame::Open { document, cursor: Seq(0) },
        ClientFrame::Leave { document },
        ClientFrame::Push { document, submissions: Vec::new(), revisions: Vec::new() },
        ClientFrame::Want { document, revisions: Vec::new() },
        ClientFrame::Signal { document, signal: Signal::Typing },
        ClientFrame::LogOut,
    ]
}

fn welcomed_with(role: Role, due: Due) -> Session {
    let mut session = Session::default();
    assert!(matches!(session.handle(hello(VERSION)), Ok(Request::Authenticate(_))));
    session.welcomed(Principal::new(ParticipantId::from_bytes([2; 16]), role), 7, due);
    session
}

fn welcomed(role: Role) -> Session {
    welcomed_with(role, Due::Erasures)
}

fn open(role: Role) -> Session {
    let mut session = welcomed(role);
    assert_eq!(session.handle(ClientFrame::Purged { cursor: 7 }), Ok(Request::Purged(7)));
    assert!(session.is_open());
    session
}

const OUT_OF_TURN: Fault = Fault::Fatal(Problem::OutOfTurn);
const AGENT: Role = Role::Agent(AgentRole::Agent);

#[test]
fn wp5_hello_comes_first_and_purged_after_welcome() {
    for (n, frame) in frames(document(1)).into_iter().enumerate() {
        let first = Session::default().handle(frame.clone());
        assert_eq!(first.is_ok(), n == 0, "{frame:?}");
        let mut authenticating = Session::default();
        authenticating.handle(hello(VERSION)).unwrap();
        assert_eq!(authenticating.handle(frame.clone()), Err(OUT_OF_TURN));
        let second = welcomed(AGENT).handle(frame.clone());
        let held = matches!(n, 2 | 3 | 6 | 7);
        assert_eq!(second.is_ok(), n == 1 || held, "{frame:?}: RE15");
        assert_eq!(second == Ok(Request::Held), held, "{frame:?}: WP30");
        let third = open(AGENT).handle(frame.clone());
        assert_eq!(third.is_ok(), n != 0, "{frame:?}");
    }
}

#[test]
fn re15_purged_up_to_less_than_was_asked_opens_nothing() {
    let mut session = welcomed(AGENT);
    assert_eq!(session.handle(ClientFrame::Purged { cursor: 6 }), Err(OUT_OF_TURN));
    assert!(!session.is_open());
}

#[test]
fn wp30_what_is_opened_before_purged_is_held_until_then() {
    let mut session = welcomed(AGENT);
    let open = |n, cursor| ClientFrame::Open { document: document(n), cursor: Seq(cursor) };
    let leave = ClientFrame::Leave { document: document(1) };
    for frame in [open(1, 4), open(2, 5), leave.clone()] {
        assert_eq!(session.handle(frame), Ok(Request::Held));
        assert_eq!(session.opened().count(), 0, "RE15");
    }
    assert_eq!(session.handle(ClientFrame::Purged { cursor: 7 }), Ok(Request::Purged(7)));
    assert_eq!(session.release(), [open(1, 4), open(2, 5), leave]);
    assert_eq!(session.release(), []);
    for n in 0..limits::HELD_FRAMES {
        let held = open(u16::try_from(n).unwrap(), 0);
        assert_eq!(session.handle(held).is_ok(), n < limits::OPEN_DOCUMENTS);
    }
}

#[test]
fn wp30_no_more_is_held_than_documents_can_be_opened_and_left() {
    for due in [Due::Erasures, Due::Anew] {
        let mut session = welcomed_with(AGENT, due);
        let frame = ClientFrame::Open { document: document(1), cursor: Seq(0) };
        if due == Due::Erasures {
            for _ in 0..limits::HELD_FRAMES {
                assert_eq!(session.handle(frame.clone()), Ok(Request::Held));
            }
            let fault = session.handle(frame);
            assert_eq!(fault, Err(Fault::Fatal(Problem::TooMuch)));
        } else {
            assert_eq!(session.handle(frame), Ok(Request::Held));
            session.handle(ClientFrame::Purged { cursor: 7 }).unwrap();
            assert_eq!(session.release(), [], "cursors of another life of the data");
        }
    }
}

#[test]
fn wp30_a_log_out_right_behind_hello_counts_under_another_epoch_too() {
    let mut session = welcomed_with(AGENT, Due::Anew);
    assert_eq!(session.handle(ClientFrame::LogOut), Ok(Request::Held));
    assert_eq!(session.handle(ClientFrame::Purged { cursor: 7 }), Ok(Request::Purged(7)));
    assert_eq!(session.release(), [ClientFrame::LogOut]);
}

#[test]
fn wp36_what_a_device_has_is_said_under_another_epoch_only_and_by_visitors_of_timelines() {
    let documents = vec![document(1), DocumentId::team(document(2).conversation)];
    let holding = ClientFrame::Holding { documents: documents.clone() };
    let mut agent = welcomed_with(AGENT, Due::Anew);
    assert_eq!(agent.handle(holding.clone()), Ok(Request::Holding(documents.clone())));
    assert_eq!(agent.handle(holding.clone()), Ok(Request::Holding(documents.clone())));
    agent.handle(ClientFrame::Purged { cursor: 7 }).unwrap();
    assert_eq!(agent.handle(holding.clone()), Err(OUT_OF_TURN));
    let mut visitor = welcomed_with(Role::Visitor, Due::Anew);
    let timelines = documents[..1].to_vec();
    assert_eq!(visitor.handle(holding.clone()), Ok(Request::Holding(timelines)));
    for due in [Due::Nothing, Due::Erasures] {
        assert_eq!(welcomed_with(AGENT, due).handle(holding.clone()), Err(OUT_OF_TURN));
    }
    let mut agent = welcomed_with(AGENT, Due::Anew);
    let full = ClientFrame::Holding { documents: vec![document(1); limits::HOLDING_DOCUMENTS] };
    for _ in 0..limits::HELD_DOCUMENTS / limits::HOLDING_DOCUMENTS {
        assert!(agent.handle(full.clone()).is_ok());
    }
    assert_eq!(agent.handle(holding), Err(Fault::Fatal(Problem::TooMuch)));
}

#[test]
fn re15_further_orders_hold_what_comes_meanwhile() {
    let mut session = welcomed(AGENT);
    assert_eq!(session.handle(ClientFrame::Purged { cursor: 7 }), Ok(Request::Purged(7)));
    session.more(9);
    assert!(!session.is_open());
    let open = ClientFrame::Open { document: document(1), cursor: Seq(0) };
    assert_eq!(session.handle(open.clone()), Ok(Request::Held));
    let signal = ClientFrame::Signal { document: document(1), signal: Signal::Typing };
    assert_eq!(session.handle(signal.clone()), Ok(Request::Held));
    assert_eq!(session.handle(ClientFrame::Purged { cursor: 8 }), Err(OUT_OF_TURN));
    assert_eq!(session.handle(ClientFrame::Purged { cursor: 9 }), Ok(Request::Purged(9)));
    assert_eq!(session.release(), [open, signal]);
}

#[test]
fn wp30_with_nothing_to_erase_everything_may_flow_at_once() {
    let mut session = welcomed_with(AGENT, Due::Nothing);
    assert!(session.is_open());
    let (document, cursor) = (document(1), Seq(3));
    let frame = ClientFrame::Open { document, cursor };
    assert_eq!(session.handle(frame), Ok(Request::Open(document, cursor)));
    assert_eq!(session.handle(ClientFrame::Purged { cursor: 7 }), Ok(Request::Purged(7)));
}

#[test]
fn wp30_who_was_here_before_opens_right_behind_hello() {
    let (mut world, ann, _, conversation) = World::begun();
    let document = DocumentId::timeline(conversation);
    world.cut(ann);
    let before = world.clients[ann].sent.len();
    world.dials(ann);
    let sent = &world.clients[ann].sent[before..];
    assert!(matches!(sent[0], ClientFrame::Hello(_)));
    assert!(matches!(sent[1], ClientFrame::Open { document: d, .. } if d == document));
    world.settle();
    assert!(world.clients[ann].session.is_live(document));
    let opens = |frame: &&ClientFrame| matches!(frame, ClientFrame::Open { .. });
    assert_eq!(world.clients[ann].sent[before..].iter().filter(opens).count(), 1, "once");
}

#[test]
fn wp30_what_is_left_before_the_welcome_is_not_followed() {
    let (mut world, ann, bo, conversation) = World::begun();
    let document = DocumentId::timeline(conversation);
    world.cut(ann);
    world.dials(ann);
    let output = world.clients[ann].session.leave(document);
    world.carry_out(ann, output);
    world.settle();
    assert!(!world.clients[ann].session.is_loaded(document));
    world.sends(bo, conversation, "are you there?");
    world.settle();
    world.load(ann, document);
    world.settle();
    assert_eq!(world.reads(ann, conversation), world.reads(bo, conversation));
}

#[test]
fn wp4_another_version_is_refused() {
    for version in [0, VERSION + 1, u16::MAX] {
        let fault = Session::default().handle(hello(version));
        assert_eq!(fault, Err(Fault::Fatal(Problem::Version)));
    }
}

#[test]
fn wp12_what_is_too_much_is_refused_for_its_document() {
    let (mut world, ann, _, conversation) = World::begun();
    world.sends(ann, conversation, "a submission");
    let sent = world.clients[ann].sent.iter();
    let submission: Submission = sent
        .filter_map(|frame| match frame {
            ClientFrame::Push { submissions, .. } => submissions.first().cloned(),
            _ => None,
        })
        .next_back()
        .unwrap();
    let mut session = open(AGENT);
    let (document, bound) = (document(1), limits::PUSH_OPERATIONS);
    let push = |count| {
        let submissions = vec![submission.clone(); count];
        ClientFrame::Push { document, submissions, revisions: Vec::new() }
    };
    let want = |count| {
        let revisions = vec![RevisionId::from_bytes([1; 16]); count];
        ClientFrame::Want { document, revisions }
    };
    let too_much = Err(Fault::Document(document, Problem::TooMuch));
    assert!(session.handle(push(bound)).is_ok());
    assert_eq!(session.handle(push(bound + 1)), too_much);
    assert!(session.handle(want(limits::WANT_REVISIONS)).is_ok());
    assert_eq!(session.handle(want(limits::WANT_REVISIONS + 1)), too_much);
}

#[test]
fn wp12_256_documents_are_open_at_once() {
    let mut session = open(AGENT);
    let open = |n| ClientFrame::Open { document: document(n), cursor: Seq(0) };
    for n in 0..256 {
        session.handle(open(n)).unwrap();
    }
    session.handle(open(0)).unwrap();
    let too_much = Err(Fault::Document(document(256), Problem::TooMuch));
    assert_eq!(session.handle(open(256)), too_much);
    session.handle(ClientFrame::Leave { document: document(3) }).unwrap();
    session.handle(open(256)).unwrap();
    assert_eq!(session.opened().count(), limits::OPEN_DOCUMENTS);
}

#[test]
fn wp19_to_a_visitor_a_team_document_does_not_exist() {
    let team = DocumentId::team(document(1).conversation);
    let unknown = Err(Fault::Document(team, Problem::UnknownConversation));
    for frame in frames(team).into_iter().skip(2) {
        let concerns = !matches!(frame, ClientFrame::Leave { .. } | ClientFrame::LogOut);
        let mut session = open(Role::Visitor);
        let answer = session.handle(frame.clone());
        assert_eq!(answer == unknown, concerns, "{frame:?}");
        assert_eq!(session.opened().count(), 0);
        assert!(open(AGENT).handle(frame).is_ok());
    }
}
