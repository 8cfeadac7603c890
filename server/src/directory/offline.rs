//! How visitors who met nobody can be reached.

use rejoinder_core::id::{ConversationId, ParticipantId, TicketId};
use rejoinder_core::time::Timestamp;
use sha2::{Digest, Sha256};

use super::ticket::{self, SUBJECT_LONGEST, Ticket};
use super::{
    Directory, DirectoryError, DirectoryEvent, Email, TicketPriority, TicketStatus, event, name,
    visitor,
};

/// What a visitor who met nobody leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfflineInfo {
    /// What they are called, if they say so.
    pub name: Option<String>,
    /// How they are reached.
    pub email: Email,
}

impl Directory {
    /// Keeps how a visitor can be reached, and makes a ticket of it if there is a conversation that
    /// waits for that: one, however often it is asked for. What their site's own back end said of
    /// a verified visitor stays.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownVisitor`], [`DirectoryError::BadName`], and what the medium says.
    pub fn keep_offline_info(
        &self,
        whose: ParticipantId,
        info: &OfflineInfo,
        waits: Option<ConversationId>,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        self.write(|connection, _| {
            let there = visitor::find(connection, whose)?.filter(|it| it.erased_at.is_none());
            let mut there = there.ok_or(DirectoryError::UnknownVisitor(whose))?;
            let called = info.name.as_deref().map(name).transpose()?;
            if !there.verified {
                there.name = called.map(str::to_owned).or(there.name);
                there.email = Some(info.email.clone());
                visitor::keep(connection, &there)?;
                event::record(connection, &DirectoryEvent::VisitorChanged(whose))?;
            }
            let Some(conversation) = waits else { return Ok(()) };
            let id = ticket_of(conversation);
            if ticket::find(connection, id)?.is_none() {
                let subject = called.map_or_else(
                    || info.email.to_string(),
                    |called| format!("{called} <{}>", info.email),
                );
                ticket::keep(
                    connection,
                    &Ticket {
                        id,
                        site: there.site,
                        subject: subject.chars().take(SUBJECT_LONGEST).collect(),
                        description: String::new(),
                        priority: TicketPriority::default(),
                        status: TicketStatus::default(),
                        assignee: None,
                        conversation: Some(conversation),
                        created_by: None,
                        created_at: now,
                        updated_at: now,
                        version: 1,
                    },
                )?;
            }
            Ok(())
        })
    }
}

/// The one ticket that a conversation's form makes: a pure function of its id, so that a form that
/// is sent twice makes none twice.
fn ticket_of(conversation: ConversationId) -> TicketId {
    let hash = Sha256::new()
        .chain_update(b"rejoinder/offline-ticket/1")
        .chain_update(conversation.as_bytes())
        .finalize();
    let mut bytes: [u8; 16] = core::array::from_fn(|n| hash[n]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    TicketId::from_bytes(bytes)
}
