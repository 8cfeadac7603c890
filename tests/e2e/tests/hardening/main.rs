//! Floods, slow connections, failing disks and attackers, beside honest people.
#![expect(clippy::unwrap_used, reason = "it serves tests only")]

mod connections;
mod floods;
mod visitor;
