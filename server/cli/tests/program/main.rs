//! Stories of the real program, run on folders of its own.

mod filling;
mod folder;
mod keeping;
mod people;
