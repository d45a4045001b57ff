//! `PUT` and `PATCH /event-type/{event_type_name}`: change an event type, or make one.

use axum::Json;
use axum::extract::State;
use hookwire_store::catalog::Created;
use http::StatusCode;

use super::wire::{EventTypeOut, EventTypePatch, EventTypeUpsertIn};
use crate::api::Api;
use crate::caller::OrgCaller;
use crate::json::Body;
use crate::path::Path;
use crate::problem::Problem;

pub(super) async fn upsert(
    State(api): State<Api>,
    caller: OrgCaller,
    Path(name): Path<String>,
    Body(body): Body<EventTypeUpsertIn>,
) -> Result<(StatusCode, Json<EventTypeOut>), Problem> {
    let new = body.into_new(&name, &["path", "event_type_name"], api.now())?;
    match api.store.upsert_event_type(caller.org(), new).await? {
        Created::Fresh(made) => Ok((StatusCode::CREATED, Json(EventTypeOut::of(made, true)))),
        Created::Existing(changed) => Ok((StatusCode::OK, Json(EventTypeOut::of(changed, true)))),
    }
}

pub(super) async fn patch(
    State(api): State<Api>,
    caller: OrgCaller,
    Path(name): Path<String>,
    Body(body): Body<EventTypePatch>,
) -> Result<Json<EventTypeOut>, Problem> {
    let change = body.into_change()?;
    let changed = api.store.change_event_type(caller.org(), &name, change, api.now()).await?;
    changed.map(|event_type| Json(EventTypeOut::of(event_type, true))).ok_or_else(Problem::absent)
}
