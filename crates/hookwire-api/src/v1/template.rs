//! `POST /template/render`: try a body template.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hookwire_core::limits::TEMPLATE_OUTPUT_BYTES_MAX;
use hookwire_core::rules::RulesChange;
use hookwire_core::template::{Escape, Facts, Template};
use hookwire_core::{
    App, Endpoint, EventTypeName, Message, Metadata, NewApp, NewEndpoint, Profile, ProfileName, header,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::event_type;
use crate::api::Api;
use crate::caller::Caller;
use crate::json::Body;
use crate::operation::{Access, Operation, Repeats, post};
use crate::problem::{Issues, Problem};

/// The event type of a payload that is given without one.
const EVENT_TYPE: &str = "example";
const EVENT_TYPE_AT: &[&str] = &["body", "eventType"];

/// A template and what it is tried on. The message, its endpoint and its application are made up.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TemplateRenderIn {
    /// The Mustache template.
    template: String,
    /// The `Content-Type` that it is for; the profile's unless given.
    content_type: Option<String>,
    /// The kind of event; without a payload, its first example is rendered.
    event_type: Option<String>,
    /// A payload.
    #[schema(value_type = Option<Object>)]
    payload: Option<Box<RawValue>>,
}

/// What came of it.
#[derive(Serialize, ToSchema)]
pub(super) struct TemplateRenderOut {
    /// The body that would be sent.
    body: String,
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        post("template.render", "/template/render", render)
            .says("Try a template on an event type's example or on a payload")
            .access(Access::Any)
            .repeats(Repeats::Harmless)
            .body::<TemplateRenderIn>()
            .answers::<TemplateRenderOut>(200),
    ]
}

async fn render(
    State(api): State<Api>,
    caller: Caller,
    Body(body): Body<TemplateRenderIn>,
) -> Result<Json<TemplateRenderOut>, Problem> {
    let mut issues = Issues::default();
    let name = EventTypeName::parse(body.event_type.as_deref().unwrap_or(EVENT_TYPE));
    let name = issues.take(EVENT_TYPE_AT, name);
    if let Some(text) = &body.content_type {
        issues.take(&["body", "contentType"], header::check_content_type(text));
    }
    if body.event_type.is_none() && body.payload.is_none() {
        issues.add(&["body", "payload"], "must be given, unless eventType is");
    }
    issues.done()?;
    let Some(name) = name else { return Err(Problem::invalid(EVENT_TYPE_AT, "must be given")) };
    let payload = match body.payload {
        Some(payload) => payload.get().to_owned(),
        None => example(&api, &caller, &name).await?,
    };
    let profile = api.store.profile(caller.org()).await?;
    let profile = Arc::clone(api.profiles.get_or_standard(profile.as_str()));
    let content_type = body.content_type.unwrap_or_else(|| profile.content_type.clone());
    let (template, delivery) = (body.template, Delivery::made_up(&api, &caller, name, payload));
    let body = api.trial(move || delivery.body(&template, &content_type, &profile)).await?;
    Ok(Json(TemplateRenderOut { body }))
}

async fn example(api: &Api, caller: &Caller, name: &EventTypeName) -> Result<String, Problem> {
    let found = event_type::visible(api, caller, name.as_str()).await?;
    let found = found.ok_or_else(|| Problem::invalid(EVENT_TYPE_AT, "is no event type of this org"))?;
    let none = || Problem::invalid(EVENT_TYPE_AT, "has no example; give a payload");
    event_type::example::of(&found, 0).ok_or_else(none)
}

/// A delivery that never was.
struct Delivery {
    payload: String,
    message: Message,
    endpoint: Endpoint,
    app: App,
}

impl Delivery {
    fn made_up(api: &Api, caller: &Caller, event_type: EventTypeName, payload: String) -> Self {
        let now = api.now();
        let app = NewApp { name: "Example application".to_owned(), ..NewApp::default() };
        let app = app.into_app(api.mint.next(now), caller.org().clone(), ProfileName::standard(), now);
        let endpoint = NewEndpoint {
            uid: None,
            name: Some("Example endpoint".to_owned()),
            url: "https://example.com/webhooks".to_owned(),
            description: String::new(),
            version: 1,
            disabled: false,
            event_types: None,
            channels: None,
            throttle_rate: None,
            metadata: Metadata::new(),
            headers: None,
            rules: RulesChange::default(),
            secret: api.fresh_secret(),
        };
        let message = Message {
            key: api.mint.next(now),
            app: app.key,
            event_type,
            event_id: None,
            channels: Vec::new(),
            tags: Vec::new(),
            payload: None,
            created: now,
            deliver_at: None,
            payload_expires: now,
        };
        let endpoint = endpoint.into_endpoint(api.mint.next(now), app.key, now);
        Self { payload, message, endpoint, app }
    }

    /// What `template` makes of it.
    fn body(&self, template: &str, content_type: &str, profile: &Profile) -> Result<String, Problem> {
        let at = ["body", "template"];
        let compiled = Template::compile(template, Escape::of_content_type(content_type));
        let compiled = compiled.map_err(|error| Problem::invalid(&at, error))?;
        let facts = Facts {
            payload: &self.payload,
            message: &self.message,
            alias: Some(profile.alias(self.message.event_type.as_str())),
            endpoint: &self.endpoint,
            app: &self.app,
            attempt: 1,
        };
        facts.render(&compiled, TEMPLATE_OUTPUT_BYTES_MAX).map_err(|error| Problem::invalid(&at, error))
    }
}
