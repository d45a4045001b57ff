//! `Idempotency-Key`: repeats are harmless, whoever sends them.

use std::time::Duration;

use serde_json::json;

use crate::world::{World, column, id_of};

#[tokio::test]
async fn a_repeated_message_is_accepted_once() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let keyed = org.clone().header("idempotency-key", "k1");
    let body = json!({ "eventType": "a", "payload": { "x": 1 }, "channels": ["c"] });
    let first = keyed.post("/app/acme/msg", body.clone()).await.expect(202);
    world.clock.advance(Duration::from_mins(1));
    assert_eq!(keyed.post("/app/acme/msg", body.clone()).await.expect(202), first);
    let other = keyed.post("/app/acme/msg", json!({ "eventType": "b", "payload": {} })).await.expect(422);
    assert_eq!(other["code"], "idempotency_mismatch");
    assert_eq!(column(&org.get("/app/acme/msg").await.expect(200), "id"), [id_of(&first)]);
    let another_key = org.clone().header("idempotency-key", "k2");
    assert_ne!(id_of(&another_key.post("/app/acme/msg", body).await.expect(202)), id_of(&first));
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer_again() {
    let world = World::new();
    let org = world.org().header("idempotency-key", "k1");
    let body = json!({ "name": "a", "uid": "acme" });
    let first = org.post("/app", body.clone()).await.expect(201);
    let again = org.post("/app", body.clone()).await;
    assert_eq!(again.header("content-type"), Some("application/json"));
    assert_eq!(again.expect(201), first);
    let other = org.post("/app", json!({ "name": "b" })).await.expect(422);
    assert_eq!(other["code"], "idempotency_mismatch");
    // The same key on another path, or by another org, is another request.
    org.post("/app?get_if_exists=true", body.clone()).await.expect(200);
    let other_org = world.org_named("org_b").header("idempotency-key", "k1");
    assert_ne!(id_of(&other_org.post("/app", body).await.expect(201)), id_of(&first));
}

#[tokio::test]
async fn a_failed_request_may_be_tried_again() {
    let world = World::new();
    let org = world.org();
    let keyed = org.clone().header("idempotency-key", "k1");
    let body = json!({ "url": "https://example.com/", "eventTypes": ["a"] });
    org.make_app("acme").await;
    keyed.post("/app/acme/endpoint", body.clone()).await.expect(422);
    org.make_event_type("a").await;
    keyed.post("/app/acme/endpoint", body).await.expect(201);
}

#[tokio::test]
async fn requests_at_the_same_time_are_carried_out_once() {
    let world = World::new();
    let org = world.org().header("idempotency-key", "k1");
    let body = json!({ "name": "a" });
    let (one, two, three) = tokio::join!(
        org.post("/app", body.clone()),
        org.post("/app", body.clone()),
        org.post("/app", body.clone())
    );
    let ids = [one, two, three].map(|answer| id_of(&answer.expect(201)));
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(world.org().get("/app").await.expect(200)["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_has_bounds_and_needs_a_token() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let long = "x".repeat(257);
    for path in ["/app", "/app/acme/msg"] {
        let body = json!({ "name": "a", "eventType": "a", "payload": {} });
        org.clone().header("idempotency-key", &long).post(path, body.clone()).await.expect(400);
        world.nobody().header("idempotency-key", "k").post(path, body).await.expect(401);
    }
    let empty = org.header("idempotency-key", "");
    let first = empty.post("/app", json!({ "name": "a" })).await.expect(201);
    assert_ne!(empty.post("/app", json!({ "name": "a" })).await.expect(201), first);
}
