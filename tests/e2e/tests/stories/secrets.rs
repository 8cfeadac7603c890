//! What never reaches a visitor.

use std::time::Duration;

use rejoinder_core::conversation::layout::Priority;
use rejoinder_core::id::DocumentId;
use rejoinder_core::wire::{ClientFrame, Problem, ServerFrame};
use rejoinder_harness::client::Credential;
use rejoinder_harness::search::Needles;
use rejoinder_harness::{Forger, Raw, World};

#[tokio::test]
async fn wp19_no_byte_of_a_note_goes_to_a_visitor() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let bo = world.agent("bo").await;
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    bo.sees(chat, &["Hello?"]).await;
    let token = vera.client().token().await.unwrap().unwrap();
    let (mut raw, welcome) = Raw::enter(world.address(), Credential::Token(token)).await;
    let mut tab = Forger::new(welcome.principal, DocumentId::timeline(chat));
    tab.pulls(&mut raw).await;
    for document in [DocumentId::team(chat), DocumentId::timeline(chat)] {
        raw.open(document).await;
    }
    let mut markers = vec!["Spoken aloud to the visitor".to_owned()];
    for number in 0..50 {
        let marker = format!("note-for-us-alone-{number:03}");
        let note = ann.notes(chat, &marker).await;
        if number % 5 == 0 {
            let edited = format!("note-edited-{number:03}");
            ann.chat(chat).await.edit_note(note, edited.as_str()).await.unwrap();
            markers.push(edited);
        }
        if number % 7 == 0 {
            bo.chat(chat).await.set_priority(Priority::High).await.unwrap();
        }
        markers.push(marker);
    }
    let message = ann.says(chat, &markers[0]).await;
    world.settle().await;
    assert_eq!(bo.agent_view(chat).await.notes.len(), 50);
    tab.pulls(&mut raw).await;
    let revisions = tab.history.revisions(message).collect();
    raw.send(&ClientFrame::Want { document: DocumentId::timeline(chat), revisions }).await;
    raw.until(|f| matches!(f, ServerFrame::Revisions { .. }).then_some(())).await;
    raw.listen(Duration::from_millis(300)).await;
    let team = DocumentId::team(chat);
    let needles = Needles::new(&markers);
    let mut said = Vec::new();
    for bytes in raw.received() {
        said.extend(needles.find(bytes).into_iter().map(|(_, word, _)| word.to_owned()));
        let frame = ServerFrame::decode(bytes).unwrap();
        let refused =
            ServerFrame::Refused { document: Some(team), reason: Problem::UnknownConversation };
        assert!(frame == refused || !format!("{frame:?}").contains(&format!("{team:?}")));
        if let ServerFrame::Feed { rows, .. } = frame {
            assert!(rows.iter().all(|row| row.team.is_none()));
        }
    }
    assert_eq!(said, [markers[0].as_str()], "the search finds what is there, and nothing else");
    assert_eq!(needles.search(vera.folder()), [], "nor in the visitor's store");
}

#[tokio::test]
async fn wp11_words_are_never_pushed() {
    let world = World::start().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    let token = vera.client().token().await.unwrap().unwrap();
    let (mut raw, _) = Raw::enter(world.address(), Credential::Token(token)).await;
    raw.open(DocumentId::timeline(chat)).await;
    for number in 0..10 {
        ann.says(chat, &format!("words-unasked-{number:03}")).await;
    }
    ann.settles().await;
    raw.listen(Duration::from_millis(300)).await;
    let markers: Vec<_> = (0..10).map(|number| format!("words-unasked-{number:03}")).collect();
    let needles = Needles::new(&markers);
    assert!(raw.received().len() > 2, "entries and the feed came");
    assert!(raw.received().iter().all(|bytes| needles.find(bytes).is_empty()));
}
