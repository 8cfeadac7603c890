//! The demo as people meet it: its pages, its log-ins, and its search before and after a recall.

use rejoinder_harness::server::clock;
use rejoinder_harness::server::directory::{NewSite, SiteChange};
use rejoinder_harness::{World, eventually};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::command::PROGRAM;

/// Something that nobody else says.
const WORD: &str = "markerQ7vX2kPz";

async fn ask(world: &World, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(world.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    let status = said.split(' ').nth(1).unwrap().parse().unwrap();
    (status, said.split_once("\r\n\r\n").unwrap().1.to_owned())
}

async fn get(world: &World, path: &str) -> (u16, String) {
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close");
    ask(world, &format!("{head}\r\n\r\n")).await
}

/// What is stored of the word.
async fn search(world: &World) -> Value {
    let body = json!({ "word": WORD }).to_string();
    let length = body.len();
    let head = "POST /demo/search HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                Content-Type: application/json";
    let answer = ask(world, &format!("{head}\r\nContent-Length: {length}\r\n\r\n{body}")).await;
    assert_eq!(answer.0, 200, "{answer:?}");
    serde_json::from_str(&answer.1).unwrap()
}

#[tokio::test]
async fn re22_the_demo_finds_a_word_that_can_be_read_and_none_after_its_recall() {
    let world = World::start_program(PROGRAM, &["--demo"]).await;
    let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
    let chat = vera.begins("Hello there").await;
    ann.sees(chat, &["Hello there"]).await;
    assert_eq!(search(&world).await["messages"]["holding"], 0);

    let secret = ann.says(chat, &format!("The code is {WORD}")).await;
    let edited = ann.says(chat, "Wiht a slip").await;
    vera.sees(chat, &["Hello there", &format!("The code is {WORD}"), "Wiht a slip"]).await;
    ann.edits(chat, edited, "Without").await;
    vera.sees(chat, &["Hello there", &format!("The code is {WORD}"), "Without"]).await;
    let before = search(&world).await;
    assert_eq!(before["traces"], json!([]), "words are sealed");
    let messages = |readable, holding, recalled| {
        let mut counted = json!({"readable": readable, "holding": holding});
        counted["recalled"] = json!(recalled);
        counted["superseded"] = json!(1);
        counted
    };
    assert_eq!(before["messages"], messages(3, 1, 0));

    ann.recalls(chat, secret).await;
    vera.sees(chat, &["Hello there", "(recalled)", "Without"]).await;
    let now = async || search(&world).await;
    let gone = |found: &Value| found["messages"] == messages(2, 0, 1);
    eventually("nothing can be read of it any more", now, gone).await;
    assert_eq!(search(&world).await["traces"], json!([]));
}

#[tokio::test]
async fn wp26_the_demo_leads_to_its_pages_and_log_ins() {
    let world = World::start_program(PROGRAM, &["--demo"]).await;
    assert_eq!(get(&world, "/").await.0, 307);
    let log_ins: Value = serde_json::from_str(&get(&world, "/demo/log-ins").await.1).unwrap();
    let names: Vec<_> = log_ins.as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["Sue", "Ann", "Bo"]);
    // The pages are there when they were built, and how to build them is said when not.
    for path in ["/demo", "/demo/shop", "/desk", "/widget.js"] {
        let (status, said) = get(&world, path).await;
        assert!(status == 200 || status == 503 && said.contains("make run"), "{path}: {status}");
    }
    let (status, shop) = get(&world, "/demo/shop").await;
    let site = world.site().to_string();
    assert!(status == 503 || shop.contains(&site) && !shop.contains("REJOINDER-SITE-ID"));
}

#[tokio::test]
async fn wp26_the_demos_site_stays_its_own_whatever_is_added_beside_it() {
    let mut world = World::start_program(PROGRAM, &["--demo"]).await;
    let before = get(&world, "/demo/shop").await.1;
    assert!(before.contains(&world.site().to_string()), "{before}");
    // Before it in every list, by its name.
    let site = NewSite { name: "A new one".to_owned(), settings: SiteChange::default() };
    world.directory().add_site(site, clock::now()).unwrap();
    world.restart_server().await;
    assert_eq!(get(&world, "/demo/shop").await.1, before);
}
