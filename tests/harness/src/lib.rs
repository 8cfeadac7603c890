//! A cast for stories that are played for real: a server with files and sockets, and people whose
//! clients have stores of their own.
//!
//! ```no_run
//! # async fn story() {
//! use rejoinder_harness::World;
//! let world = World::start().await;
//! let (vera, ann) = (world.visitor("vera").await, world.agent("ann").await);
//! let chat = vera.begins("Is it in stock?").await;
//! ann.sees(chat, &["Is it in stock?"]).await;
//! let answer = ann.says(chat, "It is.").await;
//! ann.recalls(chat, answer).await;
//! vera.sees(chat, &["Is it in stock?", "(recalled)"]).await;
//! # }
//! ```
//!
//! - [`World`]: the server, its folder, its directory, and everybody who was brought to it;
//! - [`Person`]: one device of somebody, with what they do and what they see;
//! - [`Rest`]: what the server answers to a person's token over REST;
//! - [`Raw`] and [`Forger`]: frames by hand, for what no honest client sends;
//! - [`Light`] and [`Crowd`]: clients that cost little, in a number;
//! - [`Program`]: the server as a process of its own, to be killed;
//! - [`search`]: every file of everybody, byte by byte.
//!
//! Whatever waits gives up after [`PATIENCE`] and says for what. A world that is dropped without a
//! failure asserts that everybody ended and that nothing is left of the server.
#![expect(clippy::unwrap_used, reason = "it serves tests only")]

mod crowd;
mod forge;
mod light;
mod local;
mod memory;
mod person;
mod program;
mod raw;
mod rest;
pub mod search;
mod wait;
mod world;

pub use crowd::{Crowd, Talker};
pub use forge::{Forger, Letter};
pub use light::{Clock, Heard, Light, Passing, Witness};
pub use local::{ALLOWED, Local, RATES};
pub use memory::{memory, memory_of};
pub use person::Person;
pub use program::{Ended, Program};
pub use raw::Raw;
pub use rest::Rest;
pub use wait::{PATIENCE, eventually};
pub use world::{PASSWORD, World};

pub use rejoinder_client as client;
pub use rejoinder_core as core;
pub use rejoinder_server as server;
