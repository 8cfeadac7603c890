//! A visitor by hand.

use rejoinder_core::id::{ConversationId, DocumentId};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{ClientFrame, Credential};
use rejoinder_harness::{Forger, Letter, Raw, World};

/// A visitor by hand, with a conversation that is about to begin.
pub(crate) async fn visitor(world: &World) -> (Raw, Forger, String) {
    let (raw, welcome) = Raw::enter(world.address(), Credential::Visitor(world.site())).await;
    let nowhere = DocumentId::timeline(ConversationId::from_bytes([0; 16]));
    let mut dice = Forger::new(welcome.principal.clone(), nowhere).dice;
    let noon = Timestamp::from_millis(1_776_000_000_000);
    let chat = DocumentId::timeline(ConversationId::timed(noon, &mut dice));
    (raw, Forger::new(welcome.principal, chat), welcome.token.unwrap())
}

pub(crate) fn push(document: DocumentId, letters: &[Letter]) -> ClientFrame {
    let submissions = letters.iter().map(|letter| letter.submission.clone()).collect();
    let revisions = letters.iter().flat_map(|letter| letter.words.clone()).collect();
    ClientFrame::Push { document, submissions, revisions }
}
