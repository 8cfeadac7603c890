//! Sessions, and the tokens of programs.

use rejoinder_core::id::ParticipantId;
use rejoinder_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ApiError;
use super::schema::{Id, Moment};
use crate::directory::TokenKind;

/// A token that is not revoked: what it is called, never what it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Token {
    /// 32 hexadecimal digits.
    id: String,
    #[schema(value_type = Id)]
    agent: ParticipantId,
    kind: TokenKind,
    #[schema(value_type = Moment)]
    created_at: Timestamp,
    /// When its device was last heard from, where it keeps what it receives.
    #[schema(value_type = Option<Moment>)]
    heard_at: Option<Timestamp>,
    /// Whether it is connected now.
    connected: bool,
    /// Whether it is the one that asks.
    current: bool,
}

/// Newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tokens {
    tokens: Vec<Token>,
}

/// Whose tokens.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhoseTokens {
    /// An agent's; left out: everybody's. Those of others: admins and above.
    #[param(value_type = Option<Id>)]
    agent: Option<ParticipantId>,
}

/// Sessions and tokens of programs. One's own, or as an admin or above all.
#[utoipa::path(get, path = "/v1/tokens", tag = "tokens", params(WhoseTokens),
    responses((status = 200, body = Tokens), ApiError))]
pub(crate) async fn tokens() -> ApiError {
    ApiError::Coming
}

/// Revokes a token: its device erases what it has. Again is no error. One's own, or as an admin or
/// above those of agents of at most one's own role.
#[utoipa::path(delete, path = "/v1/tokens/{id}", tag = "tokens", params(("id" = String, Path)),
    responses((status = 204), ApiError))]
pub(crate) async fn revoke_token() -> ApiError {
    ApiError::Coming
}
