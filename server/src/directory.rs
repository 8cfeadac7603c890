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
mod audit;
mod backup;
mod canned;
mod category;
mod color;
mod email;
mod event;
mod factor;
mod filter;
mod link;
mod named;
mod offline;
mod origin;
mod page;
mod password;
mod prechat;
mod rate;
mod schema;
mod session;
mod site;
#[cfg(test)]
mod tests;
mod ticket;
mod token;
mod visitor;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use rejoinder_core::dice::Dice;
use rejoinder_core::id::{ParticipantId, SiteId};
use rejoinder_core::limits;
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior};
use tokio::sync::broadcast;

pub use agent::{Agent, AgentChange, NewAgent};
pub use audit::{AuditEntry, By};
pub use backup::{Present, RestoredDirectory, restore};
pub use canned::{CannedResponse, SHORTCUT_LONGEST, Whose};
pub use category::Category;
pub use color::{Color, NoColor};
pub use email::{Email, EmailError};
pub use event::DirectoryEvent;
pub use factor::{Enrolment, FactorError, SecondFactor};
pub use filter::{NoPlace, Page, Place};
pub use link::{Link, LinkFor};
pub use named::{
    Action, Availability, LinkKind, OfflineMode, PrechatKind, Routing, SiteMode, TicketPriority,
    TicketStatus, TokenKind,
};
pub use offline::OfflineInfo;
pub use origin::{Origin, OriginError};
pub use page::{PAGES, VisitedPage};
pub use password::{PASSWORD_LONGEST, PASSWORD_SHORTEST, Password, PasswordError};
pub use prechat::{Answers, PrechatField};
pub use session::{AuthError, Scope, Session};
pub use site::{NewSite, Site, SiteChange};
pub use ticket::{SUBJECT_LONGEST, Ticket, TicketChange, WhichTickets};
pub use token::{CONNECTED_MILLIS, ListedToken, NoTokenName, TokenHash, TokenName};
pub use visitor::{Erasing, Visitor, VisitorChange, WhichVisitors};

use crate::machine::Machine;
use crate::storage::StorageError;
use crate::storage::sqlite::folder as files;
use password::Passwords;
use rate::{SlidingWindow, Source};

/// The directory's file in the data folder.
pub const FILE: &str = "directory.db";

/// Characters of a person's or a site's name: what an inbox can show.
pub const NAME_LONGEST: usize = 100;

/// The largest number of active conversations at once that may be set.
pub const CHAT_LIMIT: u32 = 100;

/// Events that wait for a slow receiver before it misses some.
const EVENTS: usize = 256;

const HOUR_MILLIS: i64 = 3_600_000;
const MINUTE_MILLIS: i64 = 60_000;

/// Codes of a second factor that one agent may try in [`CODE_MILLIS`]: who knows the password and
/// guesses at six digits would need years.
const CODE_TRIES: u32 = 10;
const CODE_MILLIS: i64 = 15 * MINUTE_MILLIS;

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
    new_visitors: Mutex<SlidingWindow<Source>>,
    password_tries: Mutex<SlidingWindow<Source>>,
    code_tries: Mutex<SlidingWindow<ParticipantId>>,
    told: Mutex<SlidingWindow<ParticipantId>>,
    /// Visitors of whom nothing is taken, as the file says.
    blocked: RwLock<BTreeSet<ParticipantId>>,
    events: broadcast::Sender<DirectoryEvent>,
    machine: Machine,
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
    /// Nothing is kept of the visitor any more.
    #[error("this visitor was erased: nothing is kept of them any more")]
    Erased,
    /// An answer that was not asked for, is missing, or is not as it may be.
    #[error("an answer is missing, or is not as it was asked for")]
    BadAnswer,
    /// What was typed to confirm is not the site's name.
    #[error("this is not the name of the site: type it as it stands there")]
    OtherName,
    /// The id stands for something else.
    #[error("this id was used before for something else: make a new one")]
    IdTaken,
    /// Another one of the site is called so.
    #[error("there is another one of this name on the site: choose another name")]
    NameTaken,
    /// Another one of the same site or agent has it.
    #[error("another canned response has this shortcut: choose another")]
    ShortcutTaken,
    /// A shortcut that could not be typed.
    #[error("a shortcut has 1 to {SHORTCUT_LONGEST} letters, digits, - and _")]
    BadShortcut,
    /// A text that is empty where it may not be, or too long.
    #[error("the text is empty, or longer than {} characters", limits::TEXT_CHARACTERS)]
    BadText,
    /// A subject that a list could not show.
    #[error("the subject has 1 to {SUBJECT_LONGEST} characters, in one line")]
    BadSubject,
    /// A page that is not of the web, or whose address is too long.
    #[error("the address is not one of http or https, or too long")]
    BadUrl,
    /// A setting that is out of its bounds: the field that holds it.
    #[error("{0} is out of its bounds")]
    BadSetting(&'static str),
    /// Somebody else has changed it since it was read.
    #[error("it was changed meanwhile: look at what it is now, and change that")]
    ChangedMeanwhile,
    /// No such ticket.
    #[error("there is no such ticket")]
    UnknownTicket,
    /// A link that nobody has, or that is worth nothing any more.
    #[error("the link is not valid any more: ask for another")]
    UnknownLink,
    /// The agent may do nothing.
    #[error("the agent is disabled: enable them first")]
    Disabled,
    /// The agent does not answer on the site.
    #[error("agent {0} does not answer on this site: assign them to it first")]
    NotOnSite(ParticipantId),
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
        Self::open_on(Machine::default(), folder, rates)
    }

    /// The same, on another machine.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_on(machine: Machine, folder: &Path, rates: Rates) -> Result<Self, DirectoryError> {
        let path = folder.join(FILE);
        if !path.is_file() {
            return Err(DirectoryError::Missing(folder.to_owned()));
        }
        let connection = schema::open(&path)?;
        let mut dice = machine.dice();
        let passwords = Passwords::new(&mut dice)?;
        let published = event::newest(&connection)?;
        let blocked = visitor::blocked(&connection)?;
        Ok(Self {
            path,
            state: Mutex::new(State { connection, dice, published }),
            passwords,
            new_visitors: Mutex::new(SlidingWindow::new(rates.new_visitors_per_hour, HOUR_MILLIS)),
            password_tries: Mutex::new(SlidingWindow::new(
                rates.passwords_per_minute,
                MINUTE_MILLIS,
            )),
            code_tries: Mutex::new(SlidingWindow::new(CODE_TRIES, CODE_MILLIS)),
            told: Mutex::new(SlidingWindow::new(limits::TOLD_PER_MINUTE, MINUTE_MILLIS)),
            blocked: RwLock::new(blocked),
            events: broadcast::Sender::new(EVENTS),
            machine,
        })
    }

    /// Opens the directory of a data folder, and makes both when they are missing, readable by
    /// their owner alone.
    ///
    /// # Errors
    /// [`DirectoryError::Folder`] when they cannot be made, and what the medium says.
    pub fn create(folder: &Path, rates: Rates) -> Result<Self, DirectoryError> {
        Self::create_on(Machine::default(), folder, rates)
    }

    /// The same, on another machine.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_on(
        machine: Machine,
        folder: &Path,
        rates: Rates,
    ) -> Result<Self, DirectoryError> {
        let path = folder.join(FILE);
        let failed = |source| DirectoryError::Folder { path: path.clone(), source };
        files::make(folder).map_err(failed)?;
        // Before SQLite would make it readable by everybody.
        files::open_file(&path).map_err(failed)?;
        files::sync(folder).map_err(failed)?;
        Self::open_on(machine, folder, rates)
    }

    /// What it runs on.
    #[must_use]
    pub const fn machine(&self) -> &Machine {
        &self.machine
    }

    /// This moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.machine.now()
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

    /// Empties the write-ahead log, which holds what was there before. Another process that reads
    /// right now puts that off until the next time.
    fn truncate(&self) -> Result<(), DirectoryError> {
        self.lock().connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
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
