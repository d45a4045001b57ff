//! `GET /app/{app_id}/trigger` and `GET /app/{app_id}/trigger/{trigger_id}`: triggers, as far as the caller may see.

use axum::Json;
use axum::extract::State;
use hookwire_core::Trigger;

use super::wire::TriggerOut;
use crate::api::Api;
use crate::caller::Caller;
use crate::page::ListOf;
use crate::path::Path;
use crate::problem::Problem;
use crate::query::Params;
use crate::token::Capability;

pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Path(app): Path<String>,
    params: Params,
) -> Result<Json<ListOf<TriggerOut>>, Problem> {
    let app = caller.app(&api, &app, Capability::ViewBase).await?;
    let page = params.page_by_name()?;
    let found = api.store.triggers(app.key, caller.viewer(), page.clone()).await?;
    Ok(Json(ListOf::of_names(&page, found, |trigger| trigger.id.to_string(), show(&caller))))
}

pub(super) async fn get(
    State(api): State<Api>,
    caller: Caller,
    Path((app, trigger)): Path<(String, String)>,
) -> Result<Json<TriggerOut>, Problem> {
    let app = caller.app(&api, &app, Capability::ViewBase).await?;
    let trigger = super::find(&api, &caller, &app, &trigger).await?;
    Ok(Json(show(&caller)(trigger)))
}

fn show(caller: &Caller) -> fn(Trigger) -> TriggerOut {
    if caller.is_app() { TriggerOut::format } else { TriggerOut::whole }
}
