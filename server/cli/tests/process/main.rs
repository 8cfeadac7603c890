//! The server as a process of its own: killed, asked to end, put back from a backup.
#![expect(clippy::unwrap_used, reason = "it serves tests only")]

mod backup;
mod command;
mod demo;
mod disks;
mod ends;
mod erasure;
mod image;
mod kills;
mod notes;
#[cfg(target_os = "linux")]
mod power;
mod private;
