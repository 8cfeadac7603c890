//! The floor: a plain chat on axum and SQLite, as one would write it in an afternoon.
//!
//! JSON over WebSockets, one table of messages with their words in it, one writer that inserts
//! what waits and commits once (`synchronous=FULL`, WAL), everything to everybody. No work without
//! a network, no edits, no roles, no fates, and a deleted message stays in the file and in every
//! client. What Rejoinder costs beyond it is what it does beyond it.

pub(crate) mod load;
pub(crate) mod server;
mod table;

use serde::{Deserialize, Serialize};

/// What a client says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Says {
    Write(Vec<NewMessage>),
    Open,
    TakeBack(u64),
}

#[derive(Debug, Serialize, Deserialize)]
struct NewMessage {
    author: String,
    text: String,
}

/// What the server says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Hears {
    /// To everybody.
    Messages(Vec<Message>),
    /// To their author: this many are on the disk.
    Kept(usize),
    /// To everybody.
    TakenBack(u64),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Message {
    id: u64,
    at: i64,
    author: String,
    text: String,
}
