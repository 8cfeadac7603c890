//! How files look, and what must not be left behind in them.

use crate::source::{Source, none, root, rust, sources};

/// Lines of a Rust file. One that grows past it holds more than one concept.
const LINES: usize = 500;
/// Columns of a line: two files fit side by side.
const COLUMNS: usize = 100;

/// What stands for unfinished work. Written in two parts, so that this file does not hold it.
const UNFINISHED: [&str; 3] =
    [concat!("to", "do!("), concat!("un", "implemented!("), concat!("d", "bg!(")];
/// What ends a process over something that can be said.
const PANICKING: [&str; 2] = [concat!(".un", "wrap()"), concat!(".ex", "pect(\"")];
/// Where machines, not this repository, keep things.
const MACHINE: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];

#[test]
fn rust_files_are_short() {
    let long = |source: &&Source| !source.is_golden() && source.text.lines().count() > LINES;
    let wrong: Vec<String> = rust()
        .iter()
        .filter(long)
        .map(|source| format!("{}: {} lines", source.path, source.text.lines().count()))
        .collect();
    none(&wrong, "a Rust file has at most 500 lines");
}

#[test]
fn lines_are_narrow() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !source.is_golden()) {
        if !["rs", "md", "sh"].iter().any(|ending| source.has_ending(ending)) {
            continue;
        }
        let mut in_derive = false;
        for line in source.lines() {
            // A table's row and a link cannot be broken; a list of derives is rustfmt's.
            let whole = in_derive
                || source.has_ending("md")
                    && (line.text.starts_with('|') || line.text.contains("https://"));
            in_derive = line.text.trim() == "#[derive(";
            let columns = line.text.chars().count();
            if columns > COLUMNS && !whole {
                wrong.push(source.at(&line, &format!("{columns} columns")));
            }
        }
    }
    none(&wrong, "a line has at most 100 columns");
}

#[test]
fn whitespace_is_plain() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !source.is_golden()) {
        for line in source.lines() {
            if line.text.contains('\t') && source.path != "Makefile" {
                wrong.push(source.at(&line, "a tab"));
            }
            if line.text.ends_with([' ', '\t', '\r']) {
                wrong.push(source.at(&line, "whitespace at the end"));
            }
        }
        if !source.text.is_empty() && !source.text.ends_with('\n') {
            wrong.push(format!("{}: no newline at the end", source.path));
        }
    }
    none(&wrong, "whitespace that nobody sees");
}

#[test]
fn nothing_is_left_unfinished() {
    let mut wrong = Vec::new();
    for source in rust() {
        for line in source.lines() {
            if let Some(what) = UNFINISHED.iter().find(|&what| line.text.contains(what)) {
                wrong.push(source.at(&line, what));
            }
        }
    }
    none(&wrong, "unfinished work");
}

#[test]
fn errors_are_handled_outside_tests() {
    let mut wrong = Vec::new();
    for source in rust() {
        for line in source.code() {
            if let Some(what) = PANICKING.iter().find(|&what| line.text.contains(what)) {
                wrong.push(source.at(&line, what));
            }
        }
    }
    none(&wrong, "outside tests an error is handled or passed on");
}

#[test]
fn no_file_names_a_machine() {
    let mut wrong = Vec::new();
    for source in sources() {
        for line in source.lines() {
            let stands_alone = |at: usize| {
                let before = line.text[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || "._-/".contains(c))
            };
            for path in MACHINE {
                if line.text.match_indices(path).any(|(at, _)| stands_alone(at)) {
                    wrong.push(source.at(&line, path));
                }
            }
        }
    }
    none(&wrong, "a path of one machine");
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.has_ending("md")) {
        let folder = root().join(&source.path).parent().unwrap().to_owned();
        for line in source.lines() {
            for (_, rest) in line.text.match_indices("](").map(|(at, _)| line.text.split_at(at + 2))
            {
                let target = rest.split([')', '#']).next().unwrap_or_default();
                if !target.is_empty() && !target.contains(':') && !folder.join(target).exists() {
                    wrong.push(source.at(&line, target));
                }
            }
        }
    }
    none(&wrong, "links to what is not there");
}
