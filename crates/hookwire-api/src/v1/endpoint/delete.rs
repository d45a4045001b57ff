//! `DELETE /app/{app_id}/endpoint/{endpoint_id}`: delete an endpoint.

use axum::extract::State;
use hookwire_core::Reference;
use http::StatusCode;

use super::Owner;
use crate::api::Api;
use crate::caller::Caller;
use crate::path::Path;
use crate::problem::Problem;
use crate::token::Capability;

pub(super) async fn delete(
    State(api): State<Api>,
    caller: Caller,
    Path((app, endpoint)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let owner = Owner::of(&api, &caller, &app, Capability::ManageEndpoint).await?;
    deleted(&api, &owner, &endpoint).await
}

pub(in crate::v1) async fn deleted(api: &Api, owner: &Owner, endpoint: &str) -> Result<StatusCode, Problem> {
    let reference = Reference::parse(endpoint);
    let deleted = api.store.delete_endpoint(owner.app.key, &reference, api.now()).await?;
    if deleted { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::absent()) }
}
