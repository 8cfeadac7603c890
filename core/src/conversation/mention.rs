//! Mentions: `@[Name](participant:ID)` in the text of a note.
//!
//! The id decides; the name is what was shown when it was written, for readers without a directory.

use std::collections::BTreeSet;

use crate::id::ParticipantId;
use crate::limits;

const BEGIN: &str = "@[";
const MIDDLE: &str = "](participant:";
const END: char = ')';

/// Whom a text mentions, each once: the first [`limits::MENTIONS`] of them.
#[must_use]
pub fn mentions(text: &str) -> BTreeSet<ParticipantId> {
    let mut all = BTreeSet::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(BEGIN)
        && all.len() < limits::MENTIONS
    {
        // Another one may begin inside of what turns out to be none.
        rest = after;
        let Some((name, after)) = after.split_once(']') else { continue };
        let target = after.strip_prefix(&MIDDLE[1..]).and_then(|after| after.split_once(END));
        let Some((id, after)) = target else { continue };
        if !name.trim().is_empty()
            && !name.contains(['\n', '['])
            && let Ok(id) = id.parse()
        {
            all.insert(id);
            rest = after;
        }
    }
    all
}

/// How a text mentions somebody. What of a name would end it is left out.
#[must_use]
pub fn mention(name: &str, participant: ParticipantId) -> String {
    let name = name.replace(['[', ']', '\n'], " ");
    format!("{BEGIN}{}{MIDDLE}{participant}{END}", name.trim())
}

#[cfg(test)]
mod tests {
    use super::{mention, mentions};
    use crate::id::ParticipantId;

    const ANN: ParticipantId = ParticipantId::from_bytes([0xa1; 16]);
    const BO: ParticipantId = ParticipantId::from_bytes([0xb0; 16]);

    #[test]
    fn rt47_a_text_mentions_those_whose_ids_stand_in_it() {
        let (ann, bo) = (mention("Ann [x] Baker", ANN), mention("بو", BO));
        assert_eq!(ann, format!("@[Ann  x  Baker](participant:{ANN})"));
        let cases = [
            (String::new(), vec![]),
            ("@Ann, @[Ann], mail@[x.example]".to_owned(), vec![]),
            (format!("{ann}: look"), vec![ANN]),
            (format!("a@b {ann}{bo}, {ann}"), vec![ANN, BO]),
            (format!("@[ @[Ann](participant:x) {bo}"), vec![BO]),
            (format!("@[@[{bo}"), vec![BO]),
            (format!("@[](participant:{ANN}) @[ ](participant:{ANN})"), vec![]),
            (format!("@[A\nB](participant:{ANN})"), vec![]),
            (format!("[Ann](participant:{ANN}) @[Ann](visitor:{ANN})"), vec![]),
            (format!("@[Ann](participant:{ANN}"), vec![]),
        ];
        for (text, expected) in cases {
            assert_eq!(mentions(&text).into_iter().collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn rt47_a_text_mentions_so_many_at_most() {
        let one = |n: u8| mention("x", ParticipantId::from_bytes([n; 16]));
        let text: String = (0..=u8::MAX).map(one).collect();
        assert_eq!(mentions(&text).len(), crate::limits::MENTIONS);
    }
}
