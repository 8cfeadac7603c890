//! The demo's pages, and its search for words.

use rejoinder_server::web::{Demo, LogIn, Web};
use serde_json::json;

use crate::stage::{DEMO, Stage, web};

async fn stage() -> Stage {
    let log_in = LogIn {
        name: "Ann".to_owned(),
        role: "agent",
        email: "ann@demo.example".to_owned(),
        password: "a demo for everybody".to_owned(),
    };
    Stage::set(|site, folder| {
        let data = folder.path().to_owned();
        let demo = Demo { pages: DEMO, site, log_ins: vec![log_in], data };
        Web { demo: Some(demo), ..web() }
    })
    .await
}

#[tokio::test]
async fn wp28_a_demo_answers_to_the_names_of_its_own_machine_only() {
    let stage = stage().await;
    for path in ["/demo", "/demo/log-ins", "/desk", "/healthz"] {
        let asked = stage.ask_as("GET", path, "evil.example:8080", &[]).await;
        assert_eq!(asked.status, 421, "{path}");
    }
}

#[tokio::test]
async fn the_demo_shows_a_shop_as_a_customer_would_make_it() {
    let stage = stage().await;
    let root = stage.get("/").await;
    assert_eq!((root.status, root.header("location")), (307, Some("/demo")));
    for path in ["/demo", "/demo/"] {
        assert_eq!(stage.get(path).await.text(), "<p>demo");
    }
    assert_eq!(stage.get("/demo/assets/demo-4d.js").await.text(), "demo()");
    let shop = stage.get("/demo/shop").await;
    let embedded = format!("<script src=/widget.js data-site={}></script>", stage.site);
    assert_eq!(shop.text(), embedded);
    assert!(shop.header("content-security-policy").unwrap().contains("script-src 'self';"));
    assert_eq!(stage.get("/demo/nothing.js").await.status, 404);
    let log_ins = stage.get("/demo/log-ins").await.json();
    assert_eq!(log_ins[0]["email"], "ann@demo.example");
}

#[tokio::test]
async fn the_demo_says_where_a_word_stands() {
    let stage = stage().await;
    let word = "markerQ7vX2kPz";
    let search = json!({"word": word}).to_string();
    let nowhere = stage.post("/demo/search", &search).await;
    assert_eq!(nowhere.status, 200);
    let nowhere = nowhere.json();
    assert_eq!((&nowhere["traces"], &nowhere["messages"]["readable"]), (&json!([]), &json!(0)));
    assert!(nowhere["files"].as_u64().unwrap() >= 3);
    std::fs::write(stage.folder.path().join("left-behind.log"), format!("x{word}")).unwrap();
    let found = stage.post("/demo/search", &search).await.json();
    assert_eq!(found["traces"], json!(["left-behind.log"]));
}

#[tokio::test]
async fn the_demo_refuses_what_is_no_word() {
    let stage = stage().await;
    for (body, code) in [
        (json!({"word": "abcd"}).to_string(), "bad_word"),
        (json!({"word": ""}).to_string(), "bad_word"),
        (json!({"word": "x".repeat(201)}).to_string(), "bad_word"),
        (json!({"word": 7}).to_string(), "malformed"),
        (json!({"word": "abcdef", "more": 1}).to_string(), "malformed"),
        ("{".to_owned(), "malformed"),
        (json!({"word": "x".repeat(20_000)}).to_string(), "malformed"),
    ] {
        stage.post("/demo/search", &body).await.is_error(400, code);
    }
    assert_eq!(stage.get("/demo/search").await.status, 405);
}
