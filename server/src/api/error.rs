//! The one envelope: `{"error": {"code", "message"}}`.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was not carried out. The code is for programs, the message for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// Nothing stands there.
    Unknown,
    /// Something does, but is asked for otherwise.
    WrongMethod,
    /// No site has this id.
    UnknownSite,
    /// `Authorization` holds no bearer token.
    NoToken,
    /// Nobody has this token.
    InvalidToken,
    /// Somebody had it.
    RevokedToken,
    /// The token is that of an agent, and what was asked for is a visitor's.
    VisitorsOnly,
    /// What was sent is not what is expected there.
    Malformed,
    /// A word of the demo's search that is too short to mean anything, or too long to be one.
    BadWord,
    /// Not there yet.
    Coming,
    /// The disk is full or fails.
    Storage,
}

/// What went wrong at the server itself: the log says more than strangers are told.
pub(super) fn fault(error: &dyn std::error::Error) -> ApiError {
    tracing::warn!(%error, "a request was not answered");
    ApiError::Storage
}

impl ApiError {
    const fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Unknown => (
                StatusCode::NOT_FOUND,
                "unknown",
                "there is nothing at this address: compare it with the documentation",
            ),
            Self::WrongMethod => (
                StatusCode::METHOD_NOT_ALLOWED,
                "wrong_method",
                "this address is asked with another method: the header Allow names it",
            ),
            Self::UnknownSite => (
                StatusCode::NOT_FOUND,
                "unknown_site",
                "there is no such site: compare its id with `rejoinder site list`",
            ),
            Self::NoToken => (
                StatusCode::UNAUTHORIZED,
                "no_token",
                "a token is expected in the header Authorization, as in `Bearer TOKEN`",
            ),
            Self::InvalidToken => {
                (StatusCode::UNAUTHORIZED, "invalid_token", "the token is not valid: log in again")
            }
            Self::RevokedToken => (
                StatusCode::UNAUTHORIZED,
                "revoked_token",
                "the token is revoked: erase what it gave access to, and log in again",
            ),
            Self::VisitorsOnly => {
                (StatusCode::FORBIDDEN, "visitors_only", "this is for visitors: use their token")
            }
            Self::Malformed => (
                StatusCode::BAD_REQUEST,
                "malformed",
                "what was sent is not what is expected here: compare it with the documentation",
            ),
            Self::BadWord => (
                StatusCode::BAD_REQUEST,
                "bad_word",
                "choose 5 to 200 characters: a shorter word stands in sealed ones by chance",
            ),
            Self::Coming => (
                StatusCode::NOT_IMPLEMENTED,
                "coming",
                "this server cannot do it yet: use a newer one",
            ),
            Self::Storage => (
                StatusCode::SERVICE_UNAVAILABLE,
                "storage",
                "the server cannot read what it keeps: try again in a moment",
            ),
        }
    }
}

/// What every request is answered with that was not carried out.
#[derive(Serialize, ToSchema)]
pub(crate) struct Failure {
    error: Reason,
}

/// Why it was not.
#[derive(Serialize, ToSchema)]
struct Reason {
    /// For programs.
    code: &'static str,
    /// For people: what was wrong, and what to do.
    message: &'static str,
    /// Which field was wrong, where one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, code, message) = self.parts();
        let mut response = (status, Json(Failure { error: Reason { code, message, field: None } }))
            .into_response();
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}

/// For what stands nowhere.
pub(crate) async fn unknown() -> ApiError {
    ApiError::Unknown
}

/// For what is asked otherwise.
pub(crate) async fn wrong_method() -> ApiError {
    ApiError::WrongMethod
}
