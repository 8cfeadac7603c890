//! A process that ends between any two steps, and media that fail there.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use rejoinder_core::replica::record::Write;
use tempfile::TempDir;

use super::super::step::{Step, Watch};
use super::super::{SqliteStore, read};
use super::{Scene, assert_settled, bytes, copy, count, draft, keys};
use crate::store::contract::entries;
use crate::store::{Store, StoreError};

type Crashes = Arc<Mutex<Vec<(Step, TempDir)>>>;

/// Copies the folder at each step from now on.
fn crashing(folder: &Path) -> (Watch, Crashes) {
    let crashes = Crashes::default();
    let (folder, kept) = (folder.to_owned(), crashes.clone());
    let on = move |step| kept.lock().unwrap().push((step, copy(&folder)));
    (Watch { on: Some(Box::new(on)), ..Watch::default() }, crashes)
}

/// What a crash after each step of a commit leaves.
fn crashes_of(scene: &Scene, writes: Vec<Write>) -> Vec<(Step, TempDir)> {
    let (watch, crashes) = crashing(scene.folder.path());
    let mut store = scene.open();
    store.watch = watch;
    store.commit(writes).unwrap();
    let crashes = std::mem::take(&mut *crashes.lock().unwrap());
    let steps: Vec<Step> = crashes.iter().map(|(step, _)| *step).collect();
    let all = [
        Step::Written,
        Step::Flushed,
        Step::Committed,
        Step::Shredded,
        Step::Forgotten,
        Step::Truncated,
    ];
    assert_eq!(steps, all);
    crashes
}

#[test]
fn st17_a_crash_between_any_two_steps_of_a_commit_is_finished_at_the_next_start() {
    let mut scene = Scene::new();
    let erased: Vec<[u8; 32]> = {
        let mut store = scene.open();
        let message = scene.first.as_bytes().to_vec();
        let sql = "SELECT key FROM words WHERE message = ?1
                   UNION ALL SELECT key FROM draft WHERE message = ?1";
        let ids: Vec<[u8; 16]> = store
            .db
            .prepare(sql)
            .unwrap()
            .query_map([message], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let of_first = |slot: &rejoinder_core::keyring::Slot| ids.contains(slot.key.as_bytes());
        keys(&mut store).into_iter().filter(|(slot, _)| of_first(slot)).map(|(_, k)| k).collect()
    };
    assert_eq!(erased.len(), 2);
    let writes = scene.recall_and_send();
    for (step, folder) in crashes_of(&scene, writes) {
        let mut store = SqliteStore::open(folder.path()).unwrap();
        if matches!(step, Step::Written | Step::Flushed) {
            scene.assert_before(&mut store);
        } else {
            scene.assert_after(&mut store);
            let left = bytes(folder.path());
            assert!(erased.iter().all(|key| count(&left, key) == 0), "{step:?}");
        }
    }
}

#[test]
fn st17_a_crash_while_a_crash_is_finished_is_finished_too() {
    let mut scene = Scene::new();
    let writes = scene.recall_and_send();
    for (step, folder) in crashes_of(&scene, writes) {
        let (watch, crashes) = crashing(folder.path());
        drop(SqliteStore::open_watched(folder.path(), watch).unwrap());
        let crashes = std::mem::take(&mut *crashes.lock().unwrap());
        assert_eq!(crashes.len(), 3, "keys are shredded, the list cleared, the log truncated");
        for (_, again) in crashes {
            let mut store = SqliteStore::open(again.path()).unwrap();
            match step {
                Step::Written | Step::Flushed => scene.assert_before(&mut store),
                _ => scene.assert_after(&mut store),
            }
        }
    }
}

#[test]
fn re18_a_crash_between_any_two_steps_of_a_wipe_leaves_all_or_nothing() {
    let scene = Scene::new();
    let former = scene.open().saved().unwrap().device;
    let all = keys(&mut scene.open());
    let wipe_and_start = vec![Write::Wipe, draft(scene.document, None, "afterwards")];
    for (step, folder) in crashes_of(&scene, wipe_and_start) {
        let mut store = SqliteStore::open(folder.path()).unwrap();
        if matches!(step, Step::Written | Step::Flushed) {
            scene.assert_before(&mut store);
            assert_eq!(store.saved().unwrap().device, former);
        } else {
            let saved = store.saved().unwrap();
            assert!(saved.identity.is_none() && saved.device != former);
            let document = store.document(scene.document).unwrap();
            assert!(document.words.is_empty() && document.entries.is_empty());
            assert_eq!(document.drafts, [(None, "afterwards".to_owned())]);
            assert_settled(&store);
            let left = bytes(folder.path());
            assert!(all.iter().all(|(_, key)| count(&left, key) == 0), "{step:?}");
        }
    }
}

#[test]
fn st5_keys_whose_rows_never_came_are_overwritten_at_the_next_start() {
    let mut scene = Scene::new();
    let writes = scene.recall_and_send();
    let (_, crashed) = crashes_of(&scene, writes).swap_remove(1);
    let before = keys(&mut scene.open()).len();
    let ring = std::fs::read(crashed.path().join("client.keyring")).unwrap();
    let slots = |ring: &[u8]| {
        ring.as_chunks::<64>().0.iter().skip(1).filter(|slot| slot.iter().any(|&b| b != 0)).count()
    };
    assert_eq!(slots(&ring), 6, "four keys with rows, and the two that wait for theirs");
    let mut store = SqliteStore::open(crashed.path()).unwrap();
    scene.assert_before(&mut store);
    assert_eq!(slots(&std::fs::read(crashed.path().join("client.keyring")).unwrap()), 4);
    assert_eq!(before, 4);
}

#[test]
fn st17_a_full_disk_refuses_a_list_and_changes_nothing() {
    let mut scene = Scene::new();
    let mut store = scene.open();
    let pages: i64 = store.db.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    let limit = |store: &SqliteStore, pages: i64| {
        store.db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
    };
    limit(&store, pages);
    let mut writes = scene.recall_and_send();
    writes.push(Write::Entries(scene.document, entries(4..=2_000)));
    assert_eq!(store.commit(writes.clone()), Err(StoreError::Full));
    scene.assert_before(&mut store);
    // Reading goes on, and what fits is still written.
    store.commit(vec![draft(scene.document, Some(scene.first), "typed")]).unwrap();
    drop(store);
    let mut store = scene.open();
    scene.assert_before(&mut store);
    limit(&store, i64::from(i32::MAX));
    writes.pop();
    store.commit(writes).unwrap();
    scene.assert_after(&mut store);
}

#[test]
fn st17_a_keyring_that_cannot_be_written_refuses_a_list_and_changes_nothing() {
    let mut scene = Scene::new();
    let watch = Watch::default();
    let fails = watch.keyring_fails.clone();
    let mut store = SqliteStore::open_watched(scene.folder.path(), watch).unwrap();
    let writes = scene.recall_and_send();
    fails.store(true, Ordering::SeqCst);
    assert_eq!(store.commit(writes.clone()), Err(StoreError::Full));
    scene.assert_before(&mut store);
    // It takes the keys, but does not flush them.
    fails.store(false, Ordering::SeqCst);
    let (on_written, again) = (fails.clone(), fails.clone());
    store.watch.on = Some(Box::new(move |step| {
        on_written.store(step == Step::Written, Ordering::SeqCst);
    }));
    assert_eq!(store.commit(writes.clone()), Err(StoreError::Full));
    again.store(false, Ordering::SeqCst);
    store.watch.on = None;
    drop(store);
    let mut store = scene.open();
    scene.assert_before(&mut store);
    store.commit(writes).unwrap();
    scene.assert_after(&mut store);
}

#[test]
fn re17_keys_that_could_not_be_overwritten_are_before_anything_else_is_answered() {
    let mut scene = Scene::new();
    let watch = Watch::default();
    let fails = watch.keyring_fails.clone();
    let mut store = SqliteStore::open_watched(scene.folder.path(), watch).unwrap();
    let writes = scene.recall_and_send();
    let on_committed = fails.clone();
    store.watch.on = Some(Box::new(move |step| {
        on_committed.store(step == Step::Committed, Ordering::SeqCst);
    }));
    let error = store.commit(writes).unwrap_err();
    assert!(matches!(&error, StoreError::Failed(why) if why.contains("the next call")), "{error}");
    store.watch.on = None;
    assert!(matches!(store.saved(), Err(StoreError::Failed(_))));
    assert!(matches!(store.document(scene.document), Err(StoreError::Failed(_))));
    assert!(matches!(store.commit(Vec::new()), Err(StoreError::Failed(_))));
    assert_eq!(read::pending(&store.db).unwrap().len(), 2);
    fails.store(false, Ordering::SeqCst);
    scene.assert_after(&mut store);
}

#[test]
fn re17_a_list_that_cannot_be_cleared_keeps_no_words_and_is_cleared_later() {
    let mut scene = Scene::new();
    let mut store = scene.open();
    let stuck = "CREATE TEMP TRIGGER stuck BEFORE DELETE ON erasure_pending
                 BEGIN SELECT RAISE(ABORT, 'stuck'); END";
    store.db.execute_batch(stuck).unwrap();
    store.commit(scene.recall_and_send()).unwrap();
    assert_eq!(read::pending(&store.db).unwrap().len(), 2);
    assert_eq!(store.keyring.keys().collect::<BTreeSet<_>>(), read::needed(&store.db).unwrap());
    store.db.execute_batch("DROP TRIGGER stuck").unwrap();
    scene.assert_after(&mut store);
    let log = scene.folder.path().join("client.db-wal");
    assert_eq!(std::fs::metadata(log).unwrap().len(), 0);
}
