//! A client for Rejoinder.

pub mod store;
