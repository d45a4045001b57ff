//! `POST /app/{app_id}/msg`: accept a message and fan it out. The hot path: the payload is never parsed into a tree.

mod vet;

use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use hookwire_core::id::Key;
use hookwire_core::{MessageKey, Reference, Timestamp};
use hookwire_store::ingest::{Ingested, NewMessage};
use http::{HeaderValue, StatusCode, Uri, header};
use serde::Serialize;
use serde_json::value::RawValue;

use super::MessageOut;
use super::wire::MessageIn;
use crate::api::Api;
use crate::caller::OrgCaller;
use crate::idempotency::{self, IdempotencyKey};
use crate::ignored;
use crate::json::{self, BodyBytes};
use crate::path::Path;
use crate::problem::Problem;
use crate::query::Params;

pub(super) async fn create(
    State(api): State<Api>,
    caller: OrgCaller,
    key: IdempotencyKey,
    Path(app): Path<String>,
    uri: Uri,
    BodyBytes(bytes): BodyBytes,
) -> Result<Response, Problem> {
    accept(&api, &caller, key, &app, &uri, &bytes).await
}

/// Accepts the message in `bytes` for that app, and answers.
pub(crate) async fn accept(
    api: &Api,
    caller: &OrgCaller,
    IdempotencyKey(key): IdempotencyKey,
    app: &str,
    uri: &Uri,
    bytes: &[u8],
) -> Result<Response, Problem> {
    let with_content = uri.query().is_none() || Params::of(uri)?.flag("with_content", true)?;
    let now = api.now();
    let (body, unknown) = json::parse::<MessageIn<'_>>(bytes, api.settings.json_depth_max)?;
    let payload = with_content.then_some(body.payload);
    let event_id = body.event_id.clone();
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let vetted = vet::vet(body, app, now)?;
    let message = NewMessage {
        org: caller.org().clone(),
        app: Reference::parse(app),
        create_app: vetted.create_app,
        key: api.mint.next::<MessageKey>(now),
        event_type: vetted.event_type,
        event_id: vetted.event_id,
        channels: vetted.channels,
        tags: vetted.tags,
        payload: vetted.payload,
        deliver_at: vetted.deliver_at,
        payload_retention: vetted.payload_retention,
        only_to: None,
        request: key.map(|key| idempotency::request_id(caller, path, &key, bytes)),
        now,
    };
    let accepted = Accepted::of(&message, event_id.as_deref(), payload);
    let answer = serde_json::to_vec(&accepted).map_err(|error| Problem::internal(&error))?;
    let answer = match api.store.ingest(message).await? {
        Ingested::Accepted { .. } => answer,
        Ingested::Repeated(first) => serde_json::to_vec(&MessageOut::choose(*first, with_content))
            .map_err(|error| Problem::internal(&error))?,
        Ingested::OtherBody => return Err(Problem::IdempotencyMismatch),
        Ingested::EventIdTaken(existing) => return Err(Problem::EventIdTaken(existing)),
        Ingested::NoApp => return Err(Problem::no_app()),
        Ingested::NoEndpoint => return Err(Problem::absent()),
    };
    Ok(response(answer, &unknown))
}

fn response(answer: Vec<u8>, unknown: &[String]) -> Response {
    let mut response = Response::new(Bytes::from(answer).into());
    *response.status_mut() = StatusCode::ACCEPTED;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(names) = ignored::header(unknown) {
        response.headers_mut().insert(ignored::HEADER, names);
    }
    response
}

/// The answer to a fresh message; the same shape as [`MessageOut`], written without copies.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Accepted<'a> {
    event_id: Option<&'a str>,
    event_type: &'a str,
    payload: Shown<'a>,
    channels: Option<Vec<&'a str>>,
    id: String,
    timestamp: String,
    tags: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deliver_at: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Shown<'a> {
    Whole(&'a RawValue),
    Nothing {},
}

impl<'a> Accepted<'a> {
    fn of(message: &'a NewMessage, event_id: Option<&'a str>, payload: Option<&'a RawValue>) -> Self {
        let listed = |names: Vec<&'a str>| if names.is_empty() { None } else { Some(names) };
        Self {
            event_id,
            event_type: message.event_type.as_str(),
            payload: payload.map_or(Shown::Nothing {}, Shown::Whole),
            channels: listed(message.channels.iter().map(hookwire_core::Channel::as_str).collect()),
            id: message.key.public(),
            timestamp: message.now.to_rfc3339(),
            tags: listed(message.tags.iter().map(hookwire_core::Tag::as_str).collect()),
            deliver_at: message.deliver_at.map(Timestamp::to_rfc3339),
        }
    }
}
