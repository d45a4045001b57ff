//! `GET /app/{app_id}/attempt/…`: lists of attempts, by endpoint and by message.

use axum::Json;
use axum::extract::State;
use hookwire_core::{App, AttemptKey, AttemptStatus, Endpoint, EndpointKey, Message, Reference};
use hookwire_store::history::AttemptFilter;

use super::wire::MessageAttemptOut;
use crate::api::Api;
use crate::caller::{Caller, EndpointCaller};
use crate::page::ListOf;
use crate::path::Path;
use crate::problem::Problem;
use crate::query::Params;
use crate::token::Capability;
use crate::v1::message::MessageOut;

type Listed = Result<Json<ListOf<MessageAttemptOut>>, Problem>;

pub(super) async fn by_endpoint(
    State(api): State<Api>,
    caller: EndpointCaller,
    Path((app, endpoint)): Path<(String, String)>,
    params: Params,
) -> Listed {
    let (app, sight) = caller.app(&api, &app, Capability::ViewBase).await?;
    let endpoint = endpoint_of(&api, &app, &endpoint).await?;
    if !sight.shows(endpoint.key) {
        return Err(Problem::absent());
    }
    let with_content = params.flag("with_content", true)?;
    let with_msg = params.flag("with_msg", false)?;
    let page = params.page_in_time::<AttemptKey>()?;
    let Some(filter) = filter(&params, with_msg && with_content)? else { return Ok(Json(ListOf::empty())) };
    let attempts = api.store.attempts_of_endpoint(app.key, endpoint.key, filter, with_msg, page).await?;
    let show = |(attempt, message): (_, Option<Message>)| {
        let message = message.map(|message| MessageOut::choose(message, with_content));
        MessageAttemptOut::of(attempt, with_content, message)
    };
    Ok(Json(ListOf::of_keys(page, attempts, |(attempt, _)| attempt.key, show)))
}

pub(super) async fn by_message(
    State(api): State<Api>,
    caller: Caller,
    Path((app, message)): Path<(String, String)>,
    params: Params,
) -> Listed {
    let app = caller.app(&api, &app, Capability::ViewBase).await?;
    let endpoint = match params.get("endpoint_id") {
        Some(id) => Some(endpoint_of(&api, &app, id).await?.key),
        None => None,
    };
    of_message(&api, &app, &message, endpoint, &params).await
}

/// The older form, with the endpoint in the path.
pub(super) async fn by_message_and_endpoint(
    State(api): State<Api>,
    caller: Caller,
    Path((app, message, endpoint)): Path<(String, String, String)>,
    params: Params,
) -> Listed {
    let app = caller.app(&api, &app, Capability::ViewBase).await?;
    let endpoint = endpoint_of(&api, &app, &endpoint).await?.key;
    of_message(&api, &app, &message, Some(endpoint), &params).await
}

async fn of_message(
    api: &Api,
    app: &App,
    message: &str,
    endpoint: Option<EndpointKey>,
    params: &Params,
) -> Listed {
    let message = super::get::message_of(api, app, message).await?;
    let with_content = params.flag("with_content", true)?;
    let page = params.page_in_time::<AttemptKey>()?;
    let Some(filter) = filter(params, false)? else { return Ok(Json(ListOf::empty())) };
    let filter = AttemptFilter { endpoint, ..filter };
    let attempts = api.store.attempts_of_message(app.key, message, filter, page).await?;
    let show = |attempt| MessageAttemptOut::of(attempt, with_content, None);
    Ok(Json(ListOf::of_keys(page, attempts, |attempt| attempt.key, show)))
}

async fn endpoint_of(api: &Api, app: &App, endpoint: &str) -> Result<Endpoint, Problem> {
    let reference = Reference::<EndpointKey>::parse(endpoint);
    api.store.endpoint(app.key, &reference).await?.ok_or_else(Problem::absent)
}

/// The filter that the query asks for; `None` = one that no attempt passes.
fn filter(params: &Params, with_payload: bool) -> Result<Option<AttemptFilter>, Problem> {
    let message = params.message_filter(with_payload)?;
    params.flag("expanded_statuses", true)?;
    let status = match params.number("status")? {
        None => None,
        Some(0) => Some(AttemptStatus::Succeeded),
        Some(2) => Some(AttemptStatus::Failed),
        // An attempt is made or not: it is never pending, sending or cancelled.
        Some(1 | 3 | 4) => return Ok(None),
        Some(_) => return Err(Problem::invalid(&["query", "status"], "must lie between 0 and 4")),
    };
    let code_class = match params.number("status_code_class")? {
        None => None,
        Some(class @ (0 | 100 | 200 | 300 | 400 | 500)) => Some(class as u16),
        Some(_) => {
            let msg = "must be 0, 100, 200, 300, 400 or 500";
            return Err(Problem::invalid(&["query", "status_code_class"], msg));
        }
    };
    Ok(Some(AttemptFilter { message, status, code_class, endpoint: None }))
}
