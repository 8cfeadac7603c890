//! The server's side of a conversation: what becomes of every operation.

pub mod fate;
pub mod log;
pub mod policy;
