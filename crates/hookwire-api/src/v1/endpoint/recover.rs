//! `POST …/recover` and `POST …/replay-missing`: queue an endpoint's messages of a span of time again.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use hookwire_core::Timestamp;
use hookwire_core::task::TaskKind;
use hookwire_store::upkeep::NewTask;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Owner;
use crate::api::Api;
use crate::caller::{EndpointCaller, Sight};
use crate::json::Body;
use crate::path::Path;
use crate::problem::{Issues, Problem};
use crate::token::Capability;
use crate::v1::background_task::TaskOut;

/// The longest span that can be asked for.
const SPAN_MAX: Duration = Duration::from_hours(14 * 24);

/// A span of time.
#[derive(Deserialize, ToSchema)]
pub(super) struct RecoverIn {
    /// From when on; at most 14 days before `until`.
    since: String,
    /// Until when; now unless given.
    until: Option<String>,
}

impl RecoverIn {
    fn span(&self, now: Timestamp) -> Result<(Timestamp, Timestamp), Problem> {
        let mut issues = Issues::default();
        let parse = |text: &str| Timestamp::parse(text).ok_or("must be a time as RFC 3339 writes it");
        let since = issues.take(&["body", "since"], parse(&self.since)).unwrap_or(now);
        let until = self.until.as_deref().and_then(|text| issues.take(&["body", "until"], parse(text)));
        let until = until.unwrap_or(now);
        if since > until {
            issues.add(&["body", "since"], "must not be later than until");
        } else if until.since(since) > SPAN_MAX {
            issues.add(&["body", "since"], "since and until may be at most 14 days apart");
        }
        issues.done().map(|()| (since, until))
    }
}

pub(super) async fn recover(
    State(api): State<Api>,
    caller: EndpointCaller,
    Path((app, endpoint)): Path<(String, String)>,
    Body(body): Body<RecoverIn>,
) -> Result<(StatusCode, Json<TaskOut>), Problem> {
    start(&api, &caller, (&app, &endpoint), &body, TaskKind::Recover).await
}

pub(super) async fn replay(
    State(api): State<Api>,
    caller: EndpointCaller,
    Path((app, endpoint)): Path<(String, String)>,
    Body(body): Body<RecoverIn>,
) -> Result<(StatusCode, Json<TaskOut>), Problem> {
    start(&api, &caller, (&app, &endpoint), &body, TaskKind::ReplayMissing).await
}

async fn start(
    api: &Api,
    caller: &EndpointCaller,
    (app, endpoint): (&str, &str),
    body: &RecoverIn,
    kind: TaskKind,
) -> Result<(StatusCode, Json<TaskOut>), Problem> {
    let owner = Owner::seen_by(api, caller, app, Capability::CreateAttempts).await?;
    let endpoint = super::find(api, &owner, endpoint).await?;
    let now = api.now();
    let (since, until) = within_sight(body.span(now)?, owner.sight, endpoint.created);
    let new = NewTask { org: owner.org, app: owner.app.key, endpoint: endpoint.key, kind, since, until, now };
    let task = api.store.start_task(new).await?;
    Ok((StatusCode::ACCEPTED, Json(TaskOut::from(&task))))
}

/// An OAuth client was granted what happens from its install on: of what was before, it gets nothing by asking again.
fn within_sight(
    (since, until): (Timestamp, Timestamp),
    sight: Sight,
    created: Timestamp,
) -> (Timestamp, Timestamp) {
    match sight {
        Sight::All => (since, until),
        Sight::Own(_) => (since.max(created), until.max(created)),
    }
}
