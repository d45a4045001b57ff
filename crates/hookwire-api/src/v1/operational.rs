//! Operational webhooks: an org's own endpoints, which are told what happens to its customers' endpoints and messages.
//!
//! They are ordinary endpoints of an internal application, which is made when an org first asks for it.

use axum::extract::State;
use axum::response::Response;
use axum::{Extension, Json};
use hookwire_core::notice::notices_org;
use hookwire_core::{NewApp, Reference, Uid};
use http::StatusCode;

use super::endpoint::headers::{EndpointHeadersIn, EndpointHeadersOut};
use super::endpoint::secret::{EndpointSecretOut, EndpointSecretRotateIn};
use super::endpoint::{self, EndpointIn, EndpointOut, Owner};
use crate::api::Api;
use crate::caller::{OrgCaller, Sight};
use crate::ignored::Ignored;
use crate::json::Body;
use crate::operation::{ORDER, Operation, PAGE, delete as remove, get as read, post, put};
use crate::page::ListOf;
use crate::path::Path;
use crate::problem::Problem;
use crate::query::Params;

/// Every notice's event type.
const EVENT_TYPES: &[&str] = &[
    "endpoint.created",
    "endpoint.deleted",
    "endpoint.disabled",
    "endpoint.updated",
    "message.attempt.exhausted",
    "message.attempt.failing",
    "message.attempt.recovered",
];

pub(super) fn operations() -> Vec<Operation> {
    const ALL: &str = "/operational-webhook/endpoint";
    const ONE: &str = "/operational-webhook/endpoint/{endpoint_id}";
    const HEADERS: &str = "/operational-webhook/endpoint/{endpoint_id}/headers";
    const SECRET: &str = "/operational-webhook/endpoint/{endpoint_id}/secret";
    const ROTATE: &str = "/operational-webhook/endpoint/{endpoint_id}/secret/rotate";
    vec![
        read("operational_webhook_endpoint.list", ALL, list)
            .says("List the endpoints for operational notices")
            .params(&[PAGE, ORDER])
            .lists::<EndpointOut>(),
        post("operational_webhook_endpoint.create", ALL, create)
            .says("Make an endpoint for operational notices")
            .body::<EndpointIn>()
            .answers::<EndpointOut>(201),
        read("operational_webhook_endpoint.get", ONE, get)
            .says("Get an endpoint for operational notices")
            .answers::<EndpointOut>(200),
        put("operational_webhook_endpoint.upsert", ONE, upsert)
            .says("Make an endpoint for operational notices, or give it these values")
            .body::<EndpointIn>()
            .answers::<EndpointOut>(200)
            .answers::<EndpointOut>(201),
        remove("operational_webhook_endpoint.delete", ONE, delete)
            .says("Delete an endpoint for operational notices")
            .answers_nothing(204),
        read("operational_webhook_endpoint.get_headers", HEADERS, get_headers)
            .says("Get its custom headers; of credentials the names only")
            .answers::<EndpointHeadersOut>(200),
        put("operational_webhook_endpoint.set_headers", HEADERS, set_headers)
            .says("Set its custom headers, all of them")
            .body::<EndpointHeadersIn>()
            .answers_nothing(204),
        read("operational_webhook_endpoint.get_secret", SECRET, get_secret)
            .says("Get what its receiver verifies signatures with")
            .answers::<EndpointSecretOut>(200),
        post("operational_webhook_endpoint.rotate_secret", ROTATE, rotate_secret)
            .says("Put a new signing secret in place")
            .body::<EndpointSecretRotateIn>()
            .answers::<EndpointSecretOut>(200),
    ]
}

/// The caller's internal application; made when there is none yet.
async fn owner(api: &Api, caller: &OrgCaller) -> Result<Owner, Problem> {
    let (notices, org) = (notices_org(), caller.org().clone());
    let found = api.store.app(&notices, &Reference::Uid(org.as_str().to_owned())).await?;
    if let Some(app) = found {
        return Ok(Owner { app, org, event_types: Some(EVENT_TYPES), sight: Sight::All, visible_to: None });
    }
    let name = format!("Operational webhooks of {org}");
    let new = NewApp { name, uid: Some(Uid::stored(org.as_str())), ..NewApp::default() };
    let app = api.store.create_app(&notices, new, api.now()).await?.into_inner();
    Ok(Owner { app, org, event_types: Some(EVENT_TYPES), sight: Sight::All, visible_to: None })
}

async fn list(
    State(api): State<Api>,
    caller: OrgCaller,
    params: Params,
) -> Result<Json<ListOf<EndpointOut>>, Problem> {
    endpoint::list::listed(&api, &owner(&api, &caller).await?, &params).await
}

async fn create(
    State(api): State<Api>,
    caller: OrgCaller,
    Body(body): Body<EndpointIn>,
) -> Result<(StatusCode, Json<EndpointOut>), Problem> {
    endpoint::create::made(&api, &owner(&api, &caller).await?, body).await
}

async fn get(
    State(api): State<Api>,
    caller: OrgCaller,
    Path(id): Path<String>,
) -> Result<Json<EndpointOut>, Problem> {
    let found = endpoint::find(&api, &owner(&api, &caller).await?, &id).await?;
    Ok(Json(found.into()))
}

async fn upsert(
    State(api): State<Api>,
    caller: OrgCaller,
    Path(id): Path<String>,
    Extension(ignored): Extension<Ignored>,
    Body(body): Body<EndpointIn>,
) -> Result<Response, Problem> {
    endpoint::change::upserted(&api, &owner(&api, &caller).await?, &id, &ignored, body).await
}

async fn delete(
    State(api): State<Api>,
    caller: OrgCaller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    endpoint::delete::deleted(&api, &owner(&api, &caller).await?, &id).await
}

async fn get_headers(
    State(api): State<Api>,
    caller: OrgCaller,
    Path(id): Path<String>,
) -> Result<Json<EndpointHeadersOut>, Problem> {
    let found = endpoint::find(&api, &owner(&api, &caller).await?, &id).await?;
    Ok(Json(found.into()))
}

async fn set_headers(
    State(api): State<Api>,
    caller: OrgCaller,
    Path(id): Path<String>,
    Body(body): Body<EndpointHeadersIn>,
) -> Result<StatusCode, Problem> {
    endpoint::headers::replaced(&api, &owner(&api, &caller).await?, &id, body).await
}

async fn get_secret(
    State(api): State<Api>,
    caller: OrgCaller,
    Path(id): Path<String>,
) -> Result<Json<EndpointSecretOut>, Problem> {
    endpoint::secret::shown(&api, &owner(&api, &caller).await?, &id).await
}

async fn rotate_secret(
    State(api): State<Api>,
    caller: OrgCaller,
    Path(id): Path<String>,
    Body(body): Body<EndpointSecretRotateIn>,
) -> Result<Json<EndpointSecretOut>, Problem> {
    endpoint::secret::rotated(&api, &owner(&api, &caller).await?, &id, body).await
}
