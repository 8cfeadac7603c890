//! Figures of a range of days.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use rejoinder_core::id::{ParticipantId, SiteId};
use rejoinder_core::principal::AgentRole;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Asked, Caller};
use super::people::answers_one_of;
use super::schema::Id;
use super::{ApiError, asked, fault};
use crate::directory::{Agent, Scope, Site};
use crate::report::{self, Calendar, CalendarError, Counted, Figures, Line};
use crate::router::Served;

/// Figures of a range of days.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Report {
    /// The first day.
    from: String,
    /// The last day.
    to: String,
    /// The time zone in which the days begin and end.
    zone: String,
    /// Of all that was asked for.
    total: Figures,
    /// Of each day, in their order.
    days: Vec<DayFigures>,
    /// Of each site, by name.
    sites: Vec<SiteFigures>,
    /// Of each agent who did something, by name.
    agents: Vec<AgentFigures>,
}

/// Figures of a day.
#[derive(Debug, Serialize, ToSchema)]
struct DayFigures {
    /// As `2026-11-30`.
    day: String,
    figures: Figures,
}

/// Figures of a site.
#[derive(Debug, Serialize, ToSchema)]
struct SiteFigures {
    #[schema(value_type = Id)]
    site: SiteId,
    name: String,
    figures: Figures,
}

/// Figures of an agent.
#[derive(Debug, Serialize, ToSchema)]
struct AgentFigures {
    #[schema(value_type = Id)]
    agent: ParticipantId,
    name: String,
    figures: Figures,
}

/// How a report is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    Json,
    Csv,
}

/// Of which days, and of what.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichFigures {
    /// The first day, as `2026-11-01`.
    from: String,
    /// The last day, as `2026-11-30`: at most 366 days in all.
    to: String,
    /// In which time zone the days begin and end, by its IANA name. Left out: UTC.
    zone: Option<String>,
    /// Left out: of all that one works on.
    #[param(value_type = Option<Id>)]
    site: Option<SiteId>,
    /// What this agent did. Left out: of everybody.
    #[param(value_type = Option<Id>)]
    agent: Option<ParticipantId>,
    /// Left out: what the header `Accept` asks for, JSON or CSV.
    #[param(inline)]
    format: Option<Format>,
}

/// Figures of a range of days: in all, by day, by site and by agent. Supervisors and above, of the
/// sites that they may see.
#[utoipa::path(get, path = "/v1/reports", tag = "reports", params(WhichFigures),
    responses((status = 200, content((Report = "application/json"), (String = "text/csv"))),
        ApiError))]
pub(crate) async fn reports(
    State(served): State<Arc<Served>>,
    caller: Caller,
    headers: HeaderMap,
    Asked(which): Asked<WhichFigures>,
) -> Result<Response, ApiError> {
    caller.at_least(AgentRole::Supervisor)?;
    let zone = which.zone.as_deref().unwrap_or("UTC");
    let calendar = Calendar::new(&which.from, &which.to, zone)?;
    let known = Known::read(&served, &caller, which.site).await?;
    if which.agent.is_some_and(|agent| !known.may_be_asked_for(&caller, agent)) {
        return Err(ApiError::NotFound);
    }
    // Each reads all there is of its days: who comes too many at once comes later.
    let Ok(_turn) = served.hub.searching().try_acquire_owned() else {
        return Err(ApiError::Busy);
    };
    let storage = Arc::clone(served.hub.storage());
    let (sites, agents) = (known.asked_for(&caller, which.site), known.everybody());
    let counted = served.hub.blocking(move || {
        let asked =
            report::Asked { sites, agent: which.agent, agents: &agents, calendar: &calendar };
        report::count(storage.as_ref(), &asked).map(|counted| (counted, calendar))
    });
    let (counted, calendar) = counted.await.map_err(|error| fault(&error))?;
    let report = known.report(counted, &calendar, (which.from, which.to));
    let csv = which.format.map_or_else(|| takes_csv(&headers), |format| format == Format::Csv);
    Ok(if csv { report.sheet() } else { Json(report).into_response() })
}

/// Whether CSV is asked for by name.
fn takes_csv(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let kinds = accept.into_iter().flat_map(|accept| accept.split(','));
    let mut kinds = kinds.filter_map(|kind| kind.split(';').next());
    kinds.any(|kind| kind.trim().eq_ignore_ascii_case("text/csv"))
}

impl From<CalendarError> for ApiError {
    fn from(error: CalendarError) -> Self {
        let (field, message) = match error {
            CalendarError::From => ("from", "expected a day, such as 2026-11-01"),
            CalendarError::To => ("to", "expected a day, such as 2026-11-30"),
            CalendarError::Range => {
                ("to", "the last day is the first or a later one, of at most 366 days in all")
            }
            CalendarError::Zone => {
                ("zone", "expected the name of a time zone, such as Europe/Berlin")
            }
        };
        Self::Invalid { field, message }
    }
}

/// Sites that are asked for, and everybody who answers or did.
pub(super) struct Known {
    /// In the order of their names.
    pub(super) sites: Vec<Site>,
    pub(super) agents: Vec<Agent>,
}

impl Known {
    /// The sites that one may see, or the one of these that is asked for.
    pub(super) async fn read(
        served: &Served,
        caller: &Caller,
        site: Option<SiteId>,
    ) -> Result<Self, ApiError> {
        let read = asked(served.hub.directory(), |d| Ok((d.sites()?, d.agents()?)));
        let (mut sites, mut agents) = read.await?;
        sites.retain(|one| caller.sees(one.id) && site.is_none_or(|site| site == one.id));
        if site.is_some() && sites.is_empty() {
            return Err(ApiError::NotFound);
        }
        sites.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
        agents.sort_by(|one, other| {
            (&one.name, one.participant).cmp(&(&other.name, other.participant))
        });
        Ok(Self { sites, agents })
    }

    /// Their ids; none where they are all that there are.
    pub(super) fn asked_for(&self, caller: &Caller, site: Option<SiteId>) -> Option<Vec<SiteId>> {
        let all = caller.scope == Scope::All && site.is_none();
        (!all).then(|| self.sites.iter().map(|site| site.id).collect())
    }

    /// Everybody who is an agent, disabled or not.
    pub(super) fn everybody(&self) -> BTreeSet<ParticipantId> {
        self.agents.iter().map(|agent| agent.participant).collect()
    }

    /// Of whom one may know, one may ask: who answers on a site that one sees.
    fn may_be_asked_for(&self, caller: &Caller, agent: ParticipantId) -> bool {
        let here: Vec<SiteId> = self.sites.iter().map(|site| site.id).collect();
        let knows =
            |one: &Agent| caller.scope == Scope::All || answers_one_of(one, here.as_slice());
        self.agents.iter().any(|one| one.participant == agent && knows(one))
    }

    fn report(self, counted: Counted, calendar: &Calendar, (from, to): (String, String)) -> Report {
        let Counted { total, days, mut sites, mut agents } = counted;
        let days = calendar.days().zip(days);
        let named: BTreeMap<_, _> =
            self.agents.into_iter().map(|agent| (agent.participant, agent.name)).collect();
        let mut by_agent: Vec<_> = named
            .into_iter()
            .filter_map(|(agent, name)| {
                agents.remove(&agent).map(|figures| AgentFigures { agent, name, figures })
            })
            .collect();
        by_agent.sort_by(|one, other| (&one.name, one.agent).cmp(&(&other.name, other.agent)));
        let by_site = self.sites.into_iter().map(|site| SiteFigures {
            site: site.id,
            name: site.name,
            figures: sites.remove(&site.id).unwrap_or_default(),
        });
        Report {
            from,
            to,
            zone: calendar.zone().to_owned(),
            total,
            days: days.map(|(day, figures)| DayFigures { day, figures }).collect(),
            sites: by_site.collect(),
            agents: by_agent,
        }
    }
}

impl Report {
    fn sheet(&self) -> Response {
        let Self { from, to, zone, total, days, sites, agents } = self;
        let of = |of, id: String, name, figures| Line { of, id, name, figures };
        let all = of("total", format!("{from}/{to}"), zone.as_str(), total);
        let days = days.iter().map(|day| of("day", day.day.clone(), "", &day.figures));
        let sites = sites.iter().map(|s| of("site", s.site.to_string(), &s.name, &s.figures));
        let agents = agents.iter().map(|a| of("agent", a.agent.to_string(), &a.name, &a.figures));
        let lines = core::iter::once(all).chain(days).chain(sites).chain(agents);
        let kind = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
        let saved = HeaderValue::from_static("attachment; filename=\"report.csv\"");
        let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, saved)];
        (headers, report::sheet(lines)).into_response()
    }
}
