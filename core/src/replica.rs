//! The client's side of a conversation: a confirmed document, and an outbox of operations.

pub mod record;
