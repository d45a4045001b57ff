//! What a template may speak of: the event and the delivery it is part of, made as far as the template asks for it.

use super::asked::Field;
use super::writer::Writer;
use super::{RenderError, Template, Value};
use crate::json::{Document, Kind, Node};
use crate::target::without_credentials;
use crate::{App, Channel, Endpoint, Message, Tag, Uid};

/// One delivery, as templates see it.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The exact JSON text of the message's payload.
    pub payload: &'a str,
    /// The message.
    pub message: &'a Message,
    /// Another name of its event type; `None` = it has only the one.
    pub alias: Option<&'a str>,
    /// To whom it goes.
    pub endpoint: &'a Endpoint,
    /// Whose it is.
    pub app: &'a App,
    /// Which attempt this is, from 1.
    pub attempt: u32,
}

/// Names that templates can begin with.
const ROOTS: usize = 8;

impl Facts<'_> {
    /// The body for this delivery, at most `bytes_max` long. Only what `template` names is computed.
    pub fn render(&self, template: &Template, bytes_max: usize) -> Result<String, RenderError> {
        let uses = |root| template.mentions(root);
        let uses_event = uses("event") || uses("eventJson");
        let payload = if uses_event || uses("payload") { Some(Document::index(self.payload)?) } else { None };
        let payload = payload.as_ref().map(Document::root);

        let own = self.own(template, payload.filter(|_| uses_event));
        let own = Document::index(&own)?;

        let event = payload.map(|payload| match own.root().get("event") {
            Some(defaults) if payload.kind() == Kind::Object => Value::Extended(payload, defaults),
            _ => Value::Node(payload),
        });
        let event_json = event.filter(|_| uses("eventJson")).map(literal);
        // Names are looked for from the first one on.
        let mut roots = Vec::with_capacity(ROOTS);
        roots.extend(event.map(|event| ("event", event)));
        roots.extend(event_json.as_deref().map(|literal| ("eventJson", Value::Json(literal))));
        for name in ["message", "endpoint", "app", "attempt"] {
            roots.extend(own.root().get(name).map(|node| (name, Value::Node(node))));
        }
        roots.extend(payload.map(|payload| ("payload", Value::Node(payload))));
        roots.push(("payloadJson", Value::Json(self.payload)));
        template.render(Value::Record(&roots), bytes_max)
    }

    /// What does not come from the payload, as JSON: an object for each root, with the fields that the template asks for.
    fn own(&self, template: &Template, event: Option<Node<'_>>) -> String {
        let Self { message, endpoint, app, .. } = self;
        let alias = self.alias.unwrap_or(message.event_type.as_str());
        let mut own = Writer::new(template);
        own.object("event", |own| {
            let lacks = |name| event.is_some_and(|event| event.get(name).is_none());
            let event_type = message.event_type.as_str();
            if own.asks(Field::EventType) && lacks("type") {
                own.field(Field::EventType, |own| own.string(event_type));
            }
            if own.asks(Field::EventId) && lacks("id") {
                own.field(Field::EventId, |own| own.id(message.key));
            }
            if own.asks(Field::EventTimestamp) && lacks("timestamp") {
                own.field(Field::EventTimestamp, |own| own.string(&message.created.to_rfc3339()));
            }
            if own.asks(Field::EventAlias) && lacks("alias") {
                own.field(Field::EventAlias, |own| own.string(alias));
            }
        });
        own.object("message", |own| {
            own.field(Field::MessageId, |own| own.id(message.key));
            own.field(Field::MessageEventId, |own| {
                own.string_or_null(message.event_id.as_ref().map(Uid::as_str));
            });
            own.field(Field::MessageEventType, |own| own.string(message.event_type.as_str()));
            own.field(Field::MessageAlias, |own| own.string(alias));
            own.field(Field::MessageChannels, |own| {
                own.strings(message.channels.iter().map(Channel::as_str));
            });
            own.field(Field::MessageTags, |own| own.strings(message.tags.iter().map(Tag::as_str)));
            own.field(Field::MessageTimestamp, |own| own.string(&message.created.to_rfc3339()));
            own.field(Field::MessageCreated, |own| own.number(message.created.seconds()));
        });
        own.object("endpoint", |own| {
            own.field(Field::EndpointId, |own| own.id(endpoint.key));
            own.field(Field::EndpointUid, |own| own.string_or_null(endpoint.uid.as_ref().map(Uid::as_str)));
            own.field(Field::EndpointName, |own| own.string(&endpoint.name));
            own.field(Field::EndpointUrl, |own| own.string(&without_credentials(&endpoint.url)));
            own.field(Field::EndpointDescription, |own| own.string(&endpoint.description));
            own.field(Field::EndpointMetadata, |own| own.labels(&endpoint.metadata));
        });
        own.object("app", |own| {
            own.field(Field::AppId, |own| own.id(app.key));
            own.field(Field::AppUid, |own| own.string_or_null(app.uid.as_ref().map(Uid::as_str)));
            own.field(Field::AppName, |own| own.string(&app.name));
        });
        own.object("attempt", |own| own.field(Field::AttemptNumber, |own| own.number(self.attempt)));
        own.finish()
    }
}

/// The event as one JSON string literal.
fn literal(event: Value<'_>) -> String {
    let mut text = String::new();
    let Ok(()) = event.pieces(|piece| {
        text.push_str(piece);
        Ok::<_, std::convert::Infallible>(())
    });
    serde_json::to_string(&text).expect("a string can be written")
}
