//! What no honest client sends, and what no server is glad of: each is answered with what was
//! wrong, and loses nothing.
#![expect(clippy::unwrap_used, reason = "it serves tests only")]

mod connection;
mod desk;
mod operations;
mod storage;
