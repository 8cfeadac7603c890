//! The text form of a policy's windows, for the command line and for the database.

use core::fmt;
use core::str::FromStr;

/// Which of their messages an author may still edit or recall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Window {
    /// Any of them.
    #[default]
    Any,
    /// Only the newest.
    Last,
    /// Those of the last so many minutes.
    Minutes(u32),
}

/// A text that is not a window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a window: expected any, last or minutes(15)")]
pub struct WindowError {
    text: String,
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Last => f.write_str("last"),
            Self::Minutes(minutes) => write!(f, "minutes({minutes})"),
        }
    }
}

impl FromStr for Window {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let minutes = || {
            let digits = text.strip_prefix("minutes(")?.strip_suffix(')')?;
            digits.parse().ok().filter(|minutes| *minutes > 0)
        };
        match text {
            "any" => Ok(Self::Any),
            "last" => Ok(Self::Last),
            _ => minutes()
                .map(Self::Minutes)
                .ok_or_else(|| WindowError { text: text.chars().take(40).collect() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Window;

    #[test]
    fn a_window_reads_as_it_is_written() {
        for window in [Window::Any, Window::Last, Window::Minutes(15)] {
            assert_eq!(window.to_string().parse(), Ok(window));
        }
        for text in ["", "Any", "minutes", "minutes()", "minutes(0)", "minutes(-1)", "15"] {
            assert!(text.parse::<Window>().is_err(), "{text}");
        }
    }
}
