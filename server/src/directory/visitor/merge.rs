//! An anonymous visitor who turns out to be a known one.

use rejoinder_core::id::ParticipantId;
use rusqlite::params;

use super::{Visitor, find, keep};
use crate::directory::{Directory, DirectoryError, DirectoryEvent, event, page};

impl Directory {
    /// An anonymous visitor turned out to be a known one: all of their ids and tokens are the
    /// known one's from now on, with where they were; what is known of the known one stays, and
    /// what only the anonymous one said is added. Whoever of the two was blocked stays so. Their
    /// live sessions go on as they were until they connect again.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownVisitor`] unless both are visitors of the same site, and not the
    /// same; and what the medium says.
    pub fn merge_visitor(
        &self,
        anonymous: ParticipantId,
        known: ParticipantId,
    ) -> Result<Visitor, DirectoryError> {
        self.write(|connection, _| {
            let expect = |visitor| {
                let there = find(connection, visitor)?.filter(|it| it.erased_at.is_none());
                there.ok_or(DirectoryError::UnknownVisitor(visitor))
            };
            let (from, into) = (expect(anonymous)?, expect(known)?);
            if anonymous == known || from.site != into.site {
                return Err(DirectoryError::UnknownVisitor(anonymous));
            }
            let both = params![anonymous.as_bytes(), known.as_bytes()];
            connection.execute("UPDATE former SET visitor = ?2 WHERE visitor = ?1", both)?;
            connection
                .execute("INSERT INTO former (participant, visitor) VALUES (?1, ?2)", both)?;
            connection.execute("UPDATE token SET visitor = ?2 WHERE visitor = ?1", both)?;
            connection.execute("UPDATE page SET visitor = ?2 WHERE visitor = ?1", both)?;
            page::forget(connection, known)?;
            connection
                .execute("DELETE FROM visitor WHERE participant = ?1", [anonymous.as_bytes()])?;
            let mut attributes = from.attributes;
            attributes.extend(into.attributes.clone());
            let merged = Visitor {
                name: into.name.clone().or(from.name),
                email: into.email.clone().or(from.email),
                attributes,
                blocked: from.blocked || into.blocked,
                ..into
            };
            keep(connection, &merged)?;
            for id in [anonymous, known] {
                event::record(connection, &DirectoryEvent::VisitorChanged(id))?;
            }
            expect(known)
        })
    }
}
