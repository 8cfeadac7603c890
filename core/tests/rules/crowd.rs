//! A crowd that composes side by side, honest or not.

use rejoinder_core::authority::fate::Fate;
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::DocumentKind;
use rejoinder_core::limits;
use rejoinder_core::principal::AgentRole;

use crate::chat::Chat;

#[test]
fn au6_a_crowd_that_writes_at_once_never_leaves_more_heads_than_can_be_named() {
    let chat = &mut Chat::new();
    let mut voided = 0;
    // All of them compose before anybody's change is in the log.
    let crowd: Vec<_> = (0..limits::DEPENDENCIES + 40)
        .map(|_| {
            let mut tab = chat.visitor();
            let letter = tab.writes(chat, "at once");
            (tab, letter)
        })
        .collect();
    for (tab, letter) in &crowd {
        match chat.push(tab, letter) {
            Fate::Accepted { .. } => {}
            fate => {
                assert_eq!(fate, Fate::Void);
                voided += 1;
            }
        }
    }
    assert_eq!(voided, 41);
    let heads = chat.authority.history(DocumentKind::Timeline).heads().len();
    assert!(heads < limits::DEPENDENCIES);
    // Everybody who pulls can write, and the server itself can.
    let mut bo = chat.agent(AgentRole::Agent);
    bo.said(chat, "one after the other, please");
    assert_eq!(chat.authority.history(DocumentKind::Timeline).heads().len(), 1);
    bo.did(chat, Operation::Close);
}

#[test]
fn au38_values_of_one_key_do_not_pile_up() {
    let chat = &mut Chat::new();
    let mut visitor = chat.visitor();
    let message = visitor.said(chat, "first");
    let crowd: Vec<_> = (0..limits::SIDE_BY_SIDE + 5)
        .map(|_| {
            let mut tab = visitor.tab(chat);
            let letter = tab.edits(chat, message, "at once");
            (tab, letter)
        })
        .collect();
    let mut fates = crowd.iter().map(|(tab, letter)| chat.push(tab, letter));
    let accepted = fates.by_ref().take_while(|fate| matches!(fate, Fate::Accepted { .. }));
    assert_eq!(accepted.count(), limits::SIDE_BY_SIDE);
    assert!(fates.all(|fate| fate == Fate::Void));
    // Who pulls, and composes it again, takes the place of all of them.
    let mut late = visitor.tab(chat);
    late.pulls(chat);
    let again = late.edits(chat, message, "in place of all");
    chat.accepts(&late, &again);
    // Nobody is kept from taking it back.
    let mut tab = visitor.tab(chat);
    tab.pulls(chat);
    let recall = tab.recalls(chat, message);
    chat.accepts(&tab, &recall);
    assert!(crate::chat::is_recalled(chat, DocumentKind::Timeline, message));
}
