//! One's own second factor, and taking it off somebody who has lost theirs.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use rejoinder_core::id::ParticipantId;
use rejoinder_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::Conflict;
use super::input::{Caller, Named, Peer, Sent};
use super::schema::{Id, Moment};
use super::{ApiError, agents, asked, fault};
use crate::directory::{Directory, FactorError};
use crate::router::Served;
use crate::storage::StorageError;

/// How one's second factor stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SecondFactor {
    /// Since when a code is asked for at log-in; null: none is.
    #[schema(value_type = Option<Moment>)]
    since: Option<Timestamp>,
    /// Recovery codes that were not used yet.
    recovery_codes: u32,
}

/// A secret to be put into an authenticator. It is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct Enrolment {
    /// In base 32, to be typed.
    secret: String,
    /// As a link, to be shown as a QR code.
    uri: String,
}

/// Codes to be kept for the day when the authenticator is lost. They are shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    /// Each is taken once, in the place of the authenticator's.
    recovery_codes: Vec<String>,
}

/// Proof that it is oneself.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnPassword {
    password: String,
}

/// What the authenticator shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnCode {
    /// Six digits.
    code: String,
}

/// How one's second factor stands.
#[utoipa::path(get, path = "/v1/me/second-factor", tag = "me",
    responses((status = 200, body = SecondFactor), ApiError))]
pub(crate) async fn second_factor(
    State(served): State<Arc<Served>>,
    caller: Caller,
) -> Result<Json<SecondFactor>, ApiError> {
    let found = asked(served.hub.directory(), move |d| d.second_factor(caller.me)).await?;
    Ok(Json(SecondFactor { since: found.since, recovery_codes: found.recovery_codes }))
}

/// Makes a secret, which counts once a code has confirmed it. Beginning anew makes another.
#[utoipa::path(post, path = "/v1/me/second-factor", tag = "me", request_body = OwnPassword,
    responses((status = 200, body = Enrolment), ApiError))]
pub(crate) async fn begin(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Peer(address): Peer,
    Sent(OwnPassword { password }): Sent<OwnPassword>,
) -> Result<Json<Enrolment>, ApiError> {
    let begun =
        tried(&served, move |d| d.begin_second_factor(caller.me, &password, address, d.now()));
    let begun = begun.await?;
    Ok(Json(Enrolment { secret: begun.secret, uri: begun.uri }))
}

/// From now on a code is asked for at log-in, if this is one of the secret that was begun.
#[utoipa::path(post, path = "/v1/me/second-factor/confirm", tag = "me", request_body = OwnCode,
    responses((status = 200, body = RecoveryCodes), ApiError))]
pub(crate) async fn confirm(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Sent(OwnCode { code }): Sent<OwnCode>,
) -> Result<Json<RecoveryCodes>, ApiError> {
    let confirmed =
        tried(&served, move |d| d.confirm_second_factor(caller.me, &code, d.now())).await?;
    Ok(Json(RecoveryCodes { recovery_codes: confirmed }))
}

/// Removes one's second factor, and its recovery codes. Again is no error.
#[utoipa::path(post, path = "/v1/me/second-factor/remove", tag = "me", request_body = OwnPassword,
    responses((status = 204), ApiError))]
pub(crate) async fn remove(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Peer(address): Peer,
    Sent(OwnPassword { password }): Sent<OwnPassword>,
) -> Result<StatusCode, ApiError> {
    let removed =
        tried(&served, move |d| d.remove_second_factor(caller.me, &password, address, d.now()));
    removed.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the second factor off an agent who has lost it, of at most one's own role: again is no
/// error. Admins and above.
#[utoipa::path(delete, path = "/v1/agents/{id}/second-factor", tag = "agents",
    params(("id" = Id, Path)), responses((status = 204), ApiError))]
pub(crate) async fn take_off(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Named(id): Named<ParticipantId>,
) -> Result<StatusCode, ApiError> {
    agents::found(&served, &caller, id).await?;
    if id == caller.me {
        return Err(ApiError::Conflict(Conflict::OwnFactor));
    }
    let by = caller.by();
    asked(served.hub.directory(), move |d| d.take_off_second_factor(by, id, d.now())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks the directory where blocking is allowed.
async fn tried<T: Send + 'static>(
    served: &Served,
    ask: impl FnOnce(&Directory) -> Result<T, FactorError> + Send + 'static,
) -> Result<T, ApiError> {
    let directory = Arc::clone(served.hub.directory());
    match served.hub.machine().does(move || ask(&directory)).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(fault(&StorageError::Failed("the server is shutting down".to_owned()))),
    }
}

impl From<FactorError> for ApiError {
    fn from(error: FactorError) -> Self {
        let invalid = |field, message| Self::Invalid { field, message };
        match error {
            FactorError::Password => invalid("password", "this is not your password: try again"),
            FactorError::Code => invalid(
                "code",
                "this is not the code that is shown now, or it was used: wait for the next one",
            ),
            FactorError::On => Self::Conflict(Conflict::SecondFactorOn),
            FactorError::NotBegun => Self::Conflict(Conflict::NotBegun),
            FactorError::TooMany { after_millis } => {
                Self::TooMany { after_seconds: after_millis.div_ceil(1_000) }
            }
            FactorError::Directory(error) => error.into(),
        }
    }
}
