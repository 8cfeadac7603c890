//! The server's side of a conversation: what becomes of every operation.

pub mod fate;
