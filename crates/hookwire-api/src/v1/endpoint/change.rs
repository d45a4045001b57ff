//! `PUT` and `PATCH /app/{app_id}/endpoint/{endpoint_id}`: change an endpoint, or make one.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use hookwire_core::{Endpoint, EndpointChange, EndpointKey, Reference};
use hookwire_store::Error;
use hookwire_store::catalog::Changed;
use http::StatusCode;

use super::credentials::Dropped;
use super::wire::Vetted;
use super::{EndpointIn, EndpointOut, EndpointPatch, Owner};
use crate::api::Api;
use crate::caller::Caller;
use crate::ignored::Ignored;
use crate::json::Body;
use crate::path::Path;
use crate::problem::Problem;
use crate::token::Capability;

/// How often a change is worked out before it is given up because others are always quicker.
const TRIES: usize = 10;

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
    let revise = || {
        revised(api, owner, &reference, |stored| {
            let Vetted { values, dropped } = body.clone().vet(api, owner, Some(stored))?;
            Ok(Vetted { values: values.into_change(), dropped })
        })
    };
    let existing = |(endpoint, dropped): (Endpoint, Dropped)| {
        if body.names_secret() {
            // Secrets change by rotation only.
            ignored.note(vec!["secret".to_owned()]);
        }
        answer(StatusCode::OK, endpoint, &dropped)
    };
    if let Some(done) = revise().await? {
        return Ok(existing(done));
    }
    let new = body.clone().vet(api, owner, None)?.values;
    owner.check_event_types(api, new.event_types.as_ref(), None).await?;
    match api.store.create_endpoint(owner.app.key, new, api.now()).await {
        Ok(endpoint) => Ok(answer(StatusCode::CREATED, endpoint, &Dropped::default())),
        // Somebody else may have made it in between.
        Err(error @ Error::Conflict(_)) => revise().await?.map(existing).ok_or_else(|| error.into()),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn patch(
    State(api): State<Api>,
    caller: Caller,
    Path((app, endpoint)): Path<(String, String)>,
    Body(body): Body<EndpointPatch>,
) -> Result<Response, Problem> {
    let owner = Owner::of(&api, &caller, &app, Capability::ManageEndpoint).await?;
    let work_out = |stored: &Endpoint| body.clone().vet(&api, &owner, stored);
    let done = revised(&api, &owner, &Reference::parse(&endpoint), work_out).await?;
    let (endpoint, dropped) = done.ok_or_else(Problem::absent)?;
    Ok(answer(StatusCode::OK, endpoint, &dropped))
}

/// Works a change out from the endpoint as it is, and makes it: anew when its URL, headers or TLS were changed in between,
/// so that neither change undoes the other and no credential gets where it was not meant to go. `None` when there is no
/// such endpoint.
pub(super) async fn revised(
    api: &Api,
    owner: &Owner,
    reference: &Reference<EndpointKey>,
    work_out: impl Fn(&Endpoint) -> Result<Vetted<EndpointChange>, Problem>,
) -> Result<Option<(Endpoint, Dropped)>, Problem> {
    for _ in 0..TRIES {
        let Some(seen) = api.store.endpoint(owner.app.key, reference).await? else { return Ok(None) };
        let Vetted { values, dropped } = work_out(&seen)?;
        let chosen = values.event_types.as_ref().and_then(Option::as_ref);
        owner.check_event_types(api, chosen, Some(&seen)).await?;
        match api.store.change_endpoint_as_seen(seen, values, api.now()).await? {
            Changed::Done(endpoint) => return Ok(Some((endpoint, dropped))),
            Changed::Outdated => {}
            Changed::Absent => return Ok(None),
        }
    }
    let detail = "Other requests keep changing this endpoint; try again.";
    Err(Problem::Conflict("conflict", detail.to_owned()))
}

fn answer(status: StatusCode, endpoint: Endpoint, dropped: &Dropped) -> Response {
    let mut response = (status, Json(EndpointOut::from(endpoint))).into_response();
    dropped.tell(response.headers_mut());
    response
}
