//! What is erased is in no file.

use rejoinder_core::conversation::layout::Kind;

use super::chat::{Chat, append, erased};
use super::folder::{Folder, sound};
use crate::storage::{Storage, Words};

fn forms(text: &str) -> Vec<Vec<u8>> {
    let wide = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect();
    vec![
        text.as_bytes().to_vec(),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
        base64(text.as_bytes()),
    ]
}

/// Base64 of the whole groups of three: enough to be found.
fn base64(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| {
        let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        [18, 12, 6, 0].map(|shift| DIGITS[(bits >> shift) as usize % 64])
    };
    bytes.chunks_exact(3).flat_map(group).collect()
}

#[test]
fn re22_after_200_recalls_no_file_holds_a_word_a_key_or_a_ciphertext() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chats: Vec<_> = (0..20).map(Chat::new).collect();
    let marker = |chat: usize, index: usize| format!("marker-{chat:03}-{index:03}-Grüße");
    for (number, chat) in chats.iter_mut().enumerate() {
        let mut batch = chat.batch();
        for index in 0..10 {
            let kind = [Kind::Visitor, Kind::Agent, Kind::Note][index % 3];
            chat.write(&mut batch, kind, &marker(number, index));
        }
        append(&storage, batch);
        append(&storage, chat.edits(0, &marker(number, 10)));
    }
    // What must be nowhere afterwards: words, keys, and the ciphertexts' own beginnings.
    let mut traces: Vec<Vec<u8>> = Vec::new();
    for chat in &chats {
        for (_, revision) in &chat.revisions {
            traces.push(folder.key(revision.id));
        }
    }
    let connection = folder.connection();
    let mut sealed = connection
        .prepare(
            "SELECT substr(sealed, 1, 24) FROM words \
             WHERE revision NOT IN (SELECT revision FROM erasure_pending)",
        )
        .unwrap();
    traces.extend(sealed.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap));
    drop(sealed);
    connection.close().unwrap();
    assert!(traces.iter().all(|trace| !folder.files_with(trace).is_empty()));
    for number in 0..20 {
        traces.extend((0..11).flat_map(|index| forms(&marker(number, index))));
    }

    for chat in &mut chats {
        for index in 0..10 {
            append(&storage, chat.recalls(index));
        }
    }
    erased(&storage);
    assert_eq!(storage.newest_erasure().unwrap(), 200);
    let while_open = folder.files();
    assert!(while_open["rejoinder.db-wal"].is_empty());
    for chat in &chats {
        assert!((0..10).all(|index| chat.words(&storage, index).unwrap() == Words::Gone));
    }
    let found = |files: &std::collections::BTreeMap<String, Vec<u8>>| {
        // All traces at once, by their first four bytes.
        let starts: std::collections::BTreeMap<[u8; 4], Vec<&Vec<u8>>> =
            traces.iter().fold(Default::default(), |mut starts, trace| {
                let start = *trace.first_chunk().unwrap();
                starts.entry(start).or_insert_with(Vec::new).push(trace);
                starts
            });
        let mut found = 0;
        for file in files.values() {
            for (at, start) in file.windows(4).enumerate() {
                let start: [u8; 4] = start.try_into().unwrap();
                let traces = starts.get(&start).into_iter().flatten();
                found += traces.filter(|trace| file[at..].starts_with(trace)).count();
            }
        }
        found
    };
    assert_eq!(found(&while_open), 0);
    drop(storage);
    assert_eq!(found(&folder.files()), 0);
    assert_eq!((folder.keys(), folder.ledger()), (0, 200));
    sound(&folder.verify());
}

#[test]
fn st2_words_at_rest_are_sealed() {
    let folder = Folder::new();
    let storage = folder.open();
    let mut chat = Chat::new(1);
    append(&storage, chat.says("a marker that stays"));
    drop(storage);
    for form in forms("a marker that stays") {
        assert_eq!(folder.files_with(&form), Vec::<String>::new());
    }
    let key = folder.key(chat.revisions[0].1.id);
    assert_eq!(folder.files_with(&key), ["rejoinder.keyring"]);
}
