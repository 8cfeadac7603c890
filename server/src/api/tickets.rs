//! Tickets: what is to be done after a conversation, or without one.

use rejoinder_core::id::{ConversationId, ParticipantId, SiteId, TicketId};
use rejoinder_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ApiError;
use super::input::set;
use super::schema::{Id, Moment};
use crate::directory::{TicketPriority, TicketStatus};

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
    #[schema(value_type = Id)]
    created_by: ParticipantId,
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
pub(crate) async fn tickets() -> ApiError {
    ApiError::Coming
}

/// A ticket.
#[utoipa::path(get, path = "/v1/tickets/{id}", tag = "tickets", params(("id" = Id, Path)),
    responses((status = 200, body = Ticket), ApiError))]
pub(crate) async fn ticket() -> ApiError {
    ApiError::Coming
}

/// Adds a ticket.
#[utoipa::path(put, path = "/v1/tickets/{id}", tag = "tickets", params(("id" = Id, Path)),
    request_body = NewTicket, responses((status = 200, body = Ticket), ApiError))]
pub(crate) async fn put_ticket() -> ApiError {
    ApiError::Coming
}

/// Changes a ticket.
#[utoipa::path(patch, path = "/v1/tickets/{id}", tag = "tickets", params(("id" = Id, Path)),
    request_body = TicketChange, responses((status = 200, body = Ticket), ApiError))]
pub(crate) async fn change_ticket() -> ApiError {
    ApiError::Coming
}
