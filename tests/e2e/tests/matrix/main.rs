//! Who may do what, and when: role, operation and state in one table each, asked of the real server
//! cell by cell.
#![expect(clippy::unwrap_used, reason = "it serves tests only")]

mod operations;
mod rest;
mod table;
