//! Retention of long chats: words that grow old go in steps, and nobody waits for all of them.

use std::sync::Arc;

use rejoinder_core::authority::log::Row;
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::ConversationId;
use rejoinder_core::limits;
use rejoinder_core::time::Timestamp;
use rejoinder_harness::server::clock;
use rejoinder_harness::server::directory::SiteChange;
use rejoinder_harness::{Person, World, eventually};

fn in_days(days: i64) -> Timestamp {
    clock::now().plus_millis(days * 24 * 60 * 60_000)
}

/// Nothing of these words is in any file of anybody.
async fn are_nowhere(world: &World, words: &[String]) {
    let look = async || world.search_files(words);
    eventually("the words are in no file", look, |found| found.is_empty()).await;
}

/// Steps that taking back a long chat takes, at least.
const STEPS: usize = 6;

/// A closed chat that is taken back in many steps, on a site that keeps words for thirty days, and
/// who wrote it.
async fn long_chat(world: &World) -> (Arc<Person>, ConversationId, Vec<String>) {
    let vera = world.visitor("vera").await;
    let old = vera.begins("asked").await;
    let many = STEPS * limits::ERASED_AT_ONCE;
    let gone: Vec<_> = (0..many).map(|number| format!("marker-long-{number:04}-gone")).collect();
    for some in gone.chunks(limits::ERASED_AT_ONCE) {
        for words in some {
            vera.says(old, words).await;
        }
        vera.settles().await;
    }
    vera.closes(old).await;
    world.settle().await;
    let thirty = SiteChange { retention_days: Some(Some(30)), ..SiteChange::default() };
    world.directory().change_site(world.site(), thirty).unwrap();
    (vera, old, gone)
}

/// How many messages were taken back.
fn taken_back(world: &World) -> usize {
    let newest = world.local().server().hub().storage().newest_erasure().unwrap();
    usize::try_from(newest).unwrap()
}

#[tokio::test]
async fn lc6_a_long_chat_is_taken_back_in_steps_and_others_come_in_between() {
    let world = World::start().await;
    let ann = world.agent("ann").await;
    let (_vera, old, gone) = long_chat(&world).await;
    ann.notes(old, "before").await;
    ann.settles().await;
    let sweeping = world.local().begins_to_sweep(in_days(31));
    let mut written = 0;
    while !sweeping.is_finished() {
        ann.notes(old, "meanwhile").await;
        ann.settles().await;
        written += 1;
    }
    sweeping.await.unwrap().unwrap();
    assert!(written > 1);
    let stored = world.local().server().hub().storage().load(old).unwrap().unwrap();
    let is_recall = |row: &Row| matches!(row.operation, Operation::Recall { .. });
    let recalls: Vec<_> = (0..).zip(&stored.rows).filter(|(_, row)| is_recall(row)).collect();
    assert_eq!(recalls.len(), gone.len() + 2, "and what came with it");
    // Nobody waited for more than a step of it.
    let between = recalls.windows(2).filter(|pair| pair[0].0 + 1 < pair[1].0).count();
    assert!(between > 0, "{written} notes, none of them in between");
    let runs = stored.rows.split(|row| !is_recall(row)).map(<[Row]>::len);
    assert!(runs.max() < Some(gone.len()));
    are_nowhere(&world, &gone).await;
    // What was written meanwhile is not old.
    let mut notes = vec!["(recalled)"];
    notes.extend(vec!["meanwhile"; written]);
    ann.sees_notes(old, &notes).await;
    let before = taken_back(&world);
    world.local().sweeps(in_days(31)).await;
    assert_eq!(taken_back(&world), before);
}

#[tokio::test]
async fn lc6_what_a_crash_left_of_a_long_chat_is_not_young_again() {
    let mut world = World::start().await;
    let (_vera, old, gone) = long_chat(&world).await;
    let at = in_days(31);
    let sweeping = world.local().begins_to_sweep(at);
    let begun = async || taken_back(&world);
    eventually("it is begun", begun, |taken| *taken > 0).await;
    sweeping.abort();
    world.kill_server().await;
    world.start_server().await;
    let left = gone.len() + 1 - taken_back(&world);
    assert!(left > 0, "the crash came too late");
    let summary = world.local().server().hub().storage().load(old).unwrap().unwrap();
    assert!(summary.rows.last().unwrap().at > at.plus_millis(-1_000), "it was just taken back");
    world.local().sweeps(at).await;
    assert_eq!(taken_back(&world), gone.len() + 1);
    are_nowhere(&world, &gone).await;
}
