//! `GET …/endpoint/{endpoint_id}/msg`: the messages owed to an endpoint, and where each stands.

use axum::Json;
use axum::extract::State;
use hookwire_core::{DeliveryState, MessageKey};

use super::Owner;
use crate::api::Api;
use crate::caller::Caller;
use crate::page::ListOf;
use crate::path::Path;
use crate::problem::Problem;
use crate::query::Params;
use crate::token::Capability;
use crate::v1::message::EndpointMessageOut;

pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Path((app, endpoint)): Path<(String, String)>,
    params: Params,
) -> Result<Json<ListOf<EndpointMessageOut>>, Problem> {
    let owner = Owner::of(&api, &caller, &app, Capability::ViewBase).await?;
    let endpoint = super::find(&api, &owner, &endpoint).await?;
    let with_content = params.flag("with_content", true)?;
    let filter = params.message_filter(with_content)?;
    let (states, attempted) = standing(params.number("status")?)?;
    let page = params.page_newest_first::<MessageKey>()?;
    let messages =
        api.store.messages_of_endpoint(owner.app.key, endpoint.key, filter, states, attempted, page).await?;
    Ok(Json(ListOf::of_keys(
        page,
        messages,
        |(message, _)| message.key,
        |(message, status)| EndpointMessageOut::of(message, status, with_content),
    )))
}

type Standing = (Option<Vec<DeliveryState>>, Option<bool>);

/// Which deliveries a status on the wire means.
fn standing(status: Option<u64>) -> Result<Standing, Problem> {
    let only = |state| Some(vec![state]);
    Ok(match status {
        None => (None, None),
        Some(0) => (only(DeliveryState::Delivered), None),
        Some(1) => (only(DeliveryState::Pending), Some(false)),
        Some(2) => (only(DeliveryState::Exhausted), None),
        Some(3) => (only(DeliveryState::Pending), Some(true)),
        Some(4) => (only(DeliveryState::Canceled), None),
        Some(_) => return Err(Problem::invalid(&["query", "status"], "must lie between 0 and 4")),
    })
}
