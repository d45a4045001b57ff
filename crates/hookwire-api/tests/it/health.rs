//! `/health`.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hookwire_api::{HealthProbe, HealthReport, NodeHealth, PartHealth, Settings};
use http::Method;
use serde_json::json;

use crate::world::World;

struct Sick;

#[async_trait::async_trait]
impl HealthProbe for Sick {
    async fn check(&self) -> HealthReport {
        let parts = vec![
            PartHealth { name: "database", state: Err("disk full".to_owned()) },
            PartHealth { name: "queue", state: Ok(()) },
        ];
        let node = NodeHealth { role: "worker", lag: Some(Duration::from_millis(1_500)) };
        HealthReport { ready: false, parts, node }
    }
}

#[tokio::test]
async fn a_healthy_server_says_so_without_a_token() {
    let world = World::new();
    let nobody = world.nobody();
    assert_eq!(
        nobody.get("/health").await.expect(200),
        json!({ "node": { "status": "ok", "role": "api" }, "database": { "status": "ok" } })
    );
    nobody.get("/health/").await.expect(200);
    let head = nobody.send(Method::HEAD, "/health", Body::empty()).await;
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
    nobody.get("/health/ping").await.expect(204);
    nobody.send(Method::HEAD, "/health/ping", Body::empty()).await.expect(204);
}

#[tokio::test]
async fn a_server_that_is_not_ready_says_why() {
    let world = World::with(Settings::default(), Arc::new(Sick));
    let expected = json!({
        "node": { "status": "error", "role": "worker", "lagSeconds": 1.5 },
        "database": { "status": "error", "reason": "disk full" }, "queue": { "status": "ok" },
    });
    assert_eq!(world.nobody().get("/health").await.expect(503), expected);
    world.nobody().get("/health/ping").await.expect(204);
}

#[tokio::test]
async fn a_store_that_is_closed_is_a_503_that_says_to_try_again() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    world.store.close().await;
    for path in ["/app/acme/msg", "/app"] {
        let body = json!({ "name": "a", "eventType": "a", "payload": {} });
        let answer = org.post(path, body).await;
        assert_eq!(answer.header("retry-after"), Some("1"), "{path}: {}", answer.text);
        assert_eq!(answer.expect(503)["code"], "unavailable");
    }
}

struct Broken;

#[async_trait::async_trait]
impl HealthProbe for Broken {
    async fn check(&self) -> HealthReport {
        panic!("canary");
    }
}

#[tokio::test]
async fn a_fault_of_ours_is_answered_in_json_and_tells_nothing() {
    let world = World::with(Settings::default(), Arc::new(Broken));
    let answer = world.nobody().get("/health").await;
    assert!(!answer.text.contains("canary"), "{}", answer.text);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.expect(500)["code"], "internal_error");
}
