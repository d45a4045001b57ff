//! `GET /health` and `GET /health/ping`: whether the server can do its work, and whether it is there at all.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

use crate::api::Api;
use crate::operation::{Access, Operation, get};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get("health.get", "/health", health)
            .says("Whether the server can do its work")
            .access(Access::Open)
            .answers::<HealthOut>(200)
            .answers::<HealthOut>(503),
        get("health.ping", "/health/ping", ping)
            .says("Whether the server is there")
            .access(Access::Open)
            .answers_nothing(204),
    ]
}

/// The state of each part by name, for example `database`, and of the node that answers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HealthOut {
    node: NodeOut,
    #[serde(flatten)]
    parts: BTreeMap<&'static str, PartOut>,
}

/// The node that answers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NodeOut {
    /// `ok` or `error`: whether it can do its work.
    status: &'static str,
    /// `all`, `api` (accepts only) or `worker` (delivers only).
    role: &'static str,
    /// How long the delivery that waits longest for its turn has been due; on an `api` node, as of up to 5 s ago. Absent
    /// when the store does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    lag_seconds: Option<f64>,
}

/// The state of one part.
#[derive(Debug, Serialize, ToSchema)]
struct PartOut {
    /// `ok` or `error`.
    status: &'static str,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

async fn health(State(api): State<Api>) -> (StatusCode, Json<HealthOut>) {
    let report = api.health.check().await;
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let parts = report.parts.into_iter().map(|part| match part.state {
        Ok(()) => (part.name, PartOut { status: "ok", reason: None }),
        Err(reason) => (part.name, PartOut { status: "error", reason: Some(reason) }),
    });
    let node = NodeOut {
        status: if report.ready { "ok" } else { "error" },
        role: report.node.role,
        lag_seconds: report.node.lag.map(|lag| lag.as_secs_f64()),
    };
    (status, Json(HealthOut { node, parts: parts.collect() }))
}

async fn ping() -> StatusCode {
    StatusCode::NO_CONTENT
}
