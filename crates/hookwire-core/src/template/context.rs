//! What a template may speak of: the event and the delivery it is part of, made as far as the template asks for it.

use serde::Serialize;

use super::{RenderError, Template, Value};
use crate::id::Key as _;
use crate::json::{Document, Kind, Node};
use crate::{App, Endpoint, Message, Metadata};

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
    /// The endpoint's display name.
    pub endpoint_name: &'a str,
    /// Whose it is.
    pub app: &'a App,
    /// Which attempt this is, from 1.
    pub attempt: u32,
}

impl Facts<'_> {
    /// The body for this delivery, at most `bytes_max` long. Only what `template` names is computed.
    pub fn render(&self, template: &Template, bytes_max: usize) -> Result<String, RenderError> {
        let uses = |root| template.mentions(root);
        let uses_event = uses("event") || uses("eventJson");
        let payload = if uses_event || uses("payload") { Some(Document::index(self.payload)?) } else { None };
        let payload = payload.as_ref().map(Document::root);

        let own = self.own(template, payload.filter(|_| uses_event));
        let own = serde_json::to_string(&own).expect("strings and numbers can be written");
        let own = Document::index(&own)?;

        let event = payload.map(|payload| match own.root().get("event") {
            Some(defaults) if payload.kind() == Kind::Object => Value::Extended(payload, defaults),
            _ => Value::Node(payload),
        });
        let event_json = event.filter(|_| uses("eventJson")).map(literal);
        let mut roots = vec![("payloadJson", Value::Json(self.payload))];
        roots.extend(payload.map(|payload| ("payload", Value::Node(payload))));
        roots.extend(event.map(|event| ("event", event)));
        roots.extend(event_json.as_deref().map(|literal| ("eventJson", Value::Json(literal))));
        for name in ["message", "endpoint", "app", "attempt"] {
            roots.extend(own.root().get(name).map(|node| (name, Value::Node(node))));
        }
        template.render(Value::Record(&roots), bytes_max)
    }

    /// What does not come from the payload.
    fn own(&self, template: &Template, event: Option<Node<'_>>) -> Own<'_> {
        let Self { message, endpoint, app, .. } = self;
        let uses = |root| template.mentions(root);
        let lacks = |name| event.is_some_and(|event| event.get(name).is_none());
        let event_type = message.event_type.as_str();
        Own {
            event: EventFields {
                r#type: lacks("type").then_some(event_type),
                id: lacks("id").then(|| message.key.public()),
                timestamp: lacks("timestamp").then(|| message.created.to_rfc3339()),
                alias: lacks("alias").then(|| self.alias.unwrap_or(event_type)),
            },
            message: uses("message").then(|| MessageFields {
                id: message.key.public(),
                event_id: message.event_id.as_ref().map(crate::Uid::as_str),
                event_type,
                channels: message.channels.iter().map(crate::Channel::as_str).collect(),
                tags: message.tags.iter().map(crate::Tag::as_str).collect(),
                timestamp: message.created.to_rfc3339(),
                created: message.created.seconds(),
            }),
            endpoint: uses("endpoint").then(|| EndpointFields {
                id: endpoint.key.public(),
                uid: endpoint.uid.as_ref().map(crate::Uid::as_str),
                name: self.endpoint_name,
                url: without_credentials(&endpoint.url),
                description: &endpoint.description,
                metadata: &endpoint.metadata,
            }),
            app: uses("app").then(|| AppFields {
                id: app.key.public(),
                uid: app.uid.as_ref().map(crate::Uid::as_str),
                name: &app.name,
            }),
            attempt: uses("attempt").then_some(AttemptFields { number: self.attempt }),
        }
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

/// A URL without user name and password: a body is shown to more people than credentials are.
fn without_credentials(url: &str) -> String {
    let after_scheme = url.find(':').map_or(0, |colon| colon + 1);
    let slashes = url[after_scheme..].bytes().take_while(|byte| matches!(byte, b'/' | b'\\')).count();
    let (scheme, rest) = url.split_at(after_scheme + slashes);
    let authority_end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    let host = rest[..authority_end].rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}{}", &rest[host..])
}

/// What templates find beside the payload. Absent fields are not asked for.
#[derive(Serialize)]
struct Own<'a> {
    event: EventFields<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<MessageFields<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<EndpointFields<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app: Option<AppFields<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<AttemptFields>,
}

/// What `event` has where the payload lacks it.
#[derive(Serialize)]
struct EventFields<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MessageFields<'a> {
    id: String,
    event_id: Option<&'a str>,
    event_type: &'a str,
    channels: Vec<&'a str>,
    tags: Vec<&'a str>,
    timestamp: String,
    created: i64,
}

#[derive(Serialize)]
struct EndpointFields<'a> {
    id: String,
    uid: Option<&'a str>,
    name: &'a str,
    url: String,
    description: &'a str,
    metadata: &'a Metadata,
}

#[derive(Serialize)]
struct AppFields<'a> {
    id: String,
    uid: Option<&'a str>,
    name: &'a str,
}

#[derive(Serialize)]
struct AttemptFields {
    number: u32,
}

#[cfg(test)]
mod tests {
    use super::without_credentials;

    #[test]
    fn urls_are_shown_without_credentials() {
        for (url, shown) in [
            ("https://u:p@h.test/x", "https://h.test/x"),
            ("https://u@h.test", "https://h.test"),
            ("https://u:a@b@h.test?x=y@z", "https://h.test?x=y@z"),
            ("https:/u:p@h.test/", "https:/h.test/"),
            ("https:\\\\u:p@h.test\\x@y", "https:\\\\h.test\\x@y"),
            ("https://h.test/a@b", "https://h.test/a@b"),
            ("", ""),
        ] {
            assert_eq!(without_credentials(url), shown);
        }
    }
}
