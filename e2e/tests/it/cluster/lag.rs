//! What nodes say of how long deliveries wait.

use hookwire_testkit::{Receiver, Server, eventually};
use serde_json::json;

use super::Cluster;
use crate::tenant::Tenant;

async fn lag(node: &Server) -> f64 {
    let health = node.api().without_token().get("/health").await.expect(200);
    health["node"]["lagSeconds"].as_f64().unwrap_or_else(|| panic!("no lag in {health}"))
}

#[tokio::test]
async fn an_api_node_shows_a_lag_that_grows_until_a_worker_comes() {
    let role = "HOOKWIRE_SERVER_ROLE";
    let cluster = Cluster::start(1, |_, node| node.env(role, "api")).await;
    let api = &cluster.nodes[0];
    let tenant = Tenant::of(api).await;
    let receiver = Receiver::start().await;
    tenant.endpoint(&receiver.url("/hook")).await;
    assert!(lag(api).await.abs() < f64::EPSILON, "nothing waits");
    tenant.send(json!({ "n": 1 })).await;
    let first = eventually("a lag to be shown", || lag(api), |lag| *lag > 0.0).await;
    let metrics = api.metrics().await;
    let shown = metrics.lines().find_map(|line| line.strip_prefix("hookwire_oldest_due_age_seconds "));
    assert!(shown.and_then(|age| age.parse::<f64>().ok()).is_some_and(|age| age >= first), "{metrics}");
    let more = eventually("the lag to grow", || lag(api), |lag| *lag > first).await;
    assert!(more >= first + 4.0, "from {first} to {more}: the store is looked at once in 5 s");
    assert!(receiver.requests().is_empty());

    let worker = Server::builder().on(&cluster.postgres.url()).env(role, "worker").start().await;
    receiver.wait_for("/hook", 1).await;
    eventually("the lag to go", || lag(api), |lag| *lag <= 0.0).await;
    assert!(lag(&worker).await < 1.0);
}
