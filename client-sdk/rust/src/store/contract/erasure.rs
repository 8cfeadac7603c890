//! What a store erases, and never keeps again.

use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::{DocumentId, Seq};
use rejoinder_core::replica::record::{Cursors, Write};

use super::{Bench, Cast, draft, entries};

super::on_every_store! {
    re6_words_of_a_recalled_message_are_kept_in_no_order_of_writes
    re6_a_recall_is_of_one_document
    re10_a_recall_takes_drafts_of_the_message_and_no_others
    re9_erased_words_go_and_others_stay
    re14_a_dropped_document_leaves_its_outbox_and_nothing_else
    re14_what_is_dropped_can_come_back
    re18_a_wiped_store_is_a_new_one
    re18_what_follows_a_wipe_is_kept
}

/// Every order of `items`.
fn orders<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for at in 0..items.len() {
        let mut rest = items.to_vec();
        let first = rest.remove(at);
        for mut order in orders(&rest) {
            order.insert(0, first.clone());
            all.push(order);
        }
    }
    all
}

fn re6_words_of_a_recalled_message_are_kept_in_no_order_of_writes(bench: &mut Bench) {
    let kept = bench.cast.timeline();
    let other = bench.cast.message();
    let words = bench.cast.words(other, "another message");
    bench.commit([Write::Words(kept, words)]);
    let of_message = |document: DocumentId, cast: &mut Cast| {
        let message = cast.message();
        [
            Write::Words(document, cast.words(message, "first")),
            Write::Words(document, cast.words(message, "edited")),
            draft(document, Some(message), "typed"),
            Write::Recalled(document, message),
        ]
    };
    let count = orders(&[0, 1, 2, 3]).len();
    for order in 0..count {
        // Committed as one list, and cut into two at every place.
        for cut in 0..4 {
            let writes = of_message(kept, &mut bench.cast);
            let order = orders(&writes).swap_remove(order);
            bench.commit(&order[..cut]);
            bench.commit(&order[cut..]);
            assert_eq!(bench.texts(kept), ["another message"], "{order:?} cut at {cut}");
            assert!(bench.drafts(kept).is_empty(), "{order:?} cut at {cut}");
            // And however late: they are refused without failing what comes with them.
            let mut late: Vec<Write> = writes[..3].to_vec();
            late.push(Write::Cursors(Cursors {
                epoch: None,
                feed: 1,
                erasures: cut as u64,
                scope: 0,
            }));
            bench.commit(late);
            assert_eq!(bench.texts(kept), ["another message"], "late, {order:?}");
            assert!(bench.drafts(kept).is_empty(), "late, {order:?}");
            assert_eq!(bench.saved().cursors.erasures, cut as u64);
        }
    }
    bench.reopen();
    assert_eq!(bench.document(kept).recalled.len(), count * 4);
    assert_eq!(bench.texts(kept), ["another message"]);
}

fn re6_a_recall_is_of_one_document(bench: &mut Bench) {
    let (here, there, message) =
        (bench.cast.timeline(), bench.cast.timeline(), bench.cast.message());
    let team = DocumentId::team(here.conversation);
    for document in [here, there, team] {
        let words = bench.cast.words(message, "words");
        bench.commit([Write::Words(document, words), draft(document, Some(message), "draft")]);
    }
    bench.commit([Write::Recalled(here, message), Write::Recalled(here, message)]);
    bench.reopen();
    assert!(bench.texts(here).is_empty() && bench.drafts(here).is_empty());
    assert_eq!(bench.document(here).recalled, [message]);
    for document in [there, team] {
        assert_eq!(bench.texts(document), ["words"]);
        assert_eq!(bench.drafts(document).len(), 1);
        assert!(bench.document(document).recalled.is_empty());
    }
}

fn re10_a_recall_takes_drafts_of_the_message_and_no_others(bench: &mut Bench) {
    let (document, mine, other) =
        (bench.cast.timeline(), bench.cast.message(), bench.cast.message());
    bench.commit([
        draft(document, None, "new"),
        draft(document, Some(mine), "lost to a concurrent edit"),
        draft(document, Some(other), "another's"),
    ]);
    bench.commit([Write::Recalled(document, mine)]);
    bench.reopen();
    let expected = [(None, "new".to_owned()), (Some(other), "another's".to_owned())];
    assert_eq!(bench.drafts(document), expected);
}

fn re9_erased_words_go_and_others_stay(bench: &mut Bench) {
    let (document, message) = (bench.cast.timeline(), bench.cast.message());
    let (first, edited) = (bench.cast.words(message, "first"), bench.cast.words(message, "edited"));
    bench.commit([Write::Words(document, first.clone()), Write::Words(document, edited)]);
    let elsewhere = bench.cast.timeline();
    bench.commit([
        Write::EraseWords(document, first.id),
        Write::EraseWords(document, first.id),
        Write::EraseWords(elsewhere, first.id),
    ]);
    bench.reopen();
    assert_eq!(bench.texts(document), ["edited"]);
    // A refused recall fetches words again: only a recall is for ever.
    bench.commit([Write::Words(document, first.clone())]);
    assert_eq!(bench.texts(document), ["edited", "first"]);
    bench.commit([Write::Words(document, first.clone()), Write::EraseWords(document, first.id)]);
    assert_eq!(bench.texts(document), ["edited"]);
}

fn re14_a_dropped_document_leaves_its_outbox_and_nothing_else(bench: &mut Bench) {
    let (document, other) = (bench.cast.timeline(), bench.cast.timeline());
    let (said, unsent, message) =
        (bench.cast.message(), bench.cast.message(), bench.cast.message());
    let said = bench.cast.words(said, "said");
    let unsent = bench.cast.words(unsent, "not sent yet");
    let waiting = bench.cast.sending(document, &unsent);
    let row = bench.cast.feed_row(document.conversation);
    let author = bench.cast.author;
    for document in [document, other] {
        bench.commit([
            Write::Entries(document, entries(1..=3)),
            Write::Words(document, said.clone()),
            Write::Words(document, unsent.clone()),
            Write::Waiting(document, waiting.clone()),
            Write::Recalled(document, message),
            Write::Seen(document, author, Seq(2)),
            draft(document, None, "draft"),
        ]);
    }
    bench.commit([Write::Feed(row), Write::DropDocument(document)]);
    bench.reopen();
    let left = bench.document(document);
    assert_eq!((left.waiting, left.words), (vec![waiting.clone()], vec![unsent]));
    assert!(left.entries.is_empty() && left.drafts.is_empty());
    assert!(left.recalled.is_empty() && left.seen.is_empty());
    let saved = bench.saved();
    assert!(saved.feed.is_empty());
    let mut documents = [(document, Seq::START), (other, Seq(3))];
    documents.sort();
    assert_eq!(saved.documents, documents);
    assert_eq!(saved.waiting.len(), 2);
    assert_eq!(bench.document(other).entries.len(), 3);
    assert_eq!(bench.texts(other), ["not sent yet", "said"]);
    bench.commit([Write::Settled(document, waiting.submission.id), Write::DropDocument(document)]);
    assert_eq!(bench.saved().documents, [(other, Seq(3))]);
}

fn re14_what_is_dropped_can_come_back(bench: &mut Bench) {
    let document = bench.cast.timeline();
    let message = bench.cast.message();
    let words = bench.cast.words(message, "words");
    bench.commit([Write::Recalled(document, message), Write::DropDocument(document)]);
    // In the list that drops a recall it still holds.
    bench.commit([
        Write::Recalled(document, message),
        Write::DropDocument(document),
        Write::Words(document, words.clone()),
    ]);
    assert!(bench.texts(document).is_empty());
    bench.commit([Write::Entries(document, entries(1..=2)), Write::Words(document, words)]);
    bench.reopen();
    assert_eq!(bench.texts(document), ["words"]);
    assert_eq!(bench.document(document).entries, entries(1..=2));
}

fn re18_a_wiped_store_is_a_new_one(bench: &mut Bench) {
    let former = bench.saved().device;
    let (document, message) = (bench.cast.timeline(), bench.cast.message());
    let words = bench.cast.words(message, "words");
    let waiting = bench.cast.waiting(Operation::Close);
    let identity = bench.cast.identity("token");
    let row = bench.cast.feed_row(document.conversation);
    bench.commit([
        Write::Identity(identity),
        Write::Cursors(Cursors { epoch: None, feed: 5, erasures: 6, scope: 0 }),
        Write::Feed(row),
        Write::Entries(document, entries(1..=3)),
        Write::Words(document, words),
        Write::Waiting(document, waiting),
        draft(document, None, "draft"),
    ]);
    bench.commit([Write::Wipe]);
    for _ in 0..2 {
        let saved = bench.saved();
        assert_ne!(saved.device, former);
        assert_eq!((saved.identity, saved.cursors), (None, Cursors::default()));
        assert!(saved.feed.is_empty() && saved.waiting.is_empty() && saved.documents.is_empty());
        let left = bench.document(document);
        assert!(left.entries.is_empty() && left.waiting.is_empty() && left.words.is_empty());
        assert!(left.drafts.is_empty());
        bench.reopen();
    }
    let device = bench.saved().device;
    bench.reopen();
    assert_eq!(bench.saved().device, device);
}

fn re18_what_follows_a_wipe_is_kept(bench: &mut Bench) {
    let (document, before, after) =
        (bench.cast.timeline(), bench.cast.message(), bench.cast.message());
    let (before, after) = (bench.cast.words(before, "before"), bench.cast.words(after, "after"));
    bench.commit([
        Write::Words(document, before),
        draft(document, None, "before"),
        Write::Wipe,
        Write::Words(document, after),
    ]);
    bench.reopen();
    assert_eq!(bench.texts(document), ["after"]);
    assert!(bench.drafts(document).is_empty());
}
