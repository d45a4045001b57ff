//! `GET /app/{app_id}/endpoint` and `GET …/{endpoint_id}`: an application's endpoints, and one of them.

use axum::Json;
use axum::extract::State;
use hookwire_core::{EndpointKey, Reference};
use hookwire_store::{Order, Slice};

use super::{EndpointOut, Owner};
use crate::api::Api;
use crate::caller::{EndpointCaller, Sight};
use crate::page::ListOf;
use crate::path::Path;
use crate::problem::Problem;
use crate::query::Params;
use crate::token::Capability;

pub(super) async fn list(
    State(api): State<Api>,
    caller: EndpointCaller,
    Path(app): Path<String>,
    params: Params,
) -> Result<Json<ListOf<EndpointOut>>, Problem> {
    let owner = Owner::seen_by(&api, &caller, &app, Capability::ViewBase).await?;
    listed(&api, &owner, &params).await
}

pub(in crate::v1) async fn listed(
    api: &Api,
    owner: &Owner,
    params: &Params,
) -> Result<Json<ListOf<EndpointOut>>, Problem> {
    let page = params.page::<EndpointKey>(Order::Descending)?;
    if let Sight::Own(own) = owner.sight {
        let found = match own {
            Some(key) => api.store.endpoint(owner.app.key, &Reference::Key(key)).await?,
            None => None,
        };
        let only = Slice { items: found.into_iter().collect(), more: false, resume: None };
        return Ok(Json(ListOf::of_keys(page, only, |endpoint| endpoint.key, EndpointOut::from)));
    }
    let endpoints = api.store.endpoints(owner.app.key, page).await?;
    Ok(Json(ListOf::of_keys(page, endpoints, |endpoint| endpoint.key, EndpointOut::from)))
}

pub(super) async fn get(
    State(api): State<Api>,
    caller: EndpointCaller,
    Path((app, endpoint)): Path<(String, String)>,
) -> Result<Json<EndpointOut>, Problem> {
    let owner = Owner::seen_by(&api, &caller, &app, Capability::ViewBase).await?;
    Ok(Json(super::find(&api, &owner, &endpoint).await?.into()))
}
