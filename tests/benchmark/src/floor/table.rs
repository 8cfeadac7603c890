//! The table, and the thread that writes it.

use std::path::Path;
use std::sync::mpsc::Receiver;

use rejoinder_server::clock;
use rusqlite::{Connection, params};
use tokio::sync::{broadcast, mpsc};

use super::{Hears, Message, NewMessage};
use crate::failure::Failure;

/// What waits for the writer, and where its answer goes.
pub(super) enum Job {
    Write(Vec<NewMessage>, mpsc::UnboundedSender<String>),
    TakeBack(u64),
}

/// Writes in a commit, before others wait for the next.
const JOBS: usize = 512;

pub(super) fn open(folder: &Path) -> Result<Connection, Failure> {
    let connection = Connection::open(folder.join("chat.db"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, \
         author TEXT NOT NULL, text TEXT NOT NULL)",
    )?;
    Ok(connection)
}

pub(super) fn all(connection: &Connection) -> Result<String, Failure> {
    let messages = connection
        .prepare_cached("SELECT id, at, author, text FROM message ORDER BY id")?
        .query_map([], |row| {
            let id: i64 = row.get(0)?;
            let (at, author, text) = (row.get(1)?, row.get(2)?, row.get(3)?);
            Ok(Message { id: id.unsigned_abs(), at, author, text })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(serde_json::to_string(&Hears::Messages(messages))?)
}

/// Writes what waits, commits once, and tells everybody; until nobody can ask any more.
pub(super) fn write(
    connection: &Connection,
    jobs: &Receiver<Job>,
    everybody: &broadcast::Sender<String>,
) -> Result<(), Failure> {
    while let Ok(first) = jobs.recv() {
        let (mut messages, mut kept, mut gone) = (Vec::new(), Vec::new(), Vec::new());
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let waiting = core::iter::once(first).chain(jobs.try_iter()).take(JOBS);
        for job in waiting {
            match job {
                Job::Write(new, author) => {
                    kept.push((author, new.len()));
                    for message in new {
                        messages.push(insert(connection, message)?);
                    }
                }
                Job::TakeBack(id) => {
                    connection
                        .prepare_cached("DELETE FROM message WHERE id = ?1")?
                        .execute([id.cast_signed()])?;
                    gone.push(id);
                }
            }
        }
        connection.execute_batch("COMMIT")?;
        let tell = |hears| -> Result<(), Failure> {
            // Nobody may be there.
            let _nobody = everybody.send(serde_json::to_string(&hears)?);
            Ok(())
        };
        if !messages.is_empty() {
            tell(Hears::Messages(messages))?;
        }
        for id in gone {
            tell(Hears::TakenBack(id))?;
        }
        for (author, many) in kept {
            let _gone = author.send(serde_json::to_string(&Hears::Kept(many))?);
        }
    }
    Ok(())
}

fn insert(connection: &Connection, new: NewMessage) -> Result<Message, Failure> {
    let (NewMessage { author, text }, at) = (new, clock::now().as_millis());
    connection
        .prepare_cached("INSERT INTO message (at, author, text) VALUES (?1, ?2, ?3)")?
        .execute(params![at, author, text])?;
    let id = connection.last_insert_rowid().unsigned_abs();
    Ok(Message { id, at, author, text })
}
