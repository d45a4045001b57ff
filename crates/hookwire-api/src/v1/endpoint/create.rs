//! `POST /app/{app_id}/endpoint`: make an endpoint.

use axum::Json;
use axum::extract::State;
use http::StatusCode;

use super::{EndpointIn, EndpointOut, Owner};
use crate::api::Api;
use crate::caller::Caller;
use crate::json::Body;
use crate::path::Path;
use crate::problem::Problem;
use crate::token::Capability;

pub(super) async fn create(
    State(api): State<Api>,
    caller: Caller,
    Path(app): Path<String>,
    Body(body): Body<EndpointIn>,
) -> Result<(StatusCode, Json<EndpointOut>), Problem> {
    let owner = Owner::of(&api, &caller, &app, Capability::ManageEndpoint).await?;
    made(&api, &owner, body).await
}

pub(in crate::v1) async fn made(
    api: &Api,
    owner: &Owner,
    body: EndpointIn,
) -> Result<(StatusCode, Json<EndpointOut>), Problem> {
    let new = body.vet(api, owner, None)?.values;
    owner.check_event_types(api, new.event_types.as_ref(), None).await?;
    let endpoint = api.store.create_endpoint(owner.app.key, new, api.now()).await?;
    Ok((StatusCode::CREATED, Json(endpoint.into())))
}
