//! What handlers extract: who asks, and what they send.

use core::fmt::Display;
use core::str::FromStr;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use rejoinder_core::id::{ParticipantId, SiteId};
use rejoinder_core::principal::{AgentRole, Principal};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error};

use super::schema::Id;
use super::{ApiError, bearer};
use crate::directory::{By, Place, Scope, TokenHash};
use crate::router::Served;

/// Items of a page, unless another number is asked for, and at most.
const PAGE: u32 = 50;
const PAGE_LONGEST: u32 = 100;

/// The agent who asks.
pub(crate) struct Caller {
    pub(super) principal: Principal,
    pub(super) me: ParticipantId,
    pub(super) role: AgentRole,
    pub(super) scope: Scope,
    pub(super) token: TokenHash,
}

impl Caller {
    /// As the audit log names them.
    pub(super) const fn by(&self) -> By {
        By::Agent(self.me)
    }

    /// Their role is this one or a wider one.
    pub(super) fn at_least(&self, role: AgentRole) -> Result<(), ApiError> {
        if self.role >= role { Ok(()) } else { Err(ApiError::NotAllowed) }
    }

    /// What is on a site where they do not work is not there.
    pub(super) fn works_on(&self, site: SiteId) -> Result<(), ApiError> {
        if self.sees(site) { Ok(()) } else { Err(ApiError::NotFound) }
    }

    pub(super) fn sees(&self, site: SiteId) -> bool {
        match &self.scope {
            Scope::All => true,
            Scope::Sites(sites) => sites.contains(&site),
            Scope::Visitor { .. } => false,
        }
    }
}

impl FromRequestParts<Arc<Served>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        served: &Arc<Served>,
    ) -> Result<Self, Self::Rejection> {
        let session = bearer(served.hub.directory(), &parts.headers).await?;
        let role = session.principal.role.agent().ok_or(ApiError::AgentsOnly)?;
        let (me, token) = (session.principal.participant, session.token_hash);
        Ok(Self { principal: session.principal, me, role, scope: session.scope, token })
    }
}

/// The visitor who asks, and is not blocked.
pub(crate) struct Visiting(pub(super) Principal);

impl FromRequestParts<Arc<Served>> for Visiting {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        served: &Arc<Served>,
    ) -> Result<Self, Self::Rejection> {
        let directory = served.hub.directory();
        let session = bearer(directory, &parts.headers).await?;
        match session.scope {
            Scope::Visitor { .. } if directory.is_blocked(&session.principal) => {
                Err(ApiError::Blocked)
            }
            Scope::Visitor { .. } => Ok(Self(session.principal)),
            Scope::All | Scope::Sites(_) => Err(ApiError::VisitorsOnly),
        }
    }
}

/// The address that asks.
pub(crate) struct Peer(pub(super) IpAddr);

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<SocketAddr>();
        peer.map(|peer| Self(peer.ip())).ok_or(ApiError::Storage)
    }
}

/// What is named in the path. A text that cannot be its id names nothing.
pub(crate) struct Named<T>(pub(super) T);

impl<T: FromStr> FromRequestParts<Arc<Served>> for Named<T> {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        served: &Arc<Served>,
    ) -> Result<Self, Self::Rejection> {
        let Path(text) = Path::<String>::from_request_parts(parts, served)
            .await
            .map_err(|_| ApiError::NotFound)?;
        text.parse().map(Self).map_err(|_| ApiError::NotFound)
    }
}

/// What stands behind the `?`.
pub(crate) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<Arc<Served>> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        served: &Arc<Served>,
    ) -> Result<Self, Self::Rejection> {
        let Query(asked) =
            Query::<T>::from_request_parts(parts, served).await.map_err(|_| ApiError::Malformed)?;
        Ok(Self(asked))
    }
}

/// What was sent.
pub(crate) struct Sent<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<Served>> for Sent<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, served: &Arc<Served>) -> Result<Self, Self::Rejection> {
        let sent = Bytes::from_request(request, served).await.map_err(|error| {
            if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
                ApiError::TooLarge
            } else {
                ApiError::Malformed
            }
        })?;
        // A list would be taken for the fields in their order.
        if !sent.trim_ascii_start().starts_with(b"{") {
            return Err(ApiError::Malformed);
        }
        serde_json::from_slice(&sent).map(Self).map_err(|_| ApiError::Malformed)
    }
}

/// Of which site.
#[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfSite {
    /// Left out: of all that one works on.
    #[param(value_type = Option<Id>)]
    pub(super) site: Option<SiteId>,
}

/// How many items of a page are asked for.
pub(super) fn page_size(limit: Option<u32>) -> Result<usize, ApiError> {
    let limit = limit.unwrap_or(PAGE);
    let allowed = (1..=PAGE_LONGEST).contains(&limit);
    usize::try_from(limit)
        .ok()
        .filter(|_| allowed)
        .ok_or(ApiError::Invalid { field: "limit", message: "ask for 1 to 100" })
}

/// Where a page is to begin.
pub(super) fn place(cursor: Option<&str>) -> Result<Option<Place>, ApiError> {
    cursor.map(str::parse).transpose().map_err(|_| bad_cursor())
}

/// A cursor that is none.
pub(super) const fn bad_cursor() -> ApiError {
    ApiError::Invalid { field: "cursor", message: "use what stood in `next` of the page before" }
}

/// Reads a field whose null says something else than its absence.
pub(super) fn set<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// Reads a field by its text.
pub(super) fn text<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: FromStr,
    T::Err: Display,
    D: Deserializer<'de>,
{
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse().map_err(D::Error::custom)).transpose()
}
