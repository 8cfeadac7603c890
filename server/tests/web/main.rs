//! What browsers are shown and told, by a server that listens.
#![expect(clippy::unwrap_used, reason = "these are tests")]

mod apps;
mod demo;
mod description;
mod origin;
mod rest;
mod stage;
