//! A client without a server, and with one that says what a test wants it to say.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod connecting;
mod fake;
mod keeping;
mod offline;
