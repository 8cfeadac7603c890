//! Every frame, both ways.

use std::collections::BTreeSet;

use rejoinder_core::authority::fate::{Fate, Refusal};
use rejoinder_core::authority::follow_up;
use rejoinder_core::conversation::layout::{Kind, Priority, Status};
use rejoinder_core::id::{DeviceId, Epoch, ParticipantId, RevisionId, Seq, SiteId};
use rejoinder_core::principal::{AgentRole, Principal, Role};
use rejoinder_core::wire::{
    ClientFrame, Credential, ErasureOrder, FeedRow, Hello, Keeping, Limits, LogEntry,
    NewestMessage, Notification, NotificationKind, Offer, OperationFate, Order, OrderRow,
    ParticipantSignal, Problem, Progress, ServerFrame, Signal, TeamRow, VERSION, Welcome,
};

use crate::Golden;
use crate::sample::{
    ACTOR, AUTHOR, CATEGORY, CONVERSATION, MESSAGE, OPERATION, REVISION, TEAM, TIME, TIMELINE,
    operations, submission, up, words,
};

const SITE: SiteId = SiteId::from_bytes(up(0x20));
const DEVICE: DeviceId = DeviceId::from_bytes(up(0x30));
const EPOCH: Epoch = Epoch::from_bytes(up(0x50));

fn hello(credential: Credential, keeping: Keeping, epoch: Option<Epoch>) -> ClientFrame {
    let (feed, erasures) = if epoch.is_some() { (70_000, 24) } else { (0, 0) };
    let device = DEVICE;
    let version = VERSION;
    let snapshots = keeping == Keeping::Durable;
    ClientFrame::Hello(Hello {
        version,
        credential,
        device,
        keeping,
        epoch,
        feed,
        erasures,
        snapshots,
        scope: feed * 7,
    })
}

fn client_frames() -> Vec<(String, ClientFrame)> {
    let document = TIMELINE;
    let with = |code: Option<&str>| Credential::Password {
        email: "bo@example.org".to_owned(),
        password: "correct horse".to_owned(),
        code: code.map(str::to_owned),
    };
    let (by_password, by_code) = (with(None), with(Some("287082")));
    let token = Credential::Token("token".to_owned());
    let mut frames = vec![
        ("Hello, back", hello(token, Keeping::Durable, Some(EPOCH))),
        ("Hello, an agent logs in", hello(by_password, Keeping::Durable, None)),
        ("Hello, an agent with a second factor", hello(by_code, Keeping::Durable, None)),
        ("Hello, a new visitor", hello(Credential::Visitor(SITE), Keeping::Memory, None)),
        ("Purged", ClientFrame::Purged { cursor: 25 }),
        ("Open", ClientFrame::Open { document, cursor: Seq(3) }),
        ("Leave", ClientFrame::Leave { document: TEAM }),
        ("Want", ClientFrame::Want { document, revisions: vec![REVISION] }),
        ("LogOut", ClientFrame::LogOut),
        ("Holding", ClientFrame::Holding { documents: vec![document, TEAM] }),
    ];
    for signal in [Signal::Viewing, Signal::Typing, Signal::Idle, Signal::Seen(Seq(24))] {
        frames.push(("Signal", ClientFrame::Signal { document, signal }));
    }
    let mut frames: Vec<_> =
        frames.into_iter().map(|(name, frame)| (name.to_owned(), frame)).collect();
    for operation in operations() {
        let revisions = if operation.words().is_some() { vec![words()] } else { Vec::new() };
        let submissions = vec![submission(operation)];
        let name = format!("{operation:?}");
        let name = format!("Push {}", name.split(' ').next().unwrap());
        frames.push((name, ClientFrame::Push { document, submissions, revisions }));
    }
    let mut withheld = submission(operations()[0]);
    withheld.withheld = true;
    let submissions = vec![withheld, submission(operations()[2])];
    let pair = ClientFrame::Push { document, submissions, revisions: Vec::new() };
    frames.push(("Push a pair without words".to_owned(), pair));
    frames
}

fn welcome(role: Role, token: Option<&str>, erasures: Vec<ErasureOrder>) -> ServerFrame {
    let visitor = role == Role::Visitor;
    let mut principal = Principal::new(AUTHOR, role);
    if visitor {
        principal.former = BTreeSet::from([ParticipantId::from_bytes(up(0xb0))]);
    }
    ServerFrame::Welcome(Box::new(Welcome {
        epoch: EPOCH,
        principal,
        site: visitor.then_some(SITE),
        limits: Limits::default(),
        time: TIME,
        token: token.map(str::to_owned),
        cursor: 25,
        erasures,
        scope: 490_000,
    }))
}

fn row(newest: bool, team: bool) -> FeedRow {
    FeedRow {
        conversation: CONVERSATION,
        site: SITE,
        visitor: AUTHOR,
        status: Status::ActiveHuman,
        closed: newest,
        assignee: newest.then_some(AUTHOR),
        timeline: Seq(24),
        newest: newest.then_some(NewestMessage {
            message: MESSAGE,
            kind: Kind::Assistant,
            revision: REVISION,
        }),
        at: TIME,
        follows: newest.then(|| follow_up(CONVERSATION)),
        team: team.then_some(TeamRow {
            seq: Seq(2),
            priority: Some(Priority::Low),
            category: Some(CATEGORY),
            collaborators: if newest { vec![AUTHOR] } else { Vec::new() },
        }),
    }
}

fn offers() -> Vec<Offer> {
    let conversation = CONVERSATION;
    let another = follow_up(CONVERSATION);
    vec![Offer { conversation, until: Some(TIME) }, Offer { conversation: another, until: None }]
}

fn notifications() -> Vec<Notification> {
    let (conversation, at) = (CONVERSATION, TIME);
    let one = |number, kind, message| Notification { number, conversation, kind, message, at };
    vec![
        one(300, NotificationKind::Mention, Some(MESSAGE)),
        one(2, NotificationKind::Assigned, None),
    ]
}

fn fates() -> Vec<OperationFate> {
    let mut fates = vec![
        Fate::Accepted { seq: Seq(24), at: TIME },
        Fate::Void,
        Fate::UnknownDependency,
        Fate::Collision { newest: Seq(23) },
        Fate::Closed { follow_up: follow_up(CONVERSATION) },
    ];
    fates.extend(Refusal::ALL.iter().map(|&code| Fate::Refused { code }));
    let told = |fate| OperationFate { operation: OPERATION, fate, words_gone: false };
    let mut fates: Vec<_> = fates.into_iter().map(told).collect();
    fates[0].words_gone = true;
    fates
}

fn server_frames() -> Vec<(String, ServerFrame)> {
    let (document, message) = (TIMELINE, Some(MESSAGE));
    let orders =
        vec![ErasureOrder { document, message }, ErasureOrder { document: TEAM, message: None }];
    let agent = Role::Agent(AgentRole::Supervisor);
    let order =
        Order { actors: vec![ACTOR], rows: vec![OrderRow { actor: 0, actor_seq: 1, at: TIME }] };
    let snapshot = |part, order| ServerFrame::Snapshot {
        document,
        seq: Seq(1),
        part,
        parts: 2,
        bytes: vec![0x85, 0x6f],
        order,
    };
    let entries = vec![LogEntry { seq: Seq(24), at: TIME, change: vec![0x85, 0x6f, 0x4a, 0x83] }];
    let signals = [Signal::Viewing, Signal::Typing, Signal::Idle, Signal::Seen(Seq(24))]
        .map(|signal| ParticipantSignal { participant: AUTHOR, signal });
    let progress = |done, longest_away| {
        let (message, server, devices) = (MESSAGE, done > 0, 3);
        Progress { document, message, server, done, devices, longest_away }
    };
    let gone = vec![RevisionId::from_bytes(up(0xa0))];
    let mut frames = vec![
        ("Welcome, a new visitor", welcome(Role::Visitor, Some("token"), Vec::new())),
        ("Welcome, an agent with erasures", welcome(agent, None, orders.clone())),
        ("Welcome, the assistant", welcome(Role::Assistant, None, Vec::new())),
        ("Wipe", ServerFrame::Wipe),
        ("Erasures", ServerFrame::Erasures { cursor: 26, orders }),
        ("Feed, to an agent", ServerFrame::Feed { cursor: 70_001, rows: vec![row(true, true)] }),
        ("Feed, to a visitor", ServerFrame::Feed { cursor: 3, rows: vec![row(false, false)] }),
        ("Snapshot, a part", snapshot(0, Order::default())),
        ("Snapshot, the last part", snapshot(1, order)),
        ("Entries", ServerFrame::Entries { document, entries, last: Seq(24) }),
        ("Fates", ServerFrame::Fates { document, fates: fates() }),
        ("Revisions", ServerFrame::Revisions { document, records: vec![words()], gone }),
        ("Signals", ServerFrame::Signals { document, signals: signals.to_vec() }),
        ("Progress, begun", ServerFrame::Progress(progress(0, None))),
        ("Progress, under way", ServerFrame::Progress(progress(2, Some(TIME)))),
        ("Reopen", ServerFrame::Reopen { document }),
        ("Offers, none", ServerFrame::Offers { offers: Vec::new() }),
        ("Offers", ServerFrame::Offers { offers: offers() }),
        ("Notifications", ServerFrame::Notifications { unread: notifications() }),
    ];
    for &reason in Problem::ALL {
        frames.push(("Retry", ServerFrame::Retry { after_millis: 1_500, reason }));
        frames.push(("Refused", ServerFrame::Refused { document: None, reason }));
    }
    let reason = Problem::UnknownConversation;
    let refused = ServerFrame::Refused { document: Some(document), reason };
    frames.push(("Refused, about a document", refused));
    frames.into_iter().map(|(name, frame)| (name.to_owned(), frame)).collect()
}

#[test]
fn wp1_the_bytes_of_every_client_frame_are_pinned() {
    let mut golden = Golden::new("client_frames.txt");
    for (name, frame) in client_frames() {
        let bytes = frame.encode();
        assert_eq!(ClientFrame::decode(&bytes), Ok(frame));
        golden.cbor(&name, &bytes);
    }
    golden.check();
}

#[test]
fn wp1_the_bytes_of_every_server_frame_are_pinned() {
    let mut golden = Golden::new("server_frames.txt");
    for (name, frame) in server_frames() {
        let bytes = frame.encode();
        assert_eq!(ServerFrame::decode(&bytes), Ok(frame));
        golden.cbor(&name, &bytes);
    }
    golden.check();
}

#[test]
fn wp1_optional_fields_at_the_end_may_be_left_out_and_unknown_ones_follow() {
    // Progress is encoded without its last field; then with it, and with one more than there is.
    let frame = server_frames().into_iter().find(|(name, _)| name == "Progress, begun").unwrap().1;
    let bytes = frame.encode();
    let (head, tail) = (&bytes[..3], &bytes[4..]);
    assert_eq!(bytes[3], 0x85);
    let whole = [head, b"\x86", tail, b"\xf6"].concat();
    let longer = [head, b"\x87", tail, b"\xf6\x82\x01\x63new"].concat();
    for bytes in [bytes, whole, longer] {
        assert_eq!(ServerFrame::decode(&bytes), Ok(frame.clone()));
    }
}
