//! featureOS: webhooks for posts and the changelog.

use hookwire_testkit::{Receiver, Reply, Server};
use serde_json::{Value, json};

use super::Product;
use crate::tenant::{Tenant, list, text};

const EVENTS: [(&str, &str); 6] = [
    ("changelog_created", "changelogCreated"),
    ("changelog_published", "changelogPublished"),
    ("changelog_updated", "changelogUpdated"),
    ("post_completed", "postCompleted"),
    ("post_created", "postCreated"),
    ("post_updated", "postUpdated"),
];

fn completed_post() -> Value {
    json!({
        "id": 80874, "title": "Facebook Conversion", "object": "post",
        "description": "This is a test", "description_html": "<p>This is a test</p>\n",
        "status": { "label": "Completed", "value": "completed" },
        "assignee": {}, "approval_status": "approved", "hidden": false, "pinned": false,
        "downvotes_count": 0, "upvotes_count": 1, "etc_date": null, "parent_id": null,
        "comments_count": 0, "created_at": 1_648_026_486, "updated_at": 1_651_686_939,
        "submitter": { "name": "featureOS Support", "email": "[email protected]" },
        "before": { "status": { "label": "Planned", "value": "planned" }, "completed_at": null },
        "after": {
            "status": { "label": "Completed", "value": "completed" },
            "completed_at": "2022-05-04 17:55:39 UTC"
        }
    })
}

#[tokio::test]
async fn events_of_posts_and_of_the_changelog_are_there() {
    let product = Product::with_profile("featureos").await;
    let mut names: Vec<String> = product.event_types().await.iter().map(|one| text(one, "name")).collect();
    names.sort();
    assert_eq!(names, EVENTS.map(|(name, _)| name));
}

#[tokio::test]
async fn every_event_has_an_example_that_can_be_sent() {
    let product = Product::with_profile("featureos").await;
    let endpoint = product.endpoint("/hook", json!({})).await;
    for (count, (name, alias)) in EVENTS.into_iter().enumerate() {
        let path = product.tenant.path(&format!("/endpoint/{endpoint}/send-example"));
        product.tenant.api.post(&path, json!({ "eventType": name })).await.expect(200);
        let arrived = product.receiver.wait_for("/hook", count + 1).await;
        let body: Value = serde_json::from_str(arrived[count].text()).expect("the body is JSON");
        assert_eq!(body["type"], alias);
        assert!(body["data"]["id"].is_number(), "{body}");
        // The document shows this one.
        assert!(name != "post_completed" || body["data"] == completed_post(), "{body}");
    }
}

#[tokio::test]
async fn a_webhook_is_a_post_request_with_type_data_and_time_in_its_body() {
    let product = Product::with_profile("featureos").await;
    product.endpoint("/hook", json!({})).await;
    let sent = product.send("post_completed", completed_post()).await;
    let request = product.receiver.wait_for("/hook", 1).await.remove(0);
    assert_eq!((request.method.as_str(), request.header("content-type")), ("POST", "application/json"));
    let body: Value = serde_json::from_str(request.text()).expect("the body is JSON");
    let message = product.tenant.api.get(&product.tenant.path(&format!("/msg/{sent}"))).await.expect(200);
    let accepted: jiff::Timestamp = text(&message, "timestamp").parse().expect("a timestamp");
    let expected =
        json!({ "type": "postCompleted", "data": completed_post(), "created": accepted.as_second() });
    assert_eq!(body, expected);
    assert!(request.text().starts_with(r#"{"type":"postCompleted","data":{"#), "{}", request.text());
}

#[tokio::test]
async fn a_url_without_https_is_refused_on_creation_and_on_update() {
    let product = Product::with_profile("featureos").await;
    let plain = json!({ "url": "http://example.com/hook" });
    let refused = product.tenant.api.post(&product.tenant.path("/endpoint"), plain.clone()).await;
    assert_eq!(refused.expect(422)["detail"][0]["loc"], json!(["body", "url"]), "{refused:?}");
    let endpoint = product.endpoint("/hook", json!({})).await;
    let path = product.tenant.path(&format!("/endpoint/{endpoint}"));
    product.tenant.api.put(&path, plain.clone()).await.expect(422);
    product.tenant.api.patch(&path, plain).await.expect(422);
    let kept = product.tenant.api.get(&path).await.expect(200);
    assert_eq!(text(&kept, "url"), product.receiver.url("/hook"));
}

#[tokio::test]
async fn a_receiver_without_a_valid_certificate_is_not_sent_to() {
    let product = Product::with_profile("featureos").await;
    let stranger = Receiver::start_tls().await;
    product.tenant.endpoint(&stranger.url("/hook")).await;
    let message = product.send("post_created", json!({ "id": 1 })).await;
    product.tenant.ended(&message, "fail").await;
    let attempts = product.tenant.attempts(&message).await;
    assert!(attempts.iter().all(|one| one["errorClass"] == "tls"), "{attempts:#?}");
    assert!(stranger.requests().is_empty());
}

#[tokio::test]
async fn a_url_that_is_not_on_the_public_internet_is_refused() {
    let server = Server::builder().without_env("HOOKWIRE_OUTBOUND_ALLOW_SUBNETS").start().await;
    let tenant = Tenant::of(&server).await;
    tenant.api.put("/profile", json!({ "name": "featureos" })).await.expect(200);
    for host in ["10.0.0.7", "127.0.0.1", "[fd00::1]", "169.254.169.254"] {
        let body = json!({ "url": format!("https://{host}/hook") });
        tenant.api.post(&tenant.path("/endpoint"), body).await.expect(422);
    }
}

#[tokio::test]
async fn status_200_is_success_and_every_other_one_is_not() {
    let product = Product::with_profile("featureos").await;
    product.endpoint("/hook", json!({ "retryPolicy": { "delays": [] } })).await;
    for (status, how) in [(200, "success"), (201, "fail"), (204, "fail"), (302, "fail"), (404, "fail")] {
        product.receiver.script("/hook", [Reply::status(status)]);
        let message = product.send("post_created", json!({ "id": status })).await;
        product.tenant.ended(&message, how).await;
    }
}

#[tokio::test]
async fn a_failed_request_is_retried_three_times_and_then_marked_as_failed() {
    let product = Product::with_profile("featureos").await;
    product.receiver.script("/hook", [Reply::status(500)]);
    product.endpoint("/hook", json!({})).await;
    let message = product.send("post_updated", json!({ "id": 1 })).await;
    product.tenant.ended(&message, "fail").await;
    assert_eq!(product.receiver.requests_to("/hook").len(), 4);
    assert_eq!(product.tenant.attempts(&message).await.len(), 4);
}

#[tokio::test]
async fn a_retry_that_succeeds_ends_it() {
    let product = Product::with_profile("featureos").await;
    product.receiver.script("/hook", [Reply::status(500), Reply::status(503), Reply::ok()]);
    product.endpoint("/hook", json!({})).await;
    let message = product.send("post_updated", json!({ "id": 1 })).await;
    product.tenant.ended(&message, "success").await;
    assert_eq!(product.tenant.attempts(&message).await.len(), 3);
}

#[tokio::test]
async fn url_description_and_events_are_chosen_and_only_those_events_arrive() {
    let product = Product::with_profile("featureos").await;
    let fields = json!({ "description": "our tracker", "eventTypes": ["post_created"] });
    let endpoint = product.endpoint("/hook", fields).await;
    let shown =
        product.tenant.api.get(&product.tenant.path(&format!("/endpoint/{endpoint}"))).await.expect(200);
    assert_eq!(text(&shown, "description"), "our tracker");
    product.send("changelog_created", json!({ "id": 1 })).await;
    product.send("post_created", json!({ "id": 2 })).await;
    let arrived = product.receiver.wait_for("/hook", 1).await;
    let body: Value = serde_json::from_str(arrived[0].text()).expect("the body is JSON");
    assert_eq!((arrived.len(), &body["data"]["id"]), (1, &json!(2)));
}

#[tokio::test]
async fn each_webhook_has_a_log() {
    let product = Product::with_profile("featureos").await;
    product.receiver.script("/hook", [Reply::status(500).body("broken"), Reply::ok().body("thanks")]);
    let endpoint = product.endpoint("/hook", json!({})).await;
    let message = product.send("post_created", json!({ "id": 1 })).await;
    product.tenant.ended(&message, "success").await;
    let path = product.tenant.path(&format!("/attempt/endpoint/{endpoint}"));
    let log = list(&product.tenant.api.get(&path).await.expect(200));
    let lines: Vec<(u64, String)> = log
        .iter()
        .map(|one| (one["responseStatusCode"].as_u64().unwrap_or(0), text(one, "response")))
        .collect();
    assert_eq!(lines, [(200, "thanks".to_owned()), (500, "broken".to_owned())]);
    assert!(text(&log[0], "requestBody").starts_with(r#"{"type":"postCreated","#), "{}", log[0]);
}
