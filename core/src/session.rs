//! Connections, as state machines without I/O.

pub mod backoff;
pub mod client;
pub mod server;
