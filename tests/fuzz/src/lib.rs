//! Hostile frames, made from honest ones by a seed, and the whole way in: bytes, frames, session,
//! authority, composing, storage, and what is read again from the disk.
//!
//! - [`Way`]: the server's side without sockets and tasks, so that a run is the same for the same
//!   seed;
//! - [`Crowd`]: honest people whose frames are tampered with;
//! - [`mutate`]: the tampering, field by field and byte by byte, over real connections too;
//! - [`Run`]: many frames from one seed, with what is asserted after each.
#![expect(clippy::unwrap_used, reason = "it serves tests only")]

pub mod cpu;
mod crowd;
pub mod mutate;
mod roll;
mod run;
mod tally;
mod way;

pub use crowd::{Crowd, Member};
pub use mutate::Pool;
pub use roll::Roll;
pub use run::{Gauge, Run};
pub use tally::Tally;
pub use way::{Answer, Line, Way};
