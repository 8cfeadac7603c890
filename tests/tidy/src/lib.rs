//! Tests that read the sources and refuse what no compiler refuses.
//!
//! - `rules`: every rule of `SPEC.md` is cited by a test, and every cited rule exists;
//! - `shape`: sizes, columns, whitespace, what must not be left behind;
//! - `borders`: what a part may not use, so that the invariants of `ARCHITECTURE.md` hold;
//! - `supplies`: licences, origins and hashes of what is not ours, without a network.
//!
//! Each test collects everything that is wrong and names file and line.

#[cfg(test)]
mod borders;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod shape;
#[cfg(test)]
mod source;
#[cfg(test)]
mod supplies;
