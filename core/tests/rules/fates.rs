//! Fates: one for each operation, the same for ever.

use rejoinder_core::authority::fate::{Fate, Refusal};
use rejoinder_core::authority::log::Row;
use rejoinder_core::authority::{Authority, follow_up};
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::{DocumentKind, MessageId, ParticipantId, Seq};
use rejoinder_core::principal::AgentRole;

use crate::chat::{Chat, NOON, NOTHING};

#[test]
fn au1_each_operation_gets_one_fate() {
    let chat = &mut Chat::new();
    let (mut ann, mut bo) = (chat.visitor(), chat.agent(AgentRole::Agent));
    let first = ann.writes(chat, "first");
    let foreign = ann.edits(chat, NOTHING, "what?");
    let after = ann.writes(chat, "after");
    let fates = chat.pushes(&ann, &[&first, &foreign, &after]);
    let ids = [first, foreign, after].map(|letter| letter.submission.id);
    assert_eq!(fates.iter().map(|told| told.operation).collect::<Vec<_>>(), ids);
    assert_eq!(fates[0].fate, Fate::Accepted { seq: Seq(1), at: NOON });
    assert_eq!(fates[1].fate, Fate::Refused { code: Refusal::UnknownMessage });
    assert_eq!(fates[2].fate, Fate::Void);
    let reply = bo.writes(chat, "unseen");
    chat.agent(AgentRole::Agent).said(chat, "sooner");
    assert!(matches!(chat.push(&bo, &reply), Fate::Collision { .. }));
}

#[test]
fn au2_seqs_have_no_gaps_in_either_log() {
    let chat = &mut Chat::new();
    let mut bo = chat.agent(AgentRole::Supervisor);
    let mut team = bo.on_team(chat);
    for round in 0..5 {
        bo.said(chat, "a reply");
        let mut broken = bo.tab(chat);
        let letter = broken.edits(chat, NOTHING, "what?");
        assert!(matches!(chat.push(&broken, &letter), Fate::Refused { .. }), "{round}");
        team.said(chat, "a note");
    }
    for kind in [DocumentKind::Timeline, DocumentKind::Team] {
        let seqs: Vec<u64> =
            chat.stored.rows.iter().filter(|row| row.kind == kind).map(|row| row.seq.0).collect();
        assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    }
}

#[test]
fn au3_times_of_acceptance_rise_whatever_the_clock_does() {
    let chat = &mut Chat::new();
    let mut bo = chat.agent(AgentRole::Agent);
    let mut team = bo.on_team(chat);
    for millis in [0, 0, -60_000, 5, 5, i64::MIN / 2, 1_000] {
        chat.now = NOON.plus_millis(millis);
        bo.said(chat, "a reply");
        team.said(chat, "a note");
    }
    assert!(chat.stored.rows.is_sorted_by(|a, b| a.at < b.at));
    assert_eq!(chat.stored.rows.last().unwrap().at, NOON.plus_millis(1_001));
}

#[test]
fn au4_a_repeat_gets_its_first_fate_again() {
    let chat = &mut Chat::new();
    let mut ann = chat.visitor();
    let accepted = ann.writes(chat, "hello");
    let refused = ann.edits(chat, NOTHING, "what?");
    let first = chat.pushes(&ann, &[&accepted, &refused]);
    for _ in 0..2 {
        chat.now = chat.now.plus_millis(60_000);
        let rows = chat.stored.rows.len();
        assert_eq!(chat.pushes(&ann, &[&accepted, &refused]), first);
        assert!(chat.last.is_empty());
        assert_eq!(chat.stored.rows.len(), rows);
        chat.restarts();
    }
}

#[test]
fn au4_a_repeat_of_what_met_a_closed_conversation_goes_to_the_same_follow_up() {
    let chat = &mut Chat::new();
    let mut ann = chat.visitor();
    ann.said(chat, "hello");
    let late = ann.writes(chat, "one more thing");
    let mut bo = chat.agent(AgentRole::Agent);
    bo.did(chat, Operation::Close);
    let first = chat.push(&ann, &late);
    assert_eq!(first, Fate::Closed { follow_up: follow_up(chat.authority.conversation()) });
    assert!(chat.last.follow_up);
    chat.restarts();
    assert_eq!(chat.push(&ann, &late), first);
}

#[test]
fn au4_a_repeat_is_known_after_its_author_became_known() {
    let chat = &mut Chat::new();
    let mut ann = chat.visitor();
    let accepted = ann.writes(chat, "hello");
    let refused = ann.edits(chat, NOTHING, "what?");
    let first = chat.pushes(&ann, &[&accepted, &refused]);
    let anonymous = ann.id();
    ann.principal.participant = ParticipantId::random(&mut chat.dice);
    ann.principal.former.insert(anonymous);
    assert_eq!(chat.pushes(&ann, &[&accepted, &refused]), first);
}

#[test]
fn au4_what_asks_to_come_again_is_judged_anew() {
    let chat = &mut Chat::new();
    let mut bo = chat.agent(AgentRole::Agent);
    let reply = bo.writes(chat, "it is so");
    let newest = chat.agent(AgentRole::Agent).said(chat, "it is not");
    let fate = chat.push(&bo, &reply);
    assert_eq!(fate, Fate::Collision { newest: Seq(1) });
    // Composed again, under the same ids and another actor, with a newer `seen`.
    let mut again = bo.tab(chat);
    let mut letter = again.sends(chat, bo.kind(), reply.words[0].clone());
    letter.submission.id = reply.submission.id;
    chat.accepts(&again, &letter);
    assert!(chat.authority.history(DocumentKind::Timeline).message(newest).is_some());
}

#[test]
fn au5_an_agents_message_id_is_not_a_visitors_at_old_dependencies() {
    let chat = &mut Chat::new();
    let mut ann = chat.visitor();
    let mut bo = chat.agent(AgentRole::Agent);
    let mut tab = ann.tab(chat);
    let reply = bo.writes(chat, "trust me");
    chat.accepts(&bo, &reply);
    // Both creations would be visible side by side, and the visitor's might win.
    let words = tab.revision(chat, reply.message(), "I am the agent");
    let forged = tab.sends(chat, tab.kind(), words);
    chat.refuses(&tab, &forged, Refusal::IdTaken);
    ann.said(chat, "nothing came of it");
    let history = chat.authority.history(DocumentKind::Timeline);
    assert_eq!(history.message(reply.message()).unwrap().author, bo.id());
}

#[test]
fn au5_ids_of_revisions_and_operations_are_used_once() {
    let chat = &mut Chat::new();
    let mut ann = chat.visitor();
    let mut old = ann.tab(chat);
    let hello = ann.writes(chat, "hello");
    chat.accepts(&ann, &hello);
    let mut words = old.revision(chat, MessageId::from_bytes([5; 16]), "two");
    words.id = hello.revision();
    let letter = old.sends(chat, old.kind(), words);
    chat.refuses(&old, &letter, Refusal::IdTaken);
    let mut tab = ann.tab(chat);
    let mut letter = tab.writes(chat, "three");
    letter.submission.id = hello.submission.id;
    chat.refuses(&tab, &letter, Refusal::IdTaken);
    let mut bo = chat.agent(AgentRole::Owner);
    let mut letter = bo.writes(chat, "four");
    letter.submission.id = hello.submission.id;
    chat.refuses(&bo, &letter, Refusal::IdTaken);
    ann.pulls(chat);
    let mut words = ann.revision(chat, hello.message(), "five");
    words.id = hello.revision();
    let (revision, commitment) = (words.id, words.commitment(ann.document()));
    let edit = Operation::Edit { message: hello.message(), revision, commitment };
    let letter = ann.does(chat, edit);
    chat.refuses(&ann, &letter, Refusal::IdTaken);
}

#[test]
fn au16_what_comes_after_a_refusal_is_void() {
    let chat = &mut Chat::new();
    let mut ann = chat.visitor();
    let bad = ann.edits(chat, NOTHING, "what?");
    let later = ann.writes(chat, "later");
    assert_eq!(chat.push(&ann, &bad), Fate::Refused { code: Refusal::UnknownMessage });
    for _ in 0..2 {
        assert_eq!(chat.push(&ann, &later), Fate::Void);
        // In the other's place, which was never taken.
        let mut same = ann.tab(chat);
        same.actor = ann.actor;
        let instead = same.writes(chat, "instead");
        assert_eq!(chat.push(&same, &instead), Fate::Void);
        chat.restarts();
    }
    let mut fresh = ann.tab(chat);
    let mut again = fresh.sends(chat, fresh.kind(), later.words[0].clone());
    again.submission.id = later.submission.id;
    chat.accepts(&fresh, &again);
}

#[test]
fn au16_a_replayed_old_push_after_a_refusal_changes_nothing() {
    let chat = &mut Chat::new();
    let mut ann = chat.visitor();
    let first = ann.writes(chat, "first");
    chat.accepts(&ann, &first);
    let bad = ann.edits(chat, NOTHING, "what?");
    let third = ann.writes(chat, "third");
    let told = chat.pushes(&ann, &[&first, &bad, &third]);
    let rows = chat.stored.rows.clone();
    chat.restarts();
    assert_eq!(chat.pushes(&ann, &[&first, &bad, &third]), told);
    assert_eq!(told[2].fate, Fate::Void);
    assert_eq!(chat.stored.rows, rows);
}

#[test]
fn au16_a_taken_operation_id_closes_the_actor_too() {
    let chat = &mut Chat::new();
    let mut ann = chat.visitor();
    let hello = ann.writes(chat, "hello");
    chat.accepts(&ann, &hello);
    let mut tab = ann.tab(chat);
    let mut taken = tab.clone().writes(chat, "another");
    taken.submission.id = hello.submission.id;
    chat.refuses(&tab, &taken, Refusal::IdTaken);
    let next = tab.writes(chat, "and now?");
    assert_eq!(chat.push(&tab, &next), Fate::Void);
    chat.refuses(&tab, &taken, Refusal::IdTaken);
    ann.said(chat, "the owner's actor is open");
}

#[test]
fn au17_a_push_is_judged_like_its_operations_one_by_one() {
    let mut fates = [true, false].map(|together| {
        let chat = &mut Chat::new();
        let mut ann = chat.visitor();
        let first = ann.writes(chat, "frist");
        let edit = ann.edits(chat, first.message(), "first");
        let recall = ann.recalls(chat, first.message());
        let again = ann.edits(chat, first.message(), "second thoughts");
        let after = ann.writes(chat, "after");
        let letters = [&first, &edit, &recall, &again, &after];
        let told = if together {
            chat.pushes(&ann, &letters)
        } else {
            letters.iter().flat_map(|letter| chat.pushes(&ann, &[letter])).collect()
        };
        assert_eq!(chat.texts(), [""; 0]);
        told.into_iter().map(|told| told.fate).collect::<Vec<_>>()
    });
    let at = |n| NOON.plus_millis(n);
    assert_eq!(fates[0], fates[1]);
    assert_eq!(fates[0][2], Fate::Accepted { seq: Seq(3), at: at(2) });
    assert_eq!(fates[0][3], Fate::Refused { code: Refusal::Recalled });
    assert_eq!(fates[1].pop(), Some(Fate::Void));
}

#[test]
fn au37_fates_follow_from_the_rows_alone() {
    let (chat, other) = (&mut Chat::new(), &mut Chat::new());
    let mut last = None;
    for (restarting, chat) in [(false, chat), (true, other)] {
        let (mut ann, mut bo) = (chat.visitor(), chat.agent(AgentRole::Agent));
        let mut told = Vec::new();
        let mut letters = vec![(ann.clone(), ann.writes(chat, "hello"))];
        let hello = letters[0].1.message();
        letters.push((bo.clone(), bo.claims(chat)));
        letters.push((ann.clone(), ann.recalls(chat, hello)));
        letters.push((bo.clone(), bo.edits(chat, hello, "mine?")));
        letters.push((bo.clone(), bo.closes(chat)));
        letters.push((ann.clone(), ann.writes(chat, "late")));
        for (person, letter) in &letters {
            if restarting {
                chat.restarts();
            }
            told.push(chat.push(person, letter));
        }
        assert!(last.is_none_or(|last| last == told));
        last = Some(told);
    }
}

#[test]
fn st9_a_row_that_composes_to_another_change_is_damage() {
    let chat = &mut Chat::new();
    let mut ann = chat.visitor();
    ann.said(chat, "first");
    ann.said(chat, "second");
    let damage: [fn(&mut Row); 7] = [
        |row| row.change[20] ^= 1,
        |row| row.hash.0[0] ^= 1,
        |row| row.seq = Seq(3),
        |row| row.at = NOON,
        |row| row.operation = Operation::Close,
        |row| row.context.time = NOON.plus_millis(1),
        |row| row.context.dependencies.clear(),
    ];
    let (conversation, visitor) = (chat.authority.conversation(), chat.authority.visitor());
    for spoil in damage {
        let mut rows = chat.stored.clone();
        spoil(&mut rows.rows[1]);
        let loaded = Authority::load(conversation, visitor, &rows, &mut chat.dice);
        let said = loaded.unwrap_err().to_string();
        assert!(said.starts_with("entry ") && said.contains("Timeline log is damaged"), "{said}");
    }
    assert!(Authority::load(conversation, visitor, &chat.stored, &mut chat.dice).is_ok());
}
