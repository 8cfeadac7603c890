//! Bytes that are protocol: frames, changes, commitments, sealing, keyrings. A difference from the
//! files in `tests/golden` is a change that other programs see.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod bytes;
mod frames;
mod sample;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// A file of named byte strings, readable and pinned.
pub(crate) struct Golden {
    name: &'static str,
    text: String,
}

impl Golden {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, text: String::new() }
    }

    /// Adds bytes that are CBOR, with what they say.
    pub(crate) fn cbor(&mut self, title: &str, bytes: &[u8]) {
        let decoder = &mut minicbor::Decoder::new(bytes);
        let said = diagnostic(decoder);
        assert_eq!(decoder.position(), bytes.len());
        self.section(title, &wrapped(&said), bytes);
    }

    /// Adds bytes, and words about them.
    pub(crate) fn section(&mut self, title: &str, about: &str, bytes: &[u8]) {
        let lines = [&format!("== {title}"), about, &wrapped(&hex(bytes))];
        let lines: Vec<_> = lines.into_iter().filter(|line| !line.is_empty()).collect();
        writeln!(self.text, "{}\n", lines.join("\n")).unwrap();
    }

    /// Compares with the file of this name, or writes it when blessed.
    #[track_caller]
    pub(crate) fn check(self) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(self.name);
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &self.text).unwrap();
        }
        let known = fs::read_to_string(&path).unwrap_or_default();
        let differ = known.lines().zip(self.text.lines()).find(|(known, now)| known != now);
        assert!(
            known == self.text,
            "the bytes of {} have changed: {differ:?}\nOther programs, logs and stores hold the \
             former ones. If it is meant, and docs/wire.md says so:\n  BLESS=1 cargo test -p \
             rejoinder-core --test goldens",
            self.name,
        );
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// What the next item says, in CBOR's diagnostic notation.
fn diagnostic(cbor: &mut minicbor::Decoder<'_>) -> String {
    use minicbor::data::Type;
    match cbor.datatype().unwrap() {
        Type::Array => {
            let items = cbor.array().unwrap().unwrap();
            let items: Vec<_> = (0..items).map(|_| diagnostic(cbor)).collect();
            format!("[{}]", items.join(", "))
        }
        Type::Bytes => format!("h'{}'", hex(cbor.bytes().unwrap())),
        Type::String => format!("{:?}", cbor.str().unwrap()),
        Type::Bool => cbor.bool().unwrap().to_string(),
        Type::Null => {
            cbor.null().unwrap();
            "null".to_owned()
        }
        _ => cbor.int().unwrap().to_string(),
    }
}

/// A long text in lines of 96 characters.
fn wrapped(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let lines: Vec<String> = characters.chunks(96).map(|line| line.iter().collect()).collect();
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    lines.join("\n")
}
