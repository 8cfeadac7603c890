//! Who an agent is, and whether they take conversations.

use rejoinder_core::id::ParticipantId;
use rejoinder_core::principal::AgentRole;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ApiError;
use super::people::SiteName;
use super::schema::{Id, RoleName};
use crate::directory::Availability;

/// The agent who asks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    #[schema(value_type = Id)]
    id: ParticipantId,
    name: String,
    email: String,
    #[schema(value_type = RoleName)]
    role: AgentRole,
    /// The sites that they may see.
    sites: Vec<SiteName>,
    /// As they set it.
    availability: Availability,
    /// Whether they are given conversations: they set themselves online, and are connected.
    available: bool,
    /// Active conversations at once; null: as many as each site says.
    chat_limit: Option<u32>,
}

/// Whether one takes conversations.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AvailabilityInput {
    availability: Availability,
}

/// The agent who asks.
#[utoipa::path(get, path = "/v1/me", tag = "me", responses((status = 200, body = Me), ApiError))]
pub(crate) async fn me() -> ApiError {
    ApiError::Coming
}

/// Sets whether one takes conversations.
#[utoipa::path(put, path = "/v1/me/availability", tag = "me", request_body = AvailabilityInput,
    responses((status = 200, body = Me), ApiError))]
pub(crate) async fn put_availability() -> ApiError {
    ApiError::Coming
}
