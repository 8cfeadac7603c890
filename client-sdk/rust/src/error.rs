//! What can go wrong, and what to do about it.

use rejoinder_core::replica::CommandError;
use rejoinder_core::session::client::Connection;
use rejoinder_core::wire::Problem;

use crate::store::StoreError;

/// Why a call was not carried out. Each says what to do; nothing was changed and nothing is lost.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What was asked for cannot be done with this conversation, message or role.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The store did not answer. The client goes on from what the store has as soon as it answers
    /// again.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The server's address is not one.
    #[error("'{address}' is not an address of a server: {problem}")]
    Address {
        /// What was given.
        address: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The server refuses this client. [`Client::go_online`](crate::Client::go_online) tries once
    /// more; other credentials need the client to be opened again.
    #[error("the server refuses: {0}")]
    Refused(Problem),
    /// The server was not reached in time. The client keeps trying.
    #[error("no contact with {server} yet{reason}; it goes on trying")]
    NoContact {
        /// Its address.
        server: String,
        /// What the last try met, after a colon.
        reason: String,
    },
    /// Not everything had been exchanged in time. The client keeps trying.
    #[error("not settled yet: {connection:?}, {waiting} operations wait, {words} words to come")]
    NotSettled {
        /// The state of the connection.
        connection: Connection,
        /// Operations without a fate.
        waiting: usize,
        /// Revisions that were asked for and have not come.
        words: usize,
    },
    /// Something would be lost by logging out.
    #[error("{operations} operations were not sent yet: connect first, or log out all the same")]
    Unsent {
        /// How many operations wait in the outbox, or for a decision.
        operations: usize,
    },
    /// It needs the server.
    #[error("there is no connection: go online first")]
    Offline,
    /// More conversations are in use than a connection may follow.
    #[error("too many conversations are open: drop the handles of some")]
    TooManyOpen,
    /// The server no longer trusts this device, or somebody logged out: everything was erased.
    #[error("this client was logged out and everything on it erased: open it again to log in")]
    Wiped,
    /// The client was closed.
    #[error("the client is closed: open it again")]
    Closed,
}
