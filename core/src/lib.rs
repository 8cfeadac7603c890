//! The heart of Rejoinder.
#![cfg_attr(not(test), warn(clippy::expect_used))]

pub mod authority;
pub mod commitment;
pub mod conversation;
pub mod dice;
pub mod id;
pub mod keyring;
pub mod limits;
pub mod principal;
pub mod replica;
pub mod sealing;
pub mod session;
pub mod time;
pub mod wire;
