//! The description of REST, from which the desk's types are made.

use std::path::Path;

use rejoinder_server::api::document::document;

use crate::stage::{Stage, web};

#[tokio::test]
async fn rt1_rest_is_described_where_everybody_may_read_it() {
    let stage = Stage::set(|_, _| web()).await;
    let answer = stage.get("/api/v1/openapi.json").await;
    assert_eq!(answer.status, 200);
    let told = answer.json();
    assert_eq!(told, serde_json::to_value(document()).unwrap());
    let described = |path: &str, method: &str| !told["paths"][path][method].is_null();
    assert!(described("/api/v1/people", "get") && described("/api/v1/tickets/{id}", "patch"));
    for (path, methods) in told["paths"].as_object().unwrap() {
        for (method, route) in methods.as_object().unwrap() {
            assert!(route["summary"].as_str().is_some_and(|text| text.len() > 5), "{path}");
            assert!(!route["responses"]["default"].is_null(), "{method} {path}");
        }
    }
}

/// `BLESS=1` writes it; the desk's `npm run api` makes types of it.
#[test]
fn rt1_the_description_that_the_desk_was_made_with_is_this_ones() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../desk/src/api/openapi.json");
    let now = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &now).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == now,
        "REST has changed: BLESS=1 cargo test -p rejoinder-server --test web, \
         then npm run api --workspace desk"
    );
}
