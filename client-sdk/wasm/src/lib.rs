//! Rejoinder's core for JavaScript.
//!
//! What is decided is decided in [`rejoinder_core`]; here is what it takes to run it in a browser
//! or in Node:
//! - [`rows`]: a client's store as rows of bytes and a keyring, for whatever keeps them;
//! - [`command`], [`show`]: what applications say and see, as plain data;
//! - [`engine`]: session, rows and the waits between connections in one value;
//! - [`bindings`]: the same as a class for JavaScript.

pub mod bindings;
pub mod command;
pub mod engine;
pub mod rows;
pub mod show;
