//! Colours, as widgets take them.

use core::fmt;
use core::str::FromStr;

/// A colour without transparency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color(u32);

/// A text that is not a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a colour such as #3350b4")]
pub struct NoColor;

impl Default for Color {
    /// The widget's own.
    fn default() -> Self {
        Self(0x33_50_b4)
    }
}

impl FromStr for Color {
    type Err = NoColor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hex = text.strip_prefix('#').ok_or(NoColor)?;
        let plain = hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        u32::from_str_radix(hex, 16).ok().filter(|_| plain).map(Self).ok_or(NoColor)
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:06x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Color;

    #[test]
    fn a_colour_is_six_hexadecimal_digits_and_nothing_else() {
        assert_eq!("#0A2bff".parse::<Color>().map(|c| c.to_string()), Ok("#0a2bff".to_owned()));
        for text in ["", "#", "red", "#fff", "#1234567", "#+12345", "#12345g", "#000000;x"] {
            assert!(text.parse::<Color>().is_err(), "{text}");
        }
    }
}
