//! What the core does, told rule by rule: each test is named by the rule of `SPEC.md` it shows.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod chat;

mod closing;
mod crowd;
mod dependencies;
mod documents;
mod fates;
mod handing_over;
mod lasting;
mod messages;
mod roles;
mod routing;
mod windows;
mod words;
