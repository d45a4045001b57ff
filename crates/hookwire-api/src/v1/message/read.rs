//! `GET /app/{app_id}/msg` and `GET …/{msg_id}`: an application's messages, and one of them.

use axum::Json;
use axum::extract::State;
use hookwire_core::{MessageKey, Reference};

use super::MessageOut;
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
) -> Result<Json<ListOf<MessageOut>>, Problem> {
    let app = caller.app(&api, &app, Capability::ViewBase).await?;
    let with_content = params.flag("with_content", true)?;
    let filter = params.message_filter(with_content)?;
    let page = params.page_in_time::<MessageKey>()?;
    let messages = api.store.messages(app.key, filter, page).await?;
    let show = |message| MessageOut::choose(message, with_content);
    Ok(Json(ListOf::of_keys(page, messages, |message| message.key, show)))
}

pub(super) async fn get(
    State(api): State<Api>,
    caller: Caller,
    Path((app, message)): Path<(String, String)>,
    params: Params,
) -> Result<Json<MessageOut>, Problem> {
    let app = caller.app(&api, &app, Capability::ViewBase).await?;
    let with_content = params.flag("with_content", true)?;
    let found = api.store.message(app.key, &Reference::<MessageKey>::parse(&message), with_content).await?;
    found.map(|message| Json(MessageOut::choose(message, with_content))).ok_or_else(Problem::absent)
}
