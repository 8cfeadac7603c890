//! REST, under `/api/v1`: JSON, bearer tokens in `Authorization`, and one envelope for errors.
//!
//! A handler extracts, authorises, acts, and answers. No cookie exists, so a page of any origin may
//! ask: what it can show depends on the token that it has.

pub(crate) mod agents;
pub(crate) mod attachments;
pub(crate) mod audit;
pub(crate) mod canned;
pub(crate) mod categories;
pub mod demo;
pub mod document;
mod error;
pub(crate) mod factor;
pub(crate) mod former;
pub mod history;
mod input;
pub(crate) mod links;
pub(crate) mod live;
pub(crate) mod me;
pub mod notifications;
pub(crate) mod offline;
pub(crate) mod page;
pub mod people;
pub(crate) mod reports;
pub mod routing;
pub mod schema;
pub mod search;
pub mod site;
pub(crate) mod sites;
pub(crate) mod tickets;
pub(crate) mod tokens;
pub mod unread;
pub(crate) mod visitors;

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

pub use error::ApiError;
use error::fault;
pub(crate) use error::{unknown, wrong_method};

use crate::directory::{Directory, DirectoryError, Session, TokenHash};
use crate::router::Served;
use crate::storage::StorageError;

/// Bytes of a token that are looked at: a hundred times what one has.
const TOKEN_BYTES: usize = 4 * 1024;

/// Who asks, by the token in `Authorization`.
///
/// # Errors
/// 401 without a token that is valid, 503 when the directory does not answer.
async fn bearer(directory: &Arc<Directory>, headers: &HeaderMap) -> Result<Session, ApiError> {
    let token = token(headers).ok_or(ApiError::NoToken)?;
    let hash = TokenHash::of(token);
    Ok(asked(directory, move |directory| Ok(directory.standing(hash))).await??)
}

/// The same, of an agent.
///
/// # Errors
/// Those of [`bearer`], and 403 for a visitor.
async fn agent(served: &Served, headers: &HeaderMap) -> Result<Session, ApiError> {
    let session = bearer(served.hub.directory(), headers).await?;
    if session.principal.role.agent().is_none() {
        return Err(ApiError::AgentsOnly);
    }
    Ok(session)
}

/// The token in `Authorization`, whether anybody has it or not, as it is counted by.
pub(crate) fn token_hash(headers: &HeaderMap) -> Option<TokenHash> {
    token(headers).map(TokenHash::of)
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(one), None) = (all.next(), all.next()) else { return None };
    let (scheme, token) = one.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    let plausible = !token.is_empty() && token.len() <= TOKEN_BYTES;
    (scheme.eq_ignore_ascii_case("bearer") && plausible).then_some(token)
}

/// Asks the directory where blocking is allowed.
async fn asked<T: Send + 'static>(
    directory: &Arc<Directory>,
    ask: impl FnOnce(&Directory) -> Result<T, DirectoryError> + Send + 'static,
) -> Result<T, ApiError> {
    let directory = Arc::clone(directory);
    let machine = directory.machine().clone();
    match machine.does(move || ask(&directory)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(fault(&StorageError::Failed("the server is shutting down".to_owned()))),
    }
}

/// What is answered depends on who asks, and on when.
pub(crate) async fn never_kept(mut response: Response) -> Response {
    let never = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, never);
    response
}
