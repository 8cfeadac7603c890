//! The real server and honest clients on a network that is simulated: axum, the hub, SQLite and
//! tokio-tungstenite, on turmoil's hosts, with its clock.
//!
//! A run is rough first: messages are slow or never come, hosts are cut off and come back, the
//! server and clients end and start again. Then all is healed and must settle, and it is looked at
//! what everybody sees and what stands in files.
//!
//! ```text
//! SEED=17 cargo test -p rejoinder-storm -- replay --nocapture          one seed
//! SOAK_SECONDS=600 FROM=1000 cargo test -p rejoinder-storm -- many     as many as in ten minutes
//! ```
//!
//! The same seed is the same run: every frame to the byte and to the nanosecond, in this process or
//! another. The server runs on a machine that is simulated too, with one thread, a clock and dice
//! of the run's.

#[cfg(test)]
mod cast;
#[cfg(test)]
mod files;
#[cfg(test)]
mod look;
#[cfg(test)]
mod notes;
#[cfg(test)]
mod seeds;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod trace;
#[cfg(test)]
mod world;
