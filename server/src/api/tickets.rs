//! Tickets: what is to be done after a conversation, or without one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rejoinder_core::authority::follow_up;
use rejoinder_core::id::{ConversationId, ParticipantId, SiteId, TicketId};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Asked, Caller, Named, Sent, page_size, place, set};
use super::schema::{Id, Moment};
use super::{ApiError, asked, fault};
use crate::directory::{self, DirectoryError, TicketPriority, TicketStatus};
use crate::hub::{Rights, may_see};
use crate::router::Served;

/// Something to be done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ticket {
    #[schema(value_type = Id)]
    id: TicketId,
    #[schema(value_type = Id)]
    site: SiteId,
    subject: String,
    description: String,
    priority: TicketPriority,
    status: TicketStatus,
    #[schema(value_type = Option<Id>)]
    assignee: Option<ParticipantId>,
    /// The conversation that it came of.
    #[schema(value_type = Option<Id>)]
    conversation: Option<ConversationId>,
    /// Where that conversation went on after it was closed, if it did.
    #[schema(value_type = Option<Id>)]
    follow_up: Option<ConversationId>,
    /// Null: the form of a visitor who met nobody.
    #[schema(value_type = Option<Id>)]
    created_by: Option<ParticipantId>,
    #[schema(value_type = Moment)]
    created_at: Timestamp,
    #[schema(value_type = Moment)]
    updated_at: Timestamp,
    /// Rises with every change.
    version: u32,
}

/// A page of tickets, last changed first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tickets {
    tickets: Vec<Ticket>,
    /// The cursor of the next page; null: this is the last.
    next: Option<String>,
}

/// A ticket to add. A repeat with the same id and content is answered with the ticket as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTicket {
    #[schema(value_type = Id)]
    site: SiteId,
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    subject: String,
    /// At most 10,000 characters.
    #[serde(default)]
    #[schema(max_length = 10000)]
    description: String,
    #[serde(default)]
    priority: TicketPriority,
    #[schema(value_type = Option<Id>)]
    assignee: Option<ParticipantId>,
    /// One of the site's, which the agent may see.
    #[schema(value_type = Option<Id>)]
    conversation: Option<ConversationId>,
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TicketChange {
    /// The version that is changed: if there is another by now, nothing is.
    version: Option<u32>,
    #[schema(min_length = 1, max_length = 200)]
    subject: Option<String>,
    #[schema(max_length = 10000)]
    description: Option<String>,
    priority: Option<TicketPriority>,
    status: Option<TicketStatus>,
    /// Null: nobody.
    #[serde(default, deserialize_with = "set")]
    #[schema(value_type = Option<Id>)]
    assignee: Option<Option<ParticipantId>>,
}

/// Which tickets.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichTickets {
    #[param(value_type = Option<Id>)]
    site: Option<SiteId>,
    status: Option<TicketStatus>,
    priority: Option<TicketPriority>,
    /// An agent's id; `none`: nobody's.
    assignee: Option<String>,
    #[param(value_type = Option<Id>)]
    conversation: Option<ConversationId>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// 1 to 100, by default 50.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Tickets of the sites that an agent works on; a support agent's own, unassigned and made ones.
#[utoipa::path(get, path = "/v1/tickets", tag = "tickets", params(WhichTickets),
    responses((status = 200, body = Tickets), ApiError))]
pub(crate) async fn tickets(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Asked(which): Asked<WhichTickets>,
) -> Result<Json<Tickets>, ApiError> {
    let assignee = match which.assignee.as_deref() {
        None => None,
        Some("none") => Some(None),
        Some(agent) => Some(Some(agent.parse().map_err(|_| ApiError::Invalid {
            field: "assignee",
            message: "use an agent's id, or none",
        })?)),
    };
    let which = directory::WhichTickets {
        only_of: (caller.role == AgentRole::SupportAgent).then_some(caller.me),
        scope: caller.scope,
        site: which.site,
        status: which.status,
        priority: which.priority,
        assignee,
        conversation: which.conversation,
        after: place(which.cursor.as_deref())?,
        at_most: page_size(which.limit)?,
    };
    let page = asked(served.hub.directory(), move |d| d.tickets(&which)).await?;
    let next = page.next.map(|place| place.to_string());
    Ok(Json(Tickets { tickets: shown(&served, page.items).await?, next }))
}

/// A ticket.
#[utoipa::path(get, path = "/v1/tickets/{id}", tag = "tickets", params(("id" = Id, Path)),
    responses((status = 200, body = Ticket), ApiError))]
pub(crate) async fn ticket(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Named(id): Named<TicketId>,
) -> Result<Json<Ticket>, ApiError> {
    let ticket = found(&served, &caller, id).await?;
    shown_one(&served, ticket).await
}

/// Adds a ticket.
#[utoipa::path(put, path = "/v1/tickets/{id}", tag = "tickets", params(("id" = Id, Path)),
    request_body = NewTicket, responses((status = 200, body = Ticket), ApiError))]
pub(crate) async fn put_ticket(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Named(id): Named<TicketId>,
    Sent(new): Sent<NewTicket>,
) -> Result<Json<Ticket>, ApiError> {
    caller.works_on(new.site)?;
    if let Some(conversation) = new.conversation {
        let visitor = visitor_of(&served, &caller, new.site, conversation).await?;
        let visitor = visitor.ok_or(ApiError::Invalid {
            field: "conversation",
            message: "there is no such conversation on this site that you may see",
        })?;
        // Written before, perhaps, and come later.
        let known = asked(served.hub.directory(), move |d| d.visitor(visitor)).await?;
        if known.is_some_and(|visitor| visitor.erased_at.is_some()) {
            return Err(DirectoryError::Erased.into());
        }
    }
    let now = served.hub.now();
    let new = directory::Ticket {
        id,
        site: new.site,
        subject: new.subject,
        description: new.description,
        priority: new.priority,
        status: TicketStatus::Open,
        assignee: new.assignee,
        conversation: new.conversation,
        created_by: Some(caller.me),
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let put = asked(served.hub.directory(), move |d| d.put_ticket(new)).await.map_err(described)?;
    shown_one(&served, put).await
}

/// Changes a ticket.
#[utoipa::path(patch, path = "/v1/tickets/{id}", tag = "tickets", params(("id" = Id, Path)),
    request_body = TicketChange, responses((status = 200, body = Ticket), ApiError))]
pub(crate) async fn change_ticket(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Named(id): Named<TicketId>,
    Sent(change): Sent<TicketChange>,
) -> Result<Json<Ticket>, ApiError> {
    found(&served, &caller, id).await?;
    let change = directory::TicketChange {
        version: change.version,
        subject: change.subject,
        description: change.description,
        priority: change.priority,
        status: change.status,
        assignee: change.assignee,
    };
    let changed = asked(served.hub.directory(), move |d| d.change_ticket(id, change, d.now()));
    shown_one(&served, changed.await.map_err(described)?).await
}

/// A ticket's text is its description.
fn described(error: ApiError) -> ApiError {
    match error {
        ApiError::Invalid { field: "text", .. } => {
            let message = "it is longer than 10,000 characters";
            ApiError::Invalid { field: "description", message }
        }
        other => other,
    }
}

impl Caller {
    /// A support agent works on what is theirs, what they made, and what nobody has.
    fn works_at(&self, ticket: &directory::Ticket) -> Result<(), ApiError> {
        self.works_on(ticket.site)?;
        let own = ticket.assignee.is_none_or(|agent| agent == self.me)
            || ticket.created_by == Some(self.me);
        if own || self.role > AgentRole::SupportAgent { Ok(()) } else { Err(ApiError::NotFound) }
    }
}

/// A ticket that the caller works at.
async fn found(
    served: &Served,
    caller: &Caller,
    id: TicketId,
) -> Result<directory::Ticket, ApiError> {
    let found = asked(served.hub.directory(), move |d| d.ticket(id)).await?;
    let ticket = found.ok_or(ApiError::NotFound)?;
    caller.works_at(&ticket)?;
    Ok(ticket)
}

/// The visitor of a conversation, if it is one of the site's that the caller may see.
async fn visitor_of(
    served: &Served,
    caller: &Caller,
    site: SiteId,
    conversation: ConversationId,
) -> Result<Option<ParticipantId>, ApiError> {
    let storage = Arc::clone(served.hub.storage());
    let found = served.hub.blocking(move || storage.feed_entry(conversation)).await;
    let found = found.map_err(|error| fault(&error))?.filter(|entry| {
        let rights = Rights::of(entry);
        entry.header.site == site && may_see(&caller.principal, &caller.scope, &rights)
    });
    Ok(found.map(|entry| entry.header.visitor))
}

/// Tickets as they are shown, with the follow-ups of their conversations.
async fn shown(served: &Served, tickets: Vec<directory::Ticket>) -> Result<Vec<Ticket>, ApiError> {
    let storage = Arc::clone(served.hub.storage());
    let shown = served.hub.blocking(move || {
        tickets
            .into_iter()
            .map(|ticket| {
                let next = ticket.conversation.map(follow_up);
                let entry = next.map(|next| storage.feed_entry(next)).transpose()?.flatten();
                Ok(show(ticket, entry.map(|entry| entry.header.conversation)))
            })
            .collect()
    });
    shown.await.map_err(|error| fault(&error))
}

async fn shown_one(served: &Served, ticket: directory::Ticket) -> Result<Json<Ticket>, ApiError> {
    let shown = shown(served, vec![ticket]).await?;
    shown.into_iter().next().map(Json).ok_or(ApiError::NotFound)
}

fn show(ticket: directory::Ticket, follow_up: Option<ConversationId>) -> Ticket {
    Ticket {
        id: ticket.id,
        site: ticket.site,
        subject: ticket.subject,
        description: ticket.description,
        priority: ticket.priority,
        status: ticket.status,
        assignee: ticket.assignee,
        conversation: ticket.conversation,
        follow_up,
        created_by: ticket.created_by,
        created_at: ticket.created_at,
        updated_at: ticket.updated_at,
        version: ticket.version,
    }
}
