//! `POST /app/{app_id}/trigger/{trigger_id}/invoke`: check what the client gives, and make the call.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hookwire_core::Trigger;
use hookwire_core::target::{TargetErrorKind, TargetUrl};
use hookwire_core::trigger::{Given, Outgoing};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::answer::InvokeOut;
use crate::InvokeError;
use crate::api::Api;
use crate::caller::Caller;
use crate::json::Body;
use crate::path::Path;
use crate::problem::{Issues, Problem};
use crate::schema;
use crate::token::Capability;

/// What a client gives to an invocation.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct InvokeIn {
    /// The data, as the trigger's payload encoding has it: any JSON value for `json`, else a string.
    #[schema(value_type = Option<Object>)]
    data: Option<Box<RawValue>>,
    /// Values of headers that the trigger takes.
    headers: Option<BTreeMap<String, String>>,
    /// Values of query parameters that the trigger takes.
    query_params: Option<BTreeMap<String, String>>,
}

pub(super) async fn invoke(
    State(api): State<Api>,
    caller: Caller,
    Path((app, trigger)): Path<(String, String)>,
    Body(body): Body<InvokeIn>,
) -> Result<Json<InvokeOut>, Problem> {
    let app = caller.app(&api, &app, Capability::CreateAttempts).await?;
    let trigger = super::find(&api, &caller, &app, &trigger).await?;
    let outgoing = outgoing(&api, &trigger, &body)?;
    check_schema(&api, &trigger, &outgoing).await?;
    let invoker = Arc::clone(&api.invoker);
    let asked_by = caller.audit_name();
    // A task of its own: a client that hangs up does not leave a call half made.
    let call = tokio::spawn(async move { invoker.invoke(trigger, outgoing, asked_by).await });
    match call.await.map_err(|error| Problem::internal(&error))? {
        Ok(invoked) => Ok(Json(InvokeOut::from(invoked))),
        Err(InvokeError::TooMany) => Err(Problem::TooMany("Too many invocations are under way; try again.")),
        Err(InvokeError::Failed(reason)) => Err(Problem::internal(&reason)),
    }
}

fn outgoing(api: &Api, trigger: &Trigger, body: &InvokeIn) -> Result<Outgoing, Problem> {
    let none = BTreeMap::new();
    let given = Given {
        data: body.data.as_deref(),
        headers: body.headers.as_ref().unwrap_or(&none),
        query_params: body.query_params.as_ref().unwrap_or(&none),
    };
    let mut issues = Issues::default();
    let outgoing = trigger.outgoing(given).unwrap_or_else(|misfits| {
        for misfit in misfits {
            let at: Vec<&str> = ["body"].into_iter().chain(misfit.at.iter().map(String::as_str)).collect();
            issues.add(&at, misfit.reason);
        }
        Outgoing { url: String::new(), headers: Vec::new(), body: bytes::Bytes::new() }
    });
    issues.done()?;
    // Whether the address may be called is decided when it is known; here it is only about what the client added.
    let target = TargetUrl::parse(&outgoing.url, &api.address_policy, false);
    if target.is_err_and(|error| error.kind() == TargetErrorKind::TooLong) {
        return Err(Problem::invalid(&["body", "queryParams"], "are too long altogether"));
    }
    Ok(outgoing)
}

async fn check_schema(api: &Api, trigger: &Trigger, outgoing: &Outgoing) -> Result<(), Problem> {
    let Some(text) = trigger.payload_schema.clone() else { return Ok(()) };
    let data = schema::parsed(&outgoing.body, api.settings.json_depth_max)
        .map_err(|reason| Problem::invalid(&["body", "data"], reason))?;
    let schemas = Arc::clone(&api.schemas);
    let checked = tokio::task::spawn_blocking(move || schemas.get(&text).map(|schema| schema.faults(&data)));
    let faults = checked.await.map_err(|error| Problem::internal(&error))?;
    let mut issues = Issues::default();
    for fault in faults.map_err(|reason| Problem::internal(&reason))? {
        let at: Vec<&str> = ["body", "data"].into_iter().chain(fault.at.iter().map(String::as_str)).collect();
        issues.add(&at, fault.reason);
    }
    issues.done()
}
