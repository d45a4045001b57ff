//! Which foreign pages may call the API: none, unless configured.

use std::sync::Arc;

use axum::body::Body;
use hookwire_api::{HealthProbe, HealthReport, NodeHealth, Settings};
use http::Method;

use crate::world::{Answer, World};

struct Nothing;

#[async_trait::async_trait]
impl HealthProbe for Nothing {
    async fn check(&self) -> HealthReport {
        HealthReport { ready: true, parts: Vec::new(), node: NodeHealth { role: "api", lag: None } }
    }
}

async fn preflight(world: &World, origin: &str) -> Answer {
    let page = world.nobody().header("origin", origin).header("access-control-request-method", "PATCH");
    let page = page.header("access-control-request-headers", "authorization,x-a");
    page.send(Method::OPTIONS, "/app", Body::empty()).await
}

#[tokio::test]
async fn no_foreign_origin_is_let_in_by_default() {
    let world = World::new();
    let answer = preflight(&world, "https://page.test").await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn configured_origins_are_let_in_and_no_others() {
    let settings = Settings { cors_origins: vec!["https://page.test".to_owned()], ..Settings::default() };
    let world = World::with(settings, Arc::new(Nothing));
    let answer = preflight(&world, "https://page.test").await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://page.test"));
    assert_eq!(answer.header("access-control-allow-methods"), Some("PATCH"));
    assert_eq!(answer.header("access-control-allow-headers"), Some("authorization,x-a"));
    assert_eq!(answer.header("access-control-max-age"), Some("600"));
    let other = preflight(&world, "https://evil.test").await;
    assert_eq!(other.header("access-control-allow-origin"), None);
}
