//! What is built from that is not ours, held to `deny.toml` without a network: from the lock files,
//! and of licences, which `Cargo.lock` does not name, from the sources that cargo has here.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::source::{none, root, sources};

/// Licences of what only builds and tests use and nobody is given.
const OF_TOOLS: [&str; 3] = ["CC-BY-4.0", "MPL-2.0", "Python-2.0"];

/// npm packages that may run a program of theirs when they are installed, and why.
const RUN_AT_INSTALLING: [(&str, &str); 1] =
    [("node_modules/esbuild", "it looks whether its binary fits the system")];

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn toml(path: &str) -> toml::Table {
    read(path).parse().unwrap()
}

fn strings(value: &toml::Value) -> BTreeSet<String> {
    value.as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect()
}

/// Whether a licence's SPDX expression leaves a choice that is allowed.
fn allows(allowed: &BTreeSet<String>, expression: &str) -> bool {
    // Before SPDX had expressions, a slash said "or".
    let text = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = text.split_whitespace().peekable();
    let found = either(allowed, &mut words);
    found && words.next().is_none()
}

type Tokens<'a> = core::iter::Peekable<core::str::SplitWhitespace<'a>>;

fn either(allowed: &BTreeSet<String>, words: &mut Tokens<'_>) -> bool {
    let mut found = both(allowed, words);
    while words.next_if_eq(&"OR").is_some() {
        found |= both(allowed, words);
    }
    found
}

fn both(allowed: &BTreeSet<String>, words: &mut Tokens<'_>) -> bool {
    let mut found = one(allowed, words);
    while words.next_if_eq(&"AND").is_some() {
        found &= one(allowed, words);
    }
    found
}

fn one(allowed: &BTreeSet<String>, words: &mut Tokens<'_>) -> bool {
    match words.next() {
        None => false,
        Some("(") => {
            let found = either(allowed, words);
            words.next() == Some(")") && found
        }
        Some(name) if words.next_if_eq(&"WITH").is_some() => {
            let exception = words.next().unwrap_or_default();
            allowed.contains(&format!("{name} WITH {exception}"))
        }
        Some(name) => allowed.contains(name),
    }
}

/// The licences of what people are given.
fn allowed() -> BTreeSet<String> {
    strings(&toml("deny.toml")["licenses"]["allow"])
}

/// What is wrong with a package of a `Cargo.lock`: none is what `deny` names, all but our own come
/// from one registry and are pinned by their hash.
fn wrong_crate(package: &toml::Table, registry: &str, denied: &BTreeSet<String>) -> Option<String> {
    let name = package["name"].as_str().unwrap();
    let text = |key: &str| package.get(key).and_then(toml::Value::as_str);
    let hash = text("checksum").is_some_and(|hash| hash.len() == 64);
    let why = match text("source") {
        _ if denied.contains(name) => "deny.toml denies it",
        None if name.starts_with("rejoinder") => return None,
        None => "it comes from nowhere",
        Some(source) if !source.starts_with("registry+") => "it comes from no registry",
        Some(source) if source != registry => "it comes from another registry",
        Some(_) if !hash => "no hash pins it",
        Some(_) => return None,
    };
    Some(format!("{name}: {why}"))
}

#[test]
fn crates_come_from_one_registry_and_are_pinned() {
    let denied = toml("deny.toml")["bans"]["deny"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["crate"].as_str().unwrap().to_owned())
        .collect();
    let (ours, targets) = (toml("Cargo.lock"), toml("fuzz/Cargo.lock"));
    let packages = |lock: &'static str, it: &toml::Table| -> Vec<(&str, toml::Table)> {
        let packages = it["package"].as_array().unwrap().iter();
        packages.map(|it| (lock, it.as_table().unwrap().clone())).collect()
    };
    let all = [packages("Cargo.lock", &ours), packages("fuzz/Cargo.lock", &targets)].concat();
    let registry = all.iter().find_map(|(_, it)| it.get("source")?.as_str()).unwrap();
    let found = all.iter().filter_map(|(lock, package)| {
        wrong_crate(package, registry, &denied).map(|wrong| format!("{lock}: {wrong}"))
    });
    assert!(all.len() > 300, "only {} packages", all.len());
    none(&found.collect::<Vec<_>>(), "what is built from is not what it should be");
    let manifest = toml("Cargo.toml");
    let mut open = Vec::new();
    for (name, what) in manifest["workspace"]["dependencies"].as_table().unwrap() {
        let version = what.as_str().or_else(|| what.get("version")?.as_str());
        let own = what.get("path").is_some();
        if what.get("git").is_some() || !own && version.is_none_or(|it| it.contains('*')) {
            open.push(format!("Cargo.toml: {name}: {what}"));
        }
    }
    none(&open, "a dependency is of the registry, and of a version");
}

#[test]
fn a_crate_from_elsewhere_is_known() {
    let wrong = |text: &str| {
        let denied = BTreeSet::from(["openssl-sys".to_owned()]);
        let text = text.replace("HASH", &"0".repeat(64));
        wrong_crate(&text.parse().unwrap(), "registry+here", &denied).is_some()
    };
    assert!(!wrong("name = 'a'\nsource = 'registry+here'\nchecksum = 'HASH'"));
    assert!(!wrong("name = 'rejoinder-core'"));
    assert!(wrong("name = 'a'"));
    assert!(wrong("name = 'a'\nsource = 'registry+here'"));
    assert!(wrong("name = 'a'\nsource = 'registry+there'\nchecksum = 'HASH'"));
    assert!(wrong("name = 'a'\nsource = 'git+here'\nchecksum = 'HASH'"));
    assert!(wrong("name = 'openssl-sys'\nsource = 'registry+here'\nchecksum = 'HASH'"));
}

#[test]
fn licences_of_crates_are_allowed() {
    let rustc = Command::new("rustc").arg("-vV").output().unwrap();
    let rustc = String::from_utf8(rustc.stdout).unwrap();
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let told = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--offline", "--locked"])
        .args(["--filter-platform", host])
        .current_dir(root())
        .output()
        .unwrap();
    let why = String::from_utf8_lossy(&told.stderr);
    assert!(told.status.success(), "fetch what is missing with `cargo fetch --locked`: {why}");
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    let allowed = allowed();
    let packages = told["packages"].as_array().unwrap();
    assert!(packages.len() > 100, "only {} packages", packages.len());
    let mut wrong = Vec::new();
    for package in packages.iter().filter(|package| !package["source"].is_null()) {
        let licence = package["license"].as_str().unwrap_or_default();
        if !allows(&allowed, licence) {
            wrong.push(format!("{}: '{licence}'", package["name"]));
        }
    }
    none(&wrong, "licences that deny.toml does not allow");
}

/// What is wrong with an entry of `package-lock.json`.
fn wrong_entry(path: &str, entry: &Value, allowed: &BTreeSet<String>) -> Option<String> {
    let text = |key: &str| entry[key].as_str().unwrap_or_default();
    let set = |key: &str| entry[key].as_bool().unwrap_or_default();
    if !path.contains("node_modules/") {
        return None;
    }
    if set("link") {
        let own = sources_at(text("resolved"));
        return (!own).then(|| format!("{path}: it is linked to nothing of ours"));
    }
    let exact = text("version")
        .split(['.', '-', '+'])
        .take(3)
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    let runs = RUN_AT_INSTALLING.iter().any(|(name, _)| *name == path);
    let licence = text("license");
    let ours = allows(allowed, licence);
    let tool = set("dev") && OF_TOOLS.contains(&licence);
    let why = match () {
        () if !entry["resolved"].is_null() => "it names an address: it must come by its name",
        () if !text("integrity").starts_with("sha512-") => "no hash pins it",
        () if !exact => "it has no version",
        () if set("hasInstallScript") && !runs => "it runs a program when it is installed",
        () if !ours && !tool => "its licence is not allowed",
        () => return None,
    };
    Some(format!("package-lock.json: {path}: {why} ({licence})"))
}

fn sources_at(folder: &str) -> bool {
    root().join(folder).join("package.json").is_file()
}

#[test]
fn npm_packages_come_by_name_and_are_pinned_and_run_nothing() {
    let lock: Value = serde_json::from_str(&read("package-lock.json")).unwrap();
    assert_eq!(lock["lockfileVersion"], 3);
    let (packages, allowed) = (lock["packages"].as_object().unwrap(), allowed());
    assert!(packages.len() > 100, "package-lock.json has only {} entries", packages.len());
    let mut wrong: Vec<_> =
        packages.iter().filter_map(|(path, entry)| wrong_entry(path, entry, &allowed)).collect();
    for (name, _) in RUN_AT_INSTALLING {
        if packages.get(name).is_none_or(|it| it["hasInstallScript"] != true) {
            wrong.push(format!("{name} runs nothing any more: take it out"));
        }
    }
    none(&wrong, "what is installed is not what it should be");
}

#[test]
fn manifests_of_npm_ask_for_versions_of_the_registry() {
    let kinds = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.path.ends_with("package.json")) {
        let manifest: Value = serde_json::from_str(&source.text).unwrap();
        let asked = kinds.iter().filter_map(|kind| manifest[*kind].as_object()).flatten();
        for (name, version) in asked {
            let version = version.as_str().unwrap_or_default();
            let number = version.trim_start_matches(['^', '~']);
            if !number.starts_with(|c: char| c.is_ascii_digit()) || number.contains([' ', '*', 'x'])
            {
                wrong.push(format!("{}: {name}: '{version}'", source.path));
            }
        }
    }
    none(&wrong, "a dependency is of the registry, and of a version");
}

#[test]
fn a_package_that_is_not_as_it_should_be_is_known() {
    let allowed = BTreeSet::from(["MIT".to_owned()]);
    let sound = r#"{"version": "1.2.3-rc.1", "integrity": "sha512-x", "license": "MIT"}"#;
    let wrong = |change: (&str, Value)| {
        let mut entry: Value = serde_json::from_str(sound).unwrap();
        entry[change.0] = change.1;
        wrong_entry("node_modules/a", &entry, &allowed).is_some()
    };
    assert!(!wrong(("dev", true.into())));
    assert!(wrong(("resolved", "git+ssh://somewhere/a".into())));
    assert!(wrong(("integrity", Value::Null)) && wrong(("integrity", "sha1-x".into())));
    assert!(wrong(("hasInstallScript", true.into())));
    assert!(wrong(("version", "latest".into())) && wrong(("version", "1.x".into())));
    assert!(wrong(("license", Value::Null)) && wrong(("license", "MPL-2.0".into())));
}

#[test]
fn licences_are_read_as_expressions() {
    let allowed: BTreeSet<_> =
        ["MIT", "Zlib", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned).into();
    for good in [
        "MIT",
        "GPL-3.0 OR MIT",
        "MIT/Apache-2.0",
        "(GPL-3.0 OR MIT) AND Zlib",
        "Apache-2.0 WITH LLVM-exception OR GPL-3.0",
        "MIT AND Zlib OR GPL-3.0",
    ] {
        assert!(allows(&allowed, good), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT", "MIT)", "Apache-2.0", "MIT Zlib"] {
        assert!(!allows(&allowed, bad), "{bad}");
    }
}
