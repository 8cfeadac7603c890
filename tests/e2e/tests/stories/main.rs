//! What people do with each other, over real sockets and files.

mod devices;
mod erasure;
mod following;
mod secrets;
mod talk;
