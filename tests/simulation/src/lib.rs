//! A simulation of conversations: simulated clients, a simulated server and a network between them,
//! all stepped by hand from one seed. No process, no thread, no clock: a seed that fails once fails
//! always.
//!
//! A run is rough first. People write, edit, take back and close; connections break at any byte;
//! clients and the server die before, in and after a commit; clocks are wrong by hours; the server
//! is restored from a backup. Then everything is healed and must settle, and the oracles look at
//! what there is: see `oracle`.
//!
//! ```text
//! SEED=17 cargo test -p rejoinder-simulation -- replay --nocapture     one seed, with its events
//! SEED=19 LASTING=1 cargo test …                     one that was run so, or with RETURNING=1
//! SEEDS=100000 cargo test -p rejoinder-simulation -- many              more of them
//! SOAK_SECONDS=600 FROM=1000 cargo test …                              as many as in ten minutes
//! SEED=17 BUG=LoseNews cargo test …                                    one with a planted bug
//! ```
//!
//! That the oracles would find what they are there for is shown by bugs of the server that are
//! planted on purpose: see `plant` and `mutants`.

#[cfg(test)]
mod client;
#[cfg(test)]
mod diary;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod mark;
#[cfg(test)]
mod mutants;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod plan;
#[cfg(test)]
mod plant;
#[cfg(test)]
mod returning;
#[cfg(test)]
mod roll;
#[cfg(test)]
mod script;
#[cfg(test)]
mod seeds;
#[cfg(test)]
mod server;
#[cfg(test)]
mod tap;
#[cfg(test)]
mod telling;
#[cfg(test)]
mod world;
