//! Profiles: an endpoint's own word goes before its org's profile.

use hookwire_testkit::Reply;
use serde_json::json;

use super::Product;

#[tokio::test]
async fn every_rule_of_a_profile_can_be_overridden_by_an_endpoint() {
    let product = Product::with_profile("featureos").await;
    let fields = json!({
        "successCodes": [500], "retryPolicy": { "delays": ["10ms"], "retryOn": ["4xx"] }, "contentType": "text/plain",
        "bodyTemplate": "{{message.eventType}} {{event.id}}", "signing": "none", "timeout": "5s", "logLimit": 1
    });
    product.endpoint("/own", fields).await;
    product.receiver.script("/own", [Reply::status(404), Reply::status(500)]);
    product.endpoint("/usual", json!({})).await;
    product.send("post_created", json!({ "id": 7 })).await;

    let own = product.receiver.wait_for("/own", 2).await;
    assert_eq!((own[0].text(), own[0].header("content-type")), ("post_created 7", "text/plain"));
    assert_eq!(own[0].header("webhook-signature"), "");
    let usual = product.receiver.wait_for("/usual", 1).await.remove(0);
    assert!(
        usual.text().starts_with(r#"{"type":"postCreated","data":{"id":7},"created":"#),
        "{}",
        usual.text()
    );
    assert_eq!(usual.header("content-type"), "application/json");
    assert!(!usual.header("webhook-signature").is_empty());
}

#[tokio::test]
async fn another_profile_counts_from_the_next_attempt_on_and_keeps_what_endpoints_set_themselves() {
    let product = Product::with_profile("featureos").await;
    product.endpoint("/own", json!({ "bodyTemplate": "{{event.id}}" })).await;
    product.endpoint("/usual", json!({})).await;
    product.tenant.api.put("/profile", json!({ "name": "standard" })).await.expect(200);
    product.send("post_created", json!({ "id": 7 })).await;
    assert_eq!(product.receiver.wait_for("/usual", 1).await[0].text(), r#"{"id":7}"#);
    assert_eq!(product.receiver.wait_for("/own", 1).await[0].text(), "7");
    assert_eq!(product.tenant.api.get("/profile").await.expect(200)["name"], "standard");
}
