//! What a part may not use.

use crate::source::{Source, none, rust, sources};

/// What `core` takes as arguments instead: the clock, disks, networks, the order of hashing.
const OUTSIDE_CORE: [&str; 9] = [
    "std::time",
    "std::fs",
    "std::net",
    "std::env",
    "std::thread",
    "tokio",
    "HashMap",
    "HashSet",
    // Names the modules above without spelling them out.
    "std::{",
];

#[test]
fn core_does_no_input_or_output() {
    let mut wrong = Vec::new();
    for source in rust().iter().filter(|source| source.is_in("core/src")) {
        for line in source.code() {
            if let Some(what) = OUTSIDE_CORE.iter().find(|&what| line.text.contains(what)) {
                wrong.push(source.at(&line, what));
            }
        }
    }
    none(&wrong, "core takes clock, disk, network and order as arguments");
}

#[test]
fn automerge_is_used_only_where_its_bytes_are_our_own() {
    let may = |source: &Source| {
        let snapshot = source.is_in("server/src")
            && source.path.split('/').any(|part| part.starts_with("snapshot"));
        snapshot
            || source.is_in("core/src/conversation")
            || source.is_in("core/src/replica")
            || source.is_in("tests")
    };
    let mut wrong = Vec::new();
    for source in rust().iter().filter(|source| !may(source)) {
        for line in source.code().filter(|line| line.text.contains("automerge")) {
            let names = |what: &str| {
                line.text.match_indices(what).any(|(at, _)| {
                    !line.text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
                })
            };
            if names("automerge::") || names("use automerge") || names("extern crate automerge") {
                wrong.push(source.at(&line, line.text.trim()));
            }
        }
    }
    none(&wrong, "no path from a socket leads to an Automerge decoder");
}

/// What makes a document or a change of Automerge from bytes: it was written for peers who trust
/// each other, and bytes that somebody made for it can cost any time and memory.
const DECODERS: [&str; 8] = [
    "Change::from_bytes",
    "Automerge::load",
    "AutoCommit::load",
    "load_incremental",
    "load_with_options",
    "load_unverified",
    "receive_sync_message",
    "automerge::sync",
];

/// The files that may name them, and whose bytes they decode.
const MAY_DECODE: [(&str, &str); 3] = [
    ("core/src/replica/confirmed.rs", "a client, its own server's"),
    ("server/src/snapshot.rs", "the server, what it has composed itself a moment ago"),
    ("server/src/storage/sqlite/verify/snapshot.rs", "the server, its own disk's"),
];

/// What takes bytes from strangers, or is handed them, on the server's side.
const REACHED: [&str; 7] = [
    "core/src/wire",
    "core/src/session/server",
    "core/src/authority",
    "server/src/sync",
    "server/src/api",
    "server/src/hub",
    "server/src/router",
];

fn decoder(text: &str) -> Option<&'static str> {
    DECODERS.into_iter().find(|what| {
        text.match_indices(what).any(|(at, _)| {
            !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
                && !text[at + what.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
        })
    })
}

#[test]
fn wp13_no_path_from_a_socket_or_a_body_leads_to_an_automerge_decoder() {
    let mut wrong = Vec::new();
    let mut found = Vec::new();
    for source in rust().iter().filter(|source| !source.is_in("tests")) {
        let may = MAY_DECODE.iter().any(|(path, _)| source.path == *path);
        for line in source.code() {
            match decoder(line.text) {
                Some(_) if may => found.push(source.path.clone()),
                Some(what) => wrong.push(source.at(&line, what)),
                None => {}
            }
            // A client's replica decodes what its server says: the server has none.
            let on_server = source.is_in("server/src");
            let replica = line.text.contains("rejoinder_core::replica");
            // `read` makes an entry of a change that was decoded; `compose` decodes nothing.
            let read = line.text.contains("compose::read");
            if on_server && (replica || read) {
                wrong.push(source.at(&line, "what clients decode with"));
            }
            let reached = REACHED.iter().any(|part| source.is_in(part));
            if reached && line.text.contains("automerge") {
                wrong.push(source.at(&line, "automerge, where strangers' bytes are"));
            }
        }
    }
    none(&wrong, "strangers' bytes never reach an Automerge decoder");
    for (path, _) in MAY_DECODE {
        assert!(found.iter().any(|file| file == path), "{path} decodes no more: take it out");
    }
}

#[test]
fn a_decoder_is_known_by_its_name() {
    assert!(decoder(".map(Change::from_bytes)").is_some());
    assert!(decoder("let d = automerge::Automerge::load(&bytes)?;").is_some());
    assert!(decoder("ExpandedChange::from_bytes(x)").is_none());
    assert!(
        decoder("Automerge::load_it(x)").is_none() && decoder("Change::from_bytes_of").is_none()
    );
}

#[test]
fn dependencies_come_from_the_workspace() {
    let mut wrong = Vec::new();
    // Targets of `cargo fuzz` are a workspace of their own, for another compiler.
    let ours = |source: &&Source| source.path.ends_with("/Cargo.toml") && !source.is_in("fuzz");
    for source in sources().iter().filter(ours) {
        let mut section = "";
        for line in source.lines() {
            let text = line.text.trim();
            if text.starts_with('[') {
                section = text.trim_matches(['[', ']']);
            } else if section.ends_with("dependencies")
                && !text.is_empty()
                && !text.starts_with('#')
            {
                let shared = text.contains(".workspace = true")
                    || text.contains("workspace = true,")
                    || text.contains("workspace = true }");
                if !shared {
                    wrong.push(source.at(&line, text));
                }
            } else if section.contains("dependencies.") {
                wrong.push(source.at(&line, section));
            }
        }
        if !source.text.contains("[lints]\nworkspace = true") {
            wrong.push(format!("{}: lints are not the workspace's", source.path));
        }
    }
    none(&wrong, "one version and one set of lints for the whole workspace");
}

/// What the server asks of its machine only: by `Machine`, which tests can simulate.
const OF_THE_MACHINE: [&str; 5] =
    ["clock::now(", "entropy::dice(", "entropy::try_dice(", "spawn_blocking(", "SystemTime::now("];

/// The files that are asked by it, and one that only a command of its own runs.
const MACHINE: [&str; 4] = [
    "server/src/machine.rs",
    "server/src/clock.rs",
    "server/src/entropy.rs",
    "server/src/storage/sqlite/restore.rs",
];

#[test]
fn the_server_asks_its_machine_for_time_dice_and_threads() {
    let mut wrong = Vec::new();
    let part =
        |source: &&Source| source.is_in("server/src") && !MACHINE.contains(&source.path.as_str());
    for source in rust().iter().filter(part) {
        let lines: Vec<_> = source.code().collect();
        for (number, line) in lines.iter().enumerate() {
            if let Some(what) = OF_THE_MACHINE.iter().find(|&what| line.text.contains(what)) {
                wrong.push(source.at(line, what));
            }
            // Tokio's own dice cannot be seeded.
            let next = lines.get(number + 1).map(|line| line.text.trim());
            if line.text.contains("select! {") && next != Some("biased;") {
                wrong.push(source.at(line, "a select! that throws dice"));
            }
        }
    }
    none(&wrong, "the same seed is the same run");
}

#[test]
fn a_machine_is_simulated_in_tests_only() {
    let mut wrong = Vec::new();
    let part = |source: &&Source| {
        !source.is_in("tests") && source.path.as_str() != "server/src/machine.rs"
    };
    for source in rust().iter().filter(part) {
        for line in source.code().filter(|line| line.text.contains("simulated(")) {
            wrong.push(source.at(&line, "a simulated machine"));
        }
    }
    none(&wrong, "whoever knows a seed knows every key");
}
