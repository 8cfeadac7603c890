//! What somebody can make a server hold in memory: in a process of its own, one after the other.
#![expect(clippy::unwrap_used, reason = "it serves tests only")]

#[path = "../hardening/visitor.rs"]
mod visitor;

use std::time::Duration;

use rejoinder_core::id::{MessageId, RevisionId};
use rejoinder_core::limits;
use rejoinder_core::wire::{ClientFrame, ServerFrame};
use rejoinder_harness::{Letter, World, memory};
use tokio::sync::Mutex;

use visitor::{push, visitor};

static ALONE: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wp34_what_one_connection_pushes_fills_no_memory() {
    let _alone = ALONE.lock().await;
    let world = World::start_strict().await;
    let (mut raw, mut forger, _) = visitor(&world).await;
    let document = forger.document();
    let begun = forger.writes("Hello?");
    raw.pushes(document, &[begun]).await;
    let Some(before) = memory() else { return };
    // Words that nothing names, as large as a frame may be.
    let letter = forger.writes("And so on");
    let words = letter.words[0].clone();
    let heavy = (0..4_u8).map(|n| {
        let mut words = words.clone();
        words.id = RevisionId::from_bytes([n; 16]);
        words.message = MessageId::from_bytes([n; 16]);
        words.body = vec![b'x'; 60 * 1024];
        words
    });
    let letter = Letter { words: heavy.collect(), ..letter };
    let frame = push(document, &[letter]).encode();
    let mut most = 0;
    for _ in 0..400 {
        raw.send_bytes(frame.clone()).await;
        most = most.max(memory().unwrap().saturating_sub(before));
    }
    assert!(most < 48 * 1024 * 1024, "{} MiB for 95 MiB of pushes", most / 1024 / 1024);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wp17_who_asks_for_megabytes_of_words_and_reads_none_fills_no_memory() {
    let _alone = ALONE.lock().await;
    let world = World::start_strict().await;
    let (mut raw, mut forger, _) = visitor(&world).await;
    let document = forger.document();
    let long = "\u{1f600}".repeat(limits::TEXT_CHARACTERS);
    let mut revisions = Vec::new();
    for _ in 0..40 {
        let letters: Vec<_> = (0..6).map(|_| forger.writes(&long)).collect();
        revisions.extend(letters.iter().map(|letter| letter.words[0].id));
        raw.pushes(document, &letters).await;
    }
    let Some(before) = memory() else { return };
    let mut most = 0;
    for _ in 0..10 {
        raw.send(&ClientFrame::Want { document, revisions: revisions.clone() }).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        most = most.max(memory().unwrap().saturating_sub(before));
    }
    assert!(most < 16 * 1024 * 1024, "{} KiB for 9 MiB of words", most / 1024);
    // The connection ends with when to come again; what was sent before is read.
    let retry = |frame| matches!(frame, ServerFrame::Retry { .. }).then_some(());
    raw.until(retry).await;
}
