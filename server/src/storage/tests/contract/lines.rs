//! One place for each message of a visitor in a line of conversations.

use rejoinder_core::authority::elsewhere::Elsewhere;
use rejoinder_core::conversation::layout::Kind;
use rejoinder_core::id::{DeviceId, DocumentId, MessageId};
use rejoinder_core::principal::{Principal, Role};

use super::Fixture;
use crate::storage::tests::chat::{Chat, append, refused, wait};
use crate::storage::{AppendError, Erasure};

fn elsewhere(it: &impl Fixture, chat: &Chat, message: MessageId) -> Elsewhere {
    let visitor = Principal::new(chat.visitor, Role::Visitor);
    it.storage().elsewhere(chat.timeline(), &visitor, &[], &[message]).unwrap()
}

pub(crate) fn au39_a_message_stands_in_one_conversation_of_a_line(it: &mut impl Fixture) {
    let mut chat = Chat::new(1);
    append(it.storage(), chat.says("said"));
    let message = chat.revisions[0].1.message;
    let mut next = chat.next();
    let mut after = next.next();
    append(it.storage(), after.says("another"));
    it.reopen();
    for other in [&next, &after] {
        let found = elsewhere(it, other, message);
        assert_eq!(found.said.get(&message), Some(&chat.id()));
        assert!(found.recalled.is_empty());
    }
    assert!(elsewhere(it, &chat, message).said.is_empty(), "here is not elsewhere");
    // Two tasks may judge at once: the second batch is judged again.
    let again = next.says_again(message, "said there too");
    assert_eq!(refused(it.storage(), again), AppendError::Conflict);
    assert!(it.storage().load(next.id()).unwrap().is_none(), "nothing was written");
    let mut earlier = after.says_again(message, "in a later one");
    earlier.header = None;
    assert_eq!(refused(it.storage(), earlier), AppendError::Conflict);
    // Of a line only: ids are unique within a conversation.
    let mut other = Chat::new(2);
    append(it.storage(), other.says_again(message, "another visitor's"));
    assert!(elsewhere(it, &chat, message).said.is_empty());
}

pub(crate) fn au39_another_visitor_s_conversation_is_of_no_line(it: &impl Fixture) {
    let mut chat = Chat::new(1);
    append(it.storage(), chat.says("said"));
    let message = chat.revisions[0].1.message;
    let mut thief = chat.next();
    thief.visitor = Chat::new(9).visitor;
    thief.header.visitor = thief.visitor;
    append(it.storage(), thief.says_again(message, "under an id that was heard of"));
    append(it.storage(), thief.recalls(0));
    let found = elsewhere(it, &chat, message);
    assert!(found.said.is_empty() && found.recalled.is_empty(), "{found:?}");
    // An agent's message of the same id is nobody's words that go on.
    let mut next = chat.next().next();
    let mut batch = next.says("hello");
    let reply = next.write(&mut batch, Kind::Agent, "an agent's");
    append(it.storage(), batch);
    assert!(elsewhere(it, &chat, reply).said.is_empty());
}

pub(crate) fn re30_a_recall_is_known_in_all_of_a_line(it: &impl Fixture) {
    let mut chat = Chat::new(1);
    let mut batch = chat.says("said");
    let note = chat.write(&mut batch, Kind::Note, "a note");
    append(it.storage(), batch);
    append(it.storage(), chat.recalls(0));
    append(it.storage(), chat.recalls(1));
    let (next, message) = (chat.next(), chat.revisions[0].1.message);
    assert!(elsewhere(it, &next, message).recalled.contains(&message));
    assert!(elsewhere(it, &next.next(), message).recalled.contains(&message));
    assert!(elsewhere(it, &next, note).recalled.is_empty());
    assert!(elsewhere(it, &Chat::new(2), message).recalled.is_empty());
}

pub(crate) fn re30_a_device_is_told_of_recalls_in_the_lines_of_what_it_holds(it: &impl Fixture) {
    let (storage, mut chat) = (it.storage(), Chat::new(1));
    let mut batch = chat.says("said");
    chat.write(&mut batch, Kind::Note, "a note");
    append(storage, batch);
    let number = append(storage, chat.recalls(0)).erasures[0];
    append(storage, chat.recalls(1));
    let next = chat.next();
    let [phone, laptop, other] = [(); 3].map(|()| chat.random(DeviceId::random));
    wait(storage.keep_holdings(phone, vec![next.timeline(), DocumentId::team(next.id())])).unwrap();
    wait(storage.keep_holdings(laptop, vec![chat.timeline()])).unwrap();
    wait(storage.keep_holdings(other, vec![Chat::new(2).timeline()])).unwrap();
    let message = Some(chat.revisions[0].1.message);
    let order = Erasure { number, document: next.timeline(), message };
    assert_eq!(storage.erasures_near(phone, &[], 0).unwrap(), [order]);
    assert_eq!(storage.erasures_near(phone, &[], number).unwrap(), []);
    assert_eq!(storage.erasures_for(phone, 0).unwrap(), [], "it does not hold that one");
    for device in [laptop, other] {
        assert_eq!(storage.erasures_near(device, &[], 0).unwrap(), []);
    }
    // What it has without being remembered to, the conversation itself included.
    let has = [chat.id(), next.id()];
    let both = [order, Erasure { document: chat.timeline(), ..order }];
    assert_eq!(storage.erasures_near(other, &has, 0).unwrap(), both);
}

pub(crate) fn wp39_a_visitor_s_own_recalls_are_those_of_their_timelines(it: &impl Fixture) {
    let (storage, mut chat) = (it.storage(), Chat::new(1));
    let (mut next, mut other) = (chat.next(), Chat::new(2));
    let mut batch = chat.says("said");
    chat.write(&mut batch, Kind::Note, "a note");
    chat.write(&mut batch, Kind::Agent, "a reply");
    append(storage, batch);
    append(storage, next.says("said later"));
    append(storage, other.says("somebody else's"));
    let mut recalls = Vec::new();
    for batch in [chat.recalls(0), chat.recalls(1), other.recalls(0), chat.recalls(2)] {
        recalls.extend(append(storage, batch).erasures);
    }
    recalls.extend(append(storage, next.recalls(0)).erasures);
    let own = storage.own_erasures(&[chat.visitor]).unwrap();
    let numbers: Vec<_> = own.iter().map(|erasure| erasure.number).collect();
    assert_eq!(numbers, [recalls[0], recalls[3], recalls[4]], "no note, and nobody else's");
    let documents: Vec<_> = own.iter().map(|erasure| erasure.document).collect();
    assert_eq!(documents, [chat.timeline(), chat.timeline(), next.timeline()]);
    assert_eq!(storage.own_erasures(&[chat.agent]).unwrap(), []);
}
