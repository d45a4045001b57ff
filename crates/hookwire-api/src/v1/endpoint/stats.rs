//! `GET …/stats` and `GET …/attempt-stats`: an endpoint's numbers.

use axum::Json;
use axum::extract::State;
use hookwire_core::limits::STATS_SPAN_MAX;
use hookwire_store::history::EndpointStats;
use serde::Serialize;
use utoipa::ToSchema;

use super::Owner;
use crate::api::Api;
use crate::caller::EndpointCaller;
use crate::path::Path;
use crate::problem::Problem;
use crate::query::Params;
use crate::token::Capability;

/// An endpoint's attempts, and its deliveries by how they stand.
#[derive(Serialize, ToSchema)]
pub(super) struct EndpointStatsOut {
    /// Attempts that succeeded.
    success: u64,
    /// Deliveries that wait for their first attempt, now.
    pending: u64,
    /// Deliveries that wait for another attempt, now.
    sending: u64,
    /// Attempts that failed.
    fail: u64,
    /// Deliveries that were given up.
    canceled: u64,
}

/// An endpoint's attempts.
#[derive(Serialize, ToSchema)]
pub(super) struct EndpointAttemptStats {
    /// Those that succeeded.
    success: u64,
    /// Those that failed.
    fail: u64,
    /// Deliveries that were given up.
    canceled: u64,
}

pub(super) async fn stats(
    State(api): State<Api>,
    caller: EndpointCaller,
    Path((app, endpoint)): Path<(String, String)>,
    params: Params,
) -> Result<Json<EndpointStatsOut>, Problem> {
    let EndpointStats { succeeded, failed, canceled, pending, sending } =
        counted(&api, &caller, &app, &endpoint, &params).await?;
    Ok(Json(EndpointStatsOut { success: succeeded, pending, sending, fail: failed, canceled }))
}

pub(super) async fn attempts(
    State(api): State<Api>,
    caller: EndpointCaller,
    Path((app, endpoint)): Path<(String, String)>,
    params: Params,
) -> Result<Json<EndpointAttemptStats>, Problem> {
    let stats = counted(&api, &caller, &app, &endpoint, &params).await?;
    let EndpointStats { succeeded, failed, canceled, .. } = stats;
    Ok(Json(EndpointAttemptStats { success: succeeded, fail: failed, canceled }))
}

async fn counted(
    api: &Api,
    caller: &EndpointCaller,
    app: &str,
    endpoint: &str,
    params: &Params,
) -> Result<EndpointStats, Problem> {
    let owner = Owner::seen_by(api, caller, app, Capability::ViewBase).await?;
    let endpoint = super::find(api, &owner, endpoint).await?;
    let until = params.time("until")?.unwrap_or_else(|| api.now());
    let since = params.time("since")?.unwrap_or_else(|| until.minus(STATS_SPAN_MAX));
    if since > until {
        return Err(Problem::invalid(&["query", "since"], "must not be later than until"));
    }
    if until.since(since) > STATS_SPAN_MAX {
        return Err(Problem::invalid(&["query", "since"], "since and until may be at most 28 days apart"));
    }
    Ok(api.store.endpoint_stats(owner.app.key, endpoint.key, since, until).await?)
}
