//! `GET /app/{app_id}/invocation` and `…/{reference_id}`: audit records, as far as the caller may see.

use axum::Json;
use axum::extract::State;
use hookwire_core::id::Key;
use hookwire_core::{Invocation, InvocationKey, TriggerId};
use hookwire_store::triggers::InvocationFilter;

use super::wire::InvocationOut;
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
) -> Result<Json<ListOf<InvocationOut>>, Problem> {
    let app = caller.app(&api, &app, Capability::ViewBase).await?;
    let page = params.page_newest_first::<InvocationKey>()?;
    let trigger = params.get("trigger").map(TriggerId::parse).transpose();
    let trigger = trigger.map_err(|error| Problem::invalid(&["query", "trigger"], error))?;
    let filter = InvocationFilter { trigger, viewer: caller.viewer(), root: None };
    let found = api.store.invocations(app.key, filter, page).await?;
    Ok(Json(ListOf::of_keys(page, found, |invocation| invocation.key, show(&caller))))
}

pub(super) async fn get(
    State(api): State<Api>,
    caller: Caller,
    Path((app, reference)): Path<(String, String)>,
) -> Result<Json<InvocationOut>, Problem> {
    let app = caller.app(&api, &app, Capability::ViewBase).await?;
    let key = InvocationKey::parse(&reference).ok_or_else(Problem::absent)?;
    let found = api.store.invocation(app.key, key).await?;
    let invocation = found.ok_or_else(Problem::absent)?;
    if caller.is_app() && !is_open(&api, &invocation).await? {
        return Err(Problem::absent());
    }
    Ok(Json(show(&caller)(invocation)))
}

/// Whether clients may see it: not if a chain made it, nor if its trigger is hidden.
async fn is_open(api: &Api, invocation: &Invocation) -> Result<bool, Problem> {
    if !invocation.is_root() {
        return Ok(false);
    }
    let trigger = api.store.trigger(invocation.app, &invocation.trigger).await?;
    Ok(trigger.is_none_or(|trigger| !trigger.hidden))
}

fn show(caller: &Caller) -> fn(Invocation) -> InvocationOut {
    if caller.is_app() { InvocationOut::without_response } else { InvocationOut::from }
}
