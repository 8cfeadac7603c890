//! Sessions, and the tokens of programs.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use rejoinder_core::id::ParticipantId;
use rejoinder_core::principal::AgentRole;
use rejoinder_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Asked, Caller, Named};
use super::schema::{Id, Moment};
use super::{ApiError, agents, asked, fault};
use crate::directory::{ListedToken, TokenKind, TokenName};
use crate::router::Served;

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
    /// What its client calls itself: its `User-Agent`. Null: it never connected, or does not say.
    client: Option<String>,
    /// When its device was last heard from, to within ten minutes. Null: never.
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
pub(crate) async fn tokens(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Asked(WhoseTokens { agent }): Asked<WhoseTokens>,
) -> Result<Json<Tokens>, ApiError> {
    if agent != Some(caller.me) {
        caller.at_least(AgentRole::Admin)?;
    }
    let found = asked(served.hub.directory(), move |d| d.tokens(agent)).await?;
    Ok(Json(Tokens { tokens: shown(&served, &caller, found).await? }))
}

/// Whose sessions.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhoseSessions {
    /// An agent's; left out: one's own. Those of others: admins and above.
    #[param(value_type = Option<Id>)]
    agent: Option<ParticipantId>,
}

/// Ends all sessions but the one that asks: their devices erase what they have. Tokens of programs
/// stay. One's own, or as an admin or above those of an agent of at most one's own role.
#[utoipa::path(delete, path = "/v1/tokens", tag = "tokens", params(WhoseSessions),
    responses((status = 204), ApiError))]
pub(crate) async fn revoke_sessions(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Asked(WhoseSessions { agent }): Asked<WhoseSessions>,
) -> Result<StatusCode, ApiError> {
    let agent = agent.unwrap_or(caller.me);
    if agent != caller.me {
        agents::found(&served, &caller, agent).await?;
    }
    let (by, but) = (caller.by(), Some(caller.token));
    let ended = asked(served.hub.directory(), move |d| d.revoke_sessions(by, agent, but, d.now()));
    ended.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Revokes a token: its device erases what it has. Again is no error. One's own, or as an admin or
/// above those of agents of at most one's own role.
#[utoipa::path(delete, path = "/v1/tokens/{id}", tag = "tokens", params(("id" = String, Path)),
    responses((status = 204), ApiError))]
pub(crate) async fn revoke_token(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Named(name): Named<TokenName>,
) -> Result<StatusCode, ApiError> {
    let directory = served.hub.directory();
    let found = asked(directory, move |d| d.token_named(name)).await?;
    let (token, agent) = found.ok_or(ApiError::NotFound)?;
    if agent != caller.me {
        agents::found(&served, &caller, agent).await.map_err(|error| match error {
            // To who does not look after others, their tokens are not there.
            ApiError::NotAllowed if caller.role < AgentRole::Admin => ApiError::NotFound,
            other => other,
        })?;
    }
    let by = caller.by();
    asked(directory, move |d| d.revoke_token(by, token, d.now())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// With when each device was heard from.
async fn shown(
    served: &Served,
    caller: &Caller,
    tokens: Vec<ListedToken>,
) -> Result<Vec<Token>, ApiError> {
    let storage = Arc::clone(served.hub.storage());
    let all = served.hub.registry().all();
    let current = caller.token;
    let shown = served.hub.blocking(move || {
        tokens
            .into_iter()
            .map(|token| {
                let device = token.device.map(|device| storage.device(device)).transpose()?;
                let heard_at = device.flatten().map(|device| device.heard_at);
                Ok(Token {
                    id: TokenName::of(token.hash).to_string(),
                    agent: token.agent,
                    kind: token.kind(),
                    created_at: token.created_at,
                    client: token.client,
                    heard_at: heard_at.max(token.connected_at),
                    connected: all.iter().any(|connected| connected.token == token.hash),
                    current: token.hash == current,
                })
            })
            .collect()
    });
    shown.await.map_err(|error| fault(&error))
}
