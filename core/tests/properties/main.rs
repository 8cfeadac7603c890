//! What holds for everything that could come: random histories, bytes and keyrings.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod decoding;
mod histories;
mod keyrings;
mod values;
