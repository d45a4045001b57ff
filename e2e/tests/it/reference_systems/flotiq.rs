//! Flotiq: webhooks about content objects.

use std::time::{Duration, Instant};

use hookwire_testkit::{Reply, eventually, free_port};
use serde_json::{Value, json};

use super::Product;
use crate::tenant::{list, text};

fn product_object() -> Value {
    json!({
        "id": "product-399121", "name": "Premium pack", "price": 500,
        "internal": {
            "createdAt": "2021-11-22T10:47:16+00:00", "deletedAt": "",
            "updatedAt": "2021-11-22T10:47:16+00:00", "contentType": "product",
            "objectTitle": "Premium pack"
        }
    })
}

const REF: &str = "/api/v1/content/product/product-399121/version/1";

impl Product {
    /// Tells of an action on a content object of this type.
    async fn act(&self, action: &str, content_type: &str, object: Value) -> String {
        let body = json!({
            "eventType": format!("content_object.{action}"),
            "channels": [content_type],
            "payload": { "contentTypeName": content_type, "ref": REF, "payload": object }
        });
        self.tenant.send_with(body).await
    }

    /// The log of an endpoint, newest first.
    async fn log(&self, endpoint: &str) -> Vec<Value> {
        let path = self.tenant.path(&format!("/attempt/endpoint/{endpoint}?limit=250"));
        list(&self.tenant.api.get(&path).await.expect(200))
    }
}

fn body(request: &hookwire_testkit::Request) -> Value {
    serde_json::from_str(request.text()).expect("the body is JSON")
}

#[tokio::test]
async fn name_url_enabled_actions_content_types_and_headers_are_the_properties() {
    let product = Product::with_profile("flotiq").await;
    let fields = json!({
        "name": "New products", "disabled": false, "eventTypes": ["content_object.create"],
        "channels": ["product"], "headers": { "AUTH": "secret_token" }
    });
    let endpoint = product.endpoint("/notify", fields).await;
    let path = product.tenant.path(&format!("/endpoint/{endpoint}"));
    let shown = product.tenant.api.get(&path).await.expect(200);
    assert_eq!(text(&shown, "name"), "New products");
    assert_eq!(shown["eventTypes"], json!(["content_object.create"]));
    assert_eq!((&shown["channels"], &shown["disabled"]), (&json!(["product"]), &json!(false)));
    product.act("create", "product", product_object()).await;
    let request = product.receiver.wait_for("/notify", 1).await.remove(0);
    assert_eq!((request.method.as_str(), request.header("auth")), ("POST", "secret_token"));
    assert!(request.headers.iter().any(|(name, _)| name == "AUTH"), "{:?}", request.headers);
}

#[tokio::test]
async fn all_webhooks_of_an_account_are_listed() {
    let product = Product::with_profile("flotiq").await;
    for name in ["one", "two", "three"] {
        product.endpoint("/hook", json!({ "name": name })).await;
    }
    let listed = list(&product.tenant.api.get(&product.tenant.path("/endpoint")).await.expect(200));
    let mut names: Vec<String> = listed.iter().map(|one| text(one, "name")).collect();
    names.sort();
    assert_eq!(names, ["one", "three", "two"]);
}

#[tokio::test]
async fn the_url_has_the_https_prefix() {
    let product = Product::with_profile("flotiq").await;
    let refused = product
        .tenant
        .api
        .post(&product.tenant.path("/endpoint"), json!({ "url": "http://example.com/notify" }))
        .await;
    refused.expect(422);
}

#[tokio::test]
async fn a_created_object_arrives_with_webhook_action_content_type_ref_and_payload() {
    let product = Product::with_profile("flotiq").await;
    let endpoint = product.endpoint("/hook", json!({})).await;
    product.act("create", "product", product_object()).await;
    let request = product.receiver.wait_for("/hook", 1).await.remove(0);
    let expected = json!({
        "webhookId": endpoint, "action": "Create", "contentTypeName": "product", "ref": REF,
        "payload": product_object()
    });
    assert_eq!(body(&request), expected);
}

#[tokio::test]
async fn of_a_deleted_object_only_the_id_is_sent() {
    let product = Product::with_profile("flotiq").await;
    let endpoint = product.endpoint("/hook", json!({})).await;
    product.act("delete", "product", product_object()).await;
    let request = product.receiver.wait_for("/hook", 1).await.remove(0);
    let expected = json!({
        "webhookId": endpoint, "action": "Delete", "contentTypeName": "product", "ref": REF,
        "payload": { "id": "product-399121" }
    });
    assert_eq!(body(&request), expected);
}

#[tokio::test]
async fn several_actions_can_be_selected() {
    let product = Product::with_profile("flotiq").await;
    let actions = json!({ "eventTypes": ["content_object.update", "content_object.delete"] });
    product.endpoint("/hook", actions).await;
    for action in ["create", "update", "delete", "custom"] {
        product.act(action, "product", product_object()).await;
    }
    let arrived = product.receiver.wait_for("/hook", 2).await;
    let mut actions: Vec<String> = arrived.iter().map(|request| text(&body(request), "action")).collect();
    actions.sort();
    assert_eq!(actions, ["Delete", "Update"]);
}

#[tokio::test]
async fn several_content_types_can_be_selected_and_none_means_all() {
    let product = Product::with_profile("flotiq").await;
    product.endpoint("/some", json!({ "channels": ["product", "page"] })).await;
    product.endpoint("/all", json!({})).await;
    for content_type in ["product", "article", "page"] {
        product.act("update", content_type, product_object()).await;
    }
    let names = |requests: Vec<hookwire_testkit::Request>| {
        let mut names: Vec<_> =
            requests.iter().map(|request| text(&body(request), "contentTypeName")).collect();
        names.sort();
        names
    };
    assert_eq!(names(product.receiver.wait_for("/all", 3).await), ["article", "page", "product"]);
    assert_eq!(names(product.receiver.wait_for("/some", 2).await), ["page", "product"]);
}

#[tokio::test]
async fn a_custom_action_is_triggered_by_hand_at_any_time() {
    let product = Product::with_profile("flotiq").await;
    product.endpoint("/hook", json!({ "eventTypes": ["content_object.custom"] })).await;
    for count in 1..=2 {
        product.act("custom", "product", product_object()).await;
        let arrived = product.receiver.wait_for("/hook", count).await;
        assert_eq!(text(&body(&arrived[count - 1]), "action"), "Custom");
    }
}

#[tokio::test]
async fn a_webhook_can_be_disabled_and_enabled_at_any_time() {
    let product = Product::with_profile("flotiq").await;
    let endpoint = product.endpoint("/hook", json!({ "disabled": true })).await;
    product.act("create", "product", json!({ "id": "unseen" })).await;
    product.tenant.patch_endpoint(&endpoint, json!({ "disabled": false })).await;
    product.act("create", "product", json!({ "id": "seen" })).await;
    let arrived = product.receiver.wait_for("/hook", 1).await;
    assert_eq!((arrived.len(), text(&body(&arrived[0])["payload"], "id")), (1, "seen".to_owned()));
}

#[tokio::test]
async fn an_execution_is_queued_at_once_and_sent_within_seconds() {
    let product = Product::with_profile("flotiq").await;
    product.endpoint("/hook", json!({})).await;
    let began = Instant::now();
    product.act("create", "product", product_object()).await;
    product.receiver.wait_for("/hook", 1).await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn an_execution_is_pending_until_it_is_done() {
    let product = Product::with_profile("flotiq").await;
    let gate = hookwire_testkit::Gate::closed();
    product.receiver.script("/hook", [Reply::ok().held_by(&gate)]);
    product.endpoint("/hook", json!({})).await;
    let message = product.act("create", "product", product_object()).await;
    product.receiver.wait_for("/hook", 1).await;
    let path = product.tenant.path(&format!("/msg/{message}/endpoint"));
    let pending = list(&product.tenant.api.get(&path).await.expect(200));
    assert_eq!(pending[0]["status"], 1, "{pending:?}");
    gate.open();
    product.tenant.ended(&message, "success").await;
}

#[tokio::test]
async fn any_2xx_is_done_and_everything_else_is_an_error_without_a_retry() {
    let product = Product::with_profile("flotiq").await;
    product.endpoint("/hook", json!({})).await;
    for (status, how) in [(200, "success"), (204, "success"), (302, "fail"), (404, "fail"), (500, "fail")] {
        product.receiver.script("/hook", [Reply::status(status)]);
        let message = product.act("update", "product", product_object()).await;
        product.tenant.ended(&message, how).await;
        product.attempt(&message).await;
    }
}

#[tokio::test]
async fn a_target_that_is_not_reachable_is_an_error() {
    let product = Product::with_profile("flotiq").await;
    product.tenant.endpoint(&format!("https://127.0.0.1:{}/hook", free_port())).await;
    let message = product.act("update", "product", product_object()).await;
    product.tenant.ended(&message, "fail").await;
    assert_eq!(product.attempt(&message).await["errorClass"], "connect");
}

#[tokio::test]
async fn a_log_entry_shows_the_request_payload_and_the_response() {
    let product = Product::with_profile("flotiq").await;
    product.receiver.script("/hook", [Reply::status(422).body("no such thing")]);
    let endpoint = product.endpoint("/hook", json!({})).await;
    let message = product.act("create", "product", product_object()).await;
    product.tenant.ended(&message, "fail").await;
    let entry = product.log(&endpoint).await.remove(0);
    let request: Value = serde_json::from_str(&text(&entry, "requestBody")).expect("the payload is JSON");
    assert_eq!((&request["action"], &request["payload"]["price"]), (&json!("Create"), &json!(500)));
    assert_eq!(
        (text(&entry, "response"), &entry["responseStatusCode"]),
        ("no such thing".into(), &json!(422))
    );
}

#[tokio::test]
async fn the_last_300_executions_are_kept_and_older_ones_removed_within_a_minute() {
    let product = Product::with_profile("flotiq").await;
    let endpoint = product.endpoint("/hook", json!({})).await;
    let mut last = String::new();
    for number in 0..310 {
        last = product.act("update", "product", json!({ "id": number })).await;
    }
    product.receiver.wait_for("/hook", 310).await;
    product.tenant.ended(&last, "success").await;
    let path = product.tenant.path(&format!("/endpoint/{endpoint}/msg"));
    let count = || async {
        let (mut count, mut iterator) = (0, String::new());
        loop {
            let answer = product.tenant.api.get(&format!("{path}?limit=250{iterator}")).await.expect(200);
            count += list(&answer).len();
            if answer["done"] == true {
                return count;
            }
            iterator = format!("&iterator={}", text(&answer, "iterator"));
        }
    };
    eventually("300 executions in the log", count, |count| *count == 300).await;
    let newest = list(&product.tenant.api.get(&path).await.expect(200)).remove(0);
    assert_eq!(text(&newest, "id"), last);
}

#[tokio::test]
async fn there_is_no_limit_on_the_number_of_webhooks_executed() {
    let product = Product::with_profile("flotiq").await;
    product.endpoint("/hook", json!({})).await;
    for number in 0..50 {
        product.act("update", "product", json!({ "id": number })).await;
    }
    product.receiver.wait_for("/hook", 50).await;
}
