//! Marks: every text of a run is one of its own, so that bytes can be searched for it.

use std::collections::BTreeSet;

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Of a message.
    Message,
    /// Of a note.
    Note,
    /// Of a draft in a timeline.
    Draft,
    /// Of a draft in a team document.
    NoteDraft,
}

impl Sort {
    const fn letter(self) -> char {
        match self {
            Self::Message => 'T',
            Self::Note => 'N',
            Self::Draft => 'D',
            Self::NoteDraft => 'E',
        }
    }
}

/// The text with this number.
pub(crate) fn text(sort: Sort, number: usize) -> String {
    format!("<<{}{number:06}>>", sort.letter())
}

/// The texts that stand somewhere in `bytes`.
pub(crate) fn found(bytes: &[u8]) -> BTreeSet<String> {
    let starts = bytes.windows(11).filter(|window| window.starts_with(b"<<"));
    let marks = starts.filter(|window| {
        b"TNDE".contains(&window[2]) && window[3..9].iter().all(u8::is_ascii_digit)
    });
    marks.map(|window| String::from_utf8_lossy(window).into_owned()).collect()
}

/// Whether something for the team only stands in `bytes`.
pub(crate) fn holds_note(bytes: &[u8]) -> bool {
    found(bytes).iter().any(|mark| mark.starts_with("<<N") || mark.starts_with("<<E"))
}
