//! Event types: the kinds of events that an org sends.

mod change;
mod create;
mod delete;
pub(super) mod example;
mod import;
mod read;
mod schemas;
mod wire;

use hookwire_core::EventType;

use crate::api::Api;
use crate::caller::Caller;
use crate::operation::{
    Access, ORDER, Operation, PAGE, ParamKind, delete as remove, get, only, patch, post, put,
};
use crate::problem::Problem;

pub(super) fn operations() -> Vec<Operation> {
    let archived = only("include_archived", ParamKind::Boolean, "Whether archived ones are listed too.");
    let content = only("with_content", ParamKind::Boolean, "Whether schemas are wanted; false unless given.");
    let expunge = only("expunge", ParamKind::Boolean, "Remove it altogether instead of archiving it.");
    vec![
        get("event_type.list", "/event-type", read::list)
            .says("List event types by name")
            .access(Access::Any)
            .params(&[PAGE, ORDER, &archived, &content])
            .lists::<wire::EventTypeOut>(),
        post("event_type.create", "/event-type", create::create)
            .says("Make an event type, or bring an archived one back")
            .body::<wire::EventTypeIn>()
            .answers::<wire::EventTypeOut>(201),
        post("event_type.import_openapi", "/event-type/import/openapi", import::import)
            .says("Make or update event types from the webhooks of an OpenAPI document")
            .body::<import::EventTypeImportOpenApiIn>()
            .answers::<import::EventTypeImportOpenApiOut>(200),
        get("event_type.get", "/event-type/{event_type_name}", read::get)
            .says("Get an event type")
            .access(Access::Any)
            .answers::<wire::EventTypeOut>(200),
        put("event_type.upsert", "/event-type/{event_type_name}", change::upsert)
            .says("Make an event type, or give it these values")
            .body::<wire::EventTypeUpsertIn>()
            .answers::<wire::EventTypeOut>(200)
            .answers::<wire::EventTypeOut>(201),
        patch("event_type.patch", "/event-type/{event_type_name}", change::patch)
            .says("Change an event type")
            .body::<wire::EventTypePatch>()
            .answers::<wire::EventTypeOut>(200),
        remove("event_type.delete", "/event-type/{event_type_name}", delete::delete)
            .says("Archive an event type")
            .params(&[&expunge])
            .answers_nothing(204),
    ]
}

/// The event type of that name, if the caller sees it.
pub(super) async fn visible(api: &Api, caller: &Caller, name: &str) -> Result<Option<EventType>, Problem> {
    let found = api.store.event_type(caller.org(), name).await?;
    Ok(found.filter(|event_type| {
        let needed = &event_type.feature_flags;
        let granted = |flags: &[String]| needed.iter().any(|flag| flags.contains(flag));
        needed.is_empty() || caller.feature_flags().is_none_or(granted)
    }))
}
