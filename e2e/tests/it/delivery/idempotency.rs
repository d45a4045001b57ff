//! Requests that are repeated.

use http::Method;
use serde_json::json;

use super::scene;
use crate::tenant::text;

#[tokio::test]
async fn a_repeated_key_gets_the_first_answer_also_after_a_restart() {
    let (mut server, tenant, receiver) = scene().await;
    tenant.endpoint(&receiver.url("/hook")).await;
    let keyed = tenant.api.with_header("idempotency-key", "key-1");
    let body = json!({ "eventType": "t", "payload": { "n": 1 } });
    let first = keyed.post(&tenant.path("/msg"), body.clone()).await;
    let second = keyed.post(&tenant.path("/msg"), body.clone()).await;
    first.expect(202);
    assert_eq!((first.status, &first.body), (second.status, &second.body));
    server.restart().await;
    let third = keyed.on_own_connection().post(&tenant.path("/msg"), body).await;
    assert_eq!((first.status, &first.body), (third.status, &third.body));

    let last = tenant.send(json!({ "n": 2 })).await;
    let requests = receiver.wait_for("/hook", 2).await;
    assert_eq!(requests.len(), 2, "one for the key, one for the message after it: {requests:?}");
    assert_eq!(requests[1].header("webhook-id"), last);
}

#[tokio::test]
async fn a_key_is_not_good_for_another_body() {
    let (_server, tenant, _receiver) = scene().await;
    let keyed = tenant.api.with_header("idempotency-key", "key-1");
    keyed.post(&tenant.path("/msg"), json!({ "eventType": "t", "payload": { "n": 1 } })).await.expect(202);
    let other = keyed.post(&tenant.path("/msg"), json!({ "eventType": "t", "payload": { "n": 2 } })).await;
    other.expect(422);
    assert!(other.body.windows(20).any(|part| part == b"idempotency_mismatch"), "{other:?}");
    let elsewhere = keyed.post("/app", json!({ "name": "the key belongs to one path" })).await;
    elsewhere.expect(201);
}

#[tokio::test]
async fn a_refused_request_does_not_use_up_its_key() {
    let (_server, tenant, _receiver) = scene().await;
    let keyed = tenant.api.with_header("idempotency-key", "key-1");
    keyed.post("/app", json!({ "name": "" })).await.expect(422);
    keyed.post("/app", json!({ "name": "better" })).await.expect(201);
}

#[tokio::test]
async fn a_repeated_event_id_names_the_message_that_has_it() {
    let (mut server, tenant, receiver) = scene().await;
    tenant.endpoint(&receiver.url("/hook")).await;
    let body = json!({ "eventType": "t", "eventId": "event-1", "payload": { "n": 1 } });
    let message = tenant.send_with(body.clone()).await;
    for _ in 0..2 {
        let again = tenant.api.on_own_connection().post(&tenant.path("/msg"), body.clone()).await;
        assert_eq!(text(&again.expect(409), "code"), "conflict");
        assert!(String::from_utf8_lossy(&again.body).contains(&message), "{again:?} should name {message}");
        server.restart().await;
    }
    assert_eq!(receiver.requests_to("/hook").len(), 1);
}

#[tokio::test]
async fn the_same_event_id_sent_at_once_makes_one_message() {
    let (_server, tenant, receiver) = scene().await;
    tenant.endpoint(&receiver.url("/hook")).await;
    let body = r#"{"eventType":"t","eventId":"event-1","payload":{}}"#;
    let path = tenant.path("/msg");
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (api, path) = (tenant.api.on_own_connection(), path.clone());
        calls.spawn(async move { api.send(Method::POST, &path, body.into()).await.status.as_u16() });
    }
    let mut statuses = calls.join_all().await;
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (202, &[409; 15][..]));
    assert_eq!(receiver.wait_for("/hook", 1).await.len(), 1);
}
