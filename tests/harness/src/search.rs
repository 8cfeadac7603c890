//! Looking for words in files, byte by byte, in every shape that words take.

use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use base64ct::{Base64Unpadded, Encoding};

/// A word that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trace {
    /// In which file.
    pub file: PathBuf,
    /// At which byte; none in the file's name.
    pub at: Option<usize>,
    /// Which of the words.
    pub word: String,
    /// In which shape.
    pub shape: &'static str,
}

/// What is looked for: words in UTF-8, UTF-16LE and UTF-16BE, each raw and in base64 wherever in
/// its groups of three it begins.
///
/// However many there are, bytes are read once.
#[derive(Debug)]
pub struct Needles {
    automaton: AhoCorasick,
    /// Of each of its patterns, which word it is and in which shape.
    patterns: Vec<(usize, &'static str)>,
    words: Vec<String>,
}

impl Needles {
    /// Words of at least 12 bytes.
    ///
    /// # Panics
    /// With a shorter word: it would be found everywhere.
    #[must_use]
    pub fn new(words: &[String]) -> Self {
        Self::with_keys(words, &[])
    }

    /// Words of at least 12 bytes, and keys just as they are. A key is reported by its place among
    /// these, as `key 0`.
    ///
    /// # Panics
    /// With a shorter word: it would be found everywhere.
    #[must_use]
    pub fn with_keys(words: &[String], keys: &[[u8; 32]]) -> Self {
        let (mut patterns, mut needles) = (Vec::new(), Vec::new());
        for (word, text) in words.iter().enumerate() {
            assert!(text.len() >= 12, "'{text}' is too short to be looked for");
            for (shape, bytes) in shapes(text) {
                patterns.push((word, shape));
                needles.push(bytes);
            }
        }
        for (number, key) in keys.iter().enumerate() {
            patterns.push((words.len() + number, "as it is"));
            needles.push(key.to_vec());
        }
        let automaton = AhoCorasick::new(&needles).unwrap();
        let keys = (0..keys.len()).map(|number| format!("key {number}"));
        Self { automaton, patterns, words: words.iter().cloned().chain(keys).collect() }
    }

    /// Where in these bytes a word stands.
    #[must_use]
    pub fn find(&self, bytes: &[u8]) -> Vec<(usize, &str, &'static str)> {
        let matches = self.automaton.find_overlapping_iter(bytes);
        let found = matches.map(|found| {
            let (word, shape) = self.patterns[found.pattern()];
            (found.start(), self.words[word].as_str(), shape)
        });
        found.collect()
    }

    /// Every trace in a file or in everything below a folder, names included.
    ///
    /// # Panics
    /// When something cannot be read.
    #[must_use]
    pub fn search(&self, place: &Path) -> Vec<Trace> {
        let mut traces = Vec::new();
        for file in files(place) {
            // SQLite and clients remove files while others look.
            let Ok(bytes) = std::fs::read(&file) else { continue };
            let name = file.to_string_lossy().into_owned();
            let named = self.find(name.as_bytes()).into_iter().map(|(_, w, s)| (None, w, s));
            let held = self.find(&bytes).into_iter().map(|(at, w, s)| (Some(at), w, s));
            traces.extend(named.chain(held).map(|(at, word, shape)| Trace {
                file: file.clone(),
                at,
                word: word.to_owned(),
                shape,
            }));
        }
        traces
    }
}

/// Every file below a folder.
#[must_use]
pub fn files(place: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(place) else { return vec![place.to_owned()] };
    let mut found: Vec<_> = entries.flat_map(|entry| files(&entry.unwrap().path())).collect();
    found.sort();
    found
}

fn shapes(word: &str) -> Vec<(&'static str, Vec<u8>)> {
    let raw = [
        ("UTF-8", "UTF-8 in base64", word.as_bytes().to_vec()),
        (
            "UTF-16LE",
            "UTF-16LE in base64",
            word.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        (
            "UTF-16BE",
            "UTF-16BE in base64",
            word.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ),
    ];
    let mut shapes = Vec::new();
    for (plain, coded, bytes) in raw {
        for shift in 0..3 {
            let shifted: Vec<u8> = core::iter::repeat_n(0, shift).chain(bytes.clone()).collect();
            let text = Base64Unpadded::encode_string(&shifted).into_bytes();
            // The characters at either end also hold bits of what stands beside the word.
            let (from, to) = ((shift * 8).div_ceil(6), shifted.len() * 8 / 6);
            shapes.push((coded, text[from..to].to_vec()));
        }
        shapes.push((plain, bytes));
    }
    shapes
}

#[cfg(test)]
mod tests {
    use super::Needles;
    use base64ct::{Base64, Encoding};

    #[test]
    fn keys_are_found_among_words_and_told_apart() {
        let keys = [[7; 32], [9; 32]];
        let needles = Needles::with_keys(&["zebra-crossing-7".to_owned()], &keys);
        let hay = [b"zebra-crossing-7".as_slice(), &keys[1], &keys[0][1..]].concat();
        assert_eq!(
            needles.find(&hay),
            [(0, "zebra-crossing-7", "UTF-8"), (16, "key 1", "as it is")]
        );
    }

    #[test]
    fn words_are_found_in_every_shape_and_place() {
        let word = "zebra-crossing-7".to_owned();
        let needles = Needles::new(&[word.clone(), "something-else".to_owned()]);
        let wide: Vec<u8> = word.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for shift in 0..7 {
            let around = |bytes: &[u8]| [&vec![b'x'; shift], bytes, b"after"].concat();
            for bytes in [word.as_bytes(), &wide] {
                let coded = Base64::encode_string(&around(bytes));
                for hay in [around(bytes), coded.into_bytes()] {
                    let found = needles.find(&hay);
                    assert_eq!(found.iter().map(|found| found.1).collect::<Vec<_>>(), [&word]);
                }
            }
        }
        assert!(needles.find(b"zebra-crossing-8").is_empty());
    }
}
