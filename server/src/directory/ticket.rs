//! Tickets: what is to be done after a conversation, or without one.

use rejoinder_core::id::{ConversationId, ParticipantId, SiteId, TicketId};
use rejoinder_core::limits;
use rejoinder_core::time::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, named_params, params_from_iter};

use super::filter::{Filter, blob, one_more};
use super::{
    Directory, DirectoryError, Page, Place, Scope, TicketPriority, TicketStatus, agent, known,
    site, site_id,
};

/// Characters of a ticket's subject: what a row of a list can show.
pub const SUBJECT_LONGEST: usize = 200;

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Which.
    pub id: TicketId,
    /// On which site; never changes.
    pub site: SiteId,
    /// 1 to [`SUBJECT_LONGEST`] characters.
    pub subject: String,
    /// At most [`limits::TEXT_CHARACTERS`] characters.
    pub description: String,
    /// How urgent it is.
    pub priority: TicketPriority,
    /// What is to be done with it.
    pub status: TicketStatus,
    /// An agent who answers on the site.
    pub assignee: Option<ParticipantId>,
    /// The conversation it came of; never changes.
    pub conversation: Option<ConversationId>,
    /// Who made it; nobody where a visitor's form has.
    pub created_by: Option<ParticipantId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it became so.
    pub updated_at: Timestamp,
    /// Rises with every change; 1 at first.
    pub version: u32,
}

/// What of a ticket is to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "each is the field of the same name of a ticket")]
pub struct TicketChange {
    /// The version that is changed, where that matters.
    pub version: Option<u32>,
    pub subject: Option<String>,
    pub description: Option<String>,
    pub priority: Option<TicketPriority>,
    pub status: Option<TicketStatus>,
    pub assignee: Option<Option<ParticipantId>>,
}

/// Which tickets.
#[derive(Clone, Debug)]
pub struct WhichTickets {
    /// Of which sites.
    pub scope: Scope,
    /// Only those that this agent has or made, and those that nobody has.
    pub only_of: Option<ParticipantId>,
    /// Of this site.
    pub site: Option<SiteId>,
    /// In this state.
    pub status: Option<TicketStatus>,
    /// So urgent.
    pub priority: Option<TicketPriority>,
    /// Of this agent; of nobody.
    pub assignee: Option<Option<ParticipantId>>,
    /// Come of this conversation.
    pub conversation: Option<ConversationId>,
    /// After this place.
    pub after: Option<Place>,
    /// So many.
    pub at_most: usize,
}

const COLUMNS: &str = "id, site, subject, description, priority, status, assignee, conversation,
    created_by, created_at, updated_at, version";

impl Directory {
    /// A ticket.
    ///
    /// # Errors
    /// What the medium says.
    pub fn ticket(&self, id: TicketId) -> Result<Option<Ticket>, DirectoryError> {
        self.read(|connection| find(connection, id))
    }

    /// A page of tickets, last changed first.
    ///
    /// # Errors
    /// What the medium says.
    pub fn tickets(&self, which: &WhichTickets) -> Result<Page<Ticket>, DirectoryError> {
        let mut filter = Filter::new();
        filter.sites(&which.scope);
        filter.site(which.site);
        if let Some(agent) = which.only_of {
            let me = || blob(agent.as_bytes());
            filter.and("(assignee IS NULL OR assignee = ? OR created_by = ?)", [me(), me()]);
        }
        let named = |name: &str| Value::from(name.to_owned());
        if let Some(status) = which.status {
            filter.and("status = ?", [named(status.name())]);
        }
        if let Some(priority) = which.priority {
            filter.and("priority = ?", [named(priority.name())]);
        }
        match which.assignee {
            Some(Some(agent)) => filter.and("assignee = ?", [blob(agent.as_bytes())]),
            Some(None) => filter.and("assignee IS NULL", []),
            None => {}
        }
        if let Some(conversation) = which.conversation {
            filter.and("conversation = ?", [blob(conversation.as_bytes())]);
        }
        if let Some(place) = which.after {
            filter.and("(updated_at, id) < (?, ?)", place.values());
        }
        let (condition, mut values) = filter.parts();
        values.push(one_more(which.at_most));
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM ticket WHERE {condition}
                 ORDER BY updated_at DESC, id DESC LIMIT ?"
            ))?;
            let mut rows = statement.query(params_from_iter(values))?;
            let mut items = Vec::new();
            while let Some(row) = rows.next()? {
                items.push(read(row)?);
            }
            let place = |ticket: &Ticket| Place::new(ticket.updated_at, *ticket.id.as_bytes());
            Ok(Page::of(items, which.at_most, place))
        })
    }

    /// Adds a ticket. One that its maker added before under this id is answered as it is.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownSite`], [`DirectoryError::BadSubject`],
    /// [`DirectoryError::BadText`], [`DirectoryError::NotOnSite`], [`DirectoryError::IdTaken`], and
    /// what the medium says.
    pub fn put_ticket(&self, mut new: Ticket) -> Result<Ticket, DirectoryError> {
        new.subject = new.subject.trim().to_owned();
        self.write(|connection, _| {
            if let Some(known) = find(connection, new.id)? {
                let same = (known.site, known.created_by) == (new.site, new.created_by);
                return if same { Ok(known) } else { Err(DirectoryError::IdTaken) };
            }
            site::find(connection, new.site)?.ok_or(DirectoryError::UnknownSite(new.site))?;
            expect_an_answerer(connection, &new)?;
            check_subject(&new.subject)?;
            check_description(&new.description)?;
            keep(connection, &new)?;
            Ok(new)
        })
    }

    /// Changes a ticket, and answers with what it is now.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownTicket`], [`DirectoryError::ChangedMeanwhile`],
    /// [`DirectoryError::BadSubject`], [`DirectoryError::BadText`],
    /// [`DirectoryError::NotOnSite`], and what the medium says.
    pub fn change_ticket(
        &self,
        id: TicketId,
        change: TicketChange,
        now: Timestamp,
    ) -> Result<Ticket, DirectoryError> {
        self.write(|connection, _| {
            let before = find(connection, id)?.ok_or(DirectoryError::UnknownTicket)?;
            if change.version.is_some_and(|version| version != before.version) {
                return Err(DirectoryError::ChangedMeanwhile);
            }
            let mut after = Ticket {
                subject: match &change.subject {
                    Some(subject) => subject.trim().to_owned(),
                    None => before.subject.clone(),
                },
                description: change.description.unwrap_or_else(|| before.description.clone()),
                priority: change.priority.unwrap_or(before.priority),
                status: change.status.unwrap_or(before.status),
                assignee: change.assignee.unwrap_or(before.assignee),
                ..before.clone()
            };
            if after == before {
                return Ok(before);
            }
            if after.assignee != before.assignee {
                expect_an_answerer(connection, &after)?;
            }
            // An erased visitor's ticket has neither, and is worked on all the same.
            if after.subject != before.subject {
                check_subject(&after.subject)?;
            }
            if after.description != before.description {
                check_description(&after.description)?;
            }
            after.version += 1;
            after.updated_at = now;
            keep(connection, &after)?;
            Ok(after)
        })
    }
}

/// Asked when it is given to somebody: who had it before may have left since.
fn expect_an_answerer(connection: &Connection, ticket: &Ticket) -> Result<(), DirectoryError> {
    let Some(assignee) = ticket.assignee else { return Ok(()) };
    let there = agent::find(connection, assignee)?;
    if there.is_some_and(|agent| !agent.disabled && agent.answers_on(ticket.site)) {
        Ok(())
    } else {
        Err(DirectoryError::NotOnSite(assignee))
    }
}

fn check_subject(subject: &str) -> Result<(), DirectoryError> {
    let length = subject.chars().count();
    if (1..=SUBJECT_LONGEST).contains(&length) && !subject.contains(char::is_control) {
        Ok(())
    } else {
        Err(DirectoryError::BadSubject)
    }
}

fn check_description(description: &str) -> Result<(), DirectoryError> {
    if description.chars().count() > limits::TEXT_CHARACTERS {
        return Err(DirectoryError::BadText);
    }
    Ok(())
}

pub(super) fn keep(connection: &Connection, ticket: &Ticket) -> Result<(), DirectoryError> {
    connection
        .prepare_cached(
            "INSERT INTO ticket VALUES (:id, :site, :subject, :description, :priority, :status,
                 :assignee, :conversation, :created_by, :created_at, :updated_at, :version)
             ON CONFLICT (id) DO UPDATE SET subject = :subject, description = :description,
                 priority = :priority, status = :status, assignee = :assignee,
                 updated_at = :updated_at, version = :version",
        )?
        .execute(named_params! {
            ":id": ticket.id.as_bytes(),
            ":site": ticket.site.as_bytes(),
            ":subject": ticket.subject,
            ":description": ticket.description,
            ":priority": ticket.priority.name(),
            ":status": ticket.status.name(),
            ":assignee": ticket.assignee.as_ref().map(ParticipantId::as_bytes),
            ":conversation": ticket.conversation.as_ref().map(ConversationId::as_bytes),
            ":created_by": ticket.created_by.as_ref().map(ParticipantId::as_bytes),
            ":created_at": ticket.created_at.as_millis(),
            ":updated_at": ticket.updated_at.as_millis(),
            ":version": ticket.version,
        })?;
    Ok(())
}

pub(super) fn find(
    connection: &Connection,
    id: TicketId,
) -> Result<Option<Ticket>, DirectoryError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM ticket WHERE id = ?1"))?;
    let mut rows = statement.query([id.as_bytes()])?;
    rows.next()?.map(read).transpose()
}

fn read(row: &Row<'_>) -> Result<Ticket, DirectoryError> {
    let text = |column: usize| -> Result<String, DirectoryError> { Ok(row.get(column)?) };
    let id = |column: usize| -> Result<Option<[u8; 16]>, DirectoryError> { Ok(row.get(column)?) };
    Ok(Ticket {
        id: row.get(0).map(TicketId::from_bytes)?,
        site: site_id(row, 1)?,
        subject: text(2)?,
        description: text(3)?,
        priority: known(TicketPriority::from_name(&text(4)?), "a ticket's priority")?,
        status: known(TicketStatus::from_name(&text(5)?), "a ticket's status")?,
        assignee: id(6)?.map(ParticipantId::from_bytes),
        conversation: id(7)?.map(ConversationId::from_bytes),
        created_by: id(8)?.map(ParticipantId::from_bytes),
        created_at: Timestamp::from_millis(row.get(9)?),
        updated_at: Timestamp::from_millis(row.get(10)?),
        version: row.get(11)?,
    })
}
