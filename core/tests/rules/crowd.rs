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
