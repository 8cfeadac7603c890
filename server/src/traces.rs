//! Searching files for words, in every encoding in which a program might have left them: for the
//! tour and for the demo, which show that what was taken back is gone.

use std::path::{Path, PathBuf};
use std::{fs, io};

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};

/// Bytes of base64 that are looked for at least: fewer stand in sealed words by chance.
const BASE64_SHORTEST: usize = 8;

/// Where a word was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// In which file.
    pub file: PathBuf,
    /// Which word.
    pub word: String,
}

/// Every file below a folder.
///
/// # Errors
/// What the system says of a folder that cannot be read.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next)? {
            let entry = entry?;
            // Not through links: they lead elsewhere, or round in circles.
            let is_folder = entry.file_type()?.is_dir();
            if is_folder { folders.push(entry.path()) } else { found.push(entry.path()) }
        }
    }
    Ok(found)
}

/// Where words stand in files. A file that went meanwhile holds none.
///
/// # Errors
/// What the system says of a file that cannot be read.
pub fn search(files: &[PathBuf], words: &[String]) -> io::Result<Vec<Trace>> {
    let patterns: Vec<(&String, Vec<Vec<u8>>)> =
        words.iter().map(|word| (word, encodings(word))).collect();
    let mut traces = Vec::new();
    for file in files {
        let bytes = match fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for (word, patterns) in &patterns {
            if patterns.iter().any(|pattern| holds(&bytes, pattern)) {
                traces.push(Trace { file: file.clone(), word: (*word).clone() });
            }
        }
    }
    Ok(traces)
}

fn holds(bytes: &[u8], pattern: &[u8]) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return false };
    let mut from = bytes;
    // By its first byte first: these are whole databases.
    while let Some(at) = from.iter().position(|byte| byte == first) {
        from = &from[at + 1..];
        if from.starts_with(rest) {
            return true;
        }
    }
    false
}

/// UTF-8 and UTF-16 in both byte orders; each raw, and in base64 at all three alignments.
#[must_use]
pub fn encodings(word: &str) -> Vec<Vec<u8>> {
    let utf16 = || word.encode_utf16();
    let raw: [Vec<u8>; 3] = [
        word.as_bytes().to_vec(),
        utf16().flat_map(u16::to_le_bytes).collect(),
        utf16().flat_map(u16::to_be_bytes).collect(),
    ];
    let mut encoded = Vec::new();
    for bytes in &raw {
        for shift in 0..3 {
            // Only whole groups of three bytes encode to the same four characters wherever the
            // word stands.
            let inner = bytes.get((3 - shift) % 3..).unwrap_or_default();
            let whole = &inner[..inner.len() / 3 * 3];
            encoded.push(Base64Unpadded::encode_string(whole).into_bytes());
            encoded.push(Base64UrlUnpadded::encode_string(whole).into_bytes());
        }
    }
    encoded.retain(|text| text.len() >= BASE64_SHORTEST);
    raw.into_iter().chain(encoded).collect()
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

    #[test]
    fn short_words_are_looked_for_as_they_stand_only() {
        for word in ["", "a", "ab", "kiwis"] {
            assert_eq!(
                encodings(word).iter().any(|pattern| holds(b"a kiwi", pattern)),
                word == "a"
            );
        }
        assert!(holds(b"ababac", b"abac") && !holds(b"aba", b"abac") && !holds(b"aba", b""));
    }
}
