//! `PUT` and `DELETE /app/{app_id}/trigger/{trigger_id}`: register a trigger, or delete it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hookwire_core::limits::TRIGGERS_MAX;
use hookwire_core::trigger::ChainError;
use hookwire_core::{Trigger, TriggerId};
use hookwire_store::triggers::Registered;
use http::StatusCode;

use super::vet;
use super::wire::{TriggerIn, TriggerOut};
use crate::api::Api;
use crate::caller::OrgCaller;
use crate::json::Body;
use crate::path::Path;
use crate::problem::Problem;
use crate::token::Capability;

pub(super) async fn register(
    State(api): State<Api>,
    caller: OrgCaller,
    Path((app, id)): Path<(String, String)>,
    Body(body): Body<TriggerIn>,
) -> Result<(StatusCode, Json<TriggerOut>), Problem> {
    let app = caller.app(&api, &app, Capability::ManageEndpoint).await?;
    let id = vet::id(&id)?;
    let stored = api.store.trigger(app.key, &id).await?;
    let trigger = vet::vet(&api, app.key, id, body, stored.as_ref())?;
    check_schema(&api, &trigger).await?;
    let (status, created) = match api.store.register_trigger(trigger.clone()).await? {
        Registered::Created => (StatusCode::CREATED, trigger.created),
        Registered::Replaced => (StatusCode::OK, stored.map_or(trigger.created, |stored| stored.created)),
        Registered::TooMany => {
            let msg = format!("the application may have at most {TRIGGERS_MAX} triggers");
            return Err(Problem::invalid(&["path", "trigger_id"], msg));
        }
        Registered::Cycle(at) => return Err(leads_back(&trigger, at)),
        Registered::TooLong => return Err(Problem::invalid(&["body", "next"], ChainError::TooLong)),
    };
    Ok((status, Json(TriggerOut::whole(Trigger { created, ..trigger }))))
}

async fn check_schema(api: &Api, trigger: &Trigger) -> Result<(), Problem> {
    let Some(text) = trigger.payload_schema.clone() else { return Ok(()) };
    let schemas = Arc::clone(&api.schemas);
    let compiled = tokio::task::spawn_blocking(move || schemas.get(&text).map(|_| ())).await;
    let compiled = compiled.map_err(|error| Problem::internal(&error))?;
    compiled.map_err(|reason| Problem::invalid(&["body", "payloadSchema"], reason))
}

/// The call through which the chain leads back, when it is one of this trigger's own; else all of them.
fn leads_back(trigger: &Trigger, at: TriggerId) -> Problem {
    let place = trigger.next.iter().position(|next| next.trigger == at).map(|index| format!("[{index}]"));
    let msg = ChainError::Cycle(at);
    match place {
        Some(index) => Problem::invalid(&["body", "next", &index, "trigger"], msg),
        None => Problem::invalid(&["body", "next"], msg),
    }
}

pub(super) async fn delete(
    State(api): State<Api>,
    caller: OrgCaller,
    Path((app, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let app = caller.app(&api, &app, Capability::ManageEndpoint).await?;
    let id = TriggerId::parse(&id).map_err(|_| Problem::absent())?;
    let was_there = api.store.delete_trigger(app.key, &id).await?;
    if was_there { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::absent()) }
}
