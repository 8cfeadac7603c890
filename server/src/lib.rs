//! Rejoinder's server: the deciding copy of every conversation.

pub mod api;
pub mod attachments;
pub mod clock;
pub mod config;
pub mod directory;
pub mod entropy;
pub mod export;
pub mod hub;
mod lingering;
pub mod load;
pub mod machine;
pub mod report;
pub mod router;
pub mod routing;
pub mod search;
pub mod server;
mod snapshot;
pub mod storage;
pub mod sweep;
pub mod sync;
pub mod telemetry;
pub mod throttle;
pub mod traces;
pub mod transcript;
pub mod web;
