//! An endpoint is changed, disabled or deleted while a delivery to it is in flight, and what the log says of it.

use std::time::Duration;

use hookwire_testkit::{Gate, Receiver, Reply, Server, eventually};
use serde_json::{Value, json};

use super::scene;
use crate::tenant::{Tenant, list, text};

/// Longer than every delay of the test's schedule together.
const LONG_AFTER: Duration = Duration::from_secs(1);

/// An endpoint with a delivery in flight.
struct Flight {
    _server: Server,
    tenant: Tenant,
    receiver: Receiver,
    endpoint: String,
    message: String,
    gate: Gate,
}

impl Flight {
    /// The first attempt is in flight; when the gate opens, it is answered with this status, all others with 200.
    async fn with_answer(status: u16, mut fields: Value) -> Self {
        let (server, tenant, receiver) = scene().await;
        let gate = Gate::closed();
        receiver.script("/hook", [Reply::status(status).held_by(&gate), Reply::ok()]);
        fields["url"] = json!(receiver.url("/hook"));
        let endpoint = tenant.endpoint_with(fields).await;
        let message = tenant.send(json!({ "n": 1 })).await;
        receiver.wait_for("/hook", 1).await;
        Self { _server: server, tenant, receiver, endpoint, message, gate }
    }

    fn path(&self) -> String {
        self.tenant.path(&format!("/endpoint/{}", self.endpoint))
    }

    /// What the log says of the message at the endpoint.
    async fn standing(&self) -> Value {
        let path = self.tenant.path(&format!("/msg/{}/endpoint", self.message));
        list(&self.tenant.api.get(&path).await.expect(200)).remove(0)
    }

    /// URL, body and status of each attempt, the first one first.
    async fn log(&self) -> Vec<(String, Value, u64)> {
        let mut attempts = self.tenant.attempts(&self.message).await;
        attempts.reverse();
        let line = |one: &Value| {
            let code = one["responseStatusCode"].as_u64().unwrap_or_default();
            (text(one, "url"), one["requestBody"].clone(), code)
        };
        attempts.iter().map(line).collect()
    }
}

#[tokio::test]
async fn deleted_while_in_flight_a_success_counts_and_is_in_the_log() {
    let flight = Flight::with_answer(200, json!({})).await;
    flight.tenant.api.delete(&flight.path()).await.expect(204);
    flight.gate.open();
    flight.tenant.ended(&flight.message, "success").await;
    assert_eq!(flight.log().await[0].2, 200);
    flight.tenant.api.get(&flight.path()).await.expect(404);
    flight.receiver.expect_quiet(LONG_AFTER).await;
}

#[tokio::test]
async fn deleted_while_in_flight_a_failure_is_in_the_log_and_nothing_is_tried_again() {
    let flight = Flight::with_answer(500, json!({})).await;
    let waiting = flight.tenant.send(json!({ "n": 2 })).await;
    flight.receiver.wait_for("/hook", 2).await;
    flight.tenant.ended(&waiting, "success").await;
    flight.tenant.api.delete(&flight.path()).await.expect(204);
    flight.gate.open();
    flight.tenant.ended(&flight.message, "canceled").await;
    let look = || async { flight.log().await };
    let log = eventually("the attempt to be in the log", look, |log| log.len() == 1).await;
    assert_eq!((log[0].0.clone(), log[0].2), (flight.receiver.url("/hook"), 500));
    assert!(flight.standing().await["nextAttempt"].is_null());
    // What has ended stays as it ended.
    assert_eq!(flight.tenant.status(&waiting).await, "success");
    flight.receiver.expect_quiet(LONG_AFTER).await;
    assert_eq!(flight.receiver.requests().len(), 2);
}

#[tokio::test]
async fn deleted_between_two_attempts_what_waits_is_cancelled_and_its_log_stays() {
    let (_server, tenant, receiver) = scene().await;
    receiver.script("/hook", [Reply::status(500)]);
    let policy = json!({ "delays": ["1h"] });
    let fields = json!({ "url": receiver.url("/hook"), "retryPolicy": policy });
    let endpoint = tenant.endpoint_with(fields).await;
    let message = tenant.send(json!({})).await;
    tenant.attempted(&message, 1).await;
    assert_eq!(tenant.status(&message).await, "sending");
    tenant.api.delete(&tenant.path(&format!("/endpoint/{endpoint}"))).await.expect(204);
    tenant.ended(&message, "canceled").await;
    assert_eq!(tenant.attempts(&message).await.len(), 1);
}

#[tokio::test]
async fn disabled_while_in_flight_the_log_says_that_it_waits_and_for_what() {
    let flight = Flight::with_answer(500, json!({})).await;
    flight.tenant.patch_endpoint(&flight.endpoint, json!({ "disabled": true })).await;
    flight.gate.open();
    flight.tenant.attempted(&flight.message, 1).await;
    flight.receiver.expect_quiet(LONG_AFTER).await;
    let standing = flight.standing().await;
    assert_eq!((&standing["statusText"], &standing["disabled"]), (&json!("sending"), &json!(true)));
    flight.tenant.patch_endpoint(&flight.endpoint, json!({ "disabled": false })).await;
    flight.tenant.ended(&flight.message, "success").await;
    assert_eq!(flight.standing().await["disabled"], false);
    let codes: Vec<u64> = flight.log().await.into_iter().map(|(_, _, code)| code).collect();
    assert_eq!(codes, [500, 200]);
}

#[tokio::test]
async fn disabled_while_in_flight_a_success_counts() {
    let flight = Flight::with_answer(204, json!({})).await;
    flight.tenant.patch_endpoint(&flight.endpoint, json!({ "disabled": true })).await;
    flight.gate.open();
    flight.tenant.ended(&flight.message, "success").await;
    assert_eq!(flight.log().await[0].2, 204);
}

#[tokio::test]
async fn changed_while_in_flight_the_next_attempt_is_as_the_endpoint_is_then_and_the_log_shows_both() {
    let flight = Flight::with_answer(500, json!({ "bodyTemplate": r#"{"old":{{event.n}}}"# })).await;
    let change = json!({
        "url": flight.receiver.url("/moved"), "method": "PUT", "bodyTemplate": r#"{"new":{{event.n}}}"#,
        "headers": { "X-Version": "2" }
    });
    flight.tenant.patch_endpoint(&flight.endpoint, change).await;
    flight.gate.open();
    flight.tenant.ended(&flight.message, "success").await;
    let request = flight.receiver.requests_to("/moved").remove(0);
    assert_eq!((request.method.as_str(), request.text()), ("PUT", r#"{"new":1}"#));
    assert_eq!(request.header("x-version"), "2");
    assert_eq!(request.header("webhook-id"), flight.message);
    let (hook, moved) = (flight.receiver.url("/hook"), flight.receiver.url("/moved"));
    let expected = [(hook, json!(r#"{"old":1}"#), 500), (moved, json!(r#"{"new":1}"#), 200)];
    assert_eq!(flight.log().await, expected);
}

#[tokio::test]
async fn changed_so_that_it_would_not_want_the_message_it_still_gets_what_was_accepted_before() {
    let flight = Flight::with_answer(500, json!({})).await;
    let change = json!({ "filter": { "n": 2 }, "channels": ["other"] });
    flight.tenant.patch_endpoint(&flight.endpoint, change).await;
    let unwanted = flight.tenant.send(json!({ "n": 1 })).await;
    flight.gate.open();
    flight.tenant.ended(&flight.message, "success").await;
    assert_eq!(flight.tenant.status(&unwanted).await, "", "it is owed to nobody");
    assert_eq!(flight.receiver.requests_to("/hook").len(), 2);
}

#[tokio::test]
async fn its_whole_application_deleted_while_in_flight_ends_it_too() {
    let flight = Flight::with_answer(500, json!({})).await;
    flight.tenant.api.delete(&flight.tenant.path("")).await.expect(204);
    flight.gate.open();
    flight.receiver.expect_quiet(LONG_AFTER).await;
    assert_eq!(flight.receiver.requests().len(), 1);
    flight.tenant.api.get(&flight.tenant.path(&format!("/msg/{}", flight.message))).await.expect(404);
}
