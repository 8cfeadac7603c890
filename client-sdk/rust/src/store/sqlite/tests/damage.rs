//! Files that are missing, damaged, or another's.

use std::fs;

use rejoinder_core::dice::Dice;
use rejoinder_core::replica::record::Write;
use rejoinder_core::sealing::SealingKey;

use super::super::{SqliteStore, read};
use super::{Scene, bytes, copy, folder, keys, open, refused, texts};
use crate::store::{Store, StoreError};

/// The store refuses to open and says this; its files stay as they are.
fn assert_refused(folder: &tempfile::TempDir, says: &[&str]) {
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap_or_default();
    let before = (read("client.db"), read("client.keyring"));
    let error = refused(folder);
    let StoreError::Damaged(problem) = &error else { panic!("{error:?}") };
    for what in says {
        assert!(problem.contains(what), "{problem}");
    }
    assert!(before == (read("client.db"), read("client.keyring")), "the files have changed");
}

#[test]
fn st17_a_store_is_open_in_one_place_at_a_time() {
    let folder = folder();
    let store = open(&folder);
    let shown = folder.path().display().to_string();
    assert_eq!(refused(&folder), StoreError::InUse(shown.clone()));
    // A program that knows nothing of the lock gets no reader in the way of erasing either.
    let other = rusqlite::Connection::open(folder.path().join("client.db")).unwrap();
    other.busy_timeout(std::time::Duration::ZERO).unwrap();
    assert!(other.query_row("SELECT count(*) FROM words", [], |_| Ok(())).is_err());
    drop(store);
    drop(open(&folder));
    // And one that is there first is named as the reason.
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(refused(&folder), StoreError::InUse(shown));
    drop(other);
    open(&folder);
}

#[cfg(unix)]
#[test]
fn st17_a_store_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = folder();
    let folder = parent.path().join("of/ann");
    let store = SqliteStore::open(&folder).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    drop(store);
}

#[test]
fn st6_a_keyring_of_another_database_is_refused_with_both_names() {
    let (mine, other) = (Scene::new(), Scene::new());
    let names = [&mine, &other].map(|scene| scene.open().keyring.owner().database.to_string());
    let ring = |scene: &Scene| scene.folder.path().join("client.keyring");
    let mixed = copy(mine.folder.path());
    fs::copy(ring(&other), mixed.path().join("client.keyring")).unwrap();
    assert_refused(&mixed, &[&names[0], &names[1]]);
    // The right one beside it again, and all is well.
    fs::copy(ring(&mine), mixed.path().join("client.keyring")).unwrap();
    mine.assert_before(&mut open(&mixed));
}

#[test]
fn st6_a_file_that_is_no_keyring_and_a_missing_one_are_refused() {
    let scene = Scene::new();
    let ring = scene.folder.path().join("client.keyring");
    fs::write(&ring, b"shopping list").unwrap();
    assert_refused(&scene.folder, &["client.keyring", "not a keyring"]);
    fs::remove_file(&ring).unwrap();
    assert_refused(&scene.folder, &["client.keyring is missing", "remove the folder"]);
    fs::write(&ring, vec![0; 65_536]).unwrap();
    assert_refused(&scene.folder, &["client.keyring is missing"]);
}

#[test]
fn st6_a_keyring_without_its_database_is_refused() {
    let scene = Scene::new();
    fs::remove_file(scene.folder.path().join("client.db")).unwrap();
    assert_refused(&scene.folder, &["client.keyring", "the database"]);
    assert_refused(&scene.folder, &["client.keyring", "the database"]);
}

#[test]
fn st17_a_store_that_was_never_finished_is_made_again() {
    let folder = folder();
    let device = open(&folder).saved().unwrap().device;
    // The database came to the disk, the keyring's bytes did not.
    fs::write(folder.path().join("client.keyring"), vec![0; 4_096]).unwrap();
    assert_eq!(open(&folder).saved().unwrap().device, device);
    fs::remove_file(folder.path().join("client.keyring")).unwrap();
    assert_eq!(open(&folder).saved().unwrap().device, device);
    // Not even the tables came to the disk.
    let folder = super::folder();
    let db = rusqlite::Connection::open(folder.path().join("client.db")).unwrap();
    db.pragma_update(None, "journal_mode", "WAL").unwrap();
    drop(db);
    open(&folder).saved().unwrap();
}

#[test]
fn st6_a_database_of_another_program_and_one_of_a_later_version_are_refused() {
    let other = folder();
    let path = other.path().join("client.db");
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    drop(db);
    assert_refused(&other, &["another program"]);

    let scene = Scene::new();
    let path = scene.folder.path().join("client.db");
    let db = rusqlite::Connection::open(&path).unwrap();
    db.pragma_update(None, "user_version", 2).unwrap();
    drop(db);
    assert_refused(&scene.folder, &["version 2", "newer program"]);

    fs::write(&path, b"shopping list").unwrap();
    assert_refused(&scene.folder, &["client.db", "remove the folder"]);
}

#[test]
fn st6_an_older_copy_of_either_file_brings_nothing_back() {
    let mut scene = Scene::new();
    let old = copy(scene.folder.path());
    let erased = keys(&mut scene.open());
    let writes = scene.recall_and_send();
    scene.open().commit(writes).unwrap();
    let kept: Vec<_> = keys(&mut scene.open()).into_iter().map(|(_, key)| key).collect();
    let erased: Vec<_> = erased.into_iter().filter(|(_, key)| !kept.contains(key)).collect();
    assert_eq!(erased.len(), 2);

    // The keyring from before the recall has the keys again, but no row has.
    let mixed = copy(scene.folder.path());
    fs::copy(old.path().join("client.keyring"), mixed.path().join("client.keyring")).unwrap();
    assert_eq!(texts(&mut open(&mixed), scene.document), ["second"]);
    let left = bytes(mixed.path());
    assert!(erased.iter().all(|(_, key)| super::count(&left, key) == 0));

    // The database from before the recall has the rows again, but no key has.
    let mixed = copy(scene.folder.path());
    fs::copy(old.path().join("client.db"), mixed.path().join("client.db")).unwrap();
    let mut store = open(&mixed);
    assert_eq!(texts(&mut store, scene.document), ["second"]);
    assert_eq!(store.document(scene.document).unwrap().drafts, []);
}

/// Damages the slot of a revision's key.
fn damage_slot(scene: &Scene, revision: &[u8; 16]) {
    let store = scene.open();
    let sql = "SELECT slot FROM words WHERE revision = ?1";
    let slot: u64 = store.db.query_row(sql, [revision], |row| row.get::<_, u32>(0)).unwrap().into();
    drop(store);
    let path = scene.folder.path().join("client.keyring");
    let mut ring = fs::read(&path).unwrap();
    ring[usize::try_from((slot + 1) * 64).unwrap() + 20] ^= 1;
    fs::write(&path, ring).unwrap();
}

#[test]
fn st4_damaged_words_are_left_out_unless_they_were_not_sent_yet() {
    let mut scene = Scene::new();
    let message = scene.cast.message();
    let confirmed = scene.cast.words(message, "confirmed");
    let unsent = scene.cast.words(message, "not sent yet");
    let waiting = scene.cast.sending(scene.document, &unsent);
    let elsewhere = scene.cast.timeline();
    let writes = vec![
        Write::Words(scene.document, confirmed.clone()),
        Write::Words(scene.document, unsent.clone()),
        Write::Waiting(scene.document, waiting),
        Write::Words(elsewhere, confirmed.clone()),
    ];
    scene.open().commit(writes).unwrap();

    damage_slot(&scene, confirmed.id.as_bytes());
    let mut store = scene.open();
    let there = texts(&mut store, scene.document).len() + texts(&mut store, elsewhere).len();
    assert_eq!(there, 4, "of five, the one whose key is damaged is left out");
    // Fetched again, they are there again.
    store.commit(vec![Write::Words(scene.document, confirmed.clone())]).unwrap();
    store.commit(vec![Write::Words(elsewhere, confirmed)]).unwrap();
    assert_eq!(texts(&mut store, scene.document).len(), 4);
    drop(store);

    damage_slot(&scene, unsent.id.as_bytes());
    // What is damaged is no orphan: it is kept as it is.
    let before = fs::read(scene.folder.path().join("client.keyring")).unwrap();
    let mut store = scene.open();
    assert!(fs::read(scene.folder.path().join("client.keyring")).unwrap() == before);
    let error = store.document(scene.document).unwrap_err();
    let StoreError::Damaged(problem) = &error else { panic!("{error:?}") };
    assert!(problem.contains(&unsent.id.to_string()), "{problem}");
    assert!(problem.contains("not sent yet"), "{problem}");
    assert_eq!(texts(&mut store, elsewhere), ["confirmed"]);
}

#[test]
fn st6_no_key_is_swept_for_a_damaged_database() {
    let scene = Scene::new();
    let mut store = scene.open();
    store.keyring.put(&SealingKey::from_bytes([5; 32]), &mut Dice::from_seed([1; 32])).unwrap();
    store.keyring.flush().unwrap();
    // An index that has lost an entry: the rows that are there are not all there were.
    store
        .db
        .execute_batch(
            "PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = 'CREATE INDEX words_of_message ON words (message)'
             WHERE name = 'words_of_message';",
        )
        .unwrap();
    drop(store);
    assert_refused(&scene.folder, &["client.db"]);
}

#[test]
fn st17_damage_anywhere_in_the_database_is_an_error_and_never_a_panic() {
    let scene = Scene::new();
    let sound = fs::read(scene.folder.path().join("client.db")).unwrap();
    let mut dice = Dice::from_seed([3; 32]);
    let mut noticed = 0;
    for _ in 0..150 {
        let mut damaged = sound.clone();
        for _ in 0..8 {
            let at = usize::try_from(dice.below(damaged.len() as u64)).unwrap();
            damaged[at] = dice.bytes::<1>()[0];
        }
        let folder = copy(scene.folder.path());
        fs::write(folder.path().join("client.db"), damaged).unwrap();
        let read = SqliteStore::open(folder.path()).and_then(|mut store| {
            store.saved()?;
            store.document(scene.document)?;
            store.commit(vec![Write::Recalled(scene.document, scene.first)])
        });
        noticed += usize::from(read.is_err());
    }
    println!("noticed {noticed} of 150");
}

#[test]
fn re6_the_database_itself_refuses_words_of_a_recalled_message() {
    let mut scene = Scene::new();
    let mut store = scene.open();
    store.commit(scene.recall_and_send()).unwrap();
    for sql in [
        "INSERT INTO words VALUES (1, x'01', ?1, 1, x'02', x'03')",
        "INSERT OR REPLACE INTO words VALUES (1, x'01', ?1, 1, x'02', x'03')",
        "INSERT INTO draft VALUES (1, ?1, 1, x'02', x'03')",
        "UPDATE words SET message = ?1",
        "UPDATE draft SET message = ?1",
    ] {
        let refused = store.db.execute(sql, [scene.first.as_bytes()]);
        assert!(refused.is_err(), "{sql}");
    }
    assert_eq!(read::pending(&store.db).unwrap(), []);
    scene.assert_after(&mut store);
}
