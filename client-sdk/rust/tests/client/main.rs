//! A client without a server, and with one that says what a test wants it to say.

mod connecting;
mod fake;
mod keeping;
mod offline;
