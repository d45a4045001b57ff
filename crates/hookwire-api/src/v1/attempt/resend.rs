//! `POST …/msg/{msg_id}/endpoint/{endpoint_id}/resend`: deliver a message to an endpoint again.

use axum::Json;
use axum::extract::State;
use hookwire_core::Reference;
use hookwire_store::queue::Resend;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::caller::Caller;
use crate::path::Path;
use crate::problem::Problem;
use crate::token::Capability;

/// An object without fields.
#[derive(Serialize, ToSchema)]
pub(super) struct EmptyResponse {}

pub(super) async fn resend(
    State(api): State<Api>,
    caller: Caller,
    Path((app, message, endpoint)): Path<(String, String, String)>,
) -> Result<(StatusCode, Json<EmptyResponse>), Problem> {
    let app = caller.app(&api, &app, Capability::CreateAttempts).await?;
    let (message, endpoint) = (Reference::parse(&message), Reference::parse(&endpoint));
    match api.store.resend(app.key, &message, &endpoint, api.now()).await? {
        Resend::Queued => Ok((StatusCode::ACCEPTED, Json(EmptyResponse {}))),
        Resend::NoMessage | Resend::NoEndpoint => Err(Problem::absent()),
        Resend::NoPayload => {
            Err(Problem::Bad("missing_payload", "The message's payload is kept no more.".to_owned()))
        }
        Resend::Disabled => Err(Problem::endpoint_disabled()),
    }
}
