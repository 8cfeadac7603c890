//! REST, under `/api/v1`: JSON, bearer tokens in `Authorization`, and one envelope for errors.
//!
//! A handler extracts, authorises, acts, and answers. No cookie exists, so a page of any origin may
//! ask: what it can show depends on the token that it has.

#[expect(dead_code, reason = "described before it comes")]
pub(crate) mod agents;
#[expect(dead_code, reason = "described before it comes")]
pub(crate) mod audit;
#[expect(dead_code, reason = "described before it comes")]
pub(crate) mod canned;
#[expect(dead_code, reason = "described before it comes")]
pub(crate) mod categories;
pub mod demo;
pub mod document;
mod error;
#[expect(dead_code, reason = "described before it comes")]
mod input;
#[expect(dead_code, reason = "described before it comes")]
pub(crate) mod links;
#[expect(dead_code, reason = "described before it comes")]
pub(crate) mod me;
#[expect(dead_code, reason = "described before it comes")]
pub(crate) mod page;
pub mod people;
pub mod schema;
pub mod site;
pub(crate) mod sites;
#[expect(dead_code, reason = "described before it comes")]
pub(crate) mod tickets;
#[expect(dead_code, reason = "described before it comes")]
pub(crate) mod tokens;
pub mod unread;
#[expect(dead_code, reason = "described before it comes")]
pub(crate) mod visitors;

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

pub use error::ApiError;
use error::fault;
pub(crate) use error::{unknown, wrong_method};

use crate::directory::{AuthError, Directory, DirectoryError, Session, TokenHash};
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
    match asked(directory, move |directory| Ok(directory.standing(hash))).await? {
        Ok(session) => Ok(session),
        Err(AuthError::Wipe) => Err(ApiError::RevokedToken),
        Err(AuthError::Directory(error)) => Err(fault(&error)),
        Err(AuthError::Invalid | AuthError::UnknownSite | AuthError::TooMany { .. }) => {
            Err(ApiError::InvalidToken)
        }
    }
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
    match tokio::task::spawn_blocking(move || ask(&directory)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(fault(&error)),
        Err(_) => Err(fault(&StorageError::Failed("the server is shutting down".to_owned()))),
    }
}

/// What is answered depends on who asks, and on when.
pub(crate) async fn never_kept(mut response: Response) -> Response {
    let never = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, never);
    response
}
