//! `POST /event-type`: make an event type.

use axum::Json;
use axum::extract::State;
use hookwire_store::catalog::Created;
use http::StatusCode;

use super::wire::{EventTypeIn, EventTypeOut};
use crate::api::Api;
use crate::caller::OrgCaller;
use crate::json::Body;
use crate::problem::Problem;

pub(super) async fn create(
    State(api): State<Api>,
    caller: OrgCaller,
    Body(body): Body<EventTypeIn>,
) -> Result<(StatusCode, Json<EventTypeOut>), Problem> {
    let new = body.into_new(api.now())?;
    match api.store.create_event_type(caller.org(), new).await? {
        Created::Fresh(made) => Ok((StatusCode::CREATED, Json(EventTypeOut::of(made, true)))),
        Created::Existing(existing) => {
            let detail = format!("An event type named {} already exists.", existing.name);
            Err(Problem::Conflict("event_type_exists", detail))
        }
    }
}
