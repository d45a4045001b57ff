//! `GET /app/{app_id}/msg/{msg_id}/endpoint`: the endpoints that a message is owed to.

use axum::Json;
use axum::extract::State;
use hookwire_core::{EndpointKey, MessageKey, Reference, Timestamp};
use hookwire_store::history::DeliveryStatus;
use serde::Serialize;
use utoipa::ToSchema;

use super::Standing;
use crate::api::Api;
use crate::caller::Caller;
use crate::page::ListOf;
use crate::path::Path;
use crate::problem::Problem;
use crate::query::Params;
use crate::token::Capability;
use crate::v1::endpoint::EndpointOut;

/// An endpoint that a message is owed to, and where the delivery stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageEndpointOut {
    #[serde(flatten)]
    endpoint: EndpointOut,
    #[serde(flatten)]
    standing: Standing,
    /// When the next attempt is due.
    next_attempt: Option<String>,
}

pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Path((app, message)): Path<(String, String)>,
    params: Params,
) -> Result<Json<ListOf<MessageEndpointOut>>, Problem> {
    let app = caller.app(&api, &app, Capability::ViewBase).await?;
    let page = params.page_newest_first::<EndpointKey>()?;
    let reference = Reference::<MessageKey>::parse(&message);
    let message = api.store.message(app.key, &reference, false).await?.ok_or_else(Problem::absent)?;
    let endpoints = api.store.endpoints_of_message(app.key, message.key, page).await?;
    let show = |(endpoint, status): (_, DeliveryStatus)| MessageEndpointOut {
        endpoint: EndpointOut::from(endpoint),
        standing: Standing::of_delivery(&status),
        next_attempt: status.next_attempt.map(Timestamp::to_rfc3339),
    };
    Ok(Json(ListOf::of_keys(page, endpoints, |(endpoint, _)| endpoint.key, show)))
}
