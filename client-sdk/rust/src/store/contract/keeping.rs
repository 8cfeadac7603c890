//! What a store keeps, and that it keeps all of a list or nothing.

use std::time::{Duration, Instant};

use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::{DocumentId, Epoch, Seq};
use rejoinder_core::replica::record::{Cursors, DraftPlace, WaitingState, Write};

use super::{Bench, draft, entries};
use crate::store::StoreError;

super::on_every_store! {
    st17_a_new_store_has_a_device_and_nothing_else
    st17_what_was_committed_is_there_when_it_is_opened_again
    wp35_a_feed_that_is_forgotten_leaves_everything_else
    st17_a_list_is_carried_out_as_a_whole_or_not_at_all
    st17_a_place_in_the_log_is_taken_once
    st17_another_log_takes_the_place_of_the_former_and_nothing_else
    st17_a_document_is_there_as_long_as_something_of_it_is
    se4_the_outbox_keeps_its_order_and_its_bytes
    se5_an_operation_leaves_the_outbox_as_its_change_comes
    se16_drafts_are_kept_one_a_document_and_one_a_message
    wp15_seen_only_ever_rises
    op13_words_come_back_with_their_salt_and_author
    se1_a_long_conversation_opens_at_once
}

fn st17_a_new_store_has_a_device_and_nothing_else(bench: &mut Bench) {
    let saved = bench.saved();
    assert_eq!((saved.identity, saved.cursors), (None, Cursors::default()));
    assert!(saved.feed.is_empty() && saved.waiting.is_empty() && saved.documents.is_empty());
    bench.reopen();
    assert_eq!(bench.saved().device, saved.device);
    let nowhere = bench.cast.timeline();
    assert!(bench.document(nowhere).entries.is_empty());
}

fn st17_what_was_committed_is_there_when_it_is_opened_again(bench: &mut Bench) {
    let timeline = bench.cast.timeline();
    let team = DocumentId::team(timeline.conversation);
    let epoch = Some(Epoch::from_bytes([9; 16]));
    let cursors = Cursors { epoch, feed: u64::MAX, erasures: 4, scope: u64::MAX - 1 };
    let (former, identity) = (bench.cast.identity("former"), bench.cast.identity("token"));
    let (old_row, row) =
        (bench.cast.feed_row(timeline.conversation), bench.cast.feed_row(timeline.conversation));
    bench.commit([
        Write::Identity(former),
        Write::Cursors(Cursors::default()),
        Write::Feed(old_row),
        Write::Entries(timeline, entries(1..=3)),
    ]);
    bench.commit([
        Write::Identity(identity.clone()),
        Write::Cursors(cursors),
        Write::Feed(row.clone()),
        Write::Entries(team, entries([1])),
        Write::Entries(timeline, entries([4])),
    ]);
    bench.reopen();
    let saved = bench.saved();
    assert_eq!(saved.identity, Some(identity));
    assert_eq!(saved.cursors, cursors);
    assert_eq!(saved.feed, [row]);
    assert_eq!(saved.documents, [(timeline, Seq(4)), (team, Seq(1))]);
    assert_eq!(bench.document(timeline).entries, entries(1..=4));
    assert_eq!(bench.document(team).entries, entries([1]));
}

fn wp35_a_feed_that_is_forgotten_leaves_everything_else(bench: &mut Bench) {
    let (timeline, other) = (bench.cast.timeline(), bench.cast.timeline());
    let rows = [timeline, other].map(|document| bench.cast.feed_row(document.conversation));
    let [row, again] = rows;
    let scope = Cursors { scope: 7, ..Cursors::default() };
    bench.commit([Write::Feed(row), Write::Entries(timeline, entries(1..=2))]);
    bench.commit([Write::Feed(again.clone()), Write::ForgetFeed, Write::Cursors(scope)]);
    bench.reopen();
    let saved = bench.saved();
    assert!(saved.feed.is_empty(), "{:?}", saved.feed);
    assert_eq!((saved.cursors, &saved.documents[..]), (scope, &[(timeline, Seq(2))][..]));
    bench.commit([Write::ForgetFeed, Write::Feed(again.clone())]);
    bench.reopen();
    assert_eq!(bench.saved().feed, [again]);
}

fn st17_a_list_is_carried_out_as_a_whole_or_not_at_all(bench: &mut Bench) {
    let (document, message, author) =
        (bench.cast.timeline(), bench.cast.message(), bench.cast.author);
    let (kept, words) = (bench.cast.words(message, "kept"), bench.cast.words(message, "not kept"));
    let waiting = bench.cast.sending(document, &words);
    let identity = bench.cast.identity("token");
    bench.commit([Write::Words(document, kept.clone()), draft(document, None, "mine")]);
    let error = bench.refused([
        Write::Identity(identity),
        Write::Words(document, words),
        Write::EraseWords(document, kept.id),
        draft(document, None, "another"),
        Write::Waiting(document, waiting),
        Write::Recalled(document, message),
        Write::Seen(document, author, Seq(u64::MAX)),
    ]);
    assert!(matches!(error, StoreError::Failed(_)), "{error}");
    for _ in 0..2 {
        assert_eq!(bench.saved().identity, None);
        assert_eq!(bench.document(document).words, std::slice::from_ref(&kept));
        assert_eq!(bench.drafts(document), [(None, "mine".to_owned())]);
        assert!(bench.document(document).recalled.is_empty());
        assert!(bench.document(document).waiting.is_empty());
        bench.reopen();
    }
}

fn st17_a_place_in_the_log_is_taken_once(bench: &mut Bench) {
    let document = bench.cast.timeline();
    bench.commit([Write::Entries(document, entries(1..=3))]);
    let mut late = entries(2..=5);
    late[0].change = vec![0xff];
    bench.commit([Write::Entries(document, late), Write::Entries(document, entries(1..=5))]);
    assert_eq!(bench.document(document).entries, entries(1..=5));
}

fn st17_another_log_takes_the_place_of_the_former_and_nothing_else(bench: &mut Bench) {
    let (document, message) = (bench.cast.timeline(), bench.cast.message());
    let words = bench.cast.words(message, "stays");
    let waiting = bench.cast.sending(document, &words);
    bench.commit([
        Write::Entries(document, entries(1..=5)),
        Write::Words(document, words),
        Write::Waiting(document, waiting.clone()),
    ]);
    bench.commit([Write::Replace(document, entries(1..=2))]);
    bench.reopen();
    assert_eq!(bench.document(document).entries, entries(1..=2));
    assert_eq!(bench.texts(document), ["stays"]);
    assert_eq!(bench.document(document).waiting, [waiting]);
    assert_eq!(bench.saved().documents, [(document, Seq(2))]);
}

fn st17_a_document_is_there_as_long_as_something_of_it_is(bench: &mut Bench) {
    let (drafted, waited) = (bench.cast.timeline(), bench.cast.timeline());
    let waiting = bench.cast.waiting(Operation::Close);
    let id = waiting.submission.id;
    bench.commit([draft(drafted, None, "x"), Write::Waiting(waited, waiting)]);
    let mut there = [(drafted, Seq::START), (waited, Seq::START)];
    there.sort();
    assert_eq!(bench.saved().documents, there);
    assert_eq!(bench.saved().waiting, [waited]);
    let nothing = DraftPlace { document: drafted, message: None };
    bench.commit([Write::Draft(nothing, None), Write::Settled(waited, id)]);
    assert!(bench.saved().documents.is_empty());
    assert!(bench.saved().waiting.is_empty());
}

fn se4_the_outbox_keeps_its_order_and_its_bytes(bench: &mut Bench) {
    let document = bench.cast.timeline();
    let waiting: Vec<_> = (0..5).map(|_| bench.cast.waiting(Operation::Close)).collect();
    for each in &waiting {
        bench.commit([Write::Waiting(document, each.clone())]);
    }
    let mut pushed = waiting.clone();
    pushed[1].state = WaitingState::Pushed;
    bench.commit([
        Write::Waiting(document, pushed[1].clone()),
        Write::Settled(document, waiting[3].submission.id),
    ]);
    pushed.remove(3);
    bench.reopen();
    assert_eq!(bench.document(document).waiting, pushed);
    // One that was settled and comes again stands at the end.
    bench.commit([Write::Settled(document, waiting[0].submission.id)]);
    bench.commit([Write::Waiting(document, waiting[0].clone())]);
    pushed.rotate_left(1);
    assert_eq!(bench.document(document).waiting, pushed);
    // The same operation id in another document is another operation.
    let elsewhere = bench.cast.timeline();
    bench.commit([Write::Settled(elsewhere, waiting[1].submission.id)]);
    assert_eq!(bench.document(document).waiting, pushed);
}

fn se5_an_operation_leaves_the_outbox_as_its_change_comes(bench: &mut Bench) {
    let (document, message) = (bench.cast.timeline(), bench.cast.message());
    let words = bench.cast.words(message, "said");
    let waiting = bench.cast.sending(document, &words);
    let id = waiting.submission.id;
    bench.commit([Write::Words(document, words), Write::Waiting(document, waiting)]);
    bench.commit([Write::Entries(document, entries([1])), Write::Settled(document, id)]);
    bench.reopen();
    assert!(bench.document(document).waiting.is_empty());
    assert_eq!(bench.document(document).entries.len(), 1);
    assert_eq!(bench.texts(document), ["said"]);
}

fn se16_drafts_are_kept_one_a_document_and_one_a_message(bench: &mut Bench) {
    let (document, message) = (bench.cast.timeline(), bench.cast.message());
    let team = DocumentId::team(document.conversation);
    bench.commit([
        draft(document, None, "first"),
        draft(document, Some(message), "of a message"),
        draft(team, None, "of the team"),
    ]);
    bench.commit([draft(document, None, "secönd")]);
    bench.reopen();
    let expected = [(None, "secönd".to_owned()), (Some(message), "of a message".to_owned())];
    assert_eq!(bench.drafts(document), expected);
    assert_eq!(bench.drafts(team), [(None, "of the team".to_owned())]);
    bench.commit([Write::Draft(DraftPlace { document, message: None }, None)]);
    bench.reopen();
    assert_eq!(bench.drafts(document), expected[1..]);
}

fn wp15_seen_only_ever_rises(bench: &mut Bench) {
    let (document, ann, bo) =
        (bench.cast.timeline(), bench.cast.participant(), bench.cast.participant());
    for (who, seq) in [(ann, 3), (bo, 1), (ann, 2), (bo, 4), (bo, 4), (bo, 0)] {
        bench.commit([Write::Seen(document, who, Seq(seq))]);
    }
    bench.reopen();
    let mut expected = [(ann, Seq(3)), (bo, Seq(4))];
    expected.sort();
    assert_eq!(bench.document(document).seen, expected);
}

fn op13_words_come_back_with_their_salt_and_author(bench: &mut Bench) {
    let (document, message) = (bench.cast.timeline(), bench.cast.message());
    let words = bench.cast.words(message, "Grüße, 世界 \u{1f44b}");
    let commitment = words.commitment(document);
    bench.commit([Write::Words(document, words.clone()), Write::Words(document, words.clone())]);
    bench.reopen();
    let read = bench.document(document).words;
    assert_eq!(read, [words]);
    assert_eq!(read[0].commitment(document), commitment);
}

fn se1_a_long_conversation_opens_at_once(bench: &mut Bench) {
    let document = bench.cast.timeline();
    let words = (0..1_000).map(|n| {
        let message = bench.cast.message();
        Write::Words(document, bench.cast.words(message, &format!("message number {n}")))
    });
    let mut writes: Vec<Write> = words.collect();
    writes.push(Write::Entries(document, entries(1..=1_000)));
    bench.commit(writes);
    bench.reopen();
    let begun = Instant::now();
    let read = bench.document(document);
    let took = begun.elapsed();
    println!("1,000 entries and their words: {took:?}");
    assert_eq!((read.entries.len(), read.words.len()), (1_000, 1_000));
    // A hundred times what it takes, so that only another order of growth fails it.
    assert!(took < Duration::from_secs(2), "{took:?}");
}
