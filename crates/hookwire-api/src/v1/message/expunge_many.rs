//! `POST /app/{app_id}/msg/bulk-expunge`: remove the payloads of several messages.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use hookwire_core::Reference;
use hookwire_store::history::Erased;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::caller::OrgCaller;
use crate::json::Body;
use crate::path::Path;
use crate::problem::{Issues, Problem};
use crate::token::Capability;

/// Messages of one request.
const IDS_MAX: usize = 100;

/// Which messages.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BulkExpungeContentsIn {
    /// Their ids or event ids, 1 to 100.
    #[serde(default)]
    ids: Vec<String>,
}

/// What became of each.
#[derive(Serialize, ToSchema)]
pub(super) struct BulkExpungeContentsOut {
    /// By the id that was given.
    results: BTreeMap<String, BulkExpungeStatus>,
}

/// What became of one.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum BulkExpungeStatus {
    /// Its payload is gone.
    Expunged,
    /// There is no such message.
    NotFound,
}

pub(super) async fn expunge_many(
    State(api): State<Api>,
    caller: OrgCaller,
    Path(app): Path<String>,
    Body(body): Body<BulkExpungeContentsIn>,
) -> Result<Json<BulkExpungeContentsOut>, Problem> {
    let app = caller.app(&api, &app, Capability::ManageEndpoint).await?;
    let mut issues = Issues::default();
    if !(1..=IDS_MAX).contains(&body.ids.len()) {
        issues.add(&["body", "ids"], "must hold 1 to 100 ids");
    }
    issues.done()?;
    let mut results = BTreeMap::new();
    for id in body.ids {
        let status = match api.store.expunge_payload(app.key, &Reference::parse(&id)).await? {
            Erased::Done => BulkExpungeStatus::Expunged,
            Erased::Absent => BulkExpungeStatus::NotFound,
        };
        results.insert(id, status);
    }
    Ok(Json(BulkExpungeContentsOut { results }))
}
