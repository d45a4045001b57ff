//! `GET`, `PUT` and `PATCH …/headers`: an endpoint's custom headers. Values of credentials go in and never come out.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use hookwire_core::endpoint::HeadersChange;
use hookwire_core::{Endpoint, EndpointChange, Reference, header};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Owner;
use super::change::revised;
use super::credentials::Dropped;
use super::wire::{self, Vetted};
use crate::api::Api;
use crate::caller::Caller;
use crate::json::Body;
use crate::path::Path;
use crate::problem::{Issues, Problem};
use crate::token::Capability;

/// Custom headers.
#[derive(Serialize, ToSchema)]
pub(in crate::v1) struct EndpointHeadersOut {
    /// Names and values of those that may be shown.
    headers: BTreeMap<String, String>,
    /// Names of those whose values are credentials.
    sensitive: Vec<String>,
}

/// Custom headers, all of them.
#[derive(Deserialize, ToSchema)]
pub(in crate::v1) struct EndpointHeadersIn {
    /// Names and values.
    headers: BTreeMap<String, String>,
}

/// A change of some custom headers.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EndpointHeadersPatchIn {
    /// Names and values to set; null removes.
    headers: BTreeMap<String, Option<String>>,
    /// Names to remove.
    delete_headers: Option<Vec<String>>,
}

pub(super) async fn get(
    State(api): State<Api>,
    caller: Caller,
    Path((app, endpoint)): Path<(String, String)>,
) -> Result<Json<EndpointHeadersOut>, Problem> {
    let owner = Owner::of(&api, &caller, &app, Capability::ViewBase).await?;
    Ok(Json(super::find(&api, &owner, &endpoint).await?.into()))
}

impl From<Endpoint> for EndpointHeadersOut {
    fn from(endpoint: Endpoint) -> Self {
        let (hidden, shown): (Vec<_>, Vec<_>) =
            endpoint.headers.into_iter().partition(|(name, _)| header::is_sensitive(name));
        let sensitive = hidden.into_iter().map(|(name, _)| name).collect();
        Self { headers: shown.into_iter().collect(), sensitive }
    }
}

pub(super) async fn set(
    State(api): State<Api>,
    caller: Caller,
    Path((app, endpoint)): Path<(String, String)>,
    Body(body): Body<EndpointHeadersIn>,
) -> Result<StatusCode, Problem> {
    let owner = Owner::of(&api, &caller, &app, Capability::ManageEndpoint).await?;
    replaced(&api, &owner, &endpoint, body).await
}

pub(in crate::v1) async fn replaced(
    api: &Api,
    owner: &Owner,
    endpoint: &str,
    body: EndpointHeadersIn,
) -> Result<StatusCode, Problem> {
    let headers: Vec<_> = body.headers.into_iter().collect();
    let mut issues = Issues::default();
    wire::vet_headers(&mut issues, &headers);
    issues.done()?;
    let change =
        EndpointChange { headers: Some(HeadersChange::Replace(headers)), ..EndpointChange::default() };
    let reference = Reference::parse(endpoint);
    let changed = api.store.change_endpoint(owner.app.key, &reference, change, api.now()).await?;
    changed.map(|_| StatusCode::NO_CONTENT).ok_or_else(Problem::absent)
}

pub(super) async fn patch(
    State(api): State<Api>,
    caller: Caller,
    Path((app, endpoint)): Path<(String, String)>,
    Body(body): Body<EndpointHeadersPatchIn>,
) -> Result<StatusCode, Problem> {
    let owner = Owner::of(&api, &caller, &app, Capability::ManageEndpoint).await?;
    let mut remove = body.delete_headers.unwrap_or_default();
    let mut set = Vec::new();
    for (name, value) in body.headers {
        match value {
            Some(value) => set.push((name, value)),
            None => remove.push(name),
        }
    }
    let headers = HeadersChange::Patch { set, remove };
    let work_out = |stored: &Endpoint| {
        let mut issues = Issues::default();
        wire::vet_headers(&mut issues, &headers.clone().apply(&stored.headers));
        issues.done()?;
        let values = EndpointChange { headers: Some(headers.clone()), ..EndpointChange::default() };
        Ok(Vetted { values, dropped: Dropped::default() })
    };
    let done = revised(&api, &owner, &Reference::parse(&endpoint), work_out).await?;
    done.map(|_| StatusCode::NO_CONTENT).ok_or_else(Problem::absent)
}
