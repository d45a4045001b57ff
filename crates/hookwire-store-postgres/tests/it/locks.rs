//! What is accepted while another node changes the app, accepts the same, or ends this node.

use hookwire_core::id::Key as _;
use hookwire_store::ingest::{Ingested, RequestId};

use crate::ground::Ground;

/// The second of the two numbers of an advisory lock, of any app and of any node: from and to.
const APPS: &str = "100, 163";
const NODES: &str = "1000, 1100";

#[tokio::test]
async fn a_message_goes_by_the_change_that_it_waited_for() {
    let ground = Ground::new().await;
    let app = ground.world.app().await;
    let endpoint = ground.world.endpoint_with(&app, |_| {}).await;
    // So the app is remembered as it is.
    ground.world.send(&app).await;
    ground.lock(APPS).await;
    let change = format!(
        "UPDATE endpoint SET deleted = true WHERE key = {}; UPDATE app SET version = version + 1 WHERE key = {}",
        endpoint.key.raw(),
        app.key.raw()
    );
    ground.other(&change).await;
    assert_eq!(ground.ingest(&app).await, Ingested::Accepted { app: app.key, deliveries: 0 });
}

#[tokio::test]
async fn a_message_waits_for_whoever_looks_whether_its_node_is_dead() {
    let ground = Ground::new().await;
    let app = ground.world.app().await;
    ground.world.endpoint_with(&app, |_| {}).await;
    ground.world.send(&app).await;
    ground.lock(NODES).await;
    assert_eq!(ground.ingest(&app).await, Ingested::Accepted { app: app.key, deliveries: 1 });
}

#[tokio::test]
async fn a_request_that_another_node_has_under_way_makes_no_second_message() {
    let ground = Ground::new().await;
    let app = ground.world.app().await;
    let first = ground.world.send(&app).await;
    let request = RequestId { key: [7; 16], body: [8; 16] };
    let mut again = ground.world.message(&app);
    again.request = Some(request);
    let theirs = format!(
        "BEGIN; INSERT INTO message (key, app, created, payload_expires, short_lived, event_type, payload, endpoints) \
             SELECT key + 1, app, created, payload_expires, short_lived, event_type, payload, endpoints FROM message; \
         INSERT INTO request (key, body, at, message) VALUES ('\\x{}', '\\x{}', {}, {})",
        "07".repeat(16),
        "08".repeat(16),
        again.now.micros(),
        first.raw() + 1
    );
    ground.other(&theirs).await;
    match ground.after_commit(ground.accept(again)).await {
        Ingested::Repeated(message) => assert_eq!(message.key.raw(), first.raw() + 1),
        other => panic!("{other:?}"),
    }
}
