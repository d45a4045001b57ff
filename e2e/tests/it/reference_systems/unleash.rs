//! Unleash: the webhook integration with its body template.

use std::fs;

use hookwire_testkit::{Receiver, Reply, Server, eventually, free_port};
use serde_json::{Value, json};

use super::Product;
use crate::tenant::{Tenant, list, text};

const EVENTS: [&str; 31] = [
    "change-added",
    "change-discarded",
    "change-request-applied",
    "change-request-approval-added",
    "change-request-approved",
    "change-request-cancelled",
    "change-request-created",
    "change-request-discarded",
    "change-request-schedule-suspended",
    "change-request-scheduled",
    "change-request-scheduled-application-failure",
    "change-request-scheduled-application-success",
    "change-request-sent-to-review",
    "feature-archived",
    "feature-completed",
    "feature-created",
    "feature-environment-disabled",
    "feature-environment-enabled",
    "feature-metadata-updated",
    "feature-potentially-stale-on",
    "feature-project-change",
    "feature-revived",
    "feature-stale-off",
    "feature-stale-on",
    "feature-strategy-add",
    "feature-strategy-remove",
    "feature-strategy-update",
    "feature-tagged",
    "feature-untagged",
    "feature-updated",
    "feature-variants-updated",
];

const TEMPLATE: &str = r#"{
  "event": "{{event.type}}",
  "createdBy": "{{event.createdBy}}",
  "featureToggle": "{{event.data.name}}",
  "timestamp": "{{event.data.createdAt}}"
}"#;

fn feature_created() -> Value {
    json!({
        "id": 899, "type": "feature-created", "createdBy": "user@company.com",
        "createdAt": "2022-05-31T13:32:20.560Z",
        "data": { "name": "new-feature", "project": "my-project", "createdAt": "2022-05-31T13:32:20.547Z" },
        "preData": null, "tags": [], "featureName": "new-feature", "environment": null
    })
}

#[tokio::test]
async fn every_event_of_the_list_is_there_and_the_old_one_is_marked_as_deprecated() {
    let product = Product::with_profile("unleash").await;
    let types = product.event_types().await;
    let mut names: Vec<String> = types.iter().map(|one| text(one, "name")).collect();
    names.sort();
    assert_eq!(names, EVENTS);
    let deprecated: Vec<String> =
        types.iter().filter(|one| one["deprecated"] == true).map(|one| text(one, "name")).collect();
    assert_eq!(deprecated, ["feature-updated"]);
}

#[tokio::test]
async fn the_url_is_the_only_required_property_and_without_a_template_the_event_itself_is_posted() {
    let product = Product::with_profile("unleash").await;
    product.endpoint("/hook", json!({})).await;
    product.send("feature-created", feature_created()).await;
    let request = product.receiver.wait_for("/hook", 1).await.remove(0);
    assert_eq!((request.method.as_str(), request.header("content-type")), ("POST", "application/json"));
    assert_eq!(request.text(), feature_created().to_string());
}

#[tokio::test]
async fn a_webhook_listens_for_the_chosen_events_only() {
    let product = Product::with_profile("unleash").await;
    product.endpoint("/hook", json!({ "eventTypes": ["feature-archived", "feature-revived"] })).await;
    product.send("feature-created", json!({ "n": 1 })).await;
    product.send("feature-revived", json!({ "n": 2 })).await;
    assert_eq!(product.receiver.wait_for("/hook", 1).await[0].text(), r#"{"n":2}"#);
    assert_eq!(product.receiver.requests().len(), 1);
}

#[tokio::test]
async fn the_documents_template_renders_exactly() {
    let product = Product::with_profile("unleash").await;
    product.endpoint("/hook", json!({ "bodyTemplate": TEMPLATE })).await;
    product.send("feature-created", feature_created()).await;
    let expected = r#"{
  "event": "feature-created",
  "createdBy": "user@company.com",
  "featureToggle": "new-feature",
  "timestamp": "2022-05-31T13:32:20.547Z"
}"#;
    assert_eq!(product.receiver.wait_for("/hook", 1).await[0].text(), expected);
}

#[tokio::test]
async fn values_are_escaped_for_json() {
    let product = Product::with_profile("unleash").await;
    product.endpoint("/hook", json!({ "bodyTemplate": TEMPLATE })).await;
    let mut event = feature_created();
    event["createdBy"] = json!("Ann \"A\" \\ B\nC");
    product.send("feature-created", event).await;
    let request = product.receiver.wait_for("/hook", 1).await.remove(0);
    let body: Value = serde_json::from_str(request.text()).expect("the body is JSON");
    assert_eq!(body["createdBy"], "Ann \"A\" \\ B\nC");
}

#[tokio::test]
async fn content_type_authorization_and_custom_headers_are_parameters() {
    let product = Product::with_profile("unleash").await;
    let fields = json!({
        "contentType": "text/plain; charset=utf-8",
        "bodyTemplate": "{{event.createdBy}} made {{{event.data.name}}}",
        "headers": { "Authorization": "Bearer of-tidings", "X-Team": "blue" }
    });
    product.endpoint("/hook", fields).await;
    product.send("feature-created", feature_created()).await;
    let request = product.receiver.wait_for("/hook", 1).await.remove(0);
    assert_eq!(request.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(request.header("authorization"), "Bearer of-tidings");
    assert_eq!(request.header("x-team"), "blue");
    assert_eq!(request.text(), "user@company.com made new-feature");
}

#[tokio::test]
async fn a_call_that_fails_with_50x_is_retried_once() {
    let product = Product::with_profile("unleash").await;
    product.receiver.script("/hook", [Reply::status(503)]);
    product.endpoint("/hook", json!({})).await;
    let message = product.send("feature-tagged", json!({})).await;
    product.tenant.ended(&message, "fail").await;
    assert_eq!(product.receiver.requests_to("/hook").len(), 2);
}

#[tokio::test]
async fn a_network_error_is_retried_once() {
    let product = Product::with_profile("unleash").await;
    product.tenant.endpoint(&format!("https://127.0.0.1:{}/hook", free_port())).await;
    let message = product.send("feature-tagged", json!({})).await;
    product.tenant.ended(&message, "fail").await;
    let attempts = product.tenant.attempts(&message).await;
    assert_eq!(attempts.len(), 2, "{attempts:#?}");
    assert!(attempts.iter().all(|one| one["errorClass"] == "connect"), "{attempts:#?}");
}

#[tokio::test]
async fn an_answer_with_40x_is_not_retried() {
    let product = Product::with_profile("unleash").await;
    product.receiver.script("/hook", [Reply::status(404)]);
    product.endpoint("/hook", json!({})).await;
    let message = product.send("feature-tagged", json!({})).await;
    product.tenant.ended(&message, "fail").await;
    assert_eq!(product.receiver.requests_to("/hook").len(), 1);
}

#[tokio::test]
async fn a_duplicate_can_be_told_by_its_id() {
    let product = Product::with_profile("unleash").await;
    product.receiver.script("/hook", [Reply::status(500), Reply::ok()]);
    product.endpoint("/hook", json!({})).await;
    let message = product.send("feature-tagged", json!({})).await;
    let arrived = product.receiver.wait_for("/hook", 2).await;
    let ids: Vec<&str> = arrived.iter().map(|request| request.header("webhook-id")).collect();
    assert_eq!(ids, [&message, &message]);
}

#[tokio::test]
async fn a_certificate_of_a_private_authority_is_trusted_per_endpoint() {
    let server = Server::builder().env("HOOKWIRE_DELIVERY_RETRY_SCHEDULE", "").start().await;
    let tenant = Tenant::of(&server).await;
    let receiver = Receiver::start_tls().await;
    let trusting = json!({ "url": receiver.url("/trusted"), "tls": { "caPem": receiver.ca_pem() } });
    tenant.endpoint_with(trusting).await;
    let other = tenant.endpoint(&receiver.url("/other")).await;
    tenant.send(json!({ "n": 1 })).await;
    tenant.send(json!({ "n": 2 })).await;
    receiver.wait_for("/trusted", 2).await;
    // The other endpoint calls the same host, and trusts the public authorities only.
    let path = tenant.path(&format!("/attempt/endpoint/{other}"));
    let log = eventually("two attempts", || tenant.api.get(&path), |log| list(&log.json()).len() == 2).await;
    assert!(list(&log.json()).iter().all(|one| one["errorClass"] == "tls"), "{log:?}");
    assert!(receiver.requests_to("/other").is_empty());
}

#[tokio::test]
async fn a_certificate_of_a_private_authority_is_trusted_for_the_whole_server() {
    let receiver = Receiver::start_tls().await;
    let builder = Server::builder();
    let file = builder.folder().join("authority.pem");
    fs::write(&file, receiver.ca_pem()).expect("the folder can be written");
    let server = builder.env("HOOKWIRE_OUTBOUND_EXTRA_CA_FILE", &file.display().to_string()).start().await;
    let tenant = Tenant::of(&server).await;
    tenant.api.put("/profile", json!({ "name": "unleash" })).await.expect(200);
    tenant.endpoint(&receiver.url("/hook")).await;
    tenant.send(feature_created()).await;
    receiver.wait_for("/hook", 1).await;
}
