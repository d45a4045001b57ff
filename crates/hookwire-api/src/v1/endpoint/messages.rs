//! `GET …/endpoint/{endpoint_id}/msg`: the messages owed to an endpoint, and where each stands.

use axum::Json;
use axum::extract::State;
use hookwire_core::{DeliveryState, MessageKey};
use hookwire_store::history::DeliveryStatus;

use super::Owner;
use crate::api::Api;
use crate::caller::EndpointCaller;
use crate::page::ListOf;
use crate::path::Path;
use crate::problem::Problem;
use crate::query::Params;
use crate::token::Capability;
use crate::v1::message::EndpointMessageOut;

pub(super) async fn list(
    State(api): State<Api>,
    caller: EndpointCaller,
    Path((app, endpoint)): Path<(String, String)>,
    params: Params,
) -> Result<Json<ListOf<EndpointMessageOut>>, Problem> {
    let owner = Owner::seen_by(&api, &caller, &app, Capability::ViewBase).await?;
    let endpoint = super::find(&api, &owner, &endpoint).await?;
    let with_content = params.flag("with_content", true)?;
    let filter = params.message_filter(with_content)?;
    let expanded = params.flag("expanded_statuses", true)?;
    let (states, attempted) = standing(params.number("status")?, expanded)?;
    let page = params.page_in_time::<MessageKey>()?;
    let messages =
        api.store.messages_of_endpoint(owner.app.key, endpoint.key, filter, states, attempted, page).await?;
    Ok(Json(ListOf::of_keys(
        page,
        messages,
        |(message, _)| message.key,
        |(message, status)| EndpointMessageOut::of(message, shown(status, expanded), with_content),
    )))
}

type Standing = (Option<Vec<DeliveryState>>, Option<bool>);

/// The status for a client that may not know the cancelled one: it takes it for a success.
fn shown(status: DeliveryStatus, expanded: bool) -> DeliveryStatus {
    match status.state {
        DeliveryState::Canceled if !expanded => DeliveryStatus { state: DeliveryState::Delivered, ..status },
        _ => status,
    }
}

/// Which deliveries a status on the wire means.
fn standing(status: Option<u64>, expanded: bool) -> Result<Standing, Problem> {
    let only = |state| Some(vec![state]);
    Ok(match status {
        None => (None, None),
        Some(0) if !expanded => (Some(vec![DeliveryState::Delivered, DeliveryState::Canceled]), None),
        Some(0) => (only(DeliveryState::Delivered), None),
        Some(1) => (only(DeliveryState::Pending), Some(false)),
        Some(2) => (only(DeliveryState::Exhausted), None),
        Some(3) => (only(DeliveryState::Pending), Some(true)),
        Some(4) => (only(DeliveryState::Canceled), None),
        Some(_) => return Err(Problem::invalid(&["query", "status"], "must lie between 0 and 4")),
    })
}
