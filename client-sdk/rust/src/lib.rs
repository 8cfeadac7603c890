//! A client for Rejoinder.

mod client;
mod connection;
mod conversation;
mod engine;
mod error;
mod event;
mod options;
pub mod store;

pub use client::{Client, Unsent};
pub use conversation::{Composer, Conversation, Following, Pending, Sent};
pub use error::Error;
pub use event::{Changes, Event, Events};
pub use options::{ClientOptions, Clock, Network, Place};
pub use store::memory::MemoryStore;
pub use store::sqlite::SqliteStore;
pub use store::{Store, StoreError};

pub use rejoinder_core as core;
pub use rejoinder_core::authority::fate::Refusal;
pub use rejoinder_core::conversation::layout::{Kind, Notice, Priority, Status};
pub use rejoinder_core::conversation::operation::Operation;
pub use rejoinder_core::conversation::revision::{Attachment, Body};
pub use rejoinder_core::conversation::view::{
    AgentView, Delivery, MessageView, Source, TimelineView, Words,
};
pub use rejoinder_core::id;
pub use rejoinder_core::principal::{AgentRole, Principal, Role};
pub use rejoinder_core::replica::CommandError;
pub use rejoinder_core::session::client::Connection;
pub use rejoinder_core::time::Timestamp;
pub use rejoinder_core::wire::{Credential, FeedRow, Keeping, Problem, Progress, Signal};
