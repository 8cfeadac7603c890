//! REST, by role: what stands in the cells is the status. Where an id is one of another site, the
//! answer is the same to the byte as for an id that nobody has.

use std::collections::BTreeMap;

use rejoinder_core::id::{ConversationId, MessageId, ParticipantId, SiteId};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::time::Timestamp;
use rejoinder_harness::{Rest, World};
use serde_json::{Value, json};

use crate::table::Table;

/// `{site}`, `{chat}` and so on are of the site where all of the agents in the columns work, and
/// the visitor is whose conversation it is. Each `{new}` is another id. The last word, if it begins
/// with no slash, names a body.
const TABLE: &str = "
asked for                              | nobody visitor support agent manager supervisor admin owner
GET /me                                | 401    403     200     200   200     200        200   200
GET /people                            | 401    200     200     200   200     200        200   200
GET /unread                            | 401    200     403     403   403     403        403   403
GET /me/notifications                  | 401    403     200     200   200     200        200   200
GET /me/routing                        | 401    403     200     200   200     200        200   200
GET /sites                             | 401    403     200     200   200     200        200   200
GET /sites/{site}                      | 401    403     200     200   200     200        200   200
PATCH /sites/{site} greeting           | 401    403     403     403   403     403        200   200
PUT /sites/{new} site                  | 401    403     403     403   403     403        200   200
GET /agents                            | 401    403     403     403   403     403        200   200
PUT /agents/{new} agent                | 401    403     403     403   403     403        200   200
GET /tokens                            | 401    403     403     403   403     403        200   200
GET /audit                             | 401    403     403     403   403     200        200   200
GET /live                              | 401    403     403     403   403     200        200   200
GET /live?site={site}                  | 401    403     403     403   403     200        200   200
GET /reports?{days}&site={site}        | 401    403     403     403   403     200        200   200
GET /conversations                     | 401    403     200     200   200     200        200   200
GET /conversations?site={site}         | 401    403     200     200   200     200        200   200
GET /conversations/{chat}/transcript   | 401    403     403     403   403     200        200   200
GET /conversations/{said}/former       | 401    403     200     200   200     200        200   200
POST /search words                     | 401    403     200     200   200     200        200   200
GET /attachments/{in-timeline}         | 401    410     410     410   410     410        410   410
GET /attachments/{in-team}             | 401    404     404     404   404     404        404   404
PUT /attachments/{in-timeline} bytes   | 401    410     403     403   403     403        403   403
GET /tickets                           | 401    403     200     200   200     200        200   200
GET /tickets/{ticket}                  | 401    403     200     200   200     200        200   200
PATCH /tickets/{ticket} priority       | 401    403     200     200   200     200        200   200
PUT /tickets/{new} ticket              | 401    403     200     200   200     200        200   200
PUT /tickets/{new} ticket-of-chat      | 401    403     200     200   200     200        200   200
GET /visitors?site={site}              | 401    403     403     200   200     200        200   200
GET /visitors/{visitor}                | 401    403     200     200   200     200        200   200
PATCH /visitors/{visitor} email        | 401    403     200     200   200     200        200   200
PATCH /visitors/{visitor} name         | 401    403     403     403   200     200        200   200
PUT /visitors/{visitor}/blocked blocked| 401    403     403     200   200     200        200   200
GET /categories?site={site}            | 401    403     200     200   200     200        200   200
PUT /categories/{new} category         | 401    403     403     403   200     200        200   200
PUT /categories/{category} category    | 401    403     403     403   200     200        200   200
GET /canned-responses?site={site}      | 401    403     200     200   200     200        200   200
PUT /canned-responses/{new} canned     | 401    403     403     403   200     200        200   200
PUT /canned-responses/{canned} canned  | 401    403     403     403   200     200        200   200
PUT /canned-responses/{new} canned-own | 401    403     200     200   200     200        200   200
GET /sites/{site}/widget               | 200    200     200     200   200     200        200   200
PUT /sites/{new}/deleted site          | 401    403     404     404   404     404        403   404
PATCH /agents/{agent} agent-name       | 401    403     403     403   403     403        200   200
POST /agents/{agent}/link              | 401    403     403     403   403     403        200   200
DELETE /agents/{agent}/link            | 401    403     403     403   403     403        204   204
DELETE /agents/{agent}/second-factor   | 401    403     403     403   403     403        204   204
DELETE /tokens/{new}                   | 401    403     404     404   404     404        404   404
PUT /me/availability online            | 401    403     200     200   200     200        200   200
POST /me/notifications/read numbers    | 401    403     204     204   204     204        204   204
GET /me/second-factor                  | 401    403     200     200   200     200        200   200
DELETE /categories/{new}               | 401    403     403     403   204     204        204   204
DELETE /canned-responses/{new}         | 401    403     204     204   204     204        204   204
PUT /visitors/{new}/erased             | 401    403     404     404   404     404        404   404
POST /page page                        | 401    204     403     403   403     403        403   403
POST /prechat answers                  | 401    204     403     403   403     403        403   403
POST /offline-info reachable           | 401    204     403     403   403     403        403   403
POST /links/look link                  | 404    404     404     404   404     404        404   404
PUT /visitors/{visitor}/erased         | 401    403     403     403   403     403        403   200
";

const COLUMNS: [(&str, AgentRole); 6] = [
    ("support", AgentRole::SupportAgent),
    ("agent", AgentRole::Agent),
    ("manager", AgentRole::AccountManager),
    ("supervisor", AgentRole::Supervisor),
    ("admin", AgentRole::Admin),
    ("owner", AgentRole::Owner),
];

/// Ids of one site, or of none.
#[derive(Clone, Debug)]
struct Ids {
    site: String,
    chat: String,
    message: String,
    visitor: String,
    ticket: String,
    category: String,
    canned: String,
    agent: String,
}

/// Who asks, by a token, and the server.
struct Desk {
    world: World,
    tokens: BTreeMap<String, String>,
}

fn new_id() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).unwrap();
    SiteId::from_bytes(bytes).to_string()
}

impl Desk {
    async fn set() -> (Self, Ids, Ids) {
        let world = World::start().await;
        let blog = world.another_site("Blog");
        let mut tokens = BTreeMap::from([("nobody".to_owned(), "nobody's".to_owned())]);
        for (name, role) in COLUMNS {
            world.add_agent(name, role);
            let directory = world.directory();
            let email = format!("{name}@shop.example").parse().unwrap();
            let agent = directory.agent_by_email(&email).unwrap().unwrap();
            let token =
                directory.issue_token(agent.participant, Timestamp::from_millis(0)).unwrap();
            tokens.insert(name.to_owned(), token);
        }
        let (vera, paul) = (world.visitor("vera").await, world.visitor_of(blog, "paul").await);
        tokens.insert("visitor".to_owned(), vera.client().token().await.unwrap().unwrap());
        let here = vera.begins("Hello?").await;
        let there = paul.begins("Hello there?").await;
        vera.settles().await;
        paul.settles().await;
        let said = [vera.view(here).await, paul.view(there).await].map(|view| view.messages[0].id);
        let visitors = [vera.principal().await.participant, paul.principal().await.participant];
        let desk = Self { world, tokens };
        desk.world.add_agent_of("faraway", AgentRole::Agent, blog);
        let mut ours = desk.fills(desk.world.site(), here, said[0], visitors[0]).await;
        let mut theirs = desk.fills(blog, there, said[1], visitors[1]).await;
        for (ids, name) in [(&mut ours, "support"), (&mut theirs, "faraway")] {
            let email = format!("{name}@shop.example").parse().unwrap();
            let agent = desk.world.directory().agent_by_email(&email).unwrap().unwrap();
            ids.agent = agent.participant.to_string();
        }
        (desk, ours, theirs)
    }

    /// Makes what a site has besides.
    async fn fills(
        &self,
        site: SiteId,
        chat: ConversationId,
        message: MessageId,
        visitor: ParticipantId,
    ) -> Ids {
        let ids = Ids {
            site: site.to_string(),
            chat: chat.to_string(),
            message: message.to_string(),
            visitor: visitor.to_string(),
            ..nobodys()
        };
        for (path, body) in [
            (format!("/categories/{}", ids.category), "category"),
            (format!("/canned-responses/{}", ids.canned), "canned"),
            (format!("/tickets/{}", ids.ticket), "ticket"),
        ] {
            let made = self.asks("owner", "PUT", &path, body, &ids).await;
            assert!(made.status < 300, "{path}: {made:?}");
        }
        ids
    }

    async fn asks(&self, who: &str, method: &str, path: &str, body: &str, ids: &Ids) -> Rest {
        let path = filled(path, ids);
        let json = (!body.is_empty()).then(|| filled(&self::body(body, ids).to_string(), ids));
        let path = format!("/api/v1{path}");
        self.world.ask_as(&self.tokens[who], method, &path, json.as_deref()).await
    }
}

fn nobodys() -> Ids {
    Ids {
        site: new_id(),
        chat: new_id(),
        message: new_id(),
        visitor: new_id(),
        ticket: new_id(),
        category: new_id(),
        canned: new_id(),
        agent: new_id(),
    }
}

fn filled(text: &str, ids: &Ids) -> String {
    let mut text = text.to_owned();
    for (name, id) in [
        ("{in-timeline}", &"{chat}/timeline/{message}/{new}".to_owned()),
        ("{in-team}", &"{chat}/team/{message}/{new}".to_owned()),
        ("{said}", &"{chat}/timeline/{message}".to_owned()),
        ("{site}", &ids.site),
        ("{chat}", &ids.chat),
        ("{message}", &ids.message),
        ("{visitor}", &ids.visitor),
        ("{ticket}", &ids.ticket),
        ("{category}", &ids.category),
        ("{canned}", &ids.canned),
        ("{agent}", &ids.agent),
        ("{new}", &new_id()),
        ("{days}", &"from=2026-01-01&to=2026-01-02".to_owned()),
    ] {
        text = text.replace(name, id);
    }
    text
}

fn body(name: &str, ids: &Ids) -> Value {
    let unique = new_id();
    match name {
        "greeting" => json!({"greeting": "Good day!"}),
        "site" => json!({"name": unique}),
        "agent" => json!({
            "name": "New", "email": format!("{unique}@shop.example"), "role": "agent",
            "sites": [ids.site]
        }),
        "agent-name" => json!({"name": "Sue"}),
        "online" => json!({"availability": "online"}),
        "numbers" => json!({"numbers": []}),
        "page" => json!({"title": "Shop", "url": "https://shop.example/"}),
        "answers" => json!({"answers": {}}),
        "reachable" => json!({"conversation": ids.chat, "email": "vera@example.com"}),
        "link" => json!({"token": unique}),
        "words" => json!({"words": "hello"}),
        "bytes" => json!({"no": "file"}),
        "priority" => json!({"priority": "high"}),
        "ticket" => json!({"site": ids.site, "subject": "Broken"}),
        "ticket-of-chat" => {
            json!({"site": ids.site, "subject": "Broken", "conversation": ids.chat})
        }
        "email" => json!({"email": "vera@example.com"}),
        "name" => json!({"name": "Vera"}),
        "blocked" => json!({"blocked": false}),
        "category" => json!({"site": ids.site, "name": unique}),
        "canned" => json!({"site": ids.site, "shortcut": &unique[..8], "text": "Hello!"}),
        "canned-own" => json!({"site": null, "shortcut": &unique[..8], "text": "Hello!"}),
        other => panic!("no body: {other}"),
    }
}

/// Method, path and the name of the body.
fn parts(row: &str) -> (&str, &str, &str) {
    let mut parts = row.split(' ');
    let (method, path) = (parts.next().unwrap(), parts.next().unwrap());
    (method, path, parts.next().unwrap_or_default())
}

#[tokio::test]
async fn rt1_rt13_rt54_wp25_each_role_asks_for_everything() {
    let (desk, ours, _) = Desk::set().await;
    let table = Table::read(TABLE);
    let mut seen = BTreeMap::new();
    for (row, _) in &table.rows {
        let (method, path, body) = parts(row);
        for who in &table.columns {
            let answer = desk.asks(who, method, path, body, &ours).await;
            seen.insert((row.clone(), who.clone()), answer.status.to_string());
        }
    }
    table.is_seen(&seen);
}

/// What stands in no row, and why.
const ELSEWHERE: [(&str, &str); 6] = [
    ("DELETE /tokens", "it ends the sessions of those who ask on"),
    ("POST /links/use", "it chooses a password"),
    ("POST /me/second-factor", "it asks for a password"),
    ("POST /me/second-factor/confirm", "it asks for a code"),
    ("POST /me/second-factor/remove", "it asks for a password"),
    ("GET /openapi.json", "it describes all of this"),
];

/// A path as the description has it, without the names of what is to be filled in.
fn plain(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let path = path.replace("{in-timeline}", "{}/{}/{}/{}").replace("{in-team}", "{}/{}/{}/{}");
    let path = path.replace("{said}", "{}/{}/{}");
    let mut plain = String::new();
    for (n, part) in path.split(['{', '}']).enumerate() {
        plain += if n % 2 == 0 { part } else { "{}" };
    }
    plain.replace("{}{}{}", "{}")
}

#[tokio::test]
async fn wp25_every_route_that_is_described_stands_in_the_table() {
    let (desk, _, _) = Desk::set().await;
    let described = desk.world.ask_as("nobody's", "GET", "/api/v1/openapi.json", None).await;
    let rows: Vec<String> = Table::read(TABLE).rows.into_iter().map(|(row, _)| row).collect();
    let of = |(method, path): (&str, &str)| format!("{method} {}", plain(path));
    let known: Vec<_> = rows
        .iter()
        .map(|row| of((parts(row).0, parts(row).1)))
        .chain(ELSEWHERE.iter().map(|(route, _)| (*route).to_owned()))
        .collect();
    let mut missing = Vec::new();
    for (path, methods) in described.json()["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let path = path.strip_prefix("/api/v1").unwrap();
            let route = of((&method.to_uppercase(), path));
            if !known.contains(&route) {
                missing.push(route);
            }
        }
    }
    assert!(missing.is_empty(), "whom are these for? {missing:#?}\n{known:#?}");
}

#[tokio::test]
async fn wp19_ids_of_another_site_are_as_unknown_as_ids_that_nobody_has() {
    let (desk, _, theirs) = Desk::set().await;
    let (table, nobodys) = (Table::read(TABLE), nobodys());
    let mut compared = 0;
    for (row, _) in &table.rows {
        let (method, path, body) = parts(row);
        let of_site = path.contains('{') && !path.ends_with("/{new}") || body.starts_with("ticket");
        // What a widget shows is for everybody.
        if !of_site || path.ends_with("/widget") {
            continue;
        }
        for who in ["nobody", "visitor", "support", "agent", "manager", "supervisor"] {
            let foreign = desk.asks(who, method, path, body, &theirs).await;
            let unknown = desk.asks(who, method, path, body, &nobodys).await;
            let of = format!("{who}: {row}");
            assert_eq!((foreign.status, &foreign.text), (unknown.status, &unknown.text), "{of}");
            // A list may say that nothing of it is there.
            let nothing = foreign.status == 200 && foreign.text.contains("[]");
            assert!(foreign.status >= 400 || nothing, "{of}: {foreign:?}");
            compared += 1;
        }
    }
    assert!(compared > 100, "only {compared} questions");
}
