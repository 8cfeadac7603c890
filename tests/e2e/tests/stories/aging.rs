//! Retention of long chats: words that grow old go in steps, and nobody waits for all of them.

use std::sync::Arc;

use rejoinder_core::authority::log::Row;
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::ConversationId;
use rejoinder_core::limits;
use rejoinder_core::time::Timestamp;
use rejoinder_harness::server::clock;
use rejoinder_harness::server::directory::SiteChange;
use rejoinder_harness::server::hub::{Then, Upkeep};
use rejoinder_harness::server::storage::Expired;
use rejoinder_harness::{Person, World, eventually};

fn in_days(days: i64) -> Timestamp {
    clock::now().plus_millis(days * 24 * 60 * 60_000)
}

/// Nothing of these words, as far as some of each step tell, is in any file of anybody.
async fn are_nowhere(world: &World, words: &[String]) {
    let words: Vec<_> = words.iter().step_by(61).cloned().collect();
    let look = async || world.search_files(&words);
    eventually("the words are in no file", look, |found| found.is_empty()).await;
}

/// A closed chat of as many messages, on a site that keeps words for thirty days, and who wrote it.
async fn long_chat(world: &World, many: usize) -> (Arc<Person>, ConversationId, Vec<String>) {
    let vera = world.visitor("vera").await;
    let old = vera.begins("asked").await;
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
    let (_vera, old, gone) = long_chat(&world, 3 * limits::ERASED_AT_ONCE).await;
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
    let (_vera, old, gone) = long_chat(&world, limits::ERASED_AT_ONCE + 20).await;
    let at = in_days(31);
    let expired = |world: &World| {
        let storage = world.local().server().hub().storage().clone();
        storage.expired(world.site(), in_days(1), 0, 10).unwrap()
    };
    let Expired { until, begun, .. } = expired(&world)[0];
    assert!(!begun);
    let what = Upkeep::Erase { authors: None, then: Then::Stays { until, begun } };
    let more = world.local().server().hub().keep_up(old, what, at).await;
    assert_eq!(more, Some(Some(at)), "there is more");
    assert_eq!(taken_back(&world), limits::ERASED_AT_ONCE);
    world.kill_server().await;
    world.start_server().await;
    // The newest that happened in it is a moment old.
    let stored = world.local().server().hub().storage().load(old).unwrap().unwrap();
    assert!(stored.rows.last().unwrap().at >= at);
    assert_eq!(expired(&world), [Expired { conversation: old, until, begun: true }]);
    world.local().sweeps(at).await;
    assert_eq!(expired(&world), []);
    assert_eq!(taken_back(&world), gone.len() + 1);
    are_nowhere(&world, &gone).await;
}
