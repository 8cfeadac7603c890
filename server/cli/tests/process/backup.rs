//! Yesterday's backup with today's ledger.

use rejoinder_harness::World;
use rejoinder_harness::client::Words;

use crate::command::{PROGRAM, is_sound, run};

#[tokio::test]
async fn re11_after_a_restore_nothing_recalled_comes_back_and_nothing_accepted_is_lost() {
    let mut world = World::start_program(PROGRAM, &[]).await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let bo = world.agent("bo").await;
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    let early = ann.says(chat, "recalled-before-the-backup").await;
    let late = ann.says(chat, "recalled-after-the-backup").await;
    let edited = ann.says(chat, "edited-after-the-backup").await;
    let note = ann.notes(chat, "noted-before-the-backup").await;
    ann.recalls(chat, early).await;
    bo.sees(
        chat,
        &["Hello?", "(recalled)", "recalled-after-the-backup", "edited-after-the-backup"],
    )
    .await;
    world.settle().await;

    let (to, keyring) = (world.beside("backup"), world.beside("backup.keyring"));
    let (to, keyring) = (to.to_str().unwrap(), keyring.to_str().unwrap());
    run(&world, &["backup", "--to", to, "--keyring", keyring]);

    ann.recalls(chat, late).await;
    ann.chat(chat).await.recall_note(note).await.unwrap();
    ann.edits(chat, edited, "The newer words").await;
    vera.says(chat, "Said after the backup").await;
    world.settle().await;
    // Away when the server loses a day, with something on its mind.
    bo.goes_offline().await;
    bo.notes(chat, "Written meanwhile").await;
    let second = vera.client().begin().await.unwrap();
    second.send("Begun after the backup").await.unwrap();
    world.settle().await;

    world.stop_server().await;
    let before = epoch(&world);
    run(&world, &["restore", "--from", to, "--keyring", keyring]);
    assert_ne!(epoch(&world), before, "it is another life");
    is_sound(&world);
    world.start_server().await;
    vera.settles().await;
    ann.settles().await;
    bo.comes_back().await;
    world.settle().await;

    let witness = world.supervisor("sue").await;
    let all = ["Hello?", "(recalled)", "(recalled)", "The newer words", "Said after the backup"];
    for person in [&vera, &ann, &bo, &witness] {
        person.sees(chat, &all).await;
    }
    witness.sees_notes(chat, &["(recalled)", "Written meanwhile"]).await;
    witness.sees(second.id(), &["Begun after the backup"]).await;
    let messages = witness.view(chat).await.messages;
    let recalled = messages.iter().filter(|message| message.words == Words::Recalled).count();
    assert_eq!(recalled, 2);
    world.settle().await;
    let gone = ["recalled-before-the-backup", "recalled-after-the-backup"];
    let gone = [&gone[..], &["noted-before-the-backup", "edited-after-the-backup"]].concat();
    let gone: Vec<_> = gone.into_iter().map(str::to_owned).collect();
    assert_eq!(world.search_files(&gone), []);
    world.stop_server().await;
    is_sound(&world);
}

fn epoch(world: &World) -> Vec<u8> {
    let database = rusqlite::Connection::open(world.data().join("rejoinder.db")).unwrap();
    database.query_row("SELECT epoch FROM meta", [], |row| row.get(0)).unwrap()
}
