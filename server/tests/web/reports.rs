//! The live board and reports: who may ask for what, and what is answered where nothing happened.
//! What conversations count for is told in the stories.

use rejoinder_core::principal::AgentRole;
use serde_json::{Value, json};

use crate::stage::{Stage, id, password, web};

const DAYS: &str = "/reports?from=2026-10-24&to=2026-10-26";

async fn stage() -> (Stage, [String; 4]) {
    let stage = Stage::set(|_, _| web()).await;
    let other = stage.add_site("=Other, Inc.");
    let agent = |name: &str, role, sites: &[_]| stage.token(&stage.add_agent(name, role, sites));
    let mia = agent("Mia", AgentRole::AccountManager, &[stage.site]);
    let sue = agent("Sue", AgentRole::Supervisor, &[stage.site]);
    let zoe = agent("Zoe", AgentRole::Supervisor, &[other]);
    let ada = agent("Ada", AgentRole::Admin, &[]);
    (stage, [mia, sue, zoe, ada])
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn rt55_the_live_board_is_for_supervisors_of_their_sites() {
    let (stage, [mia, sue, zoe, ada]) = stage().await;
    stage.refuses(&mia, ("GET", "/live"), &Value::Null, (403, "not_allowed")).await;
    stage.refuses("", ("GET", "/live"), &Value::Null, (401, "no_token")).await;
    let visitor = stage.visitor(stage.site);
    stage.refuses(&visitor, ("GET", "/live"), &Value::Null, (403, "agents_only")).await;

    let (_, line) = stage.greets(None, password("Sue")).await;
    let own = stage.reads(&sue, "/live").await;
    assert_eq!(names(&own["sites"]), ["Shop"]);
    // Zoe works elsewhere.
    assert_eq!(names(&own["agents"]), ["Ada", "Mia", "Sue"]);
    let nothing = json!({"waiting": 0, "waiting_since": null, "active_ai": 0, "active_human": 0,
        "awaiting_offline_info": 0, "first_response": null, "waiting_time": null});
    assert_eq!((&own["total"], &own["sites"][0]["standing"]), (&nothing, &nothing));
    assert_eq!(own["sites"][0]["online"], true);
    let known = &own["agents"][2];
    assert_eq!((&known["online"], &known["available"]), (&json!(true), &json!(true)));
    assert_eq!((&known["active"], &known["limit"]), (&json!(0), &json!(5)));
    assert_eq!((&known["role"], &known["availability"]), (&json!("supervisor"), &json!("online")));
    assert_eq!(own["agents"][0]["online"], false);
    drop(line);

    let of_shop = format!("/live?site={}", stage.site);
    assert_eq!(names(&stage.reads(&sue, &of_shop).await["sites"]), ["Shop"]);
    stage.refuses(&zoe, ("GET", &of_shop), &Value::Null, (404, "not_found")).await;
    let nowhere = format!("/live?site={}", id());
    stage.refuses(&ada, ("GET", &nowhere), &Value::Null, (404, "not_found")).await;
    assert_eq!(names(&stage.reads(&ada, "/live").await["sites"]), ["=Other, Inc.", "Shop"]);
    let mars = ("GET", "/live?zone=Mars/Base");
    stage.refuses(&ada, mars, &Value::Null, (422, "invalid")).await;
    stage.reads(&ada, "/live?zone=Asia/Kathmandu").await;
    stage.refuses(&ada, ("GET", "/live?of=x"), &Value::Null, (400, "malformed")).await;
}

#[tokio::test]
async fn rt56_reports_are_for_supervisors_of_their_sites() {
    let (stage, [mia, sue, zoe, ada]) = stage().await;
    stage.refuses(&mia, ("GET", DAYS), &Value::Null, (403, "not_allowed")).await;
    let report = stage.reads(&sue, &format!("{DAYS}&zone=Europe/Berlin")).await;
    assert_eq!((&report["from"], &report["to"]), (&json!("2026-10-24"), &json!("2026-10-26")));
    assert_eq!(report["zone"], "Europe/Berlin");
    let nothing = json!({"begun": 0, "closed": 0, "first_response": null, "waiting": null,
        "resolution": null, "messages": 0, "notes": 0, "edits": 0, "recalls": 0});
    assert_eq!(report["total"], nothing);
    let days: Vec<_> = report["days"].as_array().unwrap().iter().map(|day| &day["day"]).collect();
    assert_eq!(days, ["2026-10-24", "2026-10-25", "2026-10-26"]);
    assert_eq!((names(&report["sites"]), &report["agents"]), (vec!["Shop"], &json!([])));

    let me = stage.reads(&sue, "/me").await["id"].as_str().unwrap().to_owned();
    stage.reads(&sue, &format!("{DAYS}&agent={me}")).await;
    for (who, narrowed) in [
        (&zoe, format!("{DAYS}&site={}", stage.site)),
        (&zoe, format!("{DAYS}&agent={me}")),
        (&ada, format!("{DAYS}&site={}", id())),
        (&ada, format!("{DAYS}&agent={}", id())),
    ] {
        stage.refuses(who, ("GET", &narrowed), &Value::Null, (404, "not_found")).await;
    }
    for (wrong, field) in [
        ("from=2026-02-30&to=2026-03-01", "from"),
        ("from=x&to=2026-03-01", "from"),
        ("from=2026-02-01&to=2026-02-01T00:00", "to"),
        ("from=2026-02-02&to=2026-02-01", "to"),
        ("from=2025-01-01&to=2026-01-02", "to"),
        ("from=2026-02-01&to=2026-02-01&zone=Mars/Base", "zone"),
        ("from=2026-02-01&to=2026-02-01&zone=%2e%2e/%2e%2e/etc/passwd", "zone"),
    ] {
        let path = format!("/api/v1/reports?{wrong}");
        let answer = stage.get_as(&sue, &path).await;
        answer.is_error(422, "invalid");
        assert_eq!(answer.json()["error"]["field"], field, "{wrong}");
    }
    let no_end = ("GET", "/reports?from=2026-02-01");
    stage.refuses(&sue, no_end, &Value::Null, (400, "malformed")).await;
}

#[tokio::test]
async fn rt57_a_report_is_a_sheet_where_one_is_asked_for() {
    let (stage, [_, _, _, ada]) = stage().await;
    let path = format!("/api/v1{DAYS}");
    let bearer = format!("Authorization: Bearer {ada}");
    let asked = stage.ask("GET", &path, &[&bearer, "Accept: text/html, text/CSV;q=0.9"]).await;
    let named = stage.get_as(&ada, &format!("{path}&format=csv")).await;
    assert_eq!(asked.body, named.body);
    assert_eq!(named.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    assert_eq!(named.header("content-disposition"), Some("attachment; filename=\"report.csv\""));
    assert_eq!(named.header("cache-control"), Some("no-store"));
    let sheet = named.text();
    let lines: Vec<&str> = sheet.split("\r\n").collect();
    assert!(lines[0].starts_with("of,id,name,begun,closed,answered,first_response_median_ms,"));
    let total = "total,2026-10-24/2026-10-26,UTC,0,0,0,,,0,,,,,0,0,0,0";
    assert_eq!(lines[1], total);
    assert_eq!(lines[2], "day,2026-10-24,,0,0,0,,,0,,,,,0,0,0,0");
    // A site that somebody called so runs nothing in a spreadsheet.
    assert!(lines[5].contains(",\"'=Other, Inc.\",0,"), "{}", lines[5]);
    assert_eq!((lines.len(), lines[7]), (8, ""));
    let wanted = [bearer.as_str(), "Accept: text/csv"];
    let json = stage.ask("GET", &format!("{path}&format=json"), &wanted).await;
    assert_eq!(json.header("content-type"), Some("application/json"));
}
