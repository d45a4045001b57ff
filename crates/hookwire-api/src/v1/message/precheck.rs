//! `POST /app/{app_id}/msg/precheck/active`: whether any endpoint would get such a message.

use axum::Json;
use axum::extract::State;
use hookwire_core::id::Key;
use hookwire_core::limits::{MESSAGE_CHANNELS_MAX, PAGE_MAX};
use hookwire_core::{EventTypeName, subscription};
use hookwire_store::{Cursor, Order, Page};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::caller::Caller;
use crate::json::Body;
use crate::path::Path;
use crate::problem::{Issues, Problem};
use crate::token::Capability;
use crate::v1::check;

/// A message that might be posted.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessagePrecheckIn {
    /// The kind of event.
    event_type: String,
    /// Channels.
    channels: Option<Vec<String>>,
}

/// Whether it would be delivered.
#[derive(Serialize, ToSchema)]
pub(super) struct MessagePrecheckOut {
    /// Whether at least one endpoint that is not disabled wants it.
    active: bool,
}

pub(super) async fn precheck(
    State(api): State<Api>,
    caller: Caller,
    Path(app): Path<String>,
    Body(body): Body<MessagePrecheckIn>,
) -> Result<Json<MessagePrecheckOut>, Problem> {
    let app = caller.app(&api, &app, Capability::ViewBase).await?;
    let mut issues = Issues::default();
    let event_type = issues.take(&["body", "eventType"], EventTypeName::parse(&body.event_type));
    let at = ["body", "channels"];
    let channels = body.channels.map(|names| check::channels(&mut issues, &at, &names, MESSAGE_CHANNELS_MAX));
    issues.done()?;
    let (Some(event_type), channels) = (event_type, channels.unwrap_or_default()) else {
        return Err(Problem::absent());
    };
    let mut page = Page { limit: PAGE_MAX, order: Order::Ascending, cursor: None };
    loop {
        let found = api.store.endpoints(app.key, page).await?;
        let mut enabled = found.items.iter().filter(|endpoint| !endpoint.disabled);
        if enabled.any(|endpoint| subscription::wants(endpoint, &event_type, &channels)) {
            return Ok(Json(MessagePrecheckOut { active: true }));
        }
        match found.items.last().filter(|_| found.more) {
            Some(last) => page.cursor = Some(Cursor::After(last.key.raw())),
            None => return Ok(Json(MessagePrecheckOut { active: false })),
        }
    }
}
