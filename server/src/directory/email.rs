//! E-mail addresses, as log-in names.

use core::fmt;
use core::str::FromStr;

/// Characters of the longest address that mail can be sent to (RFC 5321).
const LONGEST: usize = 254;

/// An e-mail address in lower case, so that two spellings of one mailbox are one log-in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Email(String);

/// A text that is not an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not an e-mail address: expected one such as ann@example.com")]
pub struct EmailError {
    text: String,
}

impl Email {
    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = EmailError;

    /// Refuses what cannot be an address and nothing more: only a mail that arrives proves one.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || EmailError { text: text.chars().take(LONGEST).collect() };
        let address = text.trim();
        let (local, domain) = address.rsplit_once('@').ok_or_else(error)?;
        let odd = |c: char| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"@".contains(c);
        let label = |label: &str| {
            !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        let valid = address.chars().count() <= LONGEST
            && !local.is_empty()
            && !local.contains(odd)
            && domain.split('.').all(label);
        if valid { Ok(Self(address.to_lowercase())) } else { Err(error()) }
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::Email;

    #[test]
    fn two_spellings_of_a_mailbox_are_one_address() {
        let read = |text: &str| text.parse::<Email>().unwrap();
        assert_eq!(read("Ann@Example.com"), read(" ann@example.COM "));
        assert_eq!(read("ann+chat@intranet").as_str(), "ann+chat@intranet");
    }

    #[test]
    fn what_cannot_be_an_address_is_refused_by_name() {
        let long = format!("{}@example.com", "a".repeat(250));
        for text in ["", "ann", "@example.com", "ann@", "ann@a..b", "a n@b.c", "a@b@c.d", &long] {
            let error = text.parse::<Email>().unwrap_err().to_string();
            assert!(error.contains("is not an e-mail address"), "{text}: {error}");
        }
    }
}
