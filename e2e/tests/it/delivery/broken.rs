//! Receivers that do not answer properly: every attempt is one POST, fails, and is logged.

use std::time::{Duration, Instant};

use hookwire_testkit::{Receiver, Reply, free_port};
use serde_json::json;

use super::{scene, scene_with};

#[tokio::test]
async fn an_attempt_is_one_post_however_the_connection_breaks() {
    let (_server, tenant, receiver) = scene().await;
    let ways = [
        ("/cut", Reply::cut()),
        ("/reset", Reply::reset()),
        ("/garbage", Reply::raw("\u{1}\u{2}not HTTP\r\n\r\n")),
        ("/nothing", Reply::raw("")),
        ("/half-a-head", Reply::raw("HTTP/1.1 200 OK\r\nContent-Le")),
        ("/bad-length", Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")),
    ];
    for (path, reply) in ways {
        receiver.script(path, [reply]);
        let endpoint = tenant.endpoint(&receiver.url(path)).await;
        let message = tenant.send(json!({})).await;
        tenant.ended(&message, "fail").await;
        let attempts = tenant.attempts(&message).await;
        assert_eq!(attempts.len(), 3, "{path}: {attempts:?}");
        assert_eq!(receiver.requests_to(path).len(), 3, "{path}");
        tenant.api.delete(&tenant.path(&format!("/endpoint/{endpoint}"))).await.expect(204);
    }
}

#[tokio::test]
async fn a_body_cut_halfway_is_one_post_per_attempt() {
    let (_server, tenant, receiver) = scene().await;
    receiver.script("/hook", [Reply::ok().body("x".repeat(1_000)).cut_halfway()]);
    tenant.endpoint(&receiver.url("/hook")).await;
    let message = tenant.send(json!({})).await;
    let ended = |status: &String| status == "success" || status == "fail";
    hookwire_testkit::eventually("the message to end", || tenant.status(&message), ended).await;
    assert_eq!(tenant.attempts(&message).await.len(), receiver.requests_to("/hook").len());
}

#[tokio::test]
async fn a_receiver_that_hangs_is_given_up_at_the_deadline() {
    let settings = [("HOOKWIRE_DELIVERY_TIMEOUT", "500ms"), ("HOOKWIRE_DELIVERY_RETRY_SCHEDULE", "100ms")];
    let (_server, tenant, receiver) = scene_with(&settings).await;
    receiver.script("/hang", [Reply::hang()]);
    tenant.endpoint(&receiver.url("/hang")).await;
    let began = Instant::now();
    let message = tenant.send(json!({})).await;
    tenant.ended(&message, "fail").await;
    assert!(began.elapsed() >= Duration::from_secs(1), "two attempts of 500 ms");
    let attempts = tenant.attempts(&message).await;
    assert_eq!(attempts.len(), 2, "{attempts:?}");
    assert!(attempts.iter().all(|one| one["responseStatusCode"] == 0), "{attempts:?}");
    assert!(attempts.iter().all(|one| one["responseDurationMs"].as_u64() >= Some(450)), "{attempts:?}");
}

#[tokio::test]
async fn a_receiver_that_drips_its_headers_is_given_up_at_the_deadline() {
    let settings = [("HOOKWIRE_DELIVERY_TIMEOUT", "500ms"), ("HOOKWIRE_DELIVERY_RETRY_SCHEDULE", "100ms")];
    let (_server, tenant, receiver) = scene_with(&settings).await;
    receiver.script("/drip", [Reply::ok().dripped(Duration::from_millis(100))]);
    tenant.endpoint(&receiver.url("/drip")).await;
    let message = tenant.send(json!({})).await;
    tenant.ended(&message, "fail").await;
    assert!(tenant.attempts(&message).await.iter().all(|one| one["responseStatusCode"] == 0));
}

#[tokio::test]
async fn a_receiver_that_is_away_gets_the_message_once_it_is_back() {
    let (_server, tenant, _) = scene().await;
    let address = (std::net::Ipv4Addr::LOCALHOST, free_port()).into();
    let endpoint = tenant.endpoint(&format!("http://{address}/hook")).await;
    let message = tenant.send(json!({ "n": 1 })).await;
    tenant.ended(&message, "fail").await;
    assert!(tenant.attempts(&message).await.iter().all(|one| one["responseStatusCode"] == 0));
    let receiver = Receiver::start_at(address).await;
    tenant.resend(&message, &endpoint).await;
    assert_eq!(receiver.wait_for("/hook", 1).await[0].text(), r#"{"n":1}"#);
}

#[tokio::test]
async fn a_dead_receiver_does_not_hold_up_another() {
    let (_server, tenant, receiver) = scene().await;
    receiver.script("/hang", [Reply::hang()]);
    tenant.endpoint_with(json!({ "url": receiver.url("/hang"), "channels": ["dead"] })).await;
    tenant.endpoint_with(json!({ "url": receiver.url("/fine"), "channels": ["fine"] })).await;
    for n in 0..300 {
        let body = json!({ "eventType": "t", "payload": { "n": n }, "channels": ["dead"] });
        tenant.send_with(body).await;
    }
    let began = Instant::now();
    tenant.send_with(json!({ "eventType": "t", "payload": {}, "channels": ["fine"] })).await;
    receiver.wait_for("/fine", 1).await;
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "far less than the deadline of the dead one's 300 messages"
    );
}
