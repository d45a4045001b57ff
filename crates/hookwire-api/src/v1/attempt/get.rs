//! `GET …/attempt/{attempt_id}` and `DELETE …/content`: one attempt, and removing its response.

use axum::Json;
use axum::extract::State;
use hookwire_core::id::Key;
use hookwire_core::{App, AttemptKey, MessageKey, Reference};
use hookwire_store::history::Erased;
use http::StatusCode;

use super::wire::MessageAttemptOut;
use crate::api::Api;
use crate::caller::Caller;
use crate::path::Path;
use crate::problem::Problem;
use crate::query::Params;
use crate::token::Capability;

type Ids = (String, String, String);

pub(super) async fn get(
    State(api): State<Api>,
    caller: Caller,
    Path((app, message, attempt)): Path<Ids>,
    params: Params,
) -> Result<Json<MessageAttemptOut>, Problem> {
    params.flag("expanded_statuses", true)?;
    let app = caller.app(&api, &app, Capability::ViewBase).await?;
    let message = message_of(&api, &app, &message).await?;
    let key = AttemptKey::parse(&attempt).ok_or_else(Problem::absent)?;
    let attempt = api.store.attempt(app.key, message, key).await?.ok_or_else(Problem::absent)?;
    Ok(Json(MessageAttemptOut::of(attempt, true, None)))
}

pub(super) async fn expunge(
    State(api): State<Api>,
    caller: Caller,
    Path((app, message, attempt)): Path<Ids>,
) -> Result<StatusCode, Problem> {
    let app = caller.app(&api, &app, Capability::ManageEndpoint).await?;
    let message = message_of(&api, &app, &message).await?;
    let key = AttemptKey::parse(&attempt).ok_or_else(Problem::absent)?;
    match api.store.expunge_response(app.key, message, key).await? {
        Erased::Done => Ok(StatusCode::NO_CONTENT),
        Erased::Absent => Err(Problem::absent()),
    }
}

/// The key of the message that a path names.
pub(super) async fn message_of(api: &Api, app: &App, message: &str) -> Result<MessageKey, Problem> {
    let reference = Reference::<MessageKey>::parse(message);
    let found = api.store.message(app.key, &reference, false).await?;
    found.map(|message| message.key).ok_or_else(Problem::absent)
}
