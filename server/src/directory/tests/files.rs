//! Stories of files: what they hold, whose they are, and how they come back.

use rejoinder_core::principal::AgentRole;
use rusqlite::Connection;
use tempfile::TempDir;

use super::super::{
    Availability, FILE, Present, RestoredDirectory, Routing, Scope, TokenHash, WhichVisitors,
    restore as restore_directory,
};
use super::{Directory, PASSWORD, Rates, World, disabled};

#[test]
fn st14_no_file_ever_holds_a_token_or_a_password() {
    let world = World::new();
    let session = world.logs_in("olga", PASSWORD).unwrap();
    let token = session.token.clone().unwrap();
    assert_eq!(TokenHash::of(&token), session.token_hash);
    assert!(!format!("{session:?}").contains(&token));
    for entry in std::fs::read_dir(world.folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for secret in [token.as_bytes(), PASSWORD.as_bytes()] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        }
    }
}

#[test]
fn st15_a_backup_made_while_others_write_is_a_directory_too() {
    let world = World::new();
    let shop = world.site("Shop");
    let backup = TempDir::new().unwrap();
    let target = backup.path().join(FILE);
    world.directory.backup(&target).unwrap();
    world.site("Later");
    assert!(world.directory.backup(&target).is_err(), "nothing is overwritten");

    let restored = Directory::open(backup.path(), Rates::default()).unwrap();
    assert_eq!(restored.sites().unwrap(), [shop]);
    assert_eq!(restored.damages().unwrap(), Vec::<String>::new());
}

#[test]
fn a_restore_keeps_a_sound_directory_and_replaces_a_damaged_one() {
    let world = World::new();
    let bo = world.agent("bo", AgentRole::Agent, &[]);
    let backup = TempDir::new().unwrap();
    world.directory.backup(&backup.path().join(FILE)).unwrap();
    world.changes(bo.participant, &disabled(true));
    let World { directory, folder } = world;
    drop(directory);
    let restore = |present| restore_directory(backup.path(), folder.path(), present);
    let is_disabled = || {
        let directory = Directory::open(folder.path(), Rates::default()).unwrap();
        directory.agent(bo.participant).unwrap().unwrap().disabled
    };
    assert_eq!(restore(Present::Stays).unwrap(), RestoredDirectory::Kept);
    assert!(is_disabled(), "a backup lets nobody in again");
    assert_eq!(restore(Present::Goes).unwrap(), RestoredDirectory::Taken);
    assert!(!is_disabled());

    std::fs::write(folder.path().join(FILE), "damaged").unwrap();
    assert_eq!(restore(Present::Stays).unwrap(), RestoredDirectory::Taken);
    assert!(!is_disabled());

    std::fs::write(backup.path().join(FILE), "damaged".repeat(999)).unwrap();
    assert!(restore(Present::Goes).unwrap_err().to_string().contains("damaged"));
    assert!(!is_disabled(), "nothing was changed");
}

#[test]
fn files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("data");
    let directory = Directory::create(&folder, Rates::default()).unwrap();
    let backup = parent.path().join("backup.db");
    directory.backup(&backup).unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(directory.path()), 0o600);
    assert_eq!(mode(&backup), 0o600);
}

#[test]
fn a_folder_without_a_directory_says_what_to_do() {
    let folder = TempDir::new().unwrap();
    let open = || Directory::open(folder.path(), Rates::default()).unwrap_err();
    assert!(open().to_string().contains("run `rejoinder init` first"));

    std::fs::write(folder.path().join(FILE), "not a database, but long enough".repeat(99)).unwrap();
    assert!(open().to_string().contains("damaged: directory.db"), "{}", open());
}

#[test]
fn rt17_a_folder_of_an_earlier_program_opens_with_all_that_was_in_it() {
    let folder = TempDir::new().unwrap();
    let old = Connection::open(folder.path().join(FILE)).unwrap();
    old.execute_batch(include_str!("../schema_1.sql")).unwrap();
    old.execute_batch(
        "PRAGMA user_version = 1;
         INSERT INTO site VALUES (zeroblob(16), 'Shop', 'https://shop.example', 'live_chat', 1,
                                  'any', 'last', 0, 1, 5);
         INSERT INTO agent VALUES (randomblob(16), 'olga@example.com', 'Olga', 'owner', NULL, 0, 5);
         INSERT INTO visitor VALUES (randomblob(16), zeroblob(16), 5);",
    )
    .unwrap();
    drop(old);
    for _ in 0..2 {
        let directory = Directory::open(folder.path(), Rates::default()).unwrap();
        let (sites, agents) = (directory.sites().unwrap(), directory.agents().unwrap());
        assert_eq!((sites[0].name.as_str(), sites[0].chat_limit, sites[0].version), ("Shop", 5, 1));
        assert_eq!((sites[0].routing, sites[0].close_after_minutes), (Routing::PickUp, None));
        assert_eq!(sites[0].former_since, None);
        assert_eq!((agents[0].name.as_str(), agents[0].chat_limit), ("Olga", None));
        assert_eq!(agents[0].availability, Availability::Online);
        let which = WhichVisitors {
            scope: Scope::All,
            site: None,
            email: None,
            blocked: None,
            after: None,
            at_most: 10,
        };
        let visitors = directory.visitors(&which).unwrap().items;
        assert!(!visitors[0].blocked && visitors[0].attributes.is_empty());
        assert_eq!(directory.damages().unwrap(), Vec::<String>::new());
    }
}
