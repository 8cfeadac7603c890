//! What people do with each other, over real sockets and files.
#![expect(clippy::unwrap_used, reason = "it serves tests only")]

mod aging;
mod described;
mod devices;
mod directory;
mod erasure;
mod following;
mod former;
mod history;
mod lasting;
mod mentions;
mod reports;
mod restored;
mod routing;
mod secrets;
mod talk;
