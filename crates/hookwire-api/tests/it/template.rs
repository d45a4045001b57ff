//! `/template/render`.

use hookwire_api::token::AppGrant;
use serde_json::json;

use crate::world::World;

const PATH: &str = "/template/render";

#[tokio::test]
async fn a_template_is_tried_on_a_payload() {
    let world = World::new();
    let org = world.org();
    let payload = json!({ "title": "a \"b\" <c>" });
    for (content_type, body) in [
        (json!(null), r#"{"t":"a \"b\" <c>"}"#),
        (json!("application/problem+json"), r#"{"t":"a \"b\" <c>"}"#),
        (json!("text/html; charset=utf-8"), r#"{"t":"a &quot;b&quot; &lt;c&gt;"}"#),
        (json!("text/plain"), r#"{"t":"a "b" <c>"}"#),
    ] {
        let request = json!({ "template": r#"{"t":"{{event.title}}"}"#, "contentType": content_type, "payload": payload });
        assert_eq!(org.post(PATH, request).await.expect(200), json!({ "body": body }), "{content_type}");
    }
    let app = org.make_app("acme").await;
    let own = world.app_client("org_a", &app);
    let request =
        json!({ "template": "{{event.type}} {{{payloadJson}}} {{attempt.number}}", "payload": { "a": [1] } });
    assert_eq!(own.post(PATH, request).await.expect(200)["body"], r#"example {"a":[1]} 1"#);
}

#[tokio::test]
async fn an_event_type_brings_its_example_and_its_alias() {
    let world = World::new();
    let org = world.org();
    org.put("/profile", json!({ "name": "flotiq" })).await.expect(200);
    let template = "{{message.alias}} {{event.contentTypeName}}";
    let example = json!({ "template": template, "eventType": "content_object.delete" });
    assert_eq!(org.post(PATH, example).await.expect(200)["body"], "Delete product");
    let own = json!({ "template": template, "eventType": "content_object.delete", "payload": { "contentTypeName": "p" } });
    assert_eq!(org.post(PATH, own).await.expect(200)["body"], "Delete p");
}

#[tokio::test]
async fn an_event_type_that_the_caller_does_not_see_is_none() {
    let world = World::new();
    let org = world.org();
    let schemas = json!({ "1": { "examples": [{ "a": 1 }] } });
    let hidden = json!({ "name": "a.b", "description": "d", "schemas": schemas, "featureFlags": ["beta"] });
    org.post("/event-type", hidden).await.expect(201);
    org.make_event_type("bare").await;
    let app = org.make_app("acme").await;
    let request = json!({ "template": "{{{payloadJson}}}", "eventType": "a.b" });
    world.app_client("org_a", &app).post(PATH, request.clone()).await.expect_invalid_at("body.eventType");
    let grant = AppGrant { feature_flags: vec!["beta".to_owned()], ..AppGrant::default() };
    let granted = world.app_client_with("org_a", &app, grant);
    assert_eq!(granted.post(PATH, request.clone()).await.expect(200)["body"], r#"{"a":1}"#);
    org.post(PATH, request.clone()).await.expect(200);
    world.org_named("org_b").post(PATH, request).await.expect_invalid_at("body.eventType");
}

#[tokio::test]
async fn every_fault_of_a_trial_is_named() {
    let world = World::new();
    let org = world.org();
    org.make_event_type("bare").await;
    for (request, place, reason) in [
        (json!({ "template": "a\n{{#x}}", "payload": {} }), "body.template", "line 2, column 1: "),
        (json!({ "template": "x".repeat(65_537), "payload": {} }), "body.template", "line 1, column "),
        (
            json!({ "template": "", "payload": {}, "contentType": "json" }),
            "body.contentType",
            "must be a media type",
        ),
        (json!({ "template": "", "eventType": "a b" }), "body.eventType", "may only hold"),
        (json!({ "template": "", "eventType": "none" }), "body.eventType", "is no event type"),
        (json!({ "template": "", "eventType": "bare" }), "body.eventType", "has no example"),
        (json!({ "template": "" }), "body.payload", "must be given"),
        (json!({ "payload": {} }), "body", "missing field"),
    ] {
        let issues = org.post(PATH, request.clone()).await.expect_invalid();
        assert!(issues.iter().any(|(at, msg)| at == place && msg.starts_with(reason)), "{issues:?}");
    }
}

#[tokio::test]
async fn hostile_templates_end_in_an_error() {
    let world = World::new();
    let org = world.org();
    let list = json!({ "l": vec![1; 2_000] });
    let nested = json!({ "template": "{{#event.l}}{{#event.l}}{{#event.l}}{{/event.l}}{{/event.l}}{{/event.l}}", "payload": list });
    let large = json!({ "template": "{{#event.l}}{{event}}{{/event.l}}", "payload": { "l": vec!["x".repeat(300); 300] } });
    for (request, reason) in
        [(nested, "rendering takes more than"), (large, "the rendered body is longer than")]
    {
        let issues = org.post(PATH, request).await.expect_invalid();
        assert!(issues[0].0 == "body.template" && issues[0].1.starts_with(reason), "{issues:?}");
    }
}
