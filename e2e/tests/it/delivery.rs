//! What reaches a receiver, when, and how often; over HTTP, against the built binary.

mod address;
mod broken;
mod changes;
mod endpoint;
mod fifo;
mod idempotency;
mod payload;
mod retry;
mod timing;
mod tls;

use hookwire_testkit::{Receiver, Server};

use crate::tenant::Tenant;

/// A server that retries after 100 ms, twice; an application on it; and a receiver.
async fn scene() -> (Server, Tenant, Receiver) {
    scene_with(&[]).await
}

/// The same with more settings of the server.
async fn scene_with(environment: &[(&str, &str)]) -> (Server, Tenant, Receiver) {
    let mut builder = Server::builder().env("HOOKWIRE_DELIVERY_RETRY_SCHEDULE", "100ms,100ms");
    for (name, value) in environment {
        builder = builder.env(name, value);
    }
    let server = builder.start().await;
    let tenant = Tenant::of(&server).await;
    (server, tenant, Receiver::start().await)
}
