//! Addresses that may not be called, on a server with the shipped rules.

use hookwire_testkit::{Receiver, Server};
use serde_json::json;

use crate::tenant::Tenant;

async fn guarded() -> (Server, Tenant, Receiver) {
    let server = Server::builder()
        .without_env("HOOKWIRE_OUTBOUND_ALLOW_SUBNETS")
        .env("HOOKWIRE_DELIVERY_RETRY_SCHEDULE", "100ms")
        .start()
        .await;
    let tenant = Tenant::of(&server).await;
    (server, tenant, Receiver::start().await)
}

#[tokio::test]
async fn a_refused_literal_address_is_refused_when_it_is_saved() {
    let (_server, tenant, receiver) = guarded().await;
    let port = receiver.address().port();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",
        "10.0.0.1",
        "169.254.169.254",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "user:password@127.0.0.1",
    ] {
        let url = format!("http://{host}:{port}/hook");
        let answer = tenant.api.post(&tenant.path("/endpoint"), json!({ "url": url })).await;
        assert_eq!(answer.expect(422)["detail"][0]["loc"][1], "url", "{url}: {answer:?}");
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn a_name_that_resolves_to_loopback_is_never_connected_to() {
    let (_server, tenant, receiver) = guarded().await;
    let url = format!("http://localhost:{}/hook", receiver.address().port());
    let answer = tenant.api.post(&tenant.path("/endpoint"), json!({ "url": url })).await;
    // `localhost` may be refused at once, as it can never be delivered to; if not, no attempt may connect.
    if answer.status == 201 {
        let message = tenant.send(json!({})).await;
        tenant.ended(&message, "fail").await;
        let attempt = tenant.attempts(&message).await.remove(0);
        assert_eq!(attempt["responseStatusCode"], 0, "{attempt}");
        assert!(
            attempt.to_string().contains("blocked"),
            "the attempt should say that it was blocked: {attempt}"
        );
    } else {
        answer.expect(422);
    }
    assert_eq!(receiver.connections(), 0);
}
