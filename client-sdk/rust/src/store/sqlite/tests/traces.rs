//! What is left on the disk of what was taken back: nothing.

use std::fs;
use std::time::{Duration, Instant};

use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::id::DocumentId;
use rejoinder_core::replica::record::{DraftPlace, Write};

use super::super::SqliteStore;
use super::{bytes, count, folder, keys, open};
use crate::store::Store;
use crate::store::contract::{Cast, draft, entries};

/// What words look like in a file, should they be there.
fn looks(text: &str) -> [Vec<u8>; 2] {
    [text.as_bytes().to_vec(), text.encode_utf16().flat_map(u16::to_le_bytes).collect()]
}

fn sealed(store: &SqliteStore) -> Vec<Vec<u8>> {
    let sql = "SELECT sealed FROM words UNION ALL SELECT sealed FROM draft
               UNION ALL SELECT sealed FROM identity";
    let mut statement = store.db.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// How often any of `needles` stands in `haystack`, in one pass.
fn found(haystack: &[u8], needles: &[Vec<u8>]) -> usize {
    let start = |bytes: &[u8]| usize::from(bytes[0]) << 8 | usize::from(bytes[1]);
    let mut by_start: Vec<Vec<&[u8]>> = vec![Vec::new(); 1 << 16];
    for needle in needles {
        by_start[start(needle)].push(needle);
    }
    (0..haystack.len().saturating_sub(1))
        .map(|at| {
            let candidates = by_start[start(&haystack[at..])].iter();
            candidates.filter(|needle| haystack[at..].starts_with(needle)).count()
        })
        .sum()
}

#[test]
fn re22_what_was_taken_back_is_in_no_file_of_the_store() {
    let folder = folder();
    let mut store = open(&folder);
    let mut cast = Cast::new();
    let document = cast.timeline();
    let team = DocumentId::team(document.conversation);
    let (mut words, mut texts): (Vec<Revision>, Vec<String>) = Default::default();
    for n in 0..200 {
        let (message, text) = (cast.message(), format!("unique marker {n:04} of what was said"));
        words.push(cast.words(message, &text));
        let typed = format!("unique marker {n:04} of what was typed");
        store
            .commit(vec![
                Write::Words(document, words[n].clone()),
                Write::Words(team, cast.words(message, &text)),
                draft(document, Some(message), &typed),
                Write::Entries(document, entries([n as u64 + 1])),
            ])
            .unwrap();
        texts.extend([text, typed]);
    }
    let identity = cast.identity("unique marker of the token");
    texts.push(identity.token.clone());
    store.commit(vec![Write::Identity(identity)]).unwrap();

    let secrets: Vec<Vec<u8>> = keys(&mut store).into_iter().map(|(_, key)| key.to_vec()).collect();
    let ciphertexts = sealed(&store);
    assert_eq!((secrets.len(), ciphertexts.len()), (601, 601));
    let mut plain: Vec<Vec<u8>> = texts.iter().flat_map(|text| looks(text)).collect();
    plain.extend(words.iter().map(|words| words.salt.to_vec()));
    let before = bytes(folder.path());
    assert_eq!(found(&before, &plain), 0, "words are sealed while they are kept, too");
    assert_eq!(found(&before, &secrets), 601, "the search finds what is there");
    assert!(found(&before, &ciphertexts) >= 601);

    // In every way that something is erased.
    for (n, words) in words.iter().enumerate() {
        let at = DraftPlace { document, message: Some(words.message) };
        let writes = match n % 4 {
            0 => vec![Write::Recalled(document, words.message)],
            1 => vec![Write::EraseWords(document, words.id), Write::Draft(at, None)],
            2 => vec![
                Write::Words(document, words.clone()),
                Write::Recalled(document, words.message),
            ],
            _ => vec![
                draft(document, Some(words.message), "other"),
                Write::EraseWords(document, words.id),
                Write::Draft(at, None),
            ],
        };
        store.commit(writes).unwrap();
    }
    store.commit(vec![Write::DropDocument(team)]).unwrap();
    store.commit(vec![Write::Identity(cast.identity("another token"))]).unwrap();

    let mut traces = plain;
    traces.extend(secrets);
    traces.extend(ciphertexts);
    assert_eq!(found(&bytes(folder.path()), &traces), 0, "while the store is open");
    drop(store);
    assert_eq!(found(&bytes(folder.path()), &traces), 0, "after it was closed");
    drop(open(&folder));
    assert_eq!(found(&bytes(folder.path()), &traces), 0, "after it was opened again");
}

#[test]
fn re18_a_wiped_store_holds_nothing_of_what_it_held() {
    let folder = folder();
    let mut store = open(&folder);
    let mut cast = Cast::new();
    let (document, message) = (cast.timeline(), cast.message());
    let words = cast.words(message, "unique marker of what was said");
    let waiting = cast.sending(document, &words);
    let identity = cast.identity("unique marker of the token");
    let row = cast.feed_row(document.conversation);
    let traces: Vec<Vec<u8>> = vec![
        document.conversation.as_bytes().to_vec(),
        message.as_bytes().to_vec(),
        cast.author.as_bytes().to_vec(),
        waiting.submission.id.as_bytes().to_vec(),
        store.saved().unwrap().device.as_bytes().to_vec(),
        entries([7])[0].change.clone(),
    ];
    let writes = vec![
        Write::Identity(identity),
        Write::Feed(row),
        Write::Entries(document, entries([7])),
        Write::Words(document, words),
        Write::Waiting(document, waiting),
        Write::Recalled(DocumentId::team(document.conversation), message),
        Write::Seen(document, cast.author, rejoinder_core::id::Seq(1)),
        draft(document, None, "unique marker of what was typed"),
    ];
    store.commit(writes).unwrap();
    let mut traces: Vec<Vec<u8>> = traces;
    assert!(traces.iter().all(|trace| count(&bytes(folder.path()), trace) > 0));
    traces.extend(keys(&mut store).into_iter().map(|(_, key)| key.to_vec()));
    traces.extend(sealed(&store));
    store.commit(vec![Write::Wipe]).unwrap();
    let left = bytes(folder.path());
    for (n, trace) in traces.iter().enumerate() {
        assert_eq!(count(&left, trace), 0, "trace {n}");
    }
    let ring = fs::read(folder.path().join("client.keyring")).unwrap();
    assert!(ring[64..].iter().all(|&byte| byte == 0), "every key is overwritten");
}

/// `cargo test -p rejoinder-client figures -- --ignored --nocapture`
#[test]
#[ignore = "prints figures"]
fn figures() {
    let folder = folder();
    let mut store = open(&folder);
    let mut cast = Cast::new();
    let document = cast.timeline();
    let mut sent = Vec::new();
    let time = |what: &str, store: &mut SqliteStore, writes: Vec<Vec<Write>>| {
        let mut took: Vec<Duration> = writes
            .into_iter()
            .map(|writes| {
                let begun = Instant::now();
                store.commit(writes).unwrap();
                begun.elapsed()
            })
            .collect();
        took.sort();
        println!(
            "{what}: median {:?}, p99 {:?}",
            took[took.len() / 2],
            took[took.len() * 99 / 100]
        );
    };
    let sends = (0..1_000).map(|n: u64| {
        let message = cast.message();
        let words = cast.words(message, &format!("message number {n}, of a usual length"));
        sent.push(message);
        vec![
            Write::Waiting(document, cast.sending(document, &words)),
            Write::Words(document, words),
        ]
    });
    let sends: Vec<_> = sends.collect();
    time("send", &mut store, sends.clone());
    let accepts = sends.iter().enumerate().map(|(n, send)| {
        let Write::Waiting(_, waiting) = &send[0] else { unreachable!("a send waits") };
        vec![
            Write::Entries(document, entries([n as u64 + 1])),
            Write::Settled(document, waiting.submission.id),
        ]
    });
    time("accept", &mut store, accepts.collect());
    drop(store);
    let begun = Instant::now();
    let mut store = open(&folder);
    println!("open the store: {:?}", begun.elapsed());
    let begun = Instant::now();
    let read = store.document(document).unwrap();
    println!(
        "load {} entries, {} words: {:?}",
        read.entries.len(),
        read.words.len(),
        begun.elapsed()
    );
    let drafts = (0..200).map(|n: u64| vec![draft(document, None, &format!("typing {n}"))]);
    time("draft", &mut store, drafts.collect());
    let recalls = sent.iter().map(|message| vec![Write::Recalled(document, *message)]);
    time("recall", &mut store, recalls.collect());
}
