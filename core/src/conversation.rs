//! A conversation: two flat documents, the operations that change them, the words beside them.

pub mod compose;
pub mod history;
pub mod layout;
pub mod mention;
pub mod operation;
pub mod revision;
pub mod view;
