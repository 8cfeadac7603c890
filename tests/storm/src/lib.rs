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
//! What happens to the network and what people do follows from the seed. What the server does does
//! not altogether: its storage has threads of its own, whose answers come when they come, and its
//! tokens, ids and times are the machine's. So a seed shows the same trouble again, and need not
//! fail again.

#[cfg(test)]
mod cast;
#[cfg(test)]
mod look;
#[cfg(test)]
mod seeds;
#[cfg(test)]
mod world;
