//! Rules and their citations.
//!
//! A citation is a rule's id in capitals, or in small letters in the name of a function, where `_`
//! ends it. One counts for its rule when it stands in a test, in Rust or in TypeScript.

use std::collections::BTreeSet;

use crate::source::{Source, code, none, root, sources};

const PREFIXES: [&str; 10] = ["OP", "AU", "RE", "WP", "SE", "ST", "AT", "RT", "LC", "UI"];

/// The rules of `SPEC.md`, in their order.
fn rules() -> Vec<String> {
    let text = std::fs::read_to_string(root().join("SPEC.md")).unwrap();
    text.lines()
        .filter_map(|line| line.strip_prefix("**")?.split_once("**"))
        .map(|(id, _)| id.to_owned())
        .filter(|id| citations(id).contains(id))
        .collect()
}

/// The rules that a line cites.
fn citations(line: &str) -> BTreeSet<String> {
    let function = line.split_once("fn ").and_then(|(_, rest)| rest.split(['(', '<']).next());
    let mut cited = ids(line);
    cited.extend(function.into_iter().flat_map(|name| ids(&name.to_uppercase())));
    cited
}

fn ids(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let is_rule = |word: &&str| {
        word.split_at_checked(2).is_some_and(|(prefix, number)| {
            PREFIXES.contains(&prefix)
                && !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    words.filter(is_rule).map(str::to_owned).collect()
}

fn is_tidy(source: &Source) -> bool {
    source.is_in("tests/tidy")
}

#[test]
fn rules_are_numbered_in_their_order_and_once() {
    let rules = rules();
    assert!(rules.len() > 50, "SPEC.md has only {} rules", rules.len());
    for prefix in PREFIXES {
        let numbers: Vec<usize> =
            rules.iter().filter_map(|id| id.strip_prefix(prefix)?.parse().ok()).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "the ids of {prefix}: {numbers:?}");
    }
}

#[test]
fn every_rule_is_cited_by_a_test() {
    let mut cited = BTreeSet::new();
    for source in code().iter().filter(|source| !is_tidy(source)) {
        for line in source.lines().filter(|line| line.in_test) {
            cited.extend(citations(line.text));
        }
    }
    let missing: Vec<String> = rules().into_iter().filter(|id| !cited.contains(id)).collect();
    none(&missing, "these rules of SPEC.md are cited by no test");
}

#[test]
fn every_cited_rule_exists() {
    let rules: BTreeSet<String> = rules().into_iter().collect();
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !is_tidy(source)) {
        let cites = source.has_ending("rs") || source.has_ending("md") || source.is_typescript();
        if !cites {
            continue;
        }
        for line in source.lines() {
            for id in citations(line.text).difference(&rules) {
                wrong.push(source.at(&line, id));
            }
        }
    }
    none(&wrong, "there are no such rules in SPEC.md");
}

#[test]
fn citations_are_read_from_names_and_comments() {
    let cited = |line: &str| citations(line).into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(cited("    fn au7_own_change_and_re12_too() {"), "AU7 RE12");
    assert_eq!(cited("test(\"UI3 RE17 what was recalled\", async () => {"), "RE17 UI3");
    assert_eq!(cited("// AU16: what comes after is void (ST8)."), "AU16 ST8");
    assert_eq!(cited("let op1 = st2 + SETUP3 + AU;"), "");
}
