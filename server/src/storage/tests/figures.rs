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

/// `MESSAGES=1000000 cargo test --release -p rejoinder-server -- --ignored --nocapture search`
#[test]
#[ignore = "prints figures and checks none"]
fn search_figures() {
    const EACH: usize = 50;
    let messages = std::env::var("MESSAGES").ok().and_then(|n| n.parse().ok()).unwrap_or(50_000);
    let folder = Folder::new();
    let storage = folder.open();
    let texts = [
        "Good morning! I ordered a pair of shoes last week and the parcel has not come yet.",
        "Could you tell me the number of your order, please? It stands in the confirmation.",
        "It is 4711-2026. I paid by card.",
        "Thank you. The parcel left our warehouse on Tuesday, so it should be with you tomorrow.",
    ];
    for block in 0..messages / EACH / 100 {
        let chats = (0..100).map(|n| Chat::new((block * 100 + n + 1) as u64));
        let batches = chats.map(|mut chat| {
            let mut batch = chat.batch();
            for n in 0..EACH {
                let text = format!("{} ({block}, {n})", texts[n % texts.len()]);
                chat.write(&mut batch, rejoinder_core::conversation::layout::Kind::Visitor, &text);
            }
            batch
        });
        let waiting: Vec<_> = batches.map(|batch| storage.append(batch)).collect();
        waiting.into_iter().for_each(|it| drop(wait(it).unwrap()));
    }
    let somebody = rejoinder_core::id::ParticipantId::from_bytes([9; 16]);
    let role = rejoinder_core::principal::AgentRole::Owner;
    let principal = rejoinder_core::principal::Principal::new(
        somebody,
        rejoinder_core::principal::Role::Agent(role),
    );
    for threads in [1, 2] {
        let begun = Instant::now();
        let found = crate::search::search(
            &storage,
            &crate::search::Query {
                words: &["elephant".to_owned()],
                filter: &crate::storage::Filter::default(),
                principal: &principal,
                scope: &crate::directory::Scope::All,
                below: u64::MAX,
                at_most: 50,
                deadline: begun + std::time::Duration::from_secs(600),
                threads,
            },
        )
        .unwrap();
        let (took, each) = (begun.elapsed(), begun.elapsed() / found.messages.max(1) as u32);
        println!("{} messages, {threads} threads: {took:?}, {each:?} each", found.messages);
    }
}
