//! `PUT` and `PATCH /app/{app_id}/endpoint/{endpoint_id}`: change an endpoint, or make one.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use hookwire_core::{Endpoint, Reference};
use hookwire_store::catalog::Created;
use http::StatusCode;

use super::credentials::DROPPED_HEADER;
use super::{EndpointIn, EndpointOut, EndpointPatch, Owner};
use crate::api::Api;
use crate::caller::Caller;
use crate::ignored::{self, Ignored};
use crate::json::Body;
use crate::path::Path;
use crate::problem::Problem;
use crate::token::Capability;

pub(super) async fn upsert(
    State(api): State<Api>,
    caller: Caller,
    Path((app, endpoint)): Path<(String, String)>,
    Extension(ignored): Extension<Ignored>,
    Body(body): Body<EndpointIn>,
) -> Result<Response, Problem> {
    let owner = Owner::of(&api, &caller, &app, Capability::ManageEndpoint).await?;
    upserted(&api, &owner, &endpoint, &ignored, body).await
}

pub(in crate::v1) async fn upserted(
    api: &Api,
    owner: &Owner,
    endpoint: &str,
    ignored: &Ignored,
    body: EndpointIn,
) -> Result<Response, Problem> {
    let reference = Reference::parse(endpoint);
    let stored = api.store.endpoint(owner.app.key, &reference).await?;
    if stored.is_some() && body.names_secret() {
        // Secrets change by rotation only.
        ignored.note(vec!["secret".to_owned()]);
    }
    let vetted = body.vet(api, stored.as_ref())?;
    owner.check_event_types(api, vetted.values.event_types.as_ref()).await?;
    let made = api.store.upsert_endpoint(owner.app.key, &reference, vetted.values, api.now()).await?;
    Ok(match made {
        Created::Fresh(endpoint) => answer(StatusCode::CREATED, endpoint, &[]),
        Created::Existing(endpoint) => answer(StatusCode::OK, endpoint, &vetted.dropped),
    })
}

pub(super) async fn patch(
    State(api): State<Api>,
    caller: Caller,
    Path((app, endpoint)): Path<(String, String)>,
    Body(body): Body<EndpointPatch>,
) -> Result<Response, Problem> {
    let owner = Owner::of(&api, &caller, &app, Capability::ManageEndpoint).await?;
    let stored = super::find(&api, &owner, &endpoint).await?;
    let vetted = body.vet(&api, &stored)?;
    owner.check_event_types(&api, vetted.values.event_types.as_ref().and_then(Option::as_ref)).await?;
    let reference = Reference::Key(stored.key);
    let changed = api.store.change_endpoint(owner.app.key, &reference, vetted.values, api.now()).await?;
    changed.map(|endpoint| answer(StatusCode::OK, endpoint, &vetted.dropped)).ok_or_else(Problem::absent)
}

fn answer(status: StatusCode, endpoint: Endpoint, dropped: &[String]) -> Response {
    let mut response = (status, Json(EndpointOut::from(endpoint))).into_response();
    if let Some(names) = ignored::header(dropped) {
        response.headers_mut().insert(DROPPED_HEADER, names);
    }
    response
}
