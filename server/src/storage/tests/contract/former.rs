//! Former words: set aside where their site keeps them, found by nobody who reads words.

use rejoinder_core::conversation::layout::Kind;
use rejoinder_core::id::DocumentKind;
use rejoinder_core::time::Timestamp;

use crate::storage::tests::chat::{Chat, append, erased, wait};
use crate::storage::tests::contract::Fixture;
use crate::storage::{Batch, Words};

const SINCE: Timestamp = Timestamp::from_millis(5);
const AGAIN: Timestamp = Timestamp::from_millis(9);

pub(crate) fn re26_former_words_are_set_aside_where_their_site_keeps_them(it: &mut impl Fixture) {
    let mut chat = Chat::new(1);
    append(it.storage(), chat.says("frist"));
    let mut batch = chat.batch();
    chat.write(&mut batch, Kind::Note, "a regluar");
    append(it.storage(), batch);
    let former = [0, 1].map(|index: usize| chat.revisions[index].clone());
    append(it.storage(), chat.edits_kept(0, "first", SINCE));
    append(it.storage(), chat.edits_kept(1, "a regular", SINCE));
    append(it.storage(), chat.edits_kept(0, "the first", SINCE));
    for _ in 0..2 {
        for (kind, words) in &former {
            let found = chat.words_of(it.storage(), *kind, words.id).unwrap();
            assert_eq!(found, Words::Gone, "RE8");
        }
        let live = it.storage().live_words(chat.id()).unwrap();
        let mut texts: Vec<_> = live.iter().map(|(_, it)| it.read().unwrap().text).collect();
        texts.sort();
        assert_eq!(texts, ["a regular", "the first"], "RT52");
        let message = former[0].1.message;
        let described = it.storage().message_words(chat.timeline(), message).unwrap();
        assert_eq!(described, [chat.revisions[0].1.clone()], "AT5");
        assert_eq!(chat.former(it.storage(), 0, SINCE), ["first", "frist"]);
        assert_eq!(chat.former(it.storage(), 1, SINCE), ["a regluar"]);
        assert_eq!(chat.former(it.storage(), 0, AGAIN), [""; 0], "it began anew");
        it.reopen();
    }
}

pub(crate) fn re26_words_that_lose_are_former_ones_from_the_first(it: &mut impl Fixture) {
    let mut chat = Chat::new(1);
    append(it.storage(), chat.says("one"));
    let (batch, lost) = chat.loses(0, "two");
    append(it.storage(), Batch { former_since: Some(SINCE), ..batch });
    let (batch, _) = chat.loses(0, "three");
    append(it.storage(), batch);
    it.reopen();
    assert_eq!(chat.former(it.storage(), 0, SINCE), ["two"], "the third was not kept");
    assert_eq!(chat.words(it.storage(), 0).unwrap(), chat.kept(0));
    let found = chat.words_of(it.storage(), DocumentKind::Timeline, lost.id).unwrap();
    assert_eq!(found, Words::Gone);
}

pub(crate) fn re27_a_recall_takes_the_former_words_too(it: &mut impl Fixture) {
    let mut chat = Chat::new(1);
    append(it.storage(), chat.says("secret"));
    append(it.storage(), chat.says("kept"));
    append(it.storage(), chat.edits_kept(0, "secret too", SINCE));
    append(it.storage(), chat.edits_kept(1, "kept too", SINCE));
    let mut batch = chat.edits_kept(0, "secret in the batch of its recall", SINCE);
    chat.recall(&mut batch, 0);
    append(it.storage(), batch);
    erased(it.storage());
    // A late edit that loses: its words are kept nowhere.
    let (batch, _) = chat.loses(0, "secret again");
    append(it.storage(), Batch { former_since: Some(SINCE), ..batch });
    for _ in 0..2 {
        assert_eq!(chat.former(it.storage(), 0, SINCE), [""; 0]);
        assert_eq!(chat.words(it.storage(), 0).unwrap(), Words::Gone);
        assert_eq!(chat.former(it.storage(), 1, SINCE), ["kept"]);
        it.reopen();
    }
}

pub(crate) fn re28_what_a_site_keeps_no_more_is_forgotten_and_nothing_else(it: &mut impl Fixture) {
    let (mut chat, mut other) = (Chat::new(1), Chat::new(2));
    for chat in [&mut chat, &mut other] {
        append(it.storage(), chat.says("one"));
        append(it.storage(), chat.edits_kept(0, "two", SINCE));
    }
    append(it.storage(), chat.edits_kept(0, "three", AGAIN));
    let site = chat.header.site;
    let left = |it: &dyn crate::storage::Storage, since| it.former_left(site, since).unwrap();
    let mut all = vec![(site, SINCE), (site, AGAIN), (other.header.site, SINCE)];
    all.sort_unstable();
    assert_eq!(it.storage().former_beginnings().unwrap(), all);
    assert!(left(it.storage(), SINCE) && left(it.storage(), AGAIN));
    wait(it.storage().forget_former(site, Timestamp::from_millis(8))).unwrap();
    assert_eq!(it.storage().former_beginnings().unwrap(), all);
    wait(it.storage().forget_former(site, SINCE)).unwrap();
    assert!(!left(it.storage(), SINCE) && left(it.storage(), AGAIN));
    it.reopen();
    assert_eq!(chat.former(it.storage(), 0, SINCE), [""; 0]);
    assert_eq!(chat.former(it.storage(), 0, AGAIN), ["two"]);
    wait(it.storage().forget_former(site, AGAIN)).unwrap();
    it.reopen();
    assert!(!left(it.storage(), AGAIN));
    assert_eq!(it.storage().former_beginnings().unwrap(), [(other.header.site, SINCE)]);
    assert_eq!(chat.words(it.storage(), 0).unwrap(), chat.kept(0));
    assert_eq!(other.former(it.storage(), 0, SINCE), ["one"], "it is of another site");
}
