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

#[test]
fn dependencies_come_from_the_workspace() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.path.ends_with("/Cargo.toml")) {
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
