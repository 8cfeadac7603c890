//! What people do with each other.

use rejoinder_client::{
    CommandError, Composer, Connection, Credential, Delivery, Error, Event, Refusal, Signal,
};

use crate::stage::{PATIENCE, Stage, looks, said, shows, texts, told, traces};

#[tokio::test]
async fn se1_a_visitor_writes_offline_and_an_agent_answers() {
    let stage = Stage::set().await;
    let ann = stage.visitor("ann").await;
    ann.go_offline().await.unwrap();
    let chat = ann.begin().await.unwrap();
    let first = chat.send("Is it in stock?").await.unwrap();
    assert_eq!(chat.view().await.unwrap().messages[0].delivery, Delivery::Waiting);
    ann.go_online().await.unwrap();
    ann.settled(PATIENCE).await.unwrap();

    let bo = stage.agent("bo", "bo").await;
    let desk = bo.conversation(chat.id()).await.unwrap();
    shows(&desk, &["Is it in stock?"]).await;
    assert_eq!(bo.inbox().await.unwrap().len(), 1);
    desk.claim().await.unwrap();
    desk.send("It is.").await.unwrap();
    shows(&chat, &["Is it in stock?", "It is."]).await;
    let seq = desk.view().await.unwrap().seq;
    desk.mark_seen(seq).await.unwrap();
    let seen = |view: &rejoinder_client::TimelineView| view.messages[0].delivery == Delivery::Seen;
    let mut changes = chat.changes();
    while !seen(&chat.view().await.unwrap()) {
        changes.next().await.unwrap();
    }

    chat.recall(first.message).await.unwrap();
    shows(&desk, &["(recalled)", "It is."]).await;
}

#[tokio::test]
async fn re13_a_recall_finds_a_device_that_was_away_and_leaves_no_trace() {
    let stage = Stage::set().await;
    let (ann, bo) = (stage.visitor("ann").await, stage.agent("bo", "bo").await);
    let chat = ann.begin().await.unwrap();
    chat.send("Which code?").await.unwrap();
    let desk = bo.conversation(chat.id()).await.unwrap();
    shows(&desk, &["Which code?"]).await;
    let marker = "xylophone-4711";
    let code = desk.send(format!("It is {marker}.")).await.unwrap().message;
    shows(&chat, &["Which code?", "It is xylophone-4711."]).await;
    ann.go_offline().await.unwrap();

    let mut events = bo.events();
    bo.go_offline().await.unwrap();
    desk.recall(code).await.unwrap();
    bo.go_online().await.unwrap();
    let progress = |event| match event {
        Event::Progress(progress) => Some(progress),
        _ => None,
    };
    let away = told(&mut events, |event| progress(event).filter(|p| p.server && p.done == 1)).await;
    assert_eq!((away.message, away.devices), (code, 2));
    assert_eq!(said(&chat).await[1], "It is xylophone-4711.", "it cannot know yet");

    ann.go_online().await.unwrap();
    told(&mut events, |event| progress(event).filter(|p| p.server && p.done == p.devices)).await;
    assert_eq!(desk.progress(code).await.unwrap().map(|p| p.done), Some(2));
    shows(&chat, &["Which code?", "(recalled)"]).await;
    for client in [&ann, &bo] {
        client.settled(PATIENCE).await.unwrap();
        client.close().await;
    }
    for folder in ["ann", "bo", "server"] {
        assert_eq!(traces(&stage.folder_of(folder), marker), 0, "{folder}");
    }
}

#[tokio::test]
async fn se15_of_two_edits_made_offline_one_wins_and_the_other_is_a_draft() {
    let stage = Stage::set().await;
    let (ann, bo) = (stage.visitor("ann").await, stage.agent("bo", "bo-desk").await);
    let chat = ann.begin().await.unwrap();
    chat.send("When?").await.unwrap();
    let desk = bo.conversation(chat.id()).await.unwrap();
    shows(&desk, &["When?"]).await;
    let answer = desk.send("On Monday.").await.unwrap().message;
    bo.settled(PATIENCE).await.unwrap();
    let phone = stage.agent("bo", "bo-phone").await;
    let pocket = phone.conversation(chat.id()).await.unwrap();
    shows(&pocket, &["When?", "On Monday."]).await;

    bo.go_offline().await.unwrap();
    phone.go_offline().await.unwrap();
    desk.edit(answer, "On Tuesday.").await.unwrap();
    pocket.edit(answer, "On Friday.").await.unwrap();
    for client in [&bo, &phone] {
        client.go_online().await.unwrap();
        client.settled(PATIENCE).await.unwrap();
    }
    ann.settled(PATIENCE).await.unwrap();
    let mut ends = Vec::new();
    for device in [&desk, &pocket] {
        let draft = device.draft(Composer::Edit(answer)).await.unwrap();
        ends.push((said(device).await[1].clone(), draft));
    }
    ends.sort_by_key(|(_, draft)| draft.is_some());
    let [(winner, None), (shown, Some(loser))] = &ends[..] else { panic!("{ends:?}") };
    assert_eq!(winner, shown);
    assert_ne!(winner, loser);
    shows(&chat, &["When?", winner]).await;

    desk.recall(answer).await.unwrap();
    shows(&pocket, &["When?", "(recalled)"]).await;
    for device in [&desk, &pocket] {
        assert_eq!(device.draft(Composer::Edit(answer)).await, Ok(None), "a recall takes drafts");
    }
}

#[tokio::test]
async fn se8_what_meets_a_closed_conversation_goes_on_in_its_follow_up() {
    let stage = Stage::set().await;
    let (ann, bo) = (stage.visitor("ann").await, stage.agent("bo", "bo").await);
    let mut events = ann.events();
    let chat = ann.begin().await.unwrap();
    chat.send("Thank you.").await.unwrap();
    let desk = bo.conversation(chat.id()).await.unwrap();
    shows(&desk, &["Thank you."]).await;
    ann.go_offline().await.unwrap();
    chat.send("One more thing.").await.unwrap();
    desk.close().await.unwrap();
    bo.settled(PATIENCE).await.unwrap();
    ann.go_online().await.unwrap();
    let moved = told(&mut events, |event| match event {
        Event::Moved { from, to } => Some((from, to)),
        _ => None,
    });
    let (from, to) = moved.await;
    assert_eq!(from, chat.id());
    ann.settled(PATIENCE).await.unwrap();
    let again = chat.send("And another.").await.unwrap();
    assert_eq!(again.conversation, to);
    let follow_up = bo.conversation(to).await.unwrap();
    shows(&follow_up, &["One more thing.", "And another."]).await;
    shows(&chat, &["Thank you."]).await;
    assert_eq!(desk.send("Too late.").await, Err(Error::Command(CommandError::Closed)));
    let mut changes = follow_up.changes();
    let row = loop {
        changes.next().await.unwrap();
        if let Some(row) = follow_up.inbox_row().await.unwrap() {
            break row;
        }
    };
    assert_eq!(row.follows, Some(chat.id()));
}

#[tokio::test]
async fn se7_a_second_claim_is_refused_and_a_blind_answer_is_asked_again() {
    let stage = Stage::set().await;
    let (ann, bo) = (stage.visitor("ann").await, stage.agent("bo", "bo").await);
    let cy = stage.agent("cy", "cy").await;
    let chat = ann.begin().await.unwrap();
    chat.send("Hello?").await.unwrap();
    let desk = bo.conversation(chat.id()).await.unwrap();
    let other = cy.conversation(chat.id()).await.unwrap();
    for agent in [&desk, &other] {
        shows(agent, &["Hello?"]).await;
    }
    cy.go_offline().await.unwrap();
    let claim = other.claim().await.unwrap();
    other.send("Cy here.").await.unwrap();
    desk.claim().await.unwrap();
    desk.send("Bo here.").await.unwrap();
    bo.settled(PATIENCE).await.unwrap();

    let mut events = cy.events();
    cy.go_online().await.unwrap();
    let refused = told(&mut events, |event| match event {
        Event::Refused { operation, code, .. } => Some((operation, code)),
        _ => None,
    });
    assert_eq!(refused.await, (claim, Refusal::AlreadyClaimed));
    let collided = told(&mut events, |event| match event {
        Event::Collided { operation, .. } => Some(operation),
        _ => None,
    });
    let operation = collided.await;
    shows(&other, &["Hello?", "Bo here.", "Cy here."]).await;
    let held = other.view().await.unwrap().messages.pop().unwrap();
    assert_eq!(held.delivery, Delivery::Collided { operation });
    other.discard(claim).await.unwrap();
    other.send_anyway(operation).await.unwrap();
    cy.settled(PATIENCE).await.unwrap();
    assert_eq!(other.outbox().await, Ok(Vec::new()));
    shows(&chat, &["Hello?", "Bo here.", "Cy here."]).await;
}

#[tokio::test]
async fn re18_an_agent_who_is_disabled_is_wiped() {
    let stage = Stage::set().await;
    let (ann, bo) = (stage.visitor("ann").await, stage.agent("bo", "bo").await);
    let chat = ann.begin().await.unwrap();
    chat.send("Hello?").await.unwrap();
    let desk = bo.conversation(chat.id()).await.unwrap();
    shows(&desk, &["Hello?"]).await;
    let mut events = bo.events();
    stage.disables_bo();
    told(&mut events, |event| (event == Event::Wiped).then_some(())).await;
    assert_eq!(desk.view().await, Err(Error::Wiped));
}

#[tokio::test]
async fn st8_a_server_that_was_away_is_found_again_and_nothing_is_lost() {
    let mut stage = Stage::set().await;
    let (ann, bo) = (stage.visitor("ann").await, stage.agent("bo", "bo").await);
    let chat = ann.begin().await.unwrap();
    chat.send("Before.").await.unwrap();
    ann.settled(PATIENCE).await.unwrap();
    stage.closes().await;
    let mut connection = ann.connection();
    connection.wait_for(|connection| *connection == Connection::Offline).await.unwrap();
    chat.send("Meanwhile.").await.unwrap();
    stage.opens().await;
    let desk = bo.conversation(chat.id()).await.unwrap();
    shows(&desk, &["Before.", "Meanwhile."]).await;
}

#[tokio::test]
async fn wp7_a_token_opens_another_device_and_is_kept_by_it() {
    let stage = Stage::set().await;
    let ann = stage.visitor("ann").await;
    let chat = ann.begin().await.unwrap();
    chat.send("From the desk.").await.unwrap();
    ann.settled(PATIENCE).await.unwrap();
    let token = ann.token().await.unwrap().unwrap();
    for _ in 0..2 {
        let phone = stage.client(Credential::Token(token.clone()), "phone").await;
        assert_eq!(phone.token().await, Ok(Some(token.clone())));
        let pocket = phone.conversation(chat.id()).await.unwrap();
        shows(&pocket, &["From the desk."]).await;
        phone.settled(PATIENCE).await.unwrap();
        phone.close().await;
    }
}

#[tokio::test]
async fn wp11_words_of_older_messages_come_when_they_are_asked_for() {
    let stage = Stage::set().await;
    let (ann, bo) = (stage.visitor("ann").await, stage.agent("bo", "bo").await);
    let chat = ann.begin().await.unwrap();
    for number in 0..60 {
        chat.send(format!("Number {number}.")).await.unwrap();
    }
    ann.settled(PATIENCE).await.unwrap();
    let desk = bo.conversation(chat.id()).await.unwrap();
    let absent = async || said(&desk).await.iter().filter(|text| *text == "(absent)").count();
    let mut changes = desk.changes();
    while desk.view().await.unwrap().messages.len() < 60 || absent().await > 10 {
        changes.next().await.unwrap();
    }
    bo.settled(PATIENCE).await.unwrap();
    assert_eq!(absent().await, 10);
    desk.widen(100).await.unwrap();
    bo.settled(PATIENCE).await.unwrap();
    assert_eq!(absent().await, 0);
}

#[tokio::test]
async fn wp19_notes_stay_with_the_team() {
    let stage = Stage::set().await;
    let (ann, bo) = (stage.visitor("ann").await, stage.agent("bo", "bo").await);
    let cy = stage.agent("cy", "cy").await;
    let chat = ann.begin().await.unwrap();
    chat.send("Hello?").await.unwrap();
    let desk = bo.conversation(chat.id()).await.unwrap();
    let other = cy.conversation(chat.id()).await.unwrap();
    shows(&desk, &["Hello?"]).await;
    let note = desk.note("Be kind.").await.unwrap();
    let second = desk.note("Be quick.").await.unwrap();
    looks(&other, |view| texts(view.notes.clone()) == ["Be kind.", "Be quick."]).await;
    desk.edit_note(note, "Be very kind.").await.unwrap();
    desk.recall_note(second).await.unwrap();
    looks(&other, |view| texts(view.notes.clone()) == ["Be very kind.", "(recalled)"]).await;
    assert_eq!(said(&chat).await, ["Hello?"]);
    assert_eq!(chat.agent_view().await, Err(Error::Command(CommandError::NotOpen)));
    ann.close().await;
    assert_eq!(traces(&stage.folder_of("ann"), "Be very kind."), 0);
}

#[tokio::test]
async fn wp14_who_types_is_shown_to_others_and_goes_by_itself() {
    let stage = Stage::set().await;
    let (ann, bo) = (stage.visitor("ann").await, stage.agent("bo", "bo").await);
    let chat = ann.begin().await.unwrap();
    chat.send("Hello?").await.unwrap();
    let desk = bo.conversation(chat.id()).await.unwrap();
    shows(&desk, &["Hello?"]).await;
    ann.settled(PATIENCE).await.unwrap();
    let typing = async {
        let mut changes = desk.changes();
        while desk.active().await.unwrap().is_empty() {
            changes.next().await.unwrap();
        }
    };
    chat.typing().await.unwrap();
    tokio::time::timeout(PATIENCE, typing).await.unwrap();
    let who = ann.principal().await.unwrap().unwrap().participant;
    assert_eq!(desk.active().await.unwrap(), [(who, Signal::Typing)]);
    let mut changes = desk.changes();
    let quiet = async {
        while !desk.active().await.unwrap().is_empty() {
            changes.next().await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, quiet).await.expect("nobody said that the typing was over");
}
