//! Erasing a visitor: nothing is kept that says who they were.
//!
//! Their words are elsewhere and take longer. Who is being erased stands here until all of them are
//! gone, so that a crash in between is no end of it.

use std::collections::BTreeSet;

use rejoinder_core::id::{ConversationId, Epoch, ParticipantId};
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, params};

use super::{Visitor, find, keep, participant, present};
use crate::directory::audit::{self, Deed};
use crate::directory::{
    Action, By, Directory, DirectoryError, DirectoryEvent, TokenHash, event, token,
};

/// A visitor whose words are being taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasing {
    /// Who.
    pub visitor: ParticipantId,
    /// All ids that they wrote under.
    pub ids: BTreeSet<ParticipantId>,
    /// Since when.
    pub since: Timestamp,
}

impl Directory {
    /// Erases what is known of a visitor, by their id or a former one, and ends their sessions.
    /// Their words are to be taken back by whoever asks for [`Self::erasing`]. Again changes
    /// nothing, and has their words looked for once more.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownVisitor`], and what the medium says.
    pub fn erase_visitor(
        &self,
        by: By,
        visitor: ParticipantId,
        now: Timestamp,
    ) -> Result<Visitor, DirectoryError> {
        let erased = self.write(|connection, _| {
            let id = present(connection, visitor)?;
            let before = find(connection, id)?.ok_or(DirectoryError::UnknownVisitor(visitor))?;
            if before.erased_at.is_none() {
                erase(connection, &before, now)?;
                let (site, subject) = (Some(before.site), id.to_string());
                let action = Action::VisitorErased;
                audit::record(
                    connection,
                    &Deed { by, at: now, action, site, subject, fields: &[] },
                )?;
                event::record(connection, &DirectoryEvent::VisitorChanged(id))?;
            }
            connection
                .prepare_cached("UPDATE visitor SET erasing = 1 WHERE participant = ?1")?
                .execute([id.as_bytes()])?;
            find(connection, id)?.ok_or(DirectoryError::UnknownVisitor(visitor))
        })?;
        self.truncate()?;
        Ok(erased)
    }

    /// Has the words of all erased visitors looked for once more, unless they were under this
    /// epoch: a backup of the conversations may have taken their place.
    ///
    /// # Errors
    /// What the medium says.
    pub fn erase_again(&self, epoch: Epoch) -> Result<(), DirectoryError> {
        self.write(|connection, _| {
            let is_new = connection
                .prepare_cached(
                    "INSERT INTO erased_under (one, epoch) VALUES (1, ?1)
                         ON CONFLICT DO UPDATE SET epoch = ?1 WHERE epoch <> ?1",
                )?
                .execute([epoch.as_bytes()])?;
            if is_new == 0 {
                return Ok(());
            }
            connection
                .prepare_cached(
                    // What was said on deleted sites is looked for by itself.
                    "UPDATE visitor SET erasing = 1 WHERE erased_at IS NOT NULL
                         AND site NOT IN (SELECT id FROM site WHERE deleted_at IS NOT NULL)",
                )?
                .execute([])?;
            Ok(())
        })
    }

    /// Visitors whose words are to be taken back.
    ///
    /// # Errors
    /// What the medium says.
    pub fn erasing(&self) -> Result<Vec<Erasing>, DirectoryError> {
        self.read(|connection| {
            let all: Vec<ParticipantId> = connection
                .prepare_cached("SELECT participant FROM visitor WHERE erasing")?
                .query_map([], |row| participant(row, 0))?
                .collect::<Result<_, _>>()?;
            let mut erasing = Vec::new();
            for id in all {
                let Some(visitor) = find(connection, id)? else { continue };
                let ids = visitor.former.into_iter().chain([id]).collect();
                let since = visitor.erased_at.unwrap_or_default();
                erasing.push(Erasing { visitor: id, ids, since });
            }
            Ok(erasing)
        })
    }

    /// All words of a visitor are taken back.
    ///
    /// # Errors
    /// What the medium says.
    pub fn erased(&self, visitor: ParticipantId) -> Result<(), DirectoryError> {
        self.write(|connection, _| {
            connection
                .prepare_cached("UPDATE visitor SET erasing = 0 WHERE participant = ?1")?
                .execute([visitor.as_bytes()])?;
            Ok(())
        })
    }

    /// Empties subject and description of the tickets that came of these conversations: they may
    /// tell who it was. What is to be done, by whom, stays.
    ///
    /// # Errors
    /// What the medium says.
    pub fn empty_tickets(&self, of: &[ConversationId]) -> Result<(), DirectoryError> {
        let emptied = self.write(|connection, _| {
            let mut emptied = 0;
            for conversation in of {
                emptied += connection
                    .prepare_cached(
                        "UPDATE ticket SET subject = '', description = '', version = version + 1
                         WHERE conversation = ?1 AND (subject <> '' OR description <> '')",
                    )?
                    .execute([conversation.as_bytes()])?;
            }
            Ok(emptied)
        })?;
        if emptied > 0 {
            self.truncate()?;
        }
        Ok(())
    }
}

/// Forgets who somebody was, and ends their sessions.
pub(in crate::directory) fn erase(
    connection: &Connection,
    before: &Visitor,
    now: Timestamp,
) -> Result<(), DirectoryError> {
    let id = before.participant;
    let nobody = Visitor {
        name: None,
        email: None,
        attributes: std::collections::BTreeMap::new(),
        verified: false,
        ..before.clone()
    };
    keep(connection, &nobody)?;
    connection
        .prepare_cached("UPDATE visitor SET erased_at = ?2 WHERE participant = ?1")?
        .execute(params![id.as_bytes(), now.as_millis()])?;
    connection.prepare_cached("DELETE FROM page WHERE visitor = ?1")?.execute([id.as_bytes()])?;
    // Their devices must still be told to wipe, so the rows stay.
    let tokens: Vec<TokenHash> = connection
        .prepare_cached("SELECT hash FROM token WHERE visitor = ?1 AND NOT revoked")?
        .query_map([id.as_bytes()], |row| row.get(0).map(TokenHash::from_bytes))?
        .collect::<Result<_, _>>()?;
    tokens.into_iter().try_for_each(|one| token::revoke(connection, one).map(drop))
}
