//! What derives from operations and words: lists, live words, notifications.

use rejoinder_core::conversation::layout::{Kind, Priority, Status};
use rejoinder_core::id::{DocumentId, DocumentKind, ParticipantId};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::NotificationKind;

use super::Fixture;
use crate::storage::tests::chat::{Chat, append, wait};
use crate::storage::{Filter, Kept, Notified, Span, Step, Storage};

pub(crate) fn rt50_notifications_are_exact_and_go_with_their_note(it: &mut impl Fixture) {
    let mut chat = Chat::new(1);
    let [ann, bo, cy] = [1, 2, 3].map(|n| ParticipantId::from_bytes([n; 16]));
    let at = Timestamp::from_millis(5);
    let mentions = |message, to: &[ParticipantId]| Notified {
        kind: NotificationKind::Mention,
        message: Some(message),
        to: to.iter().copied().collect(),
        at,
    };
    append(it.storage(), chat.says("hello"));
    let mut batch = chat.batch();
    let note = chat.write(&mut batch, Kind::Note, "ann and bo");
    batch.notified.push(mentions(note, &[ann, bo]));
    assert_eq!(append(it.storage(), batch).notified, [ann, bo].into());
    let listed = |it: &dyn Storage, who| it.notifications(who, Kept::All, u64::MAX, 9).unwrap();
    let first = listed(it.storage(), bo)[0].0;
    assert_eq!((first.conversation, first.message, first.at), (chat.id(), Some(note), at));
    wait(it.storage().keep_read(bo, vec![first.number])).unwrap();
    wait(it.storage().keep_read(ann, vec![first.number])).unwrap();

    let mut edit = chat.edits(1, "bo and cy");
    edit.notified.push(mentions(note, &[bo, cy]));
    assert_eq!(append(it.storage(), edit).notified, [ann, cy].into());
    it.reopen();
    assert_eq!(listed(it.storage(), ann), []);
    assert_eq!(listed(it.storage(), bo), [(first, true)]);
    assert_eq!(listed(it.storage(), cy).len(), 1);
    let unread = it.storage().notifications(bo, Kept::Unread, u64::MAX, 9).unwrap();
    assert_eq!(unread, []);

    let recalled = append(it.storage(), chat.recalls(1));
    assert_eq!(recalled.notified, [bo, cy].into());
    assert_eq!((listed(it.storage(), bo), listed(it.storage(), cy)), (vec![], vec![]));
}

pub(crate) fn rt53_conversations_are_listed_newest_first(it: &impl Fixture) {
    let mut chats: Vec<Chat> = (1..=3).map(Chat::new).collect();
    for chat in &mut chats {
        append(it.storage(), chat.says("hello"));
    }
    let (bo, site) = (chats[0].agent, chats[0].header.site);
    let mut batch = chats[0].says("again");
    batch.summary.assignee = Some(bo);
    batch.summary.status = Status::ActiveHuman;
    batch.summary.team.priority = Some(Priority::High);
    append(it.storage(), batch);
    let listed = |filter: &Filter, below, most| -> Vec<_> {
        let found = it.storage().conversations(filter, below, most).unwrap();
        found.into_iter().map(|entry| (entry.header.conversation, entry.feed)).collect()
    };
    let ids = |filter: Filter| -> Vec<_> {
        listed(&filter, u64::MAX, 9).into_iter().map(|(id, _)| id).collect()
    };
    let [first, second, third] = [0, 1, 2].map(|n: usize| chats[n].id());
    assert_eq!(ids(Filter::default()), [first, third, second]);
    let page = listed(&Filter::default(), u64::MAX, 2);
    assert_eq!(listed(&Filter::default(), page[1].1, 2)[0].0, second);
    let any = Filter::default;
    assert_eq!(ids(Filter { sites: Some(vec![site]), ..any() }), [first]);
    assert_eq!(ids(Filter { sites: Some(vec![]), ..any() }), []);
    assert_eq!(ids(Filter { status: vec![Status::ActiveHuman], ..any() }), [first]);
    assert_eq!(ids(Filter { assignee: Some(Some(bo)), ..any() }), [first]);
    assert_eq!(ids(Filter { assignee: Some(None), ..any() }), [third, second]);
    assert_eq!(ids(Filter { visitor: Some(chats[1].visitor), ..any() }), [second]);
    assert_eq!(ids(Filter { priority: Some(Priority::High), ..any() }), [first]);
    assert_eq!(ids(Filter { category: Some(None), closed: Some(false), ..any() }).len(), 3);
    let at = chats[0].summary.at;
    assert_eq!(ids(Filter { since: Some(at), ..any() }), [first]);
    assert_eq!(ids(Filter { until: Some(at), ..any() }), [third, second]);
}

pub(crate) fn rt51_live_words_are_those_not_recalled_nor_replaced(it: &impl Fixture) {
    let mut chat = Chat::new(1);
    append(it.storage(), chat.says("one"));
    append(it.storage(), chat.says("two"));
    let mut batch = chat.batch();
    chat.write(&mut batch, Kind::Note, "three");
    append(it.storage(), batch);
    append(it.storage(), chat.edits(1, "two again"));
    append(it.storage(), chat.recalls(0));
    let live = it.storage().live_words(chat.id()).unwrap();
    let mut texts: Vec<_> =
        live.iter().map(|(kind, words)| (*kind, words.read().unwrap().text)).collect();
    texts.sort();
    let said = |kind, text: &str| (kind, text.to_owned());
    let expected = [said(DocumentKind::Timeline, "two again"), said(DocumentKind::Team, "three")];
    assert_eq!(texts, expected);
    assert_eq!(it.storage().live_words(Chat::new(2).id()).unwrap(), []);
    // And of one message.
    let of = |index: usize| {
        let (kind, revision) = &chat.revisions[index];
        let document = DocumentId { conversation: chat.id(), kind: *kind };
        let words = it.storage().message_words(document, revision.message).unwrap();
        words.iter().map(|it| it.read().unwrap().text).collect::<Vec<_>>()
    };
    assert_eq!((of(0), of(1), of(2)), (vec![], vec!["two again".into()], vec!["three".into()]));
}

pub(crate) fn rt56_courses_are_told_by_site_and_time_page_by_page(it: &impl Fixture) {
    let mut chats: Vec<Chat> = (1..=3).map(Chat::new).collect();
    for chat in &mut chats {
        append(it.storage(), chat.says("hello"));
    }
    let chat = &mut chats[0];
    let mut batch = chat.batch();
    chat.write(&mut batch, Kind::Note, "a regular");
    append(it.storage(), batch);
    append(it.storage(), chat.recalls(0));
    let steps = chat.rows.iter().map(|row| Step {
        kind: row.kind,
        at: row.at,
        by: row.submitted_by,
        operation: row.operation,
    });
    let (steps, site) = (steps.collect::<Vec<_>>(), chat.header.site);
    let (began, last) = (chat.header.created_at, chat.summary.at);
    let told = |sites: Option<Vec<_>>, from, to| {
        let (mut told, mut after) = (Vec::new(), None);
        loop {
            let span = Span { sites: sites.clone(), from, to };
            let (page, next) = it.storage().courses(&span, after, 2).unwrap();
            told.extend(page);
            after = next;
            if after.is_none() {
                return told;
            }
        }
    };
    let all = told(None, began, last);
    let mut ids: Vec<_> = chats.iter().map(Chat::id).collect();
    ids.sort();
    assert_eq!(all.iter().map(|course| course.conversation).collect::<Vec<_>>(), ids);
    let of_site = told(Some(vec![site]), began, last);
    assert_eq!((of_site.len(), &of_site[0].steps), (1, &steps));
    assert_eq!(told(None, last, last.plus_millis(1)), of_site, "the others rested before");
    assert_eq!(told(None, began, began), [], "none began before");
    assert_eq!(told(Some(vec![]), began, last), []);

    let mut batch = chats[1].says("again");
    batch.summary.status = Status::ActiveHuman;
    append(it.storage(), batch);
    let mut batch = chats[2].says("again");
    batch.summary.closed = true;
    append(it.storage(), batch);
    let other = chats[1].header.site;
    let mut open = it.storage().open_ones(None).unwrap();
    open.sort();
    let mut expected = [(site, Status::WaitingForHuman, 1), (other, Status::ActiveHuman, 1)];
    expected.sort();
    assert_eq!(open, expected);
    let of_other = it.storage().open_ones(Some(&[other])).unwrap();
    assert_eq!(of_other, [(other, Status::ActiveHuman, 1)]);
}

pub(crate) fn wp24_a_conversation_is_open_until_it_is_closed(it: &mut impl Fixture) {
    let (mut first, mut second) = (Chat::new(1), Chat::new(2));
    (second.visitor, second.header.visitor) = (first.visitor, first.visitor);
    let (visitor, former) = (first.visitor, first.random(ParticipantId::random));
    assert!(!it.storage().has_open(&[visitor]).unwrap(), "nothing was begun");
    append(it.storage(), first.says("hello"));
    it.reopen();
    assert!(it.storage().has_open(&[former, visitor]).unwrap());
    assert!(!it.storage().has_open(&[former]).unwrap());

    let mut batch = first.says("goodbye");
    batch.summary.closed = true;
    append(it.storage(), batch);
    assert!(!it.storage().has_open(&[visitor]).unwrap(), "the only one is closed");
    append(it.storage(), second.says("hello again"));
    assert!(it.storage().has_open(&[visitor]).unwrap(), "one of two is open");
}
