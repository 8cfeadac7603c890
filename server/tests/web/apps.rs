//! The apps: addresses, headers, and what may load and frame them.

use rejoinder_server::config::PublicUrl;
use rejoinder_server::web::Web;

use crate::stage::{Answer, Stage, web};

async fn stage() -> Stage {
    Stage::set(|_, _| web()).await
}

fn policy(answer: &Answer) -> Vec<&str> {
    answer.header("content-security-policy").unwrap().split("; ").collect()
}

#[tokio::test]
async fn wp26_each_app_stands_at_its_addresses() {
    let stage = stage().await;
    let widget = format!("/widget/app?site={}", stage.site);
    let html = "text/html; charset=utf-8";
    let script = "text/javascript; charset=utf-8";
    let all = [
        ("/widget.js", "launch()", script),
        (widget.as_str(), "<p>widget", html),
        ("/widget/assets/core-1a2b.wasm", "\0asm", "application/wasm"),
        ("/widget/assets/worker-1a2b.js", "work()", script),
        ("/desk", "<p>desk", html),
        ("/desk/", "<p>desk", html),
        ("/desk/conversation/7", "<p>desk", html),
        ("/portal", "<p>desk", html),
        ("/portal/", "<p>desk", html),
        ("/portal/conversation/7", "<p>desk", html),
        ("/desk/assets/index-3c.js", "desk()", script),
        ("/desk/manifest.webmanifest", "{}", "application/manifest+json"),
        ("/desk/icon.svg", "<svg/>", "image/svg+xml"),
        ("/desk/sw.js", "serve()", script),
    ];
    for (path, body, media) in all {
        let answer = stage.get(path).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, body), "{path}");
        assert_eq!(answer.header("content-type"), Some(media), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        let head = stage.ask("HEAD", path, &[]).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        let length = body.len().to_string();
        assert_eq!(head.header("content-length"), Some(length.as_str()), "{path}");
        assert_eq!(stage.ask("POST", path, &["Content-Length: 0"]).await.status, 405, "{path}");
    }
    let worker = stage.get("/desk/sw.js").await;
    assert_eq!(worker.header("service-worker-allowed"), Some("/"));
    assert_eq!(stage.get("/desk/icon.svg").await.header("service-worker-allowed"), None);
}

#[tokio::test]
async fn wp26_what_an_app_does_not_have_is_not_found() {
    let stage = stage().await;
    let unknown = "/widget/app?site=00000000-0000-4000-8000-000000000000";
    let all = [
        "/",
        "/demo",
        "/demo/shop",
        "/nothing",
        unknown,
        "/widget/app",
        "/widget/app?site=",
        "/widget/app?site=x",
        "/widget/app?site=%00%ff",
        "/desk/assets/index-old.js",
        "/desk/assets/",
        "/desk/nothing.png",
        "/portal/sw.js",
        "/widget/assets/../index.html",
        "/widget/assets/..%2findex.html",
        "/desk/..%2f..%2f..%2fetc%2fpasswd.txt",
        "/desk/%2e%2e/%2e%2e/directory.db",
        "/desk//etc/passwd.txt",
        "/desk/assets/%00",
    ];
    for path in all {
        let answer = stage.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text().contains("<h1>"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
    assert_eq!(stage.ask("POST", "/demo/search", &["Content-Length: 0"]).await.status, 404);
    assert_eq!(stage.get("/desk/%ff").await.status, 400);
}

#[tokio::test]
async fn wp26_a_program_without_apps_says_how_to_build_them() {
    let stage = Stage::set(|_, _| Web::default()).await;
    let widget = format!("/widget/app?site={}", stage.site);
    for path in ["/widget.js", &widget, "/widget/assets/a.js", "/desk", "/portal", "/desk/sw.js"] {
        let answer = stage.get(path).await;
        assert_eq!(answer.status, 503, "{path}");
        assert!(answer.text().contains("<code>make run</code>"), "{path}");
    }
    assert_eq!(stage.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn wp27_what_is_named_by_its_bytes_is_kept_and_the_rest_asked_for() {
    let stage = stage().await;
    let widget = format!("/widget/app?site={}", stage.site);
    for path in ["/widget.js", &widget, "/desk", "/portal/x", "/desk/sw.js", "/desk/icon.svg"] {
        assert_eq!(stage.get(path).await.header("cache-control"), Some("no-cache"), "{path}");
    }
    for path in ["/widget/assets/core-1a2b.wasm", "/desk/assets/index-3c.js"] {
        let age = "public, max-age=31536000, immutable";
        assert_eq!(stage.get(path).await.header("cache-control"), Some(age), "{path}");
    }
    for path in ["/widget.js", &widget, "/desk"] {
        let first = stage.get(path).await;
        let tag = first.header("etag").unwrap();
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
        for known in [tag.to_owned(), format!("\"other\", W/{tag}"), "*".to_owned()] {
            let again = stage.ask("GET", path, &[&format!("If-None-Match: {known}")]).await;
            assert_eq!((again.status, again.body.len()), (304, 0), "{path} {known}");
            assert_eq!(again.header("etag"), Some(tag));
        }
        let other = stage.ask("GET", path, &["If-None-Match: \"other\""]).await;
        assert_eq!((other.status, other.text()), (200, first.text()));
    }
}

#[tokio::test]
async fn wp27_brotli_is_another_representation_for_those_who_take_it() {
    let stage = stage().await;
    for (path, packed, plain) in [
        ("/widget.js", "BR-launch", "launch()"),
        ("/widget/assets/core-1a2b.wasm", "BR-asm", "\0asm"),
        ("/desk", "BR-desk", "<p>desk"),
    ] {
        let brotli = stage.ask("GET", path, &["Accept-Encoding: gzip, br"]).await;
        assert_eq!(brotli.text(), packed);
        assert_eq!(brotli.header("content-encoding"), Some("br"));
        let identity = stage.get(path).await;
        assert_eq!((identity.text().as_str(), identity.header("content-encoding")), (plain, None));
        assert_ne!(identity.header("etag"), brotli.header("etag"));
        for answer in [&brotli, &identity] {
            assert_eq!(answer.header("vary"), Some("accept-encoding"));
        }
        let tag = format!("If-None-Match: {}", brotli.header("etag").unwrap());
        assert_eq!(stage.ask("GET", path, &[&tag]).await.status, 200);
        assert_eq!(stage.ask("GET", path, &[&tag, "Accept-Encoding: br"]).await.status, 304);
    }
    // What brotli does not make shorter comes as it is.
    let answer = stage.ask("GET", "/desk/icon.svg", &["Accept-Encoding: br"]).await;
    assert_eq!((answer.text().as_str(), answer.header("content-encoding")), ("<svg/>", None));
}

#[tokio::test]
async fn wp29_apps_load_nothing_but_their_own() {
    let stage = stage().await;
    let widget = format!("/widget/app?site={}", stage.site);
    let host = stage.address();
    let paths =
        [widget.as_str(), "/desk", "/portal", "/desk/sw.js", "/widget/assets/worker-1a2b.js"];
    for path in paths {
        let answer = stage.get(path).await;
        let policy = policy(&answer);
        for directive in [
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            &format!("connect-src 'self' ws://{host} wss://{host}"),
            "worker-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types rejoinder",
        ] {
            assert!(policy.contains(&directive), "{path}: {directive}: {policy:?}");
        }
        // Who frames it; and the desk frames what this server serves, and nothing else.
        let frames = policy.iter().filter(|directive| directive.starts_with("frame-src"));
        let framed = frames.clone().all(|&directive| directive == "frame-src 'self'");
        assert!(framed, "{path}: {policy:?}");
        assert_eq!(policy.len(), 13 + frames.count(), "{path}: {policy:?}");
    }
    for path in ["/desk", "/portal", "/desk/assets/index-3c.js"] {
        let answer = stage.get(path).await;
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"), "{path}");
        assert!(policy(&answer).contains(&"frame-ancestors 'self'"), "{path}");
    }
    let launcher = stage.get("/widget.js").await;
    assert_eq!(launcher.header("cross-origin-resource-policy"), Some("cross-origin"));
    assert_eq!(launcher.header("access-control-allow-origin"), Some("*"));
}

#[tokio::test]
async fn wp29_a_site_says_who_frames_its_widget() {
    let stage = stage().await;
    let widget = format!("/widget/app?site={}", stage.site);
    let before = stage.get(&widget).await;
    assert!(policy(&before).contains(&"frame-ancestors *"));
    stage.allow(&["https://shop.example", "http://localhost:3000"]);
    let tag = format!("If-None-Match: {}", before.header("etag").unwrap());
    // A browser that has the page does not go on under the former policy.
    let after = stage.ask("GET", &widget, &[&tag]).await;
    assert_eq!(after.status, 200);
    let framed = "frame-ancestors 'self' https://shop.example http://localhost:3000";
    assert!(policy(&after).contains(&framed));
}

#[tokio::test]
async fn wp29_behind_a_proxy_the_public_url_says_the_own_host() {
    let public = PublicUrl::At("https://chat.example".parse().unwrap());
    let stage = Stage::set(|_, _| Web { public_url: public, ..web() }).await;
    let answer = stage.get("/desk").await;
    assert!(policy(&answer).contains(&"connect-src 'self' wss://chat.example"));
    // A host of a stranger's making goes into no policy.
    let stage = self::stage().await;
    for host in ["a; script-src *", "evil.example/x", "a, b"] {
        let request = format!("GET /desk HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = stage.say(&request).await;
        if answer.status == 200 {
            assert!(policy(&answer).contains(&"connect-src 'self'"), "{host}");
        }
    }
}
