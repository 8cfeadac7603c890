//! Stories of sessions on both sides of a connection, named by the rule of `SPEC.md` they show.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod server;
mod store;
mod world;

mod crossing;
mod erasing;
mod feed;
mod lines;
mod offers;
mod outbox;
mod pulling;
mod turns;
mod views;
