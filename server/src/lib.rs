//! Rejoinder's server: the deciding copy of every conversation.

pub mod storage;
