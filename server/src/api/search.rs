//! Searching what was said.

use core::time::Duration;
use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use rejoinder_core::conversation::layout::Status;
use rejoinder_core::id::SiteId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::input::{Caller, Sent};
use super::schema::{ConversationStatus, Id};
use super::{ApiError, fault};
use crate::router::Served;
use crate::search::{Found, Query, search, words};
use crate::storage::Filter;

/// Characters of what is looked for.
const CHARACTERS: core::ops::RangeInclusive<usize> = 2..=200;

/// Messages in an answer, where no number is asked for, and at most.
const PAGE: usize = 50;
const MOST: usize = 200;

/// How long one search may take; it says from where to go on.
const DEADLINE: Duration = Duration::from_secs(2);

/// What is looked for. It stands in a body, for addresses are logged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Search)]
pub(crate) struct Asked {
    /// All of them must stand in a message, in any order.
    #[schema(min_length = 2, max_length = 200)]
    words: String,
    #[schema(value_type = Option<Id>)]
    site: Option<SiteId>,
    #[schema(value_type = Option<ConversationStatus>)]
    status: Option<Status>,
    closed: Option<bool>,
    /// The `next` of the answer before.
    before: Option<u64>,
    /// 1 to 200, by default 50.
    limit: Option<usize>,
}

/// Finds messages and notes by their live words, in conversations that one may see. The answer is
/// to be shown and not kept: no recall reaches it.
#[utoipa::path(post, path = "/v1/search", tag = "conversations", request_body = Asked,
    responses((status = 200, body = Found), ApiError))]
pub(crate) async fn find_words(
    State(served): State<Arc<Served>>,
    caller: Caller,
    Sent(asked): Sent<Asked>,
) -> Result<Json<Found>, ApiError> {
    let words = words(&asked.words);
    if words.is_empty() || !CHARACTERS.contains(&asked.words.trim().chars().count()) {
        return Err(ApiError::BadSearch);
    }
    // Each takes all there is of the machine: who comes too many at once comes later.
    let Ok(_turn) = served.hub.searching().try_acquire_owned() else {
        return Err(ApiError::Busy);
    };
    let filter = Filter {
        sites: asked.site.map(|site| vec![site]),
        status: asked.status.into_iter().collect(),
        closed: asked.closed,
        ..Filter::default()
    };
    let filter = filter.within(&caller.scope);
    let storage = Arc::clone(served.hub.storage());
    let found = served.hub.blocking(move || {
        let query = Query {
            words: &words,
            filter: &filter,
            principal: &caller.principal,
            scope: &caller.scope,
            below: asked.before.unwrap_or(u64::MAX),
            at_most: asked.limit.unwrap_or(PAGE).clamp(1, MOST),
            deadline: Instant::now() + DEADLINE,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        };
        search(storage.as_ref(), &query)
    });
    found.await.map(Json).map_err(|error| fault(&error))
}
