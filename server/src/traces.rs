//! Searching files for words, in every encoding in which a program might have left them.

use std::fs;
use std::path::{Path, PathBuf};

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};

use crate::Failure;

/// Where a word was found.
#[derive(Debug)]
pub(super) struct Trace {
    pub(super) file: PathBuf,
    pub(super) word: String,
}

/// Every file below a folder.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    Ok(found)
}

/// Where words stand in files.
pub(super) fn search(files: &[PathBuf], words: &[String]) -> Result<Vec<Trace>, Failure> {
    let patterns: Vec<(&String, Vec<Vec<u8>>)> =
        words.iter().map(|word| (word, encodings(word))).collect();
    let mut traces = Vec::new();
    for file in files {
        let bytes = fs::read(file)?;
        for (word, patterns) in &patterns {
            if patterns.iter().any(|pattern| holds(&bytes, pattern)) {
                traces.push(Trace { file: file.clone(), word: (*word).clone() });
            }
        }
    }
    Ok(traces)
}

fn holds(bytes: &[u8], pattern: &[u8]) -> bool {
    bytes.windows(pattern.len()).any(|window| window == pattern)
}

/// UTF-8 and UTF-16 in both byte orders; each raw, and in base64 at all three alignments.
pub(super) fn encodings(word: &str) -> Vec<Vec<u8>> {
    let utf16 = || word.encode_utf16();
    let raw = [
        word.as_bytes().to_vec(),
        utf16().flat_map(u16::to_le_bytes).collect(),
        utf16().flat_map(u16::to_be_bytes).collect(),
    ];
    let mut all = raw.to_vec();
    for bytes in &raw {
        for shift in 0..3 {
            // Only whole groups of three bytes encode to the same four characters wherever the
            // word stands.
            let inner = &bytes[(3 - shift) % 3..];
            let whole = &inner[..inner.len() / 3 * 3];
            all.push(Base64Unpadded::encode_string(whole).into_bytes());
            all.push(Base64UrlUnpadded::encode_string(whole).into_bytes());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::{Base64Unpadded, Encoding, encodings, holds};

    #[test]
    fn re25_a_word_is_found_in_every_encoding() {
        let word = "markerQ7vX2kPz";
        let found = |bytes: &[u8]| encodings(word).iter().any(|pattern| holds(bytes, pattern));
        for before in 0..6 {
            let text = format!("{}{word} and more", "x".repeat(before));
            let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert!(found(text.as_bytes()));
            assert!(found(&utf16));
            assert!(found(Base64Unpadded::encode_string(text.as_bytes()).as_bytes()));
            assert!(found(Base64Unpadded::encode_string(&utf16).as_bytes()));
        }
        assert!(!found(b"nothing of the kind"));
    }
}
