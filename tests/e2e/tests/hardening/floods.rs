//! Who asks for too much is put off, and nobody else notices.

use std::time::Duration;

use rejoinder_core::authority::fate::Fate;
use rejoinder_core::limits;
use rejoinder_core::wire::{Credential, Problem, ServerFrame};
use rejoinder_harness::{Raw, World};

use crate::visitor::{push, visitor};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wp31_a_flood_of_operations_is_put_off_and_an_outbox_of_days_is_not() {
    let world = World::start_strict().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello?").await;
    ann.sees(chat, &["Hello?"]).await;
    let (mut raw, mut forger, token) = visitor(&world).await;
    let document = forger.document();
    let mut accepted = 0;
    let mut before;
    let wait = 'flood: loop {
        before = forger.tab();
        let letters: Vec<_> = (0..limits::PUSH_OPERATIONS).map(|_| forger.writes("More")).collect();
        raw.send(&push(document, &letters)).await;
        loop {
            match raw.next().await {
                Some(ServerFrame::Fates { fates, .. }) => {
                    assert!(fates.iter().all(|it| matches!(it.fate, Fate::Accepted { .. })));
                    accepted += fates.len();
                    break;
                }
                Some(ServerFrame::Retry { after_millis, reason: Problem::TooMuch }) => {
                    break 'flood after_millis;
                }
                Some(_) => {}
                None => panic!("it is told why"),
            }
        }
        assert!(accepted < 10_000, "nothing is put off");
    };
    assert!(accepted >= 2 * limits::OUTBOX_OPERATIONS - limits::PUSH_OPERATIONS, "{accepted}");
    assert!((1..10_000).contains(&wait), "to wait for {wait} ms");
    // An honest person has not noticed.
    vera.says(chat, "Still here?").await;
    ann.sees(chat, &["Hello?", "Still here?"]).await;
    // Nothing of what was put off was carried out, and who waits as told goes on.
    tokio::time::sleep(Duration::from_millis(wait)).await;
    let (mut raw, _) = Raw::enter(world.address(), Credential::Token(token)).await;
    raw.open(document).await;
    let last = |frame| match frame {
        ServerFrame::Entries { last, .. } => Some(last.0),
        _ => None,
    };
    assert_eq!(raw.until(last).await, accepted as u64);
    let letter = before.writes("Slower");
    let fates = raw.pushes(document, &[letter]).await;
    assert!(matches!(fates[0].fate, Fate::Accepted { .. }), "{fates:?}");
}

#[tokio::test]
async fn wp32_a_participant_has_so_many_connections_at_a_time() {
    let world = World::start_strict().await;
    let (first, _, token) = visitor(&world).await;
    let mut tabs = vec![first];
    for _ in 1..limits::CONNECTIONS {
        tabs.push(Raw::enter(world.address(), Credential::Token(token.clone())).await.0);
    }
    let mut one_more = Raw::connect(world.address()).await;
    one_more.greets(Credential::Token(token.clone())).await;
    let told = |frame| match frame {
        ServerFrame::Retry { after_millis, reason } => Some((after_millis, reason)),
        _ => None,
    };
    let expected = (limits::CROWDED_RETRY_MILLIS, Problem::TooMuch);
    assert_eq!(one_more.until(told).await, expected);
    drop(tabs.pop());
    rejoinder_harness::eventually(
        "a place is free again",
        async || {
            let mut raw = Raw::connect(world.address()).await;
            raw.greets(Credential::Token(token.clone())).await;
            matches!(raw.next().await, Some(ServerFrame::Welcome(_)))
        },
        |welcome| *welcome,
    )
    .await;
    // Somebody else has places of their own.
    drop(visitor(&world).await);
}

#[tokio::test]
async fn rt61_a_flood_of_requests_is_put_off_with_when_to_come_again() {
    let world = World::start_strict().await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let token = vera.client().token().await.unwrap().unwrap();
    let mut answered = 0;
    let refused = loop {
        let answer = world.ask_as(&token, "GET", "/api/v1/unread", None).await;
        if answer.status != 200 {
            break answer;
        }
        answered += 1;
        assert!(answered < 5_000, "nothing is put off");
    };
    assert!(answered >= 300, "a page may ask for much at once: {answered}");
    assert_eq!((refused.status, refused.json()["error"]["code"].as_str()), (429, Some("too_many")));
    assert!(refused.head.to_lowercase().contains("retry-after: 1"), "{}", refused.head);
    assert_eq!(world.get(&ann, "/api/v1/me").await.status, 200);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.get(&vera, "/api/v1/unread").await.status, 200);
}
