//! What the server answers is what its description says, with something in every answer.

use rejoinder_core::id::ConversationId;
use rejoinder_core::principal::AgentRole;
use rejoinder_harness::server::directory::SiteChange;
use rejoinder_harness::{Person, World, eventually};
use serde_json::{Map, Value, json};

/// What is wrong with a value by a schema: where, and what.
fn misfit(api: &Value, schema: &Value, value: &Value, place: &str) -> Option<String> {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return misfit(api, &api["components"]["schemas"][name], value, place);
    }
    if let Some(all) = schema["allOf"].as_array() {
        let parts = all.iter().map(|part| resolved(api, part)).collect::<Vec<_>>();
        // Flattened parts: each knows some of the fields.
        let Some(choice) = parts.iter().find(|part| part["oneOf"].is_array()) else {
            return parts.iter().find_map(|part| misfit(api, part, value, place));
        };
        let own = parts.iter().find(|part| part["properties"].is_object()).unwrap();
        let rest = without(value, own);
        let mine = only(value, own);
        return misfit(api, own, &mine, place).or_else(|| misfit(api, choice, &rest, place));
    }
    if let Some(any) = schema["oneOf"].as_array() {
        let fits = any.iter().any(|one| misfit(api, one, value, place).is_none());
        return (!fits).then(|| format!("{place}: {value} is none of {schema}"));
    }
    if let Some(names) = schema["enum"].as_array() {
        return (!names.contains(value)).then(|| format!("{place}: {value} is not of {names:?}"));
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.clone(),
        one => vec![one.clone()],
    };
    if !kinds.contains(&json!(kind)) {
        return Some(format!("{place}: {value} is not a {kinds:?}"));
    }
    match value {
        Value::Array(items) => {
            items.iter().find_map(|item| misfit(api, &schema["items"], item, place))
        }
        Value::Object(fields) => object(api, schema, fields, place),
        _ => None,
    }
}

fn object(api: &Value, schema: &Value, fields: &Map<String, Value>, place: &str) -> Option<String> {
    let required = schema["required"].as_array().into_iter().flatten();
    let lacks = |name: &&Value| !fields.contains_key(name.as_str().unwrap());
    if let Some(name) = required.into_iter().find(lacks) {
        return Some(format!("{place}: {name} is not there"));
    }
    fields.iter().find_map(|(name, field)| {
        let place = format!("{place}.{name}");
        match (&schema["properties"][name], &schema["additionalProperties"]) {
            (Value::Null, Value::Null) => Some(format!("{place} is not described")),
            (Value::Null, of) => misfit(api, of, field, &place),
            (of, _) => misfit(api, of, field, &place),
        }
    })
}

fn resolved<'a>(api: &'a Value, part: &'a Value) -> &'a Value {
    match part["$ref"].as_str() {
        Some(name) => &api["components"]["schemas"][name.rsplit('/').next().unwrap()],
        None => part,
    }
}

fn parted(value: &Value, schema: &Value, known: bool) -> Value {
    let properties = schema["properties"].as_object().unwrap();
    let fields = value.as_object().unwrap().iter();
    let fields = fields.filter(|(name, _)| properties.contains_key(*name) == known);
    Value::Object(fields.map(|(name, field)| (name.clone(), field.clone())).collect())
}

fn only(value: &Value, schema: &Value) -> Value {
    parted(value, schema, true)
}

fn without(value: &Value, schema: &Value) -> Value {
    parted(value, schema, false)
}

/// An answer is as it is described, and not empty where `filled` says so.
async fn fits(world: &World, who: &Person, (path, described): (&str, &str), filled: &[&str]) {
    let api = world.get(who, "/api/v1/openapi.json").await.json();
    let answer = world.get(who, path).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    holds(&api, &answer.json(), ("get", described), filled);
}

fn holds(api: &Value, answer: &Value, (method, described): (&str, &str), filled: &[&str]) {
    let told = &api["paths"][described][method]["responses"]["200"]["content"];
    let schema = &told["application/json"]["schema"];
    assert!(schema.is_object(), "{described} is not described");
    assert_eq!(misfit(api, schema, answer, described), None, "{answer}");
    for list in filled {
        assert!(!answer[list].as_array().unwrap().is_empty(), "{described}: no {list}: {answer}");
    }
}

/// A conversation in which everything has happened that answers tell of.
async fn busy(world: &World, vera: &Person, ann: &Person, bo: &Person) -> ConversationId {
    let chat = vera.begins("Where is my parcel?").await;
    vera.settles().await;
    ann.sees(chat, &["Where is my parcel?"]).await;
    ann.claims(chat).await;
    let slip = ann.says(chat, "The parcel is lots").await;
    let secret = ann.says(chat, "My parcel has number 1234").await;
    let other = bo.principal().await.participant;
    ann.notes(chat, &format!("@[Bo](participant:{other}) lost a parcel")).await;
    ann.settles().await;
    ann.edits(chat, slip, "The parcel is lost").await;
    ann.recalls(chat, secret).await;
    ann.settles().await;
    world.settle().await;
    chat
}

#[tokio::test]
async fn rt1_answers_are_what_the_description_says() {
    let world = World::start().await;
    let (vera, walt) = (world.visitor("vera").await, world.visitor("walt").await);
    let (ann, bo) = (world.agent("ann").await, world.agent("bo").await);
    let sue = world.with_role("sue", AgentRole::Supervisor).await;
    let keep = SiteChange { keep_former_words: Some(true), ..SiteChange::default() };
    world.directory().change_site(world.site(), keep).unwrap();
    let chat = busy(&world, &vera, &ann, &bo).await;
    walt.begins("Is somebody there?").await;
    walt.settles().await;

    let listed = "/api/v1/conversations";
    fits(&world, &ann, (listed, "/api/v1/conversations"), &["conversations"]).await;
    let written = format!("{listed}/{chat}/transcript?format=json&notes=with");
    let described = "/api/v1/conversations/{id}/transcript";
    fits(&world, &ann, (&written, described), &["messages"]).await;
    let edited = ann.view(chat).await.messages.into_iter().find(|it| it.edited_at.is_some());
    let former = format!("{listed}/{chat}/timeline/{}/former", edited.unwrap().id);
    let described = "/api/v1/conversations/{id}/{kind}/{message}/former";
    fits(&world, &ann, (&former, described), &["former"]).await;
    let notified = "/api/v1/me/notifications";
    fits(&world, &bo, (notified, notified), &["notifications"]).await;
    let api = world.get(&ann, "/api/v1/openapi.json").await.json();
    let found = world.post(&ann, "/api/v1/search", &json!({"words": "parcel"})).await.json();
    holds(&api, &found, ("post", "/api/v1/search"), &["hits"]);
    let routing = async || world.get(&bo, "/api/v1/me/routing").await.json();
    let full = |told: &Value| {
        let some = |list: &str| !told[list].as_array().unwrap().is_empty();
        some("offers") && some("sites") && some("waiting")
    };
    let told = eventually("what waits is offered", routing, full).await;
    holds(&api, &told, ("get", "/api/v1/me/routing"), &["offers", "sites", "waiting"]);
    fits(&world, &sue, ("/api/v1/live", "/api/v1/live"), &["sites", "agents"]).await;
    let days = "/api/v1/reports?from=2026-01-01&to=2026-12-31";
    fits(&world, &sue, (days, "/api/v1/reports"), &["days", "sites"]).await;
    // What is not as described would be noticed.
    for wrong in [json!({"live": [], "sites": []}), json!({"agents": [{}], "sites": []})] {
        let people = json!({"$ref": "#/components/schemas/People"});
        assert!(misfit(&api, &people, &wrong, "people").is_some(), "{wrong}");
    }
    fits(&world, &sue, ("/api/v1/people", "/api/v1/people"), &["agents", "sites"]).await;
}
