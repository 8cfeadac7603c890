//! Notes, as a visitor might notice them: by their bytes, or by what is told more, longer or
//! otherwise because of them.

use std::time::Duration;

use rejoinder_harness::client::id::{ConversationId, DocumentId};
use rejoinder_harness::core::attachment;
use rejoinder_harness::core::conversation::layout::Priority;
use rejoinder_harness::core::conversation::mention::mention;
use rejoinder_harness::core::conversation::revision::{Body, Revision};
use rejoinder_harness::core::id::MessageId;
use rejoinder_harness::core::time::Timestamp;
use rejoinder_harness::core::wire::{ClientFrame, Credential, ServerFrame, Signal};
use rejoinder_harness::search::Needles;
use rejoinder_harness::{Forger, PASSWORD, Person, Raw, World};

use crate::command::PROGRAM;

/// How long is waited for what might still come: many times as long as the feed gathers.
const QUIET: Duration = Duration::from_millis(400);

/// Notes that are taken back: numbers from 24 on are a byte longer on the wire.
const RECALLED: usize = 30;

/// What REST tells a visitor.
const ASKED: [&str; 3] = ["/api/v1/unread", "/api/v1/people", "/api/v1/sites/SITE/widget"];

/// Everything that came to a visitor.
#[derive(Default)]
struct Heard {
    frames: Vec<Vec<u8>>,
    answers: Vec<String>,
}

impl Heard {
    async fn listens(&mut self, raw: &mut Raw) {
        raw.listen(QUIET).await;
        self.frames = raw.received().to_vec();
    }
}

/// An agent by hand, for what a client does not do by itself.
async fn by_hand(world: &World, name: &str, chat: ConversationId) -> (Raw, Forger) {
    let (email, password) = (format!("{name}@shop.example"), PASSWORD.to_owned());
    let proof = Credential::Password { email, password, code: None };
    let (mut raw, welcome) = Raw::enter(world.address(), proof).await;
    let mut forger = Forger::new(welcome.principal, DocumentId::team(chat));
    forger.pulls(&mut raw).await;
    (raw, forger)
}

/// Everything that agents do in a team document, with words that are found wherever they go.
async fn team_talks(world: &World, chat: ConversationId, ann: &Person, bo: &Person) -> Vec<String> {
    let mut markers = Vec::new();
    let mut marked = |what: &str, number: usize| {
        let marker = format!("marker-{what}-{number:04}");
        markers.push(marker.clone());
        marker
    };
    let who = mention("Bo", bo.principal().await.participant);
    for number in 0..12 {
        let note = ann.notes(chat, &format!("{who} {}", marked("note", number))).await;
        if number % 3 == 0 {
            let edited = format!("{} {who}", marked("edited", number));
            ann.chat(chat).await.edit_note(note, edited.as_str()).await.unwrap();
        }
        if number % 4 == 0 {
            bo.chat(chat).await.set_priority(Priority::Urgent).await.unwrap();
        }
    }
    // As many that their number is longer than that of what is recalled in the timeline.
    for number in 0..RECALLED {
        let note = ann.notes(chat, &marked("recalled", number)).await;
        ann.chat(chat).await.recall_note(note).await.unwrap();
    }
    let (mut raw, mut forger) = by_hand(world, "ann", chat).await;
    let document = DocumentId::team(chat);
    for signal in [Signal::Viewing, Signal::Typing, Signal::Idle] {
        raw.send(&ClientFrame::Signal { document, signal }).await;
    }
    // A note with a file, whose name is of the words.
    let name = format!("{}.txt", marked("file", 0));
    let held = marked("held-in-file", 0);
    let file = attachment::describe(&name, "text/plain", held.as_bytes(), &mut forger.dice);
    let file = file.unwrap();
    let sealed = attachment::seal(&file, held.as_bytes(), &mut forger.dice);
    let message = MessageId::timed(Timestamp::from_millis(1_776_000_000_000), &mut forger.dice);
    let body = Body { text: marked("with-file", 0), attachments: vec![file.clone()] };
    let author = forger.principal.participant;
    let words = Revision::new(message, author, &body, &mut forger.dice).unwrap();
    let letter = forger.sends(words);
    raw.pushes(document, &[letter]).await;
    let token = ann.client().token().await.unwrap().unwrap();
    let path = format!("/api/v1/attachments/{chat}/team/{message}/{}", file.id);
    let put = world.put_bytes(&token, &path, &sealed).await;
    assert_eq!(put.status, 204, "{put:?}");
    ann.settles().await;
    bo.settles().await;
    markers
}

/// A chat, with or without notes in it, as its visitor hears it.
async fn plays(with_notes: bool) -> (Heard, Vec<String>) {
    let world = World::start_program(PROGRAM, &[]).await;
    let (ann, bo) = (world.agent("ann").await, world.agent("bo").await);
    let proof = Credential::Visitor(world.site());
    let (mut raw, welcome) = Raw::enter(world.address(), proof).await;
    let token = welcome.token.clone().unwrap();
    let nowhere = DocumentId::timeline(ConversationId::from_bytes([0; 16]));
    let mut dice = Forger::new(welcome.principal.clone(), nowhere).dice;
    let noon = Timestamp::from_millis(1_776_000_000_000);
    let chat = ConversationId::timed(noon, &mut dice);
    let document = DocumentId::timeline(chat);
    let mut vera = Forger::new(welcome.principal, document);
    let (mut heard, mut markers) = (Heard::default(), Vec::new());
    let hello = vera.writes("Hello?");
    raw.pushes(document, &[hello]).await;
    raw.open(document).await;
    heard.listens(&mut raw).await;
    ann.sees(chat, &["Hello?"]).await;
    let answer = ann.says(chat, "Good day to you!").await;
    ann.settles().await;
    heard.listens(&mut raw).await;
    if with_notes {
        markers = team_talks(&world, chat, &ann, &bo).await;
    }
    heard.listens(&mut raw).await;
    ann.says(chat, "One moment").await;
    ann.settles().await;
    heard.listens(&mut raw).await;
    ann.recalls(chat, answer).await;
    ann.settles().await;
    heard.listens(&mut raw).await;
    // The visitor comes back, has all of it again, and asks for the words.
    let (mut raw, _) = Raw::enter(world.address(), Credential::Token(token.clone())).await;
    vera.pulls(&mut raw).await;
    let entries = vera.history.entries();
    let revisions = entries.filter_map(|(_, e)| match e.key {
        rejoinder_harness::core::conversation::layout::Key::Message(id) => Some(id),
        _ => None,
    });
    let revisions = revisions.flat_map(|id| vera.history.revisions(id)).collect();
    raw.send(&ClientFrame::Want { document, revisions }).await;
    raw.open(DocumentId::team(chat)).await;
    raw.listen(QUIET).await;
    heard.frames.extend_from_slice(raw.received());
    for path in ASKED {
        let path = path.replace("SITE", &world.site().to_string());
        let answer = world.ask_as(&token, "GET", &path, None).await;
        heard.answers.push(format!("{}\n\n{}", answer.head, answer.text));
    }
    let team =
        format!("/api/v1/attachments/{chat}/team/{}/{}", MessageId::from_bytes([1; 16]), chat);
    let answer = world.ask_as(&token, "GET", &team, None).await;
    heard.answers.push(format!("{}\n\n{}", answer.head, answer.text));
    (heard, markers)
}

/// What a frame is, without the ids and hashes that are others in each run: how long, of which
/// kind, and the places in feed and logs that it tells.
fn shape(bytes: &[u8]) -> (usize, String) {
    let frame = ServerFrame::decode(bytes).unwrap();
    match &frame {
        ServerFrame::Feed { cursor, rows } => {
            let ends: Vec<_> = rows.iter().map(|row| row.timeline.0).collect();
            return (bytes.len(), format!("Feed at {cursor} of {ends:?}"));
        }
        ServerFrame::Welcome(welcome) => {
            return (bytes.len(), format!("Welcome at {}", welcome.cursor));
        }
        ServerFrame::Erasures { cursor, orders } => {
            return (bytes.len(), format!("Erasures until {cursor}, {}", orders.len()));
        }
        ServerFrame::Entries { last, .. } => {
            return (bytes.len(), format!("Entries until {}", last.0));
        }
        _ => {}
    }
    let name = format!("{frame:?}");
    let name = name.split([' ', '(', '{']).next().unwrap_or_default().to_owned();
    (bytes.len(), name)
}

#[tokio::test]
async fn wp16_wp19_wp39_a_visitor_notices_no_note_by_bytes_by_frames_or_by_lengths() {
    let (silent, none) = plays(false).await;
    let (talked, markers) = plays(true).await;
    assert!(none.is_empty() && markers.len() > 15);
    let needles = Needles::new(&markers);
    for bytes in
        talked.frames.iter().map(Vec::as_slice).chain(talked.answers.iter().map(String::as_bytes))
    {
        assert_eq!(needles.find(bytes), [], "a note reached the visitor");
    }
    let shapes = |heard: &Heard| heard.frames.iter().map(|f| shape(f)).collect::<Vec<_>>();
    assert_eq!(shapes(&talked), shapes(&silent), "frames, by length and kind");
    let lengths = |heard: &Heard| heard.answers.iter().map(String::len).collect::<Vec<_>>();
    assert_eq!(lengths(&talked), lengths(&silent), "{:?}", talked.answers);
    assert!(silent.frames.len() > 10, "only {} frames", silent.frames.len());
}
