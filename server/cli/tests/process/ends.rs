//! How a server ends, what it answers, and what it writes down.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rejoinder_harness::client::Event;
use rejoinder_harness::core::wire::Problem;
use rejoinder_harness::search::{self, Needles};
use rejoinder_harness::{PASSWORD, Program, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::command::{PROGRAM, is_sound};

/// What the server answers to a plain question.
async fn ask(server: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let question = format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
    stream.write_all(question.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn st19_asked_to_end_it_keeps_what_it_has_told_and_says_when_to_come_back() {
    let mut world = World::start_program(PROGRAM, &[]).await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("0").await;
    ann.sees(chat, &["0"]).await;
    for path in ["/healthz", "/readyz"] {
        let answer = ask(world.address(), path).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }
    let metrics = ask(world.address(), "/metrics").await;
    for name in ["rejoinder_connections 2", "rejoinder_operations_total"] {
        assert!(metrics.contains(name), "{name}: {metrics}");
    }
    let stop = Arc::new(AtomicBool::new(false));
    let (writer, stopped) = (Arc::clone(&vera), Arc::clone(&stop));
    let writing = tokio::spawn(async move {
        let mut said = vec!["0".to_owned()];
        while !stopped.load(Ordering::Relaxed) {
            said.push(said.len().to_string());
            writer.says(chat, said.last().unwrap()).await;
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        said
    });
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        world.restart_server().await;
        vera.client().go_online().await.unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    let said = writing.await.unwrap();
    vera.settles().await;
    ann.settles().await;
    ann.chat(chat).await.widen(10_000).await.unwrap();
    let said: Vec<_> = said.iter().map(String::as_str).collect();
    ann.sees(chat, &said).await;
    vera.is_told("that it is closing", |event| match event {
        Event::Problem { reason: Problem::Closing, retry_after_millis, .. } => *retry_after_millis,
        _ => None,
    })
    .await;
    world.stop_server().await;
    is_sound(&world);
}

#[tokio::test]
async fn re21_the_log_holds_no_words_whatever_is_asked_of_it() {
    let flags = ["--log-filter=trace", "--log-format=json"];
    let mut world = World::start_program(PROGRAM, &flags).await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("words-of-the-visitor").await;
    ann.sees(chat, &["words-of-the-visitor"]).await;
    let answer = ann.says(chat, "words-of-the-agent").await;
    ann.notes(chat, "words-of-a-note").await;
    ann.edits(chat, answer, "words-of-an-edit").await;
    vera.sees(chat, &["words-of-the-visitor", "words-of-an-edit"]).await;
    ann.recalls(chat, answer).await;
    vera.sees(chat, &["words-of-the-visitor", "(recalled)"]).await;
    let mut secrets = vec![
        "words-of-the-visitor".to_owned(),
        "words-of-the-agent".to_owned(),
        "words-of-a-note".to_owned(),
        "words-of-an-edit".to_owned(),
        "ann@shop.example".to_owned(),
        PASSWORD.to_owned(),
    ];
    for person in [&vera, &ann] {
        secrets.push(person.client().token().await.unwrap().unwrap());
    }
    world.settle().await;
    let metrics = ask(world.address(), "/metrics").await;
    let log = world.stop_server().await;
    let needles = Needles::new(&secrets);
    let text = String::from_utf8_lossy(&log);
    assert!(text.contains("\"listening\""), "the log is there: {text}");
    assert_eq!(needles.find(&log), []);
    assert_eq!(needles.find(metrics.as_bytes()), []);
    let found = world.search_files(&secrets[..4]);
    assert_eq!(found, [], "nor does any file hold them open");
}

#[tokio::test]
async fn st13_a_folder_or_an_address_in_use_ends_serve_with_its_name() {
    let mut world = World::start_program(PROGRAM, &[]).await;
    let binary = Path::new(PROGRAM);
    let anywhere: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let before = search::files(&world.data());
    let ended = Program::serve(binary, &world.data(), anywhere, &[]).unwrap_err();
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.log.contains("in use by another process"), "{}", ended.log);
    assert!(ended.log.contains(world.data().to_str().unwrap()), "{}", ended.log);
    assert_eq!(search::files(&world.data()), before);
    let other = World::start_program(PROGRAM, &[]).await;
    world.stop_server().await;
    let ended = Program::serve(binary, &world.data(), other.address(), &[]).unwrap_err();
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.log.contains(&other.address().to_string()), "{}", ended.log);
    world.start_server().await;
    is_sound(&world);
}
