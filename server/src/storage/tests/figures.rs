//! Figures, for those who change something here: run with `--ignored --nocapture`, in release.

use std::time::Instant;

use super::chat::{Chat, append, erased, wait};
use super::folder::Folder;
use crate::storage::Storage;

#[test]
#[ignore = "prints figures and checks none"]
fn figures() {
    let folder = Folder::new();
    let storage = folder.open();
    let per = |begun: Instant, count: u32| begun.elapsed() / count;

    let mut long = Chat::new(1);
    for _ in 0..100 {
        let mut batch = long.batch();
        for _ in 0..10 {
            long.write(&mut batch, rejoinder_core::conversation::layout::Kind::Visitor, "hello");
        }
        append(&storage, batch);
    }
    let begun = Instant::now();
    for _ in 0..20 {
        assert_eq!(storage.load(long.id()).unwrap().unwrap().rows.len(), 1_000);
    }
    println!("load of 1,000 rows: {:?}", per(begun, 20));

    let revisions: Vec<_> = long.revisions.iter().rev().take(50).map(|it| it.1.id).collect();
    let begun = Instant::now();
    for _ in 0..20 {
        storage.words(long.timeline(), &revisions).unwrap();
    }
    println!("50 words: {:?}", per(begun, 20));

    let mut chat = Chat::new(2);
    let begun = Instant::now();
    for _ in 0..200 {
        append(&storage, chat.says("hello"));
    }
    println!("append, one by one: {:?}", per(begun, 200));

    let mut chats: Vec<_> = (3..103).map(Chat::new).collect();
    let batches: Vec<_> = (0..20)
        .flat_map(|_| chats.iter_mut().map(|it| it.says("hello")).collect::<Vec<_>>())
        .collect();
    let begun = Instant::now();
    let before = storage.figures().commits;
    let waiting: Vec<_> = batches.into_iter().map(|batch| storage.append(batch)).collect();
    for it in waiting {
        wait(it).unwrap();
    }
    let commits = storage.figures().commits - before;
    println!("append, 100 at a time: {:?} each, {commits} commits", per(begun, 2_000));

    let mut times = Vec::new();
    for index in 0..200 {
        let begun = Instant::now();
        append(&storage, chat.recalls(index));
        let acknowledged = begun.elapsed();
        erased(&storage);
        times.push((begun.elapsed(), acknowledged));
    }
    times.sort_unstable();
    println!("recall until erased: median {:?}, p99 {:?}", times[100], times[198]);
}
