//! The real program: backups, their way back, what is damaged, and what leaves the server.

use crate::folder::{Folder, OWNER};
use rejoinder_server::storage::sqlite::{Options, Sqlite};

const NOWHERE: &str = "0190163d-8694-739b-aea5-966c26f8ad91";

#[test]
fn a_fresh_folder_is_sound() {
    let folder = Folder::begun();
    let report = folder.run(&["verify", "--json"]).succeeds().json();
    assert_eq!((&report["ok"], &report["conversations"]), (&true.into(), &0.into()));
    assert!(folder.run(&["verify"]).succeeds().out.ends_with("sound\n"));
}

#[test]
fn damage_is_named_and_is_a_failure() {
    let folder = Folder::begun();
    std::fs::write(folder.data().join("rejoinder.db"), "not a database".repeat(999)).unwrap();
    let said = folder.run(&["verify"]);
    assert!(said.out.contains("rejoinder.db: cannot be read"), "{said:?}");
    said.fails_with_result(1, "rejoinder: 1 problem was found");

    std::fs::write(folder.data().join("directory.db"), "not a database".repeat(999)).unwrap();
    folder.run(&["verify"]).fails(1, "damaged: directory.db");
    folder.run(&["agent", "list"]).fails(1, "damaged: directory.db");
}

#[test]
fn st15_a_backup_is_taken_while_serving_and_warns_of_the_keyring() {
    let folder = Folder::begun();
    let _server = Sqlite::open(&Options::new(folder.data())).unwrap();
    let (to, keyring) = (folder.beside("backup"), folder.beside("keys"));
    let said = folder.run(&["backup", "--to", &to, "--keyring", &keyring, "--json"]).succeeds();
    assert!(said.err.contains("keep it apart from every backup"), "{}", said.err);
    let json = said.json();
    for file in ["database", "directory", "keyring"] {
        assert!(std::fs::metadata(json[file].as_str().unwrap()).unwrap().len() > 0, "{file}");
    }
    let names = std::fs::read_dir(&to).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.collect();
    names.sort();
    assert_eq!(names, ["directory.db", "rejoinder.db"], "neither keyring nor ledger");
    folder.run(&["backup", "--to", &to]).fails(1, "is there already: choose another place");
    folder.run(&["verify"]).succeeds();
}

#[test]
fn st16_a_restore_begins_a_new_epoch_each_time() {
    let folder = Folder::begun();
    let (to, keyring) = (folder.beside("backup"), folder.beside("keys"));
    folder.run(&["backup", "--to", &to, "--keyring", &keyring]).succeeds();
    let restore = |data: &str| {
        let flags = ["restore", "--json", "--from", &to, "--keyring", &keyring, "--data", data];
        folder.bare(&flags).succeeds().json()
    };
    let (first, second) = (folder.beside("first"), folder.beside("second"));
    let (one, other) = (restore(&first), restore(&second));
    assert_ne!(one["epoch"], other["epoch"]);
    assert_eq!((&one["directory"], &one["keys"]), (&"taken".into(), &"given".into()));
    let agents = folder.bare(&["agent", "list", "--data", &first]).succeeds().out;
    assert!(agents.contains(OWNER), "{agents}");
    folder.bare(&["verify", "--data", &second]).succeeds();
}

#[test]
fn a_restore_lets_nobody_in_again_unless_it_is_told_to() {
    let folder = Folder::begun();
    let robot = ["agent", "add", "--email=r@example.com", "--name=R", "--role=admin", "--token"];
    folder.run(&robot).succeeds();
    let to = folder.beside("backup");
    folder.run(&["backup", "--to", &to]).succeeds();
    folder.run(&["agent", "disable", "r@example.com"]).succeeds();

    let kept = folder.run(&["restore", "--from", &to, "--json"]).succeeds().json();
    assert_eq!((&kept["directory"], &kept["keys"]), (&"kept".into(), &"kept".into()));
    assert!(folder.run(&["agent", "list"]).succeeds().out.contains("disabled"));

    let taken = folder.run(&["restore", "--from", &to, "--replace-directory"]).succeeds();
    assert!(taken.err.contains("are let in again"), "{}", taken.err);
    assert!(!folder.run(&["agent", "list"]).succeeds().out.contains("disabled"));
}

#[test]
fn what_cannot_be_restored_or_backed_up_is_named() {
    let folder = Folder::begun();
    let nothing = folder.beside("nothing");
    folder.run(&["restore", "--from", &nothing]).fails(1, "nothing holds no rejoinder.db");
    folder.run(&["restore"]).fails(2, "--from <DIR>");
    folder.run(&["backup"]).fails(2, "--to <DIR>");
    let _server = Sqlite::open(&Options::new(folder.data())).unwrap();
    let to = folder.beside("backup");
    folder.run(&["backup", "--to", &to]).succeeds();
    folder.run(&["restore", "--from", &to]).fails(1, "in use by another process");
}

#[test]
fn a_conversation_to_export_is_named_by_its_id_and_must_be_there() {
    let folder = Folder::begun();
    folder.run(&["export", "hello"]).fails(2, "'hello' is not a conversation id");
    folder.run(&["export", NOWHERE]).fails(1, &format!("there is no conversation {NOWHERE}"));
    let _server = Sqlite::open(&Options::new(folder.data())).unwrap();
    folder.run(&["export", NOWHERE]).fails(1, "in use by another process: stop that one first");
}
