//! `POST …/send-example`: send an event type's example to one endpoint.

use axum::Json;
use axum::extract::State;
use hookwire_core::limits::PAYLOAD_RETENTION_DEFAULT;
use hookwire_core::{AppKey, EventTypeName, Message, MessageKey, Payload, Reference};
use hookwire_store::ingest::{Ingested, NewMessage};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::Owner;
use crate::api::Api;
use crate::caller::OrgCaller;
use crate::json::Body;
use crate::path::Path;
use crate::problem::Problem;
use crate::token::Capability;
use crate::v1::event_type::example;
use crate::v1::message::MessageOut;

const PINGS: [&str; 2] = ["hookwire.ping", "svix.ping"];
const PING_PAYLOAD: &str = r#"{"success":true}"#;

/// Which example.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventExampleIn {
    /// The event type, or `hookwire.ping`.
    event_type: String,
    /// Which of its examples; 0 unless given.
    example_index: Option<usize>,
    /// A payload to send in place of the example.
    #[schema(value_type = Option<Object>)]
    payload: Option<Box<RawValue>>,
}

pub(super) async fn send(
    State(api): State<Api>,
    caller: OrgCaller,
    Path((app, endpoint)): Path<(String, String)>,
    Body(body): Body<EventExampleIn>,
) -> Result<Json<MessageOut>, Problem> {
    let owner = Owner::of(&api, &caller, &app, Capability::CreateAttempts).await?;
    let endpoint = super::find(&api, &owner, &endpoint).await?;
    let name = EventTypeName::parse(&body.event_type)
        .map_err(|error| Problem::invalid(&["body", "eventType"], error))?;
    let payload = payload(&api, &owner, &name, body).await?;
    if !payload.trim_start().starts_with('{') {
        return Err(Problem::invalid(&["body", "payload"], "must be an object"));
    }
    if endpoint.disabled {
        return Err(Problem::endpoint_disabled());
    }
    let now = api.now();
    let new = NewMessage {
        org: owner.org,
        app: Reference::Key(owner.app.key),
        create_app: None,
        key: api.mint.next::<MessageKey>(now),
        event_type: name,
        event_id: None,
        channels: Vec::new(),
        tags: Vec::new(),
        payload: Payload::from_json(payload),
        deliver_at: None,
        payload_retention: PAYLOAD_RETENTION_DEFAULT,
        only_to: Some(endpoint.key),
        request: None,
        now,
    };
    let shown = shown(&new, owner.app.key);
    match api.store.ingest(new).await? {
        Ingested::Accepted { .. } => Ok(Json(MessageOut::of(shown))),
        Ingested::NoApp => Err(Problem::no_app()),
        Ingested::NoEndpoint => Err(Problem::absent()),
        Ingested::Repeated(_) | Ingested::OtherBody | Ingested::EventIdTaken(_) => {
            Err(Problem::internal(&"an example without ids was taken for a repeat"))
        }
    }
}

fn shown(new: &NewMessage, app: AppKey) -> Message {
    Message {
        key: new.key,
        app,
        event_type: new.event_type.clone(),
        event_id: None,
        channels: Vec::new(),
        tags: Vec::new(),
        payload: Some(new.payload.clone()),
        created: new.now,
        deliver_at: None,
        payload_expires: new.now.plus(new.payload_retention),
    }
}

async fn payload(
    api: &Api,
    owner: &Owner,
    name: &EventTypeName,
    body: EventExampleIn,
) -> Result<String, Problem> {
    if let Some(payload) = body.payload {
        return Ok(payload.get().to_owned());
    }
    if PINGS.contains(&name.as_str()) {
        return Ok(PING_PAYLOAD.to_owned());
    }
    let found = api.store.event_type(&owner.org, name.as_str()).await?.ok_or_else(Problem::absent)?;
    let index = body.example_index.unwrap_or(0);
    example::of(&found, index).ok_or_else(|| {
        let detail = format!("Event type {name} has no example number {index} in version 1 of its schema.");
        Problem::Bad("invalid_scheme", detail)
    })
}
