//! What every storage promises (ST7), as functions over any of them.

mod derived;
mod former;
mod lines;

use std::collections::BTreeSet;

use rejoinder_core::conversation::layout::{Kind, Priority, Status};
use rejoinder_core::id::{
    Actor, CategoryId, DeviceId, DocumentId, DocumentKind, ParticipantId, Seq,
};
use rejoinder_core::principal::{Principal, Role};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::Keeping;

use super::chat::{Chat, append, erased, refused, wait};
use crate::storage::{
    AppendError, Device, Erasure, FeedScope, ProgressOf, Snapshot, Storage, Tombstone, Words,
};

pub(crate) use derived::{
    rt50_notifications_are_exact_and_go_with_their_note,
    rt51_live_words_are_those_not_recalled_nor_replaced,
    rt53_conversations_are_listed_newest_first,
    rt56_courses_are_told_by_site_and_time_page_by_page,
    wp24_a_conversation_is_open_until_it_is_closed,
};
pub(crate) use former::{
    re26_former_words_are_set_aside_where_their_site_keeps_them,
    re26_words_that_lose_are_former_ones_from_the_first, re27_a_recall_takes_the_former_words_too,
    re28_what_a_site_keeps_no_more_is_forgotten_and_nothing_else,
};

pub(crate) use lines::{
    au39_a_message_stands_in_one_conversation_of_a_line,
    au39_another_visitor_s_conversation_is_of_no_line,
    re30_a_device_is_told_of_recalls_in_the_lines_of_what_it_holds,
    re30_a_recall_is_known_in_all_of_a_line,
    wp39_a_visitor_s_own_recalls_are_those_of_their_timelines,
};

/// A storage under test, and how it is opened again.
pub(crate) trait Fixture {
    fn new() -> Self;
    fn storage(&self) -> &dyn Storage;
    fn reopen(&mut self);
}

/// Runs the whole suite on one kind of storage.
macro_rules! suite {
    ($name:ident: $fixture:ty) => {
        mod $name {
            use $crate::storage::tests::contract;
            contract::suite!(@tests $fixture:
                st7_a_batch_is_read_back_as_it_was_appended
                st7_a_stale_batch_conflicts_and_writes_nothing
                st7_an_actor_is_bound_to_one_document_and_participant
                st7_a_malformed_batch_is_refused_alone
                st7_feed_numbers_rise_and_each_conversation_stands_once
                re9_superseded_words_are_gone
                re26_former_words_are_set_aside_where_their_site_keeps_them
                re26_words_that_lose_are_former_ones_from_the_first
                re27_a_recall_takes_the_former_words_too
                re28_what_a_site_keeps_no_more_is_forgotten_and_nothing_else
                re6_recalled_words_are_gone_and_never_come_back
                re6_a_batch_that_brings_words_and_recalls_them_keeps_none
                re20_progress_counts_devices_that_keep
                re13_a_device_is_told_the_recalls_in_what_it_holds
                au39_a_message_stands_in_one_conversation_of_a_line
                au39_another_visitor_s_conversation_is_of_no_line
                re30_a_recall_is_known_in_all_of_a_line
                re30_a_device_is_told_of_recalls_in_the_lines_of_what_it_holds
                wp39_a_visitor_s_own_recalls_are_those_of_their_timelines
                st18_devices_receipts_and_actors_outlive_a_restart
                a_snapshot_takes_the_place_of_the_former_one
                a_second_recall_keeps_the_first_one_s_number
                a_visitor_s_new_conversations_are_counted
                wp24_unread_is_what_others_said_after_what_was_seen
                wp24_a_conversation_is_open_until_it_is_closed
                rt50_notifications_are_exact_and_go_with_their_note
                rt53_conversations_are_listed_newest_first
                rt51_live_words_are_those_not_recalled_nor_replaced
                rt56_courses_are_told_by_site_and_time_page_by_page
            );
        }
    };
    (@tests $fixture:ty: $($test:ident)*) => {
        $(#[test]
        fn $test() {
            contract::$test(&mut <$fixture as contract::Fixture>::new());
        })*
    };
}
pub(super) use suite;

pub(crate) fn st7_a_batch_is_read_back_as_it_was_appended(it: &mut impl Fixture) {
    let mut chat = Chat::new(1);
    let mut batch = chat.says("hello");
    chat.write(&mut batch, Kind::Agent, "good morning");
    chat.write(&mut batch, Kind::Note, "a regular");
    batch.admission.fates.push(chat.refusal());
    batch.summary.status = Status::ActiveHuman;
    batch.summary.assignee = Some(chat.agent);
    batch.summary.team.collaborators = vec![chat.visitor, chat.agent];
    batch.summary.team.priority = Some(Priority::High);
    batch.summary.team.category = Some(chat.random(CategoryId::random));
    let first = append(it.storage(), batch.clone());
    assert_eq!((first.version, first.erasures.len()), (1, 0));
    let second = append(it.storage(), chat.says("are you there?"));
    assert_eq!(second.version, 2);
    assert!(second.feed > first.feed);

    it.reopen();
    let stored = it.storage().load(chat.id()).unwrap().unwrap();
    assert_eq!(stored.header, chat.header);
    assert_eq!((stored.version, stored.feed), (2, second.feed));
    assert_eq!(stored.rows, chat.rows);
    assert_eq!(stored.fates, batch.admission.fates);
    let actors: BTreeSet<_> = stored.actors.into_iter().collect();
    assert_eq!(actors, batch.admission.actors.into_iter().collect());
    assert_eq!((stored.tombstones, stored.seen), (vec![], vec![]));
    for index in 0..4 {
        assert_eq!(chat.words(it.storage(), index).unwrap(), chat.kept(index));
    }
    let strangers = [chat.random(rejoinder_core::id::RevisionId::random), chat.revisions[0].1.id];
    let words = it.storage().words(chat.timeline(), &strangers).unwrap();
    assert_eq!(words, [Words::Gone, chat.kept(0)]);
    assert!(it.storage().load(Chat::new(2).id()).unwrap().is_none());
}

pub(crate) fn st7_a_stale_batch_conflicts_and_writes_nothing(it: &impl Fixture) {
    let mut chat = Chat::new(1);
    append(it.storage(), chat.says("one"));
    let stale = chat.says("two");
    let mut again = Chat::new(1);
    again.says("one");
    again.random(Actor::random);
    append(it.storage(), again.says("other"));
    assert_eq!(refused(it.storage(), stale), AppendError::Conflict);
    let mut new = Chat::new(1);
    assert_eq!(refused(it.storage(), new.says("new once more")), AppendError::Conflict);
    let stored = it.storage().load(chat.id()).unwrap().unwrap();
    assert_eq!(stored.rows, again.rows);
    assert_eq!(chat.words(it.storage(), 1).unwrap(), Words::Gone);
    assert_eq!(again.words(it.storage(), 1).unwrap(), again.kept(1));
}

pub(crate) fn st7_an_actor_is_bound_to_one_document_and_participant(it: &impl Fixture) {
    let mut chat = Chat::new(1);
    let batch = chat.says("one");
    let mut bound = batch.admission.actors[0];
    append(it.storage(), batch);
    let free = chat.random(Actor::random);
    let elsewhere = |document, participant, actors: &[Actor]| {
        let by = Principal::new(participant, Role::Visitor);
        let found = it.storage().elsewhere(document, &by, actors, &[]).unwrap();
        found.actors.into_iter().collect::<Vec<_>>()
    };
    let (document, team) = (chat.timeline(), DocumentId::team(chat.id()));
    assert_eq!(elsewhere(document, chat.visitor, &[free, bound.actor]), []);
    assert_eq!(elsewhere(document, chat.agent, &[free, bound.actor]), [bound.actor]);
    assert_eq!(elsewhere(team, chat.visitor, &[free, bound.actor]), [bound.actor]);

    let mut thief = Chat::new(2);
    let mut batch = thief.says("mine now");
    batch.admission.actors.push(bound);
    assert_eq!(refused(it.storage(), batch), AppendError::ActorTaken(vec![bound.actor]));
    assert!(it.storage().load(thief.id()).unwrap().is_none());

    let mut closing = chat.batch();
    bound.closed = true;
    closing.admission.actors.push(bound);
    append(it.storage(), closing);
    assert_eq!(it.storage().load(chat.id()).unwrap().unwrap().actors, [bound]);
}

pub(crate) fn st7_a_malformed_batch_is_refused_alone(it: &impl Fixture) {
    let mut chat = Chat::new(1);
    append(it.storage(), chat.says("one"));
    let mut twice = chat.batch();
    twice.admission.rows.push(chat.rows[0].clone());
    let mut headless = Chat::new(2).says("two");
    headless.header = None;
    let mut other = Chat::new(3);
    let waiting = [twice, headless].map(|batch| it.storage().append(batch));
    let sound = it.storage().append(other.says("three"));
    for refused in waiting {
        assert!(matches!(wait(refused), Err(AppendError::Storage(_))));
    }
    assert_eq!(wait(sound).unwrap().version, 1);
    assert_eq!(it.storage().load(chat.id()).unwrap().unwrap().version, 1);
}

pub(crate) fn st7_feed_numbers_rise_and_each_conversation_stands_once(it: &impl Fixture) {
    let mut chats: Vec<_> = (1..=4).map(Chat::new).collect();
    for chat in &mut chats {
        append(it.storage(), chat.says("hello"));
    }
    let newest = append(it.storage(), chats[1].says("again")).feed;
    let feed = |scope: &FeedScope, after, at_most| -> Vec<_> {
        let entries = it.storage().feed(scope, after, at_most).unwrap();
        assert!(entries.is_sorted_by_key(|entry| entry.feed));
        entries.into_iter().map(|entry| (entry.header.conversation, entry.feed)).collect()
    };
    let ids = |entries: Vec<(_, u64)>| entries.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    let [a, b, c, d] = [0, 1, 2, 3].map(|index: usize| chats[index].id());
    assert_eq!(ids(feed(&FeedScope::All, 0, 9)), [a, c, d, b]);
    let page = feed(&FeedScope::All, 0, 2);
    assert_eq!(ids(feed(&FeedScope::All, page[1].1, 9)), [d, b]);
    assert_eq!(feed(&FeedScope::All, newest, 9), []);
    let sites = FeedScope::Sites(vec![chats[1].header.site, chats[3].header.site]);
    assert_eq!(ids(feed(&sites, 0, 9)), [d, b]);
    assert_eq!(ids(feed(&sites, 0, 1)), [d]);
    let visitor = FeedScope::Visitor(vec![chats[0].visitor, chats[0].visitor]);
    assert_eq!(ids(feed(&visitor, 0, 9)), [a]);
    assert_eq!(feed(&FeedScope::Sites(Vec::new()), 0, 9), []);

    let entry = it.storage().feed_entry(b).unwrap().unwrap();
    assert_eq!(entry.feed, newest);
    assert_eq!(entry.header, chats[1].header);
    assert_eq!(entry.summary, chats[1].summary);
    assert!(it.storage().feed_entry(Chat::new(9).id()).unwrap().is_none());
}

pub(crate) fn re9_superseded_words_are_gone(it: &mut impl Fixture) {
    let mut chat = Chat::new(1);
    append(it.storage(), chat.says("fist"));
    let former = chat.revisions[0].1.id;
    let appended = append(it.storage(), chat.edits(0, "first"));
    assert!(appended.erasures.is_empty());
    for _ in 0..2 {
        let words = chat.words_of(it.storage(), DocumentKind::Timeline, former).unwrap();
        assert_eq!(words, Words::Gone);
        assert_eq!(chat.words(it.storage(), 0).unwrap(), chat.kept(0));
        it.reopen();
    }
    // Words that are superseded on arrival are not kept either.
    let mut late = chat.edits(0, "too late");
    let revision = chat.revisions[0].1.id;
    late.admission.superseded = vec![(DocumentKind::Timeline, revision)];
    append(it.storage(), late);
    assert_eq!(chat.words(it.storage(), 0).unwrap(), Words::Gone);
}

pub(crate) fn re6_recalled_words_are_gone_and_never_come_back(it: &mut impl Fixture) {
    let mut chat = Chat::new(1);
    append(it.storage(), chat.says("secret"));
    append(it.storage(), chat.says("kept"));
    append(it.storage(), chat.edits(0, "secret too"));
    let appended = append(it.storage(), chat.recalls(0));
    assert_eq!(appended.erasures, [it.storage().newest_erasure().unwrap()]);
    assert_eq!(chat.words(it.storage(), 0).unwrap(), Words::Gone);
    erased(it.storage());
    // A late edit: accepted, without its words.
    append(it.storage(), chat.edits(0, "secret again"));
    for _ in 0..2 {
        assert_eq!(chat.words(it.storage(), 0).unwrap(), Words::Gone);
        assert_eq!(chat.words(it.storage(), 1).unwrap(), chat.kept(1));
        let message = chat.revisions[0].1.message;
        let tombstones = [Tombstone { kind: DocumentKind::Timeline, message }];
        assert_eq!(it.storage().load(chat.id()).unwrap().unwrap().tombstones, tombstones);
        assert_eq!(it.storage().tombstones(chat.id()).unwrap(), tombstones);
        erased(it.storage());
        it.reopen();
    }
}

pub(crate) fn re6_a_batch_that_brings_words_and_recalls_them_keeps_none(it: &impl Fixture) {
    let mut chat = Chat::new(1);
    let mut batch = chat.says("never mind");
    chat.recall(&mut batch, 0);
    let appended = append(it.storage(), batch);
    assert_eq!(appended.erasures.len(), 1);
    assert_eq!(chat.words(it.storage(), 0).unwrap(), Words::Gone);
    erased(it.storage());
}

pub(crate) fn a_second_recall_keeps_the_first_one_s_number(it: &impl Fixture) {
    let mut chat = Chat::new(1);
    append(it.storage(), chat.says("secret"));
    let first = append(it.storage(), chat.recalls(0)).erasures;
    let second = append(it.storage(), chat.recalls(0)).erasures;
    assert_eq!(first, second);
    assert_eq!(it.storage().newest_erasure().unwrap(), first[0]);
    erased(it.storage());
}

fn device(chat: &mut Chat, keeping: Keeping, heard_at: i64) -> Device {
    Device {
        device: chat.random(DeviceId::random),
        participant: chat.visitor,
        keeping,
        erasures: 0,
        heard_at: Timestamp::from_millis(heard_at),
    }
}

pub(crate) fn re20_progress_counts_devices_that_keep(it: &impl Fixture) {
    let storage = it.storage();
    let mut chat = Chat::new(1);
    append(storage, chat.says("secret"));
    append(storage, chat.says("secret too"));
    let (document, message) = (chat.timeline(), chat.revisions[0].1.message);
    let number = append(storage, chat.recalls(0)).erasures[0];
    let progress = |of| storage.progress(of).unwrap();
    let of = ProgressOf::Message(document, message);
    assert_eq!((progress(of)[0].done, progress(of)[0].devices), (0, 0));
    assert_eq!(progress(ProgressOf::Unfinished(chat.visitor)), []);

    let mut near = device(&mut chat, Keeping::Durable, 2_000);
    let far = device(&mut chat, Keeping::Durable, 1_000);
    let memory = device(&mut chat, Keeping::Memory, 3);
    let stranger = device(&mut chat, Keeping::Durable, 4);
    for it in [&near, &far, &memory, &stranger] {
        wait(storage.keep_device(it.clone())).unwrap();
    }
    for it in [&near, &far, &memory] {
        wait(storage.keep_holdings(it.device, vec![document])).unwrap();
    }
    wait(storage.keep_holdings(stranger.device, vec![DocumentId::team(chat.id())])).unwrap();
    near.erasures = number;
    wait(storage.keep_device(near.clone())).unwrap();
    let [found] = progress(of).try_into().unwrap();
    assert_eq!((found.number, found.by, found.document), (number, chat.visitor, document));
    assert_eq!((found.done, found.devices), (1, 2));
    assert_eq!(found.longest_away, Some(Timestamp::from_millis(1_000)));
    assert_eq!(progress(ProgressOf::Unfinished(chat.visitor)), [found]);
    assert_eq!(progress(ProgressOf::Unfinished(chat.agent)), []);
    assert_eq!(progress(ProgressOf::Device(near.device, 0, number)), [found]);
    assert_eq!(progress(ProgressOf::Device(near.device, number, number + 9)), []);
    assert_eq!(progress(ProgressOf::Device(stranger.device, 0, number)), []);

    wait(storage.forget_holdings(far.device, vec![document])).unwrap();
    assert_eq!((progress(of)[0].done, progress(of)[0].devices), (1, 1));
    assert_eq!(progress(of)[0].longest_away, None);
    // A restored profile: its lower cursor counts.
    near.erasures = 0;
    wait(storage.keep_device(near)).unwrap();
    assert_eq!((progress(of)[0].done, progress(of)[0].devices), (0, 1));
}

pub(crate) fn re13_a_device_is_told_the_recalls_in_what_it_holds(it: &impl Fixture) {
    let storage = it.storage();
    let (mut chat, mut other) = (Chat::new(1), Chat::new(2));
    let phone = chat.random(DeviceId::random);
    for chat in [&mut chat, &mut other] {
        append(storage, chat.says("secret"));
        append(storage, chat.says("secret too"));
    }
    wait(storage.keep_holdings(phone, vec![chat.timeline()])).unwrap();
    wait(storage.keep_holdings(phone, vec![chat.timeline()])).unwrap();
    let first = append(storage, chat.recalls(0)).erasures[0];
    append(storage, other.recalls(0));
    let second = append(storage, chat.recalls(1)).erasures[0];
    assert_eq!(storage.holdings(phone).unwrap(), [chat.timeline()]);
    assert_eq!(storage.holders(chat.timeline()).unwrap(), [phone]);
    assert_eq!(storage.holders(DocumentId::team(chat.id())).unwrap(), []);
    let erasure = |number, index: usize| Erasure {
        number,
        document: chat.timeline(),
        message: Some(chat.revisions[index].1.message),
    };
    let told = |after| storage.erasures_for(phone, after).unwrap();
    assert_eq!(told(0), [erasure(first, 0), erasure(second, 1)]);
    assert_eq!(told(second - 1), [erasure(second, 1)]);
    assert_eq!(told(second), []);
    wait(storage.forget_holdings(phone, vec![chat.timeline()])).unwrap();
    assert_eq!(told(0), []);
}

pub(crate) fn st18_devices_receipts_and_actors_outlive_a_restart(it: &mut impl Fixture) {
    let mut chat = Chat::new(1);
    let batch = chat.says("hello");
    let mut actor = batch.admission.actors[0];
    append(it.storage(), batch);
    let mut closing = chat.batch();
    actor.closed = true;
    closing.admission.actors.push(actor);
    append(it.storage(), closing);
    let mut phone = device(&mut chat, Keeping::Durable, 1);
    wait(it.storage().keep_device(phone.clone())).unwrap();
    phone.erasures = 7;
    phone.heard_at = Timestamp::from_millis(2);
    wait(it.storage().keep_device(phone.clone())).unwrap();
    wait(it.storage().keep_holdings(phone.device, vec![chat.timeline()])).unwrap();
    for seq in [2, 5, 4] {
        wait(it.storage().keep_seen(chat.timeline(), chat.agent, Seq(seq))).unwrap();
    }
    it.reopen();
    assert_eq!(it.storage().device(phone.device).unwrap(), Some(phone.clone()));
    assert_eq!(it.storage().device(chat.random(DeviceId::random)).unwrap(), None);
    assert_eq!(it.storage().holdings(phone.device).unwrap(), [chat.timeline()]);
    let stored = it.storage().load(chat.id()).unwrap().unwrap();
    assert_eq!(stored.seen, [(DocumentKind::Timeline, chat.agent, Seq(5))]);
    assert_eq!(stored.actors, [actor]);
}

pub(crate) fn a_snapshot_takes_the_place_of_the_former_one(it: &mut impl Fixture) {
    let mut chat = Chat::new(1);
    append(it.storage(), chat.says("hello"));
    assert_eq!(it.storage().snapshot(chat.timeline()).unwrap(), None);
    for (seq, bytes) in [(1, vec![1; 9]), (2, vec![2; 99_999])] {
        let snapshot = Snapshot { seq: Seq(seq), bytes };
        wait(it.storage().keep_snapshot(chat.timeline(), snapshot.clone())).unwrap();
        it.reopen();
        assert_eq!(it.storage().snapshot(chat.timeline()).unwrap(), Some(snapshot));
    }
    assert_eq!(it.storage().snapshot(DocumentId::team(chat.id())).unwrap(), None);
}

pub(crate) fn a_visitor_s_new_conversations_are_counted(it: &impl Fixture) {
    let mut chat = Chat::new(1);
    append(it.storage(), chat.says("hello"));
    let count = |visitor, since| it.storage().conversations_since(visitor, since).unwrap();
    let begun = chat.header.created_at;
    assert_eq!(count(chat.visitor, begun), 1);
    assert_eq!(count(chat.visitor, begun.plus_millis(1)), 0);
    assert_eq!(count(chat.random(ParticipantId::random), begun), 0);
}

pub(crate) fn wp24_unread_is_what_others_said_after_what_was_seen(it: &mut impl Fixture) {
    let mut chat = Chat::new(1);
    let stranger = chat.random(ParticipantId::random);
    let (visitor, former) = (chat.visitor, chat.random(ParticipantId::random));
    assert!(!it.storage().unread(&[visitor]).unwrap());
    append(it.storage(), chat.says("hello"));
    assert!(!it.storage().unread(&[visitor]).unwrap(), "own words are read");
    let mut batch = chat.batch();
    chat.write(&mut batch, Kind::Note, "a regular");
    append(it.storage(), batch);
    assert!(!it.storage().unread(&[visitor]).unwrap(), "notes are nothing to them");
    let mut batch = chat.batch();
    chat.write(&mut batch, Kind::Agent, "good morning");
    let (answered, answer) = (chat.rows.last().unwrap().seq, chat.revisions.len() - 1);
    append(it.storage(), batch);
    it.reopen();
    assert!(it.storage().unread(&[former, visitor]).unwrap());
    assert!(!it.storage().unread(&[stranger]).unwrap());

    wait(it.storage().keep_seen(chat.timeline(), visitor, answered)).unwrap();
    append(it.storage(), chat.says("thank you"));
    assert!(!it.storage().unread(&[visitor]).unwrap());
    append(it.storage(), chat.edits(answer, "good evening"));
    assert!(!it.storage().unread(&[visitor]).unwrap(), "an edit is no new message");

    let mut batch = chat.batch();
    chat.write(&mut batch, Kind::Agent, "never mind");
    append(it.storage(), batch);
    assert!(it.storage().unread(&[visitor]).unwrap());
    append(it.storage(), chat.recalls(chat.revisions.len() - 1));
    assert!(!it.storage().unread(&[visitor]).unwrap(), "what was recalled is not to be read");
}
