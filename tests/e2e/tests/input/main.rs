//! What no honest client sends, and what no server is glad of: each is answered with what was
//! wrong, and loses nothing.

mod connection;
mod desk;
mod operations;
mod storage;
