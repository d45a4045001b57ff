//! The bytes and headers of a delivery.

use http::Method;
use serde_json::json;

use super::{scene, scene_with};
use crate::tenant::text;

/// JSON whose meaning or text a parser would change: spacing, order, a repeated key, numbers that no float holds.
const ODD: &str = "{ \"b\" : 1e400,\n\t\"a\":\"Zo\u{eb} \u{2603} \\u00e9\\/\",\"a\":2 , \"n\":-0.0,\"i\":123456789012345678901234567890 }";

#[tokio::test]
async fn a_payload_arrives_byte_for_byte() {
    let (_server, tenant, receiver) = scene().await;
    tenant.endpoint(&receiver.url("/hook?key=1")).await;
    let body = format!("{{\"eventType\":\"odd.event\",\"payload\":{ODD}}}");
    let answer = tenant.api.send(Method::POST, &tenant.path("/msg?with_content=false"), body.into()).await;
    let message = text(&answer.expect(202), "id");

    let request = receiver.wait_for("/hook", 1).await.remove(0);
    assert_eq!(request.text(), ODD);
    assert_eq!((request.method.as_str(), request.query.as_str()), ("POST", "key=1"));
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(request.header("webhook-id"), message);
    assert!(request.header("webhook-timestamp").parse::<u64>().is_ok(), "{request:?}");
    assert!(request.header("webhook-signature").starts_with("v1,"), "{request:?}");
    assert_eq!(request.header("host"), receiver.address().to_string());
    assert!(!request.header("user-agent").is_empty(), "{request:?}");
    assert_eq!(
        request.header("accept-encoding"),
        "",
        "a compressed answer can't be asked for: it may be a bomb"
    );
}

#[tokio::test]
async fn custom_headers_are_sent() {
    let (_server, tenant, receiver) = scene().await;
    let headers = json!({ "X-Team": "blue", "Authorization": "Bearer abc" });
    tenant.endpoint_with(json!({ "url": receiver.url("/hook"), "headers": headers })).await;
    tenant.send(json!({})).await;
    let request = receiver.wait_for("/hook", 1).await.remove(0);
    assert_eq!((request.header("x-team"), request.header("authorization")), ("blue", "Bearer abc"));
}

#[tokio::test]
async fn both_sets_of_header_names_can_be_sent() {
    let (_server, tenant, receiver) = scene_with(&[("HOOKWIRE_DELIVERY_HEADER_NAMES", "both")]).await;
    tenant.endpoint(&receiver.url("/hook")).await;
    tenant.send(json!({})).await;
    let request = receiver.wait_for("/hook", 1).await.remove(0);
    for part in ["id", "timestamp", "signature"] {
        let value = request.header(&format!("webhook-{part}"));
        assert!(!value.is_empty(), "{request:?}");
        assert_eq!(value, request.header(&format!("svix-{part}")));
    }
}

#[tokio::test]
async fn every_matching_endpoint_gets_a_message_once() {
    let (_server, tenant, receiver) = scene().await;
    for n in 0..5 {
        tenant.endpoint(&receiver.url(&format!("/fan/{n}"))).await;
    }
    let message = tenant.send(json!({ "n": 1 })).await;
    tenant.attempted(&message, 5).await;
    let mut paths: Vec<_> = receiver.requests().into_iter().map(|request| request.path).collect();
    paths.sort();
    assert_eq!(paths, ["/fan/0", "/fan/1", "/fan/2", "/fan/3", "/fan/4"]);
}
