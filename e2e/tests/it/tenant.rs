//! One application on a server under test, and what tests do with it.

use std::collections::HashSet;

use hookwire_testkit::{Api, Receiver, Request, Server, eventually};
use serde_json::{Value, json};

/// An application with a client that may do everything to it.
pub(crate) struct Tenant {
    pub(crate) api: Api,
    /// The application's id.
    pub(crate) app: String,
}

impl Tenant {
    /// A new application of the server's default organisation.
    pub(crate) async fn of(server: &Server) -> Self {
        let api = server.api();
        let app = text(&api.post("/app", json!({ "name": "a tenant" })).await.expect(201), "id");
        Self { api, app }
    }

    /// The path of something of this application; `rest` starts with `/`.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/app/{}{rest}", self.app)
    }

    /// Makes an endpoint that wants everything; returns its id.
    pub(crate) async fn endpoint(&self, url: &str) -> String {
        self.endpoint_with(json!({ "url": url })).await
    }

    /// Makes an endpoint from a whole body; returns its id.
    pub(crate) async fn endpoint_with(&self, body: Value) -> String {
        text(&self.api.post(&self.path("/endpoint"), body).await.expect(201), "id")
    }

    /// Changes an endpoint.
    pub(crate) async fn patch_endpoint(&self, endpoint: &str, body: Value) {
        self.api.patch(&self.path(&format!("/endpoint/{endpoint}")), body).await.expect(200);
    }

    /// Sends a message with this payload; returns its id.
    pub(crate) async fn send(&self, payload: Value) -> String {
        self.send_with(json!({ "eventType": "test.event", "payload": payload })).await
    }

    /// Sends a message from a whole body; returns its id.
    pub(crate) async fn send_with(&self, body: Value) -> String {
        text(&self.api.post(&self.path("/msg"), body).await.expect(202), "id")
    }

    /// The attempts at a message, newest first.
    pub(crate) async fn attempts(&self, message: &str) -> Vec<Value> {
        list(&self.api.get(&self.path(&format!("/attempt/msg/{message}?limit=250"))).await.expect(200))
    }

    /// Waits until there are this many attempts: they are written after the receiver has answered.
    pub(crate) async fn attempted(&self, message: &str, count: usize) -> Vec<Value> {
        let what = format!("{count} attempts at {message}");
        eventually(&what, || self.attempts(message), |all| all.len() >= count).await
    }

    /// What a message has come to at its only endpoint: `sending`, `success`, `fail` or `canceled`; "" when the
    /// server lists none.
    pub(crate) async fn status(&self, message: &str) -> String {
        let answer = self.api.get(&self.path(&format!("/msg/{message}/endpoint"))).await.expect(200);
        list(&answer).first().map_or_else(String::new, |one| text(one, "statusText"))
    }

    /// Waits until nothing more will happen to a message by itself.
    pub(crate) async fn ended(&self, message: &str, how: &str) {
        let what = format!("{message} to end as {how}");
        eventually(&what, || self.status(message), |status| status == how).await;
    }

    /// Asks for another attempt.
    pub(crate) async fn resend(&self, message: &str, endpoint: &str) {
        let path = self.path(&format!("/msg/{message}/endpoint/{endpoint}/resend"));
        self.api.post(&path, json!({})).await.expect(202);
    }
}

/// Waits until each of these messages has arrived at least once; panics with the ids of those that don't.
pub(crate) async fn all_arrive(receiver: &Receiver, messages: &[String]) {
    let missing = |all: &[Request]| {
        let arrived: HashSet<_> = all.iter().map(|request| request.header("webhook-id")).collect();
        messages.iter().filter(|id| !arrived.contains(id.as_str())).cloned().collect::<Vec<_>>()
    };
    receiver.comes_to(|all| missing(all).is_empty()).await;
    let lost = missing(&receiver.requests());
    assert!(lost.is_empty(), "{} of {} accepted messages are lost: {lost:?}", lost.len(), messages.len());
}

/// A string field; panics when it is none.
pub(crate) fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no string {field} in {value}")).to_owned()
}

/// The items of a list answer.
pub(crate) fn list(answer: &Value) -> Vec<Value> {
    answer["data"].as_array().unwrap_or_else(|| panic!("not a list: {answer}")).clone()
}
