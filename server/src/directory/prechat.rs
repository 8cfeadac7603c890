//! What visitors are asked before they begin.

use std::collections::{BTreeMap, BTreeSet};

use rejoinder_core::id::ParticipantId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::visitor::{ATTRIBUTE_LONGEST, ATTRIBUTE_NAME_LONGEST, ATTRIBUTES};
use super::{Directory, DirectoryError, DirectoryEvent, PrechatKind, event, site, visitor};

/// Fields of a site: more than anybody fills in before asking something.
const FIELDS: usize = 10;

/// Choices of a field, and characters of each: what a list of a widget shows.
const CHOICES: core::ops::RangeInclusive<usize> = 2..=20;
const CHOICE_LONGEST: usize = 100;

/// Something that visitors are asked before they begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PrechatField {
    /// What is asked, and the name of the attribute that keeps the answer. 1 to 40 characters, once
    /// a site.
    #[schema(min_length = 1, max_length = 40)]
    pub label: String,
    /// What is answered.
    pub kind: PrechatKind,
    /// Whether nobody begins without an answer.
    pub required: bool,
    /// Of a choice: 2 to 20 of at most 100 characters. Of others: none.
    #[serde(default)]
    pub options: Vec<String>,
}

/// What a visitor has answered, by labels.
pub type Answers = BTreeMap<String, String>;

/// Whether visitors can be asked so; the labels are trimmed.
pub(super) fn check(fields: &mut [PrechatField]) -> Result<(), DirectoryError> {
    let bad = || Err(DirectoryError::BadSetting("prechat_fields"));
    let line = |text: &str, most: usize| {
        (1..=most).contains(&text.chars().count()) && !text.contains(char::is_control)
    };
    let mut labels = BTreeSet::new();
    if fields.len() > FIELDS {
        return bad();
    }
    for field in fields {
        field.label = field.label.trim().to_owned();
        for option in &mut field.options {
            *option = option.trim().to_owned();
        }
        let once: BTreeSet<_> = field.options.iter().collect();
        let fits = match field.kind {
            PrechatKind::Choice => {
                CHOICES.contains(&field.options.len())
                    && once.len() == field.options.len()
                    && field.options.iter().all(|option| line(option, CHOICE_LONGEST))
            }
            PrechatKind::Text | PrechatKind::Email => field.options.is_empty(),
        };
        if !fits || !line(&field.label, ATTRIBUTE_NAME_LONGEST) || !labels.insert(&field.label) {
            return bad();
        }
    }
    Ok(())
}

impl PrechatField {
    /// Whether it may be answered so: `answer` is trimmed, and empty where there is none.
    fn takes(&self, answer: &str) -> bool {
        if answer.is_empty() {
            return !self.required;
        }
        match self.kind {
            PrechatKind::Text => {
                answer.chars().count() <= ATTRIBUTE_LONGEST && !answer.contains(char::is_control)
            }
            PrechatKind::Email => answer.parse::<super::Email>().is_ok(),
            PrechatKind::Choice => self.options.iter().any(|option| option == answer),
        }
    }
}

impl Directory {
    /// Keeps what a visitor has answered, as attributes, for which there is room beside the others,
    /// and an e-mail address as theirs. What their site's own back end said of a verified visitor
    /// stays, and so do other attributes.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownVisitor`]; [`DirectoryError::BadAnswer`] where one is missing, is
    /// not as it may be, or was not asked for; and what the medium says.
    pub fn keep_answers(
        &self,
        whose: ParticipantId,
        answers: &Answers,
    ) -> Result<(), DirectoryError> {
        self.write(|connection, _| {
            let there = visitor::find(connection, whose)?.filter(|it| it.erased_at.is_none());
            let before = there.ok_or(DirectoryError::UnknownVisitor(whose))?;
            let mut there = before.clone();
            let asking = site::find(connection, there.site)?;
            let fields = asking.ok_or(DirectoryError::UnknownSite(there.site))?.prechat_fields;
            if answers.keys().any(|label| !fields.iter().any(|field| field.label == *label)) {
                return Err(DirectoryError::BadAnswer);
            }
            for field in fields {
                let answer = answers.get(&field.label).map_or("", |answer| answer.trim());
                if !field.takes(answer) {
                    return Err(DirectoryError::BadAnswer);
                }
                if answer.is_empty() {
                    continue;
                }
                if field.kind == PrechatKind::Email && !there.verified {
                    there.email = answer.parse().ok().or(there.email);
                }
                let known = there.attributes.contains_key(&field.label);
                if !known && there.attributes.len() >= ATTRIBUTES + FIELDS {
                    return Err(DirectoryError::BadAnswer);
                }
                if !(known && there.verified) {
                    there.attributes.insert(field.label, answer.to_owned());
                }
            }
            if there == before {
                return Ok(());
            }
            visitor::keep(connection, &there)?;
            event::record(connection, &DirectoryEvent::VisitorChanged(whose))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{PrechatField, check};
    use crate::directory::PrechatKind;

    fn field(label: &str, kind: PrechatKind, options: &[&str]) -> PrechatField {
        let options = options.iter().map(|&option| option.to_owned()).collect();
        PrechatField { label: label.to_owned(), kind, required: true, options }
    }

    #[test]
    fn lc9_fields_can_be_asked_and_answered() {
        use PrechatKind::{Choice, Email, Text};
        let mut all = [
            field(" Name ", Text, &[]),
            field("Where", Email, &[]),
            field("Why", Choice, &["a", "b"]),
        ];
        assert!(check(&mut all).is_ok());
        let [name, email, why] = all;
        assert_eq!(name.label, "Name");
        assert!(name.takes("Vera") && !name.takes("") && !name.takes(&"x".repeat(301)));
        assert!(email.takes("vera@example.com") && !email.takes("nobody"));
        assert!(why.takes("b") && !why.takes("c"));
        assert!(PrechatField { required: false, ..why.clone() }.takes(""));
        for mut bad in [
            vec![field("", Text, &[])],
            vec![field(&"x".repeat(41), Text, &[])],
            vec![field("Name", Text, &["a", "b"])],
            vec![field("Why", Choice, &["a"])],
            vec![field("Why", Choice, &["a", "a"])],
            vec![name.clone(), name.clone()],
            (0..11).map(|n| field(&n.to_string(), Text, &[])).collect(),
        ] {
            assert!(check(&mut bad).is_err(), "{bad:?}");
        }
    }
}
