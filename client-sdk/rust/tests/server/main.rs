//! Clients and a real server, on loopback.

mod stage;
mod stories;
