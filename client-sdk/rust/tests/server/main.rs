//! Clients and a real server, on loopback.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod stage;
mod stories;
