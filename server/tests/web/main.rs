//! What browsers are shown and told, by a server that listens.
#![expect(clippy::unwrap_used, reason = "these are tests")]

mod administration;
mod apps;
mod audit;
mod bad_input;
mod demo;
mod description;
mod factor;
mod links;
mod origin;
mod reports;
mod rest;
mod stage;
mod tickets;
mod visitors;
mod work;
