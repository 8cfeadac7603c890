//! The files of this repository, as the other modules read them.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file.
pub(crate) struct Source {
    /// Its path from the root, with slashes.
    pub(crate) path: String,
    /// What stands in it.
    pub(crate) text: String,
    /// Whether another file declares it as a module for tests.
    pub(crate) declared_test: bool,
}

/// Folders that hold nothing of ours, or what was made of it.
const SKIPPED: [&str; 4] = ["target", "node_modules", ".git", "dist"];
/// Endings of text files; others may be golden bytes.
const TEXT: [&str; 11] =
    ["rs", "toml", "md", "sh", "sql", "yml", "json", "txt", "css", "ts", "tsx"];
/// Text files without such an ending.
const NAMED: [&str; 7] =
    ["Makefile", "run", "LICENSE-MIT", "LICENSE-APACHE", ".gitignore", ".editorconfig", ".gitkeep"];

/// Every text file, in the order of paths.
pub(crate) fn sources() -> Vec<Source> {
    let root = root();
    let mut sources = Vec::new();
    collect(&root, &root, &mut sources);
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    let modules: Vec<String> = sources.iter().flat_map(Source::test_modules).collect();
    for source in &mut sources {
        source.declared_test = modules.iter().any(|module| source.is_in(module));
    }
    assert!(sources.len() > 10, "no sources under {}", root.display());
    sources
}

/// Every Rust file.
pub(crate) fn rust() -> Vec<Source> {
    sources().into_iter().filter(|source| source.has_ending("rs")).collect()
}

/// Every file with code in it, by whose tests rules are cited.
pub(crate) fn code() -> Vec<Source> {
    sources()
        .into_iter()
        .filter(|source| source.has_ending("rs") || source.is_typescript())
        .collect()
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn collect(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !SKIPPED.contains(&name.as_str()) {
                collect(root, &path, sources);
            }
        } else if NAMED.contains(&name.as_str()) || has_ending(&name, &TEXT) {
            let text = fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            sources.push(Source { path, text, declared_test: false });
        }
    }
}

fn has_ending(path: &str, endings: &[&str]) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| endings.contains(&ending))
}

/// Whether a line says that what follows is for tests, perhaps of other crates too.
fn is_mark(line: &str) -> bool {
    line.starts_with("#[cfg(test)]") || line.starts_with("#[cfg(any(test,")
}

impl Source {
    /// Whether its name ends in `.ending`.
    pub(crate) fn has_ending(&self, ending: &str) -> bool {
        has_ending(&self.path, &[ending])
    }

    pub(crate) fn is_typescript(&self) -> bool {
        has_ending(&self.path, &["ts", "tsx"])
    }

    /// Whether it stands in `folder` or is the module file beside it.
    pub(crate) fn is_in(&self, folder: &str) -> bool {
        self.path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/') || rest == ".rs" || rest.is_empty())
    }

    /// Whether it was written by a program, or is data.
    pub(crate) fn is_golden(&self) -> bool {
        self.parts().any(|part| part == "golden") || self.text.contains("@generated")
    }

    /// Whether all of it serves tests, examples or measurements.
    pub(crate) fn is_test(&self) -> bool {
        self.declared_test
            || self.parts().any(|part| {
                let name = part.strip_suffix(".rs").unwrap_or(part);
                matches!(name, "tests" | "examples" | "benches")
            })
    }

    /// The modules that it declares for tests, as folders.
    fn test_modules(&self) -> Vec<String> {
        let own = self.path.strip_suffix(".rs").unwrap_or(&self.path);
        let folder = ["/lib", "/main", "/mod"].iter().find_map(|name| own.strip_suffix(name));
        let mut marked = false;
        let mut modules = Vec::new();
        for line in self.text.lines() {
            let item = line.trim_start_matches("pub ").trim_start_matches("pub(crate) ");
            if let Some(name) = item.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';'))
                && marked
            {
                modules.push(format!("{}/{name}", folder.unwrap_or(own)));
            }
            // Attributes may stand between the mark and the item.
            marked = is_mark(line) || marked && line.starts_with("#[");
        }
        modules
    }

    fn parts(&self) -> impl Iterator<Item = &str> {
        self.path.split('/')
    }

    /// Its lines with their numbers and whether they serve tests.
    pub(crate) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let whole = self.is_test();
        let mut until: Option<String> = None;
        self.text.lines().enumerate().map(move |(index, text)| {
            let indent = &text[..text.len() - text.trim_start().len()];
            let marked = is_mark(text.trim_start());
            if marked && until.is_none() {
                until = Some(indent.to_owned());
            }
            let in_test = whole || until.is_some();
            // The item that the mark is on ends with a line of its own indentation.
            let ends = |open: &String| {
                !marked
                    && indent == open
                    && (text.trim_end().ends_with(';') || text.trim_start().starts_with('}'))
            };
            if until.as_ref().is_some_and(ends) {
                until = None;
            }
            Line { number: index + 1, text, in_test }
        })
    }

    /// Its lines of code that serve no test, without comments.
    pub(crate) fn code(&self) -> impl Iterator<Item = Line<'_>> {
        self.lines().filter(|line| !line.in_test && !line.text.trim_start().starts_with("//"))
    }

    /// Where something is wrong, for a message.
    pub(crate) fn at(&self, line: &Line<'_>, what: &str) -> String {
        format!("{}:{}: {what}", self.path, line.number)
    }
}

/// A line of a file.
pub(crate) struct Line<'a> {
    /// Its number, from 1.
    pub(crate) number: usize,
    /// Its text.
    pub(crate) text: &'a str,
    /// Whether it serves tests only.
    pub(crate) in_test: bool,
}

/// Fails with everything that is wrong.
#[track_caller]
pub(crate) fn none(wrong: &[String], why: &str) {
    assert!(wrong.is_empty(), "{why}:\n  {}\n", wrong.join("\n  "));
}

#[test]
fn lines_of_test_modules_are_known_as_such() {
    let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {\n    }\n}\nfn c() {}\n\
                #[cfg(test)]\nmod more;\nfn d() {}\n";
    let source =
        Source { path: "core/src/x.rs".into(), text: text.to_owned(), declared_test: false };
    let outside: Vec<usize> =
        source.lines().filter(|line| !line.in_test).map(|line| line.number).collect();
    assert_eq!(outside, [1, 7, 10]);
    assert_eq!(source.test_modules(), ["core/src/x/more"]);
}
