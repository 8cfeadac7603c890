//! The directory: sites, agents, visitors and their tokens.
//!
//! It lives in its own SQLite file, `directory.db`, and holds no words of any conversation.
//! Several processes may have it open at once: the command line works while a server runs, and the
//! server learns of it by [`Directory::poll_events`].
//!
//! Methods block, for microseconds when they read and for a disk's flush when they write, and
//! [`Directory::authenticate`] for tens of milliseconds when it compares a password: call them
//! where blocking is allowed. One [`Directory`] serves all threads. Its methods come in three
//! kinds: *getters*; *commands*, whose effect is durable when they return and which send out
//! [`DirectoryEvent`]s; and [`Directory::authenticate`] with [`Directory::standing`], which say who
//! somebody is.
//!
//! Whether the person behind a command may give it is not judged here: the caller does.

mod agent;
mod backup;
mod email;
mod event;
mod named;
mod origin;
mod password;
mod rate;
mod schema;
mod session;
mod site;
#[cfg(test)]
mod tests;
mod token;
mod visitor;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rejoinder_core::dice::Dice;
use rejoinder_core::id::{ParticipantId, SiteId};
use rejoinder_core::limits;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior};
use tokio::sync::broadcast;

pub use agent::{Agent, AgentChange, NewAgent};
pub use backup::{Present, RestoredDirectory, restore};
pub use email::{Email, EmailError};
pub use event::DirectoryEvent;
pub use named::{
    Action, Availability, LinkKind, Routing, SiteMode, TicketPriority, TicketStatus, TokenKind,
};
pub use origin::{Origin, OriginError};
pub use password::{PASSWORD_LONGEST, PASSWORD_SHORTEST, Password, PasswordError};
pub use session::{AuthError, Scope, Session};
pub use site::{NewSite, Site, SiteChange};
pub use token::TokenHash;
pub use visitor::Visitor;

use crate::entropy;
use crate::storage::StorageError;
use crate::storage::sqlite::folder as files;
use password::Passwords;
use rate::SlidingWindow;

/// The directory's file in the data folder.
pub const FILE: &str = "directory.db";

/// Characters of a person's or a site's name: what an inbox can show.
pub const NAME_LONGEST: usize = 100;

/// Events that wait for a slow receiver before it misses some.
const EVENTS: usize = 256;

const HOUR_MILLIS: i64 = 3_600_000;
const MINUTE_MILLIS: i64 = 60_000;

/// How often one address may try; see [`rejoinder_core::limits`] for the defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// New visitors in an hour. 1 at least.
    pub new_visitors_per_hour: u32,
    /// Log-ins by password in a minute, successful or not. 1 at least.
    pub passwords_per_minute: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            new_visitors_per_hour: limits::NEW_VISITORS_PER_HOUR,
            passwords_per_minute: limits::PASSWORDS_PER_MINUTE,
        }
    }
}

/// Sites, agents, visitors and tokens; see [the module](self).
pub struct Directory {
    path: PathBuf,
    state: Mutex<State>,
    passwords: Passwords,
    new_visitors: Mutex<SlidingWindow>,
    password_tries: Mutex<SlidingWindow>,
    events: broadcast::Sender<DirectoryEvent>,
}

struct State {
    connection: Connection,
    dice: Dice,
    /// The newest event that was sent out.
    published: i64,
}

/// Why the directory does not do it. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// No directory in this folder.
    #[error("there is no {FILE} in {}: run `rejoinder init` first", .0.display())]
    Missing(PathBuf),
    /// The folder or the file cannot be made or opened.
    #[error("{} cannot be opened: check that the folder exists and is writable", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A later version of this program wrote it.
    #[error("{FILE} has format {found}, this program reads up to {known}: use a newer program")]
    Newer {
        /// The format it has.
        found: u32,
        /// The newest format this program reads.
        known: u32,
    },
    /// There are agents already.
    #[error("there is a first owner already: add others with `rejoinder agent add`")]
    Begun,
    /// Another agent logs in with it.
    #[error("an agent with the e-mail address {0} exists already: choose another address")]
    EmailTaken(Email),
    /// A name that lists cannot show.
    #[error("the name is empty, too long or has control characters: use 1 to {NAME_LONGEST}")]
    BadName,
    /// No such agent.
    #[error("there is no agent {0}: `rejoinder agent list` shows all")]
    UnknownAgent(ParticipantId),
    /// No such site.
    #[error("there is no site {0}: `rejoinder site list` shows all")]
    UnknownSite(SiteId),
    /// No such visitor, or of different sites.
    #[error("there is no visitor {0} on this site")]
    UnknownVisitor(ParticipantId),
    /// Somebody must be left who may do everything.
    #[error("this is the last owner who can log in: make somebody else an owner first")]
    LastOwner,
    /// The medium failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<rusqlite::Error> for DirectoryError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Storage(schema::storage_error(error))
    }
}

impl Directory {
    /// Opens the directory of a data folder.
    ///
    /// # Errors
    /// [`DirectoryError::Missing`] when there is none, and what the medium says.
    pub fn open(folder: &Path, rates: Rates) -> Result<Self, DirectoryError> {
        let path = folder.join(FILE);
        if !path.is_file() {
            return Err(DirectoryError::Missing(folder.to_owned()));
        }
        let connection = schema::open(&path)?;
        let mut dice = entropy::dice();
        let passwords = Passwords::new(&mut dice)?;
        let published = event::newest(&connection)?;
        Ok(Self {
            path,
            state: Mutex::new(State { connection, dice, published }),
            passwords,
            new_visitors: Mutex::new(SlidingWindow::new(rates.new_visitors_per_hour, HOUR_MILLIS)),
            password_tries: Mutex::new(SlidingWindow::new(
                rates.passwords_per_minute,
                MINUTE_MILLIS,
            )),
            events: broadcast::Sender::new(EVENTS),
        })
    }

    /// Opens the directory of a data folder, and makes both when they are missing, readable by
    /// their owner alone.
    ///
    /// # Errors
    /// [`DirectoryError::Folder`] when they cannot be made, and what the medium says.
    pub fn create(folder: &Path, rates: Rates) -> Result<Self, DirectoryError> {
        let path = folder.join(FILE);
        let failed = |source| DirectoryError::Folder { path: path.clone(), source };
        files::make(folder).map_err(failed)?;
        // Before SQLite would make it readable by everybody.
        files::open_file(&path).map_err(failed)?;
        files::sync(folder).map_err(failed)?;
        Self::open(folder, rates)
    }

    /// What is wrong with the file: a line for each damage, none when it is sound.
    ///
    /// # Errors
    /// [`StorageError`] when it cannot be read at all.
    pub fn damages(&self) -> Result<Vec<String>, StorageError> {
        schema::damages(&self.lock().connection).map_err(schema::storage_error)
    }

    /// Where its file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in a transaction rolled it back: the state is as sound as before.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads in one transaction: everything as it was at one moment.
    fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, DirectoryError>,
    ) -> Result<T, DirectoryError> {
        let mut state = self.lock();
        let transaction = state.connection.transaction()?;
        read(&transaction)
    }

    /// Writes in one transaction, and sends the events out once it is durable.
    fn write<T>(
        &self,
        write: impl FnOnce(&Transaction<'_>, &mut Dice) -> Result<T, DirectoryError>,
    ) -> Result<T, DirectoryError> {
        let mut state = self.lock();
        let State { connection, dice, .. } = &mut *state;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let written = write(&transaction, dice)?;
        transaction.commit()?;
        // It is done: that the events cannot be read right now is put right by the next poll.
        if let Err(error) = self.publish(&mut state) {
            tracing::warn!(%error, "events of the directory wait for the next poll");
        }
        Ok(written)
    }
}

impl core::fmt::Debug for Directory {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Directory").field("path", &self.path).finish_non_exhaustive()
    }
}

/// A name as it is kept: trimmed, and something that one line of a list can show.
fn name(text: &str) -> Result<&str, DirectoryError> {
    let text = text.trim();
    let shown = !text.is_empty() && !text.contains(char::is_control);
    if shown && text.chars().count() <= NAME_LONGEST {
        Ok(text)
    } else {
        Err(DirectoryError::BadName)
    }
}

/// What a column says, or that it is damaged.
fn known<T>(value: Option<T>, what: &str) -> Result<T, DirectoryError> {
    value.ok_or_else(|| StorageError::Damaged(format!("{FILE}: {what} is none")).into())
}

fn participant(row: &Row<'_>, column: usize) -> rusqlite::Result<ParticipantId> {
    row.get(column).map(ParticipantId::from_bytes)
}

fn site_id(row: &Row<'_>, column: usize) -> rusqlite::Result<SiteId> {
    row.get(column).map(SiteId::from_bytes)
}
