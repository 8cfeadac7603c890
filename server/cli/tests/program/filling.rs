//! Demo data: made by the parts that decide and keep, and sound.

use std::collections::BTreeSet;

use rejoinder_core::conversation::layout::Status;
use rejoinder_server::clock::now;
use rejoinder_server::directory::{Directory, Rates};
use rejoinder_server::report::{Asked, Calendar, count};
use rejoinder_server::storage::sqlite::{Options, Sqlite};
use rejoinder_server::storage::{Filter, Storage};

use crate::folder::Folder;

const DAY: i64 = 86_400_000;

#[test]
fn rt60_demo_data_is_sound_and_has_some_of_everything() {
    let folder = Folder::empty();
    let said = folder.run(&["demo", "--conversations=100"]).succeeds().out;
    assert!(said.starts_with("100 conversations with ") && said.contains("sven@demo.example"));
    let report = folder.run(&["verify", "--json"]).succeeds().json();
    assert_eq!((&report["ok"], &report["conversations"]), (&true.into(), &100.into()));

    let directory = Directory::open(&folder.data(), Rates::default()).unwrap();
    assert!(directory.agents().unwrap().len() > 5 && directory.sites().unwrap().len() == 2);
    assert!(!directory.categories().unwrap().is_empty());
    assert!(!directory.canned_responses().unwrap().is_empty());
    let storage = Sqlite::open(&Options::new(folder.data())).unwrap();
    let all = storage.conversations(&Filter::default(), u64::MAX, 1_000).unwrap();
    let open = all.iter().filter(|entry| !entry.summary.closed);
    let open: BTreeSet<Status> = open.map(|entry| entry.summary.status).collect();
    assert_eq!(open, Status::ALL.iter().copied().collect(), "one of each status is open");
    assert!(all.iter().any(|entry| entry.summary.timeline.0 > 2_000), "one is long");
    let now = now();
    assert!(all.iter().all(|entry| entry.summary.at <= now), "nothing is of the future");

    let agents: BTreeSet<_> =
        directory.agents().unwrap().into_iter().map(|agent| agent.participant).collect();
    let day = |before: i64| {
        let day = Calendar::day_at(now.plus_millis(-before * DAY), "UTC").unwrap();
        day.days().next().unwrap()
    };
    let calendar = Calendar::new(&day(31), &day(0), "UTC").unwrap();
    let asked = Asked { sites: None, agent: None, agents: &agents, calendar: &calendar };
    let counted = count(&storage, &asked).unwrap();
    assert_eq!((counted.total.begun, counted.total.closed), (100, 96));
    assert!(counted.total.edits > 0 && counted.total.recalls > 0 && counted.total.notes > 0);
    let busy = counted.days.iter().filter(|day| day.begun > 0).count();
    assert!(busy > 15, "spread over {busy} days");
    drop(storage);

    // What is somebody's is never filled up.
    folder.run(&["demo"]).fails(1, "is in use already: name another folder with --data");
    Folder::begun().run(&["demo"]).fails(1, "is in use already");
    Folder::empty().run(&["demo", "--conversations=0"]).fails(2, "1..=1000000");
}
