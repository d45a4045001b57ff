//! `POST /event-type/import/openapi`: event types from the `webhooks` of an OpenAPI document.

mod spec;

use axum::Json;
use axum::extract::State;
use hookwire_core::limits::PAGE_MAX;
use hookwire_core::{EventType, EventTypeName, OrgId};
use hookwire_store::{Cursor, Order, Page};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::schemas;
use crate::api::Api;
use crate::caller::OrgCaller;
use crate::json::Body;
use crate::problem::{Issues, Problem};

/// Most event types of one document.
const EVENT_TYPES_MAX: usize = 1_000;

/// An OpenAPI document.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventTypeImportOpenApiIn {
    /// Only say what would be done.
    dry_run: Option<bool>,
    /// Archive the event types that the document does not have.
    replace_all: Option<bool>,
    /// The document.
    #[schema(value_type = Option<Object>)]
    spec: Option<Value>,
    /// The document as JSON text.
    spec_raw: Option<String>,
}

/// What was done.
#[derive(Serialize, ToSchema)]
pub(super) struct EventTypeImportOpenApiOut {
    data: EventTypeImportOpenApiOutData,
}

/// What was done, or would be.
#[derive(Serialize, ToSchema)]
struct EventTypeImportOpenApiOutData {
    /// Names of the event types that were made, changed or archived.
    modified: Vec<String>,
    /// On a dry run: the event types that would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    to_modify: Option<Vec<EventTypeFromOpenApi>>,
}

/// An event type as it stands in the document.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EventTypeFromOpenApi {
    name: String,
    description: String,
    #[schema(value_type = Option<Object>)]
    schemas: Option<Box<RawValue>>,
    deprecated: bool,
    group_name: Option<String>,
}

pub(super) async fn import(
    State(api): State<Api>,
    caller: OrgCaller,
    Body(body): Body<EventTypeImportOpenApiIn>,
) -> Result<Json<EventTypeImportOpenApiOut>, Problem> {
    let dry_run = body.dry_run.unwrap_or(false);
    let replace_all = body.replace_all.unwrap_or(false);
    let found = vetted(&api, &document(body)?)?;
    let gone = if replace_all { others(&api, caller.org(), &found).await? } else { Vec::new() };
    if dry_run {
        let to_modify = found.into_iter().map(EventTypeFromOpenApi::from).collect();
        let data = EventTypeImportOpenApiOutData { modified: Vec::new(), to_modify: Some(to_modify) };
        return Ok(Json(EventTypeImportOpenApiOut { data }));
    }
    let mut modified = Vec::with_capacity(found.len() + gone.len());
    for event_type in found {
        modified.push(event_type.name.to_string());
        api.store.upsert_event_type(caller.org(), event_type).await?;
    }
    for name in gone {
        api.store.delete_event_type(caller.org(), &name, false, api.now()).await?;
        modified.push(name);
    }
    let data = EventTypeImportOpenApiOutData { modified, to_modify: None };
    Ok(Json(EventTypeImportOpenApiOut { data }))
}

fn document(body: EventTypeImportOpenApiIn) -> Result<Value, Problem> {
    let loc = ["body", "spec"];
    match (body.spec, body.spec_raw) {
        (Some(spec), _) if spec.is_object() => Ok(spec),
        (None, Some(text)) => serde_json::from_str(&text)
            .map_err(|error| Problem::invalid(&["body", "specRaw"], format!("must be JSON: {error}"))),
        _ => Err(Problem::invalid(&loc, "must be an OpenAPI document")),
    }
}

/// Every event type of the document, checked before any of them is written.
fn vetted(api: &Api, document: &Value) -> Result<Vec<EventType>, Problem> {
    let mut issues = Issues::default();
    let webhooks = spec::webhooks(document);
    if webhooks.is_empty() || webhooks.len() > EVENT_TYPES_MAX {
        issues.add(&["body", "spec"], format!("must have 1 to {EVENT_TYPES_MAX} webhooks"));
    }
    let mut found = Vec::new();
    for webhook in webhooks.into_iter().take(EVENT_TYPES_MAX) {
        let loc = ["body", "spec", "webhooks", webhook.name.as_str()];
        let name = issues.take(&loc, EventTypeName::parse(&webhook.name));
        crate::v1::check::description(&mut issues, &loc, &webhook.description);
        let text = webhook.schema.map(|schema| serde_json::json!({ "1": schema }).to_string());
        let schemas = text.and_then(|text| schemas::vet(&mut issues, &text));
        found.extend(name.map(|name| EventType {
            name,
            description: webhook.description,
            archived: false,
            deprecated: webhook.deprecated,
            schemas,
            group_name: webhook.group_name,
            feature_flags: Vec::new(),
            created: api.now(),
            updated: api.now(),
        }));
    }
    issues.done().map(|()| found)
}

/// The names of the org's other event types that are not archived.
async fn others(api: &Api, org: &OrgId, found: &[EventType]) -> Result<Vec<String>, Problem> {
    let mut names = Vec::new();
    let mut page = Page { limit: PAGE_MAX, order: Order::Ascending, cursor: None };
    loop {
        let some = api.store.event_types(org, page.clone(), false, None).await?;
        let next = some.items.last().map(|last| last.name.to_string()).filter(|_| some.more);
        let known = |name: &EventTypeName| found.iter().any(|other| other.name == *name);
        let others = some.items.into_iter().filter(|event_type| !known(&event_type.name));
        names.extend(others.map(|event_type| event_type.name.to_string()));
        match next {
            Some(last) => page.cursor = Some(Cursor::After(last)),
            None => return Ok(names),
        }
    }
}

impl From<EventType> for EventTypeFromOpenApi {
    fn from(event_type: EventType) -> Self {
        Self {
            name: event_type.name.to_string(),
            description: event_type.description,
            schemas: event_type.schemas.and_then(|text| RawValue::from_string(text).ok()),
            deprecated: event_type.deprecated,
            group_name: event_type.group_name,
        }
    }
}
