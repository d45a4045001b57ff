//! What templates find around an event.

use super::*;
use crate::id::Key as _;
use crate::{
    App, AppKey, Channel, Endpoint, EndpointKey, EventTypeName, Message, MessageKey, Metadata, NewApp,
    NewEndpoint, OrgId, Payload, Secret, Tag, Timestamp, Uid,
};

const CREATED: Timestamp = Timestamp::from_micros(1_790_000_000_250_000);

fn message() -> Message {
    Message {
        key: MessageKey::from_raw(MessageKey::floor(CREATED).raw() + 7),
        app: AppKey::from_raw(1),
        event_type: EventTypeName::parse("post_created").unwrap(),
        event_id: None,
        channels: vec![Channel::parse("blog").unwrap(), Channel::parse("news").unwrap()],
        tags: vec![Tag::parse("t1").unwrap()],
        payload: Some(Payload::from_json("{}")),
        created: CREATED,
        deliver_at: None,
        payload_expires: CREATED,
    }
}

fn endpoint() -> Endpoint {
    let new = NewEndpoint {
        uid: Some(Uid::parse("billing").unwrap()),
        url: "https://user:p%40ss@hooks.example.com:8443/in?a=b@c".to_owned(),
        description: "for \"billing\"".to_owned(),
        version: 1,
        disabled: false,
        event_types: None,
        channels: None,
        throttle_rate: None,
        metadata: Metadata::from([("team".to_owned(), "R&D".to_owned())]),
        headers: None,
        secret: Secret::from_random([0; 24]),
    };
    new.into_endpoint(EndpointKey::from_raw(2), AppKey::from_raw(1), CREATED)
}

fn app() -> App {
    NewApp { name: "Acme".to_owned(), ..NewApp::default() }.into_app(
        AppKey::from_raw(1),
        OrgId::stored("org_1"),
        CREATED,
    )
}

fn render_alias(source: &str, payload: &str, alias: Option<&str>) -> Result<String, RenderError> {
    let (message, endpoint, app) = (message(), endpoint(), app());
    let facts = Facts {
        payload,
        message: &message,
        alias,
        endpoint: &endpoint,
        endpoint_name: "Billing",
        app: &app,
        attempt: 3,
    };
    facts.render(&compile(source, Escape::Json), BYTES_MAX)
}

#[track_caller]
fn renders(source: &str, payload: &str, expected: &str) {
    assert_eq!(render_alias(source, payload, None).as_deref(), Ok(expected), "{source}");
}

#[test]
fn the_example_of_unleash_renders() {
    renders(
        r#"{
  "event": "{{event.type}}",
  "createdBy": "{{event.createdBy}}",
  "featureToggle": "{{event.data.name}}",
  "timestamp": "{{event.data.createdAt}}",
  "json": {{{eventJson}}}
}"#,
        r#"{"id":1,"type":"feature-created","timestamp":null,"createdBy":"\"Ann\"","alias":"","data":{"name":"demo"}}"#,
        r#"{
  "event": "feature-created",
  "createdBy": "\"Ann\"",
  "featureToggle": "demo",
  "timestamp": "",
  "json": "{\"id\":1,\"type\":\"feature-created\",\"timestamp\":null,\"createdBy\":\"\\\"Ann\\\"\",\"alias\":\"\",\"data\":{\"name\":\"demo\"}}"
}"#,
    );
}

#[test]
fn the_event_is_the_payload_and_what_it_lacks() {
    let id = message().key.public();
    renders(
        "{{event.type}} {{event.id}} {{event.timestamp}} {{event.alias}} {{event.x}}",
        r#"{"x":1}"#,
        &format!("post_created {id} 2026-09-21T14:13:20.250000Z post_created 1"),
    );
    renders(
        "{{#event}}{{type}} {{id}}{{timestamp}} {{alias}}{{/event}}",
        r#"{"type":"own","id":null,"timestamp":7,"alias":false}"#,
        "own 7 false",
    );
    assert_eq!(render_alias("{{event.alias}}", "{}", Some("postCreated")).as_deref(), Ok("postCreated"));
}

#[test]
fn the_event_as_json_has_both() {
    let rest = r#""type":"post_created","timestamp":"2026-09-21T14:13:20.250000Z""#;
    renders(
        "{{event}}",
        r#" {"id":1,"alias":"a", "x": [1 ] } "#,
        &format!(r#"{{"id":1,"alias":"a", "x": [1 ] ,{rest}}}"#),
    );
    let rest = r#"type":"b","timestamp":1"#;
    renders(
        "{{{event}}}",
        &format!(r#"{{"id":1,"alias":2,"{rest}}}"#),
        &format!(r#"{{"id":1,"alias":2,"{rest}}}"#),
    );
    let body = render_alias("{{event}}", "{ }", None).unwrap();
    let event: serde_json::Value = serde_json::from_str(&body).unwrap();
    let keys: Vec<_> = event.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["alias", "id", "timestamp", "type"]);
}

#[test]
fn the_event_as_a_literal_is_json_in_json() {
    let payload = "{\"text\":\"a \\\"b\\\"\",\n\"n\":10.0}";
    for source in [r#"{"event":{{{eventJson}}}}"#, r#"{"event":{{eventJson}}}"#, r#"{"event":"{{event}}"}"#] {
        let body = render_alias(source, payload, None).unwrap();
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        let event = body["event"].as_str().unwrap();
        assert!(event.starts_with("{\"text\":\"a \\\"b\\\"\",\n\"n\":10.0,"), "{event}");
        assert!(serde_json::from_str::<serde_json::Value>(event).is_ok(), "{event}");
    }
}

#[test]
fn the_payload_keeps_its_exact_text() {
    let payload = "{\"n\": 1e400 , \"k\":1,\"k\":2}";
    renders(r#"{"p":{{{payloadJson}}}}"#, payload, &format!("{{\"p\":{payload}}}"));
    renders(r#"{"p":{{payloadJson}}}"#, payload, &format!("{{\"p\":{payload}}}"));
    renders(r#"{"p":{{payload}}}"#, payload, &format!("{{\"p\":{payload}}}"));
    renders(r#"{"p":"{{payloadJson}}"}"#, payload, r#"{"p":"{\"n\": 1e400 , \"k\":1,\"k\":2}"}"#);
    renders("{{payload.n}} {{payload.k}} {{payload.type}}", payload, "1e400 2 ");
}

#[test]
fn message_endpoint_app_and_attempt_are_there() {
    let id = message().key.public();
    renders(
        "{{message.id}} {{message.eventId}} {{message.eventType}} {{#message.channels}}{{.}},{{/message.channels}} \
         {{message.tags}} {{message.timestamp}} {{message.created}}",
        "{}",
        &format!(r#"{id}  post_created blog,news, ["t1"] 2026-09-21T14:13:20.250000Z 1790000000"#),
    );
    renders(
        "{{endpoint.id}} {{endpoint.uid}} {{endpoint.name}} {{endpoint.url}} {{endpoint.description}} \
         {{endpoint.metadata.team}}",
        "{}",
        &format!(
            r#"{} billing Billing https://hooks.example.com:8443/in?a=b@c for \"billing\" R&D"#,
            EndpointKey::from_raw(2).public()
        ),
    );
    renders("{{app.id}} {{app.uid}} {{app.name}}", "{}", &format!("{}  Acme", AppKey::from_raw(1).public()));
    renders("{{attempt.number}}", "{}", "3");
}

#[test]
fn the_envelope_of_a_product_can_be_written() {
    renders(
        r#"{"type":"{{event.alias}}","data":{{payload}},"created":{{message.created}}}"#,
        r#"{"title":"Hi"}"#,
        r#"{"type":"post_created","data":{"title":"Hi"},"created":1790000000}"#,
    );
}

#[test]
fn other_names_are_nothing() {
    renders("[{{secret}}{{endpoint.secrets}}{{endpoint.headers}}{{.}}{{title}}]", r#"{"title":1}"#, "[]");
}

#[test]
fn a_payload_that_is_not_json_is_an_error_only_if_it_is_read() {
    assert!(matches!(render_alias("{{payload.x}}", "{\"x\"", None), Err(RenderError::Payload(_))));
    assert!(matches!(render_alias("{{eventJson}}", "", None), Err(RenderError::Payload(_))));
    assert!(render_alias("{{app.name}} {{payloadJson}}", "{\"x\"", None).is_ok());
}

#[test]
fn a_payload_that_is_no_object_is_the_event() {
    renders("{{event}} {{event.0}} {{event.type}}", "[1,2]", "[1,2] 1 ");
}
