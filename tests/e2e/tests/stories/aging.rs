//! Retention of long chats: words that grow old go in steps, and nobody waits for all of them.

use std::sync::Arc;

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

/// What of the site is to be taken back for its age.
fn expired(world: &World) -> Vec<Expired> {
    world.local().server().hub().storage().expired(world.site(), in_days(1), 0, 10).unwrap()
}

/// The server takes the first step of it, and no other.
async fn takes_a_step(world: &World, at: Timestamp) {
    let [Expired { conversation, until, begun: false }] = expired(world)[..] else {
        panic!("{:?}", expired(world))
    };
    let what = Upkeep::Erase { authors: None, then: Then::Stays { until, begun: false } };
    let more = world.local().server().hub().keep_up(conversation, what, at).await;
    assert_eq!(more, Some(Some(at)), "there is more");
    assert_eq!(taken_back(world), limits::ERASED_AT_ONCE, "nobody waits for longer than that");
}

#[tokio::test]
async fn lc6_a_long_chat_is_taken_back_in_steps_and_others_come_in_between() {
    let world = World::start().await;
    let ann = world.agent("ann").await;
    let (_vera, old, gone) = long_chat(&world, 2 * limits::ERASED_AT_ONCE).await;
    ann.notes(old, "before").await;
    ann.settles().await;
    let version = || world.local().server().hub().storage().load(old).unwrap().unwrap().version;
    let (at, before) = (in_days(31), version());
    takes_a_step(&world, at).await;
    ann.notes(old, "meanwhile").await;
    ann.settles().await;
    assert_eq!(taken_back(&world), limits::ERASED_AT_ONCE, "it was not waited for");
    // Each step is asked for by itself: it stands behind what others asked.
    world.local().sweeps(at).await;
    assert!(version() >= before + 4, "three steps and a note");
    let all = gone.len() + ["asked", "before"].len();
    assert_eq!(taken_back(&world), all);
    are_nowhere(&world, &gone).await;
    // What was written meanwhile is not old.
    ann.sees_notes(old, &["(recalled)", "meanwhile"]).await;
    world.local().sweeps(at).await;
    assert_eq!((taken_back(&world), expired(&world)), (all, Vec::new()));
}

#[tokio::test]
async fn lc6_what_a_crash_left_of_a_long_chat_is_not_young_again() {
    let mut world = World::start().await;
    let (_vera, old, gone) = long_chat(&world, limits::ERASED_AT_ONCE + 20).await;
    let (at, was) = (in_days(31), expired(&world)[0]);
    takes_a_step(&world, at).await;
    world.kill_server().await;
    world.start_server().await;
    // The newest that happened in it is a moment old.
    let stored = world.local().server().hub().storage().load(old).unwrap().unwrap();
    assert!(stored.rows.last().unwrap().at >= at);
    assert_eq!(expired(&world), [Expired { begun: true, ..was }]);
    world.local().sweeps(at).await;
    assert_eq!(expired(&world), []);
    assert_eq!(taken_back(&world), gone.len() + 1);
    are_nowhere(&world, &gone).await;
}
