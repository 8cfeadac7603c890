//! Which pages may connect.

use rejoinder_core::principal::AgentRole;
use rejoinder_core::wire::{Credential, Problem, ServerFrame};
use rejoinder_server::config::PublicUrl;
use rejoinder_server::web::Web;

use crate::stage::{Stage, password, web};

async fn turned_away(stage: &Stage, origin: &str, credential: Credential) -> Problem {
    match stage.greets(Some(origin), credential).await.0 {
        ServerFrame::Refused { document: None, reason } => reason,
        other => panic!("{origin}: {other:?}"),
    }
}

async fn is_welcome(stage: &Stage, origin: Option<&str>, credential: Credential) {
    let (said, _socket) = stage.greets(origin, credential).await;
    assert!(matches!(said, ServerFrame::Welcome(_)), "{origin:?}: {said:?}");
}

#[tokio::test]
async fn wp28_agents_come_from_the_servers_own_pages_or_from_programs() {
    let public = PublicUrl::At("https://chat.example".parse().unwrap());
    let stage = Stage::set(|_, _| Web { public_url: public, ..web() }).await;
    let ann = stage.add_agent("ann", AgentRole::Agent, &[stage.site]);
    let own = format!("http://{}", stage.address());
    for origin in [None, Some("https://chat.example")] {
        is_welcome(&stage, origin, password("ann")).await;
        is_welcome(&stage, origin, Credential::Token(stage.token(&ann))).await;
    }
    // The host that was asked counts only where nobody says how the server is reached.
    for origin in
        [own.as_str(), "https://evil.example", "null", "https://chat.example.evil.example"]
    {
        let problem = turned_away(&stage, origin, password("ann")).await;
        assert_eq!(problem, Problem::Origin);
        let token = Credential::Token(stage.token(&ann));
        assert_eq!(turned_away(&stage, origin, token).await, Problem::Origin);
    }
}

#[tokio::test]
async fn wp28_visitors_come_from_pages_that_their_site_names() {
    let stage = Stage::set(|_, _| web()).await;
    let visitor = || Credential::Visitor(stage.site);
    is_welcome(&stage, Some("https://anything.example"), visitor()).await;
    is_welcome(&stage, Some("null"), visitor()).await;

    stage.allow(&["https://shop.example"]);
    let token = Credential::Token(stage.visitor(stage.site));
    let own = format!("http://{}", stage.address());
    for origin in [None, Some(own.as_str()), Some("https://shop.example")] {
        is_welcome(&stage, origin, visitor()).await;
        is_welcome(&stage, origin, token.clone()).await;
    }
    for origin in ["https://evil.example", "http://shop.example", "null"] {
        assert_eq!(turned_away(&stage, origin, visitor()).await, Problem::Origin);
        assert_eq!(turned_away(&stage, origin, token.clone()).await, Problem::Origin);
    }
    let unknown = Credential::Visitor(rejoinder_core::id::SiteId::from_bytes([9; 16]));
    assert_eq!(turned_away(&stage, "https://shop.example", unknown).await, Problem::UnknownSite);
}
